//! What people and models write reaches the cells of the screen as text, wherever it is shown: rows, preview, briefing,
//! transcript, toasts, the log, dialogs, picks, palette, command endings, the lost claim.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use serde_json::json;
use tierup_e2e::{Console, Engineer, Escalated, Model, Temper, World};

const EVIL: &str = "x\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}txt\u{200b}\u{e0041}a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}y";

async fn is_clean(console: &Console, place: &str) {
    let buffer = console.buffer().await;
    for cell in buffer.content() {
        let symbol = cell.symbol();
        let acts = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{e0000}'..='\u{e007f}')
        };
        assert!(!symbol.contains(acts), "{place}: {symbol:?}");
        assert!(symbol.chars().count() <= 10, "{place}: a tower of marks: {symbol:?}");
    }
}

/// A handoff whose every text is hostile, handed off by Sam.
async fn evil(sam: &Engineer, problem: &str) -> Escalated {
    let body = json!({"intake_type": "free_text", "intake_content": {"text": format!("{problem} {EVIL}")}});
    let session = sam.post("/ai-sessions", body).await.expect(201);
    let id = session["id"].as_str().expect("an id");
    sam.notes(id, &format!("Noted {EVIL}\n\n```\ncode {EVIL}\n```\n- [link {EVIL}](http://x.test/{EVIL})"))
        .await;
    sam.tried(id, &format!("Cable {}", EVIL.replace(char::is_control, "")), "open").await;
    let notes =
        json!({"intent": "escalate", "engineer_notes": format!("Stuck {EVIL}"), "priority": "urgent"});
    let handoff = sam.post(&format!("/ai-sessions/{id}/handoff"), notes).await.expect(201);
    let text = |field: &str| handoff[field].as_str().expect("a text").to_owned();
    Escalated {
        handoff: text("id"),
        session: id.to_owned(),
        number: handoff["number"].as_u64().expect("a number"),
    }
}

#[tokio::test]
async fn what_people_write_is_only_text_on_every_screen() {
    let said = format!(
        "**Likely cause:** Cause {EVIL}\n**Steps**\n1. Step {EVIL}\n**Confidence:** low\n**Evidence**\n- [1] \"Screen {EVIL}\""
    );
    let model = Model::with(Temper::Says(said)).await;
    let world = World::with(model.settings(10)).await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let mut priya = world.console("Priya Nair").await;
    priya.sees("live").await;
    let first = evil(&sam, "Screen").await;
    sam.waits_for_assessment(&first).await;

    priya.sees("Screen x").await;
    priya.sees("Stuck").await;
    priya.sees("Cause x").await;
    is_clean(&priya, "the queue and its preview").await;
    for (keys, sees, pasted, place) in [
        ("<ctrl-p>Screen", "╭ Palette", "Screenx␛]0;owned␇", "the palette"),
        ("<esc>:claim ", " :claim", ":claim x␛]0;owned␇", "the endings of a command"),
        ("<esc>/", "/ words", "/x␛]0;owned␇", "the filter"),
    ] {
        priya.press(keys).await;
        priya.sees(sees).await;
        priya.paste(EVIL).await;
        priya.sees(pasted).await;
        is_clean(&priya, place).await;
    }
    priya.press("<esc><enter>").await;
    priya.sees("start here").await;
    priya.sees("Noted").await;
    priya.sees("Step x").await;
    is_clean(&priya, "the briefing").await;
    let second = evil(&sam, "Other").await;
    priya.sees("Urgent: #2 Other").await;
    is_clean(&priya, "a toast").await;
    priya.press("L").await;
    priya.sees("╭ Log").await;
    is_clean(&priya, "the log").await;
    priya.press("<esc><enter>").await;
    priya.sees("active, yours").await;
    priya.sees("Suggested").await;
    is_clean(&priya, "the session").await;
    priya.press("1").await;
    priya.paste(EVIL).await;
    is_clean(&priya, "the message").await;
    for (keys, sees, place) in [
        ("<alt-o>", "╭ What came of the steps", "what came of the steps"),
        ("<esc><ctrl-r>", "[ ] Step", "steps to tick"),
        ("<esc><ctrl-g>", "? Cable", "what has been tried"),
        ("<enter>", "▌ Cable x", "a line of it being changed"),
    ] {
        priya.press(keys).await;
        priya.sees(sees).await;
        is_clean(&priya, place).await;
    }
    // What stands there as marks is not written back as marks.
    priya.press("<tab><right><enter>").await;
    priya.sees("✗ Cable").await;
    let session = sam.session(&first.session).await;
    let hypothesis = session["branch_map"][0]["hypothesis"].as_str().expect("a text");
    assert_eq!(hypothesis, format!("Cable {}", EVIL.replace(char::is_control, "")));

    priya.press("<esc><esc>").await;
    priya.sees("Escalations").await;
    priya.press("<enter>").await;
    priya.sees("╭ #2").await;
    dana.claims(&second).await;
    priya.sees("Already claimed by Dana Wu").await;
    is_clean(&priya, "the lost claim").await;
}
