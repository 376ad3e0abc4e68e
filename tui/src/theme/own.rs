//! Themes of one's own: a built-in one, with some meanings changed.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::theme::{BUILT_IN, Theme};

/// A theme as the settings write it: what it changes, by meaning, like `urgent = "bold #ff5555 on black"`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct OwnTheme {
    /// The built-in theme that it changes.
    #[serde(default = "dark")]
    pub base: String,
    /// How each meaning looks.
    #[serde(flatten)]
    pub styles: BTreeMap<String, String>,
}

/// What is wrong with a theme.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ThemeError {
    /// It changes nothing that there is.
    #[error("base = {0:?} is no theme\nhint: it is one of {list}", list = BUILT_IN.join(", "))]
    Base(String),
    /// Nothing has this meaning.
    #[error("{0:?} is nothing that a theme has\nhint: it has {list}", list = MEANINGS.join(", "))]
    Meaning(String),
    /// A word of a style.
    #[error(
        "{word:?} in {meaning} is neither a colour nor a manner\n\
         hint: write words like \"bold red\", \"#ff8800\", \"214\" or \"black on yellow\"; \
         manners are bold, dim, italic, underlined and reversed"
    )]
    Word {
        /// What it was to change.
        meaning: String,
        /// The word.
        word: String,
    },
}

/// Everything that a theme can change.
const MEANINGS: [&str; 16] = [
    "text", "dim", "accent", "strong", "selected", "found", "urgent", "high", "good", "warn", "bad", "code",
    "link", "focus", "border", "cursor",
];

fn dark() -> String {
    BUILT_IN[0].into()
}

impl OwnTheme {
    /// The whole theme.
    pub fn theme(&self) -> Result<Theme, ThemeError> {
        let mut theme = Theme::built_in(&self.base).ok_or_else(|| ThemeError::Base(self.base.clone()))?;
        for (meaning, words) in &self.styles {
            let place =
                meaning_mut(&mut theme, meaning).ok_or_else(|| ThemeError::Meaning(meaning.clone()))?;
            *place = style(meaning, words)?;
        }
        Ok(theme)
    }
}

fn meaning_mut<'a>(theme: &'a mut Theme, meaning: &str) -> Option<&'a mut Style> {
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

fn style(meaning: &str, words: &str) -> Result<Style, ThemeError> {
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
        let wrong = || ThemeError::Word { meaning: meaning.into(), word: word.into() };
        let colour: Color = word.parse().map_err(|_| wrong())?;
        style = if is_background { style.bg(colour) } else { style.fg(colour) };
        is_background = false;
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> Result<Theme, ThemeError> {
        toml::from_str::<OwnTheme>(text).unwrap().theme()
    }

    #[test]
    fn a_theme_changes_what_it_names_and_keeps_the_rest() {
        let theme = own("base = \"light\"\nurgent = \"bold #ff5555 on black\"\ndim = \"244\"").unwrap();
        let urgent =
            Style::new().fg(Color::Rgb(0xff, 0x55, 0x55)).bg(Color::Black).add_modifier(Modifier::BOLD);
        assert_eq!(theme.urgent, urgent);
        assert_eq!(theme.dim, Style::new().fg(Color::Indexed(244)));
        assert_eq!(theme.accent, Theme::light().accent);
    }

    #[test]
    fn every_meaning_can_be_changed() {
        for meaning in MEANINGS {
            assert!(meaning_mut(&mut Theme::dark(), meaning).is_some(), "{meaning}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_with_what_would() {
        assert_eq!(own("base = \"drak\""), Err(ThemeError::Base("drak".into())));
        assert_eq!(own("urgnet = \"red\""), Err(ThemeError::Meaning("urgnet".into())));
        let error = own("urgent = \"bold rde\"").unwrap_err().to_string();
        assert!(error.starts_with("\"rde\" in urgent is neither"), "{error}");
    }
}
