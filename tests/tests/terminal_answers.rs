//! What real terminals and shells do to the console: they reply late, show their cursor, and take the terminal away.
//!
//! Seen to fail: when replies of a terminal became keys (`c` opened a new session) and some swallowed the keys after
//! them; when the cursor was painted and the real one hidden; when SIGTTIN stopped the process in raw mode; when the
//! console and the commands painted with `TERM=dumb`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use rustix::process::Signal;
use tierup_e2e::process::send_signal;
use tierup_e2e::{Pty, World};

/// A world with one handoff in the queue, and the environment of Priya's console.
async fn world_and_env() -> (World, Vec<(&'static str, String)>) {
    let world = World::new().await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    let priya = world.engineer("Priya Nair").await;
    let environment = vec![("TIERUP_SERVER", world.url()), ("TIERUP_TOKEN", priya.token().to_owned())];
    (world, environment)
}

fn borrow_env<'e>(env: &'e [(&'static str, String)]) -> Vec<(&'e str, &'e str)> {
    env.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// The terminal's cursor position, from 1, and whether it is visible.
fn cursor_state(console: &Pty) -> ((u16, u16), bool) {
    let mut parser = vt100::Parser::new(30.try_into().unwrap(), 100.try_into().unwrap(), 0);
    parser.process(&console.raw_output());
    let (row, column) = parser.screen().cursor_position();
    ((row + 1, column + 1), !parser.screen().hide_cursor())
}

/// Seen to fail: while nothing was asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_is_asked_for_its_background_and_the_theme_follows_its_answer() {
    let (world, environment) = world_and_env().await;
    let mut console =
        Pty::spawn_with_env("tierup", &[], world.folder(), (100, 30), &borrow_env(&environment));
    console.wait_for_output("\x1b]11;?\x1b\\");
    console.sees("VPN is down");
    console.send_keys("\x1b]11;rgb:ffff/ffff/ffff\x07");
    // It is the next theme after this one, not the one after the dark theme.
    console.send_keys("T");
    console.sees("Theme: high-contrast");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_an_earlier_terminal_query_are_not_keys() {
    let (world, environment) = world_and_env().await;
    let mut console =
        Pty::spawn_with_env("tierup", &[], world.folder(), (100, 30), &borrow_env(&environment));
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
        console.send_keys(answer);
    }
    // The next key works normally: nothing opened, and no partial sequence is pending.
    console.send_keys("?");
    console.sees("Keys: the queue");
    console.send_keys("?");
    console.no_longer_sees("Keys: the queue");
    console.send_keys("q");
    assert_eq!(console.wait_for_exit(), 0);
    console.assert_terminal_restored();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_cursor_follows_the_caret() {
    let (world, environment) = world_and_env().await;
    let mut console =
        Pty::spawn_with_env("tierup", &[], world.folder(), (100, 30), &borrow_env(&environment));
    console.sees("live");
    console.sees("VPN is down");
    assert!(!cursor_state(&console).1, "in the list");
    console.send_keys("p");
    console.sees("active, yours");
    console.send_keys("abcdef");
    console.sees("abcdef");
    let screen = console.screen();
    let (line, row) = screen.lines().zip(1..).find(|(line, _)| line.contains("abcdef")).unwrap();
    let begin = u16::try_from(line.split("abcdef").next().unwrap().chars().count()).unwrap() + 1;
    console.wait_for_output(&format!("\x1b[?25h\x1b[{row};{}H", begin + 6));
    assert_eq!(cursor_state(&console), ((row, begin + 6), true));
    console.clear_raw_output();
    console.send_keys("\x1b[H");
    console.wait_for_output(&format!("\x1b[?25h\x1b[{row};{begin}H"));
    assert_eq!(cursor_state(&console), ((row, begin), true));
    // The first clears the text.
    console.send_keys("\x03\x03");
    assert_eq!(console.wait_for_exit(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reader_restores_the_terminal_before_it_stops() {
    let (world, environment) = world_and_env().await;
    let mut shell = Pty::spawn_shell(world.folder(), (100, 30), &borrow_env(&environment));
    shell.sees("ready> ");
    let before = shell.termios();
    shell.send_keys("tierup\r");
    shell.sees("VPN is down");
    shell.sees("live");
    shell.clear_raw_output();
    // SIGSTOP cannot be handled: the terminal stays in raw mode.
    send_signal(shell.foreground_pid(), Signal::STOP);
    shell.wait_for_output("Stopped");
    assert_ne!(shell.termios(), before);
    // Continued in the background, it reads, gets SIGTTIN and restores the terminal.
    shell.send_keys("bg\n");
    shell.wait_for_output("\x1b[23;2t");
    assert_eq!(shell.termios(), before, "the shell's terminal modes changed");
    // In the foreground again it takes the terminal over and stays.
    shell.clear_raw_output();
    shell.send_keys("fg\r");
    shell.wait_for_output("\x1b[?1049h");
    shell.sees("VPN is down");
    shell.send_keys("?");
    shell.sees("Keys: the queue");
    shell.send_keys("qq");
    shell.no_longer_sees("VPN is down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_started_in_the_background_waits_for_fg() {
    let (world, environment) = world_and_env().await;
    let mut shell = Pty::spawn_shell(world.folder(), (100, 30), &borrow_env(&environment));
    shell.sees("ready> ");
    shell.send_keys("tierup & echo begun\r");
    shell.sees("begun");
    shell.send_keys("fg\r");
    shell.sees("VPN is down");
    shell.sees("live");
    shell.send_keys("q");
    shell.no_longer_sees("VPN is down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dumb_terminal_is_refused() {
    let (world, environment) = world_and_env().await;
    let output_of = |term: &str, arguments: &[&str]| {
        let environment = [&borrow_env(&environment)[..], &[("TERM", term)]].concat();
        let mut command = Pty::spawn_with_env("tierup", arguments, world.folder(), (100, 30), &environment);
        let status = command.wait_for_exit();
        (status, String::from_utf8(command.raw_output()).unwrap())
    };
    for term in ["dumb", ""] {
        let (status, said) = output_of(term, &[]);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains("TERM"), "{said}");
        assert!(said.contains("hint: ") && said.contains("`tierup queue`"), "{said}");
        assert!(!said.contains('\x1b'), "{said:?}");
        for (arguments, has) in [(&["queue"][..], "VPN is down"), (&["--help"], "Usage")] {
            let (status, said) = output_of(term, arguments);
            assert!(status == 0 && said.contains(has), "{said}");
            assert!(!said.contains('\x1b'), "{said:?}");
        }
    }
    // Another terminal shows pending output.
    let (_, said) = output_of("xterm-256color", &["queue"]);
    assert!(said.contains("\x1b[1mHANDOFF"), "{said:?}");
}
