//! Every action of the keymap is reached by its key, through the real loop, and does what it is there for. The list of
//! actions comes from the keymap: a new one fails here until a story presses it.

use crate::hands::Hands;
use tierup_common::user::Role;
use tierup_e2e::{Escalated, Model, Temper, World};

const CASE: &str = "VPN certificate expired after the update";

fn said() -> String {
    let steps: Vec<String> = (1..=9).map(|number| format!("{number}. Look at thing {number}")).collect();
    let steps = steps.join("\n");
    format!(
        "**Likely cause:** DNS, look {{asked}}\n**Steps**\n{steps}\n**Confidence:** low\n**Evidence**\n- [2] \"line 7\"\n- [1] \"VPN\""
    )
}

/// What the stories have in common: an admin at the console, for whom nothing is forbidden.
struct Stage {
    world: World,
    model: Model,
    handoffs: Vec<Escalated>,
}

impl Stage {
    async fn new() -> Self {
        let model = Model::with(Temper::Says(said())).await;
        let world = World::with(model.settings(10)).await;
        let sam = world.engineer("Sam Ortiz").await;
        let mut handoffs = Vec::new();
        for number in ["first", "second", "third"] {
            let session = sam.opens(&format!("{number} {CASE}")).await;
            let log: Vec<String> = (0..60).map(|line| format!("line {line}")).collect();
            sam.notes(&session, &format!("{}\n\n```\nipconfig\n```", log.join("\n"))).await;
            let escalated = sam.hands_off(&session, "normal").await;
            sam.waits_for_assessment(&escalated).await;
            handoffs.push(escalated);
        }
        world.person("Priya Nair", Role::Admin).await;
        Self { world, model, handoffs }
    }

    /// Presses what runs an assessment again, and waits for what the model says to it, which is never the same.
    async fn is_assessed_again(&self, hands: &mut Hands, action: &str) {
        let look = self.model.asked().await.len() + 1;
        hands.shows(action, &format!("DNS, look {look}")).await;
    }
}

#[tokio::test]
async fn every_action_is_reached_by_its_key_and_does_what_it_is_there_for() {
    let stage = Stage::new().await;
    let mut hands = Hands::on(stage.world.console("Priya Nair").await);
    hands.console.sees("1 of 3").await;
    the_list(&mut hands, &stage).await;
    the_filter(&mut hands).await;
    what_holds_everywhere(&mut hands).await;
    a_dialog(&mut hands).await;
    a_briefing(&mut hands, &stage).await;
    a_session(&mut hands).await;
    over_a_session(&mut hands, &stage).await;
    what_is_noted(&mut hands).await;
    the_ends_of_a_session(&mut hands).await;
    a_lost_claim(&mut hands, &stage).await;
    what_was_seen_before(&mut hands).await;
    leaving(&mut hands, &stage).await;
    assert_eq!(hands.left_out(), Vec::<String>::new(), "no story presses these");
}

/// The same as above, where nothing was done before: short enough to be told again and again.
#[tokio::test]
async fn a_lost_claim_ends_by_each_of_its_keys() {
    let stage = Stage::new().await;
    let mut hands = Hands::on(stage.world.console("Priya Nair").await);
    hands.console.sees("1 of 3").await;
    let priya = stage.world.engineer("Priya Nair").await;
    for other in [0, 2] {
        priya.claims(&stage.handoffs[other]).await;
    }
    hands.console.sees("1 open").await;
    a_lost_claim(&mut hands, &stage).await;
}

async fn the_list(hands: &mut Hands, stage: &Stage) {
    for (action, text) in [
        ("list.down", "2 of 3"),
        ("list.up", "1 of 3"),
        ("list.bottom", "3 of 3"),
        ("list.top", "1 of 3"),
        ("list.page-down", "3 of 3"),
        ("list.page-up", "1 of 3"),
        ("list.next-unread", "2 of 3"),
        ("list.sort", "the oldest first"),
        ("list.sort", "the last changed first"),
        ("list.next-tab", "what you work on"),
        ("list.parked", "only you see these"),
        ("list.mine", "what you work on"),
        ("list.queue", "3 unread"),
    ] {
        hands.shows(action, text).await;
    }
    hands.hides("list.sort", "the last changed first").await;
    hands.press("list.top").await;
    hands.shows("list.open", "▌Assessment").await;
    hands.shows("briefing.back", "2 unread").await;
    hands.shows("list.mark-unread", "3 unread").await;
    stage.is_assessed_again(hands, "list.reassess").await;
}

