//! Messages before those that are here: fetched page by page, by whoever goes there.

use tierup_common::assessment::Evidence;
use tierup_common::session::MessagePage;

use super::*;
use crate::update::tests::reading::rows_of_the_talk;

/// Where the question for the page before these messages stands.
fn before(seq: u32) -> impl Fn(&Call) -> bool {
    move |call| *call == Call::Messages { session: session_id(1), before: seq }
}

fn said(seqs: std::ops::RangeInclusive<u8>) -> Vec<Message> {
    seqs.map(|seq| message(seq, SAM, &format!("said {seq}."))).collect()
}

fn messages(seqs: std::ops::RangeInclusive<u8>) -> Answer {
    let next_before = Some(u32::from(*seqs.start())).filter(|seq| *seq > 1);
    Answer::Messages(MessagePage { items: said(seqs), next_before })
}

/// Mutant seen to fail: a page that is asked for only where its beginning is on the screen already.
#[test]
fn what_was_said_before_is_fetched_when_one_comes_near_it() {
    let mut priya = Desk::at_work(item(1), said(101..=150));
    let any = |call: &Call| matches!(call, Call::Messages { .. });
    priya.happens(Event::Resize(120, 36));
    assert_eq!(priya.asks(any), 0, "whoever reads the end has it");
    assert!(priya.paints().contains("said 150."));
    let mut pages = 0;
    while priya.asks(any) == 0 {
        priya.press("<pageup>");
        pages += 1;
        assert!(pages < 10, "nothing was asked for");
    }
    assert!(!priya.paints().contains("said 101."), "it is on its way before one is there");
    assert!(priya.paints().contains("earlier messages are coming"));
    // The border has a mark that says how far down one is.
    let row = |priya: &mut Desk, row: usize| {
        rows_of_the_talk(priya)[row].trim_end_matches(['│', '┃', ' ']).to_owned()
    };
    let reads = row(&mut priya, 5);
    let ticket = priya.asked(before(101));
    priya.happens(Event::Resize(120, 36));
    assert_eq!(priya.asks(any), 0, "it is asked for once");
    priya.answers(ticket, Ok(messages(51..=100)));
    assert_eq!(row(&mut priya, 4), reads, "what one reads stays where it is, but for the line above");
    assert!(!priya.paints().contains("earlier messages are coming"));
}

/// Mutant seen to fail: a message that comes meanwhile and takes the aim away.
#[test]
fn who_goes_to_the_top_or_to_evidence_is_brought_there_page_by_page() {
    let home = Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let mut priya = Desk::at_work(item(1), said(101..=150));
    priya.happens(home);
    let ticket = priya.asked(before(101));
    priya.hears_here(What::MessageAdded { session_id: session_id(1), message: message(151, SAM, "new") });
    priya.answers(ticket, Ok(messages(51..=100)));
    let ticket = priya.asked(before(51));
    priya.answers(ticket, Ok(messages(1..=50)));
    assert!(rows_of_the_talk(&mut priya)[2].contains("said 1."), "{:?}", rows_of_the_talk(&mut priya));
    assert_eq!(priya.asks(|call| matches!(call, Call::Messages { .. })), 0);

    let mut speaks = with_steps(item(1), 2);
    if let Some(assessment) = &mut speaks.ai_assessment_data {
        assessment.evidence = vec![Evidence { message_seq: 7, quote: "said 7.".into() }];
    }
    let mut priya = Desk::at_work(speaks, said(101..=150));
    priya.press("<alt-e>");
    let ticket = priya.asked(before(101));
    priya.answers(ticket, Ok(messages(51..=100)));
    let ticket = priya.asked(before(51));
    priya.answers(ticket, Ok(messages(1..=50)));
    assert!(rows_of_the_talk(&mut priya)[2].contains("said 7."), "{:?}", rows_of_the_talk(&mut priya));
}

