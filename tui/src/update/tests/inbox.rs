//! Tests of the inbox: what marks a session, where the marks are, and the line about what was missed.

use tierup_common::event::{EventPage, ReminderReason};

use super::*;
use crate::state::read_marks::{LogPosition, ReadMarks};

fn by_priya(mut item: QueueItem) -> QueueItem {
    (item.handed_off_by, item.handed_off_by_name) = (person(PRIYA).id, person(PRIYA).name);
    item
}

fn claimed_event(item: &QueueItem, who: u8) -> EventBody {
    EventBody::HandoffClaimed { handoff: handoff_summary(item), by: person(who), claimed_at: NOW }
}

fn window_title(console: &TestConsole) -> String {
    console.state.notifications.window_title.as_str().to_owned()
}

fn row_with<'s>(screen: &'s str, text: &str) -> &'s str {
    screen.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text:?}:\n{screen}"))
}

fn event(seq: u64, body: EventBody) -> AccountEvent {
    AccountEvent { seq: Seq(seq), at: NOW.minus(Duration::from_mins(5)), body }
}

#[test]
fn a_message_marks_its_session_until_it_is_opened() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1)), item(2)]);
    priya.receive_team_event(message_added(session_id(1), message(2, PRIYA, "my own")));
    priya.receive_team_event(message_added(session_id(1), assistant_message(3, "an answer")));
    let screen = priya.paint();
    assert!(!screen.contains("Mine 1 ●"), "neither an own message nor an answer is news:\n{screen}");

    priya.receive_team_event(message_added(session_id(1), message(4, SAM, "STOP, do not kill it")));
    priya.receive_team_event(message_added(session_id(1), message(5, SAM, "please")));
    let screen = priya.paint();
    assert!(screen.contains("Mine 1 ●2"), "{screen}");
    assert!(priya.has_logged_toast("Sam Ortiz in #1: STOP, do not kill it"));
    let toasts = priya.state.toasts.shown();
    assert!(toasts.len() == 1 && toasts[0].text.ends_with("please"), "newer news replaces it: {toasts:?}");
    assert_eq!(window_title(&priya), "(3) tierup · Acme", "two messages and an unread handoff");
    priya.press_keys("2");
    assert!(row_with(&priya.paint(), "▌normal").contains("●2"));

    priya.press_keys("<enter>");
    let mark = Effect::SaveReadMark(session_id(1), Seq(14));
    assert!(priya.effects.contains(&mark), "{:?}", priya.effects);
    priya.receive_team_event(message_added(session_id(1), message(6, SAM, "I see it")));
    priya.press_keys("<esc>");
    let screen = priya.paint();
    assert!(!screen.contains("Mine 1 ●"), "{screen}");
    assert!(!priya.has_logged_toast("I see it"), "it was on the screen");
}

#[test]
fn an_open_session_without_the_focus_is_not_read() {
    let mut priya = TestConsole::in_claimed_session(item(1), Vec::new());
    priya.dispatch(Event::Focus(false));
    let mention = Message { mentions: vec![person(PRIYA).id], ..message(4, SAM, "@priya STOP") };
    priya.receive_team_event(message_added(session_id(1), mention));
    assert_eq!(window_title(&priya), "(1) tierup · Acme");
    let rings: Vec<_> = priya
        .effects
        .iter()
        .filter_map(
            |effect| if let Effect::Notify(notification) = effect { Some(notification) } else { None },
        )
        .collect();
    assert_eq!(rings.len(), 1);
    assert_eq!(
        (rings[0].title.as_str(), rings[0].body.as_str()),
        ("Sam Ortiz mentioned you", "#1 @priya STOP")
    );
    priya.dispatch(Event::Focus(true));
    assert_eq!(window_title(&priya), "tierup · Acme");
}

#[test]
fn next_unread_leads_to_messages_first_from_anywhere() {
    let items = vec![claimed_by(PRIYA, item(1)), claimed_by(PRIYA, item(2)), item(3), item(4)];
    let mut priya = TestConsole::with_items(items);
    for number in [1, 2] {
        priya.receive_team_event(message_added(session_id(number), message(4, SAM, "look")));
    }
    let selected = |priya: &TestConsole| priya.state.queue.selected_item().map(|item| item.number.0);
    let mut visited = Vec::new();
    for _ in 0..5 {
        priya.press_keys("n");
        visited.push(selected(&priya).unwrap());
    }
    assert_eq!(visited[..2], [1, 2]);
    assert!([3, 4].contains(&visited[2]) && visited[3..] == [1, 2], "{visited:?}");
}

