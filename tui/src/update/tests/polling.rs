//! Events that are held back: what they would tell is asked for, until they come.

use super::*;
use crate::event::Connection;
use crate::state::link::Link;

const EVERY: Duration = Duration::from_secs(10);

fn is_lists(call: &Call) -> bool {
    matches!(call, Call::Queue { .. })
}

/// Opened on a link over which no event comes; both lists are answered.
fn held_back() -> Desk {
    let mut priya = Desk::opened();
    priya.happens(Event::Connection(Connection::Connecting));
    priya.brings(Vec::new());
    priya.wants.clear();
    priya.happens(Event::Connection(Connection::Late { ask_every: EVERY }));
    priya
}

impl Desk {
    /// Both lists are answered.
    fn brings(&mut self, open: Vec<QueueItem>) {
        for items in [open, Vec::new()] {
            let ticket = self.asked(is_lists);
            self.answers(ticket, Ok(Answer::Queue(page(items))));
        }
    }

    fn is_answered(&mut self) {
        let me = self.state.me.clone().unwrap();
        let ticket = self.asked(|call| *call == Call::Me);
        self.answers(ticket, Ok(Answer::Me(me)));
    }
}

#[test]
fn where_answers_come_and_events_do_not_the_lists_are_asked_for_again_and_again() {
    let mut priya = held_back();
    assert_eq!(priya.state.link, Link::Connecting, "whether it answers at all is not known yet");
    priya.is_answered();
    assert!(priya.paints().contains("not live, asks every 10s (tierup doctor)"), "{}", priya.paints());
    priya.brings(vec![item(1)]);
    assert!(priya.paints().contains("problem 1"));

    // The stream is tried all the while, and nothing flickers for it.
    priya.happens(Event::Connection(Connection::Lost { why: "no hello".into(), retry_at: NOW }));
    priya.happens(Event::Connection(Connection::Connecting));
    assert!(priya.paints().contains("not live"));
    priya.wants.clear();
    priya.passes(Duration::from_secs(9));
    assert_eq!(priya.asks(is_lists), 0);
    assert_eq!(crate::update::polling::next(&priya.state), Some(NOW.plus(EVERY)));
    priya.passes(Duration::from_secs(1));
    priya.brings(vec![item(1), item(2)]);
    assert!(priya.paints().contains("problem 2"));

    // What is not answered yet is not asked for again.
    priya.passes(EVERY);
    assert_eq!(priya.asks(is_lists), 2);
    priya.passes(EVERY);
    assert_eq!(priya.asks(is_lists), 2);
}

#[test]
fn what_is_open_is_asked_for_too() {
    let mut priya = held_back();
    priya.is_answered();
    priya.brings(vec![item(1)]);
    priya.press("<enter>");
    priya.wants.clear();
    priya.passes(EVERY);
    assert_eq!(priya.asks(|call| *call == Call::Handoff(handoff_id(1))), 0, "it is on its way");
    let ticket = *priya.state.asked.iter().find(|(_, call)| matches!(call, Call::Handoff(_))).unwrap().0;
    priya.answers(ticket, Ok(Answer::Handoff(whole(item(1)))));
    priya.passes(EVERY);
    assert_eq!(priya.asks(|call| *call == Call::Handoff(handoff_id(1))), 1);
}

#[test]
fn the_first_event_ends_it_and_a_lost_answer_says_that_there_is_no_connection() {
    let mut priya = held_back();
    priya.is_answered();
    let ticket = priya.asked(is_lists);
    priya.answers(ticket, Err(unreachable()));
    assert!(matches!(priya.state.link, Link::Offline { .. }));
    // Both are looked at again with the next try.
    priya.happens(Event::Connection(Connection::Late { ask_every: EVERY }));
    priya.is_answered();
    assert!(matches!(priya.state.link, Link::Polling { .. }));
    priya.says_hello(10);
    assert_eq!(priya.state.link, Link::Live);
    priya.wants.clear();
    priya.passes(EVERY * 3);
    assert_eq!(priya.asks(is_lists), 0);
}
