//! The real binary in a real pseudo-terminal: what only a terminal shows, and that the terminal is always restored.
//!
//! Seen to fail: when a full redraw asked the terminal for its cursor (resize, stop, continue); when the session began
//! outside a container and has the number 0 (`unshare --pid --fork`: without a shell).

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tierup_e2e::process::{binary_path, send_signal, wait_for_exit};
use tierup_e2e::{ApiClient, Pty, World, quick_or_soak};

/// A console on a real server, with one handoff in the queue.
struct PtyFixture {
    world: World,
    sam: ApiClient,
    home: PathBuf,
    env: Vec<(&'static str, String)>,
}

impl PtyFixture {
    async fn new() -> Self {
        let world = World::new().await;
        let sam = world.engineer("Sam Ortiz").await;
        sam.escalate("VPN is down").await;
        let priya = world.engineer("Priya Nair").await;
        let home = world.folder().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let environment = vec![("TIERUP_SERVER", world.url()), ("TIERUP_TOKEN", priya.token().to_owned())];
        Self { world, sam, home, env: environment }
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.env.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Opens a console and waits for the queue.
    fn open_queue(&self, program: &str) -> Pty {
        let console = Pty::spawn_with_env(program, &[], &self.home, (100, 30), &self.environment());
        console.sees("VPN is down");
        console.sees("live");
        console
    }

    /// The same, in a session with something typed.
    fn open_session_with_draft(&self, program: &str) -> Pty {
        let mut console = self.open_queue(program);
        console.send_keys("p");
        console.sees("active, yours");
        console.send_keys("half a thought");
        console.sees("half a thought");
        console
    }

    fn read_drafts(&self, dir: &str) -> String {
        std::fs::read_to_string(self.home.join(dir).join("drafts.json")).unwrap_or_default()
    }
}

const DATA_DIR: &str = ".local/share/tierup";

/// The limit for an exit. `just soak` checks the promised second on an idle machine; beside other tests this catches a
/// hang.
fn exit_time_limit() -> Duration {
    Duration::from_secs(quick_or_soak(10, 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exit_restores_the_terminal_and_keeps_the_draft() {
    let signals = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT].map(Some);
    for end in signals.into_iter().chain([None]) {
        let fixture = PtyFixture::new().await;
        let mut console = fixture.open_session_with_draft("tierup");
        let begun = Instant::now();
        if let Some(signal) = end {
            console.send_signal(signal);
        } else {
            // In the message, Ctrl-C would clear it.
            console.send_keys("\x1b");
            console.sees("i write");
            console.send_keys("\x03");
        }
        assert_eq!(console.wait_for_exit(), 0, "{end:?}");
        assert!(begun.elapsed() < exit_time_limit(), "{end:?} took {:?}", begun.elapsed());
        console.assert_terminal_restored();
        assert!(fixture.read_drafts(DATA_DIR).contains("half a thought"), "{end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_restores_the_terminal_before_it_reports() {
    for whose in ["loop", "thread"] {
        let fixture = PtyFixture::new().await;
        let mut console = fixture.open_session_with_draft("panicking_console");
        let begun = Instant::now();
        if whose == "loop" {
            console.send_keys("\x1b[24~");
        } else {
            let address = std::fs::read_to_string(fixture.home.join("panic-address")).unwrap();
            std::net::TcpStream::connect(address).unwrap();
        }
        console.wait_for_exit();
        assert!(begun.elapsed() < exit_time_limit(), "{whose} took {:?}", begun.elapsed());
        console.assert_terminal_restored();
        let raw = String::from_utf8_lossy(&console.raw_output()).into_owned();
        let (restored_at, panic_message_at) =
            (raw.rfind("\x1b[?1049l").unwrap(), raw.find("fell over").unwrap());
        assert!(restored_at < panic_message_at, "{whose}: the message is on the screen that is left");
        assert!(
            raw[panic_message_at..].starts_with("fell over␛]0;owned␇"),
            "{whose}: a panic is only text: {raw:?}"
        );
        assert!(fixture.read_drafts("console").contains("half a thought"), "{whose}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_restores_the_terminal_and_fg_repaints() {
    let fixture = PtyFixture::new().await;
    let mut shell = Pty::spawn_shell(&fixture.home, (100, 30), &fixture.environment());
    shell.sees("ready> ");
    let before = shell.termios();
    for stop in ["Ctrl-Z", "SIGTSTP"] {
        shell.send_keys("tierup\r");
        shell.sees("VPN is down");
        shell.sees("live");
        shell.clear_raw_output();
        if stop == "Ctrl-Z" {
            shell.send_keys("\x1a");
        } else {
            send_signal(shell.foreground_pid(), Signal::TSTP);
        }
        shell.wait_for_output("\x1b[?1049l");
        shell.sees("Stopped");
        assert_eq!(shell.termios(), before, "{stop}: the shell's terminal modes changed");
        shell.clear_raw_output();
        shell.send_keys("printf '\\033[2J\\033[H'; fg\r");
        shell.sees("VPN is down");
        // The shell may have set the title meanwhile.
        shell.wait_for_output("\x1b]2;(1) tierup · Acme\x1b\\");
        shell.send_keys("q");
        shell.no_longer_sees("VPN is down");
        shell.send_keys("printf '\\033[2J\\033[H'\r");
        shell.no_longer_sees("fg");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_and_continued_console_repaints() {
    let fixture = PtyFixture::new().await;
    let mut console = fixture.open_queue("tierup");
    console.send_signal(Signal::STOP);
    console.clear_raw_output();
    console.send_signal(Signal::CONT);
    console.wait_for_output("\x1b[?1049h");
    console.wait_for_output("VPN is down");
    console.send_keys("q");
    assert_eq!(console.wait_for_exit(), 0);
    console.assert_terminal_restored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_without_a_shell_does_not_suspend() {
    let fixture = PtyFixture::new().await;
    let mut console = fixture.open_queue("tierup");
    console.send_keys("\x1a");
    console.sees("no parent shell");
    console.send_keys("q");
    assert_eq!(console.wait_for_exit(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_terminal_ends_the_console_without_a_signal() {
    let fixture = PtyFixture::new().await;
    let pid_file = fixture.home.join("process");
    let console = binary_path("tierup");
    let inner = format!("trap '' HUP; echo $$ > {}; exec {}", pid_file.display(), console.display());
    // Another process owns the terminal; killing it takes the terminal away.
    let pty_host = Pty::spawn_with_env(
        "pty_host",
        &["sh", "-c", &inner],
        &fixture.home,
        (100, 30),
        &fixture.environment(),
    );
    pty_host.sees("VPN is down");
    let process = std::fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    pty_host.send_signal(Signal::KILL);
    assert!(wait_for_exit(process, tierup_e2e::TIMEOUT), "it still runs without a terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn mouse_paste_size_and_title_arrive_where_they_should() {
    let fixture = PtyFixture::new().await;
    fixture.sam.escalate("Printer jams").await;
    let mut console = fixture.open_queue("tierup");
    console.sees("Printer jams");
    console.wait_for_output("\x1b]2;(2) tierup · Acme\x1b\\");

    // A click on a row selects it, one on the selected row opens it.
    let screen = console.screen();
    let row = screen.lines().position(|line| line.contains("Printer jams")).unwrap() + 1;
    let click = format!("\x1b[<0;20;{row}M\x1b[<0;20;{row}m");
    console.send_keys(&click);
    console.send_keys(&click);
    console.sees("start here");
    console.wait_for_output("\x1b]2;(1) tierup · Acme\x1b\\");
    console.send_keys("\r");
    console.sees("active, yours");

    // A paste is inserted whole: its line breaks send nothing, its escapes become placeholders.
    console.send_keys("\x1b[200~first line\nsecond\x1b]0;owned\x07 line\x1b[201~");
    console.sees("first line");
    console.sees("second␛]0;owned␇ line");
    assert!(!String::from_utf8_lossy(&console.raw_output()).contains("\x1b]0;owned"));

    for (columns, rows) in [(40, 10), (20, 5), (200, 60), (80, 24)] {
        console.clear_raw_output();
        console.resize(columns, rows);
        console.wait_for_output(if columns < 40 { "tierup needs" } else { "first" });
    }
    // The first clears the text.
    console.send_keys("\x03\x03");
    assert_eq!(console.wait_for_exit(), 0);
    console.assert_terminal_restored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_asks_before_it_replaces_an_assessment() {
    let fixture = PtyFixture::new().await;
    let printer = fixture.sam.escalate("Printer jams").await;
    fixture.sam.wait_for_assessment(&printer).await;
    let run = |arguments: &[&str]| {
        Pty::spawn_with_env("tierup", arguments, &fixture.home, (100, 30), &fixture.environment())
    };
    let question = "Replace the finished assessment of #2? [y/N]";
    let mut declined = run(&["reassess", "2"]);
    declined.sees(question);
    declined.send_keys("\r");
    declined.sees("error: not assessed again");
    assert_eq!(declined.wait_for_exit(), 1);
    let mut confirmed = run(&["reassess", "2"]);
    confirmed.sees(question);
    confirmed.send_keys("y\r");
    confirmed.sees("assessing #2 again");
    assert_eq!(confirmed.wait_for_exit(), 0);
    fixture.sam.wait_for_assessment(&printer).await;
    let mut unasked = run(&["reassess", "2", "--yes"]);
    unasked.wait_for_exit();
    assert!(!unasked.screen().contains("Replace"), "{}", unasked.screen());
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_and_links_use_terminal_sequences() {
    let fixture = PtyFixture::new().await;
    let mut console = fixture.open_queue("tierup");
    console.send_keys("p");
    console.sees("active, yours");
    // It is a note, which the assistant does not answer, so it is the last message.
    console.send_keys("See https://kb.test/809\r");
    console.wait_for_output("\x1b]8;;https://kb.test/809\x1b\\");
    console.sees("Priya Nair  09:30");
    // OSC 52: the text, in base64.
    console.send_keys("\x1by");
    console.wait_for_output("\x1b]52;c;U2VlIGh0dHBzOi8va2IudGVzdC84MDk=");
    console.sees("Copied message 2");
    console.send_keys("\x03");
    assert_eq!(console.wait_for_exit(), 0);
}

/// Takes the focus from the terminal. Input is read in order: once the help is there, the console knows.
fn leave_terminal(console: &mut Pty) {
    console.send_keys("\x1b[O?");
    console.sees("Keys: the queue");
    console.send_keys("?");
    console.no_longer_sees("Keys: the queue");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_without_utf_8_gets_only_ascii() {
    let mut fixture = PtyFixture::new().await;
    fixture.sam.escalate("Café – 日本 is down").await;
    fixture.env.extend([("LC_ALL", "C".into()), ("TERM", "foot".into())]);
    let mut console = fixture.open_queue("tierup");
    console.sees("Caf? - ???? is down");
    console.wait_for_output("\x1b]2;(2) tierup - Acme\x1b\\");
    leave_terminal(&mut console);
    fixture.sam.escalate_with_priority("Mañana", "urgent").await;
    console.wait_for_output("\x1b]777;notify;Urgent, from Sam Ortiz;#3 Ma?ana\x1b\\");
    console.send_keys("q");
    assert_eq!(console.wait_for_exit(), 0);
    assert!(console.raw_output().is_ascii());
    for arguments in [&["queue"][..], &["show", "2"], &["show", "2", "--json"], &["say", "h2", "é"], &["é"]]
    {
        let mut command =
            Pty::spawn_with_env("tierup", arguments, &fixture.home, (100, 30), &fixture.environment());
        command.wait_for_exit();
        let raw = command.raw_output();
        assert!(!raw.is_empty() && raw.is_ascii(), "{arguments:?}: {}", String::from_utf8_lossy(&raw));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_without_focus_gets_a_bell_or_a_notification() {
    for (term, rings) in [
        ("xterm-256color", "\x07"),
        ("foot", "\x1b]777;notify;Urgent, from Sam Ortiz;#2 Mail is\u{a0}down ‹202E›\x1b\\\x07"),
        ("xterm-kitty", "\x1b]9;Urgent, from Sam Ortiz: #2 Mail is\u{a0}down ‹202E›\x1b\\\x07"),
    ] {
        let mut fixture = PtyFixture::new().await;
        fixture.env.push(("TERM", term.into()));
        let mut console = fixture.open_queue("tierup");
        leave_terminal(&mut console);
        console.clear_raw_output();
        fixture.sam.escalate_with_priority("Mail is\u{a0}down \u{202e}", "urgent").await;
        console.wait_for_output(rings);
        console.send_keys("\x1b[Iq");
        assert_eq!(console.wait_for_exit(), 0);
        drop(fixture.world);
    }
}
