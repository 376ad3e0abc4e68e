//! What people see of a model's answer while it is written: the beginning of the final text, which only grows.

use std::collections::HashSet;

use crate::assess::case::Case;
use crate::assess::check;
use crate::assess::contradiction;
use crate::assess::draft::DraftStep;
use crate::assess::format;
use crate::assess::parse;
use crate::assess::tried::mark_tried;
use crate::search::words;

/// The answer is read again once it has grown by this part of its length, so that reading a long one takes linear time.
const GROWTH: usize = 128;

/// An answer that is being written.
pub(super) struct LiveText<'c> {
    case: &'c Case<'c>,
    /// The stems of what the case rules out. A cause with one of them is not shown before it is known to be another.
    avoided: HashSet<String>,
    answer: String,
    next_read: usize,
    /// The steps so far and the same marked: marking reads the whole session.
    steps: Vec<DraftStep>,
    marked_steps: Vec<DraftStep>,
    shown: String,
}

impl<'c> LiveText<'c> {
    pub(super) fn new(case: &'c Case<'c>) -> Self {
        let hypotheses = contradiction::ruled_out(case.briefing);
        Self {
            case,
            avoided: hypotheses.flat_map(|branch| words::stems(&branch.hypothesis)).collect(),
            answer: String::new(),
            next_read: 0,
            steps: Vec::new(),
            marked_steps: Vec::new(),
            shown: String::new(),
        }
    }

    /// Begins another answer. It is shown if it goes on like the one before.
    pub(super) fn restart(&mut self) {
        self.answer.clear();
        self.next_read = 0;
    }

    /// Adds to the answer. Returns what can be shown of it since the last call.
    pub(super) fn push(&mut self, delta: &str) -> Option<String> {
        self.answer.push_str(delta);
        if self.answer.len() < self.next_read {
            return None;
        }
        self.next_read = self.answer.len() + self.answer.len() / GROWTH;
        let answer = parse::parse_answer(&self.answer, false).ok()?;
        let steps = check::distinct_steps(&answer);
        if steps != self.steps {
            self.marked_steps = mark_tried(self.case.briefing, steps.clone(), self.case.lexicon);
            self.steps = steps;
        }
        let draft = check::check_beginning(&answer, self.marked_steps.clone(), self.case, &self.avoided);
        self.show(&format::format_beginning(&draft))
    }

    /// The rest of the final text. Nothing, if people have seen what it has not: a part of a cause that was cut off or that
    /// the case rules out, or parts that the model wrote twice. The completing event has the whole text.
    pub(super) fn finish(&mut self, text: &str) -> Option<String> {
        self.show(text)
    }

