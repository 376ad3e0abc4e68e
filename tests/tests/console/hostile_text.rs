//! Text of users and models is shown as plain text everywhere: rows, preview, briefing, transcript, toasts, the log,
//! dialogs, pickers, palette, command line, the popup of a lost claim.

#![expect(clippy::expect_used, reason = "tests may panic")]

use crate::fixtures::{console_with_late_claims, lose_claim};
use serde_json::json;
use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, ModelBehavior, World};

const HOSTILE_TEXT: &str = "x\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}txt\u{200b}\u{e0041}a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}y";

async fn assert_no_control_chars(console: &Console, place: &str) {
    let buffer = console.buffer().await;
    for cell in buffer.content() {
        let symbol = cell.symbol();
        let is_control_or_invisible = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{e0000}'..='\u{e007f}')
        };
        assert!(!symbol.contains(is_control_or_invisible), "{place}: {symbol:?}");
        assert!(symbol.chars().count() <= 10, "{place}: stacked combining marks: {symbol:?}");
    }
}

/// A handoff with hostile text in every field, by Sam.
async fn escalate_hostile_handoff(sam: &ApiClient, problem: &str) -> Escalation {
    let body =
        json!({"intake_type": "free_text", "intake_content": {"text": format!("{problem} {HOSTILE_TEXT}")}});
    let session = sam.post("/ai-sessions", body).await.expect(201);
    let id = session["id"].as_str().expect("an id");
    sam.add_note(id, &format!("Noted {HOSTILE_TEXT}\n\n```\ncode {HOSTILE_TEXT}\n```\n- [link {HOSTILE_TEXT}](http://x.test/{HOSTILE_TEXT})"))
        .await;
    sam.add_branch(id, &format!("Cable {}", HOSTILE_TEXT.replace(char::is_control, "")), "open").await;
    let notes = json!({"intent": "escalate", "engineer_notes": format!("Stuck {HOSTILE_TEXT}"), "priority": "urgent"});
    let handoff = sam.post(&format!("/ai-sessions/{id}/handoff"), notes).await.expect(201);
    let text = |field: &str| handoff[field].as_str().expect("a text").to_owned();
    Escalation {
        handoff_id: text("id"),
        session_id: id.to_owned(),
        number: handoff["number"].as_u64().expect("a number"),
    }
}

/// Pastes hostile text into each text field of the queue.
async fn paste_into_every_field(priya: &mut Console) {
    for (keys, sees, pasted, place) in [
        ("<ctrl-p>Screen", "╭ Palette", "Screenx␛]0;owned␇", "the palette"),
        ("<esc>:claim ", " :claim", ":claim x␛]0;owned␇", "the endings of a command"),
        ("<esc>/", "/ words", "/x␛]0;owned␇", "the filter"),
    ] {
        priya.press(keys).await;
        priya.sees(sees).await;
        priya.paste(HOSTILE_TEXT).await;
        priya.sees(pasted).await;
        assert_no_control_chars(priya, place).await;
    }
}

#[tokio::test]
async fn user_text_is_only_text_on_every_screen() {
    let assessment = format!(
        "**Likely cause:** Cause {HOSTILE_TEXT}\n**Steps**\n1. Step {HOSTILE_TEXT}\n**Confidence:** low\n**Evidence**\n- [1] \"Screen {HOSTILE_TEXT}\""
    );
    let model = FakeModel::start(ModelBehavior::Answers(assessment)).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let mut priya = world.console("Priya Nair").await;
    priya.sees("live").await;
    let first = escalate_hostile_handoff(&sam, "Screen").await;
    sam.wait_for_assessment(&first).await;

    priya.sees("Screen x").await;
    priya.sees("Stuck").await;
    priya.sees("Cause x").await;
    assert_no_control_chars(&priya, "the queue and its preview").await;
    paste_into_every_field(&mut priya).await;
    priya.press("<esc><enter>").await;
    priya.sees("start here").await;
    priya.sees("Noted").await;
    priya.sees("Step x").await;
    assert_no_control_chars(&priya, "the briefing").await;
    let second = escalate_hostile_handoff(&sam, "Other").await;
    priya.sees("Urgent: #2 Other").await;
    assert_no_control_chars(&priya, "a toast").await;
    priya.press("L").await;
    priya.sees("╭ Log").await;
    assert_no_control_chars(&priya, "the log").await;
    priya.press("<esc><enter>").await;
    priya.sees("active, yours").await;
    priya.sees("Suggested").await;
    assert_no_control_chars(&priya, "the session").await;
    priya.press("<tab>").await;
    priya.paste(HOSTILE_TEXT).await;
    assert_no_control_chars(&priya, "the message").await;
    for (keys, sees, place) in [
        ("<alt-w>", "╭ Step outcomes", "what came of the steps"),
        ("<esc><alt-R>", "[ ] Step", "steps to tick"),
        ("<esc><alt-C>", "? Cable", "what has been tried"),
        ("<enter>", "▌ Cable x", "a line of it being changed"),
    ] {
        priya.press(keys).await;
        priya.sees(sees).await;
        assert_no_control_chars(&priya, place).await;
    }
    // Text shown with placeholders is edited unchanged.
    priya.press("<tab><right><enter>").await;
    priya.sees("✗ Cable").await;
    let session = sam.session(&first.session_id).await;
    let hypothesis = session["branch_map"][0]["hypothesis"].as_str().expect("a text");
    assert_eq!(hypothesis, format!("Cable {}", HOSTILE_TEXT.replace(char::is_control, "")));

    priya.press("<esc><esc><esc>").await;
    priya.sees("Escalations").await;
    priya.press("<enter>").await;
    priya.sees("╭ #2").await;
    dana.claim(&second).await;
    priya.sees(" Claimed by Dana Wu").await;
    assert_no_control_chars(&priya, "a claim by another").await;
    priya.press("/txt<enter>n").await;
    priya.sees("next match").await;
    assert_no_control_chars(&priya, "a search").await;
}

#[tokio::test]
async fn user_text_is_only_text_in_the_popup_of_a_lost_claim_and_in_the_pager() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let third = escalate_hostile_handoff(&sam, "Third").await;
    sam.escalate("Fourth").await;
    let who = world.engineer("Priya Nair").await;
    let (mut priya, proxy) = console_with_late_claims(&world, &who, (120, 36)).await;
    priya.sees("Third").await;
    lose_claim(&mut priya, &proxy, "p", &dana, &third).await;
    assert_no_control_chars(&priya, "the lost claim").await;
    let long = format!("{HOSTILE_TEXT}\n").repeat(60);
    dana.add_note(&third.session_id, &long).await;
    let mut dana = world.console("Dana Wu").await;
    dana.sees("Mine 1").await;
    dana.press("2<enter>").await;
    dana.sees("… 44 lines").await;
    assert_no_control_chars(&dana, "a folded text").await;
    dana.press("<esc>f").await;
    dana.sees("── 60 lines ─").await;
    assert_no_control_chars(&dana, "the pager").await;
}
