//! Claims: won, lost, passed on, given to somebody else, and told too late or too early.

use tierup_common::problem::{Code, Problem, Winner};

use super::*;
use crate::state::layer::{Confirm, Pick, PickOf};

fn claimed(item: &QueueItem, who: u8) -> What {
    What::HandoffClaimed { handoff: about(item), by: person(who), claimed_at: NOW }
}

fn lost_to(who: u8, item: &QueueItem) -> Failure {
    let winner = Winner {
        handoff_id: item.id,
        claimed_by_id: person(who).id,
        claimed_by_name: person(who).name,
        claimed_at: NOW,
    };
    Failure::Problem(Box::new(Problem { winner: Some(winner), ..Problem::new(Code::HandoffAlreadyClaimed) }))
}

#[test]
fn whoever_passes_their_own_claim_on_is_not_told_that_they_lost_it() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    let (by, to) = (person(PRIYA), person(DANA));
    let handoff = about(&claimed_by(PRIYA, item(1)));
    priya.hears(What::HandoffAssigned { handoff, by, to, claimed_at: NOW });
    assert!(!priya.is_told_of_a_loss());
}

#[test]
fn whoever_has_their_claim_passed_on_by_another_is_told_to_whom_and_stays_where_they_are() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    let (by, to) = (person(SAM), person(DANA));
    let handoff = about(&claimed_by(PRIYA, item(1)));
    priya.hears(What::HandoffAssigned { handoff, by, to, claimed_at: NOW });
    assert!(!priya.is_told_of_a_loss());
    assert!(priya.was_told(&format!("{} passed #1 to {}", person(SAM).name, person(DANA).name)));
    assert!(matches!(priya.state.screen, Screen::Session(_)));
}

#[test]
fn somebody_elses_claim_of_what_is_read_is_told() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter>");
    priya.hears(claimed(&item(1), DANA));
    assert!(priya.is_told_of_a_loss());
}

#[test]
fn a_lost_claim_marks_its_row_before_any_event_and_selects_the_next_that_waits() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("p");
    let ticket = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(ticket, Err(lost_to(DANA, &item(1))));
    let row = priya.state.queue.item(handoff_id(1)).unwrap();
    assert_eq!((row.status, row.claimed_by), (HandoffStatus::Claimed, Some(person(DANA).id)));
    assert_eq!(priya.state.queue.selected().unwrap().id, handoff_id(2));
}

#[test]
fn what_opens_by_itself_takes_no_key_at_first() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("p");
    let ticket = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(ticket, Err(lost_to(DANA, &item(1))));
    priya.press("<enter>");
    assert!(priya.is_told_of_a_loss());
    priya.passes(Duration::from_millis(300));
    priya.press("<enter>");
    assert!(!priya.is_told_of_a_loss());

    let ended = crate::event::Connection::LoggedOut("this token does not work".into());
    priya.happens(Event::Connection(ended));
    priya.happens(Event::Paste("meant for a message".into()));
    priya.press("<esc>");
    assert!(matches!(priya.state.layers.last(), Some(Layer::LogIn(login)) if login.secret.is_empty()));
    assert!(matches!(priya.state.layers.last(), Some(Layer::LogIn(_))));
    priya.passes(Duration::from_millis(300));
    priya.press("<esc>");
    assert!(priya.state.layers.is_empty());
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("p");
    let ticket = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(ticket, Err(lost_to(DANA, &item(1))));
    let before = priya.state.server_now();
    priya.happens(Event::Tick(NOW.minus(Duration::from_hours(1))));
    assert_eq!(priya.state.server_now(), before, "the server's clock goes on");
    priya.passes(Duration::from_millis(300));
    priya.press("<enter>");
    assert!(!priya.is_told_of_a_loss());
    assert!(!priya.state.toasts.shown().is_empty() || priya.state.toasts.next().is_none());
    priya.passes(Duration::from_secs(7));
    assert!(priya.state.toasts.shown().is_empty());
}

#[test]
fn what_lay_over_the_screen_that_closes_goes_with_it() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter>v");
    priya.state.layers.push(Layer::Briefing);
    priya.state.layers.push(Layer::Pick(Pick::new(PickOf::Cases)));
    priya.state.layers.push(Layer::Confirm(Confirm::take_back(session_id(1))));
    priya.hears(claimed(&item(1), DANA));
    assert!(matches!(priya.state.layers.as_slice(), [Layer::Conflict(_)]), "{:?}", priya.state.layers);
}

