//! Tests of earlier messages: fetched page by page when the user scrolls there.

use tierup_common::assessment::Evidence;
use tierup_common::session::MessagePage;

use super::*;
use crate::update::tests::reading::transcript_rows;

/// Matches the call for the page before this message.
fn is_messages_call(seq: u32) -> impl Fn(&Call) -> bool {
    move |call| *call == Call::Messages { session_id: session_id(1), before_seq: seq }
}

fn messages_from_sam(seqs: std::ops::RangeInclusive<u8>) -> Vec<Message> {
    seqs.map(|seq| message(seq, SAM, &format!("said {seq}."))).collect()
}

fn messages_reply(seqs: std::ops::RangeInclusive<u8>) -> ReplyBody {
    let next_before = Some(u32::from(*seqs.start())).filter(|seq| *seq > 1);
    ReplyBody::Messages(MessagePage { items: messages_from_sam(seqs), next_before })
}

/// Mutant seen to fail: a page that is fetched only once the first message is visible.
#[test]
fn earlier_messages_are_fetched_when_scrolling_comes_near_them() {
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=150));
    let any = |call: &Call| matches!(call, Call::Messages { .. });
    priya.dispatch(Event::Resize(120, 36));
    assert_eq!(priya.count_calls(any), 0, "whoever reads the end has it");
    assert!(priya.paint().contains("said 150."));
    let mut pages = 0;
    while priya.count_calls(any) == 0 {
        priya.press_keys("<pageup>");
        pages += 1;
        assert!(pages < 10, "nothing was asked for");
    }
    assert!(!priya.paint().contains("said 101."), "it is on its way before one is there");
    assert!(priya.paint().contains("loading earlier messages"));
    // The border has the scrollbar.
    let row = |priya: &mut TestConsole, row: usize| {
        transcript_rows(priya)[row].trim_end_matches(['│', '┃', ' ']).to_owned()
    };
    let reads = row(&mut priya, 5);
    let call_id = priya.take_call(is_messages_call(101));
    priya.dispatch(Event::Resize(120, 36));
    assert_eq!(priya.count_calls(any), 0, "it is asked for once");
    priya.reply(call_id, Ok(messages_reply(51..=100)));
    assert_eq!(row(&mut priya, 4), reads, "what one reads stays where it is, but for the line above");
    assert!(!priya.paint().contains("loading earlier messages"));
}

/// Mutant seen to fail: a message that arrives meanwhile and cancels the jump.
#[test]
fn going_to_the_top_or_to_evidence_loads_page_by_page() {
    let home = Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=150));
    priya.dispatch(home);
    let call_id = priya.take_call(is_messages_call(101));
    priya.receive_filtered_event(message_added(session_id(1), message(151, SAM, "new")));
    priya.reply(call_id, Ok(messages_reply(51..=100)));
    let call_id = priya.take_call(is_messages_call(51));
    priya.reply(call_id, Ok(messages_reply(1..=50)));
    assert!(transcript_rows(&mut priya)[2].contains("said 1."), "{:?}", transcript_rows(&mut priya));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Messages { .. })), 0);

    let mut speaks = with_steps(item(1), 2);
    if let Some(assessment) = &mut speaks.ai_assessment_data {
        assessment.evidence = vec![Evidence { message_seq: 7, quote: "said 7.".into() }];
    }
    let mut priya = TestConsole::in_claimed_session(speaks, messages_from_sam(101..=150));
    priya.press_keys("<alt-e>");
    let call_id = priya.take_call(is_messages_call(101));
    priya.reply(call_id, Ok(messages_reply(51..=100)));
    let call_id = priya.take_call(is_messages_call(51));
    priya.reply(call_id, Ok(messages_reply(1..=50)));
    assert!(transcript_rows(&mut priya)[2].contains("said 7."), "{:?}", transcript_rows(&mut priya));
}

