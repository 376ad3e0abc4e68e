//! An SMTP server that behaves well or badly.

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::TIMEOUT;

/// The behaviour of a mail server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailBehavior {
    /// Accepts everything.
    AcceptsAll,
    /// Greets, then stays silent.
    SilentAfterGreeting,
    /// Rejects every message permanently.
    RejectsPermanently,
    /// Rejects every message temporarily.
    RejectsTemporarily,
    /// Disconnects after the message.
    DisconnectsAfterData,
    /// Accepts everything, with SMTPUTF8.
    SmtpUtf8,
    /// Accepts mail after AUTH PLAIN, and repeats what it received in every reply.
    AuthPlain,
    /// Rejects mail after AUTH LOGIN, and repeats what it received in every reply.
    AuthLoginThenRejects,
}

impl MailBehavior {
    /// Its EHLO extensions.
    const fn ehlo_extensions(self) -> &'static str {
        match self {
            Self::AcceptsAll
            | Self::SilentAfterGreeting
            | Self::RejectsPermanently
            | Self::RejectsTemporarily
            | Self::DisconnectsAfterData => "250 8BITMIME\r\n",
            Self::SmtpUtf8 => "250-SMTPUTF8\r\n250 8BITMIME\r\n",
            Self::AuthPlain => "250-AUTH PLAIN\r\n250 8BITMIME\r\n",
            Self::AuthLoginThenRejects => "250-AUTH LOGIN\r\n250 8BITMIME\r\n",
        }
    }

    const fn requires_auth(self) -> bool {
        matches!(self, Self::AuthPlain | Self::AuthLoginThenRejects)
    }
}

/// A received mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Email {
    /// The envelope recipient.
    pub to: String,
    /// Its `Message-ID`.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// Its headers, unfolded.
    pub headers: Vec<(String, String)>,
}

impl Email {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Counters and credentials of all connections.
#[derive(Clone, Default, Debug)]
struct MailServerStats {
    /// The number of delivery attempts.
    attempts: u32,
    /// Open connections.
    open_connections: u32,
    /// Closed connections.
    closed_connections: u32,
    /// The credentials received, in base64.
    credentials: Vec<String>,
}

/// A mail server.
pub struct FakeMailServer {
    url: String,
    emails: watch::Receiver<Vec<Email>>,
    stats: watch::Receiver<MailServerStats>,
    server_task: JoinHandle<()>,
}

impl FakeMailServer {
    /// Starts it.
    pub async fn start(behavior: MailBehavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (arrived, emails) = watch::channel(Vec::new());
        let (writes, stats) = watch::channel(MailServerStats::default());
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (arrived, writes) = (arrived.clone(), writes.clone());
                connections.spawn(async move {
                    writes.send_modify(|book| book.open_connections += 1);
                    // Clients may disconnect at any time.
                    let _ = serve_connection(stream, behavior, arrived, &writes).await;
                    writes.send_modify(|book| {
                        book.open_connections -= 1;
                        book.closed_connections += 1;
                    });
                });
            }
        });
        Self { url, emails, stats, server_task: serving }
    }

    /// Its URL with this user and this URL-escaped password.
    pub fn url_with_credentials(&self, user: &str, password: &str) -> String {
        self.url.replacen("://", &format!("://{user}:{password}@"), 1)
    }

    /// Its URL for the server's settings.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until this many mails have arrived.
    pub async fn wait_for_emails(&mut self, count: usize) -> Vec<Email> {
        let arrived = self.emails.wait_for(|emails| emails.len() >= count);
        let emails = tokio::time::timeout(TIMEOUT, arrived).await;
        emails.expect("the mails did not arrive").expect("the mail server runs").clone()
    }

    /// The mails received so far.
    pub fn emails(&self) -> Vec<Email> {
        self.emails.borrow().clone()
    }

    /// The number of delivery attempts.
    pub fn attempts(&self) -> u32 {
        self.stats.borrow().attempts
    }

    /// Waits until this many connections are open at once.
    pub async fn wait_for_connections(&mut self, count: u32) {
        let connected =
            tokio::time::timeout(TIMEOUT, self.stats.wait_for(|counters| counters.open_connections >= count))
                .await;
        connected.expect("nobody came").expect("the mail server runs");
    }

    /// The number of closed connections.
    pub fn closed_connections(&self) -> u32 {
        self.stats.borrow().closed_connections
    }

    /// Waits for a log-in and returns its credentials, in base64.
    pub async fn wait_for_credentials(&mut self) -> String {
        let came =
            tokio::time::timeout(TIMEOUT, self.stats.wait_for(|book| !book.credentials.is_empty())).await;
        came.expect("nobody logged in").expect("the mail server runs").credentials.join(" ")
    }
}

