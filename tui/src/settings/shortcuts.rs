//! Saved filters and commands of one's own, as the settings file has them and as the console runs them.

use serde::Deserialize;
use tierup_common::search_query::SearchQuery;

use crate::keymap::{KeySpec, Tab};
use crate::text::safe;

/// Saved filters, and commands, at most.
const MAX_SHORTCUTS: usize = 32;
/// The longest name, in characters: the help has a line for it.
const MAX_NAME_CHARS: usize = 60;
/// Arguments of a command, at most.
const MAX_ARGUMENTS: usize = 64;

/// `[[filters]]` in the settings.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFilterSettings {
    /// Its keys in the list.
    pub key: KeySpec,
    /// What the help calls it.
    pub name: String,
    /// The filter.
    pub query: String,
    /// The tab to show; the current one if absent.
    pub tab: Option<TabName>,
}

/// The name of a tab.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TabName {
    /// See [`Tab::Queue`].
    Queue,
    /// See [`Tab::Mine`].
    Mine,
    /// See [`Tab::Parked`].
    Parked,
    /// See [`Tab::History`].
    History,
}

/// `[[commands]]` in the settings.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// Its keys on a row and in a briefing; those that type no text also in a session.
    pub key: KeySpec,
    /// What the help calls it.
    pub name: String,
    /// The program. No shell reads it.
    pub program: String,
    /// Its arguments, with `{number}` and the like in them.
    #[serde(default)]
    pub args: Vec<String>,
    /// Whether it gets the terminal until it ends.
    #[serde(default)]
    pub terminal: bool,
}

/// A saved filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedFilter {
    /// What the help calls it: one safe line.
    pub name: String,
    /// The filter.
    pub query: String,
    /// The tab to show; the current one if none.
    pub tab: Option<Tab>,
}

/// A command of one's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomCommand {
    /// What the help calls it: one safe line.
    pub name: String,
    /// The program.
    pub program: String,
    /// Its arguments.
    args: Vec<String>,
    /// Whether it gets the terminal until it ends.
    pub in_terminal: bool,
}

/// What a command is run on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandSubject {
    /// The id of the handoff; of a session that was not handed off, its own.
    pub id: String,
    /// The number of the same.
    pub number: String,
    /// The id of the session.
    pub session_id: String,
    /// The problem in one line.
    pub problem: String,
}

/// The names between braces that commands may have.
const PLACEHOLDERS: [&str; 4] = ["id", "number", "session_id", "problem"];

/// Saved filters and commands, in the order of the settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shortcuts {
    /// The saved filters.
    pub filters: Vec<SavedFilter>,
    /// The commands.
    pub commands: Vec<CustomCommand>,
}

/// Why a saved filter or a command is invalid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShortcutError {
    /// There are too many.
    #[error("at most {MAX_SHORTCUTS} {0} fit")]
    TooMany(&'static str),
    /// The name is empty or too long.
    #[error("{0}: a name has 1 to {MAX_NAME_CHARS} characters")]
    InvalidName(&'static str),
    /// The filter cannot be understood.
    #[error("filter {name:?}: {reason}")]
    InvalidQuery {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The program is empty.
    #[error("command {0:?}: the program is empty")]
    NoProgram(String),
    /// There are too many arguments.
    #[error("command {0:?}: at most {MAX_ARGUMENTS} arguments")]
    TooManyArguments(String),
    /// An argument has a name between braces that is not known.
    #[error(
        "command {name:?}: unknown {placeholder}\nhint: use {{id}}, {{number}}, {{session_id}} or {{problem}}"
    )]
    UnknownPlaceholder {
        /// The name of the command.
        name: String,
        /// The placeholder, with its braces.
        placeholder: String,
    },
}

impl Shortcuts {
    /// Checks the settings.
    pub fn from_settings(
        filters: &[SavedFilterSettings],
        commands: &[CommandSettings],
    ) -> Result<Self, ShortcutError> {
        if filters.len() > MAX_SHORTCUTS {
            return Err(ShortcutError::TooMany("filters"));
        }
        if commands.len() > MAX_SHORTCUTS {
            return Err(ShortcutError::TooMany("commands"));
        }
        Ok(Self {
            filters: filters.iter().map(saved_filter).collect::<Result<_, _>>()?,
            commands: commands.iter().map(custom_command).collect::<Result<_, _>>()?,
        })
    }
}

fn saved_filter(settings: &SavedFilterSettings) -> Result<SavedFilter, ShortcutError> {
    let name = checked_name("filters", &settings.name)?;
    if let Err(error) = SearchQuery::parse(&settings.query) {
        return Err(ShortcutError::InvalidQuery { name, reason: error.to_string() });
    }
    let tab = settings.tab.map(|tab| match tab {
        TabName::Queue => Tab::Queue,
        TabName::Mine => Tab::Mine,
        TabName::Parked => Tab::Parked,
        TabName::History => Tab::History,
    });
    Ok(SavedFilter { name, query: settings.query.trim().into(), tab })
}

