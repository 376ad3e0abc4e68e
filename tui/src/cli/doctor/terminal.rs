//! What this terminal can, as far as it says so.

use std::io::IsTerminal;

use crate::cli::doctor::{Finding, good, warning};
use crate::cli::{Options, settings};
use crate::settings::{Notify, Settings, is_dumb};
use crate::theme::Charset;

pub(super) fn look(options: &Options) -> Vec<Finding> {
    let settings = settings::load(&options.console).unwrap_or_default();
    vec![screen(), colours(&settings), characters(&settings), ringing(&settings), clipboard()]
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn screen() -> Finding {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return good("terminal", "this is none; the commands need none");
    }
    let term = env("TERM").unwrap_or_else(|| "unknown".into());
    let inside = if env("TMUX").is_some() { ", inside tmux" } else { "" };
    if is_dumb(&|name| std::env::var(name).ok()) {
        return warning(
            "terminal",
            "dumb, by TERM (`dumb`, or empty)",
            "the console needs one that can be painted; the commands do not",
        );
    }
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns < 40 || rows < 10 => warning(
            "terminal",
            format!("{term}, {columns}x{rows}{inside}"),
            "the console needs 40 columns and 10 rows",
        ),
        Ok((columns, rows)) => good("terminal", format!("{term}, {columns}x{rows}{inside}")),
        Err(error) => warning("terminal", format!("{term}: {error}"), "its size is not known"),
    }
}

fn colours(settings: &Settings) -> Finding {
    let why = if env("NO_COLOR").is_some() { ", for NO_COLOR" } else { "" };
    good("theme", format!("{}{why}", settings.theme))
}

fn characters(settings: &Settings) -> Finding {
    match settings.charset {
        Charset::Unicode => good("characters", "Unicode"),
        Charset::AsciiGlyphs => good("characters", "lines and marks in ASCII, texts in Unicode"),
        Charset::AsciiOnly => warning(
            "characters",
            "ASCII, because the locale is not UTF-8",
            "set LANG to one that is, like C.UTF-8",
        ),
    }
}

fn ringing(settings: &Settings) -> Finding {
    let how = match settings.notify.here(env) {
        Notify::Off => "not at all, by the settings",
        Notify::Auto | Notify::Bell => "by the bell",
        Notify::Osc9 => "by desktop notifications (OSC 9)",
        Notify::Osc777 => "by desktop notifications (OSC 777)",
    };
    good("ringing", how)
}

fn clipboard() -> Finding {
    let native = match (env("WAYLAND_DISPLAY"), env("DISPLAY")) {
        (Some(_), _) => "Wayland's, and ",
        (None, Some(_)) => "X11's, and ",
        (None, None) if cfg!(any(windows, target_os = "macos")) => "the system's, and ",
        (None, None) => "",
    };
    good("clipboard", format!("{native}what the terminal does with OSC 52"))
}
