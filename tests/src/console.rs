//! The real loop of the console, on a buffer instead of a terminal.

mod screen;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::text::Span;
use secrecy::SecretString;
use tierup::effect::Alert;
use tierup::event::Event;
use tierup::runtime::api::{ANSWER_TIME, Api};
use tierup::runtime::files::Files;
use tierup::runtime::vault::Vault;
use tierup::runtime::{self, Entrance, Setup};
use tierup::settings::Settings;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::SOON;
use crate::console::screen::Screen;

/// A console, and the one who sits at it.
pub struct Console {
    keys: mpsc::UnboundedSender<Event>,
    screen: Screen,
    drawn: watch::Receiver<u64>,
    around: Arc<Mutex<Around>>,
    running: JoinHandle<std::io::Result<()>>,
}

impl Console {
    /// Opens a console on a server.
    pub fn open(server: &str, token: &str, files: &Path, columns: u16, rows: u16) -> Self {
        Self::open_with(Settings::default(), server, token, files, (columns, rows))
    }

    /// The same, with settings of its user's own.
    pub fn open_with(settings: Settings, server: &str, token: &str, files: &Path, size: (u16, u16)) -> Self {
        let api = Api::new(server, SecretString::from(token.to_owned())).expect("an address");
        let vault = Vault::new(Files::in_folder(files), false);
        Self::enter(settings, Entrance::open(api, vault), files, size)
    }

    /// The same, with little patience: an answer may take so long.
    pub fn open_within(answer_time: Duration, server: &str, token: &str, files: &Path) -> Self {
        let api = Api::new(server, SecretString::from(token.to_owned())).expect("an address");
        let vault = Vault::new(Files::in_folder(files), false);
        let entrance = Entrance::open(api.within(answer_time), vault);
        Self::enter(Settings::default(), entrance, files, (120, 36))
    }

    /// Opens a console where nobody has logged in.
    pub fn logged_out(files: &Path, columns: u16, rows: u16) -> Self {
        let vault = Vault::new(Files::in_folder(files), false);
        let entrance = Entrance { api: None, server: None, vault, answer_time: ANSWER_TIME };
        Self::enter(Settings::default(), entrance, files, (columns, rows))
    }

    fn enter(settings: Settings, entrance: Entrance, files: &Path, (columns, rows): (u16, u16)) -> Self {
        let (screen, drawn) = Screen::new(columns, rows);
        let (keys, input) = mpsc::unbounded_channel();
        let mut terminal = Terminal::new(screen.clone()).expect("a buffer");
        let setup = Setup { entrance, files: Files::in_folder(files), settings };
        let around = Arc::<Mutex<Around>>::default();
        let desk = Desk(Arc::clone(&around));
        let running = tokio::spawn(async move {
            let input = UnboundedReceiverStream::new(input);
            let never = std::future::pending();
            runtime::run(&mut terminal, input, never, desk, setup).await
        });
        Self { keys, screen, drawn, around, running }
    }

    /// Presses keys, written as they are or by name: `jj<enter>p`, `<ctrl-r>`, `<alt-1>`, `<lt>`.
    pub fn press(&self, keys: &str) {
        for key in keys_of(keys) {
            self.happens(Event::Key(key));
        }
    }

    /// Pastes a text.
    pub fn paste(&self, text: &str) {
        self.happens(Event::Paste(text.into()));
    }

    /// Clicks on a text of the screen.
    #[track_caller]
    pub fn clicks(&self, text: &str) {
        self.does_with_the_mouse(MouseEventKind::Down(MouseButton::Left), text);
    }

    /// Turns the wheel over a text of the screen, towards the end of what is there, or back.
    #[track_caller]
    pub fn turns_the_wheel(&self, down: bool, text: &str) {
        let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        self.does_with_the_mouse(kind, text);
    }

    #[track_caller]
    fn does_with_the_mouse(&self, kind: MouseEventKind, text: &str) {
        let screen = self.screen();
        let found = screen.lines().zip(0..).find_map(|(line, row)| Some((line.split_once(text)?.0, row)));
        let (before, row) = found.unwrap_or_else(|| panic!("no {text:?} to click on:\n{screen}"));
        let column = u16::try_from(Span::raw(before).width()).expect("a column");
        self.happens(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// Makes the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.screen.resize(columns, rows);
        self.happens(Event::Resize(columns, rows));
    }

    /// Lets anything happen at the terminal.
    pub fn happens(&self, event: Event) {
        self.keys.send(event).expect("the console runs");
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let text = text.to_owned();
        self.waits(move |screen| screen.contains(&text))
    }

    /// Waits until the screen no longer shows a text.
    #[track_caller]
    pub fn no_longer_sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let text = text.to_owned();
        self.waits(move |screen| !screen.contains(&text))
    }

