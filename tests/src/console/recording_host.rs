//! Records what a console sends to its terminal besides the screen, such as its title, and wakes the waiting test.

use tierup::effect::{Notification, ProgramCall};
use tierup::runtime;
use tierup::text::{Safe, SafeText};
use tokio::sync::watch;

/// What a console sent to its host.
#[derive(Clone, Debug, Default)]
pub struct HostRecord {
    /// Window titles, the newest last.
    pub titles: Vec<String>,
    /// Notifications.
    pub alerts: Vec<Notification>,
    /// Copied texts.
    pub copied_texts: Vec<String>,
    /// Whether the mouse is captured, if that was changed.
    pub mouse_captured: Option<bool>,
    /// Hyperlink sequences.
    pub hyperlink_output: String,
    /// Programs that got the terminal.
    pub programs: Vec<ProgramCall>,
    /// The number of suspensions.
    pub suspend_count: usize,
}

/// A host without events.
pub(super) struct RecordingHost {
    record: watch::Sender<HostRecord>,
    editor_command: watch::Receiver<String>,
}

impl RecordingHost {
    /// A host, its notifications, and its editor command.
    pub(super) fn new() -> (Self, watch::Receiver<HostRecord>, watch::Sender<String>) {
        let (record, record_receiver) = watch::channel(HostRecord::default());
        let (editor_sender, editor_command) = watch::channel(String::new());
        (Self { record, editor_command }, record_receiver, editor_sender)
    }

    fn update_record(&self, change: impl FnOnce(&mut HostRecord)) {
        self.record.send_modify(change);
    }
}

impl runtime::terminal_host::TerminalHost for RecordingHost {
    fn set_mouse_capture(&mut self, on: bool) -> std::io::Result<()> {
        self.update_record(|record| record.mouse_captured = Some(on));
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<bool> {
        self.update_record(|record| record.suspend_count += 1);
        Ok(true)
    }

    fn reenter(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn set_title(&mut self, title: &Safe<'_>) -> std::io::Result<()> {
        self.update_record(|record| record.titles.push(title.to_string()));
        Ok(())
    }

    fn send_notification(&mut self, alert: &Notification) -> std::io::Result<()> {
        self.update_record(|record| record.alerts.push(alert.clone()));
        Ok(())
    }

    fn copy_to_clipboard(&mut self, text: &SafeText<'_>) -> std::io::Result<()> {
        self.update_record(|record| record.copied_texts.push(text.to_string()));
        Ok(())
    }

    async fn open_editor(&mut self, text: String) -> std::io::Result<Result<String, String>> {
        let editor = self.editor_command.borrow().clone();
        Ok(runtime::editor::edit(&editor, &text))
    }

    async fn run_program(&mut self, call: ProgramCall) -> std::io::Result<Result<(), String>> {
        self.update_record(|record| record.programs.push(call));
        Ok(Ok(()))
    }

    fn write_hyperlinks(&mut self, sequences: &str) -> std::io::Result<()> {
        self.update_record(|record| record.hyperlink_output.push_str(sequences));
        Ok(())
    }
}
