//! What is wrong with a setting, said without its value: it may be a password.

use std::path::PathBuf;

/// What is wrong with the settings, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {1}", path = .0.display())]
    Unreadable(PathBuf, std::io::Error),
    /// The file is not TOML, or names a setting there is not.
    #[error("{path}, line {line}, column {column}: {reason}", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The character of it, counted from 1.
        column: usize,
        /// Why, without what stands there: it may be a password.
        reason: String,
    },
    /// A value makes no sense.
    #[error("{setting}: {reason}")]
    InvalidValue {
        /// Which setting.
        setting: &'static str,
        /// What to do about it.
        reason: String,
    },
}

/// A value that makes no sense, and what to do about it.
pub(super) fn invalid_setting(setting: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::InvalidValue { setting, reason: reason.into() }
}
