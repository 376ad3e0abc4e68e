//! Hashes and verifies passwords with argon2id: one at a time, on a blocking thread.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// One hash at a time: each takes 19 MiB and about 20 ms of CPU, and a flood of logins must not slow down claims.
static HASHING: Semaphore = Semaphore::const_new(1);
/// Calls running and waiting; more are rejected.
static QUEUE: Semaphore = Semaphore::const_new(64);

/// Verified against for unknown users, so that they take as long as known ones.
static DUMMY_HASH: LazyLock<Option<String>> =
    LazyLock::new(|| compute_hash("a password that nobody has").ok());

/// Computes the dummy hash, so that the first login of an unknown user does not take twice as long.
pub fn warm_up() {
    LazyLock::force(&DUMMY_HASH);
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// An error of the library.
    #[error("argon2: {0}")]
    Argon2(argon2::password_hash::Error),
    /// Too many calls are waiting.
    #[error("too many logins at once")]
    TooManyLogins,
    /// The hash panicked, or the server is stopping.
    #[error("hashing was cancelled")]
    Cancelled,
}

/// The PHC string of a password, with a new salt.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    run_queued(move || compute_hash(&password)).await?
}

/// Whether a password matches a hash. Without a hash it takes as long and returns false.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    run_queued(move || {
        let is_known = hash.is_some();
        let hash = hash.or_else(|| DUMMY_HASH.clone()).unwrap_or_default();
        let parsed = PasswordHash::new(&hash);
        let matches =
            parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        is_known && matches
    })
    .await
}

fn compute_hash(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(PasswordError::Argon2)
}

async fn run_queued<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PasswordError> {
    let queued = QUEUE.try_acquire().map_err(|_| PasswordError::TooManyLogins)?;
    let turn = HASHING.acquire().await.map_err(|_| PasswordError::Cancelled)?;
    let work = move || {
        // Held until the work is done, even if the caller is gone.
        let _permits = (queued, turn);
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Cancelled)
}
