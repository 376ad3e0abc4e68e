//! How the console looks and behaves, as its user wants it: what a settings file says, and what follows from it.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Deserialize;

use crate::keymap::{Changes, KeyError, Keymap};
use crate::state::zone::Zone;
use crate::theme::{BUILT_IN, Charset, Glyphs, OwnTheme, Theme, ThemeError};

/// What the settings say, wherever they stand: nothing is said of what is left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    /// A theme, by its name.
    pub theme: Option<String>,
    /// What to draw with.
    pub glyphs: Option<Drawing>,
    /// Whether the console takes the mouse.
    pub mouse: Option<bool>,
    /// How it rings for somebody who looks elsewhere.
    pub notifications: Option<Notify>,
    /// Whether it names the window.
    pub title: Option<bool>,
    /// Themes of one's own, by their names.
    pub themes: BTreeMap<String, OwnTheme>,
    /// Keys of one's own, by the names of their actions.
    pub keys: Changes,
}

/// What to draw with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Drawing {
    /// What the locale says of the terminal.
    #[default]
    Auto,
    /// Lines and marks of Unicode.
    Unicode,
    /// ASCII.
    Ascii,
}

/// How a terminal is told that something wants attention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Notify {
    /// What this terminal is known to understand; a bell, if nothing is known of it.
    #[default]
    Auto,
    /// The bell.
    Bell,
    /// A desktop notification, as iTerm2 and kitty take it.
    Osc9,
    /// A desktop notification, as foot, ghostty, urxvt and `WezTerm` take it.
    Osc777,
    /// Not at all.
    Off,
}

/// What the settings come to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the theme that is worn.
    pub theme: String,
    /// What everything looks like.
    pub worn: Theme,
    /// Themes of the user's own.
    own: BTreeMap<String, Theme>,
    /// Which characters are drawn.
    pub charset: Charset,
    /// Whether the console takes the mouse.
    pub mouse: bool,
    /// How it rings.
    pub notify: Notify,
    /// Whether it names the window.
    pub title: bool,
    /// Which key does what.
    pub keymap: Keymap,
    /// Where the user is.
    pub zone: Zone,
}

/// What is wrong with the settings.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such theme.
    #[error("there is no theme {name:?}\nhint: there are {known}")]
    Theme {
        /// Its name.
        name: String,
        /// The names of those that there are.
        known: String,
    },
    /// A theme of the user's own.
    #[error("the theme {name:?}: {error}")]
    OwnTheme {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: ThemeError,
    },
    /// A theme of the user's own has the name of one that comes with the console.
    #[error("the theme {0:?} comes with the console\nhint: give yours another name, and `base = {0:?}`")]
    NameTaken(String),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: BUILT_IN[0].into(),
            worn: Theme::default(),
            own: BTreeMap::new(),
            charset: Charset::default(),
            mouse: true,
            notify: Notify::default(),
            title: true,
            keymap: Keymap::default(),
            zone: Zone::default(),
        }
    }
}

impl Wishes {
    /// These, and where they say nothing, those.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            theme: self.theme.or(other.theme),
            glyphs: self.glyphs.or(other.glyphs),
            mouse: self.mouse.or(other.mouse),
            notifications: self.notifications.or(other.notifications),
            title: self.title.or(other.title),
            themes: if self.themes.is_empty() { other.themes } else { self.themes },
            keys: if self.keys.is_empty() { other.keys } else { self.keys },
        }
    }

    /// What they come to, in this environment: `NO_COLOR` and the locale are heeded where nothing else is said.
    pub fn settle(self, env: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
        let mut own = BTreeMap::new();
        for (name, theme) in self.themes {
            if BUILT_IN.contains(&name.as_str()) {
                return Err(SettingsError::NameTaken(name));
            }
            let theme =
                theme.theme().map_err(|error| SettingsError::OwnTheme { name: name.clone(), error })?;
            own.insert(name, theme);
        }
        let no_color = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let charset = match self.glyphs.unwrap_or_default() {
            Drawing::Auto => charset(&env),
            Drawing::Unicode => Charset::Unicode,
            Drawing::Ascii => match charset(&env) {
                Charset::AsciiOnly => Charset::AsciiOnly,
                Charset::Unicode | Charset::AsciiGlyphs => Charset::AsciiGlyphs,
            },
        };
        let mut settings = Settings {
            own,
            charset,
            mouse: self.mouse.unwrap_or(true),
            notify: self.notifications.unwrap_or_default(),
            title: self.title.unwrap_or(true),
            keymap: Keymap::with(&self.keys, charset)?,
            ..Settings::default()
        };
        let usual = match (no_color, is_light(&env)) {
            (true, _) => "mono",
            (false, true) => "light",
            (false, false) => BUILT_IN[0],
        };
        let name = self.theme.unwrap_or_else(|| usual.into());
        settings.wear(&name)?;
        Ok(settings)
    }
}

