//! A model behind an HTTP endpoint, which streams its text.
//!
//! The endpoint may be slow or broken. Each call ends within the time limit, reads a bounded response, and returns text
//! or one sentence. An endpoint that refuses a field of the request gets it in another form; one that is overloaded is
//! called again, as long as nobody has seen text of it.

mod answer;
mod anthropic;
mod api;
mod endpoint_message;
mod failure;
mod form;
mod openai;
mod part;
mod receive;
mod retry;
mod thoughts;

use std::time::Duration;

use parking_lot::Mutex;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::assess::context::{EngineError, TextSink};
use crate::assess::model::answer::Answer;
use crate::assess::model::endpoint_message::clean;
use crate::assess::model::failure::{CallFailure, Remedy};
use crate::assess::model::form::RequestForm;
use crate::assess::model::part::TokenUsage;
use crate::assess::model::receive::{BodyReader, read_error_message};
use crate::assess::model::retry::MAX_RETRIES;
use crate::assess::prompt::Prompt;
use crate::clock::Stopwatch;
use crate::http_client::{self, HttpClientError};

pub use answer::Completion;
pub use api::ModelApi;

/// A model at an endpoint.
#[derive(Debug)]
pub struct ModelEndpoint {
    pub(super) api: ModelApi,
    pub(super) model: String,
    pub(super) time_limit: Duration,
    url: Url,
    api_key: Option<SecretString>,
    client: reqwest::Client,
    /// The form of request that the endpoint takes, as far as it is known.
    accepted_form: Mutex<RequestForm>,
}

impl ModelEndpoint {
    /// A model at a base URL (`…/v1`), called through `proxy` if there is one.
    pub fn new(
        api: ModelApi,
        base: &Url,
        model: String,
        api_key: Option<SecretString>,
        time_limit: Duration,
        proxy: Option<&Url>,
    ) -> Result<Self, HttpClientError> {
        let client = http_client::build_client(base, proxy)?;
        let accepted_form = Mutex::default();
        Ok(Self { api, model, time_limit, url: api.url(base), api_key, client, accepted_form })
    }

    /// Streams the completion to `sink` and returns it.
    pub(super) async fn complete(
        &self,
        prompt: Prompt,
        sink: TextSink<'_>,
    ) -> Result<Completion, EngineError> {
        let completion = tokio::time::timeout(self.time_limit, self.call_until_answered(&prompt, sink));
        let completion = completion.await.unwrap_or_else(|_| {
            let seconds = self.time_limit.as_secs();
            Err(CallFailure::new(format!("The model did not finish within {seconds} seconds.")))
        });
        completion.map_err(|failure| {
            let detail = failure.detail.as_deref().unwrap_or_default();
            tracing::warn!(reason = failure.sentence, detail, "the model gave no answer");
            failure.into()
        })
    }

    /// Calls the endpoint, and calls it again where that may help.
    async fn call_until_answered(
        &self,
        prompt: &Prompt,
        sink: TextSink<'_>,
    ) -> Result<Completion, CallFailure> {
        let started = Stopwatch::start();
        let mut form = *self.accepted_form.lock();
        let mut retries = 0;
        loop {
            let mut answer = Answer::new(&mut *sink);
            let failure = match self.call(prompt, form, &mut answer).await {
                Ok(()) => {
                    *self.accepted_form.lock() = form;
                    let TokenUsage { prompt, completion } = answer.usage();
                    tracing::debug!(prompt, completion, "the model answered; its tokens");
                    return answer.finish();
                }
                Err(failure) if answer.has_text() => return Err(failure),
                Err(failure) => failure,
            };
            match failure.remedy {
                Remedy::OtherForm => {
                    let message = failure.detail.as_deref().unwrap_or_default();
                    match form.after_refusal(message, prompt.schema.is_some()) {
                        Some(next) => {
                            tracing::info!(refused = ?form, message, "the model's endpoint refused a request");
                            form = next;
                        }
                        None => return Err(failure),
                    }
                }
                Remedy::Later(after) if retries < MAX_RETRIES => {
                    let remaining = self.time_limit.saturating_sub(started.elapsed());
                    let Some(delay) = retry::delay(retries, after).filter(|delay| *delay < remaining) else {
                        return Err(failure);
                    };
                    tracing::info!(reason = failure.sentence, ?delay, "the model's endpoint is called again");
                    tokio::time::sleep(delay).await;
                    retries += 1;
                }
                Remedy::Later(_) | Remedy::None => return Err(failure),
            }
        }
    }

    /// Calls the endpoint once.
    async fn call(
        &self,
        prompt: &Prompt,
        form: RequestForm,
        answer: &mut Answer<'_>,
    ) -> Result<(), CallFailure> {
        let api_key = self.api_key.as_ref();
        let response = self.build_request(prompt, form).send().await.map_err(|error| {
            let failure = CallFailure::from_request_error(error);
            let detail = failure.detail.as_deref().and_then(|detail| clean(detail, api_key));
            failure.with_detail(detail)
        })?;
        let status = response.status();
        if !status.is_success() {
            let retry_after = retry::retry_after(response.headers());
            let message = read_error_message(response, api_key).await;
            return Err(CallFailure::from_status(status, retry_after, message));
        }
        let (read_part, awaits_usage) = match self.api {
            ModelApi::OpenAi => (openai::read_part as fn(&_) -> _, form.asks_for_usage),
            ModelApi::Anthropic => (anthropic::read_part as fn(&_) -> _, true),
        };
        BodyReader { read_part, awaits_usage, api_key }.read(response, answer).await
    }

    fn build_request(&self, prompt: &Prompt, form: RequestForm) -> RequestBuilder {
        let request = self.client.post(self.url.clone());
        match self.api {
            ModelApi::OpenAi => {
                let request = request.json(&openai::build_body(&self.model, prompt, form));
                match &self.api_key {
                    Some(key) => request.bearer_auth(key.expose_secret()),
                    None => request,
                }
            }
            ModelApi::Anthropic => {
                let request = request.header("anthropic-version", "2023-06-01");
                let request = request.json(&anthropic::build_body(&self.model, prompt, form));
                match &self.api_key {
                    Some(key) => request.header("x-api-key", key.expose_secret()),
                    None => request,
                }
            }
        }
    }
}
