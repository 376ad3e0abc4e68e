//! Presses the key of every action in the real loop and checks its effect. The actions come from the keymap: a new one
//! fails here until a test presses it.

use crate::every_key_own_server::{PROBLEM, cases_actions, runbook_actions};
use crate::every_key_reading::{help_actions, reading_actions};
use crate::every_key_writing::writing_actions;
use crate::fixtures::{console_with_late_claims, lose_claim};
use crate::keyboard::Keyboard;
use tierup_common::user::Role;
use tierup_e2e::{Escalation, FakeModel, ModelBehavior, World};

fn assessment_text() -> String {
    let steps: Vec<String> = (1..=9).map(|number| format!("{number}. Look at thing {number}")).collect();
    let steps = steps.join("\n");
    format!(
        "**Likely cause:** DNS, look {{asked}}\n**Steps**\n{steps}\n**Confidence:** low\n**Evidence**\n- [2] \"line 7\"\n- [1] \"VPN\""
    )
}

/// The shared world: the console's user is an admin, who may do everything.
struct ActionFixture {
    world: World,
    model: FakeModel,
    handoffs: Vec<Escalation>,
}

impl ActionFixture {
    async fn new() -> Self {
        let model = FakeModel::start(ModelBehavior::Answers(assessment_text())).await;
        let world = World::with_settings(model.server_settings(10)).await;
        let sam = world.engineer("Sam Ortiz").await;
        let mut handoffs = Vec::new();
        for number in ["first", "second", "third"] {
            let session = sam.open_session(&format!("{number} {PROBLEM}")).await;
            let log: Vec<String> = (0..36).map(|line| format!("line {line}")).collect();
            sam.add_note(&session, &format!("{}\n\n```\nipconfig\n```", log.join("\n"))).await;
            let escalated = sam.escalate_session(&session, "normal").await;
            sam.wait_for_assessment(&escalated).await;
            handoffs.push(escalated);
        }
        world.user("Priya Nair", Role::Admin).await;
        Self { world, model, handoffs }
    }

    /// Requests a reassessment, confirms it and waits for its text, which differs each time.
    async fn reassess(&self, keyboard: &mut Keyboard, action: &str) {
        let look = self.model.requests().await.len() + 1;
        keyboard.press_to_show(action, "The new assessment replaces this one").await;
        keyboard.press_to_show("confirm.yes", &format!("DNS, look {look}")).await;
    }
}

#[tokio::test]
async fn every_action_is_triggered_by_its_key_and_has_its_effect() {
    let fixture = ActionFixture::new().await;
    let mut keyboard = Keyboard::new(fixture.world.console("Priya Nair").await);
    keyboard.console.sees("1 of 3").await;
    list_actions(&mut keyboard, &fixture).await;
    filter_actions(&mut keyboard).await;
    global_actions(&mut keyboard).await;
    dialog_actions(&mut keyboard).await;
    briefing_actions(&mut keyboard, &fixture).await;
    session_actions(&mut keyboard).await;
    overlay_actions(&mut keyboard, &fixture).await;
    tried_and_outcomes_actions(&mut keyboard).await;
    session_dialog_actions(&mut keyboard).await;
    conflict_actions(&mut keyboard, &fixture).await;
    cases_actions(&mut keyboard).await;
    runbook_actions(&mut keyboard).await;
    reading_actions(&mut keyboard).await;
    quit_actions(&mut keyboard, &fixture).await;
    assert_eq!(keyboard.unpressed_actions(), Vec::<String>::new(), "no story presses these");
}

/// The same from a fresh world, short enough to repeat.
#[tokio::test]
async fn every_action_of_the_lost_claim_popup_is_triggered_by_its_key() {
    let fixture = ActionFixture::new().await;
    let mut keyboard = Keyboard::new(fixture.world.console("Priya Nair").await);
    keyboard.console.sees("1 of 3").await;
    let priya = fixture.world.engineer("Priya Nair").await;
    for other in [0, 2] {
        priya.claim(&fixture.handoffs[other]).await;
    }
    keyboard.console.sees("1 open").await;
    conflict_actions(&mut keyboard, &fixture).await;
}

