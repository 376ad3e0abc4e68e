//! A console that panics on request: in its loop on `F12`, in another thread when a client connects to the port in the
//! file `panic-address`.

#![expect(clippy::expect_used, reason = "tests may panic")]

use std::net::TcpListener;
use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent};
use futures_util::StreamExt;
use secrecy::SecretString;
use tierup::event::Event;
use tierup::runtime::activity::Activity;
use tierup::runtime::api::ApiClient;
use tierup::runtime::credentials::CredentialStore;
use tierup::runtime::data_dir::DataDir;
use tierup::runtime::server_access::ServerAccess;
use tierup::runtime::{self, ConsoleSetup, terminal};
use tierup::settings::Settings;

#[tokio::main]
async fn main() {
    let var = |name: &str| std::env::var(name).expect("an environment");
    let data_dir = DataDir::from_path(&Path::new(&var("HOME")).join("console"));
    let api =
        ApiClient::new(&var("TIERUP_SERVER"), SecretString::from(var("TIERUP_TOKEN"))).expect("an address");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::fs::write(Path::new(&var("HOME")).join("panic-address"), address).expect("a file");
    std::thread::spawn(move || {
        listener.accept().expect("somebody");
        panic!("a thread fell over\u{1b}]0;owned\u{7}");
    });
    let mut terminal_guard = terminal::TerminalGuard::new(true).expect("a terminal");
    let settings = Settings::default();
    let host = terminal::CrosstermHost::new(&settings);
    let server_access = ServerAccess::from_api(api, CredentialStore::new(data_dir.clone(), false));
    let setup = ConsoleSetup { server_access, data_dir, settings, activity: Activity::default() };
    let events = terminal::events().inspect(|event| {
        let is_panic_key = matches!(event, Event::Key(KeyEvent { code: KeyCode::F(12), .. }));
        assert!(!is_panic_key, "the loop fell over\u{1b}]0;owned\u{7}");
    });
    let result =
        runtime::run(&mut terminal_guard.terminal, events, terminal::wait_for_panic(), host, setup).await;
    drop(terminal_guard);
    result.expect("the console");
}
