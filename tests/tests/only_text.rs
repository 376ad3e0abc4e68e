//! What people write reaches the cells of the screen as text, wherever it is shown: rows, preview, briefing, transcript,
//! toasts, the lost claim.

use serde_json::json;
use tierup_e2e::{Console, World};

const EVIL: &str = "x\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}txt\u{200b}\u{e0041}a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}y";

#[track_caller]
fn is_clean(console: &Console, place: &str) {
    for cell in console.buffer().content() {
        let symbol = cell.symbol();
        let acts = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{e0000}'..='\u{e007f}')
        };
        assert!(!symbol.contains(acts), "{place}: {symbol:?}");
        assert!(symbol.chars().count() <= 10, "{place}: a tower of marks: {symbol:?}");
    }
}

#[tokio::test]
async fn what_people_write_is_only_text_on_every_screen() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("live").await;
    let body = json!({"intake_type": "free_text", "intake_content": {"text": format!("Screen {EVIL}")}});
    let session = sam.post("/ai-sessions", body).await.expect(201);
    let id = session["id"].as_str().expect("an id");
    sam.notes(id, &format!("Noted {EVIL}\n\n```\ncode {EVIL}\n```\n- [link {EVIL}](http://x.test/{EVIL})"))
        .await;
    sam.tried(id, "Cable \u{202e}elbac", "ruled_out").await;
    let notes =
        json!({"intent": "escalate", "engineer_notes": format!("Stuck {EVIL}"), "priority": "urgent"});
    sam.post(&format!("/ai-sessions/{id}/handoff"), notes).await.expect(201);

    priya.sees("Screen x").await;
    priya.sees("Stuck").await;
    is_clean(&priya, "the queue and its preview");
    priya.press("<enter>");
    priya.sees("start here").await;
    priya.sees("Noted").await;
    is_clean(&priya, "the briefing");
    priya.press("<enter>");
    priya.sees("active, yours").await;
    priya.sees("Noted").await;
    is_clean(&priya, "the session");
    priya.paste(EVIL);
    priya.sees("x␛]0;owned␇").await;
    is_clean(&priya, "the message");
}
