//! The draft of a runbook is read back by the server as it was meant, whatever people wrote.
//!
//! Mutants seen to fail: texts that are not escaped at their beginning, at their end or in between.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use fastrand::Rng;
use serde_json::{Value, json};
use tierup::runbook_draft::{LatestEscalation, RunbookDraft, draft};
use tierup_common::assessment::{Assessment, Confidence, Evidence, Outcome, Step};
use tierup_common::handoff::{ChangesSince, Handoff, Snapshot, StepOutcome};
use tierup_common::id::{HandoffId, Number, StepId};
use tierup_common::session::SessionItem;
use tierup_common::time::Timestamp;
use tierup_e2e::{ApiClient, World};
use tierup_server::search::runbook::Runbook;

/// What Markdown gives a meaning to, and words.
const FRAGMENTS: &[&str] = &[
    "# ",
    "## Steps",
    "#",
    "- ",
    "+ ",
    "* ",
    "1. ",
    "809)",
    "```",
    "~~~",
    "`",
    "``",
    "<!--",
    "-->",
    "<b>",
    "<",
    ">",
    "[x]: http://a.test",
    "[",
    "](y)",
    "![",
    "|",
    "\\",
    "\\\\gw2\\c$",
    "*",
    "**",
    "_",
    "__",
    "a_b",
    "&amp;",
    "&#35;",
    "&",
    "===",
    "---",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "    ",
    " ",
    "\u{2028}",
    "\u{202e}",
    "\u{1b}[2J",
    "é",
    "error 809",
    "Why",
    "cause",
    "{#id}",
    "$x$",
    "http://a.test/",
    ":",
];

fn random_text(rng: &mut Rng) -> String {
    let fragments = (0..rng.usize(1..=12)).filter_map(|_| rng.choice(FRAGMENTS).copied());
    let text: String = fragments.collect();
    // A text of the API is not blank.
    if text.trim().is_empty() { "x".into() } else { text }
}

/// The characters that a reader sees, without blanks and the marks of code.
fn visible(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = tierup::text::safe::sanitize_line(&line.join(" ")).to_string();
    line.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}

fn session(summary: &str, intake: &str, resolution: Option<&str>, branches: &Value) -> SessionItem {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let at = "2026-11-22T09:30:00.000Z";
    let session = json!({
        "id": id, "number": 17, "session_type": "guided", "intake_type": "free_text",
        "intake_content": {"text": intake}, "problem_summary": summary,
        "status": if resolution.is_some() { "resolved" } else { "active" },
        "confidence_tier": "discovery", "user_id": id, "user_name": "Sam Ortiz", "assignee_id": id,
        "assignee_name": "Sam Ortiz", "handoff_count": 0, "handoff_id": null, "resolution": resolution,
        "branch_map": branches, "created_at": at, "updated_at": at, "resolved_at": at, "version": 1,
    });
    serde_json::from_value(session).unwrap()
}

fn branch(hypothesis: &str, status: &str, evidence: &str) -> Value {
    let id = uuid::Uuid::now_v7();
    json!({"id": id, "hypothesis": hypothesis, "status": status, "evidence": evidence, "updated_at": "2026-11-22T09:30:00.000Z"})
}

fn read(draft: &RunbookDraft) -> Runbook {
    Runbook::parse("a name", &draft.markdown)
}

#[test]
fn whatever_people_wrote_stays_in_its_place() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..5_000 {
        let (title, intake) = (random_text(&mut rng), random_text(&mut rng));
        let (resolution, cause) = (random_text(&mut rng), random_text(&mut rng));
        let branches = json!([branch(&cause, "confirmed", &random_text(&mut rng))]);
        let confirmed = draft(&session(&title, &intake, Some(&resolution), &branches), None, &[]).unwrap();
        let book = read(&confirmed);
        let context = format!("{title:?} {intake:?} {cause:?} {resolution:?}\n{}", confirmed.markdown);
        assert_eq!(visible(&book.title), visible(&title), "{context}");
        assert_eq!(book.causes[0].steps.len(), 1, "{context}");
        assert_eq!(visible(&book.causes[0].steps[0]), visible(&resolution), "{context}");
        // The cause is its first paragraph.
        let first = cause.trim_start().replace("\r\n", "\n");
        assert!(
            visible(&first).starts_with(&visible(&book.causes[0].text)) && !book.causes[0].text.is_empty(),
            "{context}"
        );
        assert!(
            confirmed.file_name.trim_end_matches(".md").chars().all(|c| c.is_alphanumeric() || c == '-'),
            "{context}"
        );
    }
}

