//! Tests of recovery: after a log-in, a lost connection, a wrong clock.

use super::*;
use crate::event::{ConnectionEvent, LoggedInUser};
use crate::state::connection::ConnectionState;
use crate::state::layer::ConflictDraft;

fn log_out(priya: &mut TestConsole) {
    priya.dispatch(Event::Connection(ConnectionEvent::LoggedOut("this token is not valid".into())));
    priya.advance_clock(Duration::from_millis(300));
}

/// Types a password and submits it. Returns the id of the log-in.
fn submit_login(priya: &mut TestConsole) -> CallId {
    priya.press_keys("secret<enter>");
    let log_in_id =
        |effect: &Effect| if let Effect::LogIn(call_id, _) = effect { Some(*call_id) } else { None };
    priya.effects.iter().rev().find_map(log_in_id).unwrap()
}

fn reply_logged_in(priya: &mut TestConsole, call_id: CallId) {
    let me = priya.state.me.clone().unwrap();
    let welcome =
        LoggedInUser { server_url: "https://acme.test".into(), me, token_location: "a file".into() };
    priya.dispatch(Event::LogInResult(call_id, Ok(welcome)));
}

#[test]
fn after_a_new_log_in_the_link_is_live_with_the_first_word() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    reply_logged_in(&mut priya, call_id);
    // Its stream begins anew, and nobody says that it has caught up.
    priya.receive_hello(25);
    assert_eq!(priya.state.connection, ConnectionState::Live);
}

/// Mutant seen to fail: events of the stream before taken to be late on the new one.
#[test]
fn after_a_new_log_in_nothing_is_asked_over_and_over_until_events_are_late_again() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    let ask_every = Duration::from_secs(10);
    priya.dispatch(Event::Connection(ConnectionEvent::EventsStalled { poll_interval: ask_every }));
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    priya.effects.clear();
    reply_logged_in(&mut priya, call_id);
    let me = priya.state.me.clone().unwrap();
    let call_id = priya.take_call(|call| *call == Call::Me);
    priya.reply(call_id, Ok(ReplyBody::Me(me.clone())));
    assert_eq!(priya.state.connection, ConnectionState::Connecting);
    priya.dispatch(Event::Connection(ConnectionEvent::EventsStalled { poll_interval: ask_every }));
    let call_id = priya.take_call(|call| *call == Call::Me);
    priya.reply(call_id, Ok(ReplyBody::Me(me)));
    assert!(
        matches!(priya.state.connection, ConnectionState::Polling { .. }),
        "{:?}",
        priya.state.connection
    );
}

#[test]
fn what_nobody_answers_any_more_after_a_new_log_in_has_failed() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("hello<enter>");
    priya.press_keys("<ctrl-r>it was off<enter>y");
    assert!(matches!(priya.state.layers.last(), Some(Layer::Dialog(dialog)) if dialog.request.is_pending()));
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    reply_logged_in(&mut priya, call_id);
    assert_eq!(priya.chat().composer.text(), "hello");
    assert!(priya.state.outbox.sending(session_id(1)).is_none());
    assert!(matches!(
        priya.state.layers.last(),
        Some(Layer::Dialog(dialog)) if dialog.request.error().is_some()
    ));
}

#[test]
fn a_draft_on_its_way_to_the_winner_fails_too() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>v");
    priya.press_keys("try the stairs");
    let claimed =
        EventBody::HandoffClaimed { handoff: handoff_summary(&item(1)), by: person(DANA), claimed_at: NOW };
    priya.receive_team_event(claimed);
    priya.advance_clock(Duration::from_millis(300));
    priya.make_admin();
    priya.press_keys("d");
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    reply_logged_in(&mut priya, call_id);
    assert!(matches!(
        priya.state.layers.last(),
        Some(Layer::Conflict(lost)) if matches!(lost.draft, ConflictDraft::Rejected(_))
    ));
}

#[test]
fn a_log_in_that_is_being_sent_is_not_closed_from_under_its_answer() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    priya.press_keys("<esc>");
    reply_logged_in(&mut priya, call_id);
    assert_eq!(priya.state.connection, ConnectionState::Connecting);
    assert!(priya.state.layers.is_empty());
}

#[test]
fn a_log_in_that_was_put_away_comes_when_one_asks_for_it() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    priya.press_keys("<esc>");
    assert!(priya.has_logged_toast("Log in"));
    // Each row that is opened is refused, and none of them asks anew.
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| matches!(call, Call::Handoff(_)));
    let problem = tierup_common::problem::Problem::new(tierup_common::problem::Code::Unauthenticated);
    priya.reply(call_id, Err(CallError::Problem(Box::new(problem))));
    assert!(priya.state.layers.is_empty());
    priya.press_keys(":log-in<enter>");
    let call_id = submit_login(&mut priya);
    reply_logged_in(&mut priya, call_id);
    assert_eq!(priya.state.connection, ConnectionState::Connecting);
}

#[test]
fn marks_that_were_made_meanwhile_outlive_what_the_file_held_before() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("<enter>");
    priya.dispatch(Event::SeenSetLoaded(vec![handoff_id(2)]));
    assert!(priya.state.seen.contains(handoff_id(1)) && priya.state.seen.contains(handoff_id(2)));
}
