//! What surrounds the screen: the shell, the window's title, notifications, the clipboard, the editor. Only safe text
//! becomes part of an escape sequence.

use std::future::Future;
use std::io;

use crate::effect::{Notification, ProgramCall};
use crate::settings::NotificationMode;
use crate::text::{Safe, SafeText};

/// The longest title or notification, in columns: terminals show less.
const MAX_COLUMNS: usize = 120;
/// The longest text for the clipboard, in bytes: terminals refuse more.
const MAX_CLIPBOARD_BYTES: usize = 64 * 1024;

/// The terminal's features besides the screen.
pub trait TerminalHost {
    /// Stops the process and returns when the shell continues it; `false` if there is no shell with job control.
    fn suspend(&mut self) -> io::Result<bool>;
    /// Takes the terminal over again, after another program stopped and continued the process.
    fn reenter(&mut self) -> io::Result<()>;
    /// Sets the window's title.
    fn set_title(&mut self, title: &Safe<'_>) -> io::Result<()>;
    /// Captures the mouse, or leaves it to the terminal.
    fn set_mouse_capture(&mut self, on: bool) -> io::Result<()>;
    /// Notifies a user who looks elsewhere.
    fn send_notification(&mut self, notification: &Notification) -> io::Result<()>;
    /// Copies a text to the clipboard.
    fn copy_to_clipboard(&mut self, text: &SafeText<'_>) -> io::Result<()>;
    /// Opens the user's editor on a text: the edited text, or why there is none.
    fn open_editor(&mut self, text: String) -> impl Future<Output = io::Result<Result<String, String>>>;
    /// Gives the terminal to a program until it ends; or why it failed.
    fn run_program(&mut self, call: ProgramCall) -> impl Future<Output = io::Result<Result<(), String>>>;
    /// Writes the sequences of `runtime::hyperlinks`.
    fn write_hyperlinks(&mut self, hyperlinks: &str) -> io::Result<()>;
}

/// The sequence that sets the window's title.
pub fn title_sequence(title: &Safe<'_>) -> String {
    format!("\x1b]2;{}\x1b\\", title.ellipsized(MAX_COLUMNS))
}

impl NotificationMode {
    /// The mode that suits a terminal with this environment; never [`NotificationMode::Auto`].
    #[must_use]
    pub fn detect(self, env: impl Fn(&str) -> Option<String>) -> Self {
        if self != Self::Auto {
            return self;
        }
        let program = env("TERM_PROGRAM").unwrap_or_default();
        let term = env("TERM").unwrap_or_default();
        // A multiplexer hides the terminal, but passes the bell on.
        if env("TMUX").is_some() || term.starts_with("screen") || term.starts_with("tmux") {
            return Self::Bell;
        }
        match program.as_str() {
            "iTerm.app" => return Self::Osc9,
            "WezTerm" | "ghostty" => return Self::Osc777,
            _ => {}
        }
        if term.contains("kitty") {
            Self::Osc9
        } else if ["foot", "rxvt", "ghostty", "wezterm"].iter().any(|name| term.contains(name)) {
            Self::Osc777
        } else {
            Self::Bell
        }
    }

    /// The sequence that notifies; empty if it is off. A desktop notification rings the bell too.
    pub fn notification_sequence(self, notification: &Notification) -> String {
        let title = notification.title.ellipsized(MAX_COLUMNS);
        let body = notification.body.ellipsized(MAX_COLUMNS);
        match self {
            Self::Off => String::new(),
            Self::Auto | Self::Bell => "\x07".into(),
            Self::Osc9 => format!("\x1b]9;{title}: {body}\x1b\\\x07"),
            // Semicolons separate the fields.
            Self::Osc777 => {
                format!("\x1b]777;notify;{};{}\x1b\\\x07", title.replace(';', ","), body.replace(';', ","))
            }
        }
    }
}

/// The part of a text that terminals accept for the clipboard. It is safe text, as it was shown, so that nobody pastes
/// what they did not see.
pub fn clipboard_text<'t>(text: &'t SafeText<'_>) -> SafeText<'t> {
    text.truncated(MAX_CLIPBOARD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::safe::sanitize_text;
    use crate::text::safe_format;

    fn alert() -> Notification {
        Notification { title: "Urgent".into(), body: safe_format!("#42 VPN; {} down", "\x1b]0;gone\x07") }
    }

    #[test]
    fn user_text_cannot_end_an_escape_sequence() {
        assert_eq!(title_sequence(&"a\x07b\x1b\\c\u{9c}".into()), "\x1b]2;a␇b␛\\c‹9C›\x1b\\");
        assert_eq!(
            NotificationMode::Osc777.notification_sequence(&alert()),
            "\x1b]777;notify;Urgent;#42 VPN, ␛]0,gone␇ down\x1b\\\x07"
        );
        assert_eq!(clipboard_text(&sanitize_text("pass\u{200b}word\nnext")), "pass‹200B›word\nnext");
    }

    #[test]
    fn an_unknown_terminal_is_notified_by_the_bell_character() {
        let of = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(NotificationMode::Auto.detect(of(&[("TERM", "xterm-256color")])), NotificationMode::Bell);
        assert_eq!(NotificationMode::Auto.detect(of(&[("TERM", "foot")])), NotificationMode::Osc777);
        assert_eq!(NotificationMode::Auto.detect(of(&[("TERM", "xterm-kitty")])), NotificationMode::Osc9);
        assert_eq!(
            NotificationMode::Auto.detect(of(&[("TERM", "foot"), ("TMUX", "/tmp/x")])),
            NotificationMode::Bell
        );
        assert_eq!(NotificationMode::Off.detect(of(&[("TERM", "foot")])), NotificationMode::Off);
        assert_eq!(NotificationMode::Auto.notification_sequence(&alert()), "\x07");
    }
}