    fn show(&mut self, text: &str) -> Option<String> {
        let added = text.strip_prefix(self.shown.as_str()).filter(|added| !added.is_empty())?;
        let added = added.to_owned();
        self.shown.push_str(&added);
        Some(added)
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::id::{BranchId, MessageId};
    use tierup_common::session::{Branch, BranchStatus, Message, MessageRole};

    use super::*;
    use crate::assess::format::{ConfidenceAt, format_assessment};
    use crate::domain::briefing::Briefing;
    use crate::domain::tests::at;
    use crate::search::lexicon::Lexicon;

    fn briefing(ruled_out: &[&str]) -> Briefing {
        let branches = ruled_out.iter().map(|hypothesis| Branch {
            id: BranchId::new(at(0)),
            hypothesis: (*hypothesis).into(),
            status: BranchStatus::RuledOut,
            evidence: None,
            updated_at: at(0),
        });
        let message = Message {
            id: MessageId::new(at(0)),
            seq: 1,
            role: MessageRole::User,
            author_id: None,
            author_name: None,
            content: "error 809. I reinstalled the VPN client.".into(),
            created_at: at(0),
            mentions: Vec::new(),
        };
        Briefing {
            title: "VPN".into(),
            intake: "VPN".into(),
            notes: String::new(),
            branches: branches.collect(),
            messages: vec![message],
            ..Briefing::default()
        }
    }

    /// What is shown after each character of an answer, and the final text.
    fn watch(answer: &str, briefing: &Briefing) -> (Vec<String>, String) {
        let lexicon = Lexicon::new("");
        let case = Case::from_sources(briefing, None, &[], &lexicon);
        let mut live = LiveText::new(&case);
        let mut screens = Vec::new();
        for c in answer.chars() {
            live.push(c.encode_utf8(&mut [0; 4]));
            screens.push(live.shown.clone());
        }
        let parsed = parse::parse_answer(answer, true).unwrap();
        let text = format_assessment(&check::check_answer(&parsed, &case).unwrap(), ConfidenceAt::End);
        live.finish(&text);
        assert_eq!(live.shown, text, "the final text goes on from what was shown");
        (screens, text)
    }

    const OBJECT: &str = r#"```json
{"cause": "The “new” issuer is not **trusted** by gw2.", "confidence": "high", "next_steps": [
  {"action": "Reinstall the VPN client", "command": null}, {"action": "Check the issuer", "command": "certutil -store My"},
  {"action": "Roll back", "command": null}], "quotes": [{"message": 1, "words": "error 809"}, {"message": 1, "words": "no"}],
 "to_find_out": ["Which issuer?"]}
```"#;
    const TEXT: &str = "Sure, here is what I think.\n\n**Likely cause:** The “new” issuer is not **trusted** by gw2.\n\n**Steps**\n\
        1. Reinstall the VPN client\n2. Check the issuer:\n```\ncertutil -store My\n```\n3. Roll back\n\n**Evidence**\n\
        - [1] \"error 809\"\n- [1] \"no\"\n\n**Questions**\n- Which issuer?\n\n**Confidence:** high";
    const SHOWN: &str = "**Likely cause**\nThe “new” issuer is not trusted by gw2.\n\n**Try next**\n\
        1. Check the issuer: `certutil -store My`\n2. Roll back\n3. Reinstall the VPN client (already tried)\n\n\
        **From the session**\n- [1] “error 809”\n\n**To find out**\n- Which issuer?\n\n**Confidence**\nlow confidence\n";

    #[test]
    fn people_see_the_beginning_of_the_final_text_in_every_form_of_answer() {
        for answer in [OBJECT, TEXT] {
            let (screens, text) = watch(answer, &briefing(&[]));
            assert_eq!(text, SHOWN);
            let is_shown = |part: &str| screens.iter().any(|screen| screen.ends_with(part));
            assert!(is_shown("The “new” iss"), "the cause grows by letters: {screens:?}");
            assert!(is_shown("1. Check the issuer: `certutil -store My`"), "{screens:?}");
            assert!(!is_shown("1. Check") && !is_shown("`certutil"), "no step is shown in part: {screens:?}");
            assert!(screens.iter().all(|screen| !screen.contains('{') && !screen.contains("Sure")));
        }
    }

    #[test]
    fn the_order_of_the_model_is_not_the_order_on_the_screen() {
        let answer =
            r#"{"evidence": ["[1] 'error 809'"], "suggested_steps": ["Wait"], "likely_cause": "DNS"}"#;
        let (screens, text) = watch(answer, &briefing(&[]));
        assert!(screens.iter().all(|screen| screen.is_empty() || screen.starts_with("**Likely cause**\nD")));
        assert!(text.find("Try next").unwrap() < text.find("error 809").unwrap());
    }

    #[test]
    fn a_cause_that_the_case_may_rule_out_is_not_shown_before_it_is_whole() {
        let (screens, _) = watch(OBJECT, &briefing(&["The issuer is unknown"]));
        let mut shown: Vec<_> = screens.iter().filter(|screen| !screen.is_empty()).collect();
        shown.dedup();
        assert_eq!(shown[0], "**Likely cause**\nThe");
        assert_eq!(shown[1], "**Likely cause**\nThe “new”");
        assert_eq!(shown[2], "**Likely cause**\nThe “new” issuer is not trusted by gw2.");
        let answer = r#"{"cause": "The branch firewall drops it.", "next_steps": ["Open it"]}"#;
        let (screens, text) = watch(answer, &briefing(&["The firewall drops it"]));
        assert_eq!(screens.last().unwrap(), "**Likely cause**\nThe branch");
        assert!(text.contains("The case rules this out: The firewall drops it"));
    }

    #[test]
    fn prose_is_shown_when_it_is_whole() {
        let (screens, text) = watch("Here it is:\nThe fan is dead.", &briefing(&[]));
        assert!(screens.iter().all(String::is_empty));
        assert!(text.starts_with("**Likely cause**\nThe fan is dead.\n"));
    }
}
