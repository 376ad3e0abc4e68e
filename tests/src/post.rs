//! A mail server that speaks SMTP: well-mannered, or not.

use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

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
}

/// A mail server.
pub struct PostOffice {
    url: String,
    letters: watch::Receiver<Vec<Letter>>,
    tries: Arc<Mutex<u32>>,
    serving: JoinHandle<()>,
}

impl PostOffice {
    /// Opens one.
    pub async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (arrived, letters) = watch::channel(Vec::new());
        let tries = Arc::<Mutex<u32>>::default();
        let counted = Arc::clone(&tries);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A conversation that breaks off is the other side's business.
                tokio::spawn(converse(stream, manner, arrived.clone(), Arc::clone(&counted)));
            }
        });
        Self { url, letters, tries, serving }
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
        *self.tries.lock().expect("a count")
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
    tries: Arc<Mutex<u32>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 post.test ESMTP\r\n").await?;
    if manner == Manner::Silent {
        return std::future::pending().await;
    }
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let command = line.to_uppercase();
        if command.starts_with("RCPT TO:") {
            to = line["RCPT TO:".len()..].split(['<', '>']).nth(1).unwrap_or_default().to_owned();
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
        *tries.lock().expect("a count") += u32::from(is_letter);
        let answer: &[u8] = if is_letter && manner == Manner::Refuses {
            b"550 5.7.1 not from you\r\n"
        } else if is_letter && manner == Manner::PutsOff {
            b"451 4.7.1 not now\r\n"
        } else if command.starts_with("EHLO") {
            b"250-post.test\r\n250 8BITMIME\r\n"
        } else {
            b"250 ok\r\n"
        };
        write.write_all(answer).await?;
        if command.starts_with("QUIT") {
            return Ok(());
        }
    }
    Ok(())
}

fn letter(to: &str, data: &str) -> Letter {
    let parsed = MessageParser::default().parse(data.as_bytes()).expect("a message");
    Letter {
        to: to.into(),
        id: parsed.message_id().unwrap_or_default().into(),
        subject: parsed.subject().unwrap_or_default().into(),
        text: parsed.body_text(0).unwrap_or_default().into(),
        html: parsed.body_html(0).unwrap_or_default().into(),
    }
}
