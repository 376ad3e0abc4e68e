//! Tests of the composer's kind: the assistant is quiet once a person has taken a session over.

use super::*;
use tierup_common::session::MessageKind;

/// Sends a message, and returns its kind.
fn sent_kind(console: &mut TestConsole, text: &str) -> MessageKind {
    console.press_keys(text);
    console.press_keys("<enter>");
    let call_id = console.take_call(|call| matches!(call, Call::CreateMessage { .. }));
    let Call::CreateMessage { message, .. } = console.state.pending_calls[&call_id].clone() else {
        unreachable!("a message")
    };
    console.reply(call_id, Ok(ReplyBody::Message(super::message(9, PRIYA, text))));
    message.kind
}

/// Priya in a session that she opened, with this assignee.
fn in_own_session(assignee: u8) -> TestConsole {
    let mut console = TestConsole::with_items(Vec::new());
    let mut own = session(7, SessionStatus::Active, PRIYA, Vec::new());
    (own.item.user_id, own.item.user_name) = (person(PRIYA).id, person(PRIYA).name);
    console
        .receive_team_event(EventBody::SessionCreated { session: session_summary(&own), by: person(PRIYA) });
    console.reply_own_sessions(SessionStatus::Active, vec![own.clone()]);
    console.press_keys("2k<enter>");
    (own.item.assignee_id, own.item.assignee_name) = (person(assignee).id, person(assignee).name);
    let call_id = console.take_call(|call| matches!(call, Call::Session(_)));
    console.reply(call_id, Ok(ReplyBody::Session(own)));
    console
}

/// Mutant seen to fail: a composer that always starts as a question.
#[test]
fn whoever_claimed_writes_notes_unless_they_choose_to_ask() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    let screen = priya.paint();
    assert!(screen.contains("╭ Note ─"), "{screen}");
    assert!(screen.contains("Write to Sam Ortiz; Ctrl-T asks the assistant instead"), "{screen}");
    assert_eq!(sent_kind(&mut priya, "Look at the log"), MessageKind::Note);
    assert!(priya.chat().awaited_answer.is_none());
    priya.press_keys("<ctrl-t>");
    assert!(priya.paint().contains("╭ Message ─"));
    assert_eq!(sent_kind(&mut priya, "What next?"), MessageKind::Ask);
    assert!(priya.chat().awaited_answer.is_some());
}

#[test]
fn a_step_is_sent_like_any_other_message() {
    let mut priya = TestConsole::in_claimed_session(with_steps(item(1), 2), Vec::new());
    assert_eq!(sent_kind(&mut priya, "<alt-1>"), MessageKind::Note);
}

#[test]
fn the_choice_is_remembered_for_its_session_only() {
    let handoffs = vec![claimed_by(PRIYA, item(1)), claimed_by(PRIYA, item(2))];
    let mut priya = TestConsole::with_items(handoffs);
    priya.press_keys("2<enter><ctrl-t>");
    assert!(priya.paint().contains("╭ Message ─"));
    priya.press_keys("<esc><esc>j<enter>");
    assert!(priya.paint().contains("╭ Note ─"), "the other session");
    priya.press_keys("<esc><esc>k<enter>");
    assert!(priya.paint().contains("╭ Message ─"), "the first session again");
}

#[test]
fn an_opener_asks_until_a_person_takes_the_session_over() {
    let mut priya = in_own_session(PRIYA);
    assert!(priya.paint().contains("Ask the assistant"));
    assert_eq!(sent_kind(&mut priya, "What now?"), MessageKind::Ask);

    let mut priya = in_own_session(DANA);
    assert!(priya.paint().contains("Write to Dana Wu; Ctrl-T asks the assistant instead"));
    assert_eq!(sent_kind(&mut priya, "Still broken"), MessageKind::Note);
}
