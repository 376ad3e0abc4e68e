//! Working in a session: what was tried, steps, assigning, sending back, evidence, similar cases, drafts.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use crate::fixtures::{
    console_with_late_claims, escalate_and_assess, lose_claim, open_claimed_session, world_with_assessment,
};
use serde_json::{Value, json};
use tierup_e2e::{ApiClient, BlackholeProxy, Console, LossyProxy, World};

const ASSESSMENT: &str = "**Likely cause:** DNS\n**Steps**\n1. Flush the cache\n2. Ask the resolver\n\
    **Confidence:** low\n**Evidence**\n- [2] \"no such host\"\n- [1] \"VPN is down\"";

async fn branches(client: &ApiClient, session: &str) -> Vec<(String, String, Value)> {
    let session = client.session(session).await;
    let map = session["branch_map"].as_array().unwrap().clone();
    let text = |branch: &Value, field: &str| branch[field].as_str().unwrap().to_owned();
    map.iter().map(|b| (text(b, "hypothesis"), text(b, "status"), b["evidence"].clone())).collect()
}

#[tokio::test]
async fn what_was_tried_is_noted_and_settled() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-C>").await;
    priya.sees("proposed: o adds it").await;
    priya.press("a").await;
    priya.sees("Possible cause").await;
    priya.press("<enter>").await;
    priya.sees("A possible cause is required").await;
    priya.press("the MTU<tab><right><tab>1400 works no better<enter>").await;
    priya.sees("✗ the MTU  ruled out").await;
    priya.press("athe resolver<enter>").await;
    priya.sees("? the resolver  open").await;
    priya.press("c").await;
    priya.sees("✓ the resolver  confirmed").await;
    assert_eq!(
        branches(&sam, &vpn.session_id).await,
        [
            ("the MTU".into(), "ruled_out".into(), json!("1400 works no better")),
            ("the resolver".into(), "confirmed".into(), Value::Null)
        ]
    );
    priya.press("ko").await;
    priya.sees("? the MTU  open").await;
    priya.press("<enter>").await;
    priya.sees("Possible cause").await;
    priya.still_sees("1400 works no better").await;
    priya.press(" of the dock<tab><tab><ctrl-s>").await;
    priya.sees("? the MTU of the dock  open").await;
    priya.press("x").await;
    priya.sees("✗ the MTU of the dock  ruled out").await;
    // Notes of others appear too.
    sam.add_branch(&vpn.session_id, "the proxy", "open").await;
    priya.sees("? the proxy").await;
    sam.add_branch(&vpn.session_id, "the switch\nin \u{1b}[31mrack 4", "open").await;
    priya.sees("? the switch …  open").await;
    priya.press("<esc>").await;
    priya.no_longer_sees("? the proxy").await;
    priya.still_sees("active, yours").await;
}

#[tokio::test]
async fn step_outcomes_are_recorded() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-w>").await;
    priya.sees("Step outcomes").await;
    priya.press("f").await;
    priya.sees("1. Flush the cache  ✗ failed").await;
    priya.press("jw").await;
    priya.sees("2. Ask the resolver  ✓ worked").await;
    let outcomes = |handoff: &Value| {
        let steps = handoff["ai_assessment_data"]["suggested_steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["outcome"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&sam.handoff(&vpn).await), [json!("failed"), json!("worked")]);
    priya.press("ku").await;
    let is_unmarked = |line: &str| line.trim_end_matches([' ', '│']).ends_with("1. Flush the cache");
    priya.wait_for_screen(move |screen| screen.lines().any(is_unmarked)).await;
    assert_eq!(outcomes(&sam.handoff(&vpn).await), [Value::Null, json!("worked")]);
    priya.press("<esc>").await;
    priya.no_longer_sees("Step outcomes").await;
    priya.still_sees("▏2 Ask the resolver ✓worked").await;
    priya.press("<alt-v>").await;
    priya.sees("2. Ask the resolver  ✓ worked").await;
}

#[tokio::test]
async fn a_claim_is_assigned_to_a_user() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    world.engineer("Dana Wu").await;
    world.user("Vic Low", tierup_common::user::Role::Viewer).await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-a>").await;
    priya.sees("Dana Wu").await;
    // A viewer cannot be assigned.
    priya.does_not_see("Vic Low").await;
    priya.press("zzz").await;
    priya.sees("No matches").await;
    priya.press("<enter>").await;
    priya.sees("No one has this name").await;
    priya.press("<backspace><backspace><backspace>dan<enter>").await;
    priya.sees("Assign to Dana Wu?").await;
    // The safe answer is the default.
    priya.press("<enter>").await;
    priya.no_longer_sees("no longer own it").await;
    assert_eq!(sam.handoff(&vpn).await["claimed_by_name"], "Priya Nair");
    priya.press("<enter>").await;
    priya.sees("Assign to Dana Wu?").await;
    priya.press("y").await;
    priya.sees("Assigned #1 to Dana Wu").await;
    assert_eq!(sam.handoff(&vpn).await["claimed_by_name"], "Dana Wu");
}

