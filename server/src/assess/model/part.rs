//! What one message of a response says, in any protocol.

/// How an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AnswerEnd {
    /// The model was done.
    Complete,
    /// The model had more to say: it reached a limit, or a filter stopped it.
    CutOff,
}

/// The number of tokens, as the endpoint counts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct TokenUsage {
    /// Read: the prompt.
    pub(super) prompt: u64,
    /// Written, thoughts included.
    pub(super) completion: u64,
}

/// What one message of a response says: a chunk of a stream, or the whole answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct AnswerPart {
    /// The text, without thoughts in fields of their own.
    pub(super) text: String,
    /// Whether the model declined to answer.
    pub(super) is_refusal: bool,
    /// How the answer ended, if this part ends it.
    pub(super) end: Option<AnswerEnd>,
    /// Tokens read, so far.
    pub(super) prompt_tokens: Option<u64>,
    /// Tokens written, so far.
    pub(super) completion_tokens: Option<u64>,
}
