//! Mail about handoffs: who carries it, and what it says.

pub(crate) mod address;
mod compose;

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::delivery::DeliveryError;

pub use compose::{HandoffMail, compose};

/// One message takes at most so long: the transport's own limit covers only the connecting.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// Who carries mail.
pub enum Mailer {
    /// Nobody: there is none.
    Off,
    /// An SMTP server.
    Smtp {
        /// The way to it.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// Who writes.
        sender: Mailbox,
    },
    /// A folder, one `.eml` file a message.
    Folder {
        /// Where.
        path: PathBuf,
        /// Who writes.
        sender: Mailbox,
    },
}

impl Mailer {
    /// Whether there is anybody to carry mail.
    pub const fn is_enabled(&self) -> bool {
        match self {
            Self::Off => false,
            Self::Smtp { .. } | Self::Folder { .. } => true,
        }
    }

    /// Who writes.
    pub const fn sender(&self) -> Option<&Mailbox> {
        match self {
            Self::Off => None,
            Self::Smtp { sender: from, .. } | Self::Folder { sender: from, .. } => Some(from),
        }
    }

    /// Sends a message. What an SMTP server says is kept out of the error but for its code: it may quote anything.
    pub async fn send(&self, message: Message) -> Result<(), DeliveryError> {
        match self {
            Self::Off => Ok(()),
            Self::Smtp { transport, .. } => {
                match tokio::time::timeout(SEND_TIMEOUT, transport.send(message)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) if lacks_smtputf8(&error) => Err(DeliveryError::Permanent(
                        "the address is not ASCII before the @, and the mail server has no SMTPUTF8".into(),
                    )),
                    Ok(Err(error)) => Err(classify_error(&error)),
                    Err(_) => Err(DeliveryError::Transient("the mail server took too long".into())),
                }
            }
            Self::Folder { path: folder, .. } => {
                let folder = folder.clone();
                let written = tokio::task::spawn_blocking(move || write_eml(&folder, &message));
                let written = written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                written.map_err(|error| DeliveryError::Transient(format!("cannot write the file: {error}")))
            }
        }
    }
}

/// Whether an address could not be told to the server. The library has no kind for it; what it says has no secret.
fn lacks_smtputf8(error: &lettre::transport::smtp::Error) -> bool {
    let why = std::error::Error::source(error).map(ToString::to_string);
    error.is_client() && why.is_some_and(|why| why.contains("SMTPUTF8"))
}

/// A refusal by code 5xx is for good; being unreachable never is.
fn classify_error(error: &lettre::transport::smtp::Error) -> DeliveryError {
    match error.status() {
        Some(code) if error.is_permanent() => {
            DeliveryError::Permanent(format!("the mail server refused it ({code})"))
        }
        Some(code) => DeliveryError::Transient(format!("the mail server put it off ({code})")),
        // What is missing may be there another time; what the library says of it names no secret, but is not ours.
        None if error.is_client() => DeliveryError::Transient(
            "the mail server does not offer what is needed: TLS as mail_url wants it, or a log-in by PLAIN or LOGIN"
                .into(),
        ),
        None => DeliveryError::Transient("the mail server was not reached or broke off".into()),
    }
}

/// Writes a message whole or not at all: whoever watches the folder never sees half of one.
fn write_eml(folder: &std::path::Path, message: &Message) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".mail-").tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, &message.formatted())?;
    let name = file.path().file_name().unwrap_or_default().to_string_lossy().replace(".mail-", "");
    let path = folder.join(format!("{name}.eml"));
    file.persist(path)?;
    Ok(())
}
