//! Tests of messages in a session: drafts, messages under way and awaited answers.

use ratatui::style::Modifier;
use tierup_common::assessment::Outcome;
use tierup_common::id::BranchId;
use tierup_common::session::{Branch, BranchStatus, PutBranch};

use super::*;

fn send_message(priya: &mut TestConsole, text: &str) -> CallId {
    priya.press_keys(text);
    priya.press_keys("<enter>");
    priya.take_call(|call| matches!(call, Call::CreateMessage { .. }))
}

/// Adds a branch and returns its id.
fn add_branch(priya: &mut TestConsole, text: &str) -> BranchId {
    priya.press_keys(&format!("a{text}<enter>"));
    let call_id = priya.take_call(|call| matches!(call, Call::PutBranch { .. }));
    let Call::PutBranch { branch_id: id, request, .. } = priya.state.pending_calls[&call_id].clone() else {
        unreachable!("it was one")
    };
    let PutBranch { hypothesis, status, evidence } = request;
    let branch = Branch { id, hypothesis, status, evidence, updated_at: NOW };
    priya.reply(call_id, Ok(ReplyBody::Branch(branch)));
    id
}

fn saved_draft(priya: &TestConsole) -> Option<&str> {
    Some(priya.state.outbox.draft(session_id(1))).filter(|draft| !draft.is_empty())
}

#[test]
fn a_recalled_message_becomes_a_draft_only_when_it_is_edited() {
    let mut priya = TestConsole::in_claimed_session(item(1), vec![message(1, PRIYA, "sent before")]);
    priya.press_keys("half a thought<up>");
    assert_eq!(priya.chat().composer.text(), "sent before");
    assert_eq!(saved_draft(&priya), Some("half a thought"));
    priya.press_keys("!");
    assert_eq!(saved_draft(&priya), Some("sent before!"));
}

#[test]
fn a_message_being_sent_cannot_be_sent_again() {
    let mut priya = TestConsole::in_claimed_session(item(1), vec![message(1, SAM, "problem 1")]);
    let call_id = send_message(&mut priya, "hello");
    priya.press_keys("and more<esc><esc><enter>");
    assert_eq!(priya.chat().composer.text(), "and more");
    assert!(priya.paint().contains("sending"));
    priya.press_keys("<enter>");
    assert_eq!(priya.count_calls(|call| matches!(call, Call::CreateMessage { .. })), 0);
    assert_eq!(saved_draft(&priya), Some("hello\nand more"), "a crash loses neither");
    priya.reply(call_id, Ok(ReplyBody::Message(message(2, PRIYA, "hello"))));
    assert_eq!(saved_draft(&priya), Some("and more"));
    assert!(!priya.paint().contains("sending"));
}

#[test]
fn a_failed_message_returns_to_the_composer_of_a_reopened_session() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    let call_id = send_message(&mut priya, "hello");
    priya.press_keys("<esc><esc><enter>");
    priya.reply(call_id, Err(unreachable_error()));
    assert_eq!(priya.chat().composer.text(), "hello");
}

#[test]
fn a_message_with_a_lost_response_is_resent_under_the_same_call_id() {
    let mut priya = TestConsole::in_claimed_session(item(1), vec![message(1, PRIYA, "hello")]);
    let call_id = send_message(&mut priya, "hello");
    priya.reply(call_id, Err(unreachable_error()));
    assert!(priya.has_logged_toast("may not have been sent"));
    assert_eq!(priya.chat().composer.text(), "hello");
    priya.press_keys("<enter>");
    assert_eq!(
        priya.take_call(|call| matches!(call, Call::CreateMessage { .. })),
        call_id,
        "one key, one message"
    );
    priya.reply(call_id, Ok(ReplyBody::Message(message(2, PRIYA, "hello"))));
    assert!(priya.chat().composer.is_empty());

    // A changed text is another message.
    let call_id = send_message(&mut priya, "what now");
    priya.reply(call_id, Err(unreachable_error()));
    assert!(send_message(&mut priya, "?") > call_id);
}

#[test]
fn a_message_with_a_lost_response_leaves_the_draft_when_its_event_comes() {
    let mut priya = TestConsole::in_claimed_session(item(1), vec![message(1, PRIYA, "hello")]);
    let call_id = send_message(&mut priya, "hello");
    priya.reply(call_id, Err(unreachable_error()));
    priya.press_keys(" and more");
    let session_id = session_id(1);
    for (seq, who) in [(2, DANA), (3, PRIYA)] {
        assert_eq!(priya.chat().composer.text(), "hello and more");
        priya.receive_filtered_event(message_added(session_id, message(seq, who, "hello")));
    }
    assert_eq!(priya.chat().composer.text(), " and more");
}

