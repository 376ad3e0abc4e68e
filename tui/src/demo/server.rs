//! The demo's server: on a free port, in a temporary folder, with a team in its account.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;
use tempfile::TempDir;
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

use crate::demo::team::{Team, TeamMember};
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;
use crate::runtime::data_dir::DataDir;
use crate::runtime::server_access::ServerAccess;

/// How fast assessments are written in the console, in words per second: about as fast as one reads.
pub(super) const READING_WORDS_PER_SECOND: u32 = 22;

const RUNBOOKS: &[(&str, &str)] = &[
    ("backup-vss-writer", include_str!("runbooks/backup-vss-writer.md")),
    ("bitlocker-recovery-key", include_str!("runbooks/bitlocker-recovery-key.md")),
    ("ci-runner-disk-full", include_str!("runbooks/ci-runner-disk-full.md")),
    ("outlook-password-prompt", include_str!("runbooks/outlook-password-prompt.md")),
    ("pods-oomkilled", include_str!("runbooks/pods-oomkilled.md")),
    ("postgresql-wal-disk-full", include_str!("runbooks/postgresql-wal-disk-full.md")),
    ("print-queue-stuck", include_str!("runbooks/print-queue-stuck.md")),
    ("saml-clock-skew", include_str!("runbooks/saml-clock-skew.md")),
    ("switch-port-flapping", include_str!("runbooks/switch-port-flapping.md")),
    ("teams-no-sound", include_str!("runbooks/teams-no-sound.md")),
    ("tls-certificate-expired", include_str!("runbooks/tls-certificate-expired.md")),
    ("vpn-error-809", include_str!("runbooks/vpn-error-809.md")),
];

/// A server with a team.
pub(super) struct DemoServer {
    server: Server,
    temp_dir: TempDir,
    /// Everyone but you.
    pub(super) team: Team,
    pub(super) you: TeamMember,
}

impl DemoServer {
    /// Starts the server and adds the team. Assessments are written at this speed.
    pub(super) async fn start(words_per_second: u32) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("tierup-demo-").tempdir()?;
        let data = folder.path().join("data");
        let runbooks = folder.path().join("runbooks");
        std::fs::create_dir(&runbooks)?;
        for (name, text) in RUNBOOKS {
            std::fs::write(runbooks.join(format!("{name}.md")), text)?;
        }
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz")?;
        let settings = Settings {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            runbooks: Some(runbooks),
            assessment_words_per_second: Some(words_per_second),
            ..Settings::default()
        };
        let server = Server::start(&data, settings.into_config()?, Clock::system()).await?;
        let api = ApiClient::new(&server.url(), SecretString::from(owner.token))?;
        let ana = TeamMember { id: owner.user_id, name: "Ana Ruiz", api };
        let add = async |name: &'static str, email: &str| {
            ana.add_user(name, email, Role::Engineer).await.with_context(|| format!("cannot add {name}"))
        };
        let you = add("Priya Nair", "priya@acme.test").await?;
        let team = Team {
            juniors: vec![
                add("Sam Ortiz", "sam@acme.test").await?,
                add("Lee Chan", "lee@acme.test").await?,
                add("Ida Berg", "ida@acme.test").await?,
            ],
            dana: add("Dana Wu", "dana@acme.test").await?,
            ana,
        };
        Ok(Self { server, temp_dir: folder, team, you })
    }

    /// The console's data folder.
    pub(super) fn data_dir(&self) -> DataDir {
        DataDir::from_path(&self.temp_dir.path().join("console"))
    }

    /// The server with your login. Other logins are kept in the temporary folder too.
    pub(super) fn server_access(&self) -> ServerAccess {
        ServerAccess::from_api(self.you.api.clone(), CredentialStore::new(self.data_dir(), false))
    }

    /// Stops the server and removes its folder.
    pub(super) async fn stop(self) {
        let Self { server, temp_dir: folder, .. } = self;
        // The team's last requests are not worth a longer wait.
        let _ = tokio::time::timeout(Duration::from_secs(2), server.stop()).await;
        let path: PathBuf = folder.path().into();
        if let Err(error) = folder.close() {
            // A closed standard error has no reader.
            let _ = writeln!(std::io::stderr(), "error: cannot remove {}: {error}", path.display());
        }
    }
}
