//! The keyboard and the mouse. Bytes are read only while the console waits for them, so that an editor or a shell has the
//! terminal to itself. The terminal's replies are removed before the rest is parsed into keys: crossterm's own reader
//! takes most replies for keys, and waits for the end of some for ever.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc;

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use futures_util::Stream;
use termina::event as termina_event;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::runtime::terminal::background;
use crate::runtime::terminal::input::TerminalInput;
use crate::runtime::terminal::reply_filter::{ReplyFilter, UserInput};

const READ_BUFFER_BYTES: usize = 4096;

/// Keys, clicks and pastes. The stream ends when the terminal is gone.
pub(super) fn terminal_events() -> impl Stream<Item = TerminalInput> {
    let mut reader = KeyboardReader::default();
    if background::was_asked() {
        reader.reply_filter = ReplyFilter::awaiting_background();
    }
    futures_util::stream::unfold(reader, |mut keyboard| async {
        keyboard.next_event().await.map(|event| (event, keyboard))
    })
}

struct KeyboardReader {
    /// Has the thread read once.
    read_request: mpsc::Sender<()>,
    chunks: UnboundedReceiver<io::Result<Vec<u8>>>,
    is_read_pending: bool,
    reply_filter: ReplyFilter,
    parser: termina::Parser,
    events: VecDeque<TerminalInput>,
}

impl Default for KeyboardReader {
    fn default() -> Self {
        let (read_request, requests) = mpsc::channel::<()>();
        let (sender, chunks) = unbounded_channel();
        // Without the thread the stream of keys ends at once. The thread ends with the process, or with its channels.
        let _ = std::thread::Builder::new()
            .name("keyboard".into())
            .spawn(move || while requests.recv().is_ok() && sender.send(read_once()).is_ok() {});
        Self {
            read_request,
            chunks,
            is_read_pending: false,
            reply_filter: ReplyFilter::default(),
            parser: termina::Parser::default(),
            events: VecDeque::new(),
        }
    }
}

impl KeyboardReader {
    async fn next_event(&mut self) -> Option<TerminalInput> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if !self.is_read_pending {
                self.read_request.send(()).ok()?;
                self.is_read_pending = true;
            }
            let mut input = Vec::new();
            let read = match self.reply_filter.timeout() {
                None => self.chunks.recv().await,
                Some(timeout) => {
                    let Ok(read) = tokio::time::timeout(timeout, self.chunks.recv()).await else {
                        self.reply_filter.on_timeout(&mut input);
                        self.parse_input(input);
                        continue;
                    };
                    read
                }
            };
            self.is_read_pending = false;
            let bytes = read?.ok().filter(|bytes| !bytes.is_empty())?;
            for byte in bytes {
                self.reply_filter.push_byte(byte, &mut input);
            }
            self.parse_input(input);
        }
    }

    fn parse_input(&mut self, input: Vec<UserInput>) {
        for input in input {
            match input {
                UserInput::Alt(letter) => {
                    let shift =
                        if letter.is_ascii_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
                    let key = KeyEvent::new(KeyCode::Char(letter.into()), KeyModifiers::ALT | shift);
                    self.events.push_back(TerminalInput::Event(TerminalEvent::Key(key)));
                }
                UserInput::Background { is_light } => {
                    self.events.push_back(TerminalInput::Background { is_light });
                }
                UserInput::Bytes(bytes) => {
                    self.parser.parse(&bytes, false);
                    while let Some(event) = self.parser.pop() {
                        self.events.extend(convert_event(event).map(TerminalInput::Event));
                    }
                }
            }
        }
    }
}

/// Waits for input and reads it.
fn read_once() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; READ_BUFFER_BYTES];
    let count = loop {
        match nix::unistd::read(io::stdin(), &mut bytes) {
            Err(nix::errno::Errno::EINTR) => {}
            read => break read?,
        }
    };
    bytes.truncate(count);
    Ok(bytes)
}

/// The event in crossterm's types, which the rest of the program uses; `None` for one that it does not know.
fn convert_event(event: termina_event::Event) -> Option<TerminalEvent> {
    Some(match event {
        termina_event::Event::Key(key) => TerminalEvent::Key(KeyEvent::new_with_kind(
            convert_key_code(key.code)?,
            convert_modifiers(key.modifiers),
            match key.kind {
                termina_event::KeyEventKind::Press => KeyEventKind::Press,
                termina_event::KeyEventKind::Release => KeyEventKind::Release,
                termina_event::KeyEventKind::Repeat => KeyEventKind::Repeat,
            },
        )),
        termina_event::Event::Mouse(mouse) => TerminalEvent::Mouse(MouseEvent {
            kind: convert_mouse_kind(mouse.kind),
            column: mouse.column,
            row: mouse.row,
            modifiers: convert_modifiers(mouse.modifiers),
        }),
        termina_event::Event::FocusIn => TerminalEvent::FocusGained,
        termina_event::Event::FocusOut => TerminalEvent::FocusLost,
        termina_event::Event::Paste(text) => TerminalEvent::Paste(text),
        termina_event::Event::WindowResized(_)
        | termina_event::Event::Csi(_)
        | termina_event::Event::Osc(_)
        | termina_event::Event::Dcs(_) => return None,
    })
}

