//! `tierup similar` and `tierup runbook`.

use crate::Fixture;
use crate::command::{assert_fails, stderr_text};

#[tokio::test(flavor = "multi_thread")]
async fn similar_cases_are_found_by_words_and_by_session() {
    let world = Fixture::new().await;
    world.run_json("ana", &["new", "VPN certificate expired after the update"]);
    world.run_json("ana", &["resolve", "1", "Renewed the machine certificate."]);
    world.run_json("ana", &["new", "VPN certificate expired again after an update"]);
    let line = "s1\tVPN certificate expired after the update\tRenewed the machine certificate.\t";
    for subject in ["VPN certificate expired after update", "s2"] {
        let found = world.run_ok("ana", &["similar", subject]);
        assert!(found.starts_with(line), "{subject}: {found:?}");
        let found = world.run_json("ana", &["similar", subject]);
        assert_eq!(
            (&found["items"][0]["kind"], &found["items"][0]["number"]),
            (&"session".into(), &1.into())
        );
    }
    let piped = world.run_with_stdin("ana", &["similar", "-"], "VPN certificate expired\nafter update\n");
    assert!(String::from_utf8(piped.stdout).unwrap().starts_with(line));
    assert_eq!(world.run_ok("ana", &["similar", "809"]), "", "a number is a word");
    assert_fails(&world.run("ana", &["similar", "s9"]), 4, "there is no session 9");
    assert_fails(&world.run("ana", &["similar", &"vpn ".repeat(1_000)]), 2, "longer than 2000 characters");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_session_becomes_the_draft_of_a_runbook() {
    let world = Fixture::new().await;
    world.run_json("ana", &["new", "VPN error 809", "--summary", "VPN fails with error 809"]);
    assert_fails(&world.run("ana", &["runbook", "s1"]), 1, "session 1 is not resolved");
    world.run_json("ana", &["tried", "1", "The certificate of gw2", "--status", "confirmed"]);
    world.run_json("ana", &["resolve", "1", "# Renewed it"]);
    let drafted = world.run_ok("ana", &["runbook", "s1"]);
    for part in
        ["# VPN fails with error 809\n", "## Cause\n\nThe certificate of gw2\n", "1. \\# Renewed it\n"]
    {
        assert!(drafted.contains(part), "{part:?} is not in\n{drafted}");
    }

    let file = world.home("ana").join("vpn.md");
    let path = file.to_str().unwrap();
    assert_eq!(world.run_ok("ana", &["runbook", "1", "-o", path]), format!("wrote {path}\n"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), drafted);
    std::fs::write(&file, "mine").unwrap();
    assert_fails(&world.run("ana", &["runbook", "1", "-o", path]), 1, "hint: pass --force");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let written = world.run_json("ana", &["runbook", "1", "-o", path, "--force", "--no-edit"]);
    assert_eq!(
        (&written["file"], &written["file_name"]),
        (&path.into(), &"vpn-fails-with-error-809.md".into())
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), drafted);
    // What could not be written is not lost.
    let lost = world.run("ana", &["runbook", "1", "-o", "/nowhere/vpn.md"]);
    assert!(stderr_text(&lost).contains("cannot write /nowhere/vpn.md"), "{}", stderr_text(&lost));
    assert_eq!(lost.status.code(), Some(1));
    assert_eq!(String::from_utf8(lost.stdout).unwrap(), drafted);
}