async fn list_actions(keyboard: &mut Keyboard, fixture: &ActionFixture) {
    for (action, text) in [
        ("list.down", "2 of 3"),
        ("list.up", "1 of 3"),
        ("list.bottom", "3 of 3"),
        ("list.top", "1 of 3"),
        ("list.page-down", "3 of 3"),
        ("list.page-up", "1 of 3"),
        ("list.next-unread", "2 of 3"),
        ("list.sort", "oldest first"),
        ("list.sort", "recently changed first"),
        ("list.next-tab", "your claims and sessions"),
        ("list.parked", "visible only to you"),
        ("list.mine", "your claims and sessions"),
        ("list.history", "Nothing has ended yet"),
        ("list.queue", "3 unread"),
    ] {
        keyboard.press_to_show(action, text).await;
    }
    keyboard.press_to_hide("list.sort", "recently changed first").await;
    keyboard.press_to_change("list.dense").await;
    keyboard.press_to_change("list.dense").await;
    keyboard.press("list.top").await;
    keyboard.press_to_show("list.open", "▌Assessment").await;
    keyboard.press_to_show("briefing.back", "2 unread").await;
    keyboard.press_to_show("list.mark-unread", "3 unread").await;
    // Priya is an admin: she may assign what waits.
    keyboard.press_to_show("list.mark", "1 marked").await;
    keyboard.press_to_hide("list.clear-filter", "1 marked").await;
    keyboard.press("list.top").await;
    keyboard.press_to_show("list.pass-on", "╭ Assign").await;
    keyboard.press_to_hide("dialog.cancel", "╭ Assign").await;
    fixture.reassess(keyboard, "list.reassess").await;
    keyboard.press_to_show("list.change", "Change the handoff").await;
    keyboard.press_to_hide("dialog.cancel", "Change the handoff").await;
}

async fn filter_actions(keyboard: &mut Keyboard) {
    keyboard.press_to_show("list.filter", "/ words").await;
    keyboard.console.press("vpn").await;
    keyboard.console.sees("/vpn: 3").await;
    keyboard.press_to_show("filter.down", "2 of 3").await;
    keyboard.press_to_show("filter.up", "1 of 3").await;
    keyboard.press_to_show("filter.page-down", "3 of 3").await;
    keyboard.press_to_show("filter.page-up", "1 of 3").await;
    keyboard.press_to_show("filter.accept", "new session").await;
    keyboard.press_to_hide("list.clear-filter", "/vpn: 3").await;
    keyboard.press("list.filter").await;
    keyboard.console.press("zzz").await;
    keyboard.console.sees("No matches for").await;
    keyboard.press_to_hide("filter.cancel", "No matches for").await;
}

async fn global_actions(keyboard: &mut Keyboard) {
    keyboard.console.resize(120, 20).await;
    help_actions(keyboard).await;
    for on in [false, true].into_iter().cycle().take(24) {
        keyboard.press("toggle-mouse").await;
        keyboard.console.wait_for_host(|host| host.mouse_captured == Some(on)).await;
    }
    keyboard.run_command("log-in", "Log in").await;
    keyboard.console.press("<esc>").await;
    keyboard.console.no_longer_sees("Log in").await;
    keyboard.press_to_show("log", "╭ Log ─").await;
    for action in ["log.down", "log.up", "log.page-down", "log.page-up", "log.bottom", "log.top"] {
        keyboard.press_to_change(action).await;
    }
    keyboard.press_to_hide("log.close", "╭ Log ─").await;
    keyboard.press_to_show("palette", "an action, a command or a handoff").await;
    keyboard.press_to_show("palette.down", "2 of ").await;
    keyboard.press_to_show("palette.up", " 1 of ").await;
    keyboard.press_to_hide("palette.page-down", " 1 of ").await;
    keyboard.press_to_show("palette.page-up", " 1 of ").await;
    keyboard.console.press("put aside").await;
    keyboard.press_to_show("palette.accept", "visible only to you").await;
    keyboard.press_to_show("palette", "╭ Palette").await;
    keyboard.press_to_hide("palette.cancel", "╭ Palette").await;
    keyboard.press("list.queue").await;
    keyboard.press_to_show("command-line", "Claim a handoff by its number").await;
    keyboard.console.press("so").await;
    keyboard.press_to_show("command.complete", "▌sort  ").await;
    keyboard.press_to_change("command.complete").await;
    keyboard.press_to_show("command.complete-back", "▌sort  ").await;
    keyboard.console.press("age").await;
    keyboard.press_to_show("command.accept", "oldest first").await;
    keyboard.press("command-line").await;
    keyboard.press_to_show("command.up", ":sort age").await;
    keyboard.press_to_hide("command.down", ":sort age").await;
    keyboard.press_to_hide("command.cancel", "Claim a handoff by its number").await;
    keyboard.press_to_show("next-theme", "Theme: light").await;
    keyboard.press("suspend").await;
    keyboard.console.wait_for_host(|host| host.suspend_count == 1).await;
    keyboard.console.resize(120, 36).await;
}

