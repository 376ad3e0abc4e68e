//! Errors of settings. They never quote a value: it may be a password.

use std::path::PathBuf;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {1}", path = .0.display())]
    Unreadable(PathBuf, std::io::Error),
    /// The file is not TOML, or has an unknown setting.
    #[error("{path}, line {line}, column {column}: {reason}", path = .path.display())]
    Malformed {
        /// The path of the file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// The reason, without the value.
        reason: String,
    },
    /// A value is invalid.
    #[error("{setting}: {reason}")]
    InvalidValue {
        /// The name of the setting.
        setting: &'static str,
        /// The problem, often with a hint.
        reason: String,
    },
}

/// An error for this setting.
pub(super) fn invalid_setting(setting: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::InvalidValue { setting, reason: reason.into() }
}