#[test]
fn a_page_that_does_not_come_says_so_and_is_asked_for_again_when_one_tries() {
    let mut priya = Desk::at_work(item(1), said(101..=150));
    let home = || Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    priya.happens(home());
    let ticket = priya.asked(before(101));
    priya.answers(ticket, Err(unreachable()));
    assert_eq!(priya.asks(|call| matches!(call, Call::Messages { .. })), 0, "not over and over");
    assert!(priya.paints().contains("the rest could not be fetched"));
    priya.happens(home());
    let ticket = priya.asked(before(101));
    // An answer that does not go on where one is leads nowhere.
    priya.answers(ticket, Ok(messages(1..=50)));
    assert_eq!(priya.asks(|call| matches!(call, Call::Messages { .. })), 0);
    assert!(!priya.paints().contains("said 1."));
}

/// The session is asked for once more, and answered.
fn is_fetched_anew(priya: &mut Desk, seqs: std::ops::RangeInclusive<u8>) {
    priya.happens(Event::Watched(Frame::Signal(Signal::Reset { seq: Seq(99) })));
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    let session = session(1, SessionStatus::Active, PRIYA, said(seqs));
    priya.answers(ticket, Ok(Answer::Session(session)));
}

/// Mutant seen to fail: a page that is asked for twice when the session is fetched anew.
#[test]
fn a_page_on_its_way_is_of_use_as_long_as_the_conversation_begins_where_it_did() {
    let home = Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let mut priya = Desk::at_work(item(1), said(101..=150));
    priya.happens(home);
    let ticket = priya.asked(before(101));
    is_fetched_anew(&mut priya, 101..=150);
    assert_eq!(priya.asks(before(101)), 0, "it is on its way");
    priya.answers(ticket, Ok(messages(51..=100)));
    let next = priya.asked(before(51));
    assert!(!priya.paints().contains("could not be fetched"));
    priya.answers(next, Ok(messages(1..=50)));
    assert!(rows_of_the_talk(&mut priya)[2].contains("said 1."), "{:?}", rows_of_the_talk(&mut priya));
}

/// Mutant seen to fail: a page that is taken whoever asked for it.
#[test]
fn a_page_that_is_not_waited_for_any_more_says_nothing() {
    let home = || Event::Key(KeyEvent::new(KeyCode::Home, KeyModifiers::CONTROL));
    let is_whole = |priya: &mut Desk| {
        let screen = priya.paints();
        assert!(!screen.contains("could not be fetched"), "{screen}");
        (priya.chat().messages[0].seq, priya.chat().newest(), priya.chat().messages.len())
    };
    // So much was said meanwhile that the conversation begins elsewhere.
    let mut priya = Desk::at_work(item(1), said(101..=110));
    priya.happens(home());
    let first = priya.asked(before(101));
    is_fetched_anew(&mut priya, 161..=200);
    priya.happens(home());
    let second = priya.asked(before(161));
    priya.answers(first, Ok(messages(51..=100)));
    priya.answers(second, Ok(messages(111..=160)));
    assert_eq!(is_whole(&mut priya), (111, 200, 90));

    // One went back and opened it again meanwhile.
    for late in [Ok(messages(51..=100)), Err(unreachable())] {
        let mut priya = Desk::at_work(item(1), said(101..=150));
        priya.happens(home());
        let first = priya.asked(before(101));
        priya.press("<esc><enter>");
        let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
        let session = session(1, SessionStatus::Active, PRIYA, said(101..=150));
        priya.answers(ticket, Ok(Answer::Session(session)));
        priya.happens(home());
        let second = priya.asked(before(101));
        priya.answers(first, late);
        priya.answers(second, Ok(messages(51..=100)));
        assert_eq!(is_whole(&mut priya), (51, 150, 100));
    }
}

/// Mutant seen to fail: what was known before, with a gap behind it, taken for the conversation.
#[test]
fn what_was_known_before_is_kept_as_far_as_nothing_is_missing_in_between() {
    let mut priya = Desk::at_work(item(1), said(1..=60));
    let answers = |priya: &mut Desk, seqs| {
        is_fetched_anew(priya, seqs);
        (priya.chat().messages[0].seq, priya.chat().newest(), priya.chat().messages.len())
    };
    assert_eq!(answers(&mut priya, 61..=110), (1, 110, 110));
    assert_eq!(answers(&mut priya, 150..=199), (150, 199, 50));
}
