//! The requests that webhooks get: a line of text for chat tools, the event itself for programs.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tierup_common::event::{Event, EventBody, ReminderReason};
use tierup_common::handoff::Priority;
use tierup_common::id::{AccountId, Seq};
use tierup_common::text::truncate_to_line;
use tierup_common::time::Timestamp;
use url::Url;

use crate::webhook::plain_text;
use crate::webhook::setting::WebhookKind;
use crate::webhook::signature::SigningSecret;

/// The longest line for a chat tool, in characters.
const MAX_LINE_CHARS: usize = 400;

/// ntfy's default priority.
const NORMAL_PRIORITY: u8 = 3;
/// Shown without sound or vibration.
const SILENT_PRIORITY: u8 = 2;

/// The HTTP request of a call.
pub(super) struct WebhookCall {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Composes the request that sends an event to a webhook; fails with a reason if the webhook cannot take it.
pub(super) fn build_call(
    kind: WebhookKind,
    url: &Url,
    secret: Option<&SigningSecret>,
    event: &Event,
    account: AccountId,
    now: Timestamp,
) -> Result<WebhookCall, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (url, body) = match kind {
        WebhookKind::Slack => (url.clone(), slack_body(&event_line(event)).to_string()),
        WebhookKind::Mattermost => {
            (url.clone(), json!({"text": plain_text::escape_mattermost(&event_line(event))}).to_string())
        }
        WebhookKind::Ntfy => ntfy_request(url, event)?,
        WebhookKind::Json => {
            let data = serde_json::to_value(event).map_err(|error| error.to_string())?;
            let body = json!({"type": event.body.kind(), "timestamp": event.at, "data": data}).to_string();
            add_standard_headers(&mut headers, secret, &call_id(account, event.seq), now, &body);
            (url.clone(), body)
        }
    };
    Ok(WebhookCall { url, headers, body })
}

/// The headers of Standard Webhooks 1.0: id, timestamp and, with a secret, signature.
fn add_standard_headers(
    headers: &mut HeaderMap,
    secret: Option<&SigningSecret>,
    id: &str,
    now: Timestamp,
    body: &str,
) {
    let timestamp = now.as_unix().0;
    let mut put = |name: &'static str, value: &str| {
        // Digits, letters and base64 are always a valid header value.
        headers.extend(HeaderValue::from_str(value).map(|value| (name.parse().ok(), value)));
    };
    put("webhook-id", id);
    put("webhook-timestamp", &timestamp.to_string());
    if let Some(secret) = secret {
        put("webhook-signature", &secret.sign(id, timestamp, body));
    }
}

/// The `webhook-id` of a call. All attempts share it, so that receivers can drop duplicates.
fn call_id(account: AccountId, seq: Seq) -> String {
    format!("{account}_{seq}")
}

/// The topic in an ntfy URL: its last path segment.
pub(super) fn ntfy_topic(url: &Url) -> Option<&str> {
    url.path_segments()?.next_back().filter(|topic| !topic.is_empty())
}

/// Publishes to a topic as JSON at the root of the server: unlike headers, JSON takes any text.
fn ntfy_request(url: &Url, event: &Event) -> Result<(Url, String), String> {
    let topic = ntfy_topic(url).ok_or("the URL names no topic")?;
    let mut root = url.clone();
    root.path_segments_mut().map_err(|()| "the URL cannot have a path")?.pop().push("");
    let priority = ntfy_priority(event);
    let title = event.body.handoff().map(|handoff| format!("#{}", handoff.number)).unwrap_or_default();
    let body: Value = json!({
        "topic": topic,
        "title": title,
        "message": event_line(event),
        "priority": priority,
        "markdown": false,
    });
    Ok((root, body.to_string()))
}

/// The ntfy priority, from 1 to 5: that of the handoff while it waits, without a sound once it no longer does, and at
/// most normal foreverything else.
fn ntfy_priority(event: &Event) -> u8 {
    let own = match event.body.handoff().map(|handoff| handoff.priority) {
        Some(Priority::Urgent) => 5,
        Some(Priority::High) => 4,
        Some(Priority::Low) => SILENT_PRIORITY,
        Some(Priority::Normal) | None => NORMAL_PRIORITY,
    };
    match &event.body {
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffReminder { reason: ReminderReason::Unclaimed, .. } => own,
        EventBody::HandoffClaimed { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::HandoffWithdrawn { .. } => SILENT_PRIORITY,
        EventBody::HandoffAssigned { .. }
        | EventBody::HandoffChanged { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffReminder { reason: ReminderReason::Wake | ReminderReason::StaleClaim, .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => own.min(NORMAL_PRIORITY),
    }
}

/// Turns off Slack's own markup, mentions, links and previews. Control sequences, which work regardless, are escaped.
fn slack_body(line: &str) -> Value {
    json!({
        "text": plain_text::escape_slack(line),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The event as one line of text.
fn event_line(event: &Event) -> String {
    let text = match &event.body {
        EventBody::HandoffCreated { handoff, by, .. } => {
            let urgency = match handoff.priority {
                Priority::Urgent => "URGENT: ",
                Priority::High => "High: ",
                Priority::Normal | Priority::Low => "",
            };
            format!(
                "{urgency}#{} {}: {} needs a senior engineer. Claim it: tierup claim {}",
                handoff.number, handoff.problem_summary, by.name, handoff.number
            )
        }
        EventBody::HandoffClaimed { by, .. } => {
            format!("{} was claimed by {}", handoff_label(event), by.name)
        }
        EventBody::HandoffAssigned { by, to, .. } => {
            format!("{} was assigned to {} by {}", handoff_label(event), to.name, by.name)
        }
        EventBody::HandoffReleased { by, reason, .. } => {
            format!("{} is back in the queue: {} ({})", handoff_label(event), reason, by.name)
        }
        EventBody::HandoffSentBack { by, question, .. } => {
            format!("{} was sent back by {}: {question}", handoff_label(event), by.name)
        }
        EventBody::HandoffWithdrawn { by, .. } => {
            format!("{} was withdrawn by {}", handoff_label(event), by.name)
        }
        EventBody::HandoffResolved { by, resolution, .. } => {
            format!("{} was resolved by {}: {resolution}", handoff_label(event), by.name)
        }
        EventBody::HandoffAssessmentReady { ai_assessment_data, .. } => {
            format!("{}: {}", handoff_label(event), ai_assessment_data.likely_cause)
        }
        EventBody::HandoffAssessmentFailed { assessment_error, .. } => {
            format!("{} could not be assessed: {assessment_error}", handoff_label(event))
        }
        EventBody::HandoffReminder { reason, .. } => match reason {
            ReminderReason::Unclaimed => format!("{} is still waiting", handoff_label(event)),
            ReminderReason::Wake => format!("{} was parked until now", handoff_label(event)),
            ReminderReason::StaleClaim => format!("{} has had no activity", handoff_label(event)),
        },
        EventBody::HandoffChanged { handoff, by, .. } => {
            format!("{} is {} now ({})", handoff_label(event), handoff.priority, by.name)
        }
        EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => event.body.kind().to_string(),
    };
    // Control and direction characters would hide or reorder the rest of the line.
    let visible = text.replace(|c| !plain_text::is_visible(c), " ");
    truncate_to_line(&visible, MAX_LINE_CHARS)
}

fn handoff_label(event: &Event) -> String {
    let handoff = event.body.handoff();
    handoff.map(|handoff| format!("#{} {}", handoff.number, handoff.problem_summary)).unwrap_or_default()
}
