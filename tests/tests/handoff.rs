//! The twelve situations in a handoff's life, over HTTP.

use serde_json::json;
use tierup_common::user::Role;
use tierup_e2e::{FakeMailServer, FakeModel, MailBehavior, ModelBehavior, World};
use tierup_server::config::Settings;

#[tokio::test]
async fn a_park_is_private_to_its_owner() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;
    let session = sam.open_session("VPN is down").await;

    let parked = sam.park(&session).await;

    assert_eq!(sam.session(&session).await["status"], "paused");
    assert_eq!(sam.session(&session).await["handoff_count"], 1);
    let handoff = sam.get(&format!("/handoffs/{parked}")).await.expect(200);
    assert_eq!((handoff["intent"].as_str(), handoff["status"].as_str()), (Some("park"), Some("parked")));
    assert_eq!(handoff["assessment_status"], "not_requested");
    assert_eq!(priya.get(&format!("/handoffs/{parked}")).await.status, 404);
    assert!(priya.queue_summaries().await.is_empty() && sam.queue_summaries().await.is_empty());
    assert_eq!(priya.session(&session).await["handoff_id"], json!(null));

    sam.post(&format!("/ai-sessions/{session}/resume"), json!({})).await.expect(200);
    assert_eq!(sam.session(&session).await["status"], "active");
    let next_session = sam.open_session("the next thing").await;
    let events = stream.collect_until("session_created").await;
    assert!(events.iter().all(|frame| frame.name != "session_updated"), "{events:?}");
    let next = stream.wait_for_event("session_created").await;
    assert_eq!(next["session_id"], next_session.as_str());
}

#[tokio::test]
async fn escalating_puts_the_same_snapshot_on_session_and_handoff() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    sam.add_note(&session, "Reinstalled, same error.").await;
    sam.add_branch(&session, "reinstall the client", "ruled_out").await;
    sam.add_branch(&session, "MTU on the docking station", "open").await;

    let vpn = sam.escalate_session(&session, "high").await;

    let (handoff, session) = (sam.handoff(&vpn).await, sam.session(&vpn.session_id).await);
    assert_eq!(session["status"], "escalated");
    assert_eq!(session["confidence_tier"], "narrowing");
    assert_eq!(session["handoff_count"], 1);
    assert_eq!(session["escalation_package"]["snapshot"], handoff["snapshot"]);
    assert_eq!(session["escalation_package"]["branch_map"], handoff["snapshot"]["branch_map"]);
    assert_eq!(handoff["snapshot"]["branch_map"].as_array().unwrap().len(), 2);
    assert_eq!(handoff["snapshot"]["message_count"], 2);
    assert_eq!(handoff["snapshot"]["messages"][1]["content"], "Reinstalled, same error.");
    assert_eq!(handoff["priority"], "high");
}

#[tokio::test]
async fn escalating_does_not_wait_for_a_slow_assessment() {
    let model = FakeModel::start(ModelBehavior::NeverAnswers).await;
    let world = World::with_settings(model.server_settings(60)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);

    let vpn = sam.escalate("VPN is down").await;

    let status = sam.handoff(&vpn).await["assessment_status"].clone();
    assert!(status == "pending" || status == "running", "{status}");
    priya.claim(&vpn).await;
}

#[tokio::test]
async fn claiming_makes_the_session_the_claimers() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;

    let handoff = priya.claim(&vpn).await;

    assert_eq!(handoff["status"], "claimed");
    assert_eq!(handoff["claimed_by_name"], "Priya Nair");
    let session = sam.session(&vpn.session_id).await;
    assert_eq!(session["status"], "active");
    assert_eq!(session["assignee_name"], "Priya Nair");
    assert_eq!(session["user_name"], "Sam Ortiz");
    priya.add_note(&vpn.session_id, "Looking at the certificate.").await;
}

#[tokio::test]
async fn a_lost_claim_names_the_winner() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let dana = world.engineer("Dana Wu").await;
    let vpn = sam.escalate("VPN is down").await;
    let won = priya.claim(&vpn).await;
    world.clock().advance(std::time::Duration::from_secs(125));

    let lost = dana.try_claim(&vpn).await;

    assert_eq!((lost.status, lost.problem_code()), (409, "handoff-already-claimed"));
    assert_eq!(lost.body["detail"], "Already claimed by Priya Nair 2 minutes ago.");
    assert_eq!(lost.body["claimed_by_name"], "Priya Nair");
    assert_eq!(lost.body["claimed_by_id"], won["claimed_by"]);
    assert_eq!(lost.body["claimed_at"], won["claimed_at"]);
    assert_eq!(lost.body["handoff_id"], vpn.handoff_id.as_str());
}

