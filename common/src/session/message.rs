//! Messages of a session. The first one is its intake.

use serde::{Deserialize, Serialize};

use crate::id::{MessageId, UserId};
use crate::string_enum::string_enum;
use crate::time::Timestamp;

string_enum! {
    /// How a problem comes in. There is one way so far.
    pub enum IntakeType {
        /// Described in somebody's own words.
        FreeText = "free_text",
    }
}

string_enum! {
    /// The kind of author of a message.
    pub enum MessageRole {
        /// A person.
        User = "user",
        /// The AI assistant.
        Assistant = "assistant",
        /// The server.
        System = "system",
    }
}

string_enum! {
    /// Whether a message is a question to the assistant.
    pub enum MessageKind {
        /// The assistant answers.
        Ask = "ask",
        /// The assistant stays silent.
        Note = "note",
    }
}

/// The problem as it was described first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IntakeContent {
    /// The description, which is also message 1.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_MESSAGE_BYTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub text: String,
}

/// One message of a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The id.
    pub id: MessageId,
    /// Its position in the session: from 1, without gaps.
    pub seq: u32,
    /// The kind of author.
    pub role: MessageRole,
    /// The author, if a person wrote it.
    pub author_id: Option<UserId>,
    /// The author's name.
    pub author_name: Option<String>,
    /// The text, Markdown.
    pub content: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// The users whom it mentions: `@` and the part of their email address before its at sign.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_MENTIONS)))]
    pub mentions: Vec<UserId>,
}

/// One page of messages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessagePage {
    /// The messages, oldest first.
    pub items: Vec<Message>,
    /// Pass this as `before` to get the previous page; null on the first page.
    pub next_before: Option<u32>,
}

/// `POST /ai-sessions/{id}/messages`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// The text, Markdown.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limit::MAX_MESSAGE_BYTES), regex(pattern = crate::schema::NON_EMPTY_TEXT)))]
    pub content: String,
    /// Whether the assistant answers; it does by default.
    #[serde(default = "default_message_kind")]
    pub kind: MessageKind,
}

const fn default_message_kind() -> MessageKind {
    MessageKind::Ask
}
