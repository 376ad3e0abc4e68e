//! A server of one's own, for one story.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tierup::settings::Wishes;
use tierup_common::time::Timestamp;
use tierup_common::user::Role;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

use crate::{Console, Engineer, SOON, http};

/// When stories happen: 2026-11-22, 09:30 UTC.
const BEGINNING: Timestamp = Timestamp::from_millis(1_795_339_800_000);

/// A server in a temporary folder, with an account in it.
pub struct World {
    folder: TempDir,
    settings: Settings,
    clock: Clock,
    owner: String,
    server: Option<Server>,
    people: Arc<Mutex<Vec<Engineer>>>,
}

impl World {
    /// A server as it is without settings.
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// A server with these settings; it listens on a free port of this machine whatever they say.
    pub async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").expect("init");
        let mut world = Self {
            folder,
            settings,
            clock: Clock::manual(BEGINNING),
            owner: owner.token,
            server: None,
            people: Arc::default(),
        };
        world.starts(0).await;
        world
    }

    /// The folder of the server.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// A folder of this story's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the console of an engineer keeps what it keeps.
    pub fn home_of(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("home of {name}"))
    }

    /// The server's clock, which stands still until it is moved.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        self.server.as_ref().expect("the server runs").url()
    }

    /// The owner of the account, Ana Ruiz.
    pub fn owner(&self) -> Engineer {
        Engineer::new("Ana Ruiz", &self.url(), &self.owner)
    }

    /// An engineer of the account; the same name is the same person.
    pub async fn engineer(&self, name: &str) -> Engineer {
        self.person(name, Role::Engineer).await
    }

    /// A person of the account, with this role.
    pub async fn person(&self, name: &str, role: Role) -> Engineer {
        let known = self.people.lock().expect("people").iter().find(|known| known.name == name).cloned();
        if let Some(known) = known {
            return known;
        }
        let person = self.owner().hires(name, role).await;
        self.people.lock().expect("people").push(person.clone());
        person
    }

    /// Somebody of another account on the same server.
    pub fn stranger(&self) -> Engineer {
        let other = admin::init(&self.data(), "Globex", "hank@globex.test", "Hank Scorpio").expect("init");
        Engineer::new("Hank Scorpio", &self.url(), &other.token)
    }

    /// The console of an engineer, in a terminal of 120x36.
    pub async fn console(&self, name: &str) -> Console {
        self.console_of_size(name, 120, 36).await
    }

    /// The console of an engineer, in a terminal of this size.
    pub async fn console_of_size(&self, name: &str, columns: u16, rows: u16) -> Console {
        let who = self.engineer(name).await;
        let files = self.home_of(name);
        Console::open(&self.url(), who.token(), &files, columns, rows)
    }

    /// The console of an engineer with settings of their own, written as in their file.
    pub async fn console_with(&self, name: &str, settings: &str, size: (u16, u16)) -> Console {
        let wishes: Wishes = toml::from_str(settings).expect("settings");
        let settings = wishes.settle(|_| None).expect("settings that make sense");
        let who = self.engineer(name).await;
        let files = self.home_of(name);
        Console::open_with(settings, &self.url(), who.token(), &files, size)
    }

    /// The samples of `/metrics`, by name and labels.
    pub async fn figures(&self) -> BTreeMap<String, String> {
        let response = http().get(format!("{}/metrics", self.url())).send().await.expect("an answer");
        let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        let text = response.text().await.expect("text");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = samples.map(|line| line.rsplit_once(' ').expect("a name and a value"));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Waits until the server has counted so many.
    pub async fn counts(&self, name: &str, value: &str) {
        self.counts_within(name, value, SOON).await;
    }

    /// The same, where it takes its time.
    pub async fn counts_within(&self, name: &str, value: &str, within: Duration) {
        let mut changes = self.server.as_ref().expect("the server runs").changes();
        let wait = async {
            // Whatever changes after a look is seen by the next one.
            changes.mark_unchanged();
            while self.figures().await.get(name).is_none_or(|counted| counted != value) {
                changes.changed().await.expect("the server runs");
                changes.mark_unchanged();
            }
        };
        let came = tokio::time::timeout(within, wait).await.is_ok();
        assert!(came, "{name} was never {value}: {:?}", self.figures().await.get(name));
    }

    /// Stops the server, as SIGTERM does.
    pub async fn stops(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Stops the server and starts it again at the same address.
    pub async fn restarts(&mut self) {
        let port = self.server.as_ref().map_or(0, |server| server.address().port());
        self.stops().await;
        self.starts(port).await;
    }

    /// The same, with other settings.
    pub async fn restarts_with(&mut self, settings: Settings) {
        self.settings = settings;
        self.restarts().await;
    }

    /// Starts the server on this port; 0 is any.
    pub async fn starts(&mut self, port: u16) {
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let settings = Settings { listen, ..self.settings.clone() };
        let config = settings.check().expect("settings that make sense");
        let server = Server::start(&self.data(), config, self.clock.clone()).await.expect("a server");
        self.server = Some(server);
    }
}
