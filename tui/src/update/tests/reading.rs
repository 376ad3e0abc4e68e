//! Reading: briefings, sessions of which a part is here, and what is told of an assessment too late.

use tierup_common::assessment::Evidence;
use tierup_common::session::MessagePage;

use super::*;
use crate::event::Connection;

fn delta(number: u8, offset: usize, text: &str) -> Event {
    let (handoff_id, text) = (handoff_id(number), text.into());
    Event::Watched(Frame::Signal(Signal::HandoffAssessmentDelta { handoff_id, offset, text }))
}

fn goes_offline(priya: &mut Desk) {
    let lost = Connection::Lost { why: "no route".into(), retry_at: NOW.plus(Duration::from_secs(5)) };
    priya.happens(Event::Connection(lost));
}

#[test]
fn what_comes_of_an_assessment_after_its_end_changes_nothing() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter>");
    priya.happens(delta(1, 0, "The lik"));
    assert!(priya.paints().contains("streaming"));
    let ready = with_steps(item(1), 2);
    let (handoff, ai_assessment_data) = (about(&ready), ready.ai_assessment_data.unwrap());
    priya.hears(What::HandoffAssessmentReady { handoff, ai_assessment: String::new(), ai_assessment_data });
    priya.happens(delta(1, 7, "ely cause"));
    let screen = priya.paints();
    assert!(!screen.contains("streaming") && screen.contains("step 2"), "{screen}");
}

#[test]
fn a_briefing_that_failed_offline_is_fetched_when_there_is_a_connection() {
    let is_handoff = |call: &Call| *call == Call::Handoff(handoff_id(1));
    let mut priya = Desk::with(vec![item(1)]);
    goes_offline(&mut priya);
    priya.press("<enter>");
    let ticket = priya.asked(is_handoff);
    priya.answers(ticket, Err(unreachable()));
    priya.says_hello(10);
    let ticket = priya.asked(is_handoff);
    priya.answers(ticket, Ok(Answer::Handoff(whole(item(1)))));
    assert!(priya.paints().contains("the last of many"));
}

#[test]
fn a_preview_that_failed_offline_is_fetched_when_there_is_a_connection() {
    let mut priya = Desk::with(vec![item(1)]);
    goes_offline(&mut priya);
    priya.passes(Duration::from_secs(1));
    assert_eq!(priya.asks(|call| matches!(call, Call::Handoff(_))), 0);
    priya.says_hello(10);
    assert_eq!(priya.asks(|call| matches!(call, Call::Handoff(_))), 1);
}

#[test]
fn after_a_restore_an_older_version_is_news() {
    let mut priya = Desk::with(vec![QueueItem { version: 9, ..item(1) }]);
    priya.press("<enter>");
    priya.wants.clear();
    priya.happens(Event::Live(Frame::Signal(Signal::Reset { seq: Seq(3) })));
    let ticket = priya.asked(|call| *call == Call::Handoff(handoff_id(1)));
    let restored = QueueItem { problem_summary: "as it was".into(), version: 2, ..item(1) };
    priya.answers(ticket, Ok(Answer::Handoff(whole(restored))));
    assert!(priya.paints().contains("as it was"));
    assert_eq!(priya.state.queue.item(handoff_id(1)).unwrap().problem_summary, "as it was");
}

