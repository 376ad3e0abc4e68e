//! The real binary in a real pseudo-terminal: what only a terminal shows, and that the terminal always comes back.
//!
//! Seen to fail: while a picture in full asked the terminal where its cursor is (size, stop, continue).

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tierup_e2e::{Engineer, Pty, World};

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

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_end_gives_the_terminal_back_at_once_and_keeps_the_draft() {
    for end in ["TERM", "HUP", "INT", "QUIT", "Ctrl-C"] {
        let desk = Desk::new().await;
        let mut console = desk.types("tierup");
        let begun = Instant::now();
        if end == "Ctrl-C" {
            console.types("\x03");
        } else {
            console.hears(end);
        }
        assert_eq!(console.ends(), 0, "{end}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{end} took {:?}", begun.elapsed());
        console.is_as_before();
        assert!(desk.drafts(DATA).contains("half a thought"), "{end}");
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
        assert!(begun.elapsed() < Duration::from_secs(1), "{whose} took {:?}", begun.elapsed());
        console.is_as_before();
        let raw = String::from_utf8_lossy(&console.raw()).into_owned();
        let (back, said) = (raw.rfind("\x1b[?1049l").unwrap(), raw.find("fell over").unwrap());
        assert!(back < said, "{whose}: it is said on the screen that goes");
        assert!(raw[said..].starts_with("fell over␛]0;owned␇"), "{whose}: a panic is only text: {raw:?}");
        assert!(desk.drafts("console").contains("half a thought"), "{whose}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_outright_the_draft_is_there_all_the_same() {
    let desk = Desk::new().await;
    let mut console = desk.types("tierup");
    let end = Instant::now() + tierup_e2e::SOON;
    while !desk.drafts(DATA).contains("half a thought") {
        assert!(Instant::now() < end, "it is not kept as it is typed");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    console.hears("KILL");
    console.ends();

    let mut console = Pty::run_with("tierup", &[], &desk.home, (100, 30), &desk.environment());
    console.sees("live");
    console.types("2");
    console.sees("VPN is down");
    console.types("\r");
    console.sees("half a thought");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_the_shell_has_its_terminal_and_fg_paints_it_anew() {
    let desk = Desk::new().await;
    let mut shell = Pty::shell(&desk.home, (100, 30), &desk.environment());
    shell.sees("ready> ");
    shell.types("before=$(stty -g)\r");
    for stop in ["Ctrl-Z", "SIGTSTP"] {
        shell.types("tierup\r");
        shell.sees("VPN is down");
        shell.sees("live");
        shell.forgets();
        if stop == "Ctrl-Z" {
            shell.types("\x1a");
        } else {
            let told = std::process::Command::new("pkill")
                .args(["-TSTP", "-P", &shell.process().to_string()])
                .status()
                .unwrap();
            assert!(told.success());
        }
        shell.writes("\x1b[?1049l");
        shell.sees("Stopped");
        shell.types("test \"$(stty -g)\" = \"$before\" && echo as it w\"\"as\r");
        shell.sees("as it was");
        shell.types("clear; fg\r");
        shell.sees("VPN is down");
        shell.types("q");
        shell.no_longer_sees("VPN is down");
        shell.types("clear\r");
        shell.no_longer_sees("fg");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_outright_and_continued_it_paints_itself_anew() {
    let desk = Desk::new().await;
    let mut console = desk.sits("tierup");
    console.hears("STOP");
    console.forgets();
    console.hears("CONT");
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
    let numbers = desk.home.join("process");
    let inner = format!(
        "trap '' HUP; echo \\$\\$ > {}; exec {}",
        numbers.display(),
        tierup_e2e::pty::binary("tierup").display()
    );
    let mut shell = Pty::shell(&desk.home, (100, 30), &desk.environment());
    shell.sees("ready> ");
    // `script` holds the terminal that goes.
    shell.types(&format!("exec script -qfc \"{inner}\" /dev/null\r"));
    shell.sees("VPN is down");
    let process = std::fs::read_to_string(numbers).unwrap();
    shell.hears("KILL");
    let mut wait = std::process::Command::new("timeout");
    let ended = wait.args(["5", "tail", "-f", "/dev/null", "--pid", process.trim()]).status().unwrap();
    assert!(ended.success(), "it still runs without a terminal");
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
    // A note: nobody answers it, and it stays the newest.
    console.types("\x14See https://kb.test/809\r");
    console.writes("\x1b]8;;https://kb.test/809\x1b\\");
    console.sees("Priya Nair");
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
