//! The console's settings: a file, overridden by the environment and then by options.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use tierup_common::redact;
use tierup_common::trim::strip_bom;

use crate::error::CliError;
use crate::runtime::clock;
use crate::settings::{EditingMode, GlyphMode, NotificationMode, Settings, SettingsFile};

/// Settings on the command line or in the environment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Console options")]
pub(super) struct ConsoleOptions {
    /// Settings file [default: config.toml in the platform's configuration folder]
    #[arg(long, global = true, value_name = "FILE", env = "TIERUP_CONFIG")]
    config: Option<PathBuf>,
    /// Theme: dark, light, high-contrast, mono, or one of your own [default: mono with `NO_COLOR`, light on a light
    /// background, else dark]
    #[arg(long, global = true, value_name = "THEME", env = "TIERUP_THEME")]
    theme: Option<String>,
    /// Characters to draw with [default: auto]
    #[arg(long, global = true, value_name = "GLYPHS", env = "TIERUP_GLYPHS")]
    glyphs: Option<GlyphMode>,
    /// Use the mouse [default: on]
    #[arg(long, global = true, value_name = "SWITCH", env = "TIERUP_MOUSE")]
    mouse: Option<OnOff>,
    /// How to notify you while the terminal has no focus [default: auto]
    #[arg(long, global = true, value_name = "HOW", env = "TIERUP_NOTIFICATIONS")]
    notifications: Option<NotificationMode>,
    /// Set the window title [default: on]
    #[arg(long, global = true, value_name = "SWITCH", env = "TIERUP_TITLE")]
    title: Option<OnOff>,
    /// How to edit a message: with the keys of readline, or as in vi [default: emacs]
    #[arg(long, global = true, value_name = "MODE", env = "TIERUP_EDITING")]
    editing: Option<EditingMode>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OnOff {
    On,
    Off,
}

/// The settings from all sources. An invalid file is an error; a missing one is not.
pub(super) fn load(options: &ConsoleOptions) -> Result<Settings, CliError> {
    let from_options = SettingsFile {
        theme: options.theme.clone(),
        glyphs: options.glyphs,
        mouse: options.mouse.map(|switch| switch == OnOff::On),
        notifications: options.notifications,
        title: options.title.map(|switch| switch == OnOff::On),
        editing: options.editing,
        ..SettingsFile::default()
    };
    let path = file_path(options)?;
    let file = read_file(&path, options.config.is_some())?;
    let env = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    // An invalid file is reported even where options override it.
    file.clone()
        .resolve(env)
        .map_err(|error| CliError::from_display(format!("{}: {error}", path.display())))?;
    let mut settings = from_options.overlaid_with(file).resolve(env).map_err(CliError::from_display)?;
    (settings.zone, settings.follows_machine_zone) = (clock::local_zone(), true);
    Ok(settings)
}

/// The path of the settings file, which may be missing.
pub(super) fn file_path(options: &ConsoleOptions) -> Result<PathBuf, CliError> {
    if let Some(path) = &options.config {
        return Ok(path.clone());
    }
    let folders = directories::ProjectDirs::from("", "", "tierup")
        .ok_or_else(|| CliError::error("no home folder").with_hint("set HOME, or pass --config"))?;
    Ok(folders.config_dir().join("config.toml"))
}

/// Reads the file. One given by `--config` must exist.
fn read_file(path: &Path, required: bool) -> Result<SettingsFile, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {
            return Ok(SettingsFile::default());
        }
        Err(error) => {
            return Err(CliError::from_display(format!("cannot read settings {}: {error}", path.display())));
        }
    };
    let text = strip_bom(&text);
    toml::from_str(text).map_err(|error| {
        let (line, _) = redact::line_and_column(text, error.span().map_or(0, |span| span.start));
        let why = redact::redact_message(error.message());
        CliError::error(format!("{}, line {line}: {why}", path.display()))
            .with_hint("docs/CONSOLE.md lists the settings; `tierup --config /dev/null` ignores the file")
    })
}
