//! The lists: what is in them, what they say of themselves, what comes and goes.

use super::*;
use crate::event::Connection;
use crate::state::queue::Tab;

#[test]
fn ones_own_active_sessions_are_among_what_one_works_on() {
    let mut priya = Desk::with(vec![claimed_by(PRIYA, item(1))]);
    let opened = session(7, SessionStatus::Active, PRIYA, Vec::new());
    let mut claimed = session(1, SessionStatus::Active, PRIYA, Vec::new());
    claimed.item.handoff_id = Some(handoff_id(1));
    let with_dana = session(8, SessionStatus::Active, DANA, Vec::new());
    priya.hears(What::SessionCreated { session: about_session(&opened), by: person(PRIYA) });
    priya.has_sessions(SessionStatus::Active, vec![opened.clone(), claimed, with_dana]);
    priya.press("2");
    let screen = priya.paints();
    assert!(screen.contains("Mine 2") && screen.contains("problem 7"), "{screen}");
    assert!(!screen.contains("problem 8"), "{screen}");
    assert_eq!(screen.matches("problem 1").count(), 2, "a row and its preview:\n{screen}");

    priya.press("j<enter>");
    assert_eq!(priya.chat().id, session_id(7));
    priya.press("<esc>");
    let mut resolved = opened;
    resolved.item.status = SessionStatus::Resolved;
    let (session, by) = (about_session(&resolved), person(PRIYA));
    priya.hears(What::SessionResolved { session, by, resolution: "it was off".into() });
    assert!(priya.paints().contains("Mine 1"));
}

#[test]
fn what_comes_back_with_a_question_is_told_to_its_opener_and_rings() {
    let mut mine = claimed_by(DANA, item(1));
    mine.handed_off_by = person(PRIYA).id;
    let mut priya = Desk::with(vec![mine.clone(), claimed_by(DANA, item(2))]);
    priya.happens(Event::Focus(false));
    for item in [mine, claimed_by(DANA, item(2))] {
        let (handoff, by) = (about(&item), person(DANA));
        priya.hears(What::HandoffSentBack { handoff, by, question: "Which build?".into() });
    }
    assert!(priya.was_told("Dana Wu sent #1 back to you: Which build?"));
    assert!(!priya.was_told("#2"));
    let rang = priya.wants.iter().filter(|want| matches!(want, Effect::Alert(_))).count();
    assert_eq!(rang, 1);
    assert_eq!(priya.asks(|call| *call == Call::OwnSessions(SessionStatus::Active)), 1);
}

#[test]
fn a_parked_session_is_opened_to_read_and_taken_back_once() {
    let mut priya = Desk::with(Vec::new());
    let parked = session(7, SessionStatus::Paused, PRIYA, vec![message(1, PRIYA, "problem 7")]);
    let (about, by) = (about_session(&parked), person(PRIYA));
    let handoff_id = Some(handoff_id(9));
    priya.hears(What::SessionUpdated { session: about, by, branch: None, handoff_id });
    priya.has_sessions(SessionStatus::Paused, vec![parked.clone()]);
    let is_resume = |call: &Call| matches!(call, Call::Resume(_));
    priya.press("3<enter>");
    assert_eq!((priya.chat().id, priya.asks(is_resume)), (session_id(7), 0));
    let ticket = priya.asked(|call| matches!(call, Call::Session(_)));
    priya.answers(ticket, Ok(Answer::Session(parked.clone())));
    assert!(priya.paints().contains("takes it back"));

    priya.press("<esc>ppp");
    assert_eq!(priya.asks(is_resume), 1, "one key, one request");
    assert!(priya.paints().contains("taking it back"));
    let ticket = priya.asked(is_resume);
    let resumed = session(7, SessionStatus::Active, PRIYA, Vec::new());
    priya.answers(ticket, Ok(Answer::Session(resumed)));
    assert_eq!(priya.chat().status(), Some(SessionStatus::Active));
}

