//! The keyboard and the mouse: bytes are read when somebody waits for them, and only then, so that an editor and a shell
//! have the terminal to themselves. What a terminal answers is taken out before keys are made of the rest: crossterm's own
//! reader makes keys of most answers, and waits for the end of some for ever.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc;

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use futures_util::Stream;
use termina::event as theirs;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::runtime::terminal::reply_filter::{ReplyFilter, UserInput};

/// Bytes read at a time, at most.
const READ_BUFFER_BYTES: usize = 4096;

/// What is typed, clicked and pasted. It ends when the terminal is gone.
pub(super) fn terminal_events() -> impl Stream<Item = TerminalEvent> {
    futures_util::stream::unfold(KeyboardReader::default(), |mut keyboard| async {
        keyboard.next_event().await.map(|event| (event, keyboard))
    })
}

struct KeyboardReader {
    /// Asks the thread to read once.
    read_request: mpsc::Sender<()>,
    chunks: UnboundedReceiver<io::Result<Vec<u8>>>,
    is_read_pending: bool,
    reply_filter: ReplyFilter,
    parser: termina::Parser,
    events: VecDeque<TerminalEvent>,
}

impl Default for KeyboardReader {
    fn default() -> Self {
        let (ask, asked) = mpsc::channel::<()>();
        let (tell, read) = unbounded_channel();
        // Without the thread there is no keyboard: what waits for it ends at once. It ends with the process, or when it
        // is asked no more.
        let _ = std::thread::Builder::new()
            .name("keyboard".into())
            .spawn(move || while asked.recv().is_ok() && tell.send(read_once()).is_ok() {});
        Self {
            read_request: ask,
            chunks: read,
            is_read_pending: false,
            reply_filter: ReplyFilter::default(),
            parser: termina::Parser::default(),
            events: VecDeque::new(),
        }
    }
}

impl KeyboardReader {
    async fn next_event(&mut self) -> Option<TerminalEvent> {
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
                Some(patience) => {
                    let Ok(read) = tokio::time::timeout(patience, self.chunks.recv()).await else {
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
                    self.events.push_back(TerminalEvent::Key(key));
                }
                UserInput::Bytes(bytes) => {
                    self.parser.parse(&bytes, false);
                    while let Some(event) = self.parser.pop() {
                        self.events.extend(convert_event(event));
                    }
                }
            }
        }
    }
}

/// Waits for something, and reads what is there.
fn read_once() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; READ_BUFFER_BYTES];
    let count = loop {
        match rustix::io::read(io::stdin(), &mut bytes) {
            Err(rustix::io::Errno::INTR) => {}
            read => break read?,
        }
    };
    bytes.truncate(count);
    Ok(bytes)
}

/// The same event in the words of the rest of the program; nothing of what it does not know.
fn convert_event(event: theirs::Event) -> Option<TerminalEvent> {
    Some(match event {
        theirs::Event::Key(key) => TerminalEvent::Key(KeyEvent::new_with_kind(
            convert_key_code(key.code)?,
            convert_modifiers(key.modifiers),
            match key.kind {
                theirs::KeyEventKind::Press => KeyEventKind::Press,
                theirs::KeyEventKind::Release => KeyEventKind::Release,
                theirs::KeyEventKind::Repeat => KeyEventKind::Repeat,
            },
        )),
        theirs::Event::Mouse(mouse) => TerminalEvent::Mouse(MouseEvent {
            kind: convert_mouse_kind(mouse.kind),
            column: mouse.column,
            row: mouse.row,
            modifiers: convert_modifiers(mouse.modifiers),
        }),
        theirs::Event::FocusIn => TerminalEvent::FocusGained,
        theirs::Event::FocusOut => TerminalEvent::FocusLost,
        theirs::Event::Paste(text) => TerminalEvent::Paste(text),
        theirs::Event::WindowResized(_)
        | theirs::Event::Csi(_)
        | theirs::Event::Osc(_)
        | theirs::Event::Dcs(_) => return None,
    })
}

