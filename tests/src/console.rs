//! The real loop of the console, drawing to a buffer.

mod baseline;
mod keys;
mod open;
mod recording_backend;
mod recording_host;

use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use parking_lot::Mutex;
use ratatui::buffer::Buffer;
use ratatui::text::Span;
use tierup::event::Event;
use tierup::runtime::activity::{Activity, ActivityGuard};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::TIMEOUT;
use crate::console::baseline::Baseline;
use crate::console::recording_backend::RecordingBackend;

pub use keys::parse_keys;
pub use recording_host::HostRecord;

/// A console and its user, who waits until it is idle before each key.
pub struct Console {
    events: mpsc::UnboundedSender<(Event, ActivityGuard)>,
    screen: RecordingBackend,
    frames_drawn: watch::Receiver<u64>,
    host_record: watch::Receiver<HostRecord>,
    editor: watch::Sender<String>,
    activity: Activity,
    /// The number of pending operations that the test itself holds back and does not wait for.
    allowed_pending: AtomicUsize,
    baseline: Mutex<Baseline>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Console {
    /// Waits until the console is idle: no request, stream catch-up, file or draw is pending, and no delayed effect of
    /// the last key.
    #[track_caller]
    pub fn wait_until_idle(&self) -> impl Future<Output = ()> {
        let caller = Location::caller();
        async move {
            let mut pending = self.activity.watch();
            let allowed = self.allowed_pending.load(Ordering::Relaxed);
            let idle = tokio::time::timeout(TIMEOUT, pending.wait_for(|count| *count <= allowed)).await;
            assert!(
                idle.is_ok(),
                "at {caller}: {} operations are pending and {allowed} are allowed (see `allow_pending`):\n{}",
                *self.activity.watch().borrow(),
                self.screen.text()
            );
        }
    }

    /// From now on the test holds this many requests and streams back (`usize::MAX`: any number). The console counts as
    /// idle anyway.
    pub fn allow_pending(&self, count: usize) {
        self.allowed_pending.store(count, Ordering::Relaxed);
    }

    /// Presses keys when the console is idle, as characters or by name: `jj<enter>p`, `<ctrl-r>`, `<alt-1>`, `<lt>`.
    /// They arrive together.
    #[track_caller]
    pub fn press(&self, keys: &str) -> impl Future<Output = ()> {
        self.send_events_when_idle(parse_keys(keys).into_iter().map(Event::Key).collect())
    }

    /// Pastes a text when the console is idle.
    #[track_caller]
    pub fn paste(&self, text: &str) -> impl Future<Output = ()> {
        self.send_events_when_idle(vec![Event::Paste(text.into())])
    }

    /// Clicks on a text when the console is idle.
    #[track_caller]
    pub fn click(&self, text: &str) -> impl Future<Output = ()> {
        self.send_mouse_event(MouseEventKind::Down(MouseButton::Left), text)
    }

    /// Scrolls the wheel over a text, down or up.
    #[track_caller]
    pub fn scroll_wheel(&self, down: bool, text: &str) -> impl Future<Output = ()> {
        let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        self.send_mouse_event(kind, text)
    }

    #[track_caller]
    fn send_mouse_event(&self, kind: MouseEventKind, text: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let text = text.to_owned();
        let idle = self.wait_until_idle();
        async move {
            idle.await;
            let screen = self.screen.text();
            let found =
                screen.lines().zip(0..).find_map(|(line, row)| Some((line.split_once(&text)?.0, row)));
            let (before, row) =
                found.unwrap_or_else(|| panic!("at {caller}: no {text:?} to click on:\n{screen}"));
            let column = u16::try_from(Span::raw(before).width()).expect("a column");
            self.send_events(vec![Event::Mouse(MouseEvent {
                kind,
                column,
                row,
                modifiers: KeyModifiers::NONE,
            })]);
        }
    }

    /// Resizes the terminal when the console is idle.
    #[track_caller]
    pub fn resize(&self, columns: u16, rows: u16) -> impl Future<Output = ()> {
        let rests = self.wait_until_idle();
        async move {
            rests.await;
            self.record_baseline();
            self.screen.resize(columns, rows);
            self.enqueue_events(vec![Event::Resize(columns, rows)]);
        }
    }

    /// Sends an event of the terminal when the console is idle.
    #[track_caller]
    pub fn send_event(&self, event: Event) -> impl Future<Output = ()> {
        self.send_events_when_idle(vec![event])
    }

    #[track_caller]
    fn send_events_when_idle(&self, events: Vec<Event>) -> impl Future<Output = ()> {
        let rests = self.wait_until_idle();
        async move {
            rests.await;
            self.send_events(events);
        }
    }

    fn send_events(&self, events: Vec<Event>) {
        self.record_baseline();
        self.enqueue_events(events);
    }

    fn enqueue_events(&self, events: Vec<Event>) {
        for event in events {
            self.events.send((event, self.activity.begin())).expect("the console runs");
        }
    }

    fn record_baseline(&self) {
        let host = self.host_record.borrow().clone();
        *self.at_key() = Baseline {
            screen: self.screen.clear_history(),
            host_record: host,
            disappeared_texts: Vec::new(),
        };
    }

    fn at_key(&self) -> parking_lot::MutexGuard<'_, Baseline> {
        self.baseline.lock()
    }

