//! The `webhooks` setting as users write it: tables in the file, or a JSON list.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tierup_common::redact;
use tierup_common::trim::trim_value;
use url::Url;

use crate::config::value;
use crate::http_client::HttpClientError;
use crate::webhook::signature::InvalidSecret;

/// The webhooks of the settings: tables in the file; a JSON list as a flag or in the environment.
#[derive(Clone, Deserialize)]
#[serde(from = "Vec<WebhookSetting>")]
pub enum WebhookSettings {
    /// Already parsed.
    List(Vec<WebhookSetting>),
    /// JSON to parse. It holds secrets, so errors must not quote it.
    Json(SecretString),
}

impl From<Vec<WebhookSetting>> for WebhookSettings {
    fn from(list: Vec<WebhookSetting>) -> Self {
        Self::List(list)
    }
}

impl From<String> for WebhookSettings {
    fn from(json: String) -> Self {
        Self::Json(json.into())
    }
}

impl std::fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSettings(…)")
    }
}

impl WebhookSettings {
    /// The list, parsed.
    pub(super) fn into_list(self) -> Result<Vec<WebhookSetting>, WebhookSettingError> {
        let json = match self {
            Self::List(list) => return Ok(list),
            Self::Json(json) => json,
        };
        serde_json::from_str(trim_value(json.expose_secret())).map_err(|error| {
            let message = error.to_string();
            let (message, _) = redact::split_json_position(&message);
            let message = redact::redact_message(message);
            WebhookSettingError::InvalidJson(error.line(), error.column(), message)
        })
    }
}

/// One webhook of the settings.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSetting {
    /// The account whose events it gets; required if the folder holds several accounts.
    pub account: Option<String>,
    /// The format: slack, mattermost, ntfy or json.
    pub kind: WebhookKind,
    /// Where to send requests.
    #[serde(deserialize_with = "value::deserialize_url")]
    pub url: Url,
    /// Names of events to send; by default those that concern the queue.
    pub events: Option<Vec<String>>,
    /// For json: the signing secret, `whsec_…`.
    pub secret: Option<SecretString>,
}

/// The format of a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// Slack's incoming webhooks.
    Slack,
    /// Mattermost's, and others that take Markdown in `text`.
    Mattermost,
    /// A topic of an ntfy server.
    Ntfy,
    /// The event as JSON, signed according to Standard Webhooks.
    Json,
}

/// What is wrong with a webhook's setting.
#[derive(Debug, thiserror::Error)]
pub enum WebhookSettingError {
    /// The address must not be called.
    #[error(transparent)]
    HttpClient(#[from] HttpClientError),
    /// The scheme is neither http nor https.
    #[error("the url must begin with http:// or https://")]
    InvalidScheme,
    /// The signing secret cannot be parsed.
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
    /// An event that does not exist or that webhooks do not get: its position, and those that they get.
    #[error("events: unknown event at position {0}\nhint: use {1}")]
    UnknownEvent(usize, String),
    /// Malformed JSON: line, column and reason.
    #[error(
        "not a list of webhooks, line {0}, column {1}: {2}\nhint: write it like [{{\"kind\": \"slack\", \"url\": \"https://…\"}}]"
    )]
    InvalidJson(usize, usize, String),
    /// An ntfy URL without a topic.
    #[error("an ntfy url must name a topic, like https://ntfy.sh/my-topic")]
    MissingTopic,
}