#[tokio::test]
async fn a_handoff_is_sent_back_with_a_question() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<ctrl-x>b").await;
    priya.sees("Send back with a question").await;
    priya.press("<enter>").await;
    priya.sees("A question is required").await;
    priya.press("Which build?<enter>").await;
    priya.sees("Send back to Sam Ortiz?").await;
    priya.press("y").await;
    priya.sees("Sent #1 back to Sam Ortiz").await;
    assert_eq!(sam.handoff(&vpn).await["status"], "withdrawn");
    let session = sam.session(&vpn.session_id).await;
    let last = session["conversation_messages"].as_array().unwrap().last().unwrap().clone();
    assert!(last["content"].as_str().unwrap().contains("Which build?"), "{last}");
}

#[tokio::test]
async fn a_park_wakes_at_the_typed_time() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-z>Waiting for the vendor<tab>soon").await;
    priya.sees("Use a time like 2h").await;
    priya.press("<enter>").await;
    priya.press("<backspace><backspace><backspace><backspace>tomorrow 9:00").await;
    priya.sees("Mon 23 Nov, 09:00").await;
    priya.press("<enter>").await;
    priya.sees("Parked: press 3").await;
    let who = world.engineer("Priya Nair").await;
    let parked = who.get("/ai-sessions?status=paused&mine=true").await.expect(200);
    let handoff = parked["items"][0]["handoff_id"].as_str().unwrap().to_owned();
    let handoff = who.get(&format!("/handoffs/{handoff}")).await.expect(200);
    assert_eq!(handoff["wake_at"], "2026-11-23T09:00:00.000Z");
    // It is resumed from its own session, with everything in it.
    priya.press("3").await;
    priya.sees("parked just now").await;
    priya.press("<enter>").await;
    priya.sees("parked, yours").await;
    priya.press("<alt-t>").await;
    priya.sees("active, yours").await;
    priya.still_sees("Suggested").await;
}

#[tokio::test]
async fn an_unclaimed_escalation_can_be_taken_back_by_its_sender() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut console = world.console("Sam Ortiz").await;
    console.sees("VPN is down").await;
    console.press("<enter>").await;
    console.sees("start here").await;
    console.press("t").await;
    console.sees("Take back your escalation?").await;
    console.press("<esc>").await;
    console.no_longer_sees("Take back your escalation?").await;
    assert_eq!(sam.handoff(&vpn).await["status"], "open");
    console.press("ty").await;
    console.sees("active, yours").await;
    assert_eq!(sam.handoff(&vpn).await["status"], "withdrawn");
    // A second escalation can be taken back from the session too.
    console.press("<alt-E>Again<enter>").await;
    console.sees("Escalated as #2").await;
    console.press("g<enter>").await;
    console.sees("╭ #2").await;
    console.press("v").await;
    console.sees("escalated, yours").await;
    console.press("<alt-t>y").await;
    console.sees("active, yours").await;
}

#[tokio::test]
async fn resolving_asks_for_confirmation() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-R>It was DNS<tab><space><enter>").await;
    priya.sees("This cannot be undone.").await;
    priya.press("n").await;
    priya.no_longer_sees("cannot be undone").await;
    assert_eq!(sam.session(&vpn.session_id).await["status"], "active");
    priya.press("<enter>y").await;
    priya.sees("#1 resolved").await;
    let handoff = sam.handoff(&vpn).await;
    assert_eq!(handoff["ai_assessment_data"]["suggested_steps"][0]["outcome"], "worked");
}

#[tokio::test]
async fn evidence_opens_its_message() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    sam.add_note(&session, "nslookup says: no such host").await;
    for number in 3..=20 {
        sam.add_note(&session, &format!("note number {number}")).await;
    }
    let vpn = sam.escalate_session(&session, "normal").await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("<enter>").await;
    priya.sees("Conversation (20 messages)").await;
    priya.press("<tab>G").await;
    priya.sees("note number 20").await;
    priya.press("e").await;
    priya.sees("│▌nslookup says: no such host").await;
    priya.sees("▌• [2] “no such host”").await;
    priya.press("e").await;
    priya.sees("▌• [1] “VPN is down”").await;
    priya.press("[").await;
    priya.sees("▌• [2] “no such host”").await;

    // The same in the conversation, unclaimed.
    priya.press("v").await;
    priya.sees("escalated, with Sam Ortiz").await;
    priya.sees("│▌  nslookup says: no such host").await;
    priya.press("<esc><esc>").await;
    priya.no_longer_sees("│▌").await;
    priya.still_sees("escalated, with Sam Ortiz").await;
    priya.press("<esc>").await;
    priya.sees("start here").await;
    priya.press("<enter>").await;
    priya.sees("active, yours").await;
    priya.sees("note number 20").await;
    priya.press("<alt-e>").await;
    priya.sees("│▌  nslookup says: no such host").await;
    priya.press("<ctrl-end>").await;
    priya.sees("note number 20").await;
    priya.press("<alt-v>").await;
    priya.sees("From the session").await;
    priya.press("e").await;
    priya.sees("▌• [1] “VPN is down”").await;
    priya.press("v").await;
    priya.sees("│▌  VPN is down").await;
}