fn convert_key_code(code: termina_event::KeyCode) -> Option<KeyCode> {
    Some(match code {
        termina_event::KeyCode::Char(c) => KeyCode::Char(c),
        termina_event::KeyCode::Enter => KeyCode::Enter,
        termina_event::KeyCode::Backspace => KeyCode::Backspace,
        termina_event::KeyCode::Tab => KeyCode::Tab,
        termina_event::KeyCode::Escape => KeyCode::Esc,
        termina_event::KeyCode::Left => KeyCode::Left,
        termina_event::KeyCode::Right => KeyCode::Right,
        termina_event::KeyCode::Up => KeyCode::Up,
        termina_event::KeyCode::Down => KeyCode::Down,
        termina_event::KeyCode::Home => KeyCode::Home,
        termina_event::KeyCode::End => KeyCode::End,
        termina_event::KeyCode::BackTab => KeyCode::BackTab,
        termina_event::KeyCode::PageUp => KeyCode::PageUp,
        termina_event::KeyCode::PageDown => KeyCode::PageDown,
        termina_event::KeyCode::Insert => KeyCode::Insert,
        termina_event::KeyCode::Delete => KeyCode::Delete,
        termina_event::KeyCode::KeypadBegin => KeyCode::KeypadBegin,
        termina_event::KeyCode::CapsLock => KeyCode::CapsLock,
        termina_event::KeyCode::ScrollLock => KeyCode::ScrollLock,
        termina_event::KeyCode::NumLock => KeyCode::NumLock,
        termina_event::KeyCode::PrintScreen => KeyCode::PrintScreen,
        termina_event::KeyCode::Pause => KeyCode::Pause,
        termina_event::KeyCode::Menu => KeyCode::Menu,
        termina_event::KeyCode::Null => KeyCode::Null,
        termina_event::KeyCode::Function(number) => KeyCode::F(number),
        termina_event::KeyCode::Modifier(_) | termina_event::KeyCode::Media(_) => return None,
    })
}

fn convert_modifiers(modifiers: termina_event::Modifiers) -> KeyModifiers {
    // Caps Lock and Num Lock are left out.
    let pairs = [
        (termina_event::Modifiers::SHIFT, KeyModifiers::SHIFT),
        (termina_event::Modifiers::CONTROL, KeyModifiers::CONTROL),
        (termina_event::Modifiers::ALT, KeyModifiers::ALT),
        (termina_event::Modifiers::SUPER, KeyModifiers::SUPER),
        (termina_event::Modifiers::HYPER, KeyModifiers::HYPER),
        (termina_event::Modifiers::META, KeyModifiers::META),
    ];
    pairs.into_iter().filter(|(theirs, _)| modifiers.contains(*theirs)).map(|(_, ours)| ours).collect()
}

fn convert_mouse_kind(kind: termina_event::MouseEventKind) -> MouseEventKind {
    let button = |button| match button {
        termina_event::MouseButton::Left => MouseButton::Left,
        termina_event::MouseButton::Right => MouseButton::Right,
        termina_event::MouseButton::Middle => MouseButton::Middle,
    };
    match kind {
        termina_event::MouseEventKind::Down(which) => MouseEventKind::Down(button(which)),
        termina_event::MouseEventKind::Up(which) => MouseEventKind::Up(button(which)),
        termina_event::MouseEventKind::Drag(which) => MouseEventKind::Drag(button(which)),
        termina_event::MouseEventKind::Moved => MouseEventKind::Moved,
        termina_event::MouseEventKind::ScrollDown => MouseEventKind::ScrollDown,
        termina_event::MouseEventKind::ScrollUp => MouseEventKind::ScrollUp,
        termina_event::MouseEventKind::ScrollLeft => MouseEventKind::ScrollLeft,
        termina_event::MouseEventKind::ScrollRight => MouseEventKind::ScrollRight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen to fail: with Alt and Control swapped.
    #[test]
    fn modifiers_are_converted_and_lock_keys_ignored() {
        let held = termina_event::Modifiers::ALT
            | termina_event::Modifiers::SHIFT
            | termina_event::Modifiers::CAPS_LOCK;
        assert_eq!(convert_modifiers(held), KeyModifiers::ALT | KeyModifiers::SHIFT);
        assert_eq!(convert_modifiers(termina_event::Modifiers::CONTROL), KeyModifiers::CONTROL);
        let all = convert_modifiers(termina_event::Modifiers::all());
        assert_eq!(all, KeyModifiers::all());
    }
}