impl Settings {
    /// Changes the theme.
    pub fn wear(&mut self, name: &str) -> Result<(), SettingsError> {
        let theme = Theme::built_in(name).or_else(|| self.own.get(name).cloned());
        let Some(theme) = theme else {
            let known = self.themes().collect::<Vec<_>>().join(", ");
            return Err(SettingsError::Theme { name: name.into(), known });
        };
        let glyphs = match self.charset {
            Charset::Unicode => Glyphs::UNICODE,
            Charset::AsciiGlyphs | Charset::AsciiOnly => Glyphs::ASCII,
        };
        self.worn = Theme { glyphs, ..theme };
        self.theme = name.into();
        Ok(())
    }

    /// The names of all themes: those that come with the console, then the user's own.
    pub fn themes(&self) -> impl Iterator<Item = &str> {
        BUILT_IN.into_iter().chain(self.own.keys().map(String::as_str))
    }
}

/// Whether the terminal says that its background is light: rxvt, Konsole and others name its colour behind the last
/// semicolon. From 7 on they are light, but for 8, which is a grey.
fn is_light(env: &impl Fn(&str) -> Option<String>) -> bool {
    let colours = env("COLORFGBG").unwrap_or_default();
    let background = colours.rsplit(';').next().and_then(|number| number.parse::<u8>().ok());
    background.is_some_and(|number| number == 7 || (9..=15).contains(&number))
}

/// Whether a terminal says that it knows no escape sequences: by the name for that, or by having no name.
pub fn is_dumb(env: &impl Fn(&str) -> Option<String>) -> bool {
    env("TERM").is_some_and(|term| matches!(term.as_str(), "" | "dumb"))
}

/// What the locale says of a terminal. One that says nothing is taken for a terminal of today.
pub fn charset(env: &impl Fn(&str) -> Option<String>) -> Charset {
    let set = |name: &&str| env(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set).and_then(env);
    let reads_utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    // The console of Linux has a font of 512 characters.
    if !reads_utf8 {
        Charset::AsciiOnly
    } else if env("TERM").as_deref() == Some("linux") {
        Charset::AsciiGlyphs
    } else {
        Charset::Unicode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(text: &str, env: &'static [(&str, &str)]) -> Result<Settings, SettingsError> {
        let wishes: Wishes = toml::from_str(text).unwrap();
        wishes.settle(|name| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_locale_says_what_is_drawn_unless_somebody_says_it() {
        let charset = |text, env| settled(text, env).unwrap().charset;
        assert_eq!(charset("", &[]), Charset::Unicode);
        assert_eq!(charset("", &[("LANG", "de_DE.UTF-8")]), Charset::Unicode);
        assert_eq!(charset("", &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), Charset::AsciiOnly);
        assert_eq!(charset("", &[("LANG", "C.utf8"), ("TERM", "linux")]), Charset::AsciiGlyphs);
        assert_eq!(charset("glyphs = \"ascii\"", &[]), Charset::AsciiGlyphs);
        assert_eq!(charset("glyphs = \"unicode\"", &[("LC_ALL", "C")]), Charset::Unicode);
        assert_eq!(settled("glyphs = \"ascii\"", &[]).unwrap().worn.glyphs, Glyphs::ASCII);
    }

    #[test]
    fn no_color_gives_way_to_a_theme_that_was_asked_for() {
        let theme = |text, env| settled(text, env).unwrap().theme;
        assert_eq!(theme("", &[]), "dark");
        assert_eq!(theme("", &[("NO_COLOR", "")]), "dark");
        assert_eq!(theme("", &[("NO_COLOR", "1")]), "mono");
        assert_eq!(theme("theme = \"light\"", &[("NO_COLOR", "1")]), "light");
        assert_eq!(theme("", &[("COLORFGBG", "0;default;15")]), "light");
        assert_eq!(theme("", &[("COLORFGBG", "15;0")]), "dark");
        assert_eq!(theme("", &[("COLORFGBG", "15;default")]), "dark");
        assert_eq!(theme("theme = \"dark\"", &[("COLORFGBG", "0;15")]), "dark");
    }

    #[test]
    fn a_theme_of_ones_own_is_worn_like_any_other() {
        let mine = "theme = \"mine\"\n[themes.mine]\nbase = \"light\"\nurgent = \"red\"";
        let settings = settled(mine, &[]).unwrap();
        assert_eq!(settings.themes().last(), Some("mine"));
        assert_eq!(settings.worn.accent, Theme::light().accent);
        let missing = settled("theme = \"mien\"", &[]).unwrap_err().to_string();
        assert_eq!(missing, "there is no theme \"mien\"\nhint: there are dark, light, high-contrast, mono");
        assert!(settled("[themes.dark]\nurgent = \"red\"", &[]).is_err());
    }

    #[test]
    fn what_is_said_later_counts_and_the_rest_stays() {
        let file: Wishes = toml::from_str("theme = \"light\"\nmouse = false").unwrap();
        let flags = Wishes { theme: Some("mono".into()), ..Wishes::default() };
        let both = flags.or(file);
        assert_eq!((both.theme.as_deref(), both.mouse), (Some("mono"), Some(false)));
    }
}
