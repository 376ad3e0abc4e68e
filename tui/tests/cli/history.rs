//! `tierup timeline`, `tierup export` and `tierup change`, and resolving as a duplicate.

use tierup_common::user::Role;

use crate::Fixture;
use crate::command::assert_fails;

/// Sam's escalation, with a park in between, that Dana has resolved.
async fn resolved_escalation() -> Fixture {
    let world = Fixture::new().await;
    world.add_user("sam", "Sam Ortiz", Role::Engineer);
    world.add_user("dana", "Dana Wu", Role::Engineer);
    world.run_json("sam", &["new", "VPN error 809 since Monday", "--summary", "VPN is down"]);
    world.run_ok("sam", &["park", "1", "Secret reason"]);
    world.run_ok("sam", &["resume", "1"]);
    world.run_ok("sam", &["tried", "1", "The MTU", "--status", "ruled-out", "--why", "1500 works"]);
    world.run_ok("sam", &["escalate", "s1", "Six users; # not a heading", "--priority", "high"]);
    world.run_ok("sam", &["change", "2", "--priority", "urgent"]);
    world.run_ok("dana", &["claim", "2"]);
    world.run_ok("dana", &["release", "2", "Out for lunch"]);
    world.run_ok("dana", &["claim", "2"]);
    world.run_ok("dana", &["say", "h2", "Renewing the certificate.", "--note"]);
    world.run_ok("dana", &["resolve", "h2", "The certificate had expired."]);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_has_everything_in_order_and_parks_only_for_whoever_parked() {
    let world = resolved_escalation().await;
    let lines = world.run_ok("dana", &["timeline", "s1"]);
    // The park has number 1. When the assessment is ready depends on the machine.
    let what = lines.lines().map(|line| line.split_once('\t').unwrap().1);
    let what: Vec<&str> = what.filter(|line| !line.starts_with("assistant")).collect();
    assert_eq!(
        what,
        [
            "Sam Ortiz\topened session 1: VPN is down",
            "Sam Ortiz\twrote: VPN error 809 since Monday",
            "Sam Ortiz\truled out a cause: The MTU: 1500 works",
            "Sam Ortiz\tescalated as #2, high: Six users; # not a heading",
            "Sam Ortiz\tchanged #2: urgent, was high",
            "Dana Wu\tclaimed #2",
            "Dana Wu\treleased #2 to the queue: Out for lunch",
            "Dana Wu\tclaimed #2",
            "Dana Wu\twrote: Renewing the certificate.",
            "Dana Wu\tresolved it: The certificate had expired.",
        ]
    );
    let own = world.run_ok("sam", &["timeline", "h2"]);
    assert!(own.contains("Sam Ortiz\tparked it; only you see this\n"), "{own}");
    assert_eq!(world.run_ok("sam", &["timeline", "1", "-n", "1"]).lines().count(), 1);
    let data = world.run_json("dana", &["timeline", "1"]);
    assert_eq!(data["items"][3]["text"], "Six users; # not a heading");
    assert_fails(&world.run("dana", &["timeline", "s9"]), 4, "there is no session 9");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_draft_of_a_post_mortem_without_parks() {
    let world = resolved_escalation().await;
    let markdown = world.run_ok("sam", &["export", "s1", "--md"]);
    for part in [
        "# Post-mortem: VPN is down\n",
        "- Time to claim: ",
        "- People: Sam Ortiz, Dana Wu\n",
        "**Sam Ortiz** escalated as #2, high: Six users; # not a heading\n",
        "## Tried\n\n- ruled out: The MTU (1500 works)\n",
        "## Resolution\n\nThe certificate had expired.\n",
    ] {
        assert!(markdown.contains(part), "{part:?} is not in\n{markdown}");
    }
    assert!(!markdown.contains("park") && !markdown.contains("Secret reason"), "{markdown}");
    let data = world.run_json("sam", &["export", "s1"]);
    assert_eq!((&data["title"], &data["status"]), (&"VPN is down".into(), &"resolved".into()));
    assert_eq!(data["tried"][0]["status"], "ruled_out");
    assert!(data["seconds_to_resolve"].is_u64());
    assert!(!data.to_string().contains("park"), "{data}");
    assert_fails(&world.run("sam", &["export", "s1", "--md", "--json"]), 2, "exclude each other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handoff_is_changed_and_a_duplicate_names_its_original() {
    let world = Fixture::new().await;
    for problem in ["VPN is down", "No VPN"] {
        world.run_json("ana", &["new", problem, "--summary", problem]);
    }
    world.run_ok("ana", &["escalate", "s1", "Stuck."]);
    let changed = world.run_ok("ana", &["change", "#1", "--priority", "low", "--summary", "VPN for all"]);
    assert_eq!(changed, "#1 low: VPN for all\n");
    assert_fails(&world.run("ana", &["change", "1"]), 2, "--priority");
    world.run_ok("ana", &["resolve", "s2", "--duplicate-of", "#1"]);
    let shown = world.run_ok("ana", &["show", "s2"]);
    assert!(shown.contains("Duplicate of #1\n"), "{shown}");
    assert!(world.run_ok("ana", &["show", "s1"]).contains("Duplicates\n  session 2\n"));
    assert_fails(&world.run("ana", &["resolve", "s1"]), 2, "RESOLUTION");
    assert_fails(&world.run("ana", &["resolve", "s1", "--duplicate-of", "1"]), 1, "#1 is this session");
}
