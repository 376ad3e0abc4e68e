//! The real binary in a real pseudo-terminal: what only a terminal shows, and that the terminal always comes back.
//!
//! Seen to fail: while a picture in full asked the terminal where its cursor is (size, stop, continue); where the session
//! began outside of a container and has the number 0 (`unshare --pid --fork`: without a shell).

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tierup_e2e::process::{binary, has_ended, tell};
use tierup_e2e::{Engineer, Pty, World, soak};

/// A console at a real server, with one handoff in the queue.
struct Desk {
    world: World,
    sam: Engineer,
    home: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let sam = world.engineer("Sam Ortiz").await;
        sam.escalates("VPN is down").await;
        let priya = world.engineer("Priya Nair").await;
        let home = world.folder().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let environment = vec![("TIERUP_SERVER", world.url()), ("TIERUP_TOKEN", priya.token().to_owned())];
        Self { world, sam, home, environment }
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Opens a console, and waits for the queue.
    fn sits(&self, program: &str) -> Pty {
        let console = Pty::run_with(program, &[], &self.home, (100, 30), &self.environment());
        console.sees("VPN is down");
        console.sees("live");
        console
    }

    /// The same, in a session with something typed.
    fn types(&self, program: &str) -> Pty {
        let mut console = self.sits(program);
        console.types("p");
        console.sees("active, yours");
        console.types("half a thought");
        console.sees("half a thought");
        console
    }

    fn drafts(&self, folder: &str) -> String {
        std::fs::read_to_string(self.home.join(folder).join("drafts.json")).unwrap_or_default()
    }
}

const DATA: &str = ".local/share/tierup";

