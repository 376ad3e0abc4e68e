//! Tests of claims: won, lost, assigned to somebody else, and reported late or early.

use tierup_common::problem::{Code, Problem, Winner};

use super::*;
use crate::state::layer::{Confirmation, Picker, PickerKind};

fn claimed_event(item: &QueueItem, who: u8) -> EventBody {
    EventBody::HandoffClaimed { handoff: handoff_summary(item), by: person(who), claimed_at: NOW }
}

pub(super) fn claim_conflict(who: u8, item: &QueueItem) -> CallError {
    let winner = Winner {
        handoff_id: item.id,
        claimed_by_id: person(who).id,
        claimed_by_name: person(who).name,
        claimed_at: NOW,
    };
    CallError::Problem(Box::new(Problem {
        winner: Some(winner),
        ..Problem::new(Code::HandoffAlreadyClaimed)
    }))
}

#[test]
fn assigning_your_own_claim_to_somebody_else_opens_no_popup() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    let (by, to) = (person(PRIYA), person(DANA));
    let handoff = handoff_summary(&claimed_by(PRIYA, item(1)));
    priya.receive_team_event(EventBody::HandoffAssigned { handoff, by, to, claimed_at: NOW });
    assert!(!priya.has_conflict());
}

#[test]
fn a_claimer_whose_claim_is_reassigned_gets_a_toast_and_no_popup() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    let (by, to) = (person(SAM), person(DANA));
    let handoff = handoff_summary(&claimed_by(PRIYA, item(1)));
    priya.receive_team_event(EventBody::HandoffAssigned { handoff, by, to, claimed_at: NOW });
    assert!(!priya.has_conflict());
    assert!(priya.has_logged_toast(&format!("{} assigned #1 to {}", person(SAM).name, person(DANA).name)));
    assert!(matches!(priya.state.screen, Screen::Session(_)));
}

/// Mutants seen to fail: no line in the briefing; a status that moves what is read.
#[test]
fn a_claim_by_somebody_else_is_a_line_in_the_briefing_and_reading_goes_on() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(item(1)))));
    let before = priya.paint();
    priya.receive_team_event(claimed_event(&item(1), DANA));
    let after = priya.paint();
    assert!(!priya.has_conflict());
    assert!(after.contains("Claimed by Dana Wu just now · n next"), "{after}");
    let rows_of = |screen: &str| screen.lines().skip(1).take(33).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows_of(&before), rows_of(&after), "what is read does not move");
    priya.press_keys("n");
    assert!(matches!(&priya.state.screen, Screen::Briefing(open) if open.item.id == handoff_id(2)));
}

#[test]
fn a_claim_by_somebody_else_is_a_line_in_a_session_that_is_read_and_the_draft_stays() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>vtry the stairs");
    priya.receive_team_event(claimed_event(&item(1), DANA));
    let screen = priya.paint();
    assert!(
        screen.contains("╰ Claimed by Dana Wu just now ─") && screen.contains("try the stairs"),
        "{screen}"
    );
}

/// Mutants seen to fail: the selection follows its row; the next key claims the neighbour.
#[test]
fn a_row_that_a_colleague_takes_gives_way_to_its_neighbour() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2), item(3)]);
    priya.press_keys("j");
    priya.receive_team_event(claimed_event(&item(2), DANA));
    assert_eq!(priya.state.queue.selected_item().unwrap().id, handoff_id(3));
    // The key was meant for the row that is gone.
    priya.press_keys("p<enter>");
    assert!(priya.has_logged_toast("Dana Wu has just claimed #2 problem 2"));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Claim(_))), 0);
    assert!(matches!(priya.state.screen, Screen::Queue));
    priya.advance_clock(Duration::from_millis(300));
    priya.press_keys("p");
    assert_eq!(priya.count_calls(|call| *call == Call::Claim(handoff_id(3))), 1);
}

/// Mutants seen to fail: the row that was read stays selected; one's own escalation is selected.
#[test]
fn after_reading_the_first_row_that_waits_for_the_user_is_selected() {
    let own = QueueItem { handed_off_by: person(PRIYA).id, priority: Priority::Urgent, ..item(1) };
    let mut priya = TestConsole::with_items(vec![own, item(2), item(3), item(4)]);
    priya.press_keys("G<enter>");
    assert!(matches!(&priya.state.screen, Screen::Briefing(open) if open.item.id == handoff_id(4)));
    priya.press_keys("<esc>");
    assert_eq!(priya.state.queue.selected_item().unwrap().id, handoff_id(2));
}