#[test]
fn a_mention_in_a_session_of_others_has_a_row_in_mine_until_it_is_read() {
    let mut priya = TestConsole::with_items(vec![claimed_by(DANA, item(1))]);
    let mention = |text: &str| Message { mentions: vec![person(PRIYA).id], ..message(4, SAM, text) };
    priya.receive_team_event(message_added(session_id(1), mention("@priya is it yours?")));
    let elsewhere = EventBody::MessageAdded {
        session_id: session_id(7),
        message: mention("@priya and this?"),
        session_number: Some(Number(7)),
        problem_summary: Some("Lift stuck".into()),
    };
    priya.receive_team_event(elsewhere);
    priya.press_keys("2");
    let screen = priya.paint();
    assert!(screen.contains("Mine 2 ●2"), "{screen}");
    assert!(screen.contains("claimed by Dana Wu"), "{screen}");
    assert!(row_with(&screen, "Lift stuck").contains("for you") && screen.contains("s7"), "{screen}");
    assert!(screen.contains("Sam Ortiz mentioned you in s7: @priya and this?"), "{screen}");

    priya.press_keys("g<enter>");
    assert_eq!(priya.chat().id, session_id(7));
    priya.press_keys("<esc><esc>");
    let screen = priya.paint();
    assert!(screen.contains("Mine 1 ●1") && !screen.contains("Lift stuck"), "{screen}");
    priya.press_keys("g<enter><esc>");
    priya.press_keys("<esc>");
    assert!(!priya.paint().contains("Mine 1"), "{}", priya.paint());
}

#[test]
fn who_escalated_hears_what_becomes_of_it() {
    let mine = by_priya(item(1));
    let mut priya = TestConsole::with_items(vec![mine.clone(), item(2)]);
    priya.press_keys("2");
    let screen = priya.paint();
    assert!(screen.contains("Mine 1") && screen.contains("waiting · not claimed"), "{screen}");

    priya.receive_team_event(claimed_event(&mine, DANA));
    let screen = priya.paint();
    assert!(screen.contains("waiting · Dana Wu has it") && screen.contains("Mine 1 ●1"), "{screen}");
    assert!(priya.has_logged_toast("Dana Wu claimed #1 problem 1"));
    let mut claimed = claimed_by(DANA, mine);
    let (handoff, by) = (handoff_summary(&claimed), person(DANA));
    priya.receive_team_event(EventBody::HandoffReleased { handoff, by, reason: "Lunch".into() });
    assert!(priya.has_logged_toast("Dana Wu released #1 to the queue: Lunch"));
    assert!(priya.paint().contains("waiting · not claimed"));

    claimed.version += 2;
    let (handoff, by) = (handoff_summary(&claimed), person(DANA));
    priya.receive_team_event(EventBody::HandoffResolved {
        handoff,
        by,
        resolution: "It was off".into(),
        duplicate_of: None,
    });
    assert!(priya.has_logged_toast("Dana Wu resolved #1: It was off"));
    let screen = priya.paint();
    assert!(screen.contains("Mine 1 ●3") && screen.contains("for you"), "{screen}");
    priya.press_keys("g<enter><esc><esc>");
    assert!(!priya.paint().contains("Mine 1"), "it was looked at: {}", priya.paint());

    priya.receive_team_event(claimed_event(&item(2), DANA));
    assert!(!priya.has_logged_toast("claimed #2"), "it is Sam's");
}

#[test]
fn who_opened_a_session_hears_when_it_is_escalated_again() {
    let mine = claimed_by(DANA, by_priya(item(1)));
    let mut priya = TestConsole::with_items(vec![mine.clone()]);
    let mut opened = session(1, SessionStatus::Active, DANA, Vec::new());
    (opened.item.user_id, opened.item.user_name) = (person(PRIYA).id, person(PRIYA).name);
    let by = person(PRIYA);
    priya.receive_team_event(EventBody::SessionCreated { session: session_summary(&opened), by });
    priya.reply_own_sessions(SessionStatus::Active, vec![opened]);
    let again = QueueItem { session_id: session_id(1), ..item(2) };
    let handoff = HandoffSummary { handed_off_by: Some(person(DANA)), version: 1, ..handoff_summary(&again) };
    priya.receive_team_event(EventBody::HandoffCreated {
        handoff,
        by: person(DANA),
        assessment_status: AssessmentStatus::Pending,
        supersedes: Some(mine.id),
        engineer_notes: String::new(),
        asked_by: None,
    });
    priya.press_keys("2");
    let screen = priya.paint();
    assert!(screen.contains("Mine 1 ●1") && screen.contains("waiting · not claimed"), "{screen}");
    priya.receive_team_event(claimed_event(&again, SAM));
    assert!(priya.has_logged_toast("Sam Ortiz claimed #2 problem 2"));
    assert!(priya.paint().contains("waiting · Sam Ortiz has it"));
}