#[test]
fn a_message_whose_event_came_before_the_error_counts_as_sent() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<ctrl-t>");
    let call_id = send_message(&mut priya, "hello");
    let (session_id, message) = (session_id(1), message(1, PRIYA, "hello"));
    priya.receive_filtered_event(message_added(session_id, message));
    priya.reply(call_id, Err(unreachable_error()));
    assert!(priya.chat().composer.is_empty() && !priya.has_logged_toast("may not have been sent"));
    assert!(priya.chat().awaited_answer.is_some());
}

#[test]
fn a_branch_with_a_pending_status_is_edited_with_the_new_status() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<alt-C>");
    let id = add_branch(&mut priya, "the cable");
    // Confirmed, then ruled out while that is pending; the edit that follows is sent last.
    priya.press_keys("cx<enter> and the plug<enter>");
    let asks = |priya: &TestConsole, wanted| {
        priya.count_calls(|call| matches!(call, Call::PutBranch { request, .. } if request.status == wanted))
    };
    assert_eq!([BranchStatus::Confirmed, BranchStatus::RuledOut].map(|it| asks(&priya, it)), [1, 1]);
    let first = priya.take_call(|call| matches!(call, Call::PutBranch { .. }));
    let written = Branch {
        id,
        hypothesis: "the cable".into(),
        status: BranchStatus::Confirmed,
        evidence: None,
        updated_at: NOW,
    };
    priya.reply(first, Ok(ReplyBody::Branch(written)));
    assert_eq!(
        priya.count_calls(|call| matches!(call, Call::PutBranch { .. })),
        1,
        "nothing waits behind it"
    );
}

#[test]
fn a_missed_answer_ends_its_partial_text_after_a_refetch() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<ctrl-t>");
    let call_id = send_message(&mut priya, "what now?");
    priya.reply(call_id, Ok(ReplyBody::Message(message(1, PRIYA, "what now?"))));
    assert!(priya.chat().awaited_answer.is_some());
    let (session_id, message_id) = (session_id(1), MessageId::from_bytes([2; 16]));
    let delta = |text: &str| {
        let text = text.into();
        Event::FilteredStreamFrame(StreamFrame::Signal(Signal::MessageDelta {
            session_id,
            message_id,
            offset: 0,
            text,
        }))
    };
    priya.dispatch(delta("Try the st"));
    assert_eq!(priya.chat().partial_answers.len(), 1);
    priya.dispatch(Event::FilteredStreamFrame(StreamFrame::Signal(Signal::Reset { seq: Seq(99) })));
    let answer = assistant_message(2, "Try the stairs");
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    let all = vec![message(1, PRIYA, "what now?"), answer];
    priya.reply(call_id, Ok(ReplyBody::Session(session(1, SessionStatus::Active, PRIYA, all))));
    assert!(priya.chat().partial_answers.is_empty() && priya.chat().awaited_answer.is_none());
    priya.dispatch(delta("Try the stairs"));
    assert!(priya.chat().partial_answers.is_empty(), "a late piece of what is here");
}

#[test]
fn an_answer_to_an_earlier_question_does_not_end_the_waiting() {
    let before = vec![message(1, PRIYA, "one"), assistant_message(2, "first")];
    let mut priya = TestConsole::in_claimed_session(item(1), before.clone());
    priya.press_keys("<ctrl-t>");
    let call_id = send_message(&mut priya, "two");
    priya.reply(call_id, Ok(ReplyBody::Message(message(3, PRIYA, "two"))));
    priya.dispatch(Event::FilteredStreamFrame(StreamFrame::Signal(Signal::Reset { seq: Seq(99) })));
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    priya.reply(call_id, Ok(ReplyBody::Session(session(1, SessionStatus::Active, PRIYA, before))));
    assert!(priya.chat().awaited_answer.is_some());
    let message = assistant_message(4, "second");
    priya.receive_filtered_event(message_added(session_id(1), message));
    assert!(priya.chat().awaited_answer.is_none());
}