#[tokio::test]
async fn similar_cases_can_be_read() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let solved = sam.open_session("VPN certificate expired after the update").await;
    sam.add_note(&solved, "The gateway says: certificate expired").await;
    sam.resolve(&solved, "Renewed the machine certificate.").await;
    let again = sam.escalate("VPN certificate expired again after an update").await;
    sam.wait_for_assessment(&again).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("again after an update").await;
    priya.press("<enter>").await;
    priya.sees("▌Assessment").await;
    priya.press("S").await;
    priya.sees("↵ read").await;
    priya.still_sees("Renewed the machine certificate.").await;
    priya.press("<enter>").await;
    priya.sees("session 1 VPN certificate expired after the update ── resolved").await;
    priya.sees("The gateway says: certificate expired").await;
    priya.press("<esc><esc>").await;
    priya.sees("start here").await;
}

#[tokio::test]
async fn a_draft_for_a_lost_claim_is_kept() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let (dana, who) = (world.engineer("Dana Wu").await, world.engineer("Priya Nair").await);
    let (mut priya, proxy) = console_with_late_claims(&world, &who, (120, 36)).await;
    priya.sees("VPN is down").await;
    priya.press("<enter>v").await;
    priya.sees("A note for Sam Ortiz and whoever takes this").await;
    priya.press("Try the resolver first").await;
    priya.sees("Try the resolver first").await;
    lose_claim(&mut priya, &proxy, "<alt-p>", &dana, &vpn).await;
    priya.still_sees("Your draft is kept.").await;
    // Priya is no participant, but may leave a note: it is offered, and not sent by itself.
    priya.sees("send as a note").await;
    priya.press("<enter>").await;
    priya.no_longer_sees("Already claimed").await;
    let message_count =
        dana.session(&vpn.session_id).await["conversation_messages"].as_array().unwrap().len();
    assert_eq!(message_count, 2);
}

#[tokio::test]
async fn an_admins_draft_reaches_the_winner_as_a_note() {
    let (world, model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let dana = world.engineer("Dana Wu").await;
    let (mut ana, proxy) = console_with_late_claims(&world, &world.owner(), (120, 36)).await;
    ana.sees("VPN is down").await;
    ana.press("<enter>v").await;
    ana.sees("A note for Sam Ortiz and whoever takes this").await;
    ana.press("Try the resolver first").await;
    ana.sees("Try the resolver first").await;
    lose_claim(&mut ana, &proxy, "<alt-p>", &dana, &vpn).await;
    ana.still_sees("Your draft is kept.").await;
    ana.press("d").await;
    ana.sees("Sent your note to Dana Wu").await;
    let session = dana.session(&vpn.session_id).await;
    assert_eq!(session["conversation_messages"][2]["content"], "Try the resolver first");
    assert_eq!(model.requests().await.len(), 1, "the assistant must not see a note");
}

#[tokio::test]
async fn a_claim_with_a_lost_response_is_still_won() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let proxy = LossyProxy::start(&world.url(), "/claim").await;
    let who = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    let mut priya = Console::open(proxy.url(), who.token(), &home, 120, 36);
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    assert_eq!(proxy.lost(), 1);
    let timeline = sam.get(&format!("/ai-sessions/{}/timeline", vpn.session_id)).await.expect(200);
    let claims = timeline["items"].as_array().unwrap().iter().filter(|it| it["type"] == "handoff_claimed");
    assert_eq!(claims.count(), 1);
}

#[tokio::test]
async fn lost_responses_are_noticed_and_no_message_is_sent_twice() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let proxy = BlackholeProxy::start(&world.url()).await;
    let who = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    let answer_timeout = std::time::Duration::from_millis(500);
    let mut priya = Console::open_with_timeout(answer_timeout, proxy.url(), who.token(), &home);
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.wait_until_idle().await;
    proxy.drop_responses();
    priya.press("<alt-e>next thought<enter>").await;
    priya.no_longer_sees("live").await;
    priya.sees("offline").await;
    proxy.forward_responses();
    priya.sees("live").await;
    priya.does_not_see("sending").await;
    let messages = who.session(&vpn.session_id).await["conversation_messages"].clone();
    let matching_messages =
        messages.as_array().unwrap().iter().filter(|message| message["content"] == "next thought");
    assert_eq!(matching_messages.count(), 1);
}