async fn the_filter(hands: &mut Hands) {
    hands.shows("list.filter", "/ words").await;
    hands.console.press("vpn").await;
    hands.console.sees("/vpn: 3").await;
    hands.shows("filter.down", "2 of 3").await;
    hands.shows("filter.up", "1 of 3").await;
    hands.shows("filter.page-down", "3 of 3").await;
    hands.shows("filter.page-up", "1 of 3").await;
    hands.shows("filter.accept", "new session").await;
    hands.hides("list.clear-filter", "/vpn: 3").await;
    hands.press("list.filter").await;
    hands.console.press("zzz").await;
    hands.console.sees("No row says").await;
    hands.hides("filter.cancel", "No row says").await;
}

async fn what_holds_everywhere(hands: &mut Hands) {
    hands.console.resize(120, 20).await;
    hands.shows("help", "Keys: the queue").await;
    hands.hides("help.down", "Open: the ten-second briefing").await;
    hands.shows("help.up", "Open: the ten-second briefing").await;
    hands.hides("help.page-down", "Open: the ten-second briefing").await;
    hands.shows("help.page-up", "Open: the ten-second briefing").await;
    hands.hides("help.close", "Keys: the queue").await;
    for on in [false, true].into_iter().cycle().take(24) {
        hands.press("toggle-mouse").await;
        hands.console.does(|around| around.mouse == Some(on)).await;
    }
    hands.runs("log-in", "Log in").await;
    hands.console.press("<esc>").await;
    hands.console.no_longer_sees("Log in").await;
    hands.shows("log", "╭ Log ─").await;
    for action in ["log.down", "log.up", "log.page-down", "log.page-up", "log.bottom", "log.top"] {
        hands.changes(action).await;
    }
    hands.hides("log.close", "╭ Log ─").await;
    hands.shows("palette", "an action, a command or a handoff").await;
    hands.shows("palette.down", "2 of ").await;
    hands.shows("palette.up", " 1 of ").await;
    hands.hides("palette.page-down", " 1 of ").await;
    hands.shows("palette.page-up", " 1 of ").await;
    hands.console.press("put aside").await;
    hands.shows("palette.accept", "only you see these").await;
    hands.shows("palette", "╭ Palette").await;
    hands.hides("palette.cancel", "╭ Palette").await;
    hands.press("list.queue").await;
    hands.shows("command-line", "Claim a handoff by its number").await;
    hands.console.press("so").await;
    hands.shows("command.complete", "▌sort  ").await;
    hands.changes("command.complete").await;
    hands.shows("command.complete-back", "▌sort  ").await;
    hands.console.press("age").await;
    hands.shows("command.accept", "the oldest first").await;
    hands.press("command-line").await;
    hands.shows("command.up", ":sort age").await;
    hands.hides("command.down", ":sort age").await;
    hands.hides("command.cancel", "Claim a handoff by its number").await;
    hands.shows("next-theme", "Theme: light").await;
    hands.press("suspend").await;
    hands.console.does(|around| around.suspended == 1).await;
    hands.console.resize(120, 36).await;
}

async fn a_dialog(hands: &mut Hands) {
    hands.shows("list.new-session", "╭ New session").await;
    hands.console.press("one").await;
    hands.press("dialog.newline").await;
    hands.console.press("two").await;
    hands.console.sees("▌ two").await;
    hands.press("dialog.next-field").await;
    hands.console.press("The summary").await;
    hands.console.sees("▌ The summary").await;
    hands.hides("dialog.previous-field", "▌ The summary").await;
    hands.shows("dialog.cancel", "Throw away what you typed?").await;
    hands.hides("confirm.close", "Throw away what you typed?").await;
    hands.press("dialog.cancel").await;
    hands.hides("confirm.yes", "╭ New session").await;
    hands.press("list.new-session").await;
    hands.console.press("Something else").await;
    hands.shows("dialog.submit", "Something else ── active, yours").await;
    hands.shows("session.take-back", "Only what you parked").await;
    hands.shows("session.back", "Escalations").await;
}

