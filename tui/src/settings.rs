//! The settings: what a settings file or the options say, and the resolved values.

mod shortcuts;

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Deserialize;

use crate::keymap::{KeyError, KeyOverrides, Keymap, ShortcutKeys};
use crate::local_zone::LocalZone;
use crate::theme::{BUILT_IN_NAMES, Charset, CustomTheme, Glyphs, Theme, ThemeError};

pub use shortcuts::{
    CommandSettings, CommandSubject, CustomCommand, SavedFilter, SavedFilterSettings, ShortcutError,
    Shortcuts,
};

/// Settings as they are in a file or in options; `None` where nothing is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsFile {
    /// The name of the theme.
    pub theme: Option<String>,
    /// The glyphs to draw with.
    pub glyphs: Option<GlyphMode>,
    /// Whether to capture the mouse.
    pub mouse: Option<bool>,
    /// How to notify a user who looks elsewhere.
    pub notifications: Option<NotificationMode>,
    /// Whether to set the window's title.
    pub title: Option<bool>,
    /// How a message is edited.
    pub editing: Option<EditingMode>,
    /// Custom themes by name.
    pub themes: BTreeMap<String, CustomTheme>,
    /// Changed keys, by the names of their actions.
    pub keys: KeyOverrides,
    /// Saved filters.
    pub filters: Vec<SavedFilterSettings>,
    /// Commands of one's own.
    pub commands: Vec<CommandSettings>,
}

/// Characters to draw with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum GlyphMode {
    /// Unicode, unless the locale is not UTF-8
    #[default]
    Auto,
    /// Unicode lines and symbols
    Unicode,
    /// ASCII only
    Ascii,
}

/// How the terminal notifies the user.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum NotificationMode {
    /// What this terminal supports; a bell if that is unknown
    #[default]
    Auto,
    /// Terminal bell
    Bell,
    /// Desktop notification for iTerm2 and kitty
    Osc9,
    /// Desktop notification for foot, Ghostty, urxvt and `WezTerm`
    Osc777,
    /// No notifications
    Off,
}

/// How a message is edited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum EditingMode {
    /// With the keys of readline
    #[default]
    Emacs,
    /// With vi's normal and insert mode
    Vi,
}

/// Who chose a theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThemeSource {
    /// The user, who then keeps it.
    User,
    /// The terminal's background, as far as it is known.
    Background,
}

/// The resolved settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the current theme.
    pub theme_name: String,
    /// The current theme.
    pub theme: Theme,
    /// Who chose the current theme.
    pub theme_source: ThemeSource,
    /// The user's own themes by name.
    custom_themes: BTreeMap<String, Theme>,
    /// The characters that the terminal can show.
    pub charset: Charset,
    /// Whether the mouse is captured.
    pub mouse_enabled: bool,
    /// How the user is notified.
    pub notification_mode: NotificationMode,
    /// Whether the window's title is set.
    pub title_enabled: bool,
    /// How a message is edited.
    pub editing: EditingMode,
    /// The keys and their actions.
    pub keymap: Keymap,
    /// Saved filters, and commands of one's own.
    pub shortcuts: Shortcuts,
    /// Local time.
    pub zone: LocalZone,
    /// Whether local time is this machine's, and changes with it.
    pub follows_machine_zone: bool,
}

/// Why the settings are invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no theme of this name.
    #[error("unknown theme {name:?}\nhint: use one of {known}")]
    UnknownTheme {
        /// The name in the settings.
        name: String,
        /// The names of all themes.
        known: String,
    },
    /// A custom theme is invalid.
    #[error("theme {name:?}: {error}")]
    CustomTheme {
        /// Its name.
        name: String,
        /// Why it is invalid.
        error: ThemeError,
    },
    /// A custom theme has the name of a built-in one.
    #[error("theme {0:?} is built in\nhint: use another name, with `base = {0:?}`")]
    ReservedThemeName(String),
    /// A key is invalid.
    #[error(transparent)]
    InvalidKey(#[from] KeyError),
    /// A saved filter or a command is invalid.
    #[error(transparent)]
    InvalidShortcut(#[from] ShortcutError),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme_name: BUILT_IN_NAMES[0].into(),
            theme: Theme::default(),
            theme_source: ThemeSource::User,
            custom_themes: BTreeMap::new(),
            charset: Charset::default(),
            mouse_enabled: true,
            notification_mode: NotificationMode::default(),
            title_enabled: true,
            editing: EditingMode::default(),
            keymap: Keymap::default(),
            shortcuts: Shortcuts::default(),
            zone: LocalZone::default(),
            follows_machine_zone: false,
        }
    }
}

