//! The main path through the console: see, read, claim, lose, reply, reconnect.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use serde_json::json;
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, ModelBehavior, TWO_STEP_ASSESSMENT, World};

use crate::fixtures::world_with_assessment;

/// Sam escalates, the assessment is ready, and Priya has it in her queue.
async fn assessed_escalation_in_the_queue(world: &World) -> (ApiClient, Escalation, Console) {
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    (sam, vpn, priya)
}

/// The messages of a session, in order.
async fn message_texts(client: &ApiClient, escalated: &Escalation) -> Vec<String> {
    let session = client.session(&escalated.session_id).await;
    let messages = session["conversation_messages"].as_array().unwrap().clone();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

/// The line of the screen with this text.
async fn screen_line_with(console: &Console, text: &str) -> String {
    let screen = console.screen().await;
    let line = screen.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("no line with {text:?}:\n{screen}")).to_owned()
}

#[tokio::test]
async fn four_keys_from_launch_to_a_sent_step() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;

    priya.press("<enter>").await;
    priya.sees("start here").await;
    priya.press("<enter>").await;
    priya.sees("1 Flush the cache").await;
    priya.press("<tab>").await;
    priya.sees("│ Flush the cache").await;
    assert_eq!(message_texts(&sam, &vpn).await.len(), 1, "a step fills the draft and is never sent");
    priya.press("<enter>").await;
    priya.sees("Priya Nair  09:30").await;

    assert_eq!(message_texts(&sam, &vpn).await[1], "Flush the cache");
    assert_eq!(sam.handoff(&vpn).await["claimed_by_name"], "Priya Nair");
    // The first send hides the steps.
    priya.does_not_see("Suggested").await;
}

#[tokio::test]
async fn steps_append_to_the_draft_and_can_be_hidden() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;
    priya.press("p").await;
    priya.sees("2 Ask the resolver").await;

    priya.press("First:<alt-2>").await;
    priya.sees("First: Ask the resolver").await;
    // In a draft, a digit is text.
    priya.press("1").await;
    priya.sees("First: Ask the resolver1").await;
    priya.press("<alt-x>").await;
    priya.no_longer_sees("Suggested").await;
    assert_eq!(message_texts(&sam, &vpn).await, ["VPN is down"]);
}

#[tokio::test]
async fn opening_or_claiming_clears_the_unread_dot() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut ids = Vec::new();
    for problem in ["one", "two", "three"] {
        let escalated = sam.escalate(problem).await;
        sam.wait_for_assessment(&escalated).await;
        ids.push(escalated.handoff_id);
    }
    let mut priya = world.console("Priya Nair").await;
    priya.sees("3 open, 3 unread").await;

    priya.press("jjk").await;
    // The preview has settled on a row.
    priya.sees("#2  two").await;
    priya.still_sees("3 open, 3 unread").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    priya.press("<esc>").await;
    priya.sees("3 open, 2 unread").await;
    assert!(!screen_line_with(&priya, "normal   two ").await.contains('●'));
    // The first row that waits is selected again.
    priya.press("jjp").await;
    priya.sees("active, yours").await;
    priya.press("<esc><esc>").await;
    priya.sees("2 open, 1 unread").await;
    priya.press("j").await;
    priya.sees("▌normal   two").await;
    priya.press("n").await;
    priya.sees("▌normal   one").await;
    priya.press("kju").await;
    priya.press("<ctrl-c>").await;
    priya.wait_for_exit().await;

    // Seen handoffs are remembered: the third was claimed; the second was opened, then marked unread.
    let seen = world.console_dir("Priya Nair").join("seen.json");
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains(&ids[2]) && !seen.contains(&ids[1]), "{seen}");
    let mut again = world.console("Priya Nair").await;
    again.sees("2 open, 2 unread").await;
    again.press("q").await;
    again.wait_for_exit().await;
}

#[tokio::test]
async fn one_key_press_is_one_claim() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;
    priya.press("ppp").await;
    priya.sees("active, yours").await;
    let timeline = sam.get(&format!("/ai-sessions/{}/timeline", vpn.session_id)).await.expect(200);
    let items = timeline["items"].as_array().unwrap();
    assert_eq!(items.iter().filter(|event| event["type"] == "handoff_claimed").count(), 1);
}

#[tokio::test]
async fn the_response_to_a_late_claim_opens_the_popup_too() {
    let world = World::new().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    // Both at once: whether the event or the response comes first, the popup opens once.
    priya.press("p").await;
    let lost = dana.try_claim(&vpn).await;
    if lost.status == 200 {
        priya.sees("Already claimed by Dana Wu").await;
        priya.press("<enter>").await;
        priya.no_longer_sees("Already claimed").await;
    } else {
        priya.sees("active, yours").await;
    }
}

#[tokio::test]
async fn two_consoles_see_the_same_streamed_text() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let (mut priya, mut dana) = (world.console("Priya Nair").await, world.console("Dana Wu").await);
    sam.escalate("VPN is down").await;
    for console in [&mut priya, &mut dana] {
        console.sees("VPN is down").await;
        console.press("<enter>").await;
        console.sees("start here").await;
    }
    for (part, so_far) in [
        ("**Likely cause:** The ", "The▌"),
        ("certificate ", "The certificate▌"),
        ("expired.", "The certificate expired.▌"),
    ] {
        model.send_delta(part);
        priya.sees(so_far.trim_end_matches('▌').trim()).await;
        dana.sees(so_far.trim_end_matches('▌').trim()).await;
    }
    model.finish_answer();
    for console in [&mut priya, &mut dana] {
        console.sees("by openai, test-model").await;
    }
    priya.still_sees("Dana reading").await;
}

