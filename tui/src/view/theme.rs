//! Colours by meaning, and glyphs: once, for the whole console.
//!
//! The default takes only the terminal's own sixteen colours, so that it is right on light and dark. Whatever a
//! colour says, a glyph or a word says too: nothing is lost without colours.

use ratatui::style::{Color, Modifier, Style};

use crate::text::Ink;

/// What everything looks like.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Text that matters less.
    pub dim: Style,
    /// What the eye should find first: keys, the selection, the focus.
    pub accent: Style,
    /// Titles and what is selected.
    pub strong: Style,
    /// Now.
    pub urgent: Style,
    /// Soon.
    pub high: Style,
    /// It is well.
    pub good: Style,
    /// Take care.
    pub warn: Style,
    /// It is not well.
    pub bad: Style,
    /// Code, commands, output.
    pub code: Style,
    /// Where a link leads.
    pub link: Style,
    /// The border of what has the keys.
    pub focus: Style,
    /// Any other border.
    pub border: Style,
    /// The cursor in a text.
    pub cursor: Style,
    /// What stands for what.
    pub glyphs: Glyphs,
}

/// What stands for what.
#[derive(Clone, Copy, Debug)]
pub struct Glyphs {
    /// The selected row.
    pub bar: &'static str,
    /// Not seen yet.
    pub unread: &'static str,
    /// Done, or it worked.
    pub check: &'static str,
    /// Failed, or ruled out.
    pub cross: &'static str,
    /// Not settled.
    pub question: &'static str,
    /// Between words of one line.
    pub dot: &'static str,
    /// Connected.
    pub live: &'static str,
    /// Connecting.
    pub connecting: &'static str,
    /// Catching up.
    pub catching_up: &'static str,
    /// Not connected.
    pub offline: &'static str,
    /// Where text is being written.
    pub writing: &'static str,
    /// There is more below.
    pub more: &'static str,
    /// There is more to the left, and to the right.
    pub beyond: (&'static str, &'static str),
    /// Before a suggested step.
    pub step: &'static str,
    /// Something is under way.
    pub spinner: &'static [&'static str],
}

impl Glyphs {
    /// For terminals with Unicode.
    pub const UNICODE: Self = Self {
        bar: "▌",
        unread: "●",
        check: "✓",
        cross: "✗",
        question: "?",
        dot: "·",
        live: "●",
        connecting: "◌",
        catching_up: "↻",
        offline: "○",
        writing: "▌",
        more: "▼",
        beyond: ("‹", "›"),
        step: "▏",
        spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    };
}

impl Theme {
    /// The terminal's own sixteen colours.
    pub fn ansi() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            dim: plain.add_modifier(Modifier::DIM),
            accent: plain.fg(Color::Cyan),
            strong: bold,
            urgent: bold.fg(Color::Red),
            high: plain.fg(Color::Yellow),
            good: plain.fg(Color::Green),
            warn: plain.fg(Color::Yellow),
            bad: plain.fg(Color::Red),
            code: plain.fg(Color::Magenta),
            link: plain.fg(Color::Blue).add_modifier(Modifier::UNDERLINED),
            focus: plain.fg(Color::Cyan),
            border: plain.add_modifier(Modifier::DIM),
            cursor: plain.add_modifier(Modifier::REVERSED),
            glyphs: Glyphs::UNICODE,
        }
    }

    /// No colours at all: for `NO_COLOR` and `--theme mono`.
    pub fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        Self {
            text: plain,
            dim,
            accent: bold,
            strong: bold,
            urgent: bold.add_modifier(Modifier::UNDERLINED),
            high: bold,
            good: plain,
            warn: bold,
            bad: bold,
            code: plain,
            link: plain.add_modifier(Modifier::UNDERLINED),
            focus: bold,
            border: dim,
            cursor: plain.add_modifier(Modifier::REVERSED),
            glyphs: Glyphs::UNICODE,
        }
    }

    /// How text of this meaning looks.
    pub const fn ink(&self, ink: Ink) -> Style {
        match ink {
            Ink::Plain => self.text,
            Ink::Strong | Ink::Heading => self.strong,
            Ink::Emphasis => self.text.add_modifier(Modifier::ITALIC),
            Ink::Code => self.code,
            Ink::Link => self.link,
            Ink::Dim => self.dim,
            Ink::Accent => self.accent,
            Ink::Good => self.good,
            Ink::Warn => self.warn,
            Ink::Bad => self.bad,
        }
    }
}
