//! A case as a model gets it: the briefing, and what was found about similar problems.

use tierup_common::assessment::Similar;
use tierup_common::text::truncate;

use crate::assess::playbook::Findings;
use crate::domain::briefing::Briefing;
use crate::search::lexicon::Lexicon;
use crate::search::runbook::Runbook;

/// The longest text that a model gets of each message or note, in characters.
const MAX_TEXT_CHARS: usize = 4_000;

/// A case, and the messages as they are sent.
pub(super) struct Case<'a> {
    pub(super) briefing: &'a Briefing,
    pub(super) runbook: Option<&'a Runbook>,
    pub(super) similar: &'a [Similar],
    /// What words mean the same.
    pub(super) lexicon: &'a Lexicon,
    /// Quotes are compared with these: a model can quote only what it was sent.
    pub(super) messages: Vec<SentMessage>,
}

/// A message as it is sent.
pub(super) struct SentMessage {
    pub(super) seq: u32,
    pub(super) text: String,
    /// The same for comparison.
    comparable: String,
}

impl<'a> Case<'a> {
    pub(super) fn new(briefing: &'a Briefing, findings: &'a Findings) -> Self {
        Self::from_sources(briefing, findings.runbook.as_deref(), &findings.similar, &findings.lexicon)
    }

    pub(super) fn from_sources(
        briefing: &'a Briefing,
        runbook: Option<&'a Runbook>,
        similar: &'a [Similar],
        lexicon: &'a Lexicon,
    ) -> Self {
        let messages = briefing.messages.iter().map(|message| {
            let text = sent_text(&message.content);
            SentMessage { seq: message.seq, comparable: comparable(&text), text }
        });
        Self { briefing, runbook, similar, lexicon, messages: messages.collect() }
    }

    /// Whether a quote stands in its message. White space and the style of quotation marks do not matter.
    pub(super) fn contains_quote(&self, seq: u32, quote: &str) -> bool {
        let quote = comparable(quote);
        let quote = quote.trim_matches(['.', ',', ' ']);
        let mut messages = self.messages.iter().filter(|message| message.seq == seq);
        !quote.is_empty() && messages.any(|message| message.comparable.contains(quote))
    }
}

/// What a model gets of a text that people wrote.
pub(super) fn sent_text(text: &str) -> String {
    truncate(text, MAX_TEXT_CHARS)
}

fn comparable(text: &str) -> String {
    // The prompt escapes `<` where it would begin one of its tags.
    let text = text.replace("&lt;", "<").replace('…', "...");
    let plain: String = text
        .chars()
        .map(|c| match c {
            '“' | '”' | '„' | '«' | '»' => '"',
            '‘' | '’' | '‚' | '`' => '\'',
            '–' | '—' | '\u{2011}' => '-',
            c => c,
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
