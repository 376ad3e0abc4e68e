//! Snapshots of rarer states: log-in, the user's own lists, read-only and waiting sessions, small and limited
//! terminals.

use std::time::Duration;

use crate::screen_snapshot::{
    TERMINAL_SIZES, assert_screen_snapshot, escalate_vpn_problem, open_console, world_with_model,
};
use serde_json::json;
use tierup_e2e::{Console, FakeModel, ModelBehavior, World, string_field};

/// Small terminals.
const SMALL_SIZES: [(u16, u16); 2] = [(40, 10), (60, 15)];

#[tokio::test]
async fn logging_in() {
    let world = World::new().await;
    let priya = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    for (columns, rows) in TERMINAL_SIZES.into_iter().chain(SMALL_SIZES) {
        let mut console = Console::open_logged_out(&home, columns, rows);
        console.sees("Welcome to tierup").await;
        assert_screen_snapshot("login_first", &console).await;
        console.press("http://127.0.0.1:1<tab><tab>tup_wrong<enter>").await;
        console.sees("cannot reach the server").await;
        assert_screen_snapshot("login_wrong", &console).await;
    }
    let mut consoles = Vec::new();
    for (columns, rows) in TERMINAL_SIZES {
        let mut console = Console::open(&world.url(), priya.token(), &home, columns, rows);
        console.sees("No open escalations").await;
        console.sees("Acme · Priya Nair").await;
        consoles.push(console);
    }
    priya.post("/auth/logout", json!({})).await;
    for console in &mut consoles {
        console.sees("Log in again").await;
        console.sees("logged out").await;
        assert_screen_snapshot("login_ended", console).await;
    }
}

#[tokio::test]
async fn a_briefing_of_a_session_escalated_again() {
    let (world, _model) = world_with_model().await;
    let (sam, lee) = (world.engineer("Sam Ortiz").await, world.engineer("Lee Chan").await);
    let first = escalate_vpn_problem(&sam).await;
    let steps = sam.wait_for_assessment(&first).await["ai_assessment_data"]["suggested_steps"].clone();
    lee.claim(&first).await;
    let (session, handoff) = (&first.session_id, &first.handoff_id);
    let branches = lee.session(session).await["branch_map"].clone();
    let ruled_out = json!({"hypothesis": "MTU on the docking station", "status": "ruled_out"});
    let path = format!("/ai-sessions/{session}/branches/{}", string_field(&branches[1], "id"));
    lee.put(&path, ruled_out).await.expect(200);
    lee.add_branch(session, "the driver of the docking station", "open").await;
    lee.add_note(session, "The certificate is valid until March.").await;
    for (step, outcome) in [(0, "failed"), (1, "worked")] {
        let path = format!("/handoffs/{handoff}/steps/{}", string_field(&steps[step], "id"));
        lee.put(&path, json!({"outcome": outcome})).await.expect(200);
    }
    world.clock().advance(Duration::from_hours(2));
    let again = lee.escalate_session(session, "high").await;
    lee.wait_for_assessment(&again).await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("1 open").await;
        priya.press("<enter>").await;
        priya.sees("Since the last handoff").await;
        assert_screen_snapshot("briefing_escalated_again", &priya).await;
    }
}

#[tokio::test]
async fn saving_a_runbook_of_a_resolved_session() {
    let world = World::without_assessments().await;
    for (columns, rows) in TERMINAL_SIZES {
        world.engineer("Priya Nair").await.open_session("VPN fails with error 809").await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.press("2<enter>").await;
        priya.sees("active, yours").await;
        priya.press("<alt-R>").await;
        priya.sees("The cause and the fix").await;
        priya.press("Renewed the certificate.<enter>y").await;
        priya.sees("resolved: W writes a runbook").await;
        assert_screen_snapshot("queue_resolved", &priya).await;
        priya.set_editor("true");
        priya.press("W").await;
        priya.sees("Save the runbook").await;
        assert_screen_snapshot("dialog_runbook", &priya).await;
    }
}

