//! Custom themes: a built-in theme with some styles changed.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::theme::{BUILT_IN_NAMES, Theme};

/// A theme as it is in the settings: styles by meaning, like `urgent = "bold #ff5555 on black"`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct CustomTheme {
    /// The built-in theme that it changes.
    #[serde(default = "default_base")]
    pub base: String,
    /// The changed styles.
    #[serde(flatten)]
    pub styles: BTreeMap<String, String>,
}

/// Why a theme is invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ThemeError {
    /// The base is not a built-in theme.
    #[error("unknown base {0:?}\nhint: use one of {list}", list = BUILT_IN_NAMES.join(", "))]
    UnknownBase(String),
    /// There is no style of this name.
    #[error("unknown style {0:?}\nhint: use one of {list}", list = STYLE_NAMES.join(", "))]
    UnknownStyle(String),
    /// A style has a word that is neither a colour nor a modifier.
    #[error(
        "{word:?} in {style_name} is neither a colour nor a modifier\n\
         hint: write styles like \"bold red\", \"#ff8800\", \"214\" or \"black on yellow\"; \
         modifiers are bold, dim, italic, underlined and reversed"
    )]
    InvalidStyle {
        /// The name of the style.
        style_name: String,
        /// The invalid word.
        word: String,
    },
}

/// The names of all styles.
const STYLE_NAMES: [&str; 16] = [
    "text", "dim", "accent", "strong", "selected", "found", "urgent", "high", "good", "warn", "bad", "code",
    "link", "focus", "border", "cursor",
];

fn default_base() -> String {
    BUILT_IN_NAMES[0].into()
}

impl CustomTheme {
    /// Builds the theme from its base and its changes.
    pub fn build(&self) -> Result<Theme, ThemeError> {
        let mut theme =
            Theme::built_in(&self.base).ok_or_else(|| ThemeError::UnknownBase(self.base.clone()))?;
        for (name, words) in &self.styles {
            let style = style_mut(&mut theme, name).ok_or_else(|| ThemeError::UnknownStyle(name.clone()))?;
            *style = parse_style(name, words)?;
        }
        Ok(theme)
    }
}

fn style_mut<'a>(theme: &'a mut Theme, name: &str) -> Option<&'a mut Style> {
    Some(match name {
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

fn parse_style(name: &str, words: &str) -> Result<Style, ThemeError> {
    let mut style = Style::new();
    let mut is_background = false;
    for word in words.split_whitespace() {
        let modifier = match word {
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
        if let Some(modifier) = modifier {
            style = style.add_modifier(modifier);
            continue;
        }
        let invalid = || ThemeError::InvalidStyle { style_name: name.into(), word: word.into() };
        let colour: Color = word.parse().map_err(|_| invalid())?;
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
    fn every_style_can_be_changed() {
        for name in STYLE_NAMES {
            assert!(style_mut(&mut Theme::dark(), name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_theme_error_names_the_invalid_part() {
        assert_eq!(build("base = \"drak\""), Err(ThemeError::UnknownBase("drak".into())));
        assert_eq!(build("urgnet = \"red\""), Err(ThemeError::UnknownStyle("urgnet".into())));
        let error = build("urgent = \"bold rde\"").unwrap_err().to_string();
        assert!(error.starts_with("\"rde\" in urgent is neither"), "{error}");
    }
}
