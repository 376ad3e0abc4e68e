//! What a webhook is told: a line for people, or the event for programs.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tierup_common::event::{Event, EventBody, ReminderReason};
use tierup_common::handoff::Priority;
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;
use url::Url;

use crate::webhook::{Webhook, WebhookKind, call_id, plain_text};

/// A line for people, in characters, at most.
const MAX_LINE_CHARS: usize = 400;

/// A call, ready to be made.
pub(super) struct WebhookCall {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// What this webhook is told of an event; why it cannot be, if it cannot.
pub(super) fn build_call(
    hook: &Webhook,
    event: &Event,
    account: AccountId,
    now: Timestamp,
) -> Result<WebhookCall, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (url, body) = match hook.kind {
        WebhookKind::Slack => (hook.url.clone(), slack_body(&event_line(event)).to_string()),
        WebhookKind::Mattermost => {
            (hook.url.clone(), json!({"text": plain_text::escape_mattermost(&event_line(event))}).to_string())
        }
        WebhookKind::Ntfy => ntfy_request(&hook.url, event)?,
        WebhookKind::Json => {
            let data = serde_json::to_value(event).map_err(|error| error.to_string())?;
            let body = json!({"type": event.body.kind(), "timestamp": event.at, "data": data});
            (hook.url.clone(), body.to_string())
        }
    };
    if hook.kind == WebhookKind::Json {
        let (id, timestamp) = (call_id(account, event.seq), now.as_unix().0);
        let mut put = |name: &'static str, value: &str| {
            // Made of digits, letters and base64: always a header.
            headers.extend(HeaderValue::from_str(value).map(|value| (name.parse().ok(), value)));
        };
        put("webhook-id", &id);
        put("webhook-timestamp", &timestamp.to_string());
        if let Some(secret) = &hook.secret {
            put("webhook-signature", &secret.sign(&id, timestamp, &body));
        }
    }
    Ok(WebhookCall { url, headers, body })
}

/// The topic that an ntfy address names.
pub(super) fn ntfy_topic(url: &Url) -> Option<&str> {
    url.path_segments()?.next_back().filter(|topic| !topic.is_empty())
}

/// ntfy takes JSON at its root, which unlike headers takes any text.
fn ntfy_request(url: &Url, event: &Event) -> Result<(Url, String), String> {
    let topic = ntfy_topic(url).ok_or("the url names no topic")?;
    let mut root = url.clone();
    root.path_segments_mut().map_err(|()| "the url cannot have a path")?.pop().push("");
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

/// How loud a phone rings, from 1 to 5. What waits for somebody rings by its priority; what no longer does is shown
/// without a sound, and what is only news never rings louder than usual.
fn ntfy_priority(event: &Event) -> u8 {
    const USUAL: u8 = 3;
    const SILENT: u8 = 2;
    let own = match event.body.handoff().map(|handoff| handoff.priority) {
        Some(Priority::Urgent) => 5,
        Some(Priority::High) => 4,
        Some(Priority::Low) => SILENT,
        Some(Priority::Normal) | None => USUAL,
    };
    match &event.body {
        EventBody::HandoffCreated { .. }
        | EventBody::HandoffReleased { .. }
        | EventBody::HandoffReminder { reason: ReminderReason::Unclaimed, .. } => own,
        EventBody::HandoffClaimed { .. }
        | EventBody::HandoffResolved { .. }
        | EventBody::HandoffWithdrawn { .. } => SILENT,
        EventBody::HandoffAssigned { .. }
        | EventBody::HandoffSentBack { .. }
        | EventBody::HandoffReminder { reason: ReminderReason::Wake | ReminderReason::StaleClaim, .. }
        | EventBody::HandoffAssessmentReady { .. }
        | EventBody::HandoffAssessmentFailed { .. }
        | EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => own.min(USUAL),
    }
}

/// Slack is told not to look for anything in the text: no marks of its own, no names, no links, no previews. What it
/// would take for one of its own commands all the same is escaped.
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

/// What happened, in one line that a chat can show.
fn event_line(event: &Event) -> String {
    let text = match &event.body {
        EventBody::HandoffCreated { handoff, by, .. } => {
            let urgency = match handoff.priority {
                Priority::Urgent => "URGENT: ",
                Priority::High => "High: ",
                Priority::Normal | Priority::Low => "",
            };
            format!(
                "{urgency}#{} {}: {} waits for a senior. Take it: tierup claim {}",
                handoff.number, handoff.problem_summary, by.name, handoff.number
            )
        }
        EventBody::HandoffClaimed { by, .. } => {
            format!("{} was claimed by {}", handoff_label(event), by.name)
        }
        EventBody::HandoffAssigned { by, to, .. } => {
            format!("{} was passed to {} by {}", handoff_label(event), to.name, by.name)
        }
        EventBody::HandoffReleased { by, reason, .. } => {
            format!("{} is back in the queue: {} ({})", handoff_label(event), reason, by.name)
        }
        EventBody::HandoffSentBack { by, question, .. } => {
            format!("{} was sent back by {}: {question}", handoff_label(event), by.name)
        }
        EventBody::HandoffWithdrawn { by, .. } => {
            format!("{} was taken back by {}", handoff_label(event), by.name)
        }
        EventBody::HandoffResolved { by, resolution, .. } => {
            format!("{} was resolved by {}: {resolution}", handoff_label(event), by.name)
        }
        EventBody::HandoffAssessmentReady { ai_assessment_data, .. } => {
            format!("{}: {}", handoff_label(event), ai_assessment_data.likely_cause)
        }
        EventBody::HandoffAssessmentFailed { assessment_error, .. } => {
            format!("{} was not assessed: {assessment_error}", handoff_label(event))
        }
        EventBody::HandoffReminder { reason, .. } => match reason {
            ReminderReason::Unclaimed => format!("{} still waits", handoff_label(event)),
            ReminderReason::Wake => format!("{} wakes", handoff_label(event)),
            ReminderReason::StaleClaim => format!("{} stands still", handoff_label(event)),
        },
        EventBody::HandoffStepUpdated { .. }
        | EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionResolved { .. }
        | EventBody::MessageAdded { .. } => event.body.kind().to_string(),
    };
    one_line(&text)
}

fn handoff_label(event: &Event) -> String {
    let handoff = event.body.handoff();
    handoff.map(|handoff| format!("#{} {}", handoff.number, handoff.problem_summary)).unwrap_or_default()
}

/// One line without what acts or hides; long ones are cut, with a mark.
fn one_line(text: &str) -> String {
    let visible = text.chars().map(|c| if plain_text::is_visible(c) { c } else { ' ' }).take(MAX_LINE_CHARS);
    let mut line = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > MAX_LINE_CHARS {
        line.push('…');
    }
    line
}