#[tokio::test]
async fn own_lists() {
    let (world, _model) = world_with_model().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    for (problem, priority) in [("Outlook keeps asking for the password", "high"), ("Printer jams", "low")] {
        let escalated = sam.escalate_with_priority(problem, priority).await;
        sam.wait_for_assessment(&escalated).await;
        priya.claim(&escalated).await;
    }
    for (problem, wake) in
        [("The lift is stuck", json!(null)), ("Waiting for toner", json!("2026-11-23T09:00:00Z"))]
    {
        let session = priya.open_session(problem).await;
        let notes = format!("{problem}: the vendor calls back.");
        let body = json!({"intent": "park", "engineer_notes": notes, "wake_at": wake});
        priya.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201);
    }
    let aside = sam.escalate_with_priority("The badge reader beeps", "normal").await;
    sam.wait_for_assessment(&aside).await;
    priya.claim(&aside).await;
    let body = json!({"intent": "park", "engineer_notes": "The firmware comes on Tuesday."});
    priya.post(&format!("/ai-sessions/{}/handoff", aside.session_id), body).await.expect(201);
    let own = priya.open_session("A switch in the attic hums").await;
    priya.add_branch(&own, "the fan", "ruled_out").await;
    for (columns, rows) in TERMINAL_SIZES.into_iter().chain(SMALL_SIZES) {
        let mut console = open_console(&world, (columns, rows)).await;
        console.press("2").await;
        console.sees("1 of 4").await;
        assert_screen_snapshot("mine", &console).await;
        console.press("G").await;
        console.sees("4 of 4").await;
        assert_screen_snapshot("mine_own", &console).await;
        console.press("3").await;
        console.sees("Waiting for toner").await;
        assert_screen_snapshot("parked", &console).await;
    }
}

#[tokio::test]
async fn session_and_dialogs_in_a_small_terminal() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    world.engineer("Dana Wu").await;
    for (columns, rows) in SMALL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't").await;
        priya.press("p").await;
        priya.sees("Note").await;
        priya.sees("▏1").await;
        priya.no_longer_sees("is yours").await;
        assert_screen_snapshot("session", &priya).await;
        for (keys, sees, name) in [
            ("<alt-R>", "Resolution", "dialog_resolve"),
            ("<tab><down><space>", "[x] Roll back", "dialog_resolve_ticked"),
            ("<up><up><enter>", "A resolution is required", "dialog_resolve_missing"),
            ("<esc><alt-E>", "Escalate", "dialog_escalate"),
            ("<tab>", "▌  low", "dialog_escalate_priority"),
            ("<esc><alt-z><tab>tomorrow 9:00", "Mon 23 Nov, 09:00", "dialog_park_wakes"),
            ("<esc>y<alt-a>", "Dana Wu", "dialog_assign"),
            ("<enter>", "Assign to", "dialog_confirm_assign"),
            ("<esc><esc><alt-C>", "MTU on the dock", "session_tried"),
            ("<enter>", "Possible cause", "dialog_branch"),
            ("<esc><esc><alt-w>", "Step outcomes", "session_outcomes"),
            ("<esc><ctrl-x>", "What to do", "session_menu"),
        ] {
            priya.press(keys).await;
            priya.sees(sees).await;
            assert_screen_snapshot(name, &priya).await;
        }
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn session_read_only_and_ended_briefing() {
    let (world, _model) = world_with_model().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let _reads = dana.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        priya.still_sees("Dana reading").await;
        assert_screen_snapshot("briefing_readers", &priya).await;
        priya.press("v").await;
        priya.sees("escalated, with Sam Ortiz").await;
        assert_screen_snapshot("session_read_only", &priya).await;
        priya.press("<esc><esc>").await;
        priya.sees("start here").await;
        sam.resolve(&vpn.session_id, "Done.").await;
        priya.sees("this handoff is").await;
        assert_screen_snapshot("briefing_ended", &priya).await;
    }
}

