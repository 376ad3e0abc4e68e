//! What this terminal can, as far as it says so.

use std::io::IsTerminal;

use crate::cli::doctor::{Finding, good_finding, warning_finding};
use crate::cli::{Options, settings};
use crate::settings::{NotificationMode, Settings, is_dumb_terminal};
use crate::theme::Charset;

pub(super) fn check_terminal(options: &Options) -> Vec<Finding> {
    let settings = settings::load(&options.console).unwrap_or_default();
    vec![
        check_screen(),
        check_theme(&settings),
        check_charset(&settings),
        check_notifications(&settings),
        check_clipboard(),
    ]
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn check_screen() -> Finding {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return good_finding("terminal", "this is none; the commands need none");
    }
    let term = env("TERM").unwrap_or_else(|| "unknown".into());
    let inside = if env("TMUX").is_some() { ", inside tmux" } else { "" };
    if is_dumb_terminal(&|name| std::env::var(name).ok()) {
        return warning_finding(
            "terminal",
            "dumb, by TERM (`dumb`, or empty)",
            "the console needs one that can be painted; the commands do not",
        );
    }
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns < 40 || rows < 10 => warning_finding(
            "terminal",
            format!("{term}, {columns}x{rows}{inside}"),
            "the console needs 40 columns and 10 rows",
        ),
        Ok((columns, rows)) => good_finding("terminal", format!("{term}, {columns}x{rows}{inside}")),
        Err(error) => warning_finding("terminal", format!("{term}: {error}"), "its size is not known"),
    }
}

fn check_theme(settings: &Settings) -> Finding {
    let why = if env("NO_COLOR").is_some() { ", for NO_COLOR" } else { "" };
    good_finding("theme", format!("{}{why}", settings.theme_name))
}

fn check_charset(settings: &Settings) -> Finding {
    match settings.charset {
        Charset::Unicode => good_finding("characters", "Unicode"),
        Charset::AsciiGlyphs => good_finding("characters", "lines and marks in ASCII, texts in Unicode"),
        Charset::AsciiOnly => warning_finding(
            "characters",
            "ASCII, because the locale is not UTF-8",
            "set LANG to one that is, like C.UTF-8",
        ),
    }
}

fn check_notifications(settings: &Settings) -> Finding {
    let how = match settings.notification_mode.detect(env) {
        NotificationMode::Off => "not at all, by the settings",
        NotificationMode::Auto | NotificationMode::Bell => "by the bell",
        NotificationMode::Osc9 => "by desktop notifications (OSC 9)",
        NotificationMode::Osc777 => "by desktop notifications (OSC 777)",
    };
    good_finding("ringing", how)
}

fn check_clipboard() -> Finding {
    let native = match (env("WAYLAND_DISPLAY"), env("DISPLAY")) {
        (Some(_), _) => "Wayland's, and ",
        (None, Some(_)) => "X11's, and ",
        (None, None) if cfg!(any(windows, target_os = "macos")) => "the system's, and ",
        (None, None) => "",
    };
    good_finding("clipboard", format!("{native}what the terminal does with OSC 52"))
}
