//! What lies around the screen of a console: it is written down, and whoever waits for it hears of it.

use tierup::effect::Alert;
use tierup::runtime;
use tokio::sync::watch;

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
    /// What the terminal was told of links.
    pub links: String,
    /// How often it was suspended.
    pub suspended: usize,
}

/// A desk with nothing on it.
pub(super) struct Desk {
    around: watch::Sender<Around>,
    editor: watch::Receiver<String>,
}

impl Desk {
    /// A desk, what happens at it, and the command of its editor.
    pub(super) fn new() -> (Self, watch::Receiver<Around>, watch::Sender<String>) {
        let (around, seen) = watch::channel(Around::default());
        let (choice, editor) = watch::channel(String::new());
        (Self { around, editor }, seen, choice)
    }

    fn does(&self, what: impl FnOnce(&mut Around)) {
        self.around.send_modify(what);
    }
}

impl runtime::desk::Desk for Desk {
    fn mouse(&mut self, on: bool) -> std::io::Result<()> {
        self.does(|around| around.mouse = Some(on));
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<bool> {
        self.does(|around| around.suspended += 1);
        Ok(true)
    }

    fn retake(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn title(&mut self, title: &str) -> std::io::Result<()> {
        self.does(|around| around.titles.push(title.into()));
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> std::io::Result<()> {
        self.does(|around| around.alerts.push(alert.clone()));
        Ok(())
    }

    fn copy(&mut self, text: &str) -> std::io::Result<()> {
        self.does(|around| around.copies.push(text.into()));
        Ok(())
    }

    async fn edit(&mut self, text: String) -> std::io::Result<Result<String, String>> {
        let editor = self.editor.borrow().clone();
        Ok(runtime::editor::edit(&editor, &text))
    }

    fn link(&mut self, told: &str) -> std::io::Result<()> {
        self.does(|around| around.links.push_str(told));
        Ok(())
    }
}
