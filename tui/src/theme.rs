//! Colours by meaning, and glyphs: once, for the whole console.
//!
//! The default takes only the terminal's own sixteen colours, so that it is right on light and dark. Whatever a
//! colour says, a glyph or a word says too: nothing is lost without colours.

mod custom;
mod glyphs;

use ratatui::style::{Color, Modifier, Style};

use crate::text::TextRole;

pub use custom::{CustomTheme, ThemeError};
pub use glyphs::{Charset, Glyphs, transliterate, transliterate_buffer, transliterate_text};

/// What everything looks like.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Text that matters less.
    pub dim: Style,
    /// What the eye should find first: keys, the selection, the focus.
    pub accent: Style,
    /// Titles and what is selected.
    pub strong: Style,
    /// Laid over the selected row.
    pub selected: Style,
    /// What a filter or a palette found in a text.
    pub found: Style,
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

/// The names of the themes that come with the console, the default first.
pub const BUILT_IN_NAMES: [&str; 4] = ["dark", "light", "high-contrast", "mono"];

impl Default for Theme {
    fn default() -> Self {
        Self::dark()
    }
}

impl Theme {
    /// One that comes with the console.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::dark()),
            "light" => Some(Self::light()),
            "high-contrast" => Some(Self::high_contrast()),
            "mono" => Some(Self::mono()),
            _ => None,
        }
    }

    /// The terminal's own sixteen colours, for a dark background. Nobody knows for sure that there is one, so that it
    /// takes only those that can be read on white too: not yellow and not cyan.
    pub fn dark() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            dim: plain.add_modifier(Modifier::DIM),
            accent: plain.fg(Color::LightBlue),
            strong: bold,
            selected: plain,
            found: plain.fg(Color::Magenta).add_modifier(Modifier::UNDERLINED),
            urgent: bold.fg(Color::Red),
            high: plain.fg(Color::Magenta),
            good: plain.fg(Color::Green),
            warn: plain.fg(Color::Magenta),
            bad: plain.fg(Color::Red),
            code: plain.fg(Color::LightBlue),
            link: plain.fg(Color::LightBlue).add_modifier(Modifier::UNDERLINED),
            focus: plain.fg(Color::LightBlue),
            border: plain.add_modifier(Modifier::DIM),
            cursor: plain.add_modifier(Modifier::REVERSED),
            glyphs: Glyphs::UNICODE,
        }
    }

    /// The same sixteen, for a light background: darker, and without dim. Their green cannot be read on white (2 or 3
    /// to 1, bold or not), so that this one alone is of the 256: 4.7 to 1.
    pub fn light() -> Self {
        let plain = Style::new();
        Self {
            // Many terminals show dim on white as a grey that cannot be read: bright black is theirs to choose.
            dim: plain.fg(Color::DarkGray),
            border: plain.fg(Color::DarkGray),
            accent: plain.fg(Color::Blue),
            focus: plain.fg(Color::Blue),
            good: plain.fg(Color::Indexed(28)),
            code: plain.fg(Color::Blue),
            link: plain.fg(Color::Blue).add_modifier(Modifier::UNDERLINED),
            ..Self::dark()
        }
    }

    /// For tired eyes and bad projectors: nothing is dim, colours are bright, the selection is reversed.
    pub fn high_contrast() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            dim: plain,
            border: plain,
            accent: bold.fg(Color::LightCyan),
            focus: bold.fg(Color::LightCyan),
            selected: plain.add_modifier(Modifier::REVERSED),
            found: bold.fg(Color::LightYellow).add_modifier(Modifier::UNDERLINED),
            urgent: bold.fg(Color::LightRed).add_modifier(Modifier::REVERSED),
            high: bold.fg(Color::LightYellow),
            good: bold.fg(Color::LightGreen),
            warn: bold.fg(Color::LightYellow),
            bad: bold.fg(Color::LightRed),
            code: bold.fg(Color::LightMagenta),
            link: bold.fg(Color::LightBlue).add_modifier(Modifier::UNDERLINED),
            ..Self::dark()
        }
    }

    /// No colours at all: for `NO_COLOR` too.
    pub fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            accent: bold,
            found: plain.add_modifier(Modifier::UNDERLINED),
            urgent: bold.add_modifier(Modifier::UNDERLINED),
            high: bold,
            good: plain,
            warn: bold,
            bad: bold,
            code: plain,
            link: plain.add_modifier(Modifier::UNDERLINED),
            focus: bold,
            ..Self::dark()
        }
    }

    /// How text of this meaning looks.
    pub const fn style(&self, role: TextRole) -> Style {
        match role {
            TextRole::Plain => self.text,
            TextRole::Strong | TextRole::Heading => self.strong,
            TextRole::Emphasis => self.text.add_modifier(Modifier::ITALIC),
            TextRole::Code => self.code,
            TextRole::Link => self.link,
            TextRole::Dim => self.dim,
            TextRole::Accent => self.accent,
            TextRole::Good => self.good,
            TextRole::Warn => self.warn,
            TextRole::Bad => self.bad,
            TextRole::Urgent => self.urgent,
            TextRole::High => self.high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_that_is_named_is_there() {
        for name in BUILT_IN_NAMES {
            assert!(Theme::built_in(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_to_be_dark_has_no_colour_that_vanishes_on_white() {
        for theme in [Theme::dark(), Theme::light()] {
            let Theme { text, accent, found, urgent, high, good, warn, bad, code, link, focus, .. } = theme;
            for style in [text, accent, found, urgent, high, good, warn, bad, code, link, focus] {
                let vanishes =
                    [Color::Yellow, Color::LightYellow, Color::Cyan, Color::LightCyan, Color::White];
                assert!(style.fg.is_none_or(|colour| !vanishes.contains(&colour)), "{style:?}");
            }
        }
        // The green of the sixteen is as pale as they are on most light terminals.
        assert_ne!(Theme::light().good.fg, Some(Color::Green));
    }

    #[test]
    fn mono_has_no_colour() {
        let Theme {
            text,
            dim,
            accent,
            strong,
            selected,
            found,
            urgent,
            high,
            good,
            warn,
            bad,
            code,
            link,
            focus,
            border,
            cursor,
            glyphs: _,
        } = Theme::mono();
        for style in [
            text, dim, accent, strong, selected, found, urgent, high, good, warn, bad, code, link, focus,
            border, cursor,
        ] {
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None));
        }
    }
}
