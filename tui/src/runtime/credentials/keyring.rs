//! The keyring of the system, asked on a thread of its own: it may wait for its user. A build without the feature
//! `desktop` has none.

use std::io;

#[cfg(feature = "desktop")]
mod system {
    use std::io;
    use std::time::Duration;

    /// The name under which a keyring has our tokens, one for each server.
    const SERVICE: &str = "tierup";
    /// A keyring that is locked asks its user; one that hangs is given up after so long.
    const KEYRING_TIMEOUT: Duration = Duration::from_secs(30);

    /// Asks for the entry of a server. That there is none is no error.
    pub(super) async fn with_entry<T: Send + 'static>(
        server: String,
        question: impl FnOnce(keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> io::Result<Option<T>> {
        let ask = move || match keyring::Entry::new(SERVICE, &server).and_then(question) {
            Err(keyring::Error::NoEntry) => Ok(None),
            answer => answer.map(Some),
        };
        let asked = tokio::time::timeout(KEYRING_TIMEOUT, tokio::task::spawn_blocking(ask)).await;
        match asked {
            Ok(Ok(answer)) => answer.map_err(|error| io::Error::other(format!("the keyring says: {error}"))),
            Ok(Err(_)) => Err(io::Error::other("the keyring failed")),
            Err(_) => Err(io::Error::other(
                "the keyring does not answer\nhint: `tierup login --keyring off` keeps the token in a file",
            )),
        }
    }
}

/// The token that is kept for a server.
#[cfg(feature = "desktop")]
pub(super) async fn get(server: String) -> io::Result<Option<String>> {
    system::with_entry(server, |entry| entry.get_password()).await
}

/// Keeps the token for a server.
#[cfg(feature = "desktop")]
pub(super) async fn set(server: String, token: String) -> io::Result<()> {
    system::with_entry(server, move |entry| entry.set_password(&token)).await.map(drop)
}

/// Forgets the token for a server.
#[cfg(feature = "desktop")]
pub(super) async fn delete(server: String) -> io::Result<()> {
    system::with_entry(server, |entry| entry.delete_credential()).await.map(drop)
}

#[cfg(not(feature = "desktop"))]
const NONE: &str = "this build has no keyring\nhint: install it with the feature `desktop`, or log in again";

/// The token that is kept for a server: there is no keyring to keep it.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "where there is a keyring, it is waited for")]
pub(super) async fn get(_: String) -> io::Result<Option<String>> {
    Err(io::Error::other(NONE))
}

/// Keeps nothing: there is no keyring.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "where there is a keyring, it is waited for")]
pub(super) async fn set(_: String, _: String) -> io::Result<()> {
    Err(io::Error::other(NONE))
}

/// Forgets nothing: there is no keyring.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "where there is a keyring, it is waited for")]
pub(super) async fn delete(_: String) -> io::Result<()> {
    Err(io::Error::other(NONE))
}
