//! A mail server that speaks SMTP: well-mannered, or not.

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::SOON;

/// How a mail server behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Takes everything.
    Well,
    /// Greets, and then says nothing for ever.
    Silent,
    /// Refuses every message for good.
    Refuses,
    /// Refuses every message for now.
    PutsOff,
    /// Hangs up after the message.
    DropsAfterData,
    /// Takes everything, addresses that are not ASCII too.
    Utf8,
    /// Takes everything from whoever logs in by AUTH PLAIN, and repeats what it heard in every answer.
    Plain,
    /// Refuses every message of whoever logs in by AUTH LOGIN, and repeats what it heard in every answer.
    LoginRefuses,
}

impl Manner {
    /// What it offers.
    const fn offers(self) -> &'static str {
        match self {
            Self::Well | Self::Silent | Self::Refuses | Self::PutsOff | Self::DropsAfterData => {
                "250 8BITMIME\r\n"
            }
            Self::Utf8 => "250-SMTPUTF8\r\n250 8BITMIME\r\n",
            Self::Plain => "250-AUTH PLAIN\r\n250 8BITMIME\r\n",
            Self::LoginRefuses => "250-AUTH LOGIN\r\n250 8BITMIME\r\n",
        }
    }

    const fn wants_log_in(self) -> bool {
        matches!(self, Self::Plain | Self::LoginRefuses)
    }
}

/// A letter that arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// The address it was delivered to.
    pub to: String,
    /// Its `Message-ID`.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// Its headers, as they came but unfolded.
    pub headers: Vec<(String, String)>,
}

impl Letter {
    /// A header, if it has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What is known of those who came.
#[derive(Clone, Default, Debug)]
struct Book {
    /// How often somebody began to hand in a letter.
    tries: u32,
    /// Conversations that are under way.
    open: u32,
    /// Conversations that have ended.
    ended: u32,
    /// What was said to log in, in base64 as it came.
    log_ins: Vec<String>,
}

/// A mail server.
pub struct PostOffice {
    url: String,
    letters: watch::Receiver<Vec<Letter>>,
    book: watch::Receiver<Book>,
    serving: JoinHandle<()>,
}

impl PostOffice {
    /// Opens one.
    pub async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (arrived, letters) = watch::channel(Vec::new());
        let (writes, book) = watch::channel(Book::default());
        let serving = tokio::spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (arrived, writes) = (arrived.clone(), writes.clone());
                conversations.spawn(async move {
                    writes.send_modify(|book| book.open += 1);
                    // A conversation that breaks off is the other side's business.
                    let _ = converse(stream, manner, arrived, &writes).await;
                    writes.send_modify(|book| {
                        book.open -= 1;
                        book.ended += 1;
                    });
                });
            }
        });
        Self { url, letters, book, serving }
    }

    /// Where it is, for somebody with this name and this password, which is escaped as URLs want it.
    pub fn url_for(&self, user: &str, password: &str) -> String {
        self.url.replacen("://", &format!("://{user}:{password}@"), 1)
    }

    /// Where it is, as the server's settings take it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until so many letters have arrived.
    pub async fn receives(&mut self, count: usize) -> Vec<Letter> {
        let arrived = self.letters.wait_for(|letters| letters.len() >= count);
        let letters = tokio::time::timeout(SOON, arrived).await;
        letters.expect("the letters did not arrive").expect("the office is open").clone()
    }

    /// The letters that have arrived so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.borrow().clone()
    }

    /// How often somebody began to hand in a letter.
    pub fn tries(&self) -> u32 {
        self.book.borrow().tries
    }

    /// Waits until so many talk to it at once.
    pub async fn talks_to(&mut self, count: u32) {
        let talking = tokio::time::timeout(SOON, self.book.wait_for(|book| book.open >= count)).await;
        talking.expect("nobody came").expect("the office is open");
    }

    /// Conversations that have ended, however.
    pub fn ended(&self) -> u32 {
        self.book.borrow().ended
    }

    /// Waits until somebody has logged in; what they said, in base64 as it came.
    pub async fn log_in(&mut self) -> String {
        let came = tokio::time::timeout(SOON, self.book.wait_for(|book| !book.log_ins.is_empty())).await;
        came.expect("nobody logged in").expect("the office is open").log_ins.join(" ")
    }
}

impl PostOffice {
    /// Closes: whoever talks to it is hung up on, and nobody is let in any more.
    pub fn closes(&self) {
        self.serving.abort();
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(
    stream: TcpStream,
    manner: Manner,
    arrived: watch::Sender<Vec<Letter>>,
    book: &watch::Sender<Book>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 post.test ESMTP\r\n").await?;
    if manner == Manner::Silent {
        // It reads, so that it knows when the other side has gone.
        while lines.next_line().await?.is_some() {}
        return Ok(());
    }
    let (mut to, mut heard) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        let command = line.to_uppercase();
        if command.starts_with("RCPT TO:") {
            to = line["RCPT TO:".len()..].split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        }
        if command.starts_with("AUTH") {
            heard = log_in(&line, &mut lines, &mut write).await?;
            book.send_modify(|book| book.log_ins.push(heard.clone()));
            write.write_all(format!("235 welcome {heard}\r\n").as_bytes()).await?;
            continue;
        }
        if command.starts_with("DATA") {
            write.write_all(b"354 go on\r\n").await?;
            let mut data = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                data.push_str(line.strip_prefix('.').unwrap_or(&line));
                data.push_str("\r\n");
            }
            if manner == Manner::DropsAfterData {
                return Ok(());
            }
            arrived.send_modify(|letters| letters.push(letter(&to, &data)));
        }
        let is_letter = command.starts_with("MAIL FROM");
        book.send_modify(|book| book.tries += u32::from(is_letter));
        let refuses = matches!(manner, Manner::Refuses | Manner::LoginRefuses);
        let answer = if is_letter && manner.wants_log_in() && heard.is_empty() {
            "530 5.7.0 log in first\r\n".to_owned()
        } else if is_letter && refuses {
            format!("550 5.7.1 not from you {heard}\r\n")
        } else if is_letter && manner == Manner::PutsOff {
            "451 4.7.1 not now\r\n".to_owned()
        } else if command.starts_with("EHLO") {
            format!("250-post.test\r\n{}", manner.offers())
        } else {
            format!("250 ok {heard}\r\n")
        };
        write.write_all(answer.as_bytes()).await?;
        if command.starts_with("QUIT") {
            return Ok(());
        }
    }
    Ok(())
}

/// Hears a log-in to its end: what was said, in base64 as it came.
async fn log_in(
    line: &str,
    lines: &mut Lines<BufReader<OwnedReadHalf>>,
    write: &mut OwnedWriteHalf,
) -> std::io::Result<String> {
    if let Some(whole) = line.strip_prefix("AUTH PLAIN ") {
        return Ok(whole.to_owned());
    }
    let mut said = Vec::new();
    // `Username:` and `Password:`.
    for question in ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"] {
        write.write_all(format!("334 {question}\r\n").as_bytes()).await?;
        said.push(lines.next_line().await?.unwrap_or_default());
    }
    Ok(said.join(" "))
}

fn letter(to: &str, data: &str) -> Letter {
    let parsed = MessageParser::default().parse(data.as_bytes()).expect("a message");
    let head = data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    Letter {
        to: to.into(),
        id: parsed.message_id().unwrap_or_default().into(),
        subject: parsed.subject().unwrap_or_default().into(),
        text: parsed.body_text(0).unwrap_or_default().into(),
        html: parsed.body_html(0).unwrap_or_default().into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}
