//! A console that falls over when it is told to: in its loop by `F12`, in another thread when somebody connects to the
//! port that it prints into the file `falls-at`.

#![expect(clippy::expect_used, reason = "a story that cannot be told fails, and says where")]

use std::net::TcpListener;
use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent};
use futures_util::StreamExt;
use secrecy::SecretString;
use tierup::event::Event;
use tierup::runtime::activity::Activity;
use tierup::runtime::api::Api;
use tierup::runtime::files::Files;
use tierup::runtime::vault::Vault;
use tierup::runtime::{self, Entrance, Setup, terminal};
use tierup::settings::Settings;

#[tokio::main]
async fn main() {
    let var = |name: &str| std::env::var(name).expect("an environment");
    let files = Files::in_folder(&Path::new(&var("HOME")).join("console"));
    let api = Api::new(&var("TIERUP_SERVER"), SecretString::from(var("TIERUP_TOKEN"))).expect("an address");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::fs::write(Path::new(&var("HOME")).join("falls-at"), address).expect("a file");
    std::thread::spawn(move || {
        listener.accept().expect("somebody");
        panic!("a thread fell over\u{1b}]0;owned\u{7}");
    });
    let mut taken = terminal::Taken::new(true).expect("a terminal");
    let settings = Settings::default();
    let window = terminal::Window::new(&settings);
    let entrance = Entrance::open(api, Vault::new(files.clone(), false));
    let setup = Setup { entrance, files, settings, activity: Activity::default() };
    let events = terminal::events().inspect(|event| {
        let falls = matches!(event, Event::Key(KeyEvent { code: KeyCode::F(12), .. }));
        assert!(!falls, "the loop fell over\u{1b}]0;owned\u{7}");
    });
    let ran = runtime::run(&mut taken.terminal, events, terminal::panicked(), window, setup).await;
    drop(taken);
    ran.expect("the console");
}
