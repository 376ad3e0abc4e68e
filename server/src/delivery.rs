//! Why a mail or a webhook call was not delivered, and whether to try again.

/// A delivery that failed. The text is for the log: it holds no address and no secret.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The receiver rejected it; another attempt would fail as well.
    #[error("{0}")]
    Permanent(String),
    /// Another attempt may succeed.
    #[error("{0}")]
    Transient(String),
}