fn convert_key_code(code: theirs::KeyCode) -> Option<KeyCode> {
    Some(match code {
        theirs::KeyCode::Char(c) => KeyCode::Char(c),
        theirs::KeyCode::Enter => KeyCode::Enter,
        theirs::KeyCode::Backspace => KeyCode::Backspace,
        theirs::KeyCode::Tab => KeyCode::Tab,
        theirs::KeyCode::Escape => KeyCode::Esc,
        theirs::KeyCode::Left => KeyCode::Left,
        theirs::KeyCode::Right => KeyCode::Right,
        theirs::KeyCode::Up => KeyCode::Up,
        theirs::KeyCode::Down => KeyCode::Down,
        theirs::KeyCode::Home => KeyCode::Home,
        theirs::KeyCode::End => KeyCode::End,
        theirs::KeyCode::BackTab => KeyCode::BackTab,
        theirs::KeyCode::PageUp => KeyCode::PageUp,
        theirs::KeyCode::PageDown => KeyCode::PageDown,
        theirs::KeyCode::Insert => KeyCode::Insert,
        theirs::KeyCode::Delete => KeyCode::Delete,
        theirs::KeyCode::KeypadBegin => KeyCode::KeypadBegin,
        theirs::KeyCode::CapsLock => KeyCode::CapsLock,
        theirs::KeyCode::ScrollLock => KeyCode::ScrollLock,
        theirs::KeyCode::NumLock => KeyCode::NumLock,
        theirs::KeyCode::PrintScreen => KeyCode::PrintScreen,
        theirs::KeyCode::Pause => KeyCode::Pause,
        theirs::KeyCode::Menu => KeyCode::Menu,
        theirs::KeyCode::Null => KeyCode::Null,
        theirs::KeyCode::Function(number) => KeyCode::F(number),
        theirs::KeyCode::Modifier(_) | theirs::KeyCode::Media(_) => return None,
    })
}

fn convert_modifiers(theirs: theirs::Modifiers) -> KeyModifiers {
    // Locks are no modifiers.
    let pairs = [
        (theirs::Modifiers::SHIFT, KeyModifiers::SHIFT),
        (theirs::Modifiers::CONTROL, KeyModifiers::CONTROL),
        (theirs::Modifiers::ALT, KeyModifiers::ALT),
        (theirs::Modifiers::SUPER, KeyModifiers::SUPER),
        (theirs::Modifiers::HYPER, KeyModifiers::HYPER),
        (theirs::Modifiers::META, KeyModifiers::META),
    ];
    pairs.into_iter().filter(|(their, _)| theirs.contains(*their)).map(|(_, ours)| ours).collect()
}

fn convert_mouse_kind(kind: theirs::MouseEventKind) -> MouseEventKind {
    let button = |button| match button {
        theirs::MouseButton::Left => MouseButton::Left,
        theirs::MouseButton::Right => MouseButton::Right,
        theirs::MouseButton::Middle => MouseButton::Middle,
    };
    match kind {
        theirs::MouseEventKind::Down(which) => MouseEventKind::Down(button(which)),
        theirs::MouseEventKind::Up(which) => MouseEventKind::Up(button(which)),
        theirs::MouseEventKind::Drag(which) => MouseEventKind::Drag(button(which)),
        theirs::MouseEventKind::Moved => MouseEventKind::Moved,
        theirs::MouseEventKind::ScrollDown => MouseEventKind::ScrollDown,
        theirs::MouseEventKind::ScrollUp => MouseEventKind::ScrollUp,
        theirs::MouseEventKind::ScrollLeft => MouseEventKind::ScrollLeft,
        theirs::MouseEventKind::ScrollRight => MouseEventKind::ScrollRight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mutant seen to fail: Alt and Control taken for each other.
    #[test]
    fn modifiers_are_the_same_ones_and_locks_are_none() {
        let held = theirs::Modifiers::ALT | theirs::Modifiers::SHIFT | theirs::Modifiers::CAPS_LOCK;
        assert_eq!(convert_modifiers(held), KeyModifiers::ALT | KeyModifiers::SHIFT);
        assert_eq!(convert_modifiers(theirs::Modifiers::CONTROL), KeyModifiers::CONTROL);
        let all = convert_modifiers(theirs::Modifiers::all());
        assert_eq!(all, KeyModifiers::all());
    }
}
