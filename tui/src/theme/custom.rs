//! Themes of one's own: a built-in one, with some meanings changed.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::theme::{BUILT_IN_NAMES, Theme};

/// A theme as the settings write it: what it changes, by meaning, like `urgent = "bold #ff5555 on black"`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct CustomTheme {
    /// The built-in theme that it changes.
    #[serde(default = "default_base")]
    pub base: String,
    /// How each meaning looks.
    #[serde(flatten)]
    pub styles: BTreeMap<String, String>,
}

/// What is wrong with a theme.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ThemeError {
    /// It changes nothing that there is.
    #[error("base = {0:?} is no theme\nhint: it is one of {list}", list = BUILT_IN_NAMES.join(", "))]
    UnknownBase(String),
    /// Nothing has this meaning.
    #[error("{0:?} is nothing that a theme has\nhint: it has {list}", list = STYLE_NAMES.join(", "))]
    UnknownStyle(String),
    /// A word of a style.
    #[error(
        "{word:?} in {style_name} is neither a colour nor a manner\n\
         hint: write words like \"bold red\", \"#ff8800\", \"214\" or \"black on yellow\"; \
         manners are bold, dim, italic, underlined and reversed"
    )]
    InvalidStyle {
        /// What it was to change.
        style_name: String,
        /// The word.
        word: String,
    },
}

/// Everything that a theme can change.
const STYLE_NAMES: [&str; 16] = [
    "text", "dim", "accent", "strong", "selected", "found", "urgent", "high", "good", "warn", "bad", "code",
    "link", "focus", "border", "cursor",
];

fn default_base() -> String {
    BUILT_IN_NAMES[0].into()
}

impl CustomTheme {
    /// The whole theme.
    pub fn build(&self) -> Result<Theme, ThemeError> {
        let mut theme =
            Theme::built_in(&self.base).ok_or_else(|| ThemeError::UnknownBase(self.base.clone()))?;
        for (meaning, words) in &self.styles {
            let place =
                style_mut(&mut theme, meaning).ok_or_else(|| ThemeError::UnknownStyle(meaning.clone()))?;
            *place = parse_style(meaning, words)?;
        }
        Ok(theme)
    }
}

fn style_mut<'a>(theme: &'a mut Theme, meaning: &str) -> Option<&'a mut Style> {
    Some(match meaning {
        "text" => &mut theme.text,
        "dim" => &mut theme.dim,
        "accent" => &mut theme.accent,
        "strong" => &mut theme.strong,
        "selected" => &mut theme.selected,
        "found" => &mut theme.found,
        "urgent" => &mut theme.urgent,
        "high" => &mut theme.high,
        "good" => &mut theme.good,
        "warn" => &mut theme.warn,
        "bad" => &mut theme.bad,
        "code" => &mut theme.code,
        "link" => &mut theme.link,
        "focus" => &mut theme.focus,
        "border" => &mut theme.border,
        "cursor" => &mut theme.cursor,
        _ => return None,
    })
}

fn parse_style(meaning: &str, words: &str) -> Result<Style, ThemeError> {
    let mut style = Style::new();
    let mut is_background = false;
    for word in words.split_whitespace() {
        let manner = match word {
            "on" => {
                is_background = true;
                continue;
            }
            "plain" => continue,
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        if let Some(manner) = manner {
            style = style.add_modifier(manner);
            continue;
        }
        let wrong = || ThemeError::InvalidStyle { style_name: meaning.into(), word: word.into() };
        let colour: Color = word.parse().map_err(|_| wrong())?;
        style = if is_background { style.bg(colour) } else { style.fg(colour) };
        is_background = false;
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Result<Theme, ThemeError> {
        toml::from_str::<CustomTheme>(text).unwrap().build()
    }

    #[test]
    fn a_theme_changes_what_it_names_and_keeps_the_rest() {
        let theme = build("base = \"light\"\nurgent = \"bold #ff5555 on black\"\ndim = \"244\"").unwrap();
        let urgent =
            Style::new().fg(Color::Rgb(0xff, 0x55, 0x55)).bg(Color::Black).add_modifier(Modifier::BOLD);
        assert_eq!(theme.urgent, urgent);
        assert_eq!(theme.dim, Style::new().fg(Color::Indexed(244)));
        assert_eq!(theme.accent, Theme::light().accent);
    }

    #[test]
    fn every_meaning_can_be_changed() {
        for meaning in STYLE_NAMES {
            assert!(style_mut(&mut Theme::dark(), meaning).is_some(), "{meaning}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_with_what_would() {
        assert_eq!(build("base = \"drak\""), Err(ThemeError::UnknownBase("drak".into())));
        assert_eq!(build("urgnet = \"red\""), Err(ThemeError::UnknownStyle("urgnet".into())));
        let error = build("urgent = \"bold rde\"").unwrap_err().to_string();
        assert!(error.starts_with("\"rde\" in urgent is neither"), "{error}");
    }
}
