//! What every verb has at hand: the way to the server, the output, the files; and how things are named in arguments.

use std::ffi::OsString;
use std::io::{Read, stdin};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tierup_common::coding::{Coding, coding};
use tierup_common::handoff::Handoff;
use tierup_common::id::{HandoffId, HandoffRef, NotAnId, Number, SessionId};
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::route;
use tierup_common::session::{Session, SessionPage};
use tierup_common::time::Timestamp;
use tierup_common::trim::without_mark;

use crate::cli::exit::{Exit, wrong};
use crate::cli::output::Output;
use crate::cli::{Options, connect};
use crate::event::Failure;
use crate::runtime::api::Api;
use crate::runtime::files::Files;

/// What a verb has at hand.
pub(super) struct Errand {
    pub(super) api: Api,
    pub(super) out: Output,
    /// Arguments behind `--`.
    behind_dashes: Vec<OsString>,
}

impl Errand {
    /// To the server that is meant, as the user that is meant.
    pub(super) async fn new(options: &Options) -> Result<Self, Exit> {
        let files = Files::of_platform().map_err(wrong)?;
        let api = connect::api(options, &files).await?;
        Ok(Self { api, out: Output::new(options.json), behind_dashes: options.behind_dashes.clone() })
    }

    /// A moment: how long ago by the server's clock on a terminal, else the moment itself.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        self.out.ago(at, self.api.server_now())
    }

    /// A text of the arguments; `-` is what comes on standard input, without the line break at its end.
    pub(super) fn text(&self, argument: &str) -> Result<String, Exit> {
        if argument == "-" {
            return typed();
        }
        // Behind `--` stands no option, whatever it looks like.
        if self.behind_dashes.iter().any(|behind| behind == argument) {
            return Ok(argument.to_owned());
        }
        words(argument).map_err(|error| unclear(&error))
    }

    /// Reads something of the server.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + Sync),
    ) -> Result<T, Exit> {
        Ok(self.api.read(path, query).await?)
    }

    /// Changes something by a POST.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Exit> {
        Ok(self.api.change(reqwest::Method::POST, path, body).await?)
    }

    /// Puts something in its place.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Exit> {
        Ok(self.api.change(reqwest::Method::PUT, path, Some(body)).await?)
    }

    /// A handoff with what was handed over.
    pub(super) async fn handoff(&self, handoff: HandoffRef) -> Result<Handoff, Exit> {
        self.read(&route::HANDOFF.path(&[&handoff]), &()).await
    }

    /// A session with what was said in it.
    pub(super) async fn whole_session(&self, name: SessionName) -> Result<Session, Exit> {
        let id = self.session(name).await?;
        self.read(&route::SESSION.path(&[&id]), &()).await
    }

    /// The session that is meant.
    pub(super) async fn session(&self, name: SessionName) -> Result<SessionId, Exit> {
        match name {
            SessionName::Number(number) => {
                let query = [("number", number.to_string())];
                let page: SessionPage = self.read(&route::SESSIONS.path(&[]), &query).await?;
                let found = page.items.iter().find(|session| session.number == number);
                found.map(|session| session.id).ok_or_else(|| {
                    Exit::not_found(format!("there is no session {number}")).hint(format!(
                        "`tierup sessions` lists them; h{number} is the session of handoff {number}"
                    ))
                })
            }
            SessionName::OfHandoff(handoff) => Ok(self.handoff(handoff).await?.item.session_id),
            SessionName::Id(id) => {
                let read = self.api.read::<Session>(&route::SESSION.path(&[&id]), &()).await;
                match read {
                    Err(Failure::Problem(problem)) if problem.code() == Some(Code::NotFound) => {
                        let handoff = HandoffId::from_bytes(*id.as_bytes());
                        Ok(self.handoff(handoff.into()).await?.item.session_id)
                    }
                    read => Ok(read?.item.id),
                }
            }
        }
    }
}

/// A session as the arguments name it: `17` or `s17`, `h42` or `#42` for the session of a handoff, or the id of either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SessionName {
    Number(Number),
    OfHandoff(HandoffRef),
    Id(SessionId),
}

impl FromStr for SessionName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if let Some(handoff) = text.strip_prefix(['h', '#']) {
            return number(handoff).map(|number| Self::OfHandoff(HandoffRef::Number(number)));
        }
        if let Ok(number) = number(text.strip_prefix('s').unwrap_or(text)) {
            return Ok(Self::Number(number));
        }
        text.parse().map(Self::Id).map_err(|NotAnId| NotAName)
    }
}

