//! Composes mail about a handoff, as text and as HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;
use tierup_common::event::ReminderReason;
use tierup_common::handoff::{Handoff, Priority};
use tierup_common::id::HandoffId;
use tierup_common::time::Timestamp;
use tierup_common::user::User;

use crate::delivery::DeliveryError;
use crate::mail::address;
use crate::redactor::Texts;

/// The bytes of a subject per encoded word: words are at most 75 characters, and 12 of them are overhead.
const ENCODED_WORD_BYTES: usize = 45;
const TEXT_TEMPLATE: &str = include_str!("escalation.txt");
const HTML_TEMPLATE: &str = include_str!("escalation.html");

/// The content of a mail about a handoff.
#[derive(Serialize)]
pub struct HandoffMail {
    number: u32,
    #[serde(skip)]
    id: HandoffId,
    #[serde(skip)]
    reason: &'static str,
    #[serde(skip)]
    enqueued_at: Timestamp,
    #[serde(skip)]
    created_at: Timestamp,
    /// Who handed it off, and gets replies.
    #[serde(skip)]
    reply_to: Option<User>,
    /// Why this is a reminder; none in the first mail.
    reminder_note: Option<&'static str>,
    priority: &'static str,
    summary: String,
    handed_off_by: String,
    handed_off_at: String,
    notes: String,
    tried: Vec<TriedBranch>,
    link: Option<String>,
}

#[derive(Serialize)]
struct TriedBranch {
    status: &'static str,
    hypothesis: String,
    evidence: Option<String>,
}

impl HandoffMail {
    /// `enqueued_at` is the time of the job, `public_url` the base of links.
    pub fn new(
        handoff: &Handoff,
        reply_to: Option<User>,
        reason: Option<ReminderReason>,
        enqueued_at: Timestamp,
        public_url: Option<&url::Url>,
    ) -> Self {
        let item = &handoff.item;
        let tried = handoff.snapshot.branch_map.iter().map(|branch| TriedBranch {
            status: branch.status.as_str(),
            hypothesis: branch.hypothesis.clone(),
            evidence: branch.evidence.clone().filter(|evidence| !evidence.trim().is_empty()),
        });
        Self {
            number: item.number.0,
            id: item.id,
            reason: reason.map_or("new", ReminderReason::as_str),
            enqueued_at,
            created_at: item.created_at,
            reply_to,
            reminder_note: reason.map(reminder_note),
            priority: item.priority.as_str(),
            summary: item.problem_summary.clone(),
            handed_off_by: item.handed_off_by_name.clone(),
            handed_off_at: item.created_at.to_datetime().format("%Y-%m-%d %H:%M UTC").to_string(),
            notes: item.engineer_notes.clone(),
            tried: tried.collect(),
            link: public_url
                .and_then(|url| url.join(&format!("handoffs/{}", item.number)).ok())
                .map(Into::into),
        }
    }

    /// The same for each attempt, so that mail clients show a mail once even if its delivery was uncertain; different
    /// for each reminder.
    pub fn message_id(&self, to: &User) -> String {
        if self.reminder_note.is_none() {
            return self.thread_id(to);
        }
        format!("<{}.{}.{}.{}@tierup>", self.id, self.reason, self.enqueued_at.as_millis(), to.id)
    }

    /// The id of the first mail about the handoff. Later ones refer to it, so that mail clients show them as a thread.
    fn thread_id(&self, to: &User) -> String {
        format!("<{}.new.{}.{}@tierup>", self.id, self.created_at.as_millis(), to.id)
    }

    /// The problem, with the priority first unless it is normal.
    fn subject(&self) -> String {
        let note = self.reminder_note.map(|note| format!("{note}: ")).unwrap_or_default();
        if self.priority == Priority::Normal.as_str() {
            format!("{note}{}", self.summary)
        } else {
            format!("[{}] {note}{}", self.priority, self.summary)
        }
    }
}

impl Texts for HandoffMail {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.reply_to.for_each_text(visit);
        self.tried.for_each_text(visit);
        [&mut self.summary, &mut self.handed_off_by, &mut self.notes].into_iter().for_each(visit);
    }
}

impl Texts for TriedBranch {
    fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        self.hypothesis.for_each_text(visit);
        self.evidence.for_each_text(visit);
    }
}

/// The reminder's reason, at the start of subject and body.
const fn reminder_note(reason: ReminderReason) -> &'static str {
    match reason {
        ReminderReason::Unclaimed => "still waiting",
        ReminderReason::Wake => "you parked this",
        ReminderReason::StaleClaim => "no activity on your claim, which returns to the queue soon",
    }
}

/// Composes a mail to a user.
pub fn compose(mail: &HandoffMail, sender: &Mailbox, to: &User) -> Result<Message, DeliveryError> {
    let permanent = |error: &dyn std::fmt::Display| DeliveryError::Permanent(error.to_string());
    let body = |template, escape| render_template(template, escape, mail).map_err(|error| permanent(&error));
    let mut message = Message::builder()
        .from(sender.clone())
        .to(user_mailbox(to).map_err(|error| permanent(&error))?)
        .raw_header(subject_header(&mail.subject()))
        .message_id(Some(mail.message_id(to)))
        // RFC 3834, and Exchange's own header: no out-of-office replies.
        .raw_header(raw_header("Auto-Submitted", "auto-generated"))
        .raw_header(raw_header("X-Auto-Response-Suppress", "All"));
    if mail.reminder_note.is_some() {
        message = message.in_reply_to(mail.thread_id(to)).references(mail.thread_id(to));
    }
    // Leave out a reply address that is not ASCII: servers without SMTPUTF8 would reject the whole mail.
    let reply_to =
        mail.reply_to.as_ref().filter(|user| user.id != to.id).and_then(|user| user_mailbox(user).ok());
    if let Some(reply_to) = reply_to.filter(|mailbox| mailbox.email.user().is_ascii()) {
        message = message.reply_to(reply_to);
    }
    message
        .multipart(MultiPart::alternative_plain_html(
            body(TEXT_TEMPLATE, AutoEscape::None)?,
            body(HTML_TEMPLATE, AutoEscape::Html)?,
        ))
        .map_err(|error| permanent(&error))
}

fn user_mailbox(user: &User) -> Result<Mailbox, address::InvalidAddress> {
    // A line break in a name would start another header.
    let name = user.name.replace(char::is_control, " ");
    Ok(Mailbox::new(Some(name), address::parse_to_ascii_domain(&user.email)?))
}

/// The subject. Text that looks like an encoded word (RFC 2047) would be decoded by mail clients, so it is encoded
/// itself.
fn subject_header(text: &str) -> HeaderValue {
    if !text.contains("=?") {
        return raw_header("Subject", text);
    }
    let (mut words, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(ENCODED_WORD_BYTES));
        words.push(format!("=?utf-8?b?{}?=", STANDARD.encode(piece)));
        rest = after;
    }
    let name = HeaderName::new_from_ascii_str("Subject");
    HeaderValue::dangerous_new_pre_encoded(name, text.into(), words.join("\r\n "))
}

fn raw_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.into())
}

fn render_template(
    template: &str,
    escape: AutoEscape,
    mail: &HandoffMail,
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.render_str(template, Value::from(Serde(mail)))
}
