//! Colours by meaning, and glyphs, for the whole console.
//!
//! The default theme uses only the terminal's own sixteen colours, so that it fits light and dark backgrounds. A glyph or a
//! word always says the same as a colour.

mod custom;
mod glyphs;

use ratatui::style::{Color, Modifier, Style};

use crate::text::TextRole;

pub use custom::{CustomTheme, ThemeError};
pub use glyphs::{Charset, Glyphs, transliterate, transliterate_buffer, transliterate_text};

/// The styles of the console, by meaning.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Secondary text: labels, times, unavailable keys.
    pub dim: Style,
    /// Keys, the selection bar and other text that should catch the eye.
    pub accent: Style,
    /// Titles and the selected row.
    pub strong: Style,
    /// Applied over the selected row.
    pub selected: Style,
    /// The characters that the filter or the palette matched.
    pub found: Style,
    /// Urgent priority.
    pub urgent: Style,
    /// High priority.
    pub high: Style,
    /// Success.
    pub good: Style,
    /// A warning.
    pub warn: Style,
    /// An error.
    pub bad: Style,
    /// Code, commands and their output.
    pub code: Style,
    /// Links.
    pub link: Style,
    /// The border of the focused panel.
    pub focus: Style,
    /// Any other border.
    pub border: Style,
    /// The cursor in a text.
    pub cursor: Style,
    /// The glyphs of statuses and lines.
    pub glyphs: Glyphs,
}

/// The names of the built-in themes, the default first.
pub const BUILT_IN_NAMES: [&str; 4] = ["dark", "light", "high-contrast", "mono"];

impl Default for Theme {
    fn default() -> Self {
        Self::dark()
    }
}

impl Theme {
    /// A built-in theme by its name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::dark()),
            "light" => Some(Self::light()),
            "high-contrast" => Some(Self::high_contrast()),
            "mono" => Some(Self::mono()),
            _ => None,
        }
    }

    /// The terminal's own sixteen colours, for a dark background. The background may be light after all, so it avoids
    /// yellow and cyan, which cannot be read on white.
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

    /// The same sixteen, for a light background: darker, and without dim. Their green has too little contrast on white (2
    /// or 3 to 1, even bold); the green used here is one of the 256 colours and has 4.7 to 1.
    pub fn light() -> Self {
        let plain = Style::new();
        Self {
            // On many terminals, dim on white is an unreadable grey; bright black is not.
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

    /// No colours at all; the default with `NO_COLOR`.
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

    /// The style of a role.
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
    fn every_built_in_name_has_a_theme() {
        for name in BUILT_IN_NAMES {
            assert!(Theme::built_in(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_dark_and_light_themes_are_readable_on_white() {
        for theme in [Theme::dark(), Theme::light()] {
            let Theme { text, accent, found, urgent, high, good, warn, bad, code, link, focus, .. } = theme;
            for style in [text, accent, found, urgent, high, good, warn, bad, code, link, focus] {
                let vanishes =
                    [Color::Yellow, Color::LightYellow, Color::Cyan, Color::LightCyan, Color::White];
                assert!(style.fg.is_none_or(|colour| !vanishes.contains(&colour)), "{style:?}");
            }
        }
        // The green of the sixteen is too pale on most light terminals.
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