#[test]
fn a_failed_message_page_is_reported_and_retried_on_the_next_key() {
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=150));
    let home = || Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    priya.dispatch(home());
    let call_id = priya.take_call(is_messages_call(101));
    priya.reply(call_id, Err(unreachable_error()));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Messages { .. })), 0, "not over and over");
    assert!(priya.paint().contains("Can't load earlier messages"));
    priya.dispatch(home());
    let call_id = priya.take_call(is_messages_call(101));
    // A page that is not adjacent to the loaded messages is ignored.
    priya.reply(call_id, Ok(messages_reply(1..=50)));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Messages { .. })), 0);
    assert!(!priya.paint().contains("said 1."));
}

/// Makes the console fetch the session again, and replies.
fn refetch_session(priya: &mut TestConsole, seqs: std::ops::RangeInclusive<u8>) {
    priya.dispatch(Event::FilteredStreamFrame(StreamFrame::Signal(Signal::Reset { seq: Seq(99) })));
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    let session = session(1, SessionStatus::Active, PRIYA, messages_from_sam(seqs));
    priya.reply(call_id, Ok(ReplyBody::Session(session)));
}

/// Mutant seen to fail: a page that is requested twice when the session is fetched again.
#[test]
fn a_pending_page_is_used_if_the_conversation_still_begins_there() {
    let home = Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=150));
    priya.dispatch(home);
    let call_id = priya.take_call(is_messages_call(101));
    refetch_session(&mut priya, 101..=150);
    assert_eq!(priya.count_calls(is_messages_call(101)), 0, "it is on its way");
    priya.reply(call_id, Ok(messages_reply(51..=100)));
    let next = priya.take_call(is_messages_call(51));
    assert!(!priya.paint().contains("Can't load earlier messages"));
    priya.reply(next, Ok(messages_reply(1..=50)));
    assert!(transcript_rows(&mut priya)[2].contains("said 1."), "{:?}", transcript_rows(&mut priya));
}

/// Mutant seen to fail: a page that is added although its call is stale.
#[test]
fn an_outdated_message_page_is_ignored() {
    let home = || Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let loaded_range = |priya: &mut TestConsole| {
        let screen = priya.paint();
        assert!(!screen.contains("Can't load earlier messages"), "{screen}");
        (priya.chat().messages[0].seq, priya.chat().newest_seq(), priya.chat().messages.len())
    };
    // So many messages arrived that the loaded ones begin elsewhere.
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=110));
    priya.dispatch(home());
    let first = priya.take_call(is_messages_call(101));
    refetch_session(&mut priya, 161..=200);
    priya.dispatch(home());
    let second = priya.take_call(is_messages_call(161));
    priya.reply(first, Ok(messages_reply(51..=100)));
    priya.reply(second, Ok(messages_reply(111..=160)));
    assert_eq!(loaded_range(&mut priya), (111, 200, 90));

    // The user went back and opened the session again.
    for late in [Ok(messages_reply(51..=100)), Err(unreachable_error())] {
        let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(101..=150));
        priya.dispatch(home());
        let first = priya.take_call(is_messages_call(101));
        priya.press_keys("<esc><esc><enter>");
        let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
        let session = session(1, SessionStatus::Active, PRIYA, messages_from_sam(101..=150));
        priya.reply(call_id, Ok(ReplyBody::Session(session)));
        priya.dispatch(home());
        let second = priya.take_call(is_messages_call(101));
        priya.reply(first, late);
        priya.reply(second, Ok(messages_reply(51..=100)));
        assert_eq!(loaded_range(&mut priya), (51, 150, 100));
    }
}

/// Mutant seen to fail: earlier messages that are kept in spite of a gap after them.
#[test]
fn loaded_messages_are_kept_only_if_no_gap_follows_them() {
    let mut priya = TestConsole::in_claimed_session(item(1), messages_from_sam(1..=60));
    let answers = |priya: &mut TestConsole, seqs| {
        refetch_session(priya, seqs);
        (priya.chat().messages[0].seq, priya.chat().newest_seq(), priya.chat().messages.len())
    };
    assert_eq!(answers(&mut priya, 61..=110), (1, 110, 110));
    assert_eq!(answers(&mut priya, 150..=199), (150, 199, 50));
}
