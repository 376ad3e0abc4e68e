//! Passwords: argon2id, one at a time, and never on a thread that serves.

use argon2::{Argon2, PasswordHasher};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and some 20 ms of a core: a flood of log-ins must leave claims as fast as ever.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The library says no.
    #[error("argon2: {0}")]
    Argon2(argon2::password_hash::Error),
    /// The thread that did it ended, or the server is stopping.
    #[error("the hash was cut short")]
    CutShort,
}

/// The PHC string of a password, with a salt of its own.
pub async fn hash(password: String) -> Result<String, HashError> {
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(|_| HashError::CutShort)?;
    let hash = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hash.await.map_err(|_| HashError::CutShort)?.map_err(HashError::Argon2)
}
