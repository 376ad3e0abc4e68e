//! A model behind an HTTP endpoint, which streams its text.
//!
//! The endpoint may be slow or broken. Each call ends within the time limit, reads a bounded response, and returns text
//! or one sentence. An endpoint that refuses a field of the request gets it in another form; one that is overloaded is
//! called again, as long as nobody has seen text of it.

mod answer;
mod anthropic;
mod api;
mod budget;
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
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;
use url::Url;

use crate::assess::context::{EngineError, TextSink};
use crate::assess::model::answer::Answer;
use crate::assess::model::budget::CallBudget;
use crate::assess::model::endpoint_message::clean;
use crate::assess::model::failure::{CallFailure, Remedy};
use crate::assess::model::form::RequestForm;
use crate::assess::model::part::TokenUsage;
use crate::assess::model::receive::{BodyReader, read_error_message};
use crate::assess::model::retry::MAX_RETRIES;
use crate::assess::prompt::Prompt;
use crate::clock::Stopwatch;
use crate::http_client::{self, HttpClientError};
use crate::metrics::{CallOutcome, ModelMetrics};

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
    budget: CallBudget,
    pub(super) metrics: ModelMetrics,
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
        Ok(Self {
            api,
            model,
            time_limit,
            url: api.url(base),
            api_key,
            client,
            accepted_form: Mutex::default(),
            budget: CallBudget::default(),
            metrics: ModelMetrics::default(),
        })
    }

    /// The same with this many calls an account and minute; 0 is unlimited.
    #[must_use]
    pub fn with_calls_per_minute(self, calls: u32) -> Self {
        Self { budget: CallBudget::new(calls), ..self }
    }

    /// Takes one of an account's calls; fails with the time until it has more.
    pub(super) fn take_call(&self, account: AccountId, now: Timestamp) -> Result<(), Duration> {
        self.budget.take(account, now)
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
            let failure = match self.call_and_record(prompt, form, &mut answer).await {
                Ok(()) => {
                    *self.accepted_form.lock() = form;
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

    /// Calls the endpoint once, and records what that took.
    async fn call_and_record(
        &self,
        prompt: &Prompt,
        form: RequestForm,
        answer: &mut Answer<'_>,
    ) -> Result<(), CallFailure> {
        let mut record = CallRecord::start(&self.metrics);
        let result = self.call(prompt, form, answer).await;
        record.outcome = if result.is_ok() { CallOutcome::Answered } else { CallOutcome::Failed };
        let TokenUsage { prompt, completion } = answer.usage();
        self.metrics.record_tokens(prompt, completion);
        result
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

/// Records a call when it is dropped, which may be before the answer is complete.
struct CallRecord<'a> {
    metrics: &'a ModelMetrics,
    started: Stopwatch,
    outcome: CallOutcome,
}

impl<'a> CallRecord<'a> {
    fn start(metrics: &'a ModelMetrics) -> Self {
        Self { metrics, started: Stopwatch::start(), outcome: CallOutcome::Abandoned }
    }
}

impl Drop for CallRecord<'_> {
    fn drop(&mut self) {
        self.metrics.record_call(self.outcome, self.started.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Json;
    use axum::http::StatusCode;
    use axum::response::{IntoResponse, Response};
    use axum::routing::post;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::assess::prompt::AnswerSchema;
    use crate::serve::serve;

    static SCHEMA: AnswerSchema = AnswerSchema { name: "answer", schema: || json!({"type": "object"}) };

    /// An endpoint that refuses requests for which `refuses` has a message, and remembers all.
    async fn start_endpoint(
        api: ModelApi,
        refuses: fn(&Value) -> Option<&'static str>,
    ) -> (ModelEndpoint, Arc<Mutex<Vec<Value>>>) {
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let received = Arc::clone(&requests);
        let respond = async move |Json(request): Json<Value>| -> Response {
            received.lock().push(request.clone());
            if let Some(message) = refuses(&request) {
                return (StatusCode::BAD_REQUEST, Json(json!({"error": {"message": message}})))
                    .into_response();
            }
            let tool = json!({"type": "tool_use", "name": "answer", "input": {"cause": "DNS"}});
            let content = json!({"stop_reason": "tool_use", "content": [tool]});
            let choices = json!([{"message": {"content": "{\"cause\":\"DNS\"}"}, "finish_reason": "stop"}]);
            Json(if request["tools"].is_array() { content } else { json!({"choices": choices}) })
                .into_response()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
        let router = axum::Router::new().route("/v1/{*path}", post(respond));
        tokio::spawn(serve(listener, router, CancellationToken::new()));
        let limit = Duration::from_secs(30);
        (ModelEndpoint::new(api, &base, "m".into(), None, limit, None).unwrap(), requests)
    }

    async fn complete(endpoint: &ModelEndpoint) -> Completion {
        let prompt = Prompt { system: "Say JSON.".into(), user: "VPN".into(), schema: Some(&SCHEMA) };
        endpoint.complete(prompt, &mut |_| {}).await.unwrap()
    }

    #[tokio::test]
    async fn structure_is_asked_for_as_far_as_the_endpoint_takes_it() {
        let (endpoint, requests) =
            start_endpoint(ModelApi::OpenAi, |request| {
                match request["response_format"]["type"].as_str()? {
                    "json_schema" => Some("'response_format.type' must be 'json_object' or 'text'"),
                    _ => Some("This model does not support JSON mode"),
                }
            })
            .await;
        for _ in 0..2 {
            let expected = Completion { text: "{\"cause\":\"DNS\"}".into(), is_cut_off: false };
            assert_eq!(complete(&endpoint).await, expected);
        }
        let formats: Vec<Value> =
            requests.lock().iter().map(|request| request["response_format"]["type"].clone()).collect();
        // The second completion remembers what the first one learned.
        assert_eq!(formats, [json!("json_schema"), json!("json_object"), Value::Null, Value::Null]);
        let schema = &requests.lock()[0]["response_format"]["json_schema"];
        assert_eq!(*schema, json!({"name": "answer", "strict": true, "schema": {"type": "object"}}));
    }

    #[tokio::test]
    async fn anthropic_answers_by_a_tool_that_it_must_call() {
        let (endpoint, requests) = start_endpoint(ModelApi::Anthropic, |_| None).await;
        let expected = Completion { text: "{\"cause\":\"DNS\"}".into(), is_cut_off: false };
        assert_eq!(complete(&endpoint).await, expected);
        let request = &requests.lock()[0];
        assert_eq!(request["tool_choice"], json!({"type": "tool", "name": "answer"}));
        assert_eq!(request["tools"][0]["input_schema"], json!({"type": "object"}));
    }
}