#[tokio::test]
async fn claiming_twice_changes_nothing() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    let first = priya.claim(&vpn).await;
    world.clock().advance(std::time::Duration::from_mins(1));
    let mut stream = priya.subscribe("").await;

    let second = priya.claim(&vpn).await;

    assert_eq!(second, first);
    sam.open_session("the next thing").await;
    let events = stream.collect_until("session_created").await;
    assert!(events.iter().all(|frame| frame.name != "handoff_claimed"), "{events:?}");
}

#[tokio::test]
async fn mail_goes_to_everyone_who_could_claim_and_nobody_else() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let world = World::with_settings(mail_settings(&mail_server)).await;
    let sam = world.engineer("Sam Ortiz").await;
    for (name, role) in [("Priya Nair", Role::Engineer), ("Lee Chan", Role::Admin), ("Vic Low", Role::Viewer)]
    {
        world.user(name, role).await;
    }
    let session = sam.open_session("VPN won't connect").await;
    sam.add_branch(&session, "reinstall the client", "ruled_out").await;

    let branch = format!("/ai-sessions/{session}/branches/{}", uuid::Uuid::now_v7());
    let evidence = "1400 works no better;\n1300 <neither>";
    let mtu = json!({"hypothesis": "the MTU\nof the dock", "status": "ruled_out", "evidence": evidence});
    sam.put(&branch, mtu).await.expect(201);

    let vpn = sam.escalate_session(&session, "urgent").await;

    let emails = mail_server.wait_for_emails(3).await;
    let to: Vec<&str> = emails.iter().map(|letter| letter.to.split(['@', '0']).next().unwrap()).collect();
    let has = |name: &str| to.iter().any(|to| to.starts_with(name));
    assert!(has("ana") && has("priya") && has("lee"), "{to:?}");
    let letter = &emails[0];
    assert_eq!(letter.subject, "[urgent] VPN won't connect");
    for body in [&letter.text, &letter.html.replace("&#x27;", "'")] {
        for part in
            ["Sam Ortiz", "I am stuck.", "reinstall the client", &format!("tierup claim {}", vpn.number)]
        {
            assert!(body.contains(part), "{part:?} is missing in {body}");
        }
    }
    let tried = "  x reinstall the client\r\n  x the MTU\r\n    of the dock\r\n    1400 works no better;\r\n    1300 <neither>\r\n";
    assert!(letter.text.contains(tried), "{}", letter.text);
    assert!(letter.html.contains("1300 &lt;neither&gt;"), "{}", letter.html);
    // A wrong mail would have been sent at the same time as these.
    sam.wait_for_assessment(&vpn).await;
    assert_eq!(mail_server.emails().len(), 3);
}

#[tokio::test]
async fn parking_mails_nobody() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let world = World::with_settings(mail_settings(&mail_server)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("Private matter").await;

    sam.park(&session).await;

    // Mail is sent in commit order: a mail for the park would have come before this one.
    sam.escalate("Public matter").await;
    let emails = mail_server.wait_for_emails(1).await;
    assert_eq!(emails[0].subject, "Public matter");
}

#[tokio::test]
async fn an_escalation_reaches_subscribers() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;

    let vpn = sam.escalate_with_priority("VPN is down", "high").await;

    let event = stream.wait_for_event("handoff_created").await;
    assert_eq!(event["type"], "handoff_created");
    assert_eq!(event["handoff_id"], vpn.handoff_id.as_str());
    assert_eq!(event["session_id"], vpn.session_id.as_str());
    assert_eq!(event["number"], vpn.number);
    assert_eq!(event["priority"], "high");
    assert_eq!(event["problem_summary"], "VPN is down");
    assert_eq!(event["by"]["name"], "Sam Ortiz");
}

#[tokio::test]
async fn one_request_triggers_the_whole_handoff() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let model =
        FakeModel::start(ModelBehavior::Answers("**Likely cause:** DNS\n\n**Confidence:** high".into()))
            .await;
    let settings = Settings { mail_url: mail_settings(&mail_server).mail_url, ..model.server_settings(10) };
    let world = World::with_settings(settings).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;

    let vpn = sam.escalate("VPN is down").await;

    stream.wait_for_event("handoff_created").await;
    let ready = stream.wait_for_event("handoff_assessment_ready").await;
    assert_eq!(ready["ai_assessment_data"]["likely_cause"], "DNS");
    mail_server.wait_for_emails(2).await;
    assert_eq!(priya.queue_summaries().await, ["VPN is down"]);
    assert_eq!(priya.session(&vpn.session_id).await["status"], "escalated");
    let handoff = priya.handoff(&vpn).await;
    assert_eq!(handoff["assessment_status"], "ready");
    assert_eq!(handoff["ai_assessment_data"]["engine"], "openai");
    assert_eq!(handoff["ai_assessment_data"]["model"], "test-model");
}

fn mail_settings(mail_server: &FakeMailServer) -> Settings {
    Settings { mail_url: Some(mail_server.url().to_owned().into()), ..Settings::default() }
}