#[test]
fn a_claim_that_can_do_nothing_says_so() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("<enter>");
    priya.hears(What::HandoffWithdrawn { handoff: about(&item(1)), by: person(SAM) });
    priya.press("<enter>");
    assert!(priya.was_told("This handoff is withdrawn"));
    assert_eq!(priya.asks(|call| matches!(call, Call::Claim(_))), 0);
    priya.press("<esc>pp");
    assert_eq!(priya.asks(|call| matches!(call, Call::Claim(_))), 1, "one key, one request");
    assert!(!priya.was_told("under way"));
    priya.hears(What::HandoffCreated {
        handoff: AboutHandoff { priority: Priority::Urgent, ..about(&item(3)) },
        by: person(SAM),
        assessment_status: AssessmentStatus::Pending,
        supersedes: None,
    });
    priya.press("gp");
    assert!(priya.was_told("Another claim is still under way"));
}

#[test]
fn a_claim_whose_answer_is_lost_counts_as_seen_all_the_same() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("p");
    let ticket = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(ticket, Err(unreachable()));
    assert!(!priya.state.seen.has(handoff_id(1)));
    priya.hears(claimed(&item(1), PRIYA));
    assert!(priya.wants.contains(&Effect::MarkSeen(handoff_id(1))));
}

#[test]
fn a_claim_in_doubt_is_told_until_it_is_known() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter><enter>");
    let claim = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(claim, Err(unreachable()));
    assert!(priya.paints().contains("not known yet"));
    let is_it = |call: &Call| *call == Call::Handoff(handoff_id(1));
    // The briefing had asked for it, and the doubt asks once more.
    for _ in 0..2 {
        let ticket = priya.asked(is_it);
        priya.answers(ticket, Err(unreachable()));
    }
    priya.says_hello(10);
    let again = priya.asked(is_it);
    priya.answers(again, Ok(Answer::Handoff(whole(item(1)))));
    assert!(!priya.paints().contains("not known yet"));

    // So does whoever has it.
    priya.press("<enter>");
    let claim = priya.asked(|call| matches!(call, Call::Claim(_)));
    priya.answers(claim, Err(unreachable()));
    assert!(priya.paints().contains("not known yet"));
    priya.hears(claimed(&item(1), PRIYA));
    assert!(!priya.paints().contains("not known yet"));
}

#[test]
fn opening_what_one_works_on_marks_it_seen() {
    let mut priya = Desk::with(vec![claimed_by(PRIYA, item(1))]);
    priya.press("2<enter>");
    assert!(priya.wants.contains(&Effect::MarkSeen(handoff_id(1))));
}

#[test]
fn a_claim_that_moves_between_pages_while_they_load_is_not_lost() {
    let mut priya = Desk::opened();
    priya.says_hello(10);
    // The page of what is claimed was read before the claim, that of what waits comes after it.
    priya.hears(claimed(&item(1), DANA));
    for _ in 0..2 {
        let ticket = priya.asked(|call| matches!(call, Call::Queue { .. }));
        priya.answers(ticket, Ok(Answer::Queue(page(Vec::new()))));
    }
    let ticket = priya.asked(|call| *call == Call::Handoff(handoff_id(1)));
    priya.answers(ticket, Ok(Answer::Handoff(whole(claimed_by(DANA, item(1))))));
    assert!(priya.state.queue.item(handoff_id(1)).is_some());
}

#[test]
fn what_is_fetched_while_the_lists_load_is_not_taken_for_out_of_date() {
    let mut priya = Desk::opened();
    priya.says_hello(10);
    priya.hears(claimed(&item(1), DANA));
    let ticket = priya.asked(|call| *call == Call::Handoff(handoff_id(1)));
    priya.answers(ticket, Ok(Answer::Handoff(whole(claimed_by(DANA, item(1))))));
    for _ in 0..2 {
        let ticket = priya.asked(|call| matches!(call, Call::Queue { .. }));
        priya.answers(ticket, Ok(Answer::Queue(page(Vec::new()))));
    }
    assert!(priya.state.queue.item(handoff_id(1)).is_some());
}

#[test]
fn a_number_that_comes_before_its_step_is_no_text() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("1");
    assert!(priya.was_told("still being written") && priya.chat().composer.is_empty());
    assert!(priya.paints().contains("steps come with the assessment"));

    let ready = with_steps(claimed_by(PRIYA, item(1)), 2);
    let (handoff, ai_assessment_data) = (about(&ready), ready.ai_assessment_data.unwrap());
    priya.hears(What::HandoffAssessmentReady { handoff, ai_assessment: String::new(), ai_assessment_data });
    priya.press("1");
    assert_eq!(priya.chat().composer.text(), "step 1");
}