/// Mutants seen to fail: one's own escalations are counted.
#[test]
fn urgent_rows_above_the_fold_are_counted_on_the_border() {
    let urgent = |number| QueueItem { priority: Priority::Urgent, ..item(number) };
    let own = QueueItem { handed_off_by: person(PRIYA).id, ..urgent(3) };
    let mut priya =
        TestConsole::with_items([urgent(1), urgent(2), own].into_iter().chain((4..60).map(item)).collect());
    assert!(!priya.paint().contains('▲'));
    priya.press_keys("G");
    assert!(priya.paint().contains("─ ▲ 2 urgent ╮"), "{}", priya.paint());
    for number in [1, 2] {
        priya.receive_team_event(claimed_event(&urgent(number), DANA));
    }
    assert!(priya.paint().contains(" more ╮") && !priya.paint().contains("urgent ╮"), "{}", priya.paint());
}

#[test]
fn a_lost_claim_updates_its_row_and_selects_the_next_open_handoff() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("p");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(call_id, Err(claim_conflict(DANA, &item(1))));
    let row = priya.state.queue.item(handoff_id(1)).unwrap();
    assert_eq!((row.status, row.claimed_by), (HandoffStatus::Claimed, Some(person(DANA).id)));
    assert_eq!(priya.state.queue.selected_item().unwrap().id, handoff_id(2));
}

#[test]
fn a_layer_that_opens_by_itself_ignores_keys_at_first() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("p");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(call_id, Err(claim_conflict(DANA, &item(1))));
    priya.press_keys("<enter>");
    assert!(priya.has_conflict());
    priya.advance_clock(Duration::from_millis(300));
    priya.press_keys("<enter>");
    assert!(!priya.has_conflict());

    let ended = crate::event::ConnectionEvent::LoggedOut("this token is not valid".into());
    priya.dispatch(Event::Connection(ended));
    priya.dispatch(Event::Paste("meant for a message".into()));
    priya.press_keys("<esc>");
    assert!(matches!(priya.state.layers.last(), Some(Layer::LogIn(login)) if login.secret.is_empty()));
    assert!(matches!(priya.state.layers.last(), Some(Layer::LogIn(_))));
    priya.advance_clock(Duration::from_millis(300));
    priya.press_keys("<esc>");
    assert!(priya.state.layers.is_empty());
}

#[test]
fn a_claim_that_is_fetched_before_its_event_is_a_line_too() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
    let claimed = claimed_by(DANA, item(1));
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(claimed.clone()))));
    assert!(!priya.has_conflict() && priya.paint().contains("Claimed by Dana Wu just now"));
    priya.receive_team_event(claimed_event(&claimed, DANA));
    assert!(!priya.has_conflict() && priya.paint().contains("Claimed by Dana Wu just now"));
}

#[test]
fn setting_the_clock_back_delays_no_popup_or_toast() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("p");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(call_id, Err(claim_conflict(DANA, &item(1))));
    let before = priya.state.server_now();
    priya.dispatch(Event::Tick(NOW.minus(Duration::from_hours(1))));
    assert_eq!(priya.state.server_now(), before, "the server's clock goes on");
    priya.advance_clock(Duration::from_millis(300));
    priya.press_keys("<enter>");
    assert!(!priya.has_conflict());
    assert!(!priya.state.toasts.shown().is_empty() || priya.state.toasts.next_expiry().is_none());
    priya.advance_clock(Duration::from_secs(7));
    assert!(priya.state.toasts.shown().is_empty());
}

#[test]
fn layers_close_with_their_screen() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>v<alt-p>");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.state.layers.push(Layer::Briefing);
    priya.state.layers.push(Layer::Picker(Picker::new(PickerKind::SimilarCases)));
    priya.state.layers.push(Layer::Confirm(Confirmation::take_back(session_id(1))));
    priya.reply(call_id, Err(claim_conflict(DANA, &item(1))));
    assert!(matches!(priya.state.layers.as_slice(), [Layer::Conflict(_)]), "{:?}", priya.state.layers);
}

