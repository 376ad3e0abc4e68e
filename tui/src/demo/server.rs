//! The stage: a server on a free port of this machine, in a temporary folder, with a team in it.

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
use crate::runtime::ServerAccess;
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;
use crate::runtime::data_dir::DataDir;

/// How fast an assessment is written when people read along, in words per second.
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

/// A server with a team, until it is struck.
pub(super) struct DemoServer {
    server: Server,
    temp_dir: TempDir,
    /// Everybody but you.
    pub(super) team: Team,
    /// You.
    pub(super) you: TeamMember,
}

impl DemoServer {
    /// Sets the stage. Assessments are written at so many words per second.
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
        let hire = async |name: &'static str, email: &str| {
            ana.add_user(name, email, Role::Engineer).await.with_context(|| format!("{name} cannot be hired"))
        };
        let you = hire("Priya Nair", "priya@acme.test").await?;
        let cast = Team {
            juniors: vec![
                hire("Sam Ortiz", "sam@acme.test").await?,
                hire("Lee Chan", "lee@acme.test").await?,
                hire("Ida Berg", "ida@acme.test").await?,
            ],
            dana: hire("Dana Wu", "dana@acme.test").await?,
            ana,
        };
        Ok(Self { server, temp_dir: folder, team: cast, you })
    }

    /// Where the console keeps what it keeps, while the stage stands.
    pub(super) fn data_dir(&self) -> DataDir {
        DataDir::from_path(&self.temp_dir.path().join("console"))
    }

    /// The way in, as you; what another log-in gives is kept on the stage too.
    pub(super) fn server_access(&self) -> ServerAccess {
        ServerAccess::from_api(self.you.api.clone(), CredentialStore::new(self.data_dir(), false))
    }

    /// Clears the stage: nothing is left behind.
    pub(super) async fn stop(self) {
        let Self { server, temp_dir: folder, .. } = self;
        // The last requests of the team may still be under way; they are not worth waiting for.
        let _ = tokio::time::timeout(Duration::from_secs(2), server.stop()).await;
        let path: PathBuf = folder.path().into();
        if let Err(error) = folder.close() {
            // Where nobody listens, there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {} could not be removed: {error}", path.display());
        }
    }
}
