//! Opens consoles on a server.

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use parking_lot::Mutex;
use ratatui::Terminal;
use secrecy::SecretString;
use tierup::runtime::activity::Activity;
use tierup::runtime::api::{ApiClient, DEFAULT_RESPONSE_TIMEOUT};
use tierup::runtime::credentials::CredentialStore;
use tierup::runtime::data_dir::DataDir;
use tierup::runtime::server_access::ServerAccess;
use tierup::runtime::{self, ConsoleSetup};
use tierup::settings::Settings;
use tokio::sync::mpsc;

use crate::console::Console;
use crate::console::keys::tracked_events;
use crate::console::recording_backend::RecordingBackend;
use crate::console::recording_host::RecordingHost;

impl Console {
    /// Opens a console on a server.
    pub fn open(server: &str, token: &str, data_dir: &Path, columns: u16, rows: u16) -> Self {
        Self::open_with_settings(Settings::default(), server, token, data_dir, (columns, rows))
    }

    /// The same, with these settings.
    pub fn open_with_settings(
        settings: Settings,
        server: &str,
        token: &str,
        data_dir: &Path,
        size: (u16, u16),
    ) -> Self {
        Self::start(
            settings,
            server_access(server, token, data_dir, DEFAULT_RESPONSE_TIMEOUT),
            data_dir,
            size,
        )
    }

    /// The same, with this response timeout.
    pub fn open_with_timeout(timeout: Duration, server: &str, token: &str, data_dir: &Path) -> Self {
        let access = server_access(server, token, data_dir, timeout);
        Self::start(Settings::default(), access, data_dir, (120, 36))
    }

    /// Opens a console without a login.
    pub fn open_logged_out(data_dir: &Path, columns: u16, rows: u16) -> Self {
        let credentials = CredentialStore::new(DataDir::from_path(data_dir), false);
        let login = ServerAccess {
            api: None,
            server_url: None,
            credentials,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
        };
        Self::start(Settings::default(), login, data_dir, (columns, rows))
    }

    fn start(
        settings: Settings,
        server_access: ServerAccess,
        data_dir: &Path,
        (columns, rows): (u16, u16),
    ) -> Self {
        let (screen, frames_drawn) = RecordingBackend::new(columns, rows);
        let (events, event_receiver) = mpsc::unbounded_channel();
        let mut terminal = Terminal::new(screen.clone()).expect("a buffer");
        let activity = Activity::default();
        let data_dir = DataDir::from_path(data_dir);
        let setup = ConsoleSetup { server_access, data_dir, settings, activity: activity.clone() };
        let (host, host_record, editor) = RecordingHost::new();
        let input = tracked_events(event_receiver, activity.begin());
        let task = tokio::spawn(async move {
            let no_panic = std::future::pending();
            runtime::run(&mut terminal, input, no_panic, host, setup).await
        });
        Self {
            events,
            screen,
            frames_drawn,
            host_record,
            editor,
            activity,
            allowed_pending: AtomicUsize::new(0),
            baseline: Mutex::default(),
            task,
        }
    }
}

fn server_access(server: &str, token: &str, data_dir: &Path, timeout: Duration) -> ServerAccess {
    let api = ApiClient::new(server, SecretString::from(token.to_owned())).expect("an address");
    let credentials = CredentialStore::new(DataDir::from_path(data_dir), false);
    ServerAccess::from_api(api.with_timeout(timeout), credentials)
}
