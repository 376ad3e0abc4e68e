//! Drafts in the real binary: after kill -9, and in the user's editor.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tierup_e2e::process::wait_for_exit;
use tierup_e2e::wait_for_file::wait_for_file;
use tierup_e2e::{Pty, TIMEOUT, World, quick_or_soak};

/// Priya's console in a pseudo-terminal, in her session.
async fn open_session_in_pty(world: &World, home: &Path, env: &[(&str, &str)]) -> Pty {
    let priya = world.engineer("Priya Nair").await;
    let arguments = ["--server", &world.url(), "--token", priya.token()];
    let mut console = Pty::spawn_with_env("tierup", &arguments, home, (120, 36), env);
    console.sees("live");
    console.sees("Mine 1");
    console.send_keys("2");
    console.sees("your claims and sessions");
    console.still_sees("▌normal   VPN is down");
    console.send_keys("\r");
    console.sees("active, yours");
    console
}

async fn world_with_claim() -> World {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_after_kill_nine() {
    let world = world_with_claim().await;
    let home = tempfile::tempdir().unwrap();
    let mut console = open_session_in_pty(&world, home.path(), &[]).await;
    console.send_keys("half a thought");
    console.sees("half a thought");
    let drafts = home.path().join(".local/share/tierup/drafts.json");
    wait_for_file(&drafts, |text| text.contains("half a thought"));
    console.send_signal(Signal::KILL);
    console.wait_for_exit();

    let again = open_session_in_pty(&world, home.path(), &[]).await;
    again.sees("half a thought");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_gets_the_terminal_and_gives_it_back() {
    let world = world_with_claim().await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("editor.sh");
    std::fs::write(
        &script,
        "cat \"$1\"; printf ' :: in the editor> '; read line; printf '%s' \"$line\" > \"$1\"\n",
    )
    .unwrap();
    let editor = format!("sh {}", script.display());
    let mut console = open_session_in_pty(&world, home.path(), &[("EDITOR", &editor), ("VISUAL", "")]).await;
    console.send_keys("half a thought");
    console.sees("half a thought");
    console.send_keys("\x0f");
    console.sees("half a thought :: in the editor>");
    // Every key goes to the editor.
    console.send_keys("the whole thought\r");
    console.sees("active, yours");
    console.sees("│ the whole thought");
    console.send_keys(", and more");
    console.sees("│ the whole thought, and more");
    let raw = String::from_utf8_lossy(&console.raw_output()).into_owned();
    let given = raw.find("\x1b[?1049l").expect("the screen was revealed");
    assert_eq!(raw.matches("\x1b[?1049l").count(), 1, "once");
    assert!(raw[given..].contains("\x1b]2;tierup · Acme\x1b\\"), "the window has its name again");
    // The first clears the text.
    console.send_keys("\x03\x03");
    assert_eq!(console.wait_for_exit(), 0);
    let left = std::fs::read_dir(home.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("tierup-")).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_the_console_and_its_editor() {
    let world = world_with_claim().await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("editor.sh");
    std::fs::write(&script, "echo $$ > \"$HOME/editor\"; printf ' :: in the editor> '; read line\n").unwrap();
    let editor = format!("sh {}", script.display());
    let mut console = open_session_in_pty(&world, home.path(), &[("EDITOR", &editor), ("VISUAL", "")]).await;
    console.send_keys("half a thought");
    console.sees("half a thought");
    console.send_keys("\x0f");
    console.sees(":: in the editor>");
    let begun = Instant::now();
    console.send_signal(Signal::TERM);
    assert_eq!(console.wait_for_exit(), 0);
    let limit = Duration::from_secs(quick_or_soak(10, 1));
    assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
    console.assert_terminal_restored();
    let process = std::fs::read_to_string(home.path().join("editor")).unwrap().trim().parse().unwrap();
    assert!(wait_for_exit(process, TIMEOUT), "the editor still runs");
    let left = std::fs::read_dir(home.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("tierup-")).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
    wait_for_file(&home.path().join(".local/share/tierup/drafts.json"), |text| {
        text.contains("half a thought")
    });
}

/// On a terminal, `tierup runbook` opens the editor on the draft, and saves what was edited.
#[tokio::test(flavor = "multi_thread")]
async fn the_runbook_command_opens_the_editor_on_a_terminal() {
    let world = World::without_assessments().await;
    let priya = world.engineer("Priya Nair").await;
    let session = priya.open_session("VPN is down").await;
    priya.resolve(&session, "Renewed the certificate.").await;
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("editor.sh");
    std::fs::write(
        &script,
        "cat \"$1\"; printf ' :: in the editor> '; read line; echo \"$line\" >> \"$1\"\n",
    )
    .unwrap();
    let (editor, url) = (format!("sh {}", script.display()), world.url());
    let file = home.path().join("vpn.md");
    let arguments =
        ["runbook", "s1", "-o", file.to_str().unwrap(), "--server", &url, "--token", priya.token()];
    let env = [("EDITOR", editor.as_str()), ("VISUAL", "")];
    let mut command = Pty::spawn_with_env("tierup", &arguments, home.path(), (120, 36), &env);
    command.sees("Renewed the certificate.");
    command.sees(":: in the editor>");
    command.send_keys("- error 809\r");
    command.sees("wrote ");
    assert_eq!(command.wait_for_exit(), 0);
    let saved = std::fs::read_to_string(&file).unwrap();
    assert!(saved.starts_with("# VPN is down\n") && saved.ends_with("\n- error 809\n"), "{saved}");
}
