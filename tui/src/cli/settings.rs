//! The console's settings: its file, then the environment, then the arguments.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use tierup_common::redact;
use tierup_common::trim::strip_bom;

use crate::cli::error::{CliError, cli_error};
use crate::runtime::clock;
use crate::settings::{GlyphMode, NotificationMode, Settings, SettingsFile};

/// What is said of the console on the command line or in the environment.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of the console")]
pub(super) struct ConsoleOptions {
    /// The console's settings [default: config.toml in the platform's folder for configuration]
    #[arg(long, global = true, value_name = "FILE", env = "TIERUP_CONFIG")]
    config: Option<PathBuf>,
    /// Colours: dark, light, high-contrast, mono, or a theme of your own [default: dark; light where the terminal says
    /// that it is, mono where `NO_COLOR` is set]
    #[arg(long, global = true, value_name = "THEME", env = "TIERUP_THEME")]
    theme: Option<String>,
    /// What to draw with [default: auto]
    #[arg(long, global = true, value_name = "GLYPHS", env = "TIERUP_GLYPHS")]
    glyphs: Option<GlyphMode>,
    /// Whether the console takes the mouse [default: on]
    #[arg(long, global = true, value_name = "SWITCH", env = "TIERUP_MOUSE")]
    mouse: Option<OnOff>,
    /// How the console rings while you look elsewhere [default: auto]
    #[arg(long, global = true, value_name = "HOW", env = "TIERUP_NOTIFICATIONS")]
    notifications: Option<NotificationMode>,
    /// Whether the console names the window [default: on]
    #[arg(long, global = true, value_name = "SWITCH", env = "TIERUP_TITLE")]
    title: Option<OnOff>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OnOff {
    On,
    Off,
}

/// The settings, all together. A file that makes no sense is an error; one that is not there is none.
pub(super) fn load(options: &ConsoleOptions) -> Result<Settings, CliError> {
    let from_options = SettingsFile {
        theme: options.theme.clone(),
        glyphs: options.glyphs,
        mouse: options.mouse.map(|switch| switch == OnOff::On),
        notifications: options.notifications,
        title: options.title.map(|switch| switch == OnOff::On),
        ..SettingsFile::default()
    };
    let path = file_path(options)?;
    let file = read_file(&path, options.config.is_some())?;
    let env = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    // What is wrong with the file is said of the file, whatever the arguments say.
    file.clone().resolve(env).map_err(|error| cli_error(format!("{}: {error}", path.display())))?;
    let mut settings = from_options.or(file).resolve(env).map_err(cli_error)?;
    settings.zone = clock::local_zone();
    Ok(settings)
}

/// Where the settings are, or would be.
pub(super) fn file_path(options: &ConsoleOptions) -> Result<PathBuf, CliError> {
    if let Some(path) = &options.config {
        return Ok(path.clone());
    }
    let folders = directories::ProjectDirs::from("", "", "tierup").ok_or_else(|| {
        CliError::error("this user has no home folder").with_hint("set HOME, or pass --config")
    })?;
    Ok(folders.config_dir().join("config.toml"))
}

/// What a file says. One that was asked for must be there.
fn read_file(path: &Path, required: bool) -> Result<SettingsFile, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => {
            return Ok(SettingsFile::default());
        }
        Err(error) => {
            return Err(cli_error(format!("the settings {} cannot be read: {error}", path.display())));
        }
    };
    let text = strip_bom(&text);
    toml::from_str(text).map_err(|error| {
        let (line, _) = redact::line_and_column(text, error.span().map_or(0, |span| span.start));
        let why = redact::redact_message(error.message());
        CliError::error(format!("{}, line {line}: {why}", path.display()))
            .with_hint("docs/CONSOLE.md shows every setting; `tierup --config /dev/null` goes without")
    })
}
