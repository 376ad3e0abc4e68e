//! Parses keys as tests write them into terminal events.

use std::task::Poll;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::Stream;
use futures_util::stream::poll_fn;
use tierup::event::Event;
use tierup::runtime::activity::ActivityGuard;
use tokio::sync::mpsc;

/// Parses keys as written for [`Console::press`](crate::Console::press).
pub fn parse_keys(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
        {
            events.push(parse_key_name(name));
            rest = after;
            continue;
        }
        events.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        rest = &rest[c.len_utf8()..];
    }
    events
}

fn parse_key_name(name: &str) -> KeyEvent {
    let (mut modifiers, mut name) = (KeyModifiers::NONE, name);
    for (prefix, modifier) in
        [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)]
    {
        if let Some(rest) = name.strip_prefix(prefix) {
            modifiers |= modifier;
            name = rest;
        }
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "space" => KeyCode::Char(' '),
        "lt" => KeyCode::Char('<'),
        "backspace" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        one => match one.chars().next() {
            Some(c) if one.chars().count() == 1 => KeyCode::Char(c),
            _ => panic!("unknown key <{name}>"),
        },
    };
    KeyEvent::new(code, modifiers)
}

/// The typed events. A key is pending until the loop asks for the next one.
pub(super) fn tracked_events(
    mut receiver: mpsc::UnboundedReceiver<(Event, ActivityGuard)>,
    starting: ActivityGuard,
) -> impl Stream<Item = Event> + Send {
    let mut last_guard = Some(starting);
    poll_fn(move |context| {
        drop(last_guard.take());
        let next = std::task::ready!(receiver.poll_recv(context));
        Poll::Ready(next.map(|(event, under_way)| {
            last_guard = Some(under_way);
            event
        }))
    })
}
