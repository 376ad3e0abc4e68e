//! Writing in the real binary: the bytes that a terminal sends for readline's keys, for Escape with a letter close behind,
//! for the menu; and vi's modes by a setting.

use std::path::Path;

use tierup_e2e::{Pty, World};

/// The console in a claimed session with two steps.
async fn open_session(home: &Path, env: &[(&str, &str)]) -> (World, Pty) {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    let arguments = ["--server", &world.url(), "--token", priya.token()];
    let mut console = Pty::spawn_with_env("tierup", &arguments, home, (100, 30), env);
    console.sees("live");
    console.sees("Mine 1");
    console.send_keys("2");
    console.sees("▌normal   VPN is down");
    console.send_keys("\r");
    console.sees("active, yours");
    (world, console)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminals_bytes_for_readlines_keys_edit_the_message() {
    let home = tempfile::tempdir().unwrap();
    let (_world, mut console) = open_session(home.path(), &[]).await;
    for (bytes, text) in [
        ("2FA is not involved", "│ 2FA is not involved "),
        // Ctrl-W, and Ctrl-_ , which undoes it.
        ("\x17", "│ 2FA is not  "),
        ("\x1f", "│ 2FA is not involved "),
        // Ctrl-A, Alt-F, Alt-F, Ctrl-K.
        ("\x01\x1bf\x1bf\x0b", "│ 2FA is  "),
        // Ctrl-Y, Ctrl-H.
        ("\x19\x08", "│ 2FA is not involve "),
        // Alt-B, Ctrl-U, Ctrl-E.
        ("\x1bb\x15\x05d?", "│ involved? "),
        // Ctrl-C clears, Alt-_ has nothing to redo, Ctrl-_ brings it back.
        ("\x03", "Write to Sam Ortiz"),
        ("\x1f", "│ involved? "),
    ] {
        console.send_keys(bytes);
        console.sees(text);
    }
    // Escape with a letter close behind is that letter's verb.
    console.send_keys("\x1bz");
    console.sees("╭ Park");
    console.send_keys("\x1b");
    console.no_longer_sees("╭ Park");
    // The menu opens from inside the text, and has the same letters.
    console.send_keys("\x18");
    console.sees("What to do with this session");
    console.send_keys("R");
    console.sees("╭ Resolve");
    console.send_keys("\x1b");
    console.no_longer_sees("╭ Resolve");
    // Slowly, Escape leads to the conversation, where the letter acts too, and to the list.
    console.send_keys("\x1b");
    console.sees("i write");
    console.send_keys("E");
    console.sees("╭ Escalate");
    console.send_keys("\x1b");
    console.no_longer_sees("╭ Escalate");
    console.send_keys("\x1b");
    console.sees("your claims and sessions");
    console.send_keys("q");
    assert_eq!(console.wait_for_exit(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn vi_edits_the_message_if_the_settings_say_so() {
    let home = tempfile::tempdir().unwrap();
    let (_world, mut console) = open_session(home.path(), &[("TIERUP_EDITING", "vi")]).await;
    console.send_keys("one two");
    console.sees("│ one two");
    console.send_keys("\x1b");
    console.sees("· normal mode");
    console.send_keys("bcwthree");
    console.sees("│ one three");
    console.no_longer_sees("· normal mode");
    console.send_keys("\r");
    console.sees("Priya Nair  ");
    // The insert mode stays after sending.
    console.send_keys("x1");
    console.sees("│ x1");
    for text in ["· normal mode", "i write", "your claims and sessions"] {
        console.send_keys("\x1b");
        console.sees(text);
    }
}