#[tokio::test]
async fn a_server_restart_loses_no_events() {
    let mut world = World::new().await;
    let (sam, _, mut priya) = assessed_escalation_in_the_queue(&world).await;
    priya.still_sees("live").await;

    world.restart().await;
    let printer = sam.escalate("Printer jams").await;
    sam.wait_for_assessment(&printer).await;

    priya.sees("Printer jams").await;
    priya.still_sees("live").await;
    priya.still_sees("2 open, 2 unread").await;
    assert_eq!(priya.screen().await.matches("Printer jams").count(), 1);
    priya.press("<enter><enter>").await;
    priya.sees("active, yours").await;
}

#[tokio::test]
async fn a_draft_is_there_after_a_crash() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.press("half a thought").await;
    priya.sees("half a thought").await;
    // In the message, the first Ctrl-C would clear it.
    priya.press("<esc><ctrl-c>").await;
    priya.wait_for_exit().await;
    let drafts = world.console_dir("Priya Nair").join("drafts.json");
    assert!(std::fs::read_to_string(drafts).unwrap().contains("half a thought"));

    let mut again = world.console("Priya Nair").await;
    again.sees("Mine 1").await;
    again.press("2<enter>").await;
    again.sees("half a thought").await;
    again.press("<enter>").await;
    again.sees("Priya Nair  09:30").await;
    assert_eq!(message_texts(&sam, &vpn).await[1], "half a thought");
}

#[tokio::test]
async fn a_paste_is_inserted_whole_and_never_sends() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.paste("line one\r\nline two\r\n\x1b[2Jline three").await;
    priya.sees("␛[2Jline three").await;
    assert_eq!(message_texts(&sam, &vpn).await, ["VPN is down"]);
    priya.press("<enter>").await;
    priya.sees("Priya Nair  09:30").await;
    assert_eq!(message_texts(&sam, &vpn).await[1], "line one\nline two\n␛[2Jline three");
}

#[tokio::test]
async fn an_own_problem_from_start_to_resolution() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;

    priya.press("c").await;
    priya.sees("New session").await;
    // Without anything there is nothing to open.
    priya.press("<enter>").await;
    priya.sees("A summary is required").await;
    priya.press("Lift stuck<tab>The lift is stuck<enter>").await;
    priya.sees("session 1 Lift stuck ── active, yours").await;
    priya.press("<alt-z>").await;
    priya.sees("only you can see this").await;
    priya.press("Waiting for the vendor<enter>").await;
    priya.sees("Parked: press 3").await;
    priya.press("3").await;
    priya.sees("parked now · Waiting for the vendor").await;
    // Reading it differs from resuming it.
    priya.press("<enter>").await;
    priya.sees("session 1 Lift stuck ── parked, yours").await;
    priya.sees("Alt-t takes it back").await;
    priya.press("<esc><esc>p").await;
    priya.sees("active, yours").await;
    priya.press("<alt-E>").await;
    priya.sees("Where you are stuck").await;
    priya.press("No idea<tab><right><enter>").await;
    priya.sees("Escalated as #2").await;
    assert_eq!(sam.queue_summaries().await, ["Lift stuck"]);
    let page = sam.get("/escalations").await.expect(200);
    assert_eq!(page["items"][0]["priority"], "high");

    priya.press("1p").await;
    priya.sees("#2 Lift stuck ── active, yours").await;
    priya.press("<alt-U>").await;
    priya.sees("What the next engineer should know").await;
    priya.press("Lunch<enter>").await;
    priya.sees("Released #2 to the queue").await;
    priya.press("p").await;
    priya.sees("#2 Lift stuck ── active, yours").await;
    priya.press("<alt-R>").await;
    priya.sees("the next similar case").await;
    priya.press("It was off<enter>y").await;
    priya.sees("#2 resolved").await;
    let sessions = sam.get("/ai-sessions?status=resolved").await.expect(200);
    assert_eq!(sessions["items"][0]["resolution"], "It was off");
}

#[tokio::test]
async fn changes_by_others_show_in_the_session() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn, mut priya) = assessed_escalation_in_the_queue(&world).await;
    let ana = world.owner();
    priya.press("p").await;
    priya.sees("active, yours").await;

    sam.add_note(&vpn.session_id, "It works again on my machine!").await;
    priya.sees("It works again on my machine!").await;
    let reason = json!({"reason": "I take care of it"});
    ana.post(&format!("/handoffs/{}/release", vpn.handoff_id), reason).await.expect(200);
    priya.sees("Ana Ruiz released #1 to the queue").await;
}

#[tokio::test]
async fn a_viewer_can_read_and_sees_why_they_cannot_act() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    world.user("Vic Low", Role::Viewer).await;
    let mut vic = world.console("Vic Low").await;
    vic.sees("VPN is down").await;
    vic.sees("Acme · Vic Low").await;
    vic.press("p").await;
    vic.sees("Your role is viewer").await;
    vic.press("<enter>").await;
    vic.sees("other pane").await;
    // Unavailable actions are not offered.
    vic.does_not_see("start here").await;
}

#[tokio::test]
async fn a_rejected_token_is_reported() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let home = world.folder().join("home");
    let mut console = Console::open(&world.url(), sam.token(), &home, 120, 36);
    console.sees("live").await;
    sam.post("/auth/logout", json!({})).await;
    console.sees("this token is not valid").await;
}

#[tokio::test]
async fn the_assistants_answer_streams_in() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;
    priya.press("cThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    priya.press("What now?<enter>").await;
    priya.sees("the assistant is thinking").await;
    model.send_delta("Try the **stairs**");
    priya.sees("Try the stairs▌").await;
    model.send_delta(", then call.");
    model.finish_answer();
    priya.no_longer_sees("▌").await;
    priya.sees("Try the stairs, then call.").await;
}