impl FakeMailServer {
    /// Closes every connection and accepts no more.
    pub fn stop(&self) {
        self.server_task.abort();
    }
}

impl Drop for FakeMailServer {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

async fn serve_connection(
    stream: TcpStream,
    behavior: MailBehavior,
    received: watch::Sender<Vec<Email>>,
    stats: &watch::Sender<MailServerStats>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 post.test ESMTP\r\n").await?;
    if behavior == MailBehavior::SilentAfterGreeting {
        // Reads to notice a disconnect.
        while lines.next_line().await?.is_some() {}
        return Ok(());
    }
    let (mut to, mut credentials) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        let command = line.to_uppercase();
        if command.starts_with("RCPT TO:") {
            to = line["RCPT TO:".len()..].split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        }
        if command.starts_with("AUTH") {
            credentials = read_credentials(&line, &mut lines, &mut write).await?;
            stats.send_modify(|book| book.credentials.push(credentials.clone()));
            write.write_all(format!("235 welcome {credentials}\r\n").as_bytes()).await?;
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
            if behavior == MailBehavior::DisconnectsAfterData {
                return Ok(());
            }
            received.send_modify(|emails| emails.push(parse_email(&to, &data)));
        }
        let is_mail_command = command.starts_with("MAIL FROM");
        stats.send_modify(|book| book.attempts += u32::from(is_mail_command));
        let refuses =
            matches!(behavior, MailBehavior::RejectsPermanently | MailBehavior::AuthLoginThenRejects);
        let answer = if is_mail_command && behavior.requires_auth() && credentials.is_empty() {
            "530 5.7.0 log in first\r\n".to_owned()
        } else if is_mail_command && refuses {
            format!("550 5.7.1 not from you {credentials}\r\n")
        } else if is_mail_command && behavior == MailBehavior::RejectsTemporarily {
            "451 4.7.1 not now\r\n".to_owned()
        } else if command.starts_with("EHLO") {
            format!("250-post.test\r\n{}", behavior.ehlo_extensions())
        } else {
            format!("250 ok {credentials}\r\n")
        };
        write.write_all(answer.as_bytes()).await?;
        if command.starts_with("QUIT") {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads a log-in to its end and returns its credentials, in base64.
async fn read_credentials(
    line: &str,
    lines: &mut Lines<BufReader<OwnedReadHalf>>,
    write: &mut OwnedWriteHalf,
) -> std::io::Result<String> {
    if let Some(whole) = line.strip_prefix("AUTH PLAIN ") {
        return Ok(whole.to_owned());
    }
    let mut answers = Vec::new();
    // `Username:` and `Password:`.
    for question in ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"] {
        write.write_all(format!("334 {question}\r\n").as_bytes()).await?;
        answers.push(lines.next_line().await?.unwrap_or_default());
    }
    Ok(answers.join(" "))
}

fn parse_email(to: &str, data: &str) -> Email {
    let parsed = MessageParser::default().parse(data.as_bytes()).expect("a message");
    let head = data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    Email {
        to: to.into(),
        message_id: parsed.message_id().unwrap_or_default().into(),
        subject: parsed.subject().unwrap_or_default().into(),
        text: parsed.body_text(0).unwrap_or_default().into(),
        html: parsed.body_html(0).unwrap_or_default().into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}
