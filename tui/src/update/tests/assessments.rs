//! Tests of assessments: how far they say they are to be trusted, and the earlier one while a new one is written.

use super::reading::assessment_delta;
use super::*;
use ratatui::style::Style;
use tierup_common::assessment::{Outcome, Similar};

const QUESTION: &str = "Assess #1 again?";

/// Changes the assessment of a handoff.
pub(super) fn assessed(mut item: QueueItem, change: impl FnOnce(&mut Assessment)) -> QueueItem {
    change(item.ai_assessment_data.as_mut().unwrap());
    item
}

/// Priya's console in the briefing of a handoff whose assessment says "DNS".
fn in_briefing(item: QueueItem) -> TestConsole {
    let mut priya = TestConsole::with_items(vec![item]);
    priya.press_keys("<enter>");
    priya
}

/// The same with a changed assessment.
fn briefing(change: impl FnOnce(&mut Assessment)) -> TestConsole {
    in_briefing(assessed(with_steps(item(1), 2), change))
}

/// The style of the first cell of a text on the screen.
fn style_of(console: &mut TestConsole, text: &str) -> Style {
    let buffer = console.paint_buffer();
    let width = usize::from(buffer.area.width);
    let mut rows = buffer.content.chunks(width);
    let found = rows.find_map(|row| {
        let line: String = row.iter().map(Cell::symbol).collect();
        let column = line[..line.find(text)?].chars().count();
        row.get(column).map(Cell::style)
    });
    found.unwrap_or_else(|| panic!("no {text:?}"))
}

#[test]
fn a_confidence_is_dim_and_names_its_basis() {
    let mut priya = briefing(|data| {
        data.confidence = Confidence::High;
        data.basis = Basis { cases: 2, runbooks: 1, identifiers: vec!["error 809".into()] };
    });
    let screen = priya.paint();
    assert!(screen.contains("high confidence · 2 cases, 1 runbook, error 809"), "{screen}");
    let style = style_of(&mut priya, "high confidence");
    let dim = priya.state.settings.theme.dim;
    assert_eq!((style.fg, style.add_modifier), (Style::reset().patch(dim).fg, dim.add_modifier));
}

#[test]
fn doubts_stand_before_the_cause_and_above_the_steps() {
    for (doubt, sentence, strip) in [
        (
            (|data: &mut Assessment| data.contradicted_by = Some("DNS, the resolver".into()))
                as fn(&mut Assessment),
            "✗ Ruled out in this session: DNS, the resolver",
            "✗ cause ruled out",
        ),
        (|data| data.is_uncited = true, "? Uncited: no quote from the session supports it", "? uncited"),
        (|data| data.is_cut_off = true, "… Cut off: the engine stopped before it finished", "… cut off"),
    ] {
        let mut priya = briefing(doubt);
        priya.state.terminal_size = (160, 36);
        let screen = priya.paint();
        let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text:?} in:\n{screen}"));
        assert!(place("Likely cause") < place(sentence) && place(sentence) < place("Try next"));

        let item = assessed(with_steps(item(1), 2), doubt);
        let mut priya = TestConsole::in_claimed_session(item, Vec::new());
        let screen = priya.paint();
        assert!(screen.contains(&format!("{strip} ▏1 step 1")), "{screen}");
        priya.state.terminal_size = (50, 20);
        let screen = priya.paint();
        assert!(screen.contains(&format!("{} ▏1 step 1", &strip[..strip.find(' ').unwrap()])), "{screen}");
    }
}

#[test]
fn a_row_of_the_list_says_that_the_cause_is_ruled_out_instead_of_a_confidence() {
    let ruled_out = assessed(with_steps(item(1), 2), |data| data.contradicted_by = Some("DNS".into()));
    let screen = TestConsole::with_items(vec![ruled_out]).paint();
    assert!(screen.contains("· ✗ cause ruled out"), "{screen}");
}

#[test]
fn an_inconclusive_assessment_says_what_to_find_out_and_names_no_cause() {
    let mut priya = briefing(|data| {
        data.confidence = Confidence::Inconclusive;
        data.likely_cause = "Nothing known here fits.".into();
        data.find_out = (1..=7).map(|number| format!("question {number}?")).collect();
    });
    let screen = priya.paint();
    let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("no {text:?} in:\n{screen}"));
    assert!(place("Inconclusive") < place("To find out") && place("To find out") < place("Try next"));
    assert!(screen.contains("• question 5?") && !screen.contains("question 6?"), "{screen}");
    assert!(!screen.contains("Likely cause") && !screen.contains("confidence"), "{screen}");
}

#[test]
fn reasons_of_steps_are_shown_where_there_is_room() {
    let mut priya = briefing(|data| {
        for step in &mut data.suggested_steps {
            step.why = Some("Worked in session 7: error\u{1b}[2J 809".into());
        }
        data.suggested_steps[0].why = Some("x".repeat(10_000));
    });
    let screen = priya.paint();
    assert!(screen.contains("Worked in session 7: error␛[2J 809"), "{screen}");
    assert!(screen.matches('x').count() < 500 && screen.contains("x…"), "{screen}");
    priya.state.terminal_size = (120, 20);
    let screen = priya.paint();
    assert!(screen.contains("2. step 2") && !screen.contains("Worked in session 7"), "{screen}");
}