/// What is to be shown: a handoff as `42`, `#42`, `h42` or by id; a session as `s17` or by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Subject {
    Handoff(Number),
    Session(Number),
    /// The id of either.
    Id(HandoffId),
}

impl FromStr for Subject {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if let Some(session) = text.strip_prefix('s') {
            return number(session).map(Self::Session);
        }
        handoff(text).map(|handoff| match handoff {
            HandoffRef::Number(number) => Self::Handoff(number),
            HandoffRef::Id(id) => Self::Id(id),
        })
    }
}

/// What was given names neither a handoff nor a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an id: it is a number like 42, or an id")]
pub(super) struct NotAName;

/// A handoff as the arguments name it: `42`, `#42`, `h42`, or its id.
pub(super) fn handoff(text: &str) -> Result<HandoffRef, NotAName> {
    match text.strip_prefix('h') {
        Some(rest) => number(rest).map(HandoffRef::Number),
        None => text.parse().map_err(|NotAnId| NotAName),
    }
}

fn number(text: &str) -> Result<Number, NotAName> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Number).ok_or(NotAName)
}

/// What comes on standard input, without the line break at its end.
fn typed() -> Result<String, Exit> {
    let mut bytes = Vec::new();
    let largest = u64::try_from(limit::BODY).unwrap_or(u64::MAX);
    stdin().lock().take(largest + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() > limit::BODY {
        return Err(Exit::usage(format!("the text has more than {} KiB", limit::BODY / 1024)));
    }
    let text = utf_8(bytes)?;
    Ok(without_mark(&text).trim_end_matches(['\n', '\r']).to_owned())
}

/// Bytes of standard input as text; or what to do about those that are none.
pub(super) fn utf_8(bytes: Vec<u8>) -> Result<String, Exit> {
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        let said = |why: &str| Exit::usage(format!("what came on standard input is not UTF-8: {why}"));
        match coding(error.as_bytes()) {
            Some(Coding::Utf16) => {
                said("it is UTF-16").hint("`iconv -f UTF-16 -t UTF-8` in between converts it")
            }
            Some(Coding::Compressed(with)) => said(&format!("it is compressed, by {with}"))
                .hint(format!("`{with} -dc` in between decompresses it")),
            None => said(&format!("byte {place} is the first that is not"))
                .hint("`iconv -f LATIN1 -t UTF-8` in between converts it, with the name of what it is"),
        }
    })
}

/// Words that are said, and no option that was mistyped: those begin with a dash too, but have no blank in them.
pub(super) fn words(argument: &str) -> Result<String, Unclear> {
    let option = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or_default();
    let name = option.split('=').next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(char::is_whitespace);
    if is_name { Err(Unclear(name_of(argument))) } else { Ok(argument.to_owned()) }
}

fn name_of(argument: &str) -> String {
    argument.split('=').next().unwrap_or_default().to_owned()
}

/// It may be an option that was mistyped, or a text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} looks like an option")]
pub(super) struct Unclear(String);

fn unclear(error: &Unclear) -> Exit {
    Exit::usage(error.to_string())
        .hint("a text that looks like one goes behind `--`, or through standard input with - in its place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_begin_with_a_dash_and_a_mistyped_option_is_no_text() {
        for text in
            ["- rebooted", "-5 dB", "--- log ---", "-> fixed", "-v makes it fail", "--", "-1", "dash-ed"]
        {
            assert_eq!(words(text).as_deref(), Ok(text));
        }
        for (text, name) in [("--pririty=high urgent", "--pririty"), ("--wiat", "--wiat"), ("-x", "-x")] {
            assert_eq!(words(text), Err(Unclear(name.into())));
        }
    }

    #[test]
    fn sessions_and_handoffs_are_told_apart_by_how_they_are_named() {
        let number = |n| HandoffRef::Number(Number(n));
        assert_eq!("17".parse(), Ok(SessionName::Number(Number(17))));
        assert_eq!("s17".parse(), Ok(SessionName::Number(Number(17))));
        assert_eq!("#42".parse(), Ok(SessionName::OfHandoff(number(42))));
        assert_eq!("h42".parse(), Ok(SessionName::OfHandoff(number(42))));
        assert_eq!("42".parse(), Ok(Subject::Handoff(Number(42))));
        assert_eq!("h42".parse(), Ok(Subject::Handoff(Number(42))));
        assert_eq!("s17".parse(), Ok(Subject::Session(Number(17))));
        for text in ["", "s", "h", "+1", "h+1", "#", "seventeen", "4x"] {
            assert_eq!(text.parse::<SessionName>(), Err(NotAName), "{text:?}");
        }
    }
}
