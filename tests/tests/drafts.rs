//! What was typed and not sent, in the real binary: after kill -9, and in an editor of the user's own.

#![cfg(unix)]

use std::path::Path;

use rustix::process::Signal;
use tierup_e2e::kept::holds;
use tierup_e2e::{Pty, World};

/// Priya's console in a pseudo-terminal, in a session of hers.
async fn at_work(world: &World, home: &Path, more: &[(&str, &str)]) -> Pty {
    let priya = world.engineer("Priya Nair").await;
    let arguments = ["--server", &world.url(), "--token", priya.token()];
    let mut console = Pty::run_with("tierup", &arguments, home, (120, 36), more);
    console.sees("live");
    console.sees("Mine 1");
    console.types("2\r");
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
    holds(&drafts, |text| text.contains("half a thought")).await;
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
    assert_eq!(raw.matches("\x1b[?1049l").count(), 1, "the screen was given away once");
    console.types("\x03");
    assert_eq!(console.ends(), 0);
    let left = std::fs::read_dir(home.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("tierup-")).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}