#[test]
fn a_conversation_that_is_not_all_here_says_so() {
    let mut priya = Desk::with(vec![item(1)]);
    priya.press("<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::Handoff(_)));
    priya.answers(ticket, Ok(Answer::Handoff(whole(item(1)))));
    priya.press("v");
    assert!(priya.paints().contains("earlier messages are coming"));
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    priya.answers(ticket, Err(unreachable()));
    let screen = priya.paints();
    assert!(screen.contains("the rest could not be fetched"), "{screen}");
    assert!(screen.contains("the last of many"), "{screen}");
}

#[test]
fn a_session_that_was_read_before_can_be_read_offline() {
    let mut priya = Desk::at_work(item(1), vec![message(1, SAM, "problem 1"), message(2, SAM, "and more")]);
    priya.press("<esc>");
    goes_offline(&mut priya);
    priya.press("<enter>");
    let screen = priya.paints();
    assert!(screen.contains("problem 1") && screen.contains("and more"), "{screen}");
    assert!(screen.contains("active, yours"), "{screen}");
}

#[test]
fn a_session_that_is_taken_back_has_the_briefing_of_its_handoff() {
    let mut priya = Desk::with(vec![with_steps(claimed_by(PRIYA, item(1)), 2)]);
    let parked = session(1, SessionStatus::Paused, PRIYA, Vec::new());
    let (about, by) = (about_session(&parked), person(PRIYA));
    priya.hears(What::SessionUpdated { session: about, by, branch: None, handoff_id: Some(handoff_id(9)) });
    priya.has_sessions(SessionStatus::Paused, vec![parked]);
    priya.press("3p");
    let ticket = priya.asked(|call| matches!(call, Call::Resume(_)));
    priya.answers(ticket, Ok(Answer::Session(session(1, SessionStatus::Active, PRIYA, Vec::new()))));
    assert!(priya.paints().contains("1 step 1"));

    // One that is not in the lists is fetched.
    let mut priya = Desk::with(Vec::new());
    priya.state.queue.tab = crate::state::queue::Tab::Mine;
    let mut own = session(2, SessionStatus::Active, PRIYA, Vec::new());
    own.item.handoff_id = Some(handoff_id(2));
    priya.hears(What::SessionCreated { session: about_session(&own), by: person(PRIYA) });
    priya.has_sessions(SessionStatus::Active, vec![own.clone()]);
    priya.press("<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    priya.answers(ticket, Ok(Answer::Session(own)));
    let ticket = priya.asked(|call| *call == Call::Handoff(handoff_id(2)));
    priya.answers(ticket, Ok(Answer::Handoff(whole(with_steps(claimed_by(PRIYA, item(2)), 2)))));
    assert!(priya.paints().contains("1 step 1"));
}

#[test]
fn a_spinner_that_nobody_sees_wakes_nobody() {
    let mut long: Vec<Message> = (1..=60).map(|seq| message(seq, SAM, "one of many")).collect();
    long.push(message(61, PRIYA, "hm"));
    let mut priya = Desk::at_work(item(1), long);
    priya.press("what now?<enter>");
    priya.passes(Duration::from_secs(7));
    priya.paints();
    let soon = priya.state.now.plus(Duration::from_secs(1));
    assert!(priya.state.painted.changes_at.is_some_and(|at| at <= soon));
    if let Screen::Session(chat) = &mut priya.state.screen {
        chat.scroll = crate::state::session::Scroll::From { seq: 1, row: 0, newest: 61 };
    }
    priya.paints();
    assert!(
        priya.state.painted.changes_at.is_none_or(|at| at > soon),
        "{:?}",
        priya.state.painted.changes_at
    );
}

/// So many lines, each of which has its number.
fn lines(count: usize) -> String {
    (1..=count).map(|number| format!("line {number}.")).collect::<Vec<_>>().join("\n\n")
}

/// The rows of the conversation's panel, its border included.
fn rows_of_the_talk(priya: &mut Desk) -> Vec<String> {
    let screen = priya.paints();
    let ends = |row: &&str| !row.starts_with('╰');
    screen.lines().skip(1).take_while(ends).map(str::to_owned).collect()
}

#[test]
fn whoever_reads_a_long_message_knows_where_they_are_and_who_speaks() {
    let mut priya = Desk::at_work(item(1), vec![message(1, SAM, &lines(60)), message(2, PRIYA, "thanks")]);
    let first = rows_of_the_talk(&mut priya)[1].clone();
    assert!(first.contains("Sam") && !first.contains("line"), "{first}");
    assert!(!priya.paints().contains(" more ╯"));
    priya.press("<pageup>");
    let screen = priya.paints();
    assert!(screen.contains("▼ ") && screen.contains(" more ╯"), "{screen}");
    let rows = rows_of_the_talk(&mut priya);
    assert!(rows[1].contains("Sam"), "{rows:?}");
    assert!(rows.iter().any(|row| row.ends_with('┃')), "{rows:?}");
    priya.hears_here(What::MessageAdded { session_id: session_id(1), message: message(3, SAM, "news") });
    assert!(priya.paints().contains("▼ 1 new ╯"));
}

#[test]
fn the_last_row_of_what_began_above_stands_beside_its_head() {
    let short = (1..=30).map(|seq| message(seq, SAM, &format!("said {seq}"))).collect();
    let mut priya = Desk::at_work(item(1), short);
    let first_rows: Vec<String> = (0..3)
        .map(|_| {
            priya.happens(Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::CONTROL)));
            rows_of_the_talk(&mut priya)[1].clone()
        })
        .collect();
    let is = |said: bool| move |row: &&String| row.contains("Sam") && row.contains("said") == said;
    let (with, without) = (is(true), is(false));
    // The head, the head beside its text, and the empty row: each row further up is another one.
    assert_eq!(first_rows.iter().filter(with).count(), 1, "{first_rows:?}");
    assert_eq!(first_rows.iter().filter(without).count(), 1, "{first_rows:?}");
}