#[test]
fn an_impossible_claim_is_explained_by_a_toast() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("<enter>");
    priya.receive_team_event(EventBody::HandoffWithdrawn {
        handoff: handoff_summary(&item(1)),
        by: person(SAM),
    });
    priya.press_keys("<enter>");
    assert!(priya.has_logged_toast("This handoff is withdrawn"));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Claim(_))), 0);
    priya.press_keys("<esc>pp");
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Claim(_))), 1, "one key, one request");
    assert!(!priya.has_logged_toast("in progress"));
    priya.receive_team_event(EventBody::HandoffCreated {
        handoff: HandoffSummary { priority: Priority::Urgent, ..handoff_summary(&item(3)) },
        by: person(SAM),
        assessment_status: AssessmentStatus::Pending,
        supersedes: None,
        engineer_notes: String::new(),
        asked_by: None,
    });
    priya.press_keys("gp");
    assert!(priya.has_logged_toast("Another claim is in progress"));
}

#[test]
fn a_claim_with_a_lost_response_is_marked_seen_by_its_event() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("p");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(call_id, Err(unreachable_error()));
    assert!(!priya.state.seen.contains(handoff_id(1)));
    priya.receive_team_event(claimed_event(&item(1), PRIYA));
    assert!(priya.effects.contains(&Effect::MarkSeen(handoff_id(1))));
}

#[test]
fn an_unknown_claim_result_is_shown_until_it_is_resolved() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter><enter>");
    let claim = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(claim, Err(unreachable_error()));
    assert!(priya.paint().contains("claim result unknown"));
    let is_handoff_call = |call: &Call| *call == Call::Handoff(handoff_id(1));
    // One call of the briefing, one of the claim in doubt.
    for _ in 0..2 {
        let call_id = priya.take_call(is_handoff_call);
        priya.reply(call_id, Err(unreachable_error()));
    }
    priya.receive_hello(10);
    let again = priya.take_call(is_handoff_call);
    priya.reply(again, Ok(ReplyBody::Handoff(handoff_with_snapshot(item(1)))));
    assert!(!priya.paint().contains("claim result unknown"));

    // An event of the claim resolves the doubt too.
    priya.press_keys("<enter>");
    let claim = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(claim, Err(unreachable_error()));
    assert!(priya.paint().contains("claim result unknown"));
    priya.receive_team_event(claimed_event(&item(1), PRIYA));
    assert!(!priya.paint().contains("claim result unknown"));
}

#[test]
fn opening_a_claimed_handoff_marks_it_seen() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    priya.press_keys("2<enter>");
    assert!(priya.effects.contains(&Effect::MarkSeen(handoff_id(1))));
}

#[test]
fn a_claim_that_moves_between_pages_while_they_load_is_not_lost() {
    let mut priya = TestConsole::just_opened();
    priya.receive_hello(10);
    // The claimed page was read before the claim, the open page after it.
    priya.receive_team_event(claimed_event(&item(1), DANA));
    for _ in 0..2 {
        let call_id = priya.take_call(|call| matches!(call, Call::Queue { .. }));
        priya.reply(call_id, Ok(ReplyBody::Queue(queue_page(Vec::new()))));
    }
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(claimed_by(DANA, item(1))))));
    assert!(priya.state.queue.item(handoff_id(1)).is_some());
}

#[test]
fn a_handoff_fetched_while_the_lists_load_is_kept() {
    let mut priya = TestConsole::just_opened();
    priya.receive_hello(10);
    priya.receive_team_event(claimed_event(&item(1), DANA));
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(claimed_by(DANA, item(1))))));
    for _ in 0..2 {
        let call_id = priya.take_call(|call| matches!(call, Call::Queue { .. }));
        priya.reply(call_id, Ok(ReplyBody::Queue(queue_page(Vec::new()))));
    }
    assert!(priya.state.queue.item(handoff_id(1)).is_some());
}

#[test]
fn a_tab_pressed_before_the_steps_arrive_says_so() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<tab>");
    assert!(priya.has_logged_toast("still being written") && priya.chat().composer.is_empty());
    assert!(priya.paint().contains("waiting for the assessment"));

    let ready = with_steps(claimed_by(PRIYA, item(1)), 2);
    let (handoff, ai_assessment_data) = (handoff_summary(&ready), ready.ai_assessment_data.unwrap());
    priya.receive_team_event(EventBody::HandoffAssessmentReady {
        handoff,
        ai_assessment: String::new(),
        ai_assessment_data,
    });
    priya.press_keys("<tab>");
    assert_eq!(priya.chat().composer.text(), "step 1");
}
