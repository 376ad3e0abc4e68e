//! What a webhook is told: a line for people, or the event for programs.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tierup_common::event::{Event, ReminderReason, What};
use tierup_common::handoff::Priority;
use tierup_common::id::AccountId;
use tierup_common::time::Timestamp;
use url::Url;

use crate::webhook::{Hook, Kind, call_id, plain};

/// A line for people, in characters, at most.
const LINE: usize = 400;

/// A call, ready to be made.
pub(super) struct Call {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// What this webhook is told of an event; why it cannot be, if it cannot.
pub(super) fn call(hook: &Hook, event: &Event, account: AccountId, now: Timestamp) -> Result<Call, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (url, body) = match hook.kind {
        Kind::Slack => (hook.url.clone(), slack(&line(event)).to_string()),
        Kind::Mattermost => (hook.url.clone(), json!({"text": plain::mattermost(&line(event))}).to_string()),
        Kind::Ntfy => ntfy(&hook.url, event)?,
        Kind::Json => {
            let data = serde_json::to_value(event).map_err(|error| error.to_string())?;
            let body = json!({"type": event.what.name(), "timestamp": event.at, "data": data});
            (hook.url.clone(), body.to_string())
        }
    };
    if hook.kind == Kind::Json {
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
    Ok(Call { url, headers, body })
}

/// The topic that an ntfy address names.
pub(super) fn topic(url: &Url) -> Option<&str> {
    url.path_segments()?.next_back().filter(|topic| !topic.is_empty())
}

/// ntfy takes JSON at its root, which unlike headers takes any text.
fn ntfy(url: &Url, event: &Event) -> Result<(Url, String), String> {
    let topic = topic(url).ok_or("the url names no topic")?;
    let mut root = url.clone();
    root.path_segments_mut().map_err(|()| "the url cannot have a path")?.pop().push("");
    let priority = loudness(event);
    let title = event.what.handoff().map(|handoff| format!("#{}", handoff.number)).unwrap_or_default();
    let body: Value = json!({
        "topic": topic,
        "title": title,
        "message": line(event),
        "priority": priority,
        "markdown": false,
    });
    Ok((root, body.to_string()))
}

/// How loud a phone rings, from 1 to 5. What waits for somebody rings by its priority; what no longer does is shown
/// without a sound, and what is only news never rings louder than usual.
fn loudness(event: &Event) -> u8 {
    const USUAL: u8 = 3;
    const SILENT: u8 = 2;
    let own = match event.what.handoff().map(|handoff| handoff.priority) {
        Some(Priority::Urgent) => 5,
        Some(Priority::High) => 4,
        Some(Priority::Low) => SILENT,
        Some(Priority::Normal) | None => USUAL,
    };
    match &event.what {
        What::HandoffCreated { .. }
        | What::HandoffReleased { .. }
        | What::HandoffReminder { reason: ReminderReason::Unclaimed, .. } => own,
        What::HandoffClaimed { .. } | What::HandoffResolved { .. } | What::HandoffWithdrawn { .. } => SILENT,
        What::HandoffAssigned { .. }
        | What::HandoffSentBack { .. }
        | What::HandoffReminder { reason: ReminderReason::Wake | ReminderReason::StaleClaim, .. }
        | What::HandoffAssessmentReady { .. }
        | What::HandoffAssessmentFailed { .. }
        | What::HandoffStepUpdated { .. }
        | What::SessionCreated { .. }
        | What::SessionUpdated { .. }
        | What::SessionResolved { .. }
        | What::MessageAdded { .. } => own.min(USUAL),
    }
}

/// Slack is told not to look for anything in the text: no marks of its own, no names, no links, no previews. What it
/// would take for one of its own commands all the same is escaped.
fn slack(line: &str) -> Value {
    json!({
        "text": plain::slack(line),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// What happened, in one line that a chat can show.
fn line(event: &Event) -> String {
    let text = match &event.what {
        What::HandoffCreated { handoff, by, .. } => {
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
        What::HandoffClaimed { by, .. } => format!("{} was claimed by {}", about(event), by.name),
        What::HandoffAssigned { by, to, .. } => {
            format!("{} was passed to {} by {}", about(event), to.name, by.name)
        }
        What::HandoffReleased { by, reason, .. } => {
            format!("{} is back in the queue: {} ({})", about(event), reason, by.name)
        }
        What::HandoffSentBack { by, question, .. } => {
            format!("{} was sent back by {}: {question}", about(event), by.name)
        }
        What::HandoffWithdrawn { by, .. } => format!("{} was taken back by {}", about(event), by.name),
        What::HandoffResolved { by, resolution, .. } => {
            format!("{} was resolved by {}: {resolution}", about(event), by.name)
        }
        What::HandoffAssessmentReady { ai_assessment_data, .. } => {
            format!("{}: {}", about(event), ai_assessment_data.likely_cause)
        }
        What::HandoffAssessmentFailed { assessment_error, .. } => {
            format!("{} was not assessed: {assessment_error}", about(event))
        }
        What::HandoffReminder { reason, .. } => match reason {
            ReminderReason::Unclaimed => format!("{} still waits", about(event)),
            ReminderReason::Wake => format!("{} wakes", about(event)),
            ReminderReason::StaleClaim => format!("{} stands still", about(event)),
        },
        What::HandoffStepUpdated { .. }
        | What::SessionCreated { .. }
        | What::SessionUpdated { .. }
        | What::SessionResolved { .. }
        | What::MessageAdded { .. } => event.what.name().to_owned(),
    };
    one_line(&text)
}

fn about(event: &Event) -> String {
    let handoff = event.what.handoff();
    handoff.map(|handoff| format!("#{} {}", handoff.number, handoff.problem_summary)).unwrap_or_default()
}

/// One line without what acts or hides; long ones are cut, with a mark.
fn one_line(text: &str) -> String {
    let visible = text.chars().map(|c| if plain::is_visible(c) { c } else { ' ' }).take(LINE);
    let mut line = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > LINE {
        line.push('…');
    }
    line
}