#[test]
fn the_step_strip_scrolls_back_when_fewer_steps_remain() {
    let mut priya = TestConsole::in_claimed_session(with_steps(item(1), 9), Vec::new());
    for _ in 0..9 {
        priya.press_keys("<alt-L>");
    }
    if let Screen::Session(chat) = &mut priya.state.screen {
        chat.first_visible_step = 8;
    }
    let fewer = with_steps(item(1), 2);
    let handoff = HandoffSummary { version: 9, ..handoff_summary(&fewer) };
    let ai_assessment_data = fewer.ai_assessment_data.unwrap();
    priya.receive_team_event(EventBody::HandoffAssessmentReady {
        handoff,
        ai_assessment: String::new(),
        ai_assessment_data,
    });
    // Steps that fit are not scrolled out to the left.
    let screen = priya.paint();
    assert!(screen.contains("1 step 1") && screen.contains("2 step 2"), "{screen}");
}

#[test]
fn a_session_is_fetched_once_if_its_stream_starts_at_the_requested_seq() {
    let is_session = |call: &Call| matches!(call, Call::Session(_));
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    priya.press_keys("2<enter>");
    let watch =
        Effect::SetStreamFilters(vec![crate::effect::StreamFilter::Session(session_id(1))], Some(Seq(10)));
    assert!(priya.effects.contains(&watch), "{:?}", priya.effects);
    let hello = || {
        Event::FilteredStreamFrame(StreamFrame::Signal(Signal::Hello {
            seq: Seq(12),
            oldest_seq: Seq(1),
            now: NOW,
        }))
    };
    priya.dispatch(hello());
    assert_eq!(priya.count_calls(is_session), 1);

    // A stream without a start position may have missed events.
    let mut early = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    early.state.last_event_seq = None;
    early.press_keys("2<enter>");
    early.dispatch(hello());
    early.dispatch(hello());
    assert_eq!(early.count_calls(is_session), 2);
}

#[test]
fn selected_text_uses_the_theme_and_the_terminal_draws_the_cursor() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("half");
    let looks = |priya: &mut TestConsole| {
        let cursor = priya.state.settings.theme.cursor;
        let buffer = priya.paint_buffer();
        let is_odd = |cell: &Cell| cell.modifier.intersects(Modifier::SLOW_BLINK | Modifier::RAPID_BLINK);
        assert!(!buffer.content.iter().any(is_odd));
        buffer.content.iter().filter(|cell| cell.modifier.contains(cursor.add_modifier)).count()
    };
    assert_eq!(looks(&mut priya), 0);
    for _ in 0..2 {
        priya.dispatch(Event::Key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT)));
    }
    assert_eq!(looks(&mut priya), 2, "the last two letters, on the first of which the cursor is");
    priya.state.layers.push(Layer::Log { scroll_offset: 0 });
    assert_eq!(looks(&mut priya), 0, "behind a layer nothing is as bright as that");
}

#[test]
fn the_last_outcome_set_for_a_step_wins() {
    let mut priya = TestConsole::in_claimed_session(with_steps(item(1), 2), Vec::new());
    let outcome = |priya: &mut TestConsole, call_id, number, outcome| {
        let step = StepId::from_bytes([number; 16]);
        priya.reply(
            call_id,
            Ok(ReplyBody::Step(Step {
                id: step,
                text: "step".into(),
                already_tried: false,
                outcome,
                why: None,
            })),
        );
    };
    let marks = |priya: &mut TestConsole, wanted| {
        priya.take_call(|call| matches!(call, Call::PutStep { outcome, .. } if *outcome == wanted))
    };
    priya.press_keys("<alt-w>wfjw");
    let first = marks(&mut priya, Some(Outcome::Worked));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::PutStep { .. })), 0, "one after the other");
    outcome(&mut priya, first, 1, Some(Outcome::Worked));
    let second = marks(&mut priya, Some(Outcome::Failed));
    outcome(&mut priya, second, 1, Some(Outcome::Failed));
    let third = marks(&mut priya, Some(Outcome::Worked));
    priya.press_keys("k");
    // A failure is reported, and the changes queued behind it are dropped.
    priya.press_keys("w");
    priya.reply(third, Err(unreachable_error()));
    assert!(priya.paint().contains("cannot reach the server"));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::PutStep { .. })), 0);
}

#[test]
fn a_new_branch_is_selected_after_it_is_added() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.press_keys("<alt-C>");
    for (number, text) in [(1, "the cable"), (2, "the switch")] {
        add_branch(&mut priya, text);
        let Some(Layer::Picker(pick)) = priya.state.layers.last() else { panic!("the list is gone") };
        assert_eq!(pick.selected + 1, number);
        priya.advance_clock(Duration::from_millis(5));
    }
}
