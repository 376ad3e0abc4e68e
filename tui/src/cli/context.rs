//! What every verb has at hand: the way to the server, the output, the files; and how things are named in arguments.

use std::ffi::OsString;
use std::io::{Read, stdin};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::encoding::{Encoding, detect_encoding};
use tierup_common::handoff::Handoff;
use tierup_common::id::{HandoffId, HandoffRef, Number, ParseIdError, SessionId};
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::route;
use tierup_common::session::{Session, SessionPage};
use tierup_common::time::Timestamp;
use tierup_common::trim::strip_bom;

use crate::cli::error::{CliError, cli_error};
use crate::cli::output::Output;
use crate::cli::{Options, connect};
use crate::event::CallError;
use crate::runtime::api::ApiClient;
use crate::runtime::data_dir::DataDir;

/// What a verb has at hand.
pub(super) struct CommandContext {
    pub(super) api: ApiClient,
    pub(super) output: Output,
    /// Arguments behind `--`.
    after_double_dash: Vec<OsString>,
}

impl CommandContext {
    /// To the server that is meant, as the user that is meant.
    pub(super) async fn new(options: &Options) -> Result<Self, CliError> {
        let data_dir = DataDir::platform_default().map_err(cli_error)?;
        let api = connect::api_client(options, &data_dir).await?;
        Ok(Self {
            api,
            output: Output::new(options.json),
            after_double_dash: options.after_double_dash.clone(),
        })
    }

    /// A moment: how long ago by the server's clock on a terminal, else the moment itself.
    pub(super) fn format_age(&self, at: Timestamp) -> String {
        self.output.format_age(at, self.api.server_now())
    }

    /// A text of the arguments; `-` is what comes on standard input, without the line break at its end.
    pub(super) fn read_text(&self, argument: &str) -> Result<String, CliError> {
        if argument == "-" {
            return read_stdin();
        }
        // Behind `--` stands no option, whatever it looks like.
        if self.after_double_dash.iter().any(|behind| behind == argument) {
            return Ok(argument.to_owned());
        }
        reject_option_like(argument).map_err(|error| option_like_error(&error))
    }

    /// Reads something of the server.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + Sync),
    ) -> Result<T, CliError> {
        Ok(self.api.query(path, query).await?)
    }

    /// Changes something by a POST.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, CliError> {
        Ok(self.api.mutate(reqwest::Method::POST, path, body).await?)
    }

    /// Puts something in its place.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, CliError> {
        Ok(self.api.mutate(reqwest::Method::PUT, path, Some(body)).await?)
    }

    /// A handoff with what was handed over.
    pub(super) async fn fetch_handoff(&self, handoff: HandoffRef) -> Result<Handoff, CliError> {
        self.get(&route::HANDOFF.path(&[&handoff]), &()).await
    }

    /// A session with what was said in it.
    pub(super) async fn fetch_session(&self, name: SessionRef) -> Result<Session, CliError> {
        let id = self.resolve_session_id(name).await?;
        self.get(&route::SESSION.path(&[&id]), &()).await
    }

    /// The session that is meant.
    pub(super) async fn resolve_session_id(&self, name: SessionRef) -> Result<SessionId, CliError> {
        match name {
            SessionRef::Number(number) => {
                let query = [("number", number.to_string())];
                let page: SessionPage = self.get(&route::SESSIONS.path(&[]), &query).await?;
                let found = page.items.iter().find(|session| session.number == number);
                found.map(|session| session.id).ok_or_else(|| {
                    CliError::not_found(format!("there is no session {number}")).with_hint(format!(
                        "`tierup sessions` lists them; h{number} is the session of handoff {number}"
                    ))
                })
            }
            SessionRef::Handoff(handoff) => Ok(self.fetch_handoff(handoff).await?.item.session_id),
            SessionRef::Id(id) => {
                let read = self.api.query::<Session>(&route::SESSION.path(&[&id]), &()).await;
                match read {
                    Err(CallError::Problem(problem)) if problem.code() == Some(Code::NotFound) => {
                        let handoff = HandoffId::from_bytes(*id.as_bytes());
                        Ok(self.fetch_handoff(handoff.into()).await?.item.session_id)
                    }
                    read => Ok(read?.item.id),
                }
            }
        }
    }
}

/// A session as the arguments name it: `17` or `s17`, `h42` or `#42` for the session of a handoff, or the id of either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SessionRef {
    Number(Number),
    Handoff(HandoffRef),
    Id(SessionId),
}

impl FromStr for SessionRef {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, ParseRefError> {
        if let Some(handoff) = text.strip_prefix(['h', '#']) {
            return parse_number(handoff).map(|number| Self::Handoff(HandoffRef::Number(number)));
        }
        if let Ok(number) = parse_number(text.strip_prefix('s').unwrap_or(text)) {
            return Ok(Self::Number(number));
        }
        text.parse().map(Self::Id).map_err(|ParseIdError| ParseRefError)
    }
}

