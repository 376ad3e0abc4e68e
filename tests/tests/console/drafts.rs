//! What was typed and not sent, in the real binary: after kill -9, and in an editor of the user's own.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tierup_e2e::kept::holds;
use tierup_e2e::process::has_ended;
use tierup_e2e::{Pty, SOON, World, soak};

/// Priya's console in a pseudo-terminal, in a session of hers.
async fn at_work(world: &World, home: &Path, more: &[(&str, &str)]) -> Pty {
    let priya = world.engineer("Priya Nair").await;
    let arguments = ["--server", &world.url(), "--token", priya.token()];
    let mut console = Pty::run_with("tierup", &arguments, home, (120, 36), more);
    console.sees("live");
    console.sees("Mine 1");
    console.types("2");
    console.sees("what you work on");
    console.still_sees("▌normal   VPN is down");
    console.types("\r");
    console.sees("active, yours");
    console
}

async fn world_with_a_claim() -> World {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    priya.claims(&vpn).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_after_kill_nine() {
    let world = world_with_a_claim().await;
    let home = tempfile::tempdir().unwrap();
    let mut console = at_work(&world, home.path(), &[]).await;
    console.types("half a thought");
    console.sees("half a thought");
    let drafts = home.path().join(".local/share/tierup/drafts.json");
    holds(&drafts, |text| text.contains("half a thought"));
    console.hears(Signal::KILL);
    console.ends();

    let again = at_work(&world, home.path(), &[]).await;
    again.sees("half a thought");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_gets_the_terminal_and_gives_it_back() {
    let world = world_with_a_claim().await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("editor.sh");
    std::fs::write(
        &script,
        "cat \"$1\"; printf ' :: in the editor> '; read line; printf '%s' \"$line\" > \"$1\"\n",
    )
    .unwrap();
    let editor = format!("sh {}", script.display());
    let mut console = at_work(&world, home.path(), &[("EDITOR", &editor), ("VISUAL", "")]).await;
    console.types("half a thought");
    console.sees("half a thought");
    console.types("\x0f");
    console.sees("half a thought :: in the editor>");
    // Every key is the editor's.
    console.types("the whole thought\r");
    console.sees("active, yours");
    console.sees("│ the whole thought");
    console.types(", and more");
    console.sees("│ the whole thought, and more");
    let raw = String::from_utf8_lossy(&console.raw()).into_owned();
    let given = raw.find("\x1b[?1049l").expect("the screen was given away");
    assert_eq!(raw.matches("\x1b[?1049l").count(), 1, "once");
    assert!(raw[given..].contains("\x1b]2;tierup · Acme\x1b\\"), "the window has its name again");
    console.types("\x03");
    assert_eq!(console.ends(), 0);
    let left = std::fs::read_dir(home.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("tierup-")).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_ends_at_once_and_takes_the_editor_along() {
    let world = world_with_a_claim().await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("editor.sh");
    std::fs::write(&script, "echo $$ > \"$HOME/editor\"; printf ' :: in the editor> '; read line\n").unwrap();
    let editor = format!("sh {}", script.display());
    let mut console = at_work(&world, home.path(), &[("EDITOR", &editor), ("VISUAL", "")]).await;
    console.types("half a thought");
    console.sees("half a thought");
    console.types("\x0f");
    console.sees(":: in the editor>");
    let begun = Instant::now();
    console.hears(Signal::TERM);
    assert_eq!(console.ends(), 0);
    let limit = Duration::from_secs(soak(10, 1));
    assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
    console.is_as_before();
    let process = std::fs::read_to_string(home.path().join("editor")).unwrap().trim().parse().unwrap();
    assert!(has_ended(process, SOON), "the editor still runs");
    let left = std::fs::read_dir(home.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("tierup-")).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
    holds(&home.path().join(".local/share/tierup/drafts.json"), |text| text.contains("half a thought"));
}
