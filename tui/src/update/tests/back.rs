//! Coming back: after a log-in, a lost connection, a clock that was wrong.

use super::*;
use crate::event::{Connection, Welcome};
use crate::state::layer::Draft;
use crate::state::link::Link;

fn is_logged_out(priya: &mut Desk) {
    priya.happens(Event::Connection(Connection::LoggedOut("this token does not work".into())));
    priya.passes(Duration::from_millis(300));
}

/// Types a password and sends it; the ticket of the log-in.
fn logs_in(priya: &mut Desk) -> Ticket {
    priya.press("secret<enter>");
    let ticket_of = |want: &Effect| if let Effect::LogIn(ticket, _) = want { Some(*ticket) } else { None };
    priya.wants.iter().rev().find_map(ticket_of).unwrap()
}

fn welcome(priya: &mut Desk, ticket: Ticket) {
    let me = priya.state.me.clone().unwrap();
    let welcome = Welcome { server: "https://acme.test".into(), me, place: "a file".into() };
    priya.happens(Event::LoggedIn(ticket, Ok(welcome)));
}

#[test]
fn after_a_new_log_in_the_link_is_live_with_the_first_word() {
    let mut priya = Desk::with(vec![item(1)]);
    is_logged_out(&mut priya);
    let ticket = logs_in(&mut priya);
    welcome(&mut priya, ticket);
    // Its stream begins anew, and nobody says that it has caught up.
    priya.says_hello(25);
    assert_eq!(priya.state.link, Link::Live);
}

/// Mutant seen to fail: events of the stream before taken to be late on the new one.
#[test]
fn after_a_new_log_in_nothing_is_asked_over_and_over_until_events_are_late_again() {
    let mut priya = Desk::with(vec![item(1)]);
    let ask_every = Duration::from_secs(10);
    priya.happens(Event::Connection(Connection::Late { ask_every }));
    is_logged_out(&mut priya);
    let ticket = logs_in(&mut priya);
    priya.wants.clear();
    welcome(&mut priya, ticket);
    let me = priya.state.me.clone().unwrap();
    let ticket = priya.asked(|call| *call == Call::Me);
    priya.answers(ticket, Ok(Answer::Me(me.clone())));
    assert_eq!(priya.state.link, Link::Connecting);
    priya.happens(Event::Connection(Connection::Late { ask_every }));
    let ticket = priya.asked(|call| *call == Call::Me);
    priya.answers(ticket, Ok(Answer::Me(me)));
    assert!(matches!(priya.state.link, Link::Polling { .. }), "{:?}", priya.state.link);
}

#[test]
fn what_nobody_answers_any_more_after_a_new_log_in_has_failed() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("hello<enter>");
    priya.press("<ctrl-r>it was off<enter>y");
    assert!(matches!(priya.state.layers.last(), Some(Layer::Dialog(dialog)) if dialog.sending.is_some()));
    is_logged_out(&mut priya);
    let ticket = logs_in(&mut priya);
    welcome(&mut priya, ticket);
    assert_eq!(priya.chat().composer.text(), "hello");
    assert!(priya.state.outgoing.is_empty());
    assert!(matches!(
        priya.state.layers.last(),
        Some(Layer::Dialog(dialog)) if dialog.sending.is_none() && dialog.error.is_some()
    ));
}

#[test]
fn a_draft_on_its_way_to_the_winner_fails_too() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter>v");
    priya.press("try the stairs");
    let claimed = What::HandoffClaimed { handoff: about(&item(1)), by: person(DANA), claimed_at: NOW };
    priya.hears(claimed);
    priya.passes(Duration::from_millis(300));
    priya.is_an_admin();
    priya.press("d");
    is_logged_out(&mut priya);
    let ticket = logs_in(&mut priya);
    welcome(&mut priya, ticket);
    assert!(matches!(
        priya.state.layers.last(),
        Some(Layer::Conflict(lost)) if matches!(lost.draft, Draft::Refused(_))
    ));
}

#[test]
fn a_log_in_that_is_being_sent_is_not_closed_from_under_its_answer() {
    let mut priya = Desk::with(vec![item(1)]);
    is_logged_out(&mut priya);
    let ticket = logs_in(&mut priya);
    priya.press("<esc>");
    welcome(&mut priya, ticket);
    assert_eq!(priya.state.link, Link::Connecting);
    assert!(priya.state.layers.is_empty());
}

#[test]
fn a_log_in_that_was_put_away_comes_when_one_asks_for_it() {
    let mut priya = Desk::with(vec![item(1)]);
    is_logged_out(&mut priya);
    priya.press("<esc>");
    assert!(priya.was_told("log in"));
    // Each row that is opened is refused, and none of them asks anew.
    priya.press("<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::Handoff(_)));
    let problem = tierup_common::problem::Problem::new(tierup_common::problem::Code::Unauthenticated);
    priya.answers(ticket, Err(Failure::Problem(Box::new(problem))));
    assert!(priya.state.layers.is_empty());
    priya.press(":log-in<enter>");
    let ticket = logs_in(&mut priya);
    welcome(&mut priya, ticket);
    assert_eq!(priya.state.link, Link::Connecting);
}

#[test]
fn marks_that_were_made_meanwhile_outlive_what_the_file_held_before() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("<enter>");
    priya.happens(Event::Seen(vec![handoff_id(2)]));
    assert!(priya.state.seen.has(handoff_id(1)) && priya.state.seen.has(handoff_id(2)));
}
