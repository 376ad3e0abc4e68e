//! Webhooks: tell a team's chat tools and programs about its handoffs.

mod compose;
mod plain_text;
mod registry;
mod setting;
mod signature;

use std::time::Duration;

use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use tierup_common::event::Event;
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;
use url::Url;

use crate::delivery::DeliveryError;
use crate::domain::WebhookId;
use crate::http_client;
use crate::webhook::setting::WebhookSetting;
use crate::webhook::signature::SigningSecret;

pub use registry::{WebhookAccountError, WebhookRegistry};
pub use setting::{WebhookKind, WebhookSettingError, WebhookSettings};

/// The timeout of one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Sent by default: that something waits, and that it no longer does.
const DEFAULT_EVENTS: &[&str] =
    &["handoff_created", "handoff_claimed", "handoff_released", "handoff_resolved", "handoff_reminder"];
/// All events that a webhook may get.
const SUPPORTED_EVENTS: &[&str] = &[
    "handoff_created",
    "handoff_assessment_ready",
    "handoff_assessment_failed",
    "handoff_claimed",
    "handoff_released",
    "handoff_assigned",
    "handoff_sent_back",
    "handoff_withdrawn",
    "handoff_resolved",
    "handoff_reminder",
];

/// A webhook, validated and ready to call.
#[derive(Debug)]
pub struct Webhook {
    id: WebhookId,
    account: Option<String>,
    kind: WebhookKind,
    url: Url,
    events: Vec<String>,
    secret: Option<SigningSecret>,
    client: reqwest::Client,
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
        let events =
            events.unwrap_or_else(|| DEFAULT_EVENTS.iter().map(|event| (*event).to_owned()).collect());
        if let Some(unknown) = events.iter().position(|event| !SUPPORTED_EVENTS.contains(&event.as_str())) {
            return Err(WebhookSettingError::UnknownEvent(unknown + 1, SUPPORTED_EVENTS.join(", ")));
        }
        let secret = secret.map(|secret| SigningSecret::parse(&secret)).transpose()?;
        let client = http_client::build_client(&url, proxy)?;
        let id = webhook_id(kind, &url);
        Ok(Self { id, account, kind, url, events, secret, client })
    }

    /// Makes webhooks of the settings. `proxy` is the proxy for outgoing requests, if there is one.
    pub fn from_settings(
        settings: WebhookSettings,
        proxy: Option<&Url>,
    ) -> Result<Vec<Self>, WebhookSettingError> {
        settings.into_list()?.into_iter().map(|setting| Self::from_setting(setting, proxy)).collect()
    }

    /// Identifies the webhook in jobs and in the log, without revealing its address.
    pub const fn id(&self) -> WebhookId {
        self.id
    }

    /// Sends it an event.
    pub async fn call(&self, event: &Event, account: AccountId, now: Timestamp) -> Result<(), DeliveryError> {
        let secret = self.secret.as_ref();
        let call = compose::build_call(self.kind, &self.url, secret, event, account, now)
            .map_err(DeliveryError::Permanent)?;
        let request = self.client.post(call.url).timeout(CALL_TIMEOUT).headers(call.headers).body(call.body);
        let response = request
            .send()
            .await
            .map_err(|_| DeliveryError::Transient("the receiver could not be reached".into()))?;
        let status = response.status();
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(DeliveryError::Transient(format!("the receiver returned {status}")))
            }
            _ if status.is_server_error() => {
                Err(DeliveryError::Transient(format!("the receiver returned {status}")))
            }
            _ => Err(DeliveryError::Permanent(format!("the receiver returned {status}"))),
        }
    }
}

fn webhook_id(kind: WebhookKind, url: &Url) -> WebhookId {
    let digest: [u8; 32] = Sha256::digest(format!("{kind:?} {url}")).into();
    let first = digest.iter().take(6);
    WebhookId(first.fold(0, |id, byte| id << 8 | u64::from(*byte)))
}