/// What is to be shown: a handoff as `42`, `#42`, `h42` or by id; a session as `s17` or by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShowTarget {
    Handoff(Number),
    Session(Number),
    /// The id of either.
    Id(HandoffId),
}

impl FromStr for ShowTarget {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, ParseRefError> {
        if let Some(session) = text.strip_prefix('s') {
            return parse_number(session).map(Self::Session);
        }
        parse_handoff_ref(text).map(|handoff| match handoff {
            HandoffRef::Number(number) => Self::Handoff(number),
            HandoffRef::Id(id) => Self::Id(id),
        })
    }
}

/// What was given names neither a handoff nor a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an id: it is a number like 42, or an id")]
pub(super) struct ParseRefError;

/// A handoff as the arguments name it: `42`, `#42`, `h42`, or its id.
pub(super) fn parse_handoff_ref(text: &str) -> Result<HandoffRef, ParseRefError> {
    match text.strip_prefix('h') {
        Some(rest) => parse_number(rest).map(HandoffRef::Number),
        None => text.parse().map_err(|ParseIdError| ParseRefError),
    }
}

fn parse_number(text: &str) -> Result<Number, ParseRefError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Number).ok_or(ParseRefError)
}

/// What comes on standard input, without the line break at its end.
fn read_stdin() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let largest = u64::try_from(limit::BODY).unwrap_or(u64::MAX);
    stdin().lock().take(largest + 1).read_to_end(&mut bytes).map_err(cli_error)?;
    if bytes.len() > limit::BODY {
        return Err(CliError::usage(format!("the text has more than {} KiB", limit::BODY / 1024)));
    }
    let text = decode_utf8(bytes)?;
    Ok(strip_bom(&text).trim_end_matches(['\n', '\r']).to_owned())
}

/// Bytes of standard input as text; or what to do about those that are none.
pub(super) fn decode_utf8(bytes: Vec<u8>) -> Result<String, CliError> {
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        let said = |why: &str| CliError::usage(format!("what came on standard input is not UTF-8: {why}"));
        match detect_encoding(error.as_bytes()) {
            Some(Encoding::Utf16) => {
                said("it is UTF-16").with_hint("`iconv -f UTF-16 -t UTF-8` in between converts it")
            }
            Some(Encoding::Compressed(with)) => said(&format!("it is compressed, by {with}"))
                .with_hint(format!("`{with} -dc` in between decompresses it")),
            None => said(&format!("byte {place} is the first that is not"))
                .with_hint("`iconv -f LATIN1 -t UTF-8` in between converts it, with the name of what it is"),
        }
    })
}

/// Words that are said, and no option that was mistyped: those begin with a dash too, but have no blank in them.
pub(super) fn reject_option_like(argument: &str) -> Result<String, OptionLikeError> {
    let option = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or_default();
    let name = option.split('=').next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(char::is_whitespace);
    if is_name { Err(OptionLikeError(option_name(argument))) } else { Ok(argument.to_owned()) }
}

fn option_name(argument: &str) -> String {
    argument.split('=').next().unwrap_or_default().to_owned()
}

/// It may be an option that was mistyped, or a text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} looks like an option")]
pub(super) struct OptionLikeError(String);

fn option_like_error(error: &OptionLikeError) -> CliError {
    CliError::usage(error.to_string()).with_hint(
        "a text that looks like one goes behind `--`, or through standard input with - in its place",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_begin_with_a_dash_and_a_mistyped_option_is_no_text() {
        for text in
            ["- rebooted", "-5 dB", "--- log ---", "-> fixed", "-v makes it fail", "--", "-1", "dash-ed"]
        {
            assert_eq!(reject_option_like(text).as_deref(), Ok(text));
        }
        for (text, name) in [("--pririty=high urgent", "--pririty"), ("--wiat", "--wiat"), ("-x", "-x")] {
            assert_eq!(reject_option_like(text), Err(OptionLikeError(name.into())));
        }
    }

    #[test]
    fn sessions_and_handoffs_are_told_apart_by_how_they_are_named() {
        let number = |n| HandoffRef::Number(Number(n));
        assert_eq!("17".parse(), Ok(SessionRef::Number(Number(17))));
        assert_eq!("s17".parse(), Ok(SessionRef::Number(Number(17))));
        assert_eq!("#42".parse(), Ok(SessionRef::Handoff(number(42))));
        assert_eq!("h42".parse(), Ok(SessionRef::Handoff(number(42))));
        assert_eq!("42".parse(), Ok(ShowTarget::Handoff(Number(42))));
        assert_eq!("h42".parse(), Ok(ShowTarget::Handoff(Number(42))));
        assert_eq!("s17".parse(), Ok(ShowTarget::Session(Number(17))));
        for text in ["", "s", "h", "+1", "h+1", "#", "seventeen", "4x"] {
            assert_eq!(text.parse::<SessionRef>(), Err(ParseRefError), "{text:?}");
        }
    }
}
