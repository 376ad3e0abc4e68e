//! Reading: briefings, sessions of which a part is here, and what is told of an assessment too late.

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
pub(super) fn rows_of_the_talk(priya: &mut Desk) -> Vec<String> {
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
