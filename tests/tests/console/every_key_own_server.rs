//! Presses the keys of actions that need a server of their own, for `every_key`.

use crate::keyboard::Keyboard;
use tierup_e2e::World;

pub const PROBLEM: &str = "VPN certificate expired after the update";

/// On its own server, whose playbook has a resolved session.
pub async fn cases_actions(keyboard: &mut Keyboard) {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    for end in ["", " twice"] {
        let solved = sam.open_session(&format!("{PROBLEM}{end}")).await;
        sam.resolve(&solved, "Renewed the machine certificate.").await;
    }
    let again = sam.escalate(&format!("Again: {PROBLEM}")).await;
    sam.wait_for_assessment(&again).await;
    let before = keyboard.replace_console(world.console("Priya Nair").await);
    keyboard.console.sees("1 of 1").await;
    keyboard.press_to_show("list.open", "▌Assessment").await;
    keyboard.console.still_sees("• session 2").await;
    keyboard.press_to_show("briefing.cases", "╭ Similar cases").await;
    keyboard.press_to_change("cases.down").await;
    keyboard.press_to_change("cases.up").await;
    keyboard.press_to_hide("cases.close", "╭ Similar cases").await;
    keyboard.press("briefing.cases").await;
    keyboard.press_to_show("cases.read", "resolved, with Sam Ortiz").await;
    keyboard.press_to_show("session.back", "▌Assessment").await;
    keyboard.press_to_show("briefing.start-here", "active, yours").await;
    keyboard.press("session.show-briefing").await;
    keyboard.press_to_show("overlay.cases", "╭ Similar cases").await;
    keyboard.replace_console(before);
}

/// On its own server, where a session is resolved.
pub async fn runbook_actions(keyboard: &mut Keyboard) {
    let world = World::without_assessments().await;
    world.engineer("Priya Nair").await.open_session(PROBLEM).await;
    let before = keyboard.replace_console(world.console("Priya Nair").await);
    keyboard.press_to_show("list.mine", PROBLEM).await;
    keyboard.press_to_show("list.open", "active, yours").await;
    keyboard.press_to_show("session.resolve", "The cause and the fix").await;
    keyboard.console.press("Renewed it.<enter>y").await;
    keyboard.console.sees("Session 1 resolved: W writes a runbook").await;
    keyboard.console.set_editor("true");
    keyboard.press_to_show("write-runbook", "╭ Save the runbook").await;
    keyboard.press_to_hide("dialog.cancel", "╭ Save the runbook").await;
    keyboard.replace_console(before);
}