#[test]
fn a_question_is_one_piece_of_news() {
    let mine = claimed_by(DANA, by_priya(item(1)));
    let mut priya = TestConsole::with_items(vec![mine.clone()]);
    priya.dispatch(Event::Focus(false));
    priya.receive_team_event(message_added(session_id(1), message(9, DANA, "Which build?")));
    let (handoff, by) = (handoff_summary(&mine), person(DANA));
    priya.receive_team_event(EventBody::HandoffSentBack { handoff, by, question: "Which build?".into() });
    assert_eq!(window_title(&priya), "(1) tierup · Acme");
    assert_eq!(priya.effects.iter().filter(|effect| matches!(effect, Effect::Notify(_))).count(), 1);
    let shown: Vec<_> = priya.state.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
    assert_eq!(shown, ["Dana Wu sent #1 back to you: Which build?"]);
}

#[test]
fn a_woken_park_is_marked_until_it_is_looked_at() {
    let mut priya = TestConsole::with_items(Vec::new());
    priya.park_own_session(7, 9);
    let park = QueueItem { session_id: session_id(7), ..by_priya(item(9)) };
    let handoff = handoff_summary(&park);
    priya.receive_team_event(EventBody::HandoffReminder { handoff, reason: ReminderReason::Wake });
    assert!(priya.paint().contains("Parked 1 ●1"));
    assert_eq!(window_title(&priya), "(1) tierup · Acme");
    priya.press_keys("n");
    assert!(row_with(&priya.paint(), "▌ problem 7").contains("●1"));
    priya.press_keys("g<enter><esc><esc>");
    assert!(!priya.paint().contains("Parked 1 ●"));
}

#[test]
fn a_console_that_starts_again_says_what_was_missed_and_keeps_what_is_unread() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    let mut marks = ReadMarks::default();
    marks.mark_read(session_id(2), Seq(6));
    let at = NOW.minus(Duration::from_hours(2));
    marks.set_position(LogPosition { seq: Seq(7), at, unread_from: Some(Seq(5)) });
    priya.dispatch(Event::ReadMarksLoaded(marks));
    let call_id = priya.take_call(|call| *call == Call::Events { after: Some(Seq(4)), before: None });
    let urgent = QueueItem { priority: Priority::Urgent, ..item(8) };
    let arrival = |item: &QueueItem| EventBody::HandoffCreated {
        handoff: handoff_summary(item),
        by: person(SAM),
        assessment_status: AssessmentStatus::Pending,
        supersedes: None,
        engineer_notes: String::new(),
        asked_by: None,
    };
    let newest = vec![
        event(8, arrival(&item(7))),
        event(9, arrival(&urgent)),
        event(10, message_added(session_id(1), message(5, SAM, "new"))),
    ];
    let page = EventPage { items: newest, next_before: Some(Seq(7)), as_of_seq: Seq(10) };
    priya.reply(call_id, Ok(ReplyBody::Events(page)));
    assert!(!priya.has_logged_toast("since"), "there is more");
    let call_id = priya.take_call(|call| *call == Call::Events { after: Some(Seq(4)), before: Some(Seq(7)) });
    let earlier = vec![
        event(5, message_added(session_id(1), message(4, SAM, "unread before"))),
        event(6, message_added(session_id(2), message(4, SAM, "read before"))),
    ];
    let page = EventPage { items: earlier, next_before: None, as_of_seq: Seq(10) };
    priya.reply(call_id, Ok(ReplyBody::Events(page)));

    let line = "since 07:30: 2 new, 1 urgent, 1 message for you";
    assert!(priya.has_logged_toast(line));
    assert!(priya.paint().contains("Mine 1 ●2"), "{}", priya.paint());
    priya.advance_clock(Duration::from_hours(1));
    assert!(priya.paint().contains(line), "nobody has looked yet");
    priya.press_keys("j");
    priya.advance_clock(Duration::from_secs(7));
    assert!(!priya.paint().contains(line));

    priya.press_keys("L");
    let screen = priya.paint();
    for text in
        ["Sam Ortiz in #1: new", "Sam Ortiz in s", "Urgent: #8 problem 8, from Sam Ortiz", "since 07:30"]
    {
        assert_eq!(screen.contains(text), text != "Sam Ortiz in s", "{text}:\n{screen}");
    }
}