async fn dialog_actions(keyboard: &mut Keyboard) {
    keyboard.press_to_show("list.new-session", "╭ New session").await;
    keyboard.console.press("The summary").await;
    keyboard.console.sees("▌ The summary").await;
    keyboard.press_to_hide("dialog.next-field", "▌ The summary").await;
    keyboard.console.press("one").await;
    keyboard.press("dialog.newline").await;
    keyboard.console.press("two").await;
    keyboard.console.sees("▌ two").await;
    keyboard.press_to_show("dialog.previous-field", "▌ The summary").await;
    keyboard.press_to_show("dialog.cancel", "Discard what you typed?").await;
    keyboard.press_to_hide("confirm.close", "Discard what you typed?").await;
    keyboard.press("dialog.cancel").await;
    keyboard.press_to_hide("confirm.yes", "╭ New session").await;
    keyboard.press("list.new-session").await;
    keyboard.console.press("Something else").await;
    keyboard.press("dialog.next-field").await;
    keyboard.console.press("password=hunter2").await;
    keyboard.press_to_show("dialog.submit", "This looks like a password.").await;
    keyboard.press_to_hide("secret.close", "This looks like a password.").await;
    keyboard.press("dialog.submit").await;
    keyboard.press_to_show("secret.yes", "Something else ── active, yours").await;
    keyboard.press_to_show("session.take-back", "You can take back only sessions").await;
    keyboard.press_to_show("session.back", "Escalations").await;
}

async fn briefing_actions(keyboard: &mut Keyboard, fixture: &ActionFixture) {
    keyboard.press("list.top").await;
    keyboard.press_to_show("list.open", "▌Assessment").await;
    keyboard.console.sees("Conversation (2 messages)").await;
    keyboard.press_to_show("briefing.other-pane", "▌#1").await;
    for action in ["down", "up", "page-down", "page-up", "bottom", "top"] {
        keyboard.press_to_change(&format!("briefing.{action}")).await;
    }
    keyboard.press_to_change("briefing.next-evidence").await;
    keyboard.press_to_change("briefing.previous-evidence").await;
    fixture.reassess(keyboard, "briefing.reassess").await;
    keyboard.press_to_show("briefing.assign", "Type part of a name").await;
    keyboard.press("dialog.cancel").await;
    keyboard.press_to_show("briefing.send-back", "What they should find out").await;
    keyboard.press("dialog.cancel").await;
    keyboard.press_to_show("briefing.change", "Change the handoff").await;
    keyboard.press_to_hide("dialog.cancel", "Change the handoff").await;
    keyboard.press_to_show("briefing.take-back", "You can take back only your own").await;
    keyboard.press_to_show("briefing.next-open", "second VPN").await;
    keyboard.press_to_show("briefing.whole", "A note for Sam Ortiz and whoever takes this").await;
    keyboard.press_to_show("session.pick-up", "active, yours").await;
    // Hidden steps stay hidden in this session.
    keyboard.press_to_hide("session.hide-steps", "Suggested").await;
    keyboard.press_to_show("session.release", "What the next engineer should know").await;
    keyboard.press("dialog.cancel").await;
    keyboard.press_to_show("session.back", "Escalations").await;
    keyboard.press("list.mine").await;
    keyboard.press("list.top").await;
    keyboard.press_to_show("list.release", "What the next engineer should know").await;
    keyboard.console.press("Lunch").await;
    keyboard.press_to_show("dialog.submit", "Released #2 to the queue").await;
    keyboard.press("list.queue").await;
    keyboard.press_to_show("list.bottom", "▌normal   third").await;
    keyboard.press_to_show("list.pick-up", "active, yours").await;
    keyboard.press_to_show("session.back", "Escalations").await;
    keyboard.press("list.top").await;
    keyboard.press("list.open").await;
    keyboard.press_to_show("briefing.start-here", "active, yours").await;
}

