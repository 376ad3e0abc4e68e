//! Tests of reading: briefings, sessions that are partly loaded, and late news of an assessment.

use super::*;
use crate::event::ConnectionEvent;

pub(super) fn assessment_delta(number: u8, offset: usize, text: &str) -> Event {
    let (handoff_id, text) = (handoff_id(number), text.into());
    Event::FilteredStreamFrame(StreamFrame::Signal(Signal::HandoffAssessmentDelta {
        handoff_id,
        offset,
        text,
    }))
}

fn go_offline(priya: &mut TestConsole) {
    let lost =
        ConnectionEvent::Lost { reason: "no route".into(), retry_at: NOW.plus(Duration::from_secs(5)) };
    priya.dispatch(Event::Connection(lost));
}

#[test]
fn assessment_deltas_after_its_completion_are_ignored() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>");
    priya.dispatch(assessment_delta(1, 0, "The lik"));
    assert!(priya.paint().contains("streaming"));
    let ready = with_steps(item(1), 2);
    let (handoff, ai_assessment_data) = (handoff_summary(&ready), ready.ai_assessment_data.unwrap());
    priya.receive_team_event(EventBody::HandoffAssessmentReady {
        handoff,
        ai_assessment: String::new(),
        ai_assessment_data,
    });
    priya.dispatch(assessment_delta(1, 7, "ely cause"));
    let screen = priya.paint();
    assert!(!screen.contains("streaming") && screen.contains("step 2"), "{screen}");
}

#[test]
fn a_briefing_that_failed_offline_is_fetched_after_reconnecting() {
    let is_handoff = |call: &Call| *call == Call::Handoff(handoff_id(1));
    let mut priya = TestConsole::with_items(vec![item(1)]);
    go_offline(&mut priya);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(is_handoff);
    priya.reply(call_id, Err(unreachable_error()));
    priya.receive_hello(10);
    let call_id = priya.take_call(is_handoff);
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(item(1)))));
    assert!(priya.paint().contains("the last of many"));
}

#[test]
fn a_preview_missing_offline_is_fetched_after_reconnecting() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    go_offline(&mut priya);
    priya.advance_clock(Duration::from_secs(1));
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Handoff(_))), 0);
    priya.receive_hello(10);
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Handoff(_))), 1);
}

#[test]
fn an_older_version_is_accepted_after_a_stream_reset() {
    let mut priya = TestConsole::with_items(vec![QueueItem { version: 9, ..item(1) }]);
    priya.press_keys("<enter>");
    priya.effects.clear();
    priya.dispatch(Event::TeamStreamFrame(StreamFrame::Signal(Signal::Reset { seq: Seq(3) })));
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(1)));
    let restored = QueueItem { problem_summary: "as it was".into(), version: 2, ..item(1) };
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(restored))));
    assert!(priya.paint().contains("as it was"));
    assert_eq!(priya.state.queue.item(handoff_id(1)).unwrap().problem_summary, "as it was");
}

#[test]
fn an_incompletely_loaded_conversation_is_marked() {
    let mut priya = TestConsole::with_items(vec![item(1)]);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| matches!(call, Call::Handoff(_)));
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(item(1)))));
    priya.press_keys("v");
    assert!(priya.paint().contains("loading earlier messages"));
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    priya.reply(call_id, Err(unreachable_error()));
    let screen = priya.paint();
    assert!(screen.contains("Can't load earlier messages"), "{screen}");
    assert!(screen.contains("the last of many"), "{screen}");
}

#[test]
fn a_session_loaded_before_can_be_read_offline() {
    let mut priya = TestConsole::in_claimed_session(
        item(1),
        vec![message(1, SAM, "problem 1"), message(2, SAM, "and more")],
    );
    priya.press_keys("<esc>");
    go_offline(&mut priya);
    priya.press_keys("<enter>");
    let screen = priya.paint();
    assert!(screen.contains("problem 1") && screen.contains("and more"), "{screen}");
    assert!(screen.contains("active, yours"), "{screen}");
}

