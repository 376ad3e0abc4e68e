//! Mail about handoffs: how it is sent, and its text.

pub(crate) mod address;
mod compose;

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::delivery::DeliveryError;

pub use compose::{HandoffMail, compose};

/// The time limit per mail: the transport's own timeout covers connecting only.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// How mail is sent.
pub enum Mailer {
    /// Mail is off.
    Off,
    /// Through an SMTP server.
    Smtp {
        /// The connection pool.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// The sender of all mail.
        sender: Mailbox,
    },
    /// Into a folder, one `.eml` file per mail.
    Folder {
        /// The folder.
        path: PathBuf,
        /// The sender of all mail.
        sender: Mailbox,
    },
}

impl Mailer {
    /// Whether mail is sent.
    pub const fn is_enabled(&self) -> bool {
        match self {
            Self::Off => false,
            Self::Smtp { .. } | Self::Folder { .. } => true,
        }
    }

    /// The sender of all mail; none if mail is off.
    pub const fn sender(&self) -> Option<&Mailbox> {
        match self {
            Self::Off => None,
            Self::Smtp { sender: from, .. } | Self::Folder { sender: from, .. } => Some(from),
        }
    }

    /// Sends a mail. Of an SMTP server's response only the code is kept: the text could quote anything.
    pub async fn send(&self, message: Message) -> Result<(), DeliveryError> {
        match self {
            Self::Off => Ok(()),
            Self::Smtp { transport, .. } => {
                match tokio::time::timeout(SEND_TIMEOUT, transport.send(message)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) if lacks_smtputf8(&error) => Err(DeliveryError::Permanent(
                        "the address is not ASCII before the @, and the mail server does not support SMTPUTF8".into(),
                    )),
                    Ok(Err(error)) => Err(classify_error(&error)),
                    Err(_) => Err(DeliveryError::Transient("the mail server took too long".into())),
                }
            }
            Self::Folder { path: folder, .. } => {
                let folder = folder.clone();
                let written = tokio::task::spawn_blocking(move || write_eml(&folder, &message));
                let written = written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                written.map_err(|error| DeliveryError::Transient(format!("cannot write the mail: {error}")))
            }
        }
    }
}

/// Whether the server cannot take the address. The library has no error kind for this; its message holds no secret.
fn lacks_smtputf8(error: &lettre::transport::smtp::Error) -> bool {
    let why = std::error::Error::source(error).map(ToString::to_string);
    error.is_client() && why.is_some_and(|why| why.contains("SMTPUTF8"))
}

/// A 5xx response is permanent; a failed connection never is.
fn classify_error(error: &lettre::transport::smtp::Error) -> DeliveryError {
    match error.status() {
        Some(code) if error.is_permanent() => {
            DeliveryError::Permanent(format!("the mail server rejected the mail ({code})"))
        }
        Some(code) => DeliveryError::Transient(format!("the mail server deferred the mail ({code})")),
        // The server lacks a required feature, which it may gain. The library's message is not shown: it is not ours.
        None if error.is_client() => DeliveryError::Transient(
            "the mail server does not offer TLS as mail_url requires, or login by PLAIN or LOGIN".into(),
        ),
        None => DeliveryError::Transient("the mail server could not be reached or disconnected".into()),
    }
}

/// Writes a mail atomically: programs that watch the folder never see half of one.
fn write_eml(folder: &std::path::Path, message: &Message) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".mail-").tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, &message.formatted())?;
    let name = file.path().file_name().unwrap_or_default().to_string_lossy().replace(".mail-", "");
    let path = folder.join(format!("{name}.eml"));
    file.persist(path)?;
    Ok(())
}
