//! The real loop of the console, on a buffer instead of a terminal.

mod at_key;
mod desk;
mod keys;
mod screen;

use std::panic::Location;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::text::Span;
use secrecy::SecretString;
use tierup::event::Event;
use tierup::runtime::activity::{Activity, UnderWay};
use tierup::runtime::api::{ANSWER_TIME, Api};
use tierup::runtime::files::Files;
use tierup::runtime::vault::Vault;
use tierup::runtime::{self, Entrance, Setup};
use tierup::settings::Settings;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::SOON;
use crate::console::at_key::AtKey;
use crate::console::desk::Desk;
use crate::console::keys::counted;
use crate::console::screen::Screen;

pub use desk::Around;
pub use keys::keys_of;

/// A console, and the one who sits at it: who looks until nothing moves before they press the next key.
pub struct Console {
    keys: mpsc::UnboundedSender<(Event, UnderWay)>,
    screen: Screen,
    drawn: watch::Receiver<u64>,
    around: watch::Receiver<Around>,
    editor: watch::Sender<String>,
    activity: Activity,
    /// How many things the story itself holds back: they are not waited for.
    held_back: AtomicUsize,
    at_key: Mutex<AtKey>,
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
        let (keys, typed) = mpsc::unbounded_channel();
        let mut terminal = Terminal::new(screen.clone()).expect("a buffer");
        let activity = Activity::default();
        let files = Files::in_folder(files);
        let setup = Setup { entrance, files, settings, activity: activity.clone() };
        let (desk, around, editor) = Desk::new();
        let input = counted(typed, activity.begin());
        let running = tokio::spawn(async move {
            let never = std::future::pending();
            runtime::run(&mut terminal, input, never, desk, setup).await
        });
        let (held_back, at_key) = (AtomicUsize::new(0), Mutex::default());
        Self { keys, screen, drawn, around, editor, activity, held_back, at_key, running }
    }

    /// Waits until the console says that nothing is under way: no request, no stream that catches up, no file, nothing to
    /// paint, nothing that comes of the last key by itself in a moment.
    #[track_caller]
    pub fn rests(&self) -> impl Future<Output = ()> {
        let place = Location::caller();
        async move {
            let mut under_way = self.activity.watch();
            let held_back = self.held_back.load(Ordering::Relaxed);
            let rests = tokio::time::timeout(SOON, under_way.wait_for(|count| *count <= held_back)).await;
            let is_at_rest = rests.is_ok();
            let count = *self.activity.watch().borrow();
            assert!(
                is_at_rest,
                "at {place}: the console never came to rest: {count} things are under way, of which the story holds back \
                 {held_back} (see `holds_back`):\n{}",
                self.screen.text()
            );
        }
    }

    /// From now on the story itself holds so many requests and streams back, `usize::MAX` any: the console rests all the
    /// same.
    pub fn holds_back(&self, count: usize) {
        self.held_back.store(count, Ordering::Relaxed);
    }

    /// Presses keys when the console rests, written as they are or by name: `jj<enter>p`, `<ctrl-r>`, `<alt-1>`, `<lt>`.
    /// All of them come at once.
    #[track_caller]
    pub fn press(&self, keys: &str) -> impl Future<Output = ()> {
        self.happen(keys_of(keys).into_iter().map(Event::Key).collect())
    }

    /// Pastes a text when the console rests.
    #[track_caller]
    pub fn paste(&self, text: &str) -> impl Future<Output = ()> {
        self.happen(vec![Event::Paste(text.into())])
    }

    /// Clicks on a text of the screen when the console rests.
    #[track_caller]
    pub fn clicks(&self, text: &str) -> impl Future<Output = ()> {
        self.does_with_the_mouse(MouseEventKind::Down(MouseButton::Left), text)
    }

    /// Turns the wheel over a text of the screen, towards the end of what is there, or back.
    #[track_caller]
    pub fn turns_the_wheel(&self, down: bool, text: &str) -> impl Future<Output = ()> {
        let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        self.does_with_the_mouse(kind, text)
    }

    #[track_caller]
    fn does_with_the_mouse(&self, kind: MouseEventKind, text: &str) -> impl Future<Output = ()> {
        let place = Location::caller();
        let text = text.to_owned();
        let rests = self.rests();
        async move {
            rests.await;
            let screen = self.screen.text();
            let found =
                screen.lines().zip(0..).find_map(|(line, row)| Some((line.split_once(&text)?.0, row)));
            let (before, row) =
                found.unwrap_or_else(|| panic!("at {place}: no {text:?} to click on:\n{screen}"));
            let column = u16::try_from(Span::raw(before).width()).expect("a column");
            self.send(vec![Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })]);
        }
    }

    /// Makes the terminal another size when the console rests.
    #[track_caller]
    pub fn resize(&self, columns: u16, rows: u16) -> impl Future<Output = ()> {
        let rests = self.rests();
        async move {
            rests.await;
            self.remember();
            self.screen.resize(columns, rows);
            self.tell(vec![Event::Resize(columns, rows)]);
        }
    }

    /// Lets anything happen at the terminal when the console rests.
    #[track_caller]
    pub fn happens(&self, event: Event) -> impl Future<Output = ()> {
        self.happen(vec![event])
    }

    #[track_caller]
    fn happen(&self, events: Vec<Event>) -> impl Future<Output = ()> {
        let rests = self.rests();
        async move {
            rests.await;
            self.send(events);
        }
    }

    fn send(&self, events: Vec<Event>) {
        self.remember();
        self.tell(events);
    }

    fn tell(&self, events: Vec<Event>) {
        for event in events {
            self.keys.send((event, self.activity.begin())).expect("the console runs");
        }
    }

    fn remember(&self) {
        let around = self.around.borrow().clone();
        *self.at_key() = AtKey { screen: self.screen.forget(), around, gone: Vec::new() };
    }

    fn at_key(&self) -> std::sync::MutexGuard<'_, AtKey> {
        self.at_key.lock().expect("nobody panics with it")
    }

    /// Waits until the screen shows a text, which it did not when the last key was pressed: what was there already is no
    /// proof that the key did anything.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let place = Location::caller();
        let was_there = self.at_key().shows(text);
        let text = text.to_owned();
        async move {
            assert!(
                !was_there,
                "at {place}: {text:?} was on the screen already when the last key was pressed: wait for something that \
                 the key brings, or say `still_sees`:\n{}",
                self.screen.text()
            );
            self.comes(place, |screen| screen.contains(&text)).await;
        }
    }

    /// Waits until the screen is such, which it was not when the last key was pressed.
    #[track_caller]
    pub fn waits(&mut self, such: impl Fn(&str) -> bool) -> impl Future<Output = ()> {
        let place = Location::caller();
        let was_so = such(&self.at_key().screen);
        async move {
            assert!(
                !was_so,
                "at {place}: the screen was so already when the last key was pressed:\n{}",
                self.screen.text()
            );
            self.comes(place, such).await;
        }
    }

    /// Waits until the screen no longer shows a text, which it did when the last key was pressed or has done since.
    #[track_caller]
    pub fn no_longer_sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let place = Location::caller();
        let text = text.to_owned();
        async move {
            let was_there = self.at_key().shows(&text);
            let screen = self.screen.clone();
            self.comes(place, |now| !now.contains(&text) && (was_there || screen.has_shown(&text))).await;
            self.at_key().gone.push(text);
        }
    }

    /// Waits until the console rests and its screen shows a text, whether it did before or not: for what stays, or is in
    /// more than one place. That the last key has done something is proved by something else.
    #[track_caller]
    pub fn still_sees(&self, text: &str) -> impl Future<Output = ()> {
        let (place, text) = (Location::caller(), text.to_owned());
        let mut drawn = self.drawn.clone();
        async move {
            let wait = async {
                self.rests().await;
                while !self.screen.text().contains(&text) && drawn.changed().await.is_ok() {
                    self.rests().await;
                }
            };
            // A console that does not rest says so itself.
            let _ = tokio::time::timeout(SOON * 2, wait).await;
            let screen = self.screen.text();
            assert!(screen.contains(&text), "at {place}: {text:?} is not there:\n{screen}");
        }
    }

    /// When the console rests, its screen does not show a text, whether it did before or not.
    #[track_caller]
    pub fn sees_no(&self, text: &str) -> impl Future<Output = ()> {
        let (place, text, rests) = (Location::caller(), text.to_owned(), self.rests());
        async move {
            rests.await;
            let screen = self.screen.text();
            assert!(!screen.contains(&text), "at {place}: {text:?} is there:\n{screen}");
        }
    }

    async fn comes(&mut self, place: &Location<'_>, such: impl Fn(&str) -> bool) {
        let wait = async {
            while !such(&self.screen.text()) {
                if self.drawn.changed().await.is_err() {
                    return;
                }
            }
        };
        let came = tokio::time::timeout(SOON, wait).await.is_ok() && such(&self.screen.text());
        assert!(came, "at {place}: what was waited for never came on the screen:\n{}", self.screen.text());
    }

    /// How many pictures were painted so far.
    pub fn pictures(&self) -> u64 {
        *self.drawn.borrow()
    }

    /// The screen when the console rests, as text.
    #[track_caller]
    pub fn screen(&self) -> impl Future<Output = String> {
        let rests = self.rests();
        async move {
            rests.await;
            self.screen.text()
        }
    }

    /// The screen when the console rests, with its colours.
    #[track_caller]
    pub fn buffer(&self) -> impl Future<Output = Buffer> {
        let rests = self.rests();
        async move {
            rests.await;
            self.screen.buffer()
        }
    }

    /// Columns and rows of the terminal.
    pub fn size(&self) -> (u16, u16) {
        let area = self.screen.buffer().area;
        (area.width, area.height)
    }

    /// Waits until what the console did around its screen is such, which it was not when the last key was pressed.
    #[track_caller]
    pub fn does(&mut self, such: impl Fn(&Around) -> bool) -> impl Future<Output = ()> {
        let place = Location::caller();
        let was_so = such(&self.at_key().around);
        async move {
            assert!(!was_so, "at {place}: it was so already when the last key was pressed");
            let came =
                tokio::time::timeout(SOON, self.around.wait_for(such)).await.is_ok_and(|it| it.is_ok());
            assert!(came, "at {place}: what was waited for never happened: {:?}", self.around.borrow());
        }
    }

    /// What the console has done around its screen when it rests.
    #[track_caller]
    pub fn around(&self) -> impl Future<Output = Around> {
        let rests = self.rests();
        async move {
            rests.await;
            self.around.borrow().clone()
        }
    }

    /// From now on the editor is this command.
    pub fn has_editor(&self, command: &str) {
        self.editor.send_replace(command.into());
    }

    /// Waits for the console to end by itself, and until all that it keeps is kept.
    pub async fn ends(self) {
        let ended = tokio::time::timeout(SOON, self.running).await;
        ended.expect("the console did not end").expect("the console panicked").expect("the console failed");
        let mut under_way = self.activity.watch();
        drop(self.keys);
        let kept = tokio::time::timeout(SOON, under_way.wait_for(|count| *count == 0)).await;
        kept.expect("what was to be kept is not").expect("it is counted here");
    }
}