async fn a_briefing(hands: &mut Hands, stage: &Stage) {
    hands.press("list.top").await;
    hands.shows("list.open", "▌Assessment").await;
    hands.console.sees("Conversation (2 messages)").await;
    hands.shows("briefing.other-pane", "▌#1").await;
    for action in ["down", "up", "page-down", "page-up", "bottom", "top"] {
        hands.changes(&format!("briefing.{action}")).await;
    }
    hands.changes("briefing.next-evidence").await;
    hands.changes("briefing.previous-evidence").await;
    stage.is_assessed_again(hands, "briefing.reassess").await;
    hands.shows("briefing.assign", "Type a part of a name").await;
    hands.press("dialog.cancel").await;
    hands.shows("briefing.send-back", "What they should find out").await;
    hands.press("dialog.cancel").await;
    hands.shows("briefing.take-back", "Only your own escalation").await;
    hands.shows("briefing.next-open", "second VPN").await;
    hands.shows("briefing.whole", "what you type is kept as a draft").await;
    hands.shows("session.pick-up", "active, yours").await;
    // Steps that were hidden stay so in this session.
    hands.hides("session.hide-steps", "Suggested").await;
    hands.shows("session.release", "For whoever picks it up next").await;
    hands.press("dialog.cancel").await;
    hands.shows("session.back", "Escalations").await;
    hands.press("list.mine").await;
    hands.press("list.top").await;
    hands.shows("list.release", "For whoever picks it up next").await;
    hands.console.press("Lunch").await;
    hands.shows("dialog.submit", "#2 is back in the queue").await;
    hands.press("list.queue").await;
    hands.shows("list.pick-up", "active, yours").await;
    hands.shows("session.back", "Escalations").await;
    hands.press("list.top").await;
    hands.press("list.open").await;
    hands.shows("briefing.start-here", "active, yours").await;
}

async fn a_session(hands: &mut Hands) {
    hands.console.sees("Suggested").await;
    // On a high screen all of them have room.
    hands.console.resize(120, 24).await;
    hands.console.sees("›").await;
    hands.hides("session.steps-right", "▏1 Look").await;
    hands.shows("session.steps-left", "▏1 Look").await;
    hands.console.resize(120, 36).await;
    hands.console.sees("▏9 Look").await;
    for number in 1..=9 {
        hands.changes(&format!("session.use-step-{number}")).await;
    }
    hands.console.sees("at thing 8 Look at thing 9").await;
    hands.shows("session.toggle-note", "╭ Note ─").await;
    hands.changes("session.newline").await;
    hands.console.press("more").await;
    hands.console.sees("│ more").await;
    hands.hides("session.undo", "│ more").await;
    hands.shows("session.redo", "│ more").await;
    hands.console.has_editor("sed -i s/more/less/");
    hands.shows("session.editor", "│ less").await;
    hands.shows("session.send", "Priya Nair  09:30").await;
    hands.shows("session.older", "│ less").await;
    hands.hides("session.newer", "│ less").await;
    for action in ["page-up", "page-down", "up", "down", "top", "bottom"] {
        hands.changes(&format!("session.{action}")).await;
    }
    hands.changes("session.next-evidence").await;
    hands.changes("session.mark-up").await;
    hands.changes("session.mark-down").await;
    hands.press("session.copy-code").await;
    hands.console.does(|around| around.copies == ["ipconfig"]).await;
    hands.press("session.copy").await;
    hands.console.does(|around| around.copies.last().is_some_and(|text| text.starts_with("line 0"))).await;
    hands.shows("session.log", "╭ Log ─").await;
    hands.press("log.close").await;
    hands.shows("session.help", "Keys: the session").await;
    hands.hides("help.close", "Keys: the session").await;
}

async fn over_a_session(hands: &mut Hands, stage: &Stage) {
    hands.shows("session.show-briefing", "▌Assessment").await;
    hands.shows("overlay.other-pane", "▌#").await;
    for action in ["down", "up", "page-down", "page-up", "bottom", "top"] {
        hands.changes(&format!("overlay.{action}")).await;
    }
    stage.is_assessed_again(hands, "overlay.reassess").await;
    hands.changes("overlay.next-evidence").await;
    hands.changes("overlay.previous-evidence").await;
    hands.shows("overlay.whole", "╭ Note ─").await;
    hands.shows("session.show-briefing", "▌#").await;
    hands.shows("overlay.close", "╭ Note ─").await;
}

