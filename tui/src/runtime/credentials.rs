//! Where the last log-in is kept: the server in a file, the token in the keyring of the system, or in that file where
//! there is no keyring. Others on the machine can read neither.

mod keyring;

use std::io;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::runtime::data_dir::DataDir;

/// The file that remembers the last log-in; only its user can read it.
const FILE_NAME: &str = "login.json";

/// Where log-ins are kept.
#[derive(Clone, Debug)]
pub struct CredentialStore {
    files: DataDir,
    use_keyring: bool,
}

/// A server, and the token for it.
#[derive(Clone, Debug)]
pub struct StoredLogin {
    /// The server's address.
    pub server: String,
    /// The token, if one is kept that can be read.
    pub token: Option<SecretString>,
    /// Where it is kept.
    pub token_location: TokenLocation,
}

/// Where a token is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenLocation {
    /// In the keyring of the system.
    Keyring,
    /// In a file.
    File(PathBuf),
}

impl std::fmt::Display for TokenLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keyring => f.write_str("the keyring of this system"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// What the file has.
#[derive(Default, Serialize, Deserialize)]
struct LoginFile {
    server: Option<String>,
    /// The token, where the keyring does not have it.
    token: Option<String>,
    #[serde(default)]
    in_keyring: bool,
}

impl CredentialStore {
    /// A vault over these files, and over the keyring of the system if it may be used.
    pub fn new(files: DataDir, keyring: bool) -> Self {
        Self { files, use_keyring: keyring }
    }

    /// The last log-in.
    pub async fn load(&self) -> io::Result<Option<StoredLogin>> {
        let known: LoginFile = self.files.read(FILE_NAME)?.value;
        let Some(server) = known.server else { return Ok(None) };
        if !known.in_keyring {
            let place = TokenLocation::File(self.files.path(FILE_NAME));
            return Ok(Some(StoredLogin {
                server,
                token: known.token.map(SecretString::from),
                token_location: place,
            }));
        }
        let token = keyring::get(server.clone()).await?.map(SecretString::from);
        Ok(Some(StoredLogin { server, token, token_location: TokenLocation::Keyring }))
    }

    /// Keeps a log-in, in place of the last one; where its token is.
    pub async fn save(&self, server: &str, token: &SecretString) -> io::Result<TokenLocation> {
        let in_keyring = self.use_keyring
            && keyring::set(server.to_owned(), token.expose_secret().to_owned()).await.is_ok();
        let in_file = (!in_keyring).then(|| token.expose_secret().to_owned());
        self.files.update(FILE_NAME, |login: &mut LoginFile| {
            *login = LoginFile { server: Some(server.to_owned()), token: in_file, in_keyring };
        })?;
        Ok(if in_keyring { TokenLocation::Keyring } else { TokenLocation::File(self.files.path(FILE_NAME)) })
    }

    /// Forgets the token of the last log-in; the server stays known.
    pub async fn remove_token(&self) -> io::Result<()> {
        let forgotten = self.files.update(FILE_NAME, |login: &mut LoginFile| {
            login.token = None;
            std::mem::take(&mut login.in_keyring).then(|| login.server.clone()).flatten()
        })?;
        let Some(server) = forgotten.value else { return Ok(()) };
        keyring::delete(server).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_keyring_the_token_is_in_a_file_of_its_user_alone_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let files = DataDir::from_path(folder.path());
        let vault = CredentialStore::new(files.clone(), false);
        assert!(vault.load().await.unwrap().is_none());
        let token = SecretString::from("tup_secret");
        let place = vault.save("http://acme.test", &token).await.unwrap();
        assert_eq!(place, TokenLocation::File(files.path(FILE_NAME)));
        let kept = vault.load().await.unwrap().unwrap();
        assert_eq!(
            (kept.server.as_str(), kept.token.unwrap().expose_secret()),
            ("http://acme.test", "tup_secret")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(files.path(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        vault.remove_token().await.unwrap();
        assert!(vault.load().await.unwrap().unwrap().token.is_none());
        assert!(!std::fs::read_to_string(files.path(FILE_NAME)).unwrap().contains("secret"));
    }
}
