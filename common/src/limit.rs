//! Size limits. The server refuses more; a client can check before it asks.

/// A whole request body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// The body of a login, in bytes. It is small because anybody may send one.
pub const MAX_LOGIN_BODY_BYTES: usize = 4 * 1024;
/// One message of a session, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;
/// Notes, reasons, questions, resolutions, hypotheses and evidence, in bytes.
pub const MAX_NOTES_BYTES: usize = 16 * 1024;
/// A problem summary, in characters.
pub const MAX_SUMMARY_CHARS: usize = 300;
/// The name of a user or a token, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// An email address, in bytes (RFC 5321, section 4.5.3.1.3).
pub const MAX_EMAIL_BYTES: usize = 254;
/// A password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// An `Idempotency-Key`, in bytes.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;
/// Rows of one page.
pub const MAX_PAGE_ITEMS: u32 = 200;
/// Messages of one session.
pub const MAX_SESSION_MESSAGES: u32 = 10_000;
/// The text of one session, in bytes: its messages and branches.
pub const MAX_SESSION_BYTES: u64 = 16 * 1024 * 1024;
/// Text of one page, in bytes: a page ends at the row that reaches it.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;
/// Branches of one session.
pub const MAX_BRANCHES: usize = 200;
/// The text of all branches of one session, in bytes. Every list, snapshot and answer carries all of it.
pub const MAX_BRANCH_BYTES: u64 = 1024 * 1024;
/// Messages of a snapshot: the last ones of the session.
pub const MAX_SNAPSHOT_MESSAGES: usize = 20;
/// A problem in words to find similar ones of, in characters: it fits into a URL.
pub const MAX_SIMILAR_QUERY_CHARS: usize = 2_000;
/// What an assessment leaves to find out, in questions: more is no help.
pub const MAX_FIND_OUT: usize = 5;
/// Handoffs that a console remembers as seen.
pub const MAX_SEEN_HANDOFFS: usize = 200;
/// Users that one message mentions; names beyond that mention nobody.
pub const MAX_MENTIONS: usize = 20;
/// Users whom the messages of one session concern, besides its opener and its assignee.
pub const MAX_CONCERNED_USERS: usize = 100;
/// Sessions that a console remembers as read.
pub const MAX_READ_SESSIONS: usize = 500;