async fn what_is_noted(hands: &mut Hands) {
    hands.shows("session.tried", "Nothing yet.").await;
    for (text, line) in [("the MTU", "? the MTU  open"), ("the proxy", "? the proxy  open")] {
        hands.shows("tried.add", "What might be the cause").await;
        hands.console.press(text).await;
        hands.shows("dialog.submit", line).await;
    }
    hands.changes("tried.down").await;
    hands.changes("tried.up").await;
    hands.shows("tried.rule-out", "✗ the MTU  ruled out").await;
    hands.shows("tried.confirm", "✓ the MTU  confirmed").await;
    hands.shows("tried.open", "? the MTU  open").await;
    hands.shows("tried.edit", "What became of it").await;
    // Nothing was changed: nothing is asked.
    hands.hides("dialog.cancel", "What became of it").await;
    hands.hides("tried.close", "╭ Tried").await;
    hands.shows("session.outcomes", "What came of the steps").await;
    hands.changes("outcomes.down").await;
    hands.changes("outcomes.up").await;
    hands.shows("outcomes.failed", "✗ failed").await;
    hands.hides("outcomes.clear", "✗ failed").await;
    hands.shows("outcomes.worked", "✓ worked").await;
    hands.hides("outcomes.close", "What came of the steps").await;
}

async fn the_ends_of_a_session(hands: &mut Hands) {
    for (action, text) in [
        // What worked is ticked already.
        ("session.resolve", "[x] Look at thing 1"),
        ("session.escalate", "Where you are stuck"),
        ("session.park", "What you are waiting for"),
        ("session.assign", "Type a part of a name"),
        ("session.send-back", "What they should find out"),
    ] {
        hands.shows(action, text).await;
        hands.hides("dialog.cancel", text).await;
    }
    // From the mark of a message first, then from the session.
    hands.press("session.back").await;
    hands.press("session.back").await;
    hands.console.sees("Escalations").await;
}

async fn a_lost_claim(hands: &mut Hands, stage: &Stage) {
    let dana = stage.world.engineer("Dana Wu").await;
    let second = &stage.handoffs[1];
    for end in ["conflict.send-draft", "conflict.next-open", "conflict.close"] {
        hands.press("list.queue").await;
        hands.press("list.top").await;
        hands.shows("list.open", "╭ #2 ").await;
        if end == "conflict.send-draft" {
            hands.shows("briefing.whole", "what you type is kept as a draft").await;
            hands.console.press("Look at the proxy").await;
            hands.console.sees("│ Look at the proxy").await;
        }
        dana.claims(second).await;
        hands.console.sees("Already claimed by Dana Wu").await;
        if end == "conflict.send-draft" {
            hands.hides(end, "What you typed for it is kept.").await;
            hands.console.sees("Dana Wu has your note").await;
            hands.hides("conflict.close", "Already claimed by Dana Wu").await;
        } else {
            hands.hides(end, "Already claimed by Dana Wu").await;
        }
        let reason = serde_json::json!({"reason": "Lunch"});
        dana.post(&format!("/handoffs/{}/release", second.handoff), reason).await.expect(200);
        hands.console.sees("1 open").await;
    }
}

/// On a server of its own, whose playbook knows what was solved.
async fn what_was_seen_before(hands: &mut Hands) {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for end in ["", " twice"] {
        let solved = sam.opens(&format!("{CASE}{end}")).await;
        sam.resolves(&solved, "Renewed the machine certificate.").await;
    }
    let again = sam.escalates(&format!("Again: {CASE}")).await;
    sam.waits_for_assessment(&again).await;
    let before = hands.go_to(world.console("Priya Nair").await);
    hands.console.sees("1 of 1").await;
    hands.shows("list.open", "▌Assessment").await;
    hands.console.still_sees("• session 2").await;
    hands.shows("briefing.cases", "╭ Seen before").await;
    hands.changes("cases.down").await;
    hands.changes("cases.up").await;
    hands.hides("cases.close", "╭ Seen before").await;
    hands.press("briefing.cases").await;
    hands.shows("cases.read", "resolved, with Sam Ortiz").await;
    hands.shows("session.back", "▌Assessment").await;
    hands.shows("briefing.start-here", "active, yours").await;
    hands.press("session.show-briefing").await;
    hands.shows("overlay.cases", "╭ Seen before").await;
    hands.go_to(before);
}

async fn leaving(hands: &mut Hands, stage: &Stage) {
    for action in ["quit", "quit-now"] {
        hands.press(action).await;
        let next = stage.world.console("Priya Nair").await;
        hands.go_to(next).ends().await;
        hands.console.sees("Escalations").await;
    }
}
