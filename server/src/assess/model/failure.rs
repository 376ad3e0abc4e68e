//! How a call fails: the sentence for everybody, what the endpoint said for admins, and whether another try may help.

use std::error::Error;
use std::time::Duration;

use reqwest::StatusCode;

use crate::assess::context::{EngineError, FailureReason};
use crate::assess::model::endpoint_message::EndpointError;

/// What may help after a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Remedy {
    /// Nothing.
    None,
    /// A request in another form: the endpoint refused this one.
    OtherForm,
    /// The same request, later; after this time if the endpoint named one.
    Later(Option<Duration>),
}

/// A call that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CallFailure {
    /// What everybody may read.
    pub(super) sentence: String,
    /// What the endpoint said, for admins.
    pub(super) detail: Option<String>,
    pub(super) remedy: Remedy,
}

impl CallFailure {
    /// A failure for good.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), detail: None, remedy: Remedy::None }
    }

    pub(super) fn with_detail(self, detail: Option<String>) -> Self {
        Self { detail, ..self }
    }

    /// A request that was not answered.
    pub(super) fn from_request_error(error: reqwest::Error) -> Self {
        let remedy = if error.is_connect() { Remedy::Later(None) } else { Remedy::None };
        let error = error.without_url();
        let cause = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source()).last();
        let detail = cause.map(ToString::to_string);
        Self { remedy, ..Self::new("The model's endpoint could not be reached.") }.with_detail(detail)
    }

    /// An answer with an error's status.
    pub(super) fn from_status(
        status: StatusCode,
        retry_after: Option<Duration>,
        message: Option<String>,
    ) -> Self {
        let code = status.as_u16();
        let sentence = match code {
            300..=399 => format!("The model's endpoint returned a redirect ({code}), which is not followed."),
            401 | 403 => format!("The model's endpoint rejected the API key ({code})."),
            429 => format!("The model's endpoint is rate limited ({code})."),
            _ => format!("The model's endpoint returned {code}."),
        };
        let detail = message.map_or_else(|| code.to_string(), |message| format!("{code}: {message}"));
        Self { remedy: remedy(code, retry_after), ..Self::new(sentence) }.with_detail(Some(detail))
    }

    /// An error in an answer that began well.
    pub(super) fn from_error_in_answer(error: EndpointError) -> Self {
        let remedy = error.code.map_or(Remedy::None, |code| remedy(code, None));
        Self { remedy, ..Self::new("The model's endpoint returned an error.") }.with_detail(error.message)
    }
}

impl From<CallFailure> for EngineError {
    fn from(failure: CallFailure) -> Self {
        Self(FailureReason { sentence: failure.sentence, detail: failure.detail })
    }
}

/// 529 is Anthropic's 503.
const fn remedy(code: u16, retry_after: Option<Duration>) -> Remedy {
    match code {
        400 | 404 | 422 | 501 => Remedy::OtherForm,
        429 | 502..=504 | 529 => Remedy::Later(retry_after),
        _ => Remedy::None,
    }
}