/// How long an end may take. A second is the promise, which `just soak` holds on a machine that has nothing else to
/// do; while all tests run, this is for what would be felt as hanging.
fn at_once() -> Duration {
    Duration::from_secs(soak(10, 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_end_gives_the_terminal_back_at_once_and_keeps_the_draft() {
    let signals = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT].map(Some);
    for end in signals.into_iter().chain([None]) {
        let desk = Desk::new().await;
        let mut console = desk.types("tierup");
        let begun = Instant::now();
        match end {
            Some(signal) => console.hears(signal),
            None => console.types("\x03"),
        }
        assert_eq!(console.ends(), 0, "{end:?}");
        assert!(begun.elapsed() < at_once(), "{end:?} took {:?}", begun.elapsed());
        console.is_as_before();
        assert!(desk.drafts(DATA).contains("half a thought"), "{end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_gives_the_terminal_back_before_it_says_anything() {
    for whose in ["loop", "thread"] {
        let desk = Desk::new().await;
        let mut console = desk.types("faller");
        let begun = Instant::now();
        if whose == "loop" {
            console.types("\x1b[24~");
        } else {
            let address = std::fs::read_to_string(desk.home.join("falls-at")).unwrap();
            std::net::TcpStream::connect(address).unwrap();
        }
        console.ends();
        assert!(begun.elapsed() < at_once(), "{whose} took {:?}", begun.elapsed());
        console.is_as_before();
        let raw = String::from_utf8_lossy(&console.raw()).into_owned();
        let (back, said) = (raw.rfind("\x1b[?1049l").unwrap(), raw.find("fell over").unwrap());
        assert!(back < said, "{whose}: it is said on the screen that goes");
        assert!(raw[said..].starts_with("fell over␛]0;owned␇"), "{whose}: a panic is only text: {raw:?}");
        assert!(desk.drafts("console").contains("half a thought"), "{whose}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_the_shell_has_its_terminal_and_fg_paints_it_anew() {
    let desk = Desk::new().await;
    let mut shell = Pty::shell(&desk.home, (100, 30), &desk.environment());
    shell.sees("ready> ");
    let before = shell.modes();
    for stop in ["Ctrl-Z", "SIGTSTP"] {
        shell.types("tierup\r");
        shell.sees("VPN is down");
        shell.sees("live");
        shell.forgets();
        if stop == "Ctrl-Z" {
            shell.types("\x1a");
        } else {
            tell(shell.in_front(), Signal::TSTP);
        }
        shell.writes("\x1b[?1049l");
        shell.sees("Stopped");
        assert_eq!(shell.modes(), before, "{stop}: the shell's terminal is another");
        shell.forgets();
        shell.types("printf '\\033[2J\\033[H'; fg\r");
        shell.sees("VPN is down");
        // The shell may have named the window meanwhile.
        shell.writes("\x1b]2;(1) tierup · Acme\x1b\\");
        shell.types("q");
        shell.no_longer_sees("VPN is down");
        shell.types("printf '\\033[2J\\033[H'\r");
        shell.no_longer_sees("fg");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_outright_and_continued_it_paints_itself_anew() {
    let desk = Desk::new().await;
    let mut console = desk.sits("tierup");
    console.hears(Signal::STOP);
    console.forgets();
    console.hears(Signal::CONT);
    console.writes("\x1b[?1049h");
    console.writes("VPN is down");
    console.types("q");
    assert_eq!(console.ends(), 0);
    console.is_as_before();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_shell_it_does_not_stop_for_ever() {
    let desk = Desk::new().await;
    let mut console = desk.sits("tierup");
    console.types("\x1a");
    console.sees("no shell to go back to");
    console.types("q");
    assert_eq!(console.ends(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_is_gone_ends_it_even_where_nobody_says_so() {
    let desk = Desk::new().await;
    let number = desk.home.join("process");
    let console = binary("tierup");
    let inner = format!("trap '' HUP; echo $$ > {}; exec {}", number.display(), console.display());
    // Its terminal is another's, who goes without a word and takes it along.
    let holder = Pty::run_with("holder", &["sh", "-c", &inner], &desk.home, (100, 30), &desk.environment());
    holder.sees("VPN is down");
    let process = std::fs::read_to_string(number).unwrap().trim().parse().unwrap();
    holder.hears(Signal::KILL);
    assert!(has_ended(process, tierup_e2e::SOON), "it still runs without a terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn mouse_paste_size_and_title_arrive_where_they_should() {
    let desk = Desk::new().await;
    desk.sam.escalates("Printer jams").await;
    let mut console = desk.sits("tierup");
    console.sees("Printer jams");
    console.writes("\x1b]2;(2) tierup · Acme\x1b\\");

    // A click on a row selects it, one on the selected row opens it.
    let screen = console.screen();
    let row = screen.lines().position(|line| line.contains("Printer jams")).unwrap() + 1;
    let click = format!("\x1b[<0;20;{row}M\x1b[<0;20;{row}m");
    console.types(&click);
    console.types(&click);
    console.sees("start here");
    console.writes("\x1b]2;(1) tierup · Acme\x1b\\");
    console.types("\r");
    console.sees("active, yours");

    // A paste is one paste: its line breaks send nothing, its escapes are marks.
    console.types("\x1b[200~first line\nsecond\x1b]0;owned\x07 line\x1b[201~");
    console.sees("first line");
    console.sees("second␛]0;owned␇ line");
    assert!(!String::from_utf8_lossy(&console.raw()).contains("\x1b]0;owned"));

    for (columns, rows) in [(40, 10), (20, 5), (200, 60), (80, 24)] {
        console.forgets();
        console.resize(columns, rows);
        console.writes(if columns < 40 { "tierup needs" } else { "first" });
    }
    console.types("\x03");
    assert_eq!(console.ends(), 0);
    console.is_as_before();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_and_where_links_lead_is_told_in_the_terminals_own_words() {
    let desk = Desk::new().await;
    let mut console = desk.sits("tierup");
    console.types("p");
    console.sees("active, yours");
    // A note, which the assistant does not answer: it is the last message.
    console.types("\x14See https://kb.test/809\r");
    console.writes("\x1b]8;;https://kb.test/809\x1b\\");
    console.sees("Priya Nair  09:30");
    // OSC 52: the text, in base64.
    console.types("\x1bc");
    console.writes("\x1b]52;c;U2VlIGh0dHBzOi8va2IudGVzdC84MDk=");
    console.sees("Copied message 2");
    console.types("\x03");
    assert_eq!(console.ends(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_does_not_read_utf_8_is_sent_ascii_alone() {
    let mut desk = Desk::new().await;
    desk.sam.escalates("Café – 日本 is down").await;
    desk.environment.extend([("LC_ALL", "C".into()), ("TERM", "foot".into())]);
    let mut console = desk.sits("tierup");
    console.sees("Caf? - ???? is down");
    console.writes("\x1b]2;(2) tierup - Acme\x1b\\");
    console.types("\x1b[O");
    desk.sam.escalates_as("Mañana", "urgent").await;
    console.writes("\x1b]777;notify;Urgent, from Sam Ortiz;#3 Ma?ana\x1b\\");
    console.types("q");
    assert_eq!(console.ends(), 0);
    assert!(console.raw().is_ascii());
    for arguments in [&["queue"][..], &["show", "2"], &["show", "2", "--json"], &["say", "h2", "é"], &["é"]]
    {
        let mut command = Pty::run_with("tierup", arguments, &desk.home, (100, 30), &desk.environment());
        command.ends();
        let raw = command.raw();
        assert!(!raw.is_empty() && raw.is_ascii(), "{arguments:?}: {}", String::from_utf8_lossy(&raw));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bell_rings_while_the_terminal_has_no_focus_and_a_notification_where_one_is_known() {
    for (term, rings) in [
        ("xterm-256color", "\x07"),
        ("foot", "\x1b]777;notify;Urgent, from Sam Ortiz;#2 Mail is\u{a0}down ‹202E›\x1b\\\x07"),
        ("xterm-kitty", "\x1b]9;Urgent, from Sam Ortiz: #2 Mail is\u{a0}down ‹202E›\x1b\\\x07"),
    ] {
        let mut desk = Desk::new().await;
        desk.environment.push(("TERM", term.into()));
        let mut console = desk.sits("tierup");
        console.types("\x1b[O");
        console.forgets();
        desk.sam.escalates_as("Mail is\u{a0}down \u{202e}", "urgent").await;
        console.writes(rings);
        console.types("\x1b[Iq");
        assert_eq!(console.ends(), 0);
        drop(desk.world);
    }
}