#[test]
fn a_session_that_is_not_resolved_has_no_draft() {
    assert_eq!(draft(&session("VPN is down", "VPN", None, &json!([])), None, &[]), None);
}

#[test]
fn without_a_confirmed_cause_the_resolution_is_the_cause_and_the_step() {
    let session =
        session("VPN is down!", "VPN is down", Some("Expired certificate. Renewed it."), &json!([]));
    let draft = draft(&session, None, &[]).unwrap();
    let book = read(&draft);
    assert_eq!((book.title.as_str(), draft.file_name.as_str()), ("VPN is down!", "vpn-is-down.md"));
    assert_eq!(book.causes[0].text, "Expired certificate. Renewed it.");
    assert_eq!(book.causes[0].steps, ["Expired certificate. Renewed it."]);
}

/// An escalation whose first step worked, after one in which another step did.
async fn assessed_handoff(sam: &ApiClient) -> Handoff {
    let vpn = sam.escalate("VPN is down").await;
    let mut handoff: Handoff = serde_json::from_value(sam.handoff(&vpn).await).unwrap();
    let step = |id: u8, text: &str, outcome| Step {
        id: StepId::from_bytes([id; 16]),
        text: text.into(),
        already_tried: false,
        outcome,
        why: None,
    };
    handoff.item.ai_assessment_data = Some(Box::new(Assessment {
        likely_cause: "The certificate".into(),
        suggested_steps: vec![
            step(1, "Reboot", Some(Outcome::Failed)),
            step(2, "Renew `gw2.pem`", Some(Outcome::Worked)),
            step(3, "Restart the service", None),
        ],
        confidence: Confidence::High,
        evidence: vec![Evidence { message_seq: 1, quote: "error 809".into() }],
        ..Assessment::default()
    }));
    let step = |text: &str, outcome| StepOutcome { text: text.into(), outcome };
    handoff.snapshot = Snapshot {
        changes_since: Some(ChangesSince {
            handoff_id: HandoffId::from_bytes([1; 16]),
            number: Number(1),
            handed_off_at: Timestamp::from_millis(0),
            new_messages: 0,
            branches: Vec::new(),
            question: None,
            steps: vec![step("Open UDP 4500", Outcome::Worked), step("Wait", Outcome::Failed)],
        }),
        ..handoff.snapshot
    };
    handoff
}

#[tokio::test]
async fn steps_that_worked_come_first_and_failed_ones_not_at_all() {
    let world = World::without_assessments().await;
    let handoff = assessed_handoff(&world.engineer("Sam Ortiz").await).await;
    let branches = json!([
        branch("The machine certificate expired", "confirmed", "valid until yesterday"),
        branch("The MTU", "ruled_out", "1400 is no better"),
    ]);
    let session =
        session("VPN is down", "VPN is down\n\nSince Monday", Some("Renewed it on gw2."), &branches);
    let latest = LatestEscalation { item: &handoff.item, snapshot: Some(&handoff.snapshot) };
    let draft = draft(&session, Some(latest), &[StepId::from_bytes([3; 16])]).unwrap();
    let book = read(&draft);
    assert_eq!(book.causes[0].text, "The machine certificate expired");
    assert_eq!(
        book.causes[0].steps,
        ["Open UDP 4500", "Renew `gw2.pem`", "Restart the service", "Renewed it on gw2."],
        "{}",
        draft.markdown
    );
    let (_, symptoms) = draft.markdown.split_once("## Symptoms\n\n").unwrap();
    assert!(symptoms.starts_with("- error 809\n- valid until yesterday\n"), "{symptoms}");
    assert!(!draft.markdown.contains("The MTU") && !draft.markdown.contains("Reboot"), "{}", draft.markdown);
}
