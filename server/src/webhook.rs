//! Webhooks: what happens to a team's handoffs, told to its chat tools and programs.

mod compose;
mod plain_text;
mod signature;

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tierup_common::event::{Event, Kind};
use tierup_common::id::{AccountId, Seq};
use tierup_common::redact;
use tierup_common::time::Timestamp;
use tierup_common::trim::trim_value;
use url::Url;

use crate::config::value;
use crate::domain::WebhookId;
use crate::http_client::{self, HttpClientError};

pub use signature::{InvalidSecret, SigningSecret};

/// A call takes at most so long.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// What is told where nobody says what: that something waits, and that it no longer does.
const DEFAULT_EVENTS: [Kind; 5] = [
    Kind::HandoffCreated,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffResolved,
    Kind::HandoffReminder,
];
/// What can be told.
const SUPPORTED_EVENTS: [Kind; 10] = [
    Kind::HandoffCreated,
    Kind::HandoffAssessmentReady,
    Kind::HandoffAssessmentFailed,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffAssigned,
    Kind::HandoffSentBack,
    Kind::HandoffWithdrawn,
    Kind::HandoffResolved,
    Kind::HandoffReminder,
];

/// Webhooks, as they are written down: tables in the file, a list in JSON elsewhere.
#[derive(Clone, Deserialize)]
#[serde(from = "Vec<WebhookSetting>")]
pub enum WebhookSettings {
    /// Read already.
    List(Vec<WebhookSetting>),
    /// JSON, to be read. It holds secrets, so whoever refuses it must not repeat it.
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
        f.write_str("Webhooks(…)")
    }
}

impl WebhookSettings {
    /// Each of them made ready, to be called by way of this proxy if there is one.
    pub fn into_webhooks(self, proxy: Option<&Url>) -> Result<Vec<Webhook>, WebhookSettingError> {
        let list = match self {
            Self::List(list) => list,
            Self::Json(json) => serde_json::from_str(trim_value(json.expose_secret())).map_err(|error| {
                let said = error.to_string();
                let why = said.rsplit_once(" at line ").map_or(said.as_str(), |(why, _)| why);
                WebhookSettingError::InvalidJson(error.line(), error.column(), redact::redact_message(why))
            })?,
        };
        list.into_iter().map(|setting| Webhook::from_setting(setting, proxy)).collect()
    }
}

/// A webhook, as it is written down.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSetting {
    /// Whose events; needed where the folder holds several accounts.
    pub account: Option<String>,
    /// How it is spoken to: slack, mattermost, ntfy or json.
    pub kind: WebhookKind,
    /// Where.
    #[serde(deserialize_with = "value::deserialize_url")]
    pub url: Url,
    /// Which events; that something waits, was claimed, released, resolved or rings again, where none is named.
    pub events: Option<Vec<String>>,
    /// For json: what it is signed with, `whsec_…`.
    pub secret: Option<SecretString>,
}

/// How a webhook is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// Slack's incoming webhooks.
    Slack,
    /// Mattermost's, and others that take Markdown in `text`.
    Mattermost,
    /// A topic of an ntfy server.
    Ntfy,
    /// The event as JSON, signed as Standard Webhooks says.
    Json,
}

/// A webhook that makes sense.
#[derive(Debug)]
pub struct Webhook {
    id: WebhookId,
    account: Option<String>,
    kind: WebhookKind,
    url: Url,
    events: Vec<Kind>,
    secret: Option<SigningSecret>,
    client: reqwest::Client,
}

/// Why a webhook makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum WebhookSettingError {
    /// The address is not one that may be called.
    #[error(transparent)]
    HttpClient(#[from] HttpClientError),
    /// The address is not of the web.
    #[error("the url must begin with http:// or https://")]
    InvalidScheme,
    /// The secret is not one.
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
    /// There is no such event.
    #[error("events: number {0} of them is none that can be told; there are: {1}")]
    UnknownEvent(usize, String),
    /// The list is not one.
    #[error(
        "not a list of webhooks, line {0}, column {1}: {2}\nhint: [{{\"kind\": \"slack\", \"url\": \"https://…\"}}] is one"
    )]
    InvalidJson(usize, usize, String),
    /// A topic is missing.
    #[error("an ntfy url names its topic, like https://ntfy.sh/my-topic")]
    MissingTopic,
}

/// Why a call did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It will not another time either.
    #[error("{0}")]
    Permanent(String),
    /// It may another time.
    #[error("{0}")]
    Transient(String),
}