async fn session_actions(keyboard: &mut Keyboard) {
    keyboard.console.sees("Suggested").await;
    // A tall screen has room for all of them.
    keyboard.console.resize(120, 24).await;
    keyboard.console.sees("›").await;
    keyboard.press_to_hide("session.steps-right", "▏1 Look").await;
    keyboard.press_to_show("session.steps-left", "▏1 Look").await;
    keyboard.console.resize(120, 36).await;
    keyboard.console.sees("▏9 Look").await;
    writing_actions(keyboard).await;
    for number in 1..=9 {
        keyboard.press_to_change(&format!("session.use-step-{number}")).await;
    }
    keyboard.console.sees("at thing 8 Look at thing 9").await;
    keyboard.press_to_show("session.toggle-note", "╭ Message ─").await;
    keyboard.press_to_show("session.toggle-note", "╭ Note ─").await;
    keyboard.press_to_change("session.newline").await;
    keyboard.console.press("more").await;
    keyboard.console.sees("│ more").await;
    keyboard.press_to_hide("edit.undo", "│ more").await;
    keyboard.press_to_show("edit.redo", "│ more").await;
    keyboard.console.set_editor("sed -i s/more/less/");
    keyboard.press_to_show("session.editor", "│ less").await;
    keyboard.press_to_show("session.send", "Priya Nair  09:30").await;
    keyboard.press_to_show("session.older", "│ less").await;
    keyboard.press_to_hide("session.newer", "│ less").await;
    for action in ["page-up", "page-down", "up", "down", "top", "bottom"] {
        keyboard.press_to_change(&format!("session.{action}")).await;
    }
    keyboard.press_to_change("session.next-evidence").await;
    keyboard.press_to_change("session.mark-up").await;
    keyboard.press_to_change("session.mark-down").await;
    keyboard.press("session.copy-code").await;
    keyboard.console.wait_for_host(|host| host.copied_texts == ["ipconfig"]).await;
    keyboard.press("session.copy").await;
    keyboard
        .console
        .wait_for_host(|host| host.copied_texts.last().is_some_and(|text| text.starts_with("line 0")))
        .await;
    keyboard.press_to_show("session.log", "╭ Log ─").await;
    keyboard.press("log.close").await;
    keyboard.press_to_show("session.help", "Keys: your message").await;
    keyboard.press_to_hide("help.close", "Keys: your message").await;
}

async fn overlay_actions(keyboard: &mut Keyboard, fixture: &ActionFixture) {
    keyboard.press_to_show("session.show-briefing", "▌Assessment").await;
    keyboard.press_to_show("overlay.other-pane", "▌#").await;
    for action in ["down", "up", "page-down", "page-up", "bottom", "top"] {
        keyboard.press_to_change(&format!("overlay.{action}")).await;
    }
    fixture.reassess(keyboard, "overlay.reassess").await;
    keyboard.press_to_change("overlay.next-evidence").await;
    keyboard.press_to_change("overlay.previous-evidence").await;
    keyboard.press_to_show("overlay.proposed", "proposed: o adds it").await;
    keyboard.press_to_hide("tried.close", "proposed: o adds it").await;
    keyboard.press_to_show("overlay.whole", "╭ Note ─").await;
    keyboard.press_to_show("session.show-briefing", "▌#").await;
    keyboard.press_to_show("overlay.close", "╭ Note ─").await;
}