#[test]
fn similar_cases_say_why_under_their_key() {
    let mut priya = briefing(|data| {
        data.similar = vec![Similar {
            session_id: session_id(5),
            number: Number(5),
            problem_summary: "VPN down".into(),
            resolution: "Renewed it.".into(),
            why: Some("Shares error 809 and gw2; its fix worked".into()),
        }];
    });
    assert!(!priya.paint().contains("Shares error 809"));
    priya.press_keys("S");
    assert!(priya.paint().contains("Shares error 809 and gw2; its fix worked"));
}

fn is_reassess(call: &Call) -> bool {
    *call == Call::Reassess(handoff_id(1))
}

fn reply_pending(priya: &mut TestConsole) {
    let call_id = priya.take_call(is_reassess);
    let mut pending = with_steps(item(1), 2);
    (pending.assessment_status, pending.version) = (AssessmentStatus::Pending, 2);
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(pending))));
}

#[test]
fn a_finished_assessment_is_replaced_only_after_a_question() {
    for opens in ["", "<enter>"] {
        let mut priya = TestConsole::with_items(vec![with_steps(item(1), 2)]);
        priya.press_keys(opens);
        priya.press_keys("r<enter>");
        assert!(!priya.paint().contains(QUESTION), "the default is no");
        assert_eq!(priya.count_calls(is_reassess), 0);
        priya.press_keys("r");
        let screen = priya.paint();
        assert!(screen.contains(QUESTION) && !screen.contains("outcomes"), "{screen}");
        priya.press_keys("yr");
        assert!(!priya.paint().contains(QUESTION), "it is requested already");
        assert_eq!(priya.count_calls(is_reassess), 1);
    }
}

#[test]
fn the_question_names_what_is_lost() {
    let mut priya = in_briefing(assessed(with_steps(item(1), 2), |data| {
        data.suggested_steps[1].outcome = Some(Outcome::Failed);
    }));
    priya.press_keys("r");
    assert!(priya.paint().contains("outcomes of its steps"));
}

#[test]
fn an_assessment_that_failed_or_was_not_requested_is_run_without_a_question() {
    for status in [AssessmentStatus::Failed, AssessmentStatus::NotRequested] {
        let mut priya = in_briefing(QueueItem { assessment_status: status, ..item(1) });
        priya.press_keys("r");
        assert_eq!(priya.count_calls(is_reassess), 1, "{status}");
    }
}

#[test]
fn a_question_that_is_answered_offline_requests_nothing() {
    let mut priya = in_briefing(with_steps(item(1), 2));
    priya.press_keys("r");
    priya.dispatch(Event::Connection(crate::event::ConnectionEvent::Lost {
        reason: "no route".into(),
        retry_at: NOW.plus(Duration::from_secs(5)),
    }));
    priya.press_keys("y");
    assert_eq!(priya.count_calls(is_reassess), 0);
    assert!(priya.has_logged_toast("Offline: the assessment is unchanged"));
}

/// Mutant seen to fail: deltas that are shown in the place of the earlier text.
#[test]
fn the_earlier_assessment_stays_until_the_new_one_is_complete() {
    let mut priya = in_briefing(with_steps(item(1), 2));
    priya.press_keys("ry");
    reply_pending(&mut priya);
    let screen = priya.paint();
    for says in ["reassessing", "Earlier assessment, kept", "DNS", "2. step 2"] {
        assert!(screen.contains(says), "{says}:\n{screen}");
    }
    priya.dispatch(assessment_delta(1, 0, "**Likely cause:** the proxy"));
    let screen = priya.paint();
    assert!(screen.contains("reassessing, 27 characters so far") && screen.contains("DNS"), "{screen}");
    assert!(!screen.contains("the proxy") && !screen.contains("streaming"), "{screen}");
    priya.advance_clock(Duration::from_secs(12));
    assert!(priya.paint().contains("reassessing, no progress for 12s"));

    let next = QueueItem { version: 2, ..with_steps(item(1), 1) };
    let ready = assessed(next, |data| data.likely_cause = "The proxy".into());
    priya.receive_team_event(EventBody::HandoffAssessmentReady {
        handoff: handoff_summary(&ready),
        ai_assessment: String::new(),
        ai_assessment_data: ready.ai_assessment_data.unwrap(),
    });
    let screen = priya.paint();
    assert!(screen.contains("The proxy") && !screen.contains("DNS"), "{screen}");
    assert!(!screen.contains("reassessing") && !screen.contains("Earlier assessment"), "{screen}");
}

#[test]
fn the_earlier_assessment_stays_if_the_new_one_fails() {
    let mut priya = in_briefing(with_steps(item(1), 2));
    priya.press_keys("ry");
    reply_pending(&mut priya);
    priya.dispatch(assessment_delta(1, 0, "**Likely"));
    priya.press_keys("<esc>");
    let screen = priya.paint();
    assert!(screen.contains(" reassessing") && screen.contains("DNS"), "{screen}");
    priya.press_keys("<enter>");
    let pending = QueueItem { version: 2, ..item(1) };
    priya.receive_team_event(EventBody::HandoffAssessmentFailed {
        handoff: handoff_summary(&pending),
        assessment_error: "The model's endpoint returned 503.".into(),
    });
    let screen = priya.paint();
    for says in ["Assessment failed", "returned 503", "Earlier assessment", "DNS", "2. step 2"] {
        assert!(screen.contains(says), "{says}:\n{screen}");
    }
}

#[test]
fn a_slow_reassessment_counts_from_its_request() {
    let mut priya = in_briefing(with_steps(item(1), 2));
    priya.advance_clock(Duration::from_mins(5));
    priya.press_keys("ry");
    reply_pending(&mut priya);
    assert!(!priya.paint().contains("no progress"));
}
