//! The last login: its server in a file, its token in the system keyring, or in that file without a keyring. Other users
//! of the machine can read neither.

mod keyring;

use std::io;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::runtime::data_dir::DataDir;

const FILE_NAME: &str = "login.json";

/// The login file, and the keyring if it may be used.
#[derive(Clone, Debug)]
pub struct CredentialStore {
    files: DataDir,
    use_keyring: bool,
}

/// The last login.
#[derive(Clone, Debug)]
pub struct StoredLogin {
    /// The server's address.
    pub server: String,
    /// The token, unless it was removed or cannot be read.
    pub token: Option<SecretString>,
    /// Where the token is.
    pub token_location: TokenLocation,
}

/// Where a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenLocation {
    /// In the system keyring.
    Keyring,
    /// In this file.
    File(PathBuf),
}

impl std::fmt::Display for TokenLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keyring => f.write_str("the system keyring"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct LoginFile {
    server: Option<String>,
    /// The token, unless it is in the keyring.
    token: Option<String>,
    #[serde(default)]
    in_keyring: bool,
}

impl CredentialStore {
    /// A store in this folder, with the system keyring if `use_keyring`.
    pub fn new(files: DataDir, use_keyring: bool) -> Self {
        Self { files, use_keyring }
    }

    /// The last login, if there is one.
    pub async fn load(&self) -> io::Result<Option<StoredLogin>> {
        let file: LoginFile = self.files.read(FILE_NAME)?.value;
        let Some(server) = file.server else { return Ok(None) };
        if !file.in_keyring {
            let token_location = TokenLocation::File(self.files.path(FILE_NAME));
            return Ok(Some(StoredLogin {
                server,
                token: file.token.map(SecretString::from),
                token_location,
            }));
        }
        let token = keyring::get(server.clone()).await?.map(SecretString::from);
        Ok(Some(StoredLogin { server, token, token_location: TokenLocation::Keyring }))
    }

    /// Saves a login in place of the last one; returns where its token is.
    pub async fn save(&self, server: &str, token: &SecretString) -> io::Result<TokenLocation> {
        let in_keyring = self.use_keyring
            && keyring::set(server.to_owned(), token.expose_secret().to_owned()).await.is_ok();
        let in_file = (!in_keyring).then(|| token.expose_secret().to_owned());
        self.files.update(FILE_NAME, |login: &mut LoginFile| {
            *login = LoginFile { server: Some(server.to_owned()), token: in_file, in_keyring };
        })?;
        Ok(if in_keyring { TokenLocation::Keyring } else { TokenLocation::File(self.files.path(FILE_NAME)) })
    }

    /// Removes the token of the last login, but keeps the server.
    pub async fn remove_token(&self) -> io::Result<()> {
        let in_keyring = self.files.update(FILE_NAME, |login: &mut LoginFile| {
            login.token = None;
            std::mem::take(&mut login.in_keyring).then(|| login.server.clone()).flatten()
        })?;
        let Some(server) = in_keyring.value else { return Ok(()) };
        keyring::delete(server).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_keyring_the_token_is_stored_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = DataDir::from_path(folder.path());
        let store = CredentialStore::new(files.clone(), false);
        assert!(store.load().await.unwrap().is_none());
        let token = SecretString::from("tup_secret");
        let location = store.save("http://acme.test", &token).await.unwrap();
        assert_eq!(location, TokenLocation::File(files.path(FILE_NAME)));
        let stored = store.load().await.unwrap().unwrap();
        assert_eq!(
            (stored.server.as_str(), stored.token.unwrap().expose_secret()),
            ("http://acme.test", "tup_secret")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(files.path(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        store.remove_token().await.unwrap();
        assert!(store.load().await.unwrap().unwrap().token.is_none());
        assert!(!std::fs::read_to_string(files.path(FILE_NAME)).unwrap().contains("secret"));
    }
}