#[test]
fn a_late_answer_leaves_the_user_where_they_are() {
    let mut priya = Desk::with(vec![item(1)]);
    let parked = session(7, SessionStatus::Paused, PRIYA, Vec::new());
    let (about, by) = (about_session(&parked), person(PRIYA));
    priya.hears(What::SessionUpdated { session: about, by, branch: None, handoff_id: Some(handoff_id(9)) });
    priya.has_sessions(SessionStatus::Paused, vec![parked]);
    priya.press("3p");
    let resume = priya.asked(|call| matches!(call, Call::Resume(_)));
    priya.press("1cIt is broken<enter>");
    let create = priya.asked(|call| matches!(call, Call::CreateSession(_)));
    priya.press("<esc>y<enter>");
    assert!(matches!(priya.state.screen, Screen::Briefing(_)));
    for (ticket, number) in [(resume, 7), (create, 8)] {
        let session = session(number, SessionStatus::Active, PRIYA, Vec::new());
        priya.answers(ticket, Ok(Answer::Session(session)));
        assert!(matches!(priya.state.screen, Screen::Briefing(_)), "{number}");
    }
    assert!(priya.was_told("Session 7 is yours again") && priya.was_told("Session 8 is open"));
}

#[test]
fn what_a_dialog_asked_for_leads_to_the_list_only_from_the_dialog() {
    for goes_on in [false, true] {
        let mut priya = Desk::at_work(item(1), Vec::new());
        priya.press("<ctrl-k>later<enter>");
        let ticket = priya.asked(|call| matches!(call, Call::HandOff { .. }));
        if goes_on {
            priya.press("<esc>y");
        }
        priya.answers(ticket, Ok(Answer::Handoff(whole(item(2)))));
        assert_eq!(matches!(priya.state.screen, Screen::Session(_)), goes_on);
        assert!(priya.was_told("Parked"));
    }
}

#[test]
fn a_page_that_does_not_come_is_asked_for_again_with_longer_and_longer_pauses() {
    let is_page = |call: &Call| matches!(call, Call::Queue { .. });
    let mut priya = Desk::with(vec![item(1)]);
    let reset = Signal::Reset { seq: Seq(10) };
    priya.happens(Event::Live(Frame::Signal(reset)));
    for pause in [2, 4, 8] {
        assert_eq!(priya.asks(is_page), 2);
        for _ in 0..2 {
            let ticket = priya.asked(is_page);
            priya.answers(ticket, Err(unreachable()));
        }
        assert!(priya.paints().contains("incomplete"));
        priya.passes(Duration::from_secs(pause - 1));
        assert_eq!(priya.asks(is_page), 0);
        assert!(crate::update::next_wake(&priya.state).is_some());
        priya.passes(Duration::from_secs(1));
    }
    for items in [vec![item(1)], Vec::new()] {
        let ticket = priya.asked(is_page);
        priya.answers(ticket, Ok(Answer::Queue(page(items))));
    }
    assert!(!priya.paints().contains("incomplete"));
}

#[test]
fn what_the_filter_hides_is_not_called_read() {
    let mut priya = Desk::with(vec![item(1), item(2)]);
    priya.press("/nothing such<enter>n");
    assert!(priya.was_told("2 unread, which the filter hides"));
    assert_eq!(priya.state.queue.tab, Tab::Queue);
    priya.press("<esc><enter><esc>j<enter><esc>n");
    assert!(priya.was_told("Nothing unread"));
}