async fn tried_and_outcomes_actions(keyboard: &mut Keyboard) {
    keyboard.press_to_show("session.proposed", "proposed: o adds it").await;
    keyboard.press_to_hide("tried.close", "╭ Tried").await;
    keyboard.press_to_show("session.tried", "proposed: o adds it").await;
    for (text, line) in [("the MTU", "? the MTU  open"), ("the proxy", "? the proxy  open")] {
        keyboard.press_to_show("tried.add", "Possible cause").await;
        keyboard.console.press(text).await;
        keyboard.press_to_show("dialog.submit", line).await;
    }
    keyboard.press_to_change("tried.down").await;
    keyboard.press_to_change("tried.up").await;
    keyboard.press_to_change("tried.up").await;
    keyboard.press_to_show("tried.rule-out", "✗ the MTU  ruled out").await;
    keyboard.press_to_show("tried.confirm", "✓ the MTU  confirmed").await;
    keyboard.press_to_show("tried.open", "? the MTU  open").await;
    keyboard.press_to_show("tried.edit", "Possible cause").await;
    // Nothing was changed, so nothing is asked.
    keyboard.press_to_hide("dialog.cancel", "Possible cause").await;
    keyboard.press_to_hide("tried.close", "╭ Tried").await;
    keyboard.press_to_show("session.outcomes", "Step outcomes").await;
    keyboard.press_to_change("outcomes.down").await;
    keyboard.press_to_change("outcomes.up").await;
    keyboard.press_to_show("outcomes.failed", "✗ failed").await;
    keyboard.press_to_hide("outcomes.clear", "✗ failed").await;
    keyboard.press_to_show("outcomes.worked", "✓ worked").await;
    keyboard.press_to_hide("outcomes.close", "Step outcomes").await;
}

async fn session_dialog_actions(keyboard: &mut Keyboard) {
    for (action, text) in [
        // Steps that worked are ticked already.
        ("session.resolve", "[x] Look at thing 1"),
        ("session.escalate", "Where you are stuck"),
        ("session.park", "What you are waiting for"),
        ("session.assign", "Type part of a name"),
        ("session.change", "Change the handoff"),
    ] {
        keyboard.press_to_show(action, text).await;
        keyboard.press_to_hide("dialog.cancel", text).await;
    }
    // Alt and its letter are readline's.
    keyboard.press("session.menu").await;
    keyboard.press_to_show("session.send-back", "What they should find out").await;
    keyboard.press_to_hide("dialog.cancel", "What they should find out").await;
    // First from the marked message, then from the session.
    keyboard.press("session.back").await;
    keyboard.press("session.back").await;
    keyboard.console.sees("Escalations").await;
}

/// In a console whose claims come too late.
async fn conflict_actions(keyboard: &mut Keyboard, fixture: &ActionFixture) {
    let (dana, who) =
        (fixture.world.engineer("Dana Wu").await, fixture.world.user("Priya Nair", Role::Admin).await);
    let (late, proxy) = console_with_late_claims(&fixture.world, &who, (120, 36)).await;
    let before = keyboard.replace_console(late);
    keyboard.console.sees("1 open").await;
    let second = &fixture.handoffs[1];
    for end in ["conflict.send-draft", "conflict.next-open", "conflict.close"] {
        keyboard.press("list.queue").await;
        keyboard.press("list.top").await;
        keyboard.press_to_show("list.open", "╭ #2 ").await;
        if end == "conflict.send-draft" {
            keyboard.press_to_show("briefing.whole", "A note for Sam Ortiz and whoever takes this").await;
            keyboard.console.press("Look at the proxy").await;
            keyboard.console.sees("│ Look at the proxy").await;
            lose_claim(&mut keyboard.console, &proxy, "<alt-p>", &dana, second).await;
            keyboard.press_to_hide(end, "Your draft is kept.").await;
            keyboard.console.sees("Sent your note to Dana Wu").await;
            keyboard.press_to_hide("conflict.close", "Already claimed by Dana Wu").await;
        } else {
            lose_claim(&mut keyboard.console, &proxy, "<enter>", &dana, second).await;
            keyboard.press_to_hide(end, "Already claimed by Dana Wu").await;
        }
        let reason = serde_json::json!({"reason": "Lunch"});
        dana.post(&format!("/handoffs/{}/release", second.handoff_id), reason).await.expect(200);
        keyboard.console.sees("1 open").await;
    }
    keyboard.replace_console(before);
}

async fn quit_actions(keyboard: &mut Keyboard, fixture: &ActionFixture) {
    for action in ["quit", "quit-now"] {
        keyboard.press(action).await;
        let next = fixture.world.console("Priya Nair").await;
        keyboard.replace_console(next).wait_for_exit().await;
        keyboard.console.sees("Escalations").await;
    }
}
