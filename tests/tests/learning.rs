//! What engines and people learn from the course of a session: what was said since, what changed, which steps helped.
//!
//! Mutants seen to fail: an assessment of the snapshot; outcomes lost with an assessment; outcomes of all handoffs among
//! the changes since one.

use serde_json::{Value, json};
use tierup_e2e::{ApiClient, Escalation, FakeModel, ModelBehavior, TWO_STEP_ASSESSMENT, World, string_field};

/// A world whose engine is a model with two steps, and the model.
async fn world_with_model() -> (World, FakeModel) {
    let model = FakeModel::start(ModelBehavior::Answers(TWO_STEP_ASSESSMENT.into())).await;
    (World::with_settings(model.server_settings(10)).await, model)
}

/// Runs the assessment of a handoff again and waits for it.
async fn reassess(user: &ApiClient, handoff: &Escalation) {
    let mut stream = user.subscribe("").await;
    user.post(&format!("/handoffs/{}/reassess", handoff.handoff_id), json!({})).await.expect(202);
    stream.wait_for_event("handoff_assessment_ready").await;
}

async fn record_outcome(user: &ApiClient, handoff: &Escalation, step: usize, outcome: &str) {
    let steps = user.handoff(handoff).await["ai_assessment_data"]["suggested_steps"].clone();
    let path = format!("/handoffs/{}/steps/{}", handoff.handoff_id, string_field(&steps[step], "id"));
    user.put(&path, json!({"outcome": outcome})).await.expect(200);
}

/// The case in the last request to the model.
async fn last_case(model: &FakeModel) -> String {
    let requests = model.requests().await;
    string_field(&requests[requests.len() - 1]["messages"][1], "content")
}

#[tokio::test]
async fn a_reassessment_reads_what_was_said_and_tried_since_and_the_snapshot_stays() {
    let (world, model) = world_with_model().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let before = sam.wait_for_assessment(&vpn).await["snapshot"].clone();
    priya.claim(&vpn).await;
    priya.add_note(&vpn.session_id, "gw2 answers, gw1 does not.").await;
    priya.add_branch(&vpn.session_id, "The certificate of gw1", "ruled_out").await;
    record_outcome(&priya, &vpn, 0, "failed").await;

    reassess(&priya, &vpn).await;

    let case = last_case(&model).await;
    for said in
        ["gw2 answers, gw1 does not.", "Ruled out:\n- The certificate of gw1", "failed: Flush the cache"]
    {
        assert!(case.contains(said), "{said:?} is not in\n{case}");
    }
    assert_eq!(priya.handoff(&vpn).await["snapshot"], before, "the snapshot never changes");
}

/// Mutants seen to fail: no limit.
#[tokio::test]
async fn a_reassessment_reads_as_many_messages_as_a_snapshot_has() {
    let (world, model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    sam.claim(&vpn).await;
    for number in 1..=21 {
        sam.add_note(&vpn.session_id, &format!("attempt no. {number}.")).await;
    }
    reassess(&sam, &vpn).await;
    let case = last_case(&model).await;
    assert!(case.contains("attempt no. 21.") && case.contains("attempt no. 2."), "{case}");
    assert!(!case.contains("attempt no. 1."), "{case}");
}

#[tokio::test]
async fn an_escalation_again_says_what_changed_since_the_last_one() {
    let (world, model) = world_with_model().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    sam.add_branch(&session, "The MTU", "open").await;
    sam.add_branch(&session, "The password", "ruled_out").await;
    let first = sam.escalate_session(&session, "normal").await;
    let handoff = sam.wait_for_assessment(&first).await;
    assert_eq!(handoff["snapshot"].get("changes_since"), None, "the first one");
    let branch_map = handoff["snapshot"]["branch_map"].clone();

    priya.claim(&first).await;
    priya.add_note(&session, "1400 is no better.").await;
    let mtu = string_field(&branch_map[0], "id");
    let path = format!("/ai-sessions/{session}/branches/{mtu}");
    priya.put(&path, json!({"hypothesis": "The MTU", "status": "ruled_out"})).await.expect(200);
    priya.add_branch(&session, "The driver", "open").await;
    record_outcome(&priya, &first, 1, "failed").await;
    // An assessment that is written again loses its steps, but not what came of them.
    reassess(&priya, &first).await;
    let second = priya.escalate_session(&session, "high").await;

    let changes = priya.handoff(&second).await["snapshot"]["changes_since"].clone();
    assert_eq!(
        (&changes["handoff_id"], &changes["number"]),
        (&json!(first.handoff_id), &json!(first.number))
    );
    assert_eq!(changes["new_messages"], 1);
    let branch = |index: usize| {
        let change: &Value = &changes["branches"][index];
        (change["hypothesis"].clone(), change["previous_status"].clone(), change["status"].clone())
    };
    assert_eq!(branch(0), (json!("The MTU"), json!("open"), json!("ruled_out")));
    assert_eq!(branch(1), (json!("The driver"), json!(null), json!("open")));
    assert_eq!(changes["branches"].as_array().unwrap().len(), 2, "{changes:#}");
    assert_eq!(changes["steps"], json!([{"text": "Ask the resolver", "outcome": "failed"}]));

    sam.wait_for_assessment(&second).await;
    let case = last_case(&model).await;
    for said in
        ["new messages: 1", "ruled_out, was open: The MTU", "open: The driver", "failed: Ask the resolver"]
    {
        assert!(case.contains(said), "{said:?} is not in\n{case}");
    }

    // The third one is compared with the second, and its engine still knows the steps of the first.
    sam.claim(&second).await;
    let third = sam.escalate_session(&session, "high").await;
    let changes = sam.wait_for_assessment(&third).await["snapshot"]["changes_since"].clone();
    assert_eq!((&changes["number"], &changes["steps"]), (&json!(second.number), &json!([])));
    assert_eq!((&changes["new_messages"], &changes["branches"]), (&json!(0), &json!([])));
    assert!(last_case(&model).await.contains("failed: Ask the resolver"));
}

#[tokio::test]
async fn a_park_says_nothing_of_changes() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.claim(&vpn).await;
    let park = sam.park(&vpn.session_id).await;
    let snapshot = sam.get(&format!("/handoffs/{park}")).await.expect(200)["snapshot"].clone();
    assert_eq!(snapshot.get("changes_since"), None, "{snapshot:#}");
}