#[test]
fn what_one_gave_away_is_no_work_of_ones_own_any_more() {
    let mine = claimed_by(PRIYA, item(1));
    let later = |item: QueueItem| QueueItem { version: item.version + 1, ..item };
    let answers = [later(item(1)), later(claimed_by(DANA, item(1)))];
    for after in answers {
        let mut priya = Desk::with(vec![mine.clone()]);
        let own = session(1, SessionStatus::Active, PRIYA, Vec::new());
        let (session, by) = (about_session(&own), person(PRIYA));
        priya.hears(What::SessionCreated { session, by });
        priya.has_sessions(SessionStatus::Active, vec![own]);
        let me = priya.state.my_id();
        priya.state.queue.put(after, me);
        priya.state.queue.arrange(me);
        assert_eq!((priya.state.queue.mine_count(me), priya.state.queue.mine.len()), (0, 0));
    }
}

#[test]
fn own_sessions_that_could_not_be_asked_for_are_asked_for_with_the_next_connection() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("<ctrl-k>later<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::HandOff { .. }));
    priya.answers(ticket, Ok(Answer::Handoff(whole(item(2)))));
    let is_own = |call: &Call| matches!(call, Call::OwnSessions(_));
    for _ in 0..2 {
        let ticket = priya.asked(is_own);
        priya.answers(ticket, Err(unreachable()));
    }
    priya.says_hello(10);
    assert_eq!(priya.asks(is_own), 2);
}

#[test]
fn a_dialog_that_is_on_its_way_is_not_closed_without_a_question() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    priya.press("<ctrl-k>later<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::HandOff { .. }));
    priya.press("<esc>");
    assert!(priya.paints().contains("on its way"));
    priya.answers(ticket, Err(unreachable()));
    priya.press("<esc>");
    assert!(priya.paints().contains("cannot be reached") && priya.paints().contains("later"));

    // What is done closes the question too.
    priya.press("<enter>");
    let ticket = priya.asked(|call| matches!(call, Call::HandOff { .. }));
    priya.press("<esc>");
    priya.answers(ticket, Ok(Answer::Handoff(whole(item(2)))));
    assert!(priya.state.layers.is_empty());
}

#[test]
fn what_a_dialog_says_of_a_missing_connection_goes_with_it() {
    let mut priya = Desk::at_work(item(1), Vec::new());
    let lost = Connection::Lost { why: "gone".into(), retry_at: NOW };
    priya.happens(Event::Connection(lost));
    priya.press("<ctrl-k>later<enter>");
    assert!(priya.paints().contains("Offline: not sent"));
    priya.says_hello(10);
    assert!(!priya.paints().contains("Offline: not sent"));
}

#[test]
fn a_search_that_is_under_way_or_failed_does_not_say_that_there_is_nothing() {
    let mut priya = Desk::with(vec![item(1)]);
    let is_search = |call: &Call| matches!(call, Call::Search { .. });
    priya.press("/overwrite");
    assert!(priya.paints().contains("looking for"));
    priya.passes(Duration::from_millis(300));
    for _ in 0..2 {
        assert!(priya.paints().contains("looking for"));
        let ticket = priya.asked(is_search);
        priya.answers(ticket, Err(unreachable()));
    }
    assert!(priya.paints().contains("could not be searched"));
    priya.says_hello(10);
    priya.passes(Duration::from_millis(1));
    for _ in 0..2 {
        let ticket = priya.asked(is_search);
        priya.answers(ticket, Ok(Answer::Queue(page(Vec::new()))));
    }
    assert!(priya.paints().contains("No row says"));
}

#[test]
fn what_arrives_above_the_screen_is_told() {
    let mut priya = Desk::with((1..=40).map(item).collect());
    priya.press("G");
    priya.paints();
    let new = |number| What::HandoffCreated {
        handoff: AboutHandoff { priority: Priority::Urgent, version: 1, ..about(&item(number)) },
        by: person(SAM),
        assessment_status: AssessmentStatus::Pending,
        supersedes: None,
    };
    priya.hears(new(41));
    assert!(priya.was_told("Urgent: #41"));
    priya.press("g");
    priya.paints();
    priya.hears(new(42));
    assert!(!priya.was_told("#42"), "it is before their eyes");
}
