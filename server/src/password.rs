//! Passwords: argon2id, one at a time, and never on a thread that serves.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB and some 20 ms of a core: a flood of log-ins must leave claims as fast as ever.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);
/// Those who wait for their turn, at most; more are told to come again.
const LINE: usize = 64;
static IN_LINE: AtomicUsize = AtomicUsize::new(0);

/// The hash of a password that nobody has: what a log-in as nobody is tried against, so that it takes as long.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash_now("a password that nobody has").ok());

/// Makes that hash ready, so that the first log-in as nobody does not take twice as long.
pub fn warm_up() {
    LazyLock::force(&NOBODYS);
}

/// Why a password was neither hashed nor tried.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The library says no.
    #[error("argon2: {0}")]
    Argon2(argon2::password_hash::Error),
    /// Too many wait for their turn.
    #[error("too many log-ins at once")]
    Crowded,
    /// The thread that did it ended, or the server is stopping.
    #[error("the hash was cut short")]
    CutShort,
}

/// The PHC string of a password, with a salt of its own.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    in_turn(move || hash_now(&password)).await?
}

/// Whether this is the password that was hashed. With no hash to try it against it takes as long, and is not.
pub async fn is_right(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    in_turn(move || {
        let known = hash.is_some();
        let hash = hash.or_else(|| NOBODYS.clone()).unwrap_or_default();
        let parsed = PasswordHash::new(&hash);
        let fits =
            parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        known && fits
    })
    .await
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(PasswordError::Argon2)
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
    let place = Place::take().ok_or(PasswordError::Crowded)?;
    let turn = ONE_AT_A_TIME.acquire().await.map_err(|_| PasswordError::CutShort)?;
    let work = move || {
        // Kept until the work is done, also where nobody waits for it any more.
        let _held = (place, turn);
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::CutShort)
}

/// A place in the line, left when it goes.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        let taken = IN_LINE.fetch_add(1, Ordering::SeqCst);
        let place = Self;
        (taken < LINE).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        IN_LINE.fetch_sub(1, Ordering::SeqCst);
    }
}
