//! A model behind an HTTP endpoint, which streams its text.
//!
//! The endpoint may be slow or broken. Each call ends within the time limit, reads at most [`MAX_RESPONSE_BYTES`]
//! bytes, and returns text or one sentence.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sse_stream::SseByteStream;
use url::Url;

use crate::assess::context::{EngineError, TextSink};
use crate::assess::prompt::Prompt;
use crate::http_client::{self, HttpClientError};

/// The longest text, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// The largest response, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// The longest completion to ask for, in tokens.
const MAX_TOKENS: u32 = 1_500;

/// The protocol of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelApi {
    /// `POST {base}/chat/completions`: OpenAI, Ollama, vLLM, llama.cpp and others.
    OpenAi,
    /// `POST {base}/messages`: Anthropic.
    Anthropic,
}

impl ModelApi {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }
}

/// What a model answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Completion {
    /// The text, without thoughts.
    pub(super) text: String,
    /// Whether the endpoint stopped before the end.
    pub(super) is_cut_off: bool,
}

/// A model at an endpoint.
#[derive(Debug)]
pub struct ModelEndpoint {
    pub(super) api: ModelApi,
    pub(super) model: String,
    pub(super) time_limit: Duration,
    url: Url,
    api_key: Option<SecretString>,
    client: reqwest::Client,
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
        let mut url = base.clone();
        let end = match api {
            ModelApi::OpenAi => "chat/completions",
            ModelApi::Anthropic => "messages",
        };
        url.set_path(&format!("{}/{end}", base.path().trim_end_matches('/')));
        Ok(Self { api, model, time_limit, url, api_key, client })
    }

    /// Streams the completion to `sink` and returns it.
    pub(super) async fn complete(
        &self,
        prompt: Prompt,
        sink: TextSink<'_>,
    ) -> Result<Completion, EngineError> {
        let completion = tokio::time::timeout(self.time_limit, self.send_prompt(prompt, sink));
        let text = completion.await.unwrap_or_else(|_| {
            let seconds = self.time_limit.as_secs();
            Err(EngineError(format!("The model did not finish within {seconds} seconds.")))
        });
        Ok(Completion { text: text?, is_cut_off: false })
    }

    async fn send_prompt(&self, prompt: Prompt, sink: TextSink<'_>) -> Result<String, EngineError> {
        let response = self.build_request(prompt).send().await.map_err(|error| {
            tracing::warn!(error = %error.without_url(), "the model's endpoint could not be reached");
            EngineError("The model's endpoint could not be reached.".into())
        })?;
        check_status(response.status())?;
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let text = match content_type.and_then(|value| value.split(';').next()).map(str::trim) {
            Some("text/event-stream") => self.read_stream(response, sink).await?,
            Some("application/json") => self.read_json(response, sink).await?,
            _ => {
                return Err(EngineError("The model's endpoint returned neither a stream nor JSON.".into()));
            }
        };
        if text.trim().is_empty() {
            return Err(EngineError("The model returned no text.".into()));
        }
        Ok(text)
    }

    fn build_request(&self, prompt: Prompt) -> RequestBuilder {
        let request = self.client.post(self.url.clone());
        let Prompt { system, user, .. } = prompt;
        match self.api {
            ModelApi::OpenAi => {
                let body = json!({
                    "model": self.model,
                    "stream": true,
                    "messages": [
                        {"role": "system", "content": system},
                        {"role": "user", "content": user},
                    ],
                });
                let request = request.json(&body);
                match &self.api_key {
                    Some(key) => request.bearer_auth(key.expose_secret()),
                    None => request,
                }
            }
            ModelApi::Anthropic => {
                let body = json!({
                    "model": self.model,
                    "stream": true,
                    "max_tokens": MAX_TOKENS,
                    "system": system,
                    "messages": [{"role": "user", "content": user}],
                });
                let request = request.header("anthropic-version", "2023-06-01").json(&body);
                match &self.api_key {
                    Some(key) => request.header("x-api-key", key.expose_secret()),
                    None => request,
                }
            }
        }
    }

    async fn read_stream(&self, response: Response, sink: TextSink<'_>) -> Result<String, EngineError> {
        let mut remaining = MAX_RESPONSE_BYTES;
        let bytes = response.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(std::io::Error::other)?;
            remaining = remaining
                .checked_sub(chunk.len())
                .ok_or_else(|| std::io::Error::other("response too large"))?;
            Ok::<_, std::io::Error>(chunk)
        });
        let mut events = std::pin::pin!(SseByteStream::new(bytes));
        let mut text = String::new();
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| {
                tracing::warn!(%error, "the model's response was cut off");
                EngineError("The model's response was cut off or was too long.".into())
            })?;
            let Some(data) = event.data else { continue };
            if data.trim() == "[DONE]" {
                break;
            }
            let Ok(value) = serde_json::from_str::<Value>(&data) else { continue };
            if value.get("error").is_some_and(|error| !error.is_null()) {
                return Err(EngineError("The model's endpoint returned an error.".into()));
            }
            if let Some(delta) = self.delta_text(&value) {
                append_text(&mut text, delta, sink)?;
            }
        }
        Ok(text)
    }

    /// Some endpoints ignore `stream` and respond with JSON.
    async fn read_json(&self, response: Response, sink: TextSink<'_>) -> Result<String, EngineError> {
        let mut bytes = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| EngineError("The model's response was cut off.".into()))?;
            if bytes.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(EngineError("The model's response was too long.".into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|_| EngineError("The model's endpoint returned invalid JSON.".into()))?;
        let mut text = String::new();
        append_text(&mut text, self.message_text(&value).unwrap_or_default(), sink)?;
        Ok(text)
    }

    fn delta_text<'v>(&self, value: &'v Value) -> Option<&'v str> {
        match self.api {
            ModelApi::OpenAi => value.pointer("/choices/0/delta/content")?.as_str(),
            ModelApi::Anthropic => value.pointer("/delta/text")?.as_str(),
        }
    }

    fn message_text<'v>(&self, value: &'v Value) -> Option<&'v str> {
        match self.api {
            ModelApi::OpenAi => value.pointer("/choices/0/message/content")?.as_str(),
            ModelApi::Anthropic => value.pointer("/content/0/text")?.as_str(),
        }
    }
}

fn append_text(text: &mut String, delta: &str, sink: TextSink<'_>) -> Result<(), EngineError> {
    if text.len() + delta.len() > MAX_TEXT_BYTES {
        return Err(EngineError(format!("The model wrote more than {} KiB.", MAX_TEXT_BYTES / 1024)));
    }
    // Text never contains NUL.
    let delta = delta.replace('\0', "");
    if !delta.is_empty() {
        text.push_str(&delta);
        sink(&delta);
    }
    Ok(())
}

fn check_status(status: StatusCode) -> Result<(), EngineError> {
    let code = status.as_u16();
    let reason = match code {
        200..=299 => return Ok(()),
        300..=399 => {
            format!("The model's endpoint returned a redirect ({code}), which is not followed.")
        }
        401 | 403 => format!("The model's endpoint rejected the API key ({code})."),
        429 => format!("The model's endpoint is rate limited ({code})."),
        _ => format!("The model's endpoint returned {code}."),
    };
    Err(EngineError(reason))
}