impl SettingsFile {
    /// These settings, with `other` where nothing is set.
    #[must_use]
    pub fn overlaid_with(self, other: Self) -> Self {
        Self {
            theme: self.theme.or(other.theme),
            glyphs: self.glyphs.or(other.glyphs),
            mouse: self.mouse.or(other.mouse),
            notifications: self.notifications.or(other.notifications),
            title: self.title.or(other.title),
            editing: self.editing.or(other.editing),
            themes: if self.themes.is_empty() { other.themes } else { self.themes },
            keys: if self.keys.is_empty() { other.keys } else { self.keys },
            filters: if self.filters.is_empty() { other.filters } else { self.filters },
            commands: if self.commands.is_empty() { other.commands } else { self.commands },
        }
    }

    /// Resolves the settings. Where nothing is set, `NO_COLOR`, `COLORFGBG`, the locale and `TERM` decide.
    pub fn resolve(self, env: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
        let mut custom_themes = BTreeMap::new();
        for (name, theme) in self.themes {
            if BUILT_IN_NAMES.contains(&name.as_str()) {
                return Err(SettingsError::ReservedThemeName(name));
            }
            let theme =
                theme.build().map_err(|error| SettingsError::CustomTheme { name: name.clone(), error })?;
            custom_themes.insert(name, theme);
        }
        let no_color = env("NO_COLOR").is_some_and(|value| !value.is_empty());
        let charset = match self.glyphs.unwrap_or_default() {
            GlyphMode::Auto => detect_charset(&env),
            GlyphMode::Unicode => Charset::Unicode,
            GlyphMode::Ascii => match detect_charset(&env) {
                Charset::AsciiOnly => Charset::AsciiOnly,
                Charset::Unicode | Charset::AsciiGlyphs => Charset::AsciiGlyphs,
            },
        };
        let shortcuts = Shortcuts::from_settings(&self.filters, &self.commands)?;
        let filters = self.filters.iter().zip(&shortcuts.filters);
        let commands = self.commands.iter().zip(&shortcuts.commands);
        let keys = ShortcutKeys {
            filters: filters.map(|(settings, filter)| (settings.key.clone(), filter.name.clone())).collect(),
            commands: commands
                .map(|(settings, command)| (settings.key.clone(), command.name.clone()))
                .collect(),
        };
        let mut settings = Settings {
            custom_themes,
            charset,
            mouse_enabled: self.mouse.unwrap_or(true),
            notification_mode: self.notifications.unwrap_or_default(),
            title_enabled: self.title.unwrap_or(true),
            editing: self.editing.unwrap_or_default(),
            keymap: Keymap::with_shortcuts(&self.keys, &keys, charset)?,
            shortcuts,
            ..Settings::default()
        };
        let default_name = match (no_color, has_light_background(&env)) {
            (true, _) => "mono",
            (false, true) => "light",
            (false, false) => BUILT_IN_NAMES[0],
        };
        let is_free = self.theme.is_none() && !no_color;
        let name = self.theme.unwrap_or_else(|| default_name.into());
        settings.set_theme(&name)?;
        if is_free {
            settings.theme_source = ThemeSource::Background;
        }
        Ok(settings)
    }
}

impl Settings {
    /// Changes the theme.
    pub fn set_theme(&mut self, name: &str) -> Result<(), SettingsError> {
        let theme = Theme::built_in(name).or_else(|| self.custom_themes.get(name).cloned());
        let Some(theme) = theme else {
            let known = self.theme_names().collect::<Vec<_>>().join(", ");
            return Err(SettingsError::UnknownTheme { name: name.into(), known });
        };
        let glyphs = match self.charset {
            Charset::Unicode => Glyphs::UNICODE,
            Charset::AsciiGlyphs | Charset::AsciiOnly => Glyphs::ASCII,
        };
        self.theme = Theme { glyphs, ..theme };
        self.theme_name = name.into();
        self.theme_source = ThemeSource::User;
        Ok(())
    }

    /// The names of all themes, the built-in ones first.
    pub fn theme_names(&self) -> impl Iterator<Item = &str> {
        BUILT_IN_NAMES.into_iter().chain(self.custom_themes.keys().map(String::as_str))
    }
}

