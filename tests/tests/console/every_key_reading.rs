//! Presses the keys of the help, of the search and of long texts, for `every_key`.

use crate::keyboard::Keyboard;
use tierup_e2e::World;

/// On a low screen.
pub async fn help_actions(keyboard: &mut Keyboard) {
    keyboard.press_to_show("help", "Keys: the queue").await;
    keyboard.press_to_hide("help.down", "│ Work").await;
    keyboard.press_to_show("help.up", "│ Work").await;
    keyboard.press_to_hide("help.page-down", "│ Work").await;
    keyboard.press_to_show("help.page-up", "│ Work").await;
    keyboard.press_to_hide("help.bottom", "│ Work").await;
    keyboard.press_to_show("help.top", "│ Work").await;
    keyboard.press_to_hide("help.close", "Keys: the queue").await;
}

/// On its own server, with a long log in a session.
pub async fn reading_actions(keyboard: &mut Keyboard) {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let log: Vec<String> = (1..=200).map(|line| format!("line {line}.")).collect();
    sam.add_note(&session, &log.join("\n")).await;
    sam.escalate_session(&session, "normal").await;
    let before = keyboard.replace_console(world.console("Priya Nair").await);
    keyboard.console.sees("1 of 1").await;
    keyboard.press_to_show("list.open", "… 184 lines  f opens").await;
    pager_actions(keyboard, "briefing").await;
    search_actions(keyboard, "briefing").await;
    keyboard.press_to_show("briefing.start-here", "active, yours").await;
    // The search leads from the message to the conversation.
    search_actions(keyboard, "session").await;
    pager_actions(keyboard, "session").await;
    keyboard.press_to_show("session.write", "↵ send").await;
    keyboard.press_to_show("session.show-briefing", "▌Assessment").await;
    search_actions(keyboard, "overlay").await;
    pager_actions(keyboard, "overlay").await;
    keyboard.press_to_hide("overlay.close", "No assessment requested").await;
    keyboard.press_to_show("session.log", "╭ Log ─").await;
    keyboard.press_to_show("log.search", "/ words").await;
    keyboard.console.press("is yours").await;
    keyboard.console.sees("1 of 1").await;
    keyboard.press_to_hide("search-line.cancel", "1 of 1").await;
    keyboard.press("log.close").await;
    keyboard.replace_console(before);
}

/// Searches for what is in several lines.
async fn search_actions(keyboard: &mut Keyboard, place: &str) {
    keyboard.press_to_show(&format!("{place}.search"), "/ words").await;
    keyboard.console.press("line 5").await;
    keyboard.console.sees(" of ").await;
    keyboard.press_to_show("search-line.accept", "next match").await;
    keyboard.press_to_change("search.next-match").await;
    keyboard.press_to_change("search.previous-match").await;
    keyboard.press_to_show("search.search", "search  Esc cancel").await;
    keyboard.press_to_show("search-line.accept", "next match").await;
    keyboard.press_to_hide("search.end", "next match").await;
}

async fn pager_actions(keyboard: &mut Keyboard, place: &str) {
    keyboard.press_to_show(&format!("{place}.pager"), "── 200 lines ─").await;
    for action in ["down", "up", "page-down", "page-up", "bottom", "top"] {
        keyboard.press_to_change(&format!("pager.{action}")).await;
    }
    let before = keyboard.console.host().await.copied_texts.len();
    keyboard.press("pager.copy-text").await;
    keyboard.console.wait_for_host(move |host| host.copied_texts.len() > before).await;
    keyboard.press_to_show("pager.search", "/ words").await;
    keyboard.press_to_hide("search-line.cancel", "/ words").await;
    keyboard.press_to_hide("pager.close", "── 200 lines ─").await;
}
