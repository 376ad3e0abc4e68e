//! Similar resolved sessions and runbooks, for a text and for a session.
//!
//! Mutants seen to fail: a session that is similar to itself, a text of any length.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use serde_json::{Value, json};
use tierup_common::limit;
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, World};
use tierup_server::config::Settings;

/// A world with a runbook and a resolved session about error 809.
async fn world_with_solutions(runbooks: &std::path::Path) -> (World, ApiClient, String) {
    let runbook = "# VPN error 809\n\n## Cause\nThe firewall drops UDP 4500.\n\n## Fix\n1. Open UDP 4500\n";
    std::fs::write(runbooks.join("vpn.md"), runbook).unwrap();
    let world =
        World::with_settings(Settings { runbooks: Some(runbooks.into()), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    let earlier = sam.open_session("VPN error 809 at the branch office").await;
    sam.resolve(&earlier, "The branch firewall dropped UDP 4500. Opened it.").await;
    (world, sam, earlier)
}

async fn similar(user: &ApiClient, query: &str) -> Vec<Value> {
    let found = user.get(&format!("/similar?{query}")).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_text_and_a_session_find_resolved_sessions_and_runbooks() {
    let runbooks = tempfile::tempdir().unwrap();
    let (world, sam, earlier) = world_with_solutions(runbooks.path()).await;
    let again = sam.open_session("VPN fails with error 809, firewall UDP 4500").await;
    let vera = world.user("Vera Lind", Role::Viewer).await;
    for query in ["q=VPN+fails+with+error+809,+firewall+UDP+4500", &format!("session={again}"), "session=2"] {
        let found = similar(&vera, query).await;
        let session = found.iter().find(|item| item["kind"] == "session").expect("a session");
        assert_eq!((&session["session_id"], &session["number"]), (&json!(earlier), &json!(1)), "{query}");
        assert_eq!(session["title"], "VPN error 809 at the branch office");
        assert_eq!(session["resolution"], "The branch firewall dropped UDP 4500. Opened it.");
        let runbook = found.iter().find(|item| item["kind"] == "runbook").expect("a runbook");
        assert_eq!(
            (&runbook["title"], &runbook["cause"]),
            (&json!("VPN error 809"), &json!("The firewall drops UDP 4500."))
        );
    }
    assert!(similar(&sam, "q=the+coffee+machine+speaks+Latin").await.is_empty());
}

#[tokio::test]
async fn a_resolved_session_is_not_similar_to_itself() {
    let runbooks = tempfile::tempdir().unwrap();
    let (_world, sam, earlier) = world_with_solutions(runbooks.path()).await;
    let found = similar(&sam, &format!("session={earlier}")).await;
    assert!(found.iter().all(|item| item["kind"] == "runbook"), "{found:?}");
}

/// Mutant seen to fail: duplicates are solutions too.
#[tokio::test]
async fn a_duplicate_is_no_solution_of_its_own() {
    let runbooks = tempfile::tempdir().unwrap();
    let (_world, sam, _earlier) = world_with_solutions(runbooks.path()).await;
    let original = sam.escalate("Printer E-42 jams on the third floor").await;
    sam.resolve(&original.session_id, "Cleaned the rollers.").await;
    let again = sam.open_session("Printer E-42 jams on the third floor again").await;
    let body = json!({"resolution": "The same printer.", "duplicate_of": original.number});
    sam.post(&format!("/ai-sessions/{again}/resolve"), body).await.expect(200);
    let found = similar(&sam, "q=Printer+E-42+jams+on+the+third+floor").await;
    let sessions: Vec<_> = found.iter().map(|item| &item["session_id"]).collect();
    assert_eq!(sessions, [&json!(original.session_id)], "{found:?}");
}

#[tokio::test]
async fn another_team_finds_nothing_of_ours() {
    let runbooks = tempfile::tempdir().unwrap();
    let (world, _sam, earlier) = world_with_solutions(runbooks.path()).await;
    let hank = world.other_account_owner();
    let found = similar(&hank, "q=VPN+error+809+at+the+branch+office").await;
    assert!(found.iter().all(|item| item["kind"] == "runbook"), "{found:?}");
    for unknown in [earlier.as_str(), "1", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        let refused = hank.get(&format!("/similar?session={unknown}")).await;
        assert_eq!((refused.status, refused.problem_code()), (404, "not-found"), "{unknown}");
    }
}

#[tokio::test]
async fn a_query_is_one_text_of_limited_length_or_one_session() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let longest = "%F0%9F%A6%80".repeat(limit::MAX_SIMILAR_QUERY_CHARS);
    assert!(similar(&sam, &format!("q={longest}")).await.is_empty());
    for (query, says) in [
        ("", "either q or session"),
        ("q=&session=", "either q or session"),
        ("q=vpn&session=1", "either q or session"),
        ("q=%20%09", "blank"),
        (&format!("q=x{longest}"), "at most 2000 characters"),
        ("session=vpn", "the id or the number"),
        ("session=-1", "the id or the number"),
        ("limit=3", "limit"),
    ] {
        let refused = sam.get(&format!("/similar?{query}")).await;
        assert_eq!((refused.status, refused.problem_code()), (400, "bad-request"), "{query:.40}");
        assert!(refused.body["detail"].as_str().unwrap().contains(says), "{query:.40}: {}", refused.body);
    }
}