    /// Waits until the screen is such.
    #[track_caller]
    pub fn waits(&mut self, such: impl Fn(&str) -> bool) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let wait = async {
                while !such(&self.screen.text()) {
                    if self.drawn.changed().await.is_err() {
                        return;
                    }
                }
            };
            let came = tokio::time::timeout(SOON, wait).await.is_ok() && such(&self.screen.text());
            assert!(
                came,
                "at {place}: what was waited for never came on the screen:\n{}",
                self.screen.text()
            );
        }
    }

    /// Presses a key again and again until the screen shows a text: for what takes no key at first.
    pub async fn presses_until(&mut self, key: &str, text: &str) {
        let wait = async {
            while !self.screen.text().contains(text) {
                self.press(key);
                if self.drawn.changed().await.is_err() {
                    return;
                }
            }
        };
        let came = tokio::time::timeout(SOON, wait).await.is_ok();
        assert!(came, "{key} never brought {text:?}:\n{}", self.screen.text());
    }

    /// Presses a key again and again while the screen shows a text: for what takes no key at first.
    pub async fn presses_away(&mut self, key: &str, text: &str) {
        let wait = async {
            while self.screen.text().contains(text) {
                self.press(key);
                if self.drawn.changed().await.is_err() {
                    return;
                }
            }
        };
        let came = tokio::time::timeout(SOON, wait).await.is_ok();
        assert!(came, "{key} never took {text:?} away:\n{}", self.screen.text());
    }

    /// How many pictures were painted so far.
    pub fn pictures(&self) -> u64 {
        *self.drawn.borrow()
    }

    /// The screen, as text.
    pub fn screen(&self) -> String {
        self.screen.text()
    }

    /// The screen, with its colours.
    pub fn buffer(&self) -> Buffer {
        self.screen.buffer()
    }

    /// Waits until what the console did around its screen is such.
    #[track_caller]
    pub fn does(&mut self, such: impl Fn(&Around) -> bool) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let wait = async { while !such(&self.around()) && self.drawn.changed().await.is_ok() {} };
            let came = tokio::time::timeout(SOON, wait).await.is_ok();
            assert!(came, "at {place}: what was waited for never happened: {:?}", self.around());
        }
    }

    /// What the console did around its screen so far.
    pub fn around(&self) -> Around {
        self.around.lock().expect("nobody panics at a desk").clone()
    }

    /// From now on the editor is this command.
    pub fn has_editor(&self, command: &str) {
        self.around.lock().expect("nobody panics at a desk").editor = command.into();
    }

    /// Waits for the console to end by itself.
    pub async fn ends(self) {
        let ended = tokio::time::timeout(SOON, self.running).await;
        ended.expect("the console did not end").expect("the console panicked").expect("the console failed");
    }
}

/// What a console did around its screen.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The window's titles, the newest last.
    pub titles: Vec<String>,
    /// What rang.
    pub alerts: Vec<Alert>,
    /// What went into the clipboard.
    pub copies: Vec<String>,
    /// Whether it takes the mouse, once that was changed.
    pub mouse: Option<bool>,
    /// The command of the editor.
    pub editor: String,
    /// What the terminal was told of links.
    pub links: String,
    /// How often it was suspended.
    pub suspended: usize,
}

/// A desk with nothing on it.
struct Desk(Arc<Mutex<Around>>);

impl Desk {
    fn around(&self) -> std::sync::MutexGuard<'_, Around> {
        self.0.lock().expect("nobody panics at a desk")
    }
}

impl tierup::runtime::desk::Desk for Desk {
    fn mouse(&mut self, on: bool) -> std::io::Result<()> {
        self.around().mouse = Some(on);
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<bool> {
        self.around().suspended += 1;
        Ok(true)
    }

    fn retake(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn title(&mut self, title: &str) -> std::io::Result<()> {
        self.around().titles.push(title.into());
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> std::io::Result<()> {
        self.around().alerts.push(alert.clone());
        Ok(())
    }

    fn copy(&mut self, text: &str) -> std::io::Result<()> {
        self.around().copies.push(text.into());
        Ok(())
    }

    async fn edit(&mut self, text: String) -> std::io::Result<Result<String, String>> {
        let editor = self.around().editor.clone();
        Ok(tierup::runtime::editor::edit(&editor, &text))
    }

    fn link(&mut self, told: &str) -> std::io::Result<()> {
        self.around().links.push_str(told);
        Ok(())
    }
}

/// Reads keys as [`Console::press`] takes them.
pub fn keys_of(keys: &str) -> Vec<KeyEvent> {
    let mut all = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some((name, after)) = rest[1..].split_once('>')
        {
            all.push(named(name));
            rest = after;
            continue;
        }
        all.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        rest = &rest[c.len_utf8()..];
    }
    all
}

fn named(name: &str) -> KeyEvent {
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
            _ => panic!("no key is called <{name}>"),
        },
    };
    KeyEvent::new(code, modifiers)
}
