//! The time from a key press to the draw in a queue of ten thousand.

use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tierup::effect::{Call, Effect};
use tierup::event::{Event, Reply, ReplyBody};
use tierup::keymap::Tab;
use tierup::state::State;
use tierup::update::{start, update};
use tierup::view::paint;
use tierup_common::event::HandoffSummary;
use tierup_common::handoff::{Priority, QueueCounts, QueueItem, QueuePage, QueueState};
use tierup_common::id::{HandoffId, Number, Seq, SessionId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::Person;
use tierup_e2e::console::parse_keys;

const LARGE_QUEUE_LEN: u32 = 10_000;
const SMALL_QUEUE_LEN: u32 = 100;
/// The limit for a key that visits every row. Tests are unoptimized and machines busy: it catches only what everyone
/// would notice.
const MAX_KEY_TIME: Duration = Duration::from_secs(1);

fn queue_item(number: u32) -> QueueItem {
    let at = Timestamp::from_millis(1_795_339_800_000 + i64::from(number));
    let about = ["VPN won't connect", "Outlook asks for the password", "Printer jams", "Teams has no sound"];
    let summary = HandoffSummary {
        handoff_id: HandoffId::new(at),
        session_id: SessionId::new(at),
        number: Number(number),
        priority: Priority::ALL[number as usize % 4],
        problem_summary: format!("{} on machine {number}", about[number as usize % 7 % 4]),
        created_at: at,
        due_at: None,
        version: 1,
        handed_off_by: None,
    };
    let engineer_notes = "I am stuck, and the user has been waiting since the morning.".repeat(4);
    let sam = Person { id: UserId::from_bytes([1; 16]), name: "Sam Ortiz".into() };
    QueueItem { engineer_notes, ..summary.into_open_item(sam) }
}

/// A console that has loaded all of them.
fn loaded_state(handoffs: u32) -> State {
    let mut state = State::default();
    state.terminal_size = (120, 36);
    for effect in start(&mut state) {
        let Effect::Call(ticket, call @ Call::Queue { state: list, .. }) = effect else { continue };
        let items =
            if list == QueueState::Open { (0..handoffs).map(queue_item).collect() } else { Vec::new() };
        let page = QueuePage { items, next_cursor: None, counts: QueueCounts::default(), as_of_seq: Seq(1) };
        let reply = Reply { call_id: ticket, call, result: Ok(ReplyBody::Queue(page)) };
        update(&mut state, Event::Reply(Box::new(reply)));
    }
    assert_eq!(state.queue.lists[Tab::Queue].len(), handoffs as usize);
    state
}

/// The tenth percentile of the time from key to draw: slower ones measure the machine's other work.
fn p10_key_time(state: &mut State, keys: &str) -> Duration {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    let mut times = Vec::new();
    for key in parse_keys(keys) {
        buffer.reset();
        let begin = Instant::now();
        update(state, Event::Key(key));
        state.last_paint = paint(state, &mut buffer);
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 10]
}

#[test]
fn a_key_press_costs_the_same_in_a_queue_of_ten_thousand() {
    let (mut many, mut few) = (loaded_state(LARGE_QUEUE_LEN), loaded_state(SMALL_QUEUE_LEN));
    for keys in ["jjjjjjjjjjjjkk".repeat(10), "<pgdn><pgup>".repeat(20), "Gg".repeat(20)] {
        let (in_many, in_few) = (p10_key_time(&mut many, &keys), p10_key_time(&mut few, &keys));
        println!("{keys:.12} in {LARGE_QUEUE_LEN}: {in_many:?}, in {SMALL_QUEUE_LEN}: {in_few:?}");
        assert!(in_many < in_few * 3, "{keys}: {in_many:?} against {in_few:?}");
    }
}

#[test]
fn filter_sort_and_palette_keep_up_with_typing_in_ten_thousand_rows() {
    let mut state = loaded_state(LARGE_QUEUE_LEN);
    let filter = p10_key_time(&mut state, "/printer machine 99");
    assert!(state.queue.lists[Tab::Queue].len() < LARGE_QUEUE_LEN as usize / 10);
    update(&mut state, Event::Key(parse_keys("<esc>")[0]));
    let order = p10_key_time(&mut state, "ssssss");
    let palette = p10_key_time(&mut state, "<ctrl-p>printer 9876");
    println!("filter {filter:?}, order {order:?}, palette {palette:?}");
    for time in [filter, order, palette] {
        assert!(time < MAX_KEY_TIME, "{time:?}");
    }
}