#[test]
fn a_resumed_session_shows_the_briefing_of_its_handoff() {
    let mut priya = TestConsole::with_items(vec![with_steps(claimed_by(PRIYA, item(1)), 2)]);
    priya.park_own_session(1, 9);
    priya.press_keys("3p");
    let call_id = priya.take_call(|call| matches!(call, Call::Resume(_)));
    priya.reply(call_id, Ok(ReplyBody::Session(session(1, SessionStatus::Active, PRIYA, Vec::new()))));
    assert!(priya.paint().contains("1 step 1"));

    // A handoff that is not in the lists is fetched.
    let mut priya = TestConsole::with_items(Vec::new());
    priya.state.queue.tab = crate::keymap::Tab::Mine;
    let mut own = session(2, SessionStatus::Active, PRIYA, Vec::new());
    own.item.handoff_id = Some(handoff_id(2));
    priya.receive_team_event(EventBody::SessionCreated { session: session_summary(&own), by: person(PRIYA) });
    priya.reply_own_sessions(SessionStatus::Active, vec![own.clone()]);
    priya.press_keys("<enter>");
    let call_id = priya.take_call(|call| matches!(call, Call::Session(_)));
    priya.reply(call_id, Ok(ReplyBody::Session(own)));
    let call_id = priya.take_call(|call| *call == Call::Handoff(handoff_id(2)));
    priya.reply(
        call_id,
        Ok(ReplyBody::Handoff(handoff_with_snapshot(with_steps(claimed_by(PRIYA, item(2)), 2)))),
    );
    assert!(priya.paint().contains("1 step 1"));
}

#[test]
fn an_invisible_spinner_schedules_no_repaint() {
    let mut long: Vec<Message> = (1..=60).map(|seq| message(seq, SAM, "one of many")).collect();
    long.push(message(61, PRIYA, "hm"));
    let mut priya = TestConsole::in_claimed_session(item(1), long);
    priya.press_keys("<ctrl-t>what now?<enter>");
    priya.advance_clock(Duration::from_secs(7));
    priya.paint();
    let soon = priya.state.now.plus(Duration::from_secs(1));
    assert!(priya.state.last_paint.next_repaint_at.is_some_and(|at| at <= soon));
    if let Screen::Session(chat) = &mut priya.state.screen {
        chat.scroll = crate::state::chat::TranscriptScroll::Anchored { seq: 1, row: 0, newest_seq: 61 };
    }
    priya.paint();
    assert!(
        priya.state.last_paint.next_repaint_at.is_none_or(|at| at > soon),
        "{:?}",
        priya.state.last_paint.next_repaint_at
    );
}

/// Numbered paragraphs.
fn numbered_lines(count: usize) -> String {
    (1..=count).map(|number| format!("line {number}.")).collect::<Vec<_>>().join("\n\n")
}

/// The rows of the transcript's panel, with its border.
pub(super) fn transcript_rows(priya: &mut TestConsole) -> Vec<String> {
    let screen = priya.paint();
    let ends = |row: &&str| !row.starts_with('╰');
    screen.lines().skip(1).take_while(ends).map(str::to_owned).collect()
}

#[test]
fn a_long_message_keeps_its_author_and_a_scroll_position_visible() {
    let mut priya = TestConsole::in_claimed_session(
        item(1),
        vec![message(1, SAM, &numbered_lines(20)), message(2, PRIYA, "thanks")],
    );
    let first = transcript_rows(&mut priya)[1].clone();
    assert!(first.contains("Sam") && !first.contains("line"), "{first}");
    assert!(!priya.paint().contains(" more ╯"));
    priya.press_keys("<pageup>");
    let screen = priya.paint();
    assert!(screen.contains("▼ ") && screen.contains(" more ╯"), "{screen}");
    let rows = transcript_rows(&mut priya);
    assert!(rows[1].contains("Sam"), "{rows:?}");
    assert!(rows.iter().any(|row| row.ends_with('┃')), "{rows:?}");
    priya.receive_filtered_event(message_added(session_id(1), message(3, SAM, "news")));
    assert!(priya.paint().contains("▼ 1 new ╯"));
}

