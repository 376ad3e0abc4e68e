//! Talking in a session: what is typed, what is on its way, what is awaited.

use ratatui::style::Modifier;

use super::*;

fn say(priya: &mut Desk, text: &str) -> Ticket {
    priya.press(text);
    priya.press("<enter>");
    priya.asked(|call| matches!(call, Call::Say { .. }))
}

fn kept(priya: &Desk) -> Option<&str> {
    priya.state.drafts.get(&session_id(1)).map(String::as_str)
}

#[test]
fn a_message_that_was_brought_back_is_no_draft_until_it_is_changed() {
    let mut priya = Desk::at_work(item(1), vec![message(1, PRIYA, "sent before")]);
    priya.press("half a thought<up>");
    assert_eq!(priya.chat().composer.text(), "sent before");
    assert_eq!(kept(&priya), Some("half a thought"));
    priya.press("!");
    assert_eq!(kept(&priya), Some("sent before!"));
}

#[test]
fn what_is_on_its_way_is_not_offered_to_be_sent_once_more() {
    let mut priya = Desk::at_work(item(1), vec![message(1, SAM, "problem 1")]);
    let ticket = say(&mut priya, "hello");
    priya.press("and more<esc><enter>");
    assert_eq!(priya.chat().composer.text(), "and more");
    assert!(priya.paints().contains("sending"));
    priya.press("<enter>");
    assert_eq!(priya.asks(|call| matches!(call, Call::Say { .. })), 0);
    assert_eq!(kept(&priya), Some("hello\nand more"), "a crash loses neither");
    priya.answers(ticket, Ok(Answer::Message(message(2, PRIYA, "hello"))));
    assert_eq!(kept(&priya), Some("and more"));
    assert!(!priya.paints().contains("sending"));
}

#[test]
fn one_that_was_not_sent_comes_back_to_where_one_has_come_back_to() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    let ticket = say(&mut priya, "hello");
    priya.press("<esc><enter>");
    priya.answers(ticket, Err(unreachable()));
    assert_eq!(priya.chat().composer.text(), "hello");
}

#[test]
fn an_answer_that_was_missed_is_not_being_written_for_ever() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    let ticket = say(&mut priya, "what now?");
    priya.answers(ticket, Ok(Answer::Message(message(1, PRIYA, "what now?"))));
    assert!(priya.chat().awaits_answer.is_some());
    let (session_id, message_id) = (session_id(1), MessageId::from_bytes([2; 16]));
    let delta = |text: &str| {
        let text = text.into();
        Event::Watched(Frame::Signal(Signal::MessageDelta { session_id, message_id, offset: 0, text }))
    };
    priya.happens(delta("Try the st"));
    assert_eq!(priya.chat().growing.len(), 1);
    priya.happens(Event::Watched(Frame::Signal(Signal::Reset { seq: Seq(99) })));
    let answer = answer_of_the_assistant(2, "Try the stairs");
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    let all = vec![message(1, PRIYA, "what now?"), answer];
    priya.answers(ticket, Ok(Answer::Session(session(1, SessionStatus::Active, PRIYA, all))));
    assert!(priya.chat().growing.is_empty() && priya.chat().awaits_answer.is_none());
    priya.happens(delta("Try the stairs"));
    assert!(priya.chat().growing.is_empty(), "a late piece of what is here");
}

#[test]
fn an_answer_to_an_earlier_question_is_not_the_one_that_is_awaited() {
    let before = vec![message(1, PRIYA, "one"), answer_of_the_assistant(2, "first")];
    let mut priya = Desk::at_work(item(1), before.clone());
    let ticket = say(&mut priya, "two");
    priya.answers(ticket, Ok(Answer::Message(message(3, PRIYA, "two"))));
    priya.happens(Event::Watched(Frame::Signal(Signal::Reset { seq: Seq(99) })));
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    priya.answers(ticket, Ok(Answer::Session(session(1, SessionStatus::Active, PRIYA, before))));
    assert!(priya.chat().awaits_answer.is_some());
    let message = answer_of_the_assistant(4, "second");
    priya.hears_here(What::MessageAdded { session_id: session_id(1), message });
    assert!(priya.chat().awaits_answer.is_none());
}

#[test]
fn a_step_that_is_gone_leaves_the_strip_where_it_can_be_painted() {
    let mut priya = Desk::at_work(with_steps(item(1), 9), Vec::new());
    for _ in 0..9 {
        priya.press("<alt-l>");
    }
    if let Screen::Session(chat) = &mut priya.state.screen {
        chat.first_step = 8;
    }
    let fewer = with_steps(item(1), 2);
    let handoff = AboutHandoff { version: 9, ..about(&fewer) };
    let ai_assessment_data = fewer.ai_assessment_data.unwrap();
    priya.hears(What::HandoffAssessmentReady { handoff, ai_assessment: String::new(), ai_assessment_data });
    assert!(priya.paints().contains("2 step 2"));
}

#[test]
fn a_session_is_fetched_once_when_its_stream_begins_where_it_was_asked_for() {
    let is_session = |call: &Call| matches!(call, Call::Session(_));
    let mut priya = Desk::with(vec![claimed_by(PRIYA, item(1))]);
    priya.press("2<enter>");
    let watch = Effect::Watch(vec![crate::effect::Watch::Session(session_id(1))], Some(Seq(10)));
    assert!(priya.wants.contains(&watch), "{:?}", priya.wants);
    let hello =
        || Event::Watched(Frame::Signal(Signal::Hello { seq: Seq(12), oldest_seq: Seq(1), now: NOW }));
    priya.happens(hello());
    assert_eq!(priya.asks(is_session), 1);

    // A stream that did not know where to begin may have missed something.
    let mut early = Desk::with(vec![claimed_by(PRIYA, item(1))]);
    early.state.heard = None;
    early.press("2<enter>");
    early.happens(hello());
    early.happens(hello());
    assert_eq!(early.asks(is_session), 2);
}

#[test]
fn the_cursor_and_what_is_selected_look_as_the_theme_says() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("half");
    let looks = |priya: &mut Desk| {
        let cursor = priya.state.settings.worn.cursor;
        let buffer = priya.paints_cells();
        let is_odd = |cell: &Cell| cell.modifier.intersects(Modifier::SLOW_BLINK | Modifier::RAPID_BLINK);
        assert!(!buffer.content.iter().any(is_odd));
        buffer.content.iter().filter(|cell| cell.modifier.contains(cursor.add_modifier)).count()
    };
    assert_eq!(looks(&mut priya), 1);
    for _ in 0..2 {
        priya.happens(Event::Key(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT)));
    }
    assert_eq!(looks(&mut priya), 2, "the last two letters, on the first of which the cursor is");
    priya.state.layers.push(Layer::Log { top: 0 });
    assert_eq!(looks(&mut priya), 0, "behind a layer nothing is as bright as that");
}
