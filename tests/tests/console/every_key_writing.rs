//! Presses the keys that write a message, those of the conversation and those of the menu, for `every_key`.

use crate::keyboard::Keyboard;

/// In a session with steps and a long conversation, whose message is empty; it is empty afterwards.
pub async fn writing_actions(keyboard: &mut Keyboard) {
    keyboard.press_to_show("session.next-step", "│ Look at thing 1").await;
    keyboard.press_to_hide("session.previous-step", "│ Look at thing 1").await;
    editing_actions(keyboard).await;
    keyboard.press_to_show("session.conversation", "i write").await;
    for action in ["page-up", "page-down", "up", "down", "top", "bottom"] {
        keyboard.press_to_change(&format!("conversation.{action}")).await;
    }
    keyboard.press_to_show("session.write", "↵ send").await;
    keyboard.press_to_show("session.menu", "What to do with this session").await;
    keyboard.console.resize(120, 10).await;
    keyboard.console.sees("▼").await;
    keyboard.press_to_change("menu.down").await;
    keyboard.press_to_change("menu.up").await;
    keyboard.console.resize(120, 36).await;
    keyboard.press_to_hide("menu.close", "What to do with this session").await;
}

async fn editing_actions(keyboard: &mut Keyboard) {
    keyboard.console.press("one two three").await;
    // A letter shows where the cursor is.
    for (action, letter, text) in [
        ("edit.line-start", "A", "│ Aone two three"),
        ("edit.line-end", "B", "threeB"),
        ("edit.left", "C", "threeCB"),
        ("edit.right", "D", "threeCBD"),
        ("edit.word-left", "E", "two EthreeCBD"),
        ("edit.word-right", "F", "two EthreeCBDF"),
    ] {
        keyboard.press(action).await;
        keyboard.console.press(letter).await;
        keyboard.console.sees(text).await;
    }
    keyboard.press_to_hide("edit.delete-back", "CBDF").await;
    keyboard.press("edit.left").await;
    keyboard.press_to_hide("edit.delete-forward", "CBD").await;
    keyboard.press_to_hide("edit.kill-word-back", "EthreeCB").await;
    keyboard.press_to_show("edit.yank", "EthreeCB").await;
    keyboard.press_to_hide("edit.kill-blank-word", "EthreeCB").await;
    keyboard.press_to_show("edit.undo", "EthreeCB").await;
    keyboard.press_to_hide("edit.redo", "EthreeCB").await;
    keyboard.press("edit.line-start").await;
    keyboard.press_to_hide("edit.kill-word", "Aone").await;
    keyboard.press_to_hide("edit.kill-to-end", "│  two").await;
    keyboard.press_to_show("edit.yank", "two").await;
    keyboard.press_to_hide("edit.kill-to-start", " two").await;
}