#[tokio::test]
async fn reply_being_written() {
    for (columns, rows) in TERMINAL_SIZES {
        let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
        let world = World::with_settings(model.server_settings(30)).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("No open escalations").await;
        priya.press("cThe lift is stuck<enter>").await;
        priya.sees("active, yours").await;
        priya.press("What now?<enter>").await;
        priya.sees("the assistant is thinking").await;
        assert_screen_snapshot("session_thinking", &priya).await;
        model.send_delta("Try the **stairs**, then `call");
        priya.sees("stairs").await;
        assert_screen_snapshot("session_streaming", &priya).await;
        model.finish_answer();
        priya.no_longer_sees("writing").await;
    }
    for (columns, rows) in TERMINAL_SIZES {
        let model = FakeModel::start(ModelBehavior::Status(503)).await;
        let world = World::with_settings(model.server_settings(10)).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("No open escalations").await;
        priya.press("cThe lift is stuck<enter>").await;
        priya.sees("active, yours").await;
        priya.press("What now?<enter>").await;
        priya.sees("The assistant could not answer").await;
        assert_screen_snapshot("session_no_answer", &priya).await;
    }
}

#[tokio::test]
async fn session_scrolled_up_with_new_messages_below() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let long: Vec<String> = (0..40).map(|line| format!("line {line} of a log")).collect();
        sam.resolve(&vpn.session_id, "Done.").await;
        let session = sam.open_session("A log of 40 lines").await;
        sam.add_note(&session, &long.join("\n")).await;
        let escalated = sam.escalate_session(&session, "urgent").await;
        sam.wait_for_assessment(&escalated).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("A log of 40 lines").await;
        priya.press("p").await;
        priya.sees("line 39").await;
        priya.still_sees("Check the machine certificate").await;
        priya.no_longer_sees("is yours").await;
        assert_screen_snapshot("session_long_message", &priya).await;
        priya.press("<pgup>").await;
        priya.no_longer_sees("line 39").await;
        for word in ["one", "two", "three"] {
            sam.add_note(&session, word).await;
        }
        priya.sees("▼ 3 new").await;
        assert_screen_snapshot("session_new_below", &priya).await;
        sam.resolve(&session, "Done.").await;
    }
}

#[tokio::test]
async fn three_toasts_and_an_assessment_that_is_slow() {
    let model = FakeModel::start(ModelBehavior::NeverAnswers).await;
    let world = World::with_settings(model.server_settings(60)).await;
    let sam = world.engineer("Sam Ortiz").await;
    escalate_vpn_problem(&sam).await;
    let mut priya = open_console(&world, (80, 24)).await;
    priya.sees("VPN won't").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    // It counts as slow after ten seconds of real time.
    priya.sees("Slow: no progress").await;
    assert_screen_snapshot("briefing_slow", &priya).await;
    let long = "Nobody can print on the third floor since the update of this morning came".repeat(3);
    for problem in ["Printer jams", &long, "Teams has no sound"] {
        sam.escalate(problem).await;
    }
    priya.sees("#4 Teams").await;
    assert_screen_snapshot("toasts", &priya).await;
}

#[tokio::test]
async fn limited_terminals() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&vpn).await;
    for (columns, rows) in TERMINAL_SIZES {
        let settings = "glyphs = \"ascii\"\ntheme = \"mono\"";
        let mut priya = world.console_with_settings("Priya Nair", settings, (columns, rows)).await;
        priya.sees("VPN won't").await;
        assert_screen_snapshot("queue_ascii", &priya).await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        assert_screen_snapshot("briefing_ascii", &priya).await;
        priya.press("?").await;
        priya.sees("Keys: the briefing").await;
        assert_screen_snapshot("briefing_help_ascii", &priya).await;
    }
    let mut priya = world.console_with_size("Priya Nair", 39, 9).await;
    priya.sees("tierup needs 40x10").await;
    assert_screen_snapshot("too_small", &priya).await;
}
