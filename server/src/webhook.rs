//! Webhooks: tell a team's chat tools and programs about its handoffs.

mod compose;
mod plain_text;
mod registry;
mod setting;
mod signature;

use std::time::Duration;

use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use tierup_common::event::{Event, Kind};
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
const DEFAULT_EVENTS: [Kind; 5] = [
    Kind::HandoffCreated,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffResolved,
    Kind::HandoffReminder,
];
/// All events that a webhook may get.
const SUPPORTED_EVENTS: [Kind; 11] = [
    Kind::HandoffCreated,
    Kind::HandoffAssessmentReady,
    Kind::HandoffAssessmentFailed,
    Kind::HandoffClaimed,
    Kind::HandoffReleased,
    Kind::HandoffAssigned,
    Kind::HandoffSentBack,
    Kind::HandoffWithdrawn,
    Kind::HandoffChanged,
    Kind::HandoffResolved,
    Kind::HandoffReminder,
];

/// A webhook, validated and ready to call.
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
    pub async fn deliver(
        &self,
        event: &Event,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
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