#[test]
fn the_last_row_of_a_message_stays_beside_its_author_while_scrolling() {
    let short = (1..=30).map(|seq| message(seq, SAM, &format!("said {seq}"))).collect();
    let mut priya = TestConsole::in_claimed_session(item(1), short);
    let first_rows: Vec<String> = (0..3)
        .map(|_| {
            priya.dispatch(Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::CONTROL)));
            transcript_rows(&mut priya)[1].clone()
        })
        .collect();
    let is = |said: bool| move |row: &&String| row.contains("Sam") && row.contains("said") == said;
    let (with, without) = (is(true), is(false));
    // Scrolling up shows the header, the header beside the last row, and the empty row.
    assert_eq!(first_rows.iter().filter(with).count(), 1, "{first_rows:?}");
    assert_eq!(first_rows.iter().filter(without).count(), 1, "{first_rows:?}");
}

#[test]
fn the_border_counts_the_messages_below() {
    let many = (1..=150).map(|seq| message(seq, SAM, "one of many")).collect();
    let mut priya = TestConsole::in_claimed_session(item(1), many);
    assert!(transcript_rows(&mut priya).iter().any(|row| row.ends_with('┃')));
    priya.press_keys("<pageup>");
    assert!(priya.paint().contains(" messages ╯"));
}

#[test]
fn a_growing_terminal_shows_no_empty_rows_below_the_last_message() {
    let talk = (1..=12).map(|seq| message(seq, SAM, &format!("said {seq}."))).collect();
    let mut priya = TestConsole::in_claimed_session(item(1), talk);
    priya.state.terminal_size = (80, 24);
    priya.paint();
    priya.press_keys("<pageup>");
    assert!(!priya.paint().contains("said 12."));
    priya.state.terminal_size = (120, 50);
    let rows = transcript_rows(&mut priya);
    assert!(rows.iter().any(|row| row.contains("said 1.")), "{rows:?}");
    assert!(rows.last().is_some_and(|row| row.contains("said 12.")), "{rows:?}");
    // At the end, the view follows new messages.
    priya.receive_filtered_event(message_added(session_id(1), message(13, SAM, "said 13.")));
    assert!(transcript_rows(&mut priya).last().is_some_and(|row| row.contains("said 13.")));
}

#[test]
fn the_footer_offers_unmark_while_a_message_is_selected() {
    let mut priya = TestConsole::in_claimed_session(item(1), vec![message(1, SAM, "problem 1")]);
    priya.press_keys("<esc>");
    assert!(priya.paint().contains("Esc list"));
    priya.press_keys("K");
    assert!(priya.paint().contains("Esc unmark"));
    priya.press_keys("<esc>");
    assert!(priya.paint().contains("Esc list"));
}

/// The rows of the assessment pane.
fn assessment_row_count(priya: &mut TestConsole) -> usize {
    let screen = priya.paint();
    screen.lines().skip_while(|row| !row.contains("Assessment")).count()
}

#[test]
fn the_assessment_panel_never_shrinks_while_the_text_streams_in() {
    let mut failed = item(1);
    failed.assessment_status = tierup_common::assessment::AssessmentStatus::Failed;
    let mut priya = TestConsole::with_items(vec![failed, item(2)]);
    priya.state.terminal_size = (80, 24);
    priya.paint();
    priya.press_keys("<enter>");
    assert_eq!(assessment_row_count(&mut priya), 5);

    priya.press_keys("n");
    let (mut offset, mut rows) = (0, assessment_row_count(&mut priya));
    let first = rows;
    for piece in "**Likely cause:** The gateway does not trust it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
        **Steps**\n1. one\n2. two\n3. three\n4. four\n"
        .split_inclusive(' ')
    {
        priya.dispatch(assessment_delta(2, offset, piece));
        offset += piece.len();
        let now = assessment_row_count(&mut priya);
        assert!(now >= rows, "{piece:?}");
        rows = now;
    }
    assert!(rows > first && rows <= 13, "{first} {rows}");
}
