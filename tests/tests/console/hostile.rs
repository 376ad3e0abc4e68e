//! Servers that are slow, huge, wrong or gone: neither the console nor a command freezes, and nothing is believed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tierup_e2e::alone::alone;
use tierup_e2e::process::binary;
use tierup_e2e::{Console, Crank, Mood};

/// What would be felt as freezing, while all tests run and nothing is optimised. A command is told to wait for 2 s.
const FROZEN: Duration = Duration::from_secs(20);

/// Runs a command against a server, with at most so much memory.
fn tierup(server: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    // 1.5 GiB of addresses: threads reserve much that they never use, a gigabyte of answer fits nowhere.
    command.args(["-c", "ulimit -v 1500000; exec \"$0\" \"$@\""]).arg(binary("tierup")).args(arguments);
    alone(&mut command);
    command.env("HOME", home.path()).env("TIERUP_SERVER", server).env("TIERUP_TOKEN", "tup_x");
    command.env("TIERUP_TIMEOUT", "2").env("TIERUP_KEYRING", "off").stdin(Stdio::null());
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_keeps_a_command_waiting_or_makes_it_say_what_it_should_not() {
    for mood in Mood::ALL {
        let crank = Crank::new(mood).await;
        for arguments in [&["whoami"][..], &["queue"], &["watch"]] {
            let (url, begun) = (crank.url().to_owned(), Instant::now());
            let output = tokio::task::spawn_blocking(move || tierup(&url, arguments)).await.unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let about =
                format!("{mood:?}, {arguments:?}: {} after {:?}: {stderr}", output.status, begun.elapsed());
            let status = if mood == Mood::Escapes { 5 } else { 1 };
            let expected: &[i32] = match mood {
                Mood::Silent | Mood::Drips | Mood::Slams | Mood::Garbage | Mood::Endless => &[7, 1],
                Mood::Announces
                | Mood::Deep
                | Mood::Html
                | Mood::Wrong
                | Mood::Redirects
                | Mood::GiantText
                | Mood::Escapes => &[status],
            };
            assert!(output.status.code().is_some_and(|code| expected.contains(&code)), "{about}");
            assert!(begun.elapsed() < FROZEN, "{about}");
            assert!(stderr.starts_with("error: ") && stderr.lines().count() <= 2, "{about}");
            assert!(!stderr.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{about}");
            assert!(output.stdout.is_empty(), "{about}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_keeps_the_console_from_its_keys() {
    for mood in Mood::ALL {
        let crank = Crank::new(mood).await;
        let home = tempfile::tempdir().unwrap();
        let mut console = Console::open(crank.url(), "tup_x", home.path(), 100, 30);
        for _ in 0..5 {
            let begun = Instant::now();
            console.press("?").await;
            console.sees("Keys: the queue").await;
            console.press("<esc>").await;
            console.no_longer_sees("Keys: the queue").await;
            assert!(begun.elapsed() < FROZEN, "{mood:?}");
        }
        let begun = Instant::now();
        console.press("q").await;
        console.ends().await;
        assert!(begun.elapsed() < FROZEN, "{mood:?}");
    }
}
