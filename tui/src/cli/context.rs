//! What every command uses: the server, the output, and the session or handoff that an argument names.

use std::ffi::OsString;

use tierup_common::handoff::Handoff;
use tierup_common::id::{HandoffId, HandoffRef, Number, SessionId};
use tierup_common::problem::Code;
use tierup_common::session::Session;
use tierup_common::time::Timestamp;

use crate::cli::connect;
use crate::cli::diagnostics::warn_about_secret;
use crate::cli::input::{read_stdin, reject_option_like};
use crate::cli::options::Options;
use crate::cli::output::Output;
use crate::cli::reference::SessionRef;
use crate::error::CliError;
use crate::event::CallError;
use crate::runtime::api::{ApiClient, requests};
use crate::runtime::data_dir::DataDir;

/// What every verb uses.
pub(super) struct CommandContext {
    pub(super) api: ApiClient,
    pub(super) output: Output,
    after_double_dash: Vec<OsString>,
}

impl CommandContext {
    /// The server and user of the options, or of the last login.
    pub(super) async fn new(options: &Options) -> Result<Self, CliError> {
        let data_dir = DataDir::platform_default().map_err(CliError::from_display)?;
        let api = connect::api_client(options, &data_dir).await?;
        Ok(Self {
            api,
            output: Output::new(options.json),
            after_double_dash: options.after_double_dash.clone(),
        })
    }

    /// A moment: on a terminal how long ago by the server's clock, else in RFC 3339.
    pub(super) fn format_age(&self, at: Timestamp) -> String {
        self.output.format_age(at, self.api.server_now())
    }

    /// A text argument; `-` reads standard input.
    pub(super) fn read_text(&self, argument: &str) -> Result<String, CliError> {
        let text = self.read_unchecked(argument)?;
        warn_about_secret(&text);
        Ok(text)
    }

    fn read_unchecked(&self, argument: &str) -> Result<String, CliError> {
        if argument == "-" {
            return read_stdin();
        }
        if self.after_double_dash.iter().any(|after| after == argument) {
            return Ok(argument.to_owned());
        }
        reject_option_like(argument).map_err(|error| {
            CliError::usage(error.to_string()).with_hint(
                "to pass it as text, put it after `--`, or pass - and send it through standard input",
            )
        })
    }

    /// A session with all of its messages.
    pub(super) async fn fetch_session(&self, reference: SessionRef) -> Result<Session, CliError> {
        let id = self.resolve_session_id(reference).await?;
        Ok(self.api.send(requests::session(id)).await?)
    }

    /// The id of the session that an argument names.
    pub(super) async fn resolve_session_id(&self, reference: SessionRef) -> Result<SessionId, CliError> {
        match reference {
            SessionRef::SessionNumber(number) => self.session_id_by_number(number).await,
            SessionRef::Handoff(handoff) => Ok(self.session_id_of_handoff(handoff).await?),
            SessionRef::Id(id) => match self.api.send(requests::session(id)).await {
                Err(failure) if is_not_found(&failure) => {
                    let handoff = HandoffId::from_bytes(*id.as_bytes());
                    Ok(self.session_id_of_handoff(handoff.into()).await?)
                }
                session => Ok(session?.item.id),
            },
        }
    }

    async fn session_id_by_number(&self, number: Number) -> Result<SessionId, CliError> {
        let page = self.api.send(requests::sessions_by_number(number)).await?;
        let found = page.items.iter().find(|session| session.number == number);
        found.map(|session| session.id).ok_or_else(|| {
            CliError::not_found(format!("there is no session {number}")).with_hint(format!(
                "`tierup sessions` lists sessions; h{number} is the session of handoff {number}"
            ))
        })
    }

    async fn session_id_of_handoff(&self, handoff: HandoffRef) -> Result<SessionId, CallError> {
        let handoff: Handoff = self.api.send(requests::handoff(handoff)).await?;
        Ok(handoff.item.session_id)
    }
}

/// Whether the server knows nothing by this name.
pub(super) fn is_not_found(failure: &CallError) -> bool {
    matches!(failure, CallError::Problem(problem) if problem.code() == Some(Code::NotFound))
}
