//! The buffer that a console draws to.

use std::convert::Infallible;
use std::sync::Arc;

use parking_lot::Mutex;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use tokio::sync::watch;

/// A buffer that tests can read, with a notification for each draw.
#[derive(Clone)]
pub(super) struct RecordingBackend {
    inner: Arc<Mutex<TestBackend>>,
    frames_drawn: watch::Sender<u64>,
    /// The screens since the last key.
    history: Arc<Mutex<Vec<String>>>,
}

impl RecordingBackend {
    pub(super) fn new(columns: u16, rows: u16) -> (Self, watch::Receiver<u64>) {
        let (frames_drawn, frame_receiver) = watch::channel(0);
        let backend = Arc::new(Mutex::new(TestBackend::new(columns, rows)));
        (Self { inner: backend, frames_drawn, history: Arc::default() }, frame_receiver)
    }

    /// Forgets earlier screens and returns the current one.
    pub(super) fn clear_history(&self) -> String {
        self.history.lock().clear();
        self.text()
    }

    /// Whether a text was shown since the last key.
    pub(super) fn has_shown(&self, text: &str) -> bool {
        self.history.lock().iter().any(|screen| screen.contains(text))
    }

    fn with_inner<T>(&self, access: impl FnOnce(&mut TestBackend) -> T) -> T {
        access(&mut self.inner.lock())
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) {
        self.with_inner(|backend| backend.resize(columns, rows));
    }

    pub(super) fn buffer(&self) -> Buffer {
        self.with_inner(|backend| backend.buffer().clone())
    }

    pub(super) fn text(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // The cell behind a wide character is hidden.
                x += u16::try_from(ratatui::text::Span::raw(symbol).width().max(1)).expect("a narrow cell");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

impl Backend for RecordingBackend {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Infallible> {
        self.with_inner(|backend| backend.draw(content))
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.with_inner(TestBackend::hide_cursor)
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.with_inner(TestBackend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.with_inner(TestBackend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.with_inner(|backend| backend.set_cursor_position(position))
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.with_inner(TestBackend::clear)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.with_inner(|backend| backend.clear_region(clear_type))
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.with_inner(|backend| backend.size())
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.with_inner(TestBackend::window_size)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.with_inner(TestBackend::flush)?;
        let screen = self.text();
        let mut shown = self.history.lock();
        if shown.last() != Some(&screen) {
            shown.push(screen);
        }
        drop(shown);
        self.frames_drawn.send_modify(|draws| *draws += 1);
        Ok(())
    }
}
