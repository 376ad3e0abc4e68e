//! Where the last log-in is kept: the server in a file, the token in the keyring of the system, or in that file where
//! there is no keyring. Others on the machine can read neither.

mod ring;

use std::io;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::runtime::files::Files;

/// The file that remembers the last log-in; only its user can read it.
const FILE: &str = "login.json";

/// Where log-ins are kept.
#[derive(Clone, Debug)]
pub struct Vault {
    files: Files,
    keyring: bool,
}

/// A server, and the token for it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The server's address.
    pub server: String,
    /// The token, if one is kept that can be read.
    pub token: Option<SecretString>,
    /// Where it is kept.
    pub place: Place,
}

/// Where a token is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the keyring of the system.
    Keyring,
    /// In a file.
    File(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keyring => f.write_str("the keyring of this system"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// What the file has.
#[derive(Default, Serialize, Deserialize)]
struct LogIn {
    server: Option<String>,
    /// The token, where the keyring does not have it.
    token: Option<String>,
    #[serde(default)]
    in_keyring: bool,
}

impl Vault {
    /// A vault over these files, and over the keyring of the system if it may be used.
    pub fn new(files: Files, keyring: bool) -> Self {
        Self { files, keyring }
    }

    /// The last log-in.
    pub async fn recall(&self) -> io::Result<Option<Kept>> {
        let known: LogIn = self.files.read(FILE)?.value;
        let Some(server) = known.server else { return Ok(None) };
        if !known.in_keyring {
            let place = Place::File(self.files.path(FILE));
            return Ok(Some(Kept { server, token: known.token.map(SecretString::from), place }));
        }
        let token = ring::get(server.clone()).await?.map(SecretString::from);
        Ok(Some(Kept { server, token, place: Place::Keyring }))
    }

    /// Keeps a log-in, in place of the last one; where its token is.
    pub async fn keep(&self, server: &str, token: &SecretString) -> io::Result<Place> {
        let in_keyring =
            self.keyring && ring::set(server.to_owned(), token.expose_secret().to_owned()).await.is_ok();
        let in_file = (!in_keyring).then(|| token.expose_secret().to_owned());
        self.files.change(FILE, |login: &mut LogIn| {
            *login = LogIn { server: Some(server.to_owned()), token: in_file, in_keyring };
        })?;
        Ok(if in_keyring { Place::Keyring } else { Place::File(self.files.path(FILE)) })
    }

    /// Forgets the token of the last log-in; the server stays known.
    pub async fn forget(&self) -> io::Result<()> {
        let forgotten = self.files.change(FILE, |login: &mut LogIn| {
            login.token = None;
            std::mem::take(&mut login.in_keyring).then(|| login.server.clone()).flatten()
        })?;
        let Some(server) = forgotten.value else { return Ok(()) };
        ring::delete(server).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_keyring_the_token_is_in_a_file_of_its_user_alone_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        let vault = Vault::new(files.clone(), false);
        assert!(vault.recall().await.unwrap().is_none());
        let token = SecretString::from("tup_secret");
        let place = vault.keep("http://acme.test", &token).await.unwrap();
        assert_eq!(place, Place::File(files.path(FILE)));
        let kept = vault.recall().await.unwrap().unwrap();
        assert_eq!(
            (kept.server.as_str(), kept.token.unwrap().expose_secret()),
            ("http://acme.test", "tup_secret")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(files.path(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        vault.forget().await.unwrap();
        assert!(vault.recall().await.unwrap().unwrap().token.is_none());
        assert!(!std::fs::read_to_string(files.path(FILE)).unwrap().contains("secret"));
    }
}
