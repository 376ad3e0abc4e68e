//! The timeline of a session in pages, changes after an escalation, duplicates, and answered questions.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use reqwest::Method;
use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, World};

/// A page of a timeline.
async fn timeline(client: &ApiClient, session: &str, query: &str) -> Value {
    client.get(&format!("/ai-sessions/{session}/timeline{query}")).await.expect(200)
}

fn types(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

async fn change(client: &ApiClient, handoff: u64, body: Value) -> tierup_e2e::api_client::ApiResponse {
    client.send_json(Method::PATCH, &format!("/handoffs/{handoff}"), Some(body), &[]).await
}

#[tokio::test]
async fn a_page_of_a_timeline_has_the_newest_events_with_their_place_among_the_messages() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    priya.add_note(&vpn.session_id, "I look into it.").await;
    let path = format!("/handoffs/{}/release", vpn.handoff_id);
    priya.post(&path, json!({"reason": "My shift ends."})).await.expect(200);

    let types_wanted = "types=handoff_created,handoff_claimed,handoff_released";
    let page = timeline(&sam, &vpn.session_id, &format!("?{types_wanted}&limit=2")).await;
    assert_eq!(types(&page), ["handoff_claimed", "handoff_released"]);
    let places: Vec<_> = page["items"].as_array().unwrap().iter().map(|it| &it["after_message"]).collect();
    assert_eq!(places, [1, 2]);
    assert_eq!(page["items"][1]["reason"], "My shift ends.");

    let before = &page["next_before"];
    let page = timeline(&sam, &vpn.session_id, &format!("?{types_wanted}&limit=2&before={before}")).await;
    assert_eq!(types(&page), ["handoff_created"]);
    assert_eq!(page["items"][0]["engineer_notes"], "I am stuck.");
    assert_eq!(page.get("next_before"), None);

    let all = timeline(&sam, &vpn.session_id, "").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 6);
    let refused = sam.get(&format!("/ai-sessions/{}/timeline?types=handoff_painted", vpn.session_id)).await;
    assert_eq!((refused.status, refused.problem_code()), (400, "bad-request"));
    assert!(refused.body["detail"].as_str().unwrap().contains("handoff_created"), "{}", refused.body);
    let stranger = world.other_account_owner();
    let path = format!("/ai-sessions/{}/timeline?limit=2", vpn.session_id);
    assert_eq!(stranger.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_park_is_in_the_timeline_of_whoever_parked_only() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    sam.park(&session).await;
    assert_eq!(types(&timeline(&sam, &session, "?types=session_updated").await), ["session_updated"]);
    for other in [&priya, &world.owner()] {
        assert!(
            types(&timeline(other, &session, "?limit=200").await).iter().all(|it| *it != "session_updated")
        );
    }
}

#[tokio::test]
async fn priority_and_summary_change_after_the_escalation() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let dana = world.engineer("Dana Wu").await;
    let printer = sam.escalate("Printer jams").await;
    let vpn = sam.escalate("VPN is down").await;
    let mut stream = dana.subscribe("").await;

    let refused = change(&dana, vpn.number, json!({"priority": "low"})).await;
    assert_eq!((refused.status, refused.problem_code()), (403, "forbidden"));
    let viewer = world.user("Vic Reader", Role::Viewer).await;
    assert_eq!(change(&viewer, vpn.number, json!({"priority": "low"})).await.status, 403);
    for body in [json!({"problem_summary": "two\nlines"}), json!({"problem_summary": " "})] {
        assert_eq!(change(&sam, vpn.number, body).await.problem_code(), "invalid");
    }
    assert_eq!(change(&sam, vpn.number, json!({"prio": "low"})).await.problem_code(), "bad-request");

    let body = json!({"priority": "urgent", "problem_summary": "The whole site is down"});
    let changed = change(&sam, vpn.number, body.clone()).await.expect(200);
    assert_eq!((&changed["priority"], &changed["version"]), (&json!("urgent"), &json!(2)));
    let event = stream.wait_for_event("handoff_changed").await;
    assert_eq!((&event["priority"], &event["previous_priority"]), (&json!("urgent"), &json!("normal")));
    assert_eq!(event["previous_summary"], "VPN is down");
    assert_eq!(event["by"]["name"], "Sam Ortiz");
    assert_eq!(change(&sam, vpn.number, body).await.expect(200)["version"], 2, "the same again is no change");
    assert_eq!(sam.queue_summaries().await, ["The whole site is down", "Printer jams"]);
    let session = sam.session(&vpn.session_id).await;
    assert_eq!(session["problem_summary"], "The whole site is down");
    let found = sam.get("/escalations?q=whole%20site").await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "it is found by its new summary");

    priya.claim(&vpn).await;
    change(&priya, vpn.number, json!({"priority": "high"})).await.expect(200);
    priya.resolve(&vpn.session_id, "Renewed it.").await;
    let closed = change(&priya, vpn.number, json!({"priority": "low"})).await;
    assert_eq!((closed.status, closed.problem_code()), (409, "handoff-closed"));
    assert_eq!(sam.handoff(&printer).await["priority"], "normal");
}

