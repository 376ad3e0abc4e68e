//! Tests of assessing again: the question before, and the earlier assessment until the new one is complete.

use super::reading::assessment_delta;
use super::*;
use tierup_common::assessment::Outcome;

const QUESTION: &str = "Assess #1 again?";

fn is_reassess(call: &Call) -> bool {
    *call == Call::Reassess(handoff_id(1))
}

/// Priya's console in the briefing of a handoff whose assessment says "DNS".
fn in_briefing(item: QueueItem) -> TestConsole {
    let mut priya = TestConsole::with_items(vec![item]);
    priya.press_keys("<enter>");
    priya
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
    for says in ["reassessing", "The earlier one stays", "DNS", "2. step 2"] {
        assert!(screen.contains(says), "{says}:\n{screen}");
    }
    priya.dispatch(assessment_delta(1, 0, "**Likely cause:** the proxy"));
    let screen = priya.paint();
    assert!(screen.contains("reassessing, 27 characters") && screen.contains("DNS"), "{screen}");
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
    assert!(!screen.contains("reassessing") && !screen.contains("The earlier one"), "{screen}");
}

#[test]
fn the_earlier_assessment_stays_if_the_new_one_fails() {
    let mut priya = in_briefing(with_steps(item(1), 2));
    priya.press_keys("ry");
    reply_pending(&mut priya);
    priya.dispatch(assessment_delta(1, 0, "**Likely"));
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
