//! The system keyring, called on a thread of its own because it may ask its user. Without the feature `desktop` there is
//! none.

use std::io;

#[cfg(feature = "desktop")]
mod system {
    use std::io;
    use std::time::Duration;

    /// The service name of our tokens, one for each server.
    const SERVICE: &str = "tierup";
    /// A locked keyring asks its user; a hanging one is given up after this.
    const KEYRING_TIMEOUT: Duration = Duration::from_secs(30);

    /// Uses the entry of a server; `None` if there is none.
    pub(super) async fn with_entry<T: Send + 'static>(
        server: String,
        use_entry: impl FnOnce(keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> io::Result<Option<T>> {
        let call = move || match keyring::Entry::new(SERVICE, &server).and_then(use_entry) {
            Err(keyring::Error::NoEntry) => Ok(None),
            result => result.map(Some),
        };
        match tokio::time::timeout(KEYRING_TIMEOUT, tokio::task::spawn_blocking(call)).await {
            Ok(Ok(result)) => result.map_err(|error| io::Error::other(format!("keyring: {error}"))),
            Ok(Err(_)) => Err(io::Error::other("the keyring crashed")),
            Err(_) => Err(io::Error::other(
                "the keyring did not answer in time\nhint: `tierup login --keyring off` saves the token in a file",
            )),
        }
    }
}

/// The token of a server.
#[cfg(feature = "desktop")]
pub(super) async fn get(server: String) -> io::Result<Option<String>> {
    system::with_entry(server, |entry| entry.get_password()).await
}

/// Saves the token of a server.
#[cfg(feature = "desktop")]
pub(super) async fn set(server: String, token: String) -> io::Result<()> {
    system::with_entry(server, move |entry| entry.set_password(&token)).await.map(drop)
}

/// Deletes the token of a server.
#[cfg(feature = "desktop")]
pub(super) async fn delete(server: String) -> io::Result<()> {
    system::with_entry(server, |entry| entry.delete_credential()).await.map(drop)
}

#[cfg(not(feature = "desktop"))]
const NO_KEYRING: &str =
    "this build cannot use the keyring\nhint: build it with the feature `desktop`, or log in again";

/// An error: there is no keyring.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "with the feature, these functions wait")]
pub(super) async fn get(_: String) -> io::Result<Option<String>> {
    Err(io::Error::other(NO_KEYRING))
}

/// An error: there is no keyring.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "with the feature, these functions wait")]
pub(super) async fn set(_: String, _: String) -> io::Result<()> {
    Err(io::Error::other(NO_KEYRING))
}

/// An error: there is no keyring.
#[cfg(not(feature = "desktop"))]
#[expect(clippy::unused_async, reason = "with the feature, these functions wait")]
pub(super) async fn delete(_: String) -> io::Result<()> {
    Err(io::Error::other(NO_KEYRING))
}
