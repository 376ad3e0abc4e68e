//! Tests of recovery: after a log-in, a lost connection, a wrong clock.

use super::claims::claim_conflict;
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
fn after_a_new_login_the_connection_is_live_with_the_first_hello() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    reply_logged_in(&mut priya, call_id);
    // The new stream sends no caught-up frame.
    priya.receive_hello(25);
    assert_eq!(priya.state.connection, ConnectionState::Live);
}

/// Mutant seen to fail: a stall of the old stream that counts for the new one.
#[test]
fn after_a_new_login_polling_starts_only_when_events_stall_again() {
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
fn a_new_login_fails_the_requests_that_were_pending() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("hello<enter>");
    priya.press_keys("<alt-R>it was off<enter>y");
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
fn a_new_login_fails_a_draft_being_sent_to_the_winner() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>v");
    priya.press_keys("try the stairs");
    priya.press_keys("<alt-p>");
    let call_id = priya.take_call(|call| matches!(call, Call::Claim(_)));
    priya.reply(call_id, Err(claim_conflict(DANA, &item(1))));
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
fn a_login_that_is_being_submitted_cannot_be_closed() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    let call_id = submit_login(&mut priya);
    priya.press_keys("<esc>");
    reply_logged_in(&mut priya, call_id);
    assert_eq!(priya.state.connection, ConnectionState::Connecting);
    assert!(priya.state.layers.is_empty());
}

#[test]
fn a_dismissed_login_form_reopens_only_by_command() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    log_out(&mut priya);
    priya.press_keys("<esc>");
    assert!(priya.has_logged_toast("Log in"));
    // Calls are refused, and none of them opens the log-in again.
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
fn seen_marks_made_before_the_file_is_loaded_are_kept() {
    let mut priya = TestConsole::with_items(vec![item(1), item(2)]);
    priya.press_keys("<enter>");
    priya.dispatch(Event::SeenSetLoaded(vec![handoff_id(2)]));
    assert!(priya.state.seen.contains(handoff_id(1)) && priya.state.seen.contains(handoff_id(2)));
}
