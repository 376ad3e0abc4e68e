//! What real terminals and shells do with the console: they answer late, show their cursor, and take the terminal away.
//!
//! Seen to fail: while a terminal's answers came as keys (`c` of one opened a new session) and some swallowed every key
//! after them; while the cursor was painted and the real one hidden; while SIGTTIN stopped the process with the terminal
//! raw; while `TERM=dumb` was painted, by the console and then by the commands.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use rustix::process::Signal;
use tierup_e2e::process::tell;
use tierup_e2e::{Pty, World};

/// A world with one handoff in the queue, and what Priya's console needs.
async fn world() -> (World, Vec<(&'static str, String)>) {
    let world = World::new().await;
    world.engineer("Sam Ortiz").await.escalates("VPN is down").await;
    let priya = world.engineer("Priya Nair").await;
    let environment = vec![("TIERUP_SERVER", world.url()), ("TIERUP_TOKEN", priya.token().to_owned())];
    (world, environment)
}

fn borrowed<'e>(environment: &'e [(&'static str, String)]) -> Vec<(&'e str, &'e str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Where the terminal has its cursor, from 1, and whether it shows it.
fn cursor(console: &Pty) -> ((u16, u16), bool) {
    let mut parser = vt100::Parser::new(30.try_into().unwrap(), 100.try_into().unwrap(), 0);
    parser.process(&console.raw());
    let (row, column) = parser.screen().cursor_position();
    ((row + 1, column + 1), !parser.screen().hide_cursor())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_terminal_answers_to_whoever_asked_before_is_no_key() {
    let (world, environment) = world().await;
    let mut console = Pty::run_with("tierup", &[], world.folder(), (100, 30), &borrowed(&environment));
    console.sees("live");
    console.sees("VPN is down");
    for answer in [
        "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
        "\x1b]10;rgb:cccc/cccc/cccc\x07",
        "\x1b[?62;1;6;22c",
        "\x1b[>0;276;0c",
        "\x1b[?2026;2$y",
        "\x1bP>|kitty(0.31.0)\x1b\\",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1b[?0u",
        "\x1b[12;40R",
    ] {
        console.types(answer);
    }
    // The next key is the next key: nothing opened, and nothing waits for more.
    console.types("?");
    console.sees("Keys: the queue");
    console.types("q");
    console.no_longer_sees("Keys: the queue");
    console.types("q");
    assert_eq!(console.ends(), 0);
    console.is_as_before();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminals_cursor_is_where_the_caret_is_and_is_hidden_where_nobody_types() {
    let (world, environment) = world().await;
    let mut console = Pty::run_with("tierup", &[], world.folder(), (100, 30), &borrowed(&environment));
    console.sees("live");
    console.sees("VPN is down");
    assert!(!cursor(&console).1, "in the list");
    console.types("p");
    console.sees("active, yours");
    console.types("abcdef");
    console.sees("abcdef");
    let screen = console.screen();
    let (line, row) = screen.lines().zip(1..).find(|(line, _)| line.contains("abcdef")).unwrap();
    let begin = u16::try_from(line.split("abcdef").next().unwrap().chars().count()).unwrap() + 1;
    console.writes(&format!("\x1b[?25h\x1b[{row};{}H", begin + 6));
    assert_eq!(cursor(&console), ((row, begin + 6), true));
    console.forgets();
    console.types("\x1b[H");
    console.writes(&format!("\x1b[?25h\x1b[{row};{begin}H"));
    assert_eq!(cursor(&console), ((row, begin), true));
    console.types("\x03");
    assert_eq!(console.ends(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_behind_another_gives_the_terminal_back_before_it_stops() {
    let (world, environment) = world().await;
    let mut shell = Pty::shell(world.folder(), (100, 30), &borrowed(&environment));
    shell.sees("ready> ");
    let before = shell.modes();
    shell.types("tierup\r");
    shell.sees("VPN is down");
    shell.sees("live");
    shell.forgets();
    // Stopped outright it can do nothing: the terminal is as it had it.
    tell(shell.in_front(), Signal::STOP);
    shell.writes("Stopped");
    assert_ne!(shell.modes(), before);
    // Sent on behind the shell it reads, is told that it may not, and gives back what it had.
    shell.types("bg\n");
    shell.writes("\x1b[23;2t");
    assert_eq!(shell.modes(), before, "the shell's terminal is another");
    // In front again it takes everything over, and stays.
    shell.forgets();
    shell.types("fg\r");
    shell.writes("\x1b[?1049h");
    shell.sees("VPN is down");
    shell.types("?");
    shell.sees("Keys: the queue");
    shell.types("qq");
    shell.no_longer_sees("VPN is down");
}

#[tokio::test(flavor = "multi_thread")]
async fn begun_behind_the_shell_it_comes_with_fg() {
    let (world, environment) = world().await;
    let mut shell = Pty::shell(world.folder(), (100, 30), &borrowed(&environment));
    shell.sees("ready> ");
    shell.types("tierup & echo begun\r");
    shell.sees("begun");
    shell.types("fg\r");
    shell.sees("VPN is down");
    shell.sees("live");
    shell.types("q");
    shell.no_longer_sees("VPN is down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_says_that_it_is_dumb_is_not_painted() {
    let (world, environment) = world().await;
    let says = |term: &str, arguments: &[&str]| {
        let environment = [&borrowed(&environment)[..], &[("TERM", term)]].concat();
        let mut command = Pty::run_with("tierup", arguments, world.folder(), (100, 30), &environment);
        let status = command.ends();
        (status, String::from_utf8(command.raw()).unwrap())
    };
    for term in ["dumb", ""] {
        let (status, said) = says(term, &[]);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("TERM"), "{said}");
        assert!(said.contains("hint: ") && said.contains("`tierup queue`"), "{said}");
        assert!(!said.contains('\x1b'), "{said:?}");
        for (arguments, has) in [(&["queue"][..], "VPN is down"), (&["--help"], "Usage")] {
            let (status, said) = says(term, arguments);
            assert!(status == 0 && said.contains(has), "{said}");
            assert!(!said.contains('\x1b'), "{said:?}");
        }
    }
    // Another one shows what stands out.
    let (_, said) = says("xterm-256color", &["queue"]);
    assert!(said.contains("\x1b[1mHANDOFF"), "{said:?}");
}
