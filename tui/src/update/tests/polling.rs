//! Tests of polling: while a proxy holds events back, the console fetches what they would tell.

use super::*;
use crate::event::ConnectionEvent;
use crate::state::connection::ConnectionState;

const POLL_INTERVAL: Duration = Duration::from_secs(10);

fn is_queue_call(call: &Call) -> bool {
    matches!(call, Call::Queue { .. })
}

/// A console whose event stream stalls; both lists are loaded.
fn stalled_console() -> TestConsole {
    let mut priya = TestConsole::just_opened();
    priya.dispatch(Event::Connection(ConnectionEvent::Connecting));
    priya.reply_lists(Vec::new());
    priya.effects.clear();
    priya.dispatch(Event::Connection(ConnectionEvent::EventsStalled { poll_interval: POLL_INTERVAL }));
    priya
}

impl TestConsole {
    /// Replies to the calls for both lists.
    fn reply_lists(&mut self, open: Vec<QueueItem>) {
        for items in [open, Vec::new()] {
            let call_id = self.take_call(is_queue_call);
            self.reply(call_id, Ok(ReplyBody::Queue(queue_page(items))));
        }
    }

    fn reply_me(&mut self) {
        let me = self.state.me.clone().unwrap();
        let call_id = self.take_call(|call| *call == Call::Me);
        self.reply(call_id, Ok(ReplyBody::Me(me)));
    }
}

#[test]
fn lists_are_polled_while_the_stream_delivers_no_events() {
    let mut priya = stalled_console();
    assert_eq!(
        priya.state.connection,
        ConnectionState::Connecting,
        "whether it answers at all is not known yet"
    );
    priya.reply_me();
    assert!(priya.paint().contains("not live, polling every 10s (tierup doctor)"), "{}", priya.paint());
    priya.reply_lists(vec![item(1)]);
    assert!(priya.paint().contains("problem 1"));

    // Attempts to reconnect the stream do not change the label.
    priya.dispatch(Event::Connection(ConnectionEvent::Lost { reason: "no hello".into(), retry_at: NOW }));
    priya.dispatch(Event::Connection(ConnectionEvent::Connecting));
    assert!(priya.paint().contains("not live"));
    priya.effects.clear();
    priya.advance_clock(Duration::from_secs(9));
    assert_eq!(priya.count_calls(is_queue_call), 0);
    assert_eq!(crate::update::polling::next_poll_at(&priya.state), Some(NOW.plus(POLL_INTERVAL)));
    priya.advance_clock(Duration::from_secs(1));
    priya.reply_lists(vec![item(1), item(2)]);
    assert!(priya.paint().contains("problem 2"));

    // Pending calls are not repeated.
    priya.advance_clock(POLL_INTERVAL);
    assert_eq!(priya.count_calls(is_queue_call), 2);
    priya.advance_clock(POLL_INTERVAL);
    assert_eq!(priya.count_calls(is_queue_call), 2);
}

#[test]
fn the_open_briefing_is_polled_too() {
    let mut priya = stalled_console();
    priya.reply_me();
    priya.reply_lists(vec![item(1)]);
    priya.press_keys("<enter>");
    priya.effects.clear();
    priya.advance_clock(POLL_INTERVAL);
    assert_eq!(priya.count_calls(|call| *call == Call::Handoff(handoff_id(1))), 0, "it is on its way");
    let call_id =
        *priya.state.pending_calls.iter().find(|(_, call)| matches!(call, Call::Handoff(_))).unwrap().0;
    priya.reply(call_id, Ok(ReplyBody::Handoff(handoff_with_snapshot(item(1)))));
    priya.advance_clock(POLL_INTERVAL);
    assert_eq!(priya.count_calls(|call| *call == Call::Handoff(handoff_id(1))), 1);
}

#[test]
fn the_first_event_ends_polling_and_a_failed_poll_means_offline() {
    let mut priya = stalled_console();
    priya.reply_me();
    let call_id = priya.take_call(is_queue_call);
    priya.reply(call_id, Err(unreachable_error()));
    assert!(matches!(priya.state.connection, ConnectionState::Offline { .. }));
    // The next attempt checks both again.
    priya.dispatch(Event::Connection(ConnectionEvent::EventsStalled { poll_interval: POLL_INTERVAL }));
    priya.reply_me();
    assert!(matches!(priya.state.connection, ConnectionState::Polling { .. }));
    priya.receive_hello(10);
    assert_eq!(priya.state.connection, ConnectionState::Live);
    priya.effects.clear();
    priya.advance_clock(POLL_INTERVAL * 3);
    assert_eq!(priya.count_calls(is_queue_call), 0);
}