fn custom_command(settings: &CommandSettings) -> Result<CustomCommand, ShortcutError> {
    let name = checked_name("commands", &settings.name)?;
    if settings.program.trim().is_empty() {
        return Err(ShortcutError::NoProgram(name));
    }
    if settings.args.len() > MAX_ARGUMENTS {
        return Err(ShortcutError::TooManyArguments(name));
    }
    for argument in &settings.args {
        let unknown = pieces(argument).find_map(|piece| match piece {
            Piece::Placeholder(placeholder) if !PLACEHOLDERS.contains(&placeholder) => Some(placeholder),
            Piece::Placeholder(_) | Piece::Text(_) => None,
        });
        if let Some(placeholder) = unknown {
            return Err(ShortcutError::UnknownPlaceholder {
                name,
                placeholder: format!("{{{placeholder}}}"),
            });
        }
    }
    Ok(CustomCommand {
        name,
        program: settings.program.clone(),
        args: settings.args.clone(),
        in_terminal: settings.terminal,
    })
}

fn checked_name(kind: &'static str, name: &str) -> Result<String, ShortcutError> {
    let name = String::from(safe::sanitize_line(name.trim()));
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(ShortcutError::InvalidName(kind));
    }
    Ok(name)
}

impl CustomCommand {
    /// The arguments for a subject. What people wrote is one safe line of one argument, and never an option.
    pub fn arguments(&self, subject: &CommandSubject) -> Vec<String> {
        self.args.iter().map(|argument| fill(argument, subject)).collect()
    }
}

fn fill(argument: &str, subject: &CommandSubject) -> String {
    let mut filled = String::with_capacity(argument.len());
    for piece in pieces(argument) {
        let value = match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Placeholder("id") => subject.id.clone(),
            Piece::Placeholder("number") => subject.number.clone(),
            Piece::Placeholder("session_id") => subject.session_id.clone(),
            Piece::Placeholder(_) => {
                let problem = String::from(safe::sanitize_line(&subject.problem));
                // A program takes an argument that begins with a dash for an option.
                if filled.is_empty() {
                    problem.trim_start_matches('-').trim_start().to_owned()
                } else {
                    problem
                }
            }
        };
        filled.push_str(&value);
    }
    filled
}

/// A piece of an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Piece<'t> {
    Text(&'t str),
    /// A name between braces.
    Placeholder(&'t str),
}

/// The pieces of an argument. Braces around anything but a name are text, like those of JSON.
fn pieces(argument: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = argument;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'))
            && is_name(name)
        {
            rest = after;
            return Some(Piece::Placeholder(name));
        }
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(at, _)| at);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(text))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(args: &[&str]) -> Result<CustomCommand, ShortcutError> {
        let args = args.iter().map(|argument| (*argument).to_owned()).collect();
        let key = KeySpec::One("o".into());
        let settings =
            CommandSettings { key, name: "Ticket".into(), program: "open".into(), args, terminal: false };
        Shortcuts::from_settings(&[], &[settings]).map(|mut shortcuts| shortcuts.commands.remove(0))
    }

    fn subject(problem: &str) -> CommandSubject {
        let text = String::from;
        CommandSubject { id: text("ab"), number: text("42"), session_id: text("cd"), problem: text(problem) }
    }

    #[test]
    fn what_people_wrote_is_one_argument_and_no_option() {
        let command =
            command(&["https://t/{number}?id={id}", "{problem}", "{\"text\": \"{problem}\"}"]).unwrap();
        let arguments = command.arguments(&subject("--exec=x; rm -rf $HOME\n`id`"));
        assert_eq!(arguments[0], "https://t/42?id=ab");
        assert!(arguments[1].starts_with("exec=x; rm -rf $HOME") && !arguments[1].contains('\n'));
        assert!(arguments[2].starts_with("{\"text\": \"--exec=x"));
        assert_eq!(arguments.len(), 3, "no shell splits it");
    }

    #[test]
    fn a_command_with_an_unknown_placeholder_is_refused() {
        let error = command(&["{nummer}"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "command \"Ticket\": unknown {nummer}\nhint: use {id}, {number}, {session_id} or {problem}"
        );
        assert!(command(&["{}", "{ number }", "{\"a\": {}}", "{{number}}", "é{", "{"]).is_ok());
    }

    #[test]
    fn a_saved_filter_that_cannot_be_understood_is_refused() {
        let filter = SavedFilterSettings {
            key: KeySpec::One("i".into()),
            name: "Mine".into(),
            query: "priority:hi".into(),
            tab: None,
        };
        let error = Shortcuts::from_settings(&[filter], &[]).unwrap_err().to_string();
        assert!(error.starts_with("filter \"Mine\": priority: \"hi\" is not one of"), "{error}");
    }
}