/// Whether the terminal says that its background is light. rxvt, Konsole and others set `COLORFGBG` to colour numbers, the
/// background's last; those from 7 on are light, except for 8, a dark grey.
fn has_light_background(env: &impl Fn(&str) -> Option<String>) -> bool {
    let colours = env("COLORFGBG").unwrap_or_default();
    let background = colours.rsplit(';').next().and_then(|number| number.parse::<u8>().ok());
    background.is_some_and(|number| number == 7 || (9..=15).contains(&number))
}

/// Whether the terminal understands no escape sequences.
pub fn is_dumb_terminal(env: &impl Fn(&str) -> Option<String>) -> bool {
    env("TERM").is_some_and(|term| matches!(term.as_str(), "" | "dumb"))
}

/// The characters that the terminal can show, by its locale. Without a locale, UTF-8 is assumed.
pub fn detect_charset(env: &impl Fn(&str) -> Option<String>) -> Charset {
    let set = |name: &&str| env(name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set).and_then(env);
    let reads_utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    // The font of the Linux console has only 512 characters.
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

    fn resolve(text: &str, env: &'static [(&str, &str)]) -> Result<Settings, SettingsError> {
        let file: SettingsFile = toml::from_str(text).unwrap();
        file.resolve(|name| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_locale_decides_the_charset_unless_the_settings_do() {
        let charset = |text, env| resolve(text, env).unwrap().charset;
        assert_eq!(charset("", &[]), Charset::Unicode);
        assert_eq!(charset("", &[("LANG", "de_DE.UTF-8")]), Charset::Unicode);
        assert_eq!(charset("", &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), Charset::AsciiOnly);
        assert_eq!(charset("", &[("LANG", "C.utf8"), ("TERM", "linux")]), Charset::AsciiGlyphs);
        assert_eq!(charset("glyphs = \"ascii\"", &[]), Charset::AsciiGlyphs);
        assert_eq!(charset("glyphs = \"unicode\"", &[("LC_ALL", "C")]), Charset::Unicode);
        assert_eq!(resolve("glyphs = \"ascii\"", &[]).unwrap().theme.glyphs, Glyphs::ASCII);
    }

    #[test]
    fn a_theme_in_the_settings_overrides_no_color() {
        let theme = |text, env| resolve(text, env).unwrap().theme_name;
        assert_eq!(theme("", &[]), "dark");
        assert_eq!(theme("", &[("NO_COLOR", "")]), "dark");
        assert_eq!(theme("", &[("NO_COLOR", "1")]), "mono");
        assert_eq!(theme("theme = \"light\"", &[("NO_COLOR", "1")]), "light");
        assert_eq!(theme("", &[("COLORFGBG", "0;default;15")]), "light");
        assert_eq!(theme("", &[("COLORFGBG", "15;0")]), "dark");
        assert_eq!(theme("", &[("COLORFGBG", "15;default")]), "dark");
        assert_eq!(theme("theme = \"dark\"", &[("COLORFGBG", "0;15")]), "dark");
    }

    /// Seen to fail: with `NO_COLOR`, which then got colours.
    #[test]
    fn the_background_is_asked_for_unless_the_theme_is_set() {
        let follows = |text, env| resolve(text, env).unwrap().theme_source == ThemeSource::Background;
        assert!(follows("", &[]) && follows("", &[("COLORFGBG", "0;15")]));
        assert!(!follows("theme = \"dark\"", &[]) && !follows("", &[("NO_COLOR", "1")]));
    }

    #[test]
    fn a_custom_theme_is_applied_like_any_other() {
        let mine = "theme = \"mine\"\n[themes.mine]\nbase = \"light\"\nurgent = \"red\"";
        let settings = resolve(mine, &[]).unwrap();
        assert_eq!(settings.theme_names().last(), Some("mine"));
        assert_eq!(settings.theme.accent, Theme::light().accent);
        let missing = resolve("theme = \"mien\"", &[]).unwrap_err().to_string();
        assert_eq!(missing, "unknown theme \"mien\"\nhint: use one of dark, light, high-contrast, mono");
        assert!(resolve("[themes.dark]\nurgent = \"red\"", &[]).is_err());
    }

    #[test]
    fn options_override_the_file() {
        let file: SettingsFile = toml::from_str("theme = \"light\"\nmouse = false").unwrap();
        let flags = SettingsFile { theme: Some("mono".into()), ..SettingsFile::default() };
        let both = flags.overlaid_with(file);
        assert_eq!((both.theme.as_deref(), both.mouse), (Some("mono"), Some(false)));
    }
}