#[test]
fn the_log_shows_an_event_once_and_fetches_what_came_before() {
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    priya.receive_team_event(message_added(session_id(1), message(4, SAM, "just now")));
    priya.press_keys("L");
    let call_id = priya.take_call(|call| *call == Call::Events { after: None, before: None });
    let items = vec![
        event(9, message_added(session_id(1), message(3, SAM, "an hour ago"))),
        event(11, message_added(session_id(1), message(4, SAM, "just now"))),
    ];
    let page = EventPage { items, next_before: None, as_of_seq: Seq(11) };
    priya.reply(call_id, Ok(ReplyBody::Events(page)));
    let log = priya.paint();
    assert!(log.contains("Sam Ortiz in #1: an hour ago"), "{log}");
    assert_eq!(log.matches("Sam Ortiz in #1: just now").count(), 1, "{log}");
    assert_eq!(priya.state.inbox.unread_total(), 1, "history is not news");
    priya.press_keys("<esc>L");
    assert_eq!(priya.count_calls(|call| matches!(call, Call::Events { .. })), 0, "once");
}

#[test]
fn a_short_absence_of_the_focus_is_none() {
    let summary = |minutes| {
        let mut priya = TestConsole::with_items(Vec::new());
        priya.dispatch(Event::Focus(false));
        priya.advance_clock(Duration::from_mins(minutes));
        let by = person(SAM);
        let (handoff, status) = (handoff_summary(&item(3)), AssessmentStatus::Pending);
        priya.receive_team_event(EventBody::HandoffCreated {
            handoff,
            by,
            assessment_status: status,
            supersedes: None,
            engineer_notes: String::new(),
            asked_by: None,
        });
        priya.dispatch(Event::Focus(true));
        priya.has_logged_toast("since 09:30: 1 new")
    };
    assert!(!summary(9));
    assert!(summary(11));
}

#[test]
fn a_lost_connection_counts_as_an_absence() {
    use crate::event::ConnectionEvent;
    let mut priya = TestConsole::with_items(vec![claimed_by(PRIYA, item(1))]);
    let lost = ConnectionEvent::Lost { reason: "gone".into(), retry_at: NOW };
    priya.dispatch(Event::Connection(lost));
    let pause = Duration::from_secs(40);
    priya.advance_clock(pause);
    let hello = Signal::Hello { seq: Seq(11), oldest_seq: Seq(1), now: NOW.plus(pause) };
    priya.dispatch(Event::TeamStreamFrame(StreamFrame::Signal(hello)));
    priya.receive_team_event(message_added(session_id(1), message(4, SAM, "hello?")));
    assert!(!priya.has_logged_toast("since"));
    let caught_up = Signal::CaughtUp { seq: Seq(11) };
    priya.dispatch(Event::TeamStreamFrame(StreamFrame::Signal(caught_up)));
    assert!(priya.has_logged_toast("since 09:30: 1 message for you"));
}

#[test]
fn the_position_is_kept_when_the_user_leaves_and_once_a_minute() {
    let mut priya = TestConsole::with_items(Vec::new());
    let saved = |priya: &mut TestConsole| {
        let effects = std::mem::take(&mut priya.effects);
        let seqs = effects.into_iter().filter_map(|effect| {
            if let Effect::SaveLogPosition(position) = effect { Some(position.seq.0) } else { None }
        });
        seqs.collect::<Vec<_>>()
    };
    assert!(saved(&mut priya).is_empty(), "whose marks these are is not known yet");
    priya.dispatch(Event::ReadMarksLoaded(ReadMarks::default()));
    assert_eq!(saved(&mut priya), [10]);
    priya.receive_team_event(message_added(session_id(1), message(4, SAM, "one")));
    assert!(saved(&mut priya).is_empty());
    priya.advance_clock(Duration::from_secs(61));
    assert_eq!(saved(&mut priya), [11]);
    priya.receive_team_event(message_added(session_id(1), message(5, SAM, "two")));
    priya.dispatch(Event::Focus(false));
    assert_eq!(saved(&mut priya), [12]);
    priya.advance_clock(Duration::from_mins(5));
    priya.receive_team_event(message_added(session_id(1), message(6, SAM, "three")));
    priya.press_keys("q");
    assert_eq!(priya.effects.last(), Some(&Effect::Quit));
    assert!(saved(&mut priya).is_empty(), "the user was last here before the third");
}