#[test]
fn of_many_messages_the_border_counts_those_below() {
    let many = (1..=150).map(|seq| message(seq, SAM, "one of many")).collect();
    let mut priya = Desk::at_work(item(1), many);
    assert!(rows_of_the_talk(&mut priya).iter().any(|row| row.ends_with('┃')));
    priya.press("<pageup>");
    assert!(priya.paints().contains(" messages ╯"));
}

#[test]
fn a_window_that_grows_shows_no_empty_rows_below_the_end() {
    let talk = (1..=12).map(|seq| message(seq, SAM, &format!("said {seq}."))).collect();
    let mut priya = Desk::at_work(item(1), talk);
    priya.state.size = (80, 24);
    priya.paints();
    priya.press("<pageup>");
    assert!(!priya.paints().contains("said 12."));
    priya.state.size = (120, 50);
    let rows = rows_of_the_talk(&mut priya);
    assert!(rows.iter().any(|row| row.contains("said 1.")), "{rows:?}");
    assert!(rows.last().is_some_and(|row| row.contains("said 12.")), "{rows:?}");
    // Whoever has the end before them follows it.
    priya.hears_here(What::MessageAdded { session_id: session_id(1), message: message(13, SAM, "said 13.") });
    assert!(rows_of_the_talk(&mut priya).last().is_some_and(|row| row.contains("said 13.")));
}

#[test]
fn the_key_that_takes_the_mark_away_says_so() {
    let mut priya = Desk::at_work(item(1), vec![message(1, SAM, "problem 1")]);
    assert!(priya.paints().contains("Esc back"));
    priya.press("<alt-up>");
    assert!(priya.paints().contains("Esc unmark"));
    priya.press("<esc>");
    assert!(priya.paints().contains("Esc back"));
}

/// Rows of the lower half of a briefing.
fn rows_of_the_assessment(priya: &mut Desk) -> usize {
    let screen = priya.paints();
    screen.lines().skip_while(|row| !row.contains("Assessment")).count()
}

#[test]
fn an_assessment_takes_the_rows_that_it_needs_and_never_goes_back_while_it_grows() {
    let mut failed = item(1);
    failed.assessment_status = tierup_common::assessment::AssessmentStatus::Failed;
    let mut priya = Desk::with(vec![failed, item(2)]);
    priya.state.size = (80, 24);
    priya.paints();
    priya.press("<enter>");
    assert_eq!(rows_of_the_assessment(&mut priya), 6);

    priya.press("n");
    let (mut offset, mut rows) = (0, rows_of_the_assessment(&mut priya));
    let first = rows;
    for piece in "**Likely cause:** The gateway does not trust it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
        **Steps**\n1. one\n2. two\n3. three\n4. four\n"
        .split_inclusive(' ')
    {
        priya.happens(delta(2, offset, piece));
        offset += piece.len();
        let now = rows_of_the_assessment(&mut priya);
        assert!(now >= rows, "{piece:?}");
        rows = now;
    }
    assert!(rows > first && rows <= 13, "{first} {rows}");
}

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
        priya.happens(Event::Watched(Frame::Signal(Signal::Reset { seq: Seq(99) })));
        let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
        let session = session(1, SessionStatus::Active, PRIYA, said(seqs));
        priya.answers(ticket, Ok(Answer::Session(session)));
        (priya.chat().messages[0].seq, priya.chat().newest(), priya.chat().messages.len())
    };
    assert_eq!(answers(&mut priya, 61..=110), (1, 110, 110));
    assert_eq!(answers(&mut priya, 150..=199), (150, 199, 50));
}