    /// Waits until the screen shows a text. The text must be new since the last key, or it proves nothing.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let was_there = self.at_key().contains_text(text);
        let text = text.to_owned();
        async move {
            assert!(
                !was_there,
                "at {caller}: {text:?} was on the screen already when the last key was pressed: wait for something that \
                 the key brings, or say `still_sees`:\n{}",
                self.screen.text()
            );
            self.wait_until(caller, |screen| screen.contains(&text)).await;
        }
    }

    /// Waits until the screen satisfies a condition that it did not satisfy at the last key.
    #[track_caller]
    pub fn wait_for_screen(&mut self, predicate: impl Fn(&str) -> bool) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let was_so = predicate(&self.at_key().screen);
        async move {
            assert!(
                !was_so,
                "at {caller}: the screen was so already when the last key was pressed:\n{}",
                self.screen.text()
            );
            self.wait_until(caller, predicate).await;
        }
    }

    /// Waits until the screen no longer shows a text that it showed at the last key or since.
    #[track_caller]
    pub fn no_longer_sees(&mut self, text: &str) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let text = text.to_owned();
        async move {
            let was_there = self.at_key().contains_text(&text);
            let screen = self.screen.clone();
            self.wait_until(caller, |now| !now.contains(&text) && (was_there || screen.has_shown(&text)))
                .await;
            self.at_key().disappeared_texts.push(text);
        }
    }

    /// Waits until the console is idle and shows a text, new or not. Another check must prove the effect of the last
    /// key.
    #[track_caller]
    pub fn still_sees(&self, text: &str) -> impl Future<Output = ()> {
        let (caller, text) = (Location::caller(), text.to_owned());
        let mut drawn = self.frames_drawn.clone();
        async move {
            let wait = async {
                self.wait_until_idle().await;
                while !self.screen.text().contains(&text) && drawn.changed().await.is_ok() {
                    self.wait_until_idle().await;
                }
            };
            // A console that does not become idle fails there.
            let _ = tokio::time::timeout(TIMEOUT * 2, wait).await;
            let screen = self.screen.text();
            assert!(screen.contains(&text), "at {caller}: {text:?} is not shown:\n{screen}");
        }
    }

    /// Asserts that the idle console does not show a text.
    #[track_caller]
    pub fn does_not_see(&self, text: &str) -> impl Future<Output = ()> {
        let (caller, text, rests) = (Location::caller(), text.to_owned(), self.wait_until_idle());
        async move {
            rests.await;
            let screen = self.screen.text();
            assert!(!screen.contains(&text), "at {caller}: {text:?} is shown:\n{screen}");
        }
    }

    async fn wait_until(&mut self, caller: &Location<'_>, predicate: impl Fn(&str) -> bool) {
        let wait = async {
            while !predicate(&self.screen.text()) {
                if self.frames_drawn.changed().await.is_err() {
                    return;
                }
            }
        };
        let came = tokio::time::timeout(TIMEOUT, wait).await.is_ok() && predicate(&self.screen.text());
        assert!(came, "at {caller}: the expected screen never came:\n{}", self.screen.text());
    }

    /// The number of draws so far.
    pub fn frames_drawn(&self) -> u64 {
        *self.frames_drawn.borrow()
    }

    /// The screen of the idle console, as text.
    #[track_caller]
    pub fn screen(&self) -> impl Future<Output = String> {
        let rests = self.wait_until_idle();
        async move {
            rests.await;
            self.screen.text()
        }
    }

    /// The screen of the idle console, with colours.
    #[track_caller]
    pub fn buffer(&self) -> impl Future<Output = Buffer> {
        let rests = self.wait_until_idle();
        async move {
            rests.await;
            self.screen.buffer()
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let area = self.screen.buffer().area;
        (area.width, area.height)
    }

    /// Waits until the host satisfies a condition that it did not satisfy at the last key.
    #[track_caller]
    pub fn wait_for_host(&mut self, predicate: impl Fn(&HostRecord) -> bool) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let was_so = predicate(&self.at_key().host_record);
        async move {
            assert!(!was_so, "at {caller}: the condition held already at the last key");
            let came = tokio::time::timeout(TIMEOUT, self.host_record.wait_for(predicate))
                .await
                .is_ok_and(|it| it.is_ok());
            assert!(came, "at {caller}: the expected host state never came: {:?}", self.host_record.borrow());
        }
    }

    /// The host of the idle console.
    #[track_caller]
    pub fn host(&self) -> impl Future<Output = HostRecord> {
        let rests = self.wait_until_idle();
        async move {
            rests.await;
            self.host_record.borrow().clone()
        }
    }

    /// Sets the editor command.
    pub fn set_editor(&self, command: &str) {
        self.editor.send_replace(command.into());
    }

    /// Waits until the console ends by itself and has written its files.
    pub async fn wait_for_exit(self) {
        let exit = tokio::time::timeout(TIMEOUT, self.task).await;
        exit.expect("the console did not end").expect("the console panicked").expect("the console failed");
        let mut under_way = self.activity.watch();
        drop(self.events);
        let idle = tokio::time::timeout(TIMEOUT, under_way.wait_for(|count| *count == 0)).await;
        idle.expect("a file is missing or wrong").expect("it is counted");
    }
}
