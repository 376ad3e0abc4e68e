//! A server for one test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;
use tierup::settings::SettingsFile;
use tierup_common::time::Timestamp;
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::{ApiClient, Console, TIMEOUT, http_client};

/// The time at which tests start: 2026-11-22, 09:30 UTC.
const START_TIME: Timestamp = Timestamp::from_millis(1_795_339_800_000);

/// A server with an account, in a temporary folder.
pub struct World {
    temp_dir: TempDir,
    settings: Settings,
    clock: Clock,
    owner_token: String,
    server: Option<Server>,
    users: Arc<Mutex<Vec<ApiClient>>>,
}

impl World {
    /// A server with default settings.
    pub async fn new() -> Self {
        Self::with_settings(Settings::default()).await
    }

    /// A server on which only people write.
    pub async fn without_assessments() -> Self {
        Self::with_settings(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await
    }

    /// A server with these settings, on a free port.
    pub async fn with_settings(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").expect("init");
        let mut world = Self {
            temp_dir: folder,
            settings,
            clock: Clock::manual(START_TIME),
            owner_token: owner.token,
            server: None,
            users: Arc::default(),
        };
        world.start(0).await;
        world
    }

    /// The server's data folder.
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.temp_dir.path().join("data")
    }

    /// The test's temporary folder.
    pub fn folder(&self) -> &Path {
        self.temp_dir.path()
    }

    /// The data folder of an engineer's console.
    pub fn console_dir(&self, name: &str) -> std::path::PathBuf {
        self.temp_dir.path().join(format!("home of {name}"))
    }

    /// A new connection to the server, with this text sent.
    pub async fn connect(&self, request: &str) -> TcpStream {
        let address = self.url().trim_start_matches("http://").to_owned();
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        socket.write_all(request.as_bytes()).await.expect("a request");
        socket
    }

    /// The server's clock, which stands still until it is advanced.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        self.server.as_ref().expect("the server runs").url()
    }

    /// The owner of the account, Ana Ruiz.
    pub fn owner(&self) -> ApiClient {
        ApiClient::new("Ana Ruiz", &self.url(), &self.owner_token)
    }

    /// An engineer of the account; the same name is the same user.
    pub async fn engineer(&self, name: &str) -> ApiClient {
        self.user(name, Role::Engineer).await
    }

    /// A user of the account with this role.
    pub async fn user(&self, name: &str, role: Role) -> ApiClient {
        let known = self.users.lock().iter().find(|known| known.name == name).cloned();
        if let Some(known) = known {
            return known;
        }
        let person = self.owner().add_user(name, role).await;
        self.users.lock().push(person.clone());
        person
    }

    /// The owner of another account on the same server.
    pub fn other_account_owner(&self) -> ApiClient {
        let other =
            admin::init(&self.data_dir(), "Globex", "hank@globex.test", "Hank Scorpio").expect("init");
        ApiClient::new("Hank Scorpio", &self.url(), &other.token)
    }

    /// An engineer's console, in a terminal of 120x36.
    pub async fn console(&self, name: &str) -> Console {
        self.console_with_size(name, 120, 36).await
    }

    /// An engineer's console, in a terminal of this size.
    pub async fn console_with_size(&self, name: &str, columns: u16, rows: u16) -> Console {
        let who = self.engineer(name).await;
        let files = self.console_dir(name);
        Console::open(&self.url(), who.token(), &files, columns, rows)
    }

    /// An engineer's console with these settings, as in the settings file.
    pub async fn console_with_settings(&self, name: &str, settings: &str, size: (u16, u16)) -> Console {
        let settings_file: SettingsFile = toml::from_str(settings).expect("settings");
        let settings = settings_file.resolve(|_| None).expect("settings that make sense");
        let who = self.engineer(name).await;
        let files = self.console_dir(name);
        Console::open_with_settings(settings, &self.url(), who.token(), &files, size)
    }

    /// The samples of `/metrics`, by name and labels.
    pub async fn metrics(&self) -> BTreeMap<String, String> {
        let response = http_client().get(format!("{}/metrics", self.url())).send().await.expect("an answer");
        let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
        let text = response.text().await.expect("text");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = samples.map(|line| line.rsplit_once(' ').expect("a name and a value"));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Waits until a metric has this value.
    pub async fn wait_for_metric(&self, name: &str, value: &str) {
        self.wait_for_metric_within(name, value, TIMEOUT).await;
    }

    /// The same, with another timeout.
    pub async fn wait_for_metric_within(&self, name: &str, value: &str, timeout: Duration) {
        let mut changes = self.server.as_ref().expect("the server runs").subscribe_changes();
        let wait = async {
            // A change after this read is seen by the next one.
            changes.mark_unchanged();
            while self.metrics().await.get(name).is_none_or(|counted| counted != value) {
                changes.changed().await.expect("the server runs");
                changes.mark_unchanged();
            }
        };
        let came = tokio::time::timeout(timeout, wait).await.is_ok();
        assert!(came, "{name} was never {value}: {:?}", self.metrics().await.get(name));
    }

    /// Stops the server, as SIGTERM does.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Stops the server and starts it again at the same address.
    pub async fn restart(&mut self) {
        let port = self.server.as_ref().map_or(0, |server| server.address().port());
        self.stop().await;
        self.start(port).await;
    }

    /// The same with other settings.
    pub async fn restart_with_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.restart().await;
    }

    /// Starts the server on this port; 0 is any.
    pub async fn start(&mut self, port: u16) {
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let settings = Settings { listen, ..self.settings.clone() };
        let config = settings.into_config().expect("settings that make sense");
        let server = Server::start(&self.data_dir(), config, self.clock.clone()).await.expect("a server");
        self.server = Some(server);
    }
}