impl Webhook {
    fn from_setting(setting: WebhookSetting, proxy: Option<&Url>) -> Result<Self, WebhookSettingError> {
        let WebhookSetting { account, kind, url, events, secret } = setting;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebhookSettingError::InvalidScheme);
        }
        if kind == WebhookKind::Ntfy && compose::ntfy_topic(&url).is_none() {
            return Err(WebhookSettingError::MissingTopic);
        }
        let events = match events {
            Some(names) => parse_events(&names)?,
            None => DEFAULT_EVENTS.to_vec(),
        };
        let secret = secret.map(|secret| SigningSecret::parse(&secret)).transpose()?;
        let client = http_client::build_client(&url, proxy)?;
        let id = webhook_id(kind, &url);
        Ok(Self { id, account, kind, url, events, secret, client })
    }

    /// Its name in jobs and in the log, which tells nothing of its address.
    pub const fn id(&self) -> WebhookId {
        self.id
    }

    /// Tells it of an event.
    pub async fn call(&self, event: &Event, account: AccountId, now: Timestamp) -> Result<(), CallError> {
        let call = compose::build_call(self, event, account, now).map_err(CallError::Permanent)?;
        let request = self.client.post(call.url).timeout(CALL_TIMEOUT).headers(call.headers).body(call.body);
        let response = request.send().await.map_err(|_| CallError::Transient("it was not reached".into()))?;
        let status = response.status();
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(CallError::Transient(format!("it answered {status}")))
            }
            _ if status.is_server_error() => Err(CallError::Transient(format!("it answered {status}"))),
            _ => Err(CallError::Permanent(format!("it answered {status}"))),
        }
    }
}

/// Every webhook of the server, with whose it is.
#[derive(Debug, Default)]
pub struct WebhookRegistry(Vec<(AccountId, Webhook)>);

/// A webhook names an account that there is not, or none where there are several.
#[derive(Debug, thiserror::Error)]
#[error("webhooks: {0}")]
pub struct WebhookAccountError(String);

impl WebhookRegistry {
    /// Finds out whose each webhook is.
    pub fn new(hooks: Vec<Webhook>, accounts: &[(AccountId, String)]) -> Result<Self, WebhookAccountError> {
        let whose = |hook: &Webhook| match (&hook.account, accounts) {
            (None, [(only, _)]) => Ok(*only),
            (None, _) => Err(WebhookAccountError("name the account of each: there are several".into())),
            (Some(name), _) => {
                let found = accounts.iter().find(|(_, known)| known == name);
                let known = || accounts.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
                let nobodys = || {
                    WebhookAccountError(format!(
                        "one names an account that there is not; there are: {}",
                        known()
                    ))
                };
                found.map(|(id, _)| *id).ok_or_else(nobodys)
            }
        };
        let found = hooks.into_iter().map(|hook| Ok((whose(&hook)?, hook)));
        found.collect::<Result<_, _>>().map(Self)
    }

    /// Whether an account has any.
    pub fn has_any(&self, account: AccountId) -> bool {
        self.0.iter().any(|(whose, _)| *whose == account)
    }

    /// The ids of the webhooks that want to be told of an event of this name.
    pub fn subscribed_to(&self, account: AccountId, event: Kind) -> impl Iterator<Item = WebhookId> {
        let wants = move |hook: &&Webhook| hook.events.contains(&event);
        self.for_account(account).filter(wants).map(Webhook::id)
    }

    /// One of them.
    pub fn get(&self, account: AccountId, id: WebhookId) -> Option<&Webhook> {
        self.for_account(account).find(|hook| hook.id == id)
    }

    fn for_account(&self, account: AccountId) -> impl Iterator<Item = &Webhook> {
        self.0.iter().filter(move |(whose, _)| *whose == account).map(|(_, hook)| hook)
    }
}

fn parse_events(names: &[String]) -> Result<Vec<Kind>, WebhookSettingError> {
    let parse = |(index, name): (usize, &String)| {
        let known = SUPPORTED_EVENTS.into_iter().find(|kind| kind.as_str() == name);
        known.ok_or_else(|| {
            let supported = SUPPORTED_EVENTS.map(Kind::as_str).join(", ");
            WebhookSettingError::UnknownEvent(index + 1, supported)
        })
    };
    names.iter().enumerate().map(parse).collect()
}

fn webhook_id(kind: WebhookKind, url: &Url) -> WebhookId {
    let digest: [u8; 32] = Sha256::digest(format!("{kind:?} {url}")).into();
    let first = digest.iter().take(6);
    WebhookId(first.fold(0, |id, byte| id << 8 | u64::from(*byte)))
}

/// What names a call, the same however often it is tried: receivers take it once.
fn call_id(account: AccountId, seq: Seq) -> String {
    format!("{account}_{seq}")
}
