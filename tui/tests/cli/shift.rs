//! A shift in commands: searches by field, what is passed on at its end, and statistics.

use tierup_common::user::Role;

use crate::Fixture;
use crate::command::{assert_fails, stderr_text};

/// Three escalations of Ana; Dana has claimed the first two.
async fn world_with_claims() -> Fixture {
    let world = Fixture::new().await;
    world.add_user("dana", "Dana Wu", Role::Engineer);
    world.add_user("priya", "Priya Nair", Role::Engineer);
    for (number, priority) in [("1", "urgent"), ("2", "normal"), ("3", "normal")] {
        world.run_json("ana", &["new", &format!("Problem {number} of the VPN")]);
        world.run_json("ana", &["escalate", number, "stuck", "--priority", priority]);
    }
    world.run_json("dana", &["claim", "1"]);
    world.run_json("dana", &["claim", "2"]);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_claimed_is_handed_over_with_a_note() {
    let world = world_with_claims().await;
    let note = "The vendor calls at 9.\n";
    let passed = world.run_with_stdin("dana", &["handover", "--to", "priya", "--note", "-"], note);
    assert!(passed.status.success(), "{}", stderr_text(&passed));
    let lines = String::from_utf8(passed.stdout).unwrap();
    assert!(lines.starts_with("passed #1 to Priya Nair: Problem 1 of the VPN\npassed #2 to"), "{lines}");
    assert!(world.run_ok("priya", &["show", "s1"]).contains("The vendor calls at 9."));
    assert_fails(&world.run("dana", &["handover", "--to", "priya"]), 4, "you have claimed nothing");
    // What is not one's own fails; the rest goes on.
    let partly = world.run("priya", &["handover", "3", "2", "--to", "dana@acme.test"]);
    assert!(String::from_utf8_lossy(&partly.stdout).starts_with("passed #2 to Dana Wu"));
    assert_eq!(partly.status.code(), Some(5));
    assert!(stderr_text(&partly).starts_with("error: #3: "), "{}", stderr_text(&partly));
    // An admin assigns what waits.
    let assigned = world.run_ok("ana", &["assign", "3", "dana", "--note", "You know this one."]);
    assert_eq!(assigned, "assigned #3 to Dana Wu\n");
    let json = world.run_json("dana", &["handover", "--to", "priya"]);
    assert_eq!((json["items"].as_array().unwrap().len(), &json["failed"]), (2, &serde_json::json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_searched_by_fields() {
    let world = world_with_claims().await;
    let numbers = |arguments: &[&str]| {
        let rows = world.run_ok("ana", arguments);
        rows.lines().map(|row| row.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&["queue", "-q", "from:ana vpn"]), ["3"]);
    assert_eq!(numbers(&["queue", "-q", "by:dana status:claimed"]), ["1", "2"]);
    assert_eq!(numbers(&["queue", "--state", "all", "-q", "priority:urgent \"Problem 1\""]), ["1"]);
    assert_eq!(numbers(&["sessions", "-q", "by:dana newer:1h"]), ["2", "1"]);
    assert_fails(&world.run("ana", &["queue", "-q", "priority:hi"]), 2, "priority: \"hi\" is not one of");
    assert_fails(&world.run("ana", &["queue", "-q", "is:unread"]), 2, "only the console knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_of_a_period_are_rows_in_a_pipe() {
    let world = world_with_claims().await;
    world.run_json("dana", &["resolve", "1", "Renewed the certificate."]);
    let people = world.run_ok("ana", &["stats", "--by", "person", "--since", "30d"]);
    let row: Vec<&str> = people.trim_end().split('\t').collect();
    assert_eq!(row[..5], ["Dana Wu", "2", "2", "1", "0"]);
    assert!(row[5..].iter().all(|cell| cell.parse::<u64>().is_ok()) && row.len() == 9, "{row:?}");
    let priorities = world.run_ok("ana", &["stats", "--by", "priority"]);
    assert!(priorities.starts_with("urgent\t1\t1\t1\t0\t") && priorities.contains("\nnormal\t2\t1\t0\t0\t"));
    let report = world.run_json("ana", &["stats", "--since", "2h"]);
    assert_eq!((&report["all"]["escalated"], &report["is_complete"]), (&3.into(), &true.into()));
    assert_fails(&world.run("ana", &["stats", "--since", "soon"]), 2, "write it like 30m");
}