#[tokio::test]
async fn a_duplicate_and_its_original_name_each_other() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let (first, second) = (sam.escalate("VPN is down").await, sam.escalate("No VPN since nine").await);
    let resolve = async |session: &str, of: Value| {
        let body = json!({"resolution": "The same gateway.", "duplicate_of": of});
        sam.post(&format!("/ai-sessions/{session}/resolve"), body).await
    };
    for of in [json!(second.number), json!(99), json!(sam.park(&sam.open_session("Later").await).await)] {
        let refused = resolve(&second.session_id, of).await;
        assert_eq!((refused.status, refused.problem_code()), (422, "invalid"), "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["field"], "duplicate_of");
    }
    assert_eq!(resolve(&second.session_id, json!("one")).await.problem_code(), "bad-request");

    let resolved = resolve(&second.session_id, json!(format!("#{}", first.number))).await.expect(200);
    assert_eq!(resolved["duplicate_of"]["number"], first.number);
    assert_eq!(resolved["duplicate_of"]["session_id"], first.session_id.as_str());
    let original = sam.session(&first.session_id).await;
    assert_eq!(original["duplicates"][0]["session_id"], second.session_id.as_str());
    let page = timeline(&sam, &first.session_id, "?types=session_updated").await;
    assert_eq!(page["items"][0]["duplicate"]["number"], resolved["number"]);

    let third = sam.escalate("VPN again").await;
    let refused = resolve(&third.session_id, json!(second.handoff_id)).await;
    assert!(refused.body["detail"].as_str().unwrap().contains(&format!("name #{}", first.number)));
    resolve(&third.session_id, json!(first.handoff_id)).await.expect(200);
    let original = sam.session(&first.session_id).await;
    assert_eq!(original["duplicates"].as_array().unwrap().len(), 2);
    let listed = sam.get("/ai-sessions?status=resolved").await.expect(200);
    assert_eq!(listed["items"][0]["duplicate_of"]["handoff_id"], first.handoff_id.as_str());
}

#[tokio::test]
async fn an_escalation_after_a_question_names_who_asked_and_the_answer() {
    let world = World::without_assessments().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    let path = format!("/handoffs/{}/send-back", vpn.handoff_id);
    priya.post(&path, json!({"question": "Which build is it?"})).await.expect(200);
    sam.add_note(&vpn.session_id, "Build 4711.").await;
    let mut stream = priya.subscribe("").await;

    let again = sam.escalate_session(&vpn.session_id, "normal").await;

    let event = stream.wait_for_event("handoff_created").await;
    assert_eq!(event["asked_by"]["name"], "Priya Nair");
    let handoff = priya.handoff(&again).await;
    assert_eq!(handoff["asked_by_name"], "Priya Nair");
    let changes = &handoff["snapshot"]["changes_since"];
    assert_eq!(changes["number"], vpn.number);
    assert_eq!(changes["question"]["text"], "Which build is it?");
    assert_eq!(changes["question"]["answer"], "Build 4711.");
    let queue = priya.get("/escalations").await.expect(200);
    assert_eq!(queue["items"][0]["asked_by_name"], "Priya Nair");

    sam.post(&format!("/ai-sessions/{}/resume", vpn.session_id), json!({})).await.expect(200);
    let third = sam.escalate_session(&vpn.session_id, "normal").await;
    let handoff = priya.handoff(&third).await;
    assert_eq!((handoff.get("asked_by"), handoff["snapshot"]["changes_since"].get("question")), (None, None));
}
