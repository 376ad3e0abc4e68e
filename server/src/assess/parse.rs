//! Reads a model's answer. It is untrusted: its parts are read here, and checked against the case in `check.rs`.
//!
//! The prompt asks for one JSON object. Models also put it into a block of code or into prose, or write text with
//! headings, lists and tables; plain prose becomes the likely cause. What has not ended yet is read as well, so that
//! people see an answer while it is written.

pub(super) mod answer;
mod heading;
mod json;
mod markup;
mod object;
mod quote;
mod table;
mod text;

use crate::assess::context::EngineError;
use crate::assess::parse::answer::Answer;

/// Reads an answer. If it is not complete, it holds only steps and quotes whose end was seen.
pub(super) fn parse_answer(answer: &str, is_complete: bool) -> Result<Answer, EngineError> {
    let trimmed = answer.trim_start_matches('\u{feff}').trim_start();
    // A command of a step in text may hold an object too.
    let found = object::find(trimmed).filter(|(_, range)| !has_steps(&trimmed[..range.start]));
    let Some((found, range)) = found else {
        let inside = trimmed.trim_start_matches(['`', '~']).trim_start_matches("json").trim_start();
        let is_citation =
            inside.strip_prefix('[').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if inside.starts_with(['{', '[', '<']) && !is_citation {
            return Err(EngineError("The model's answer did not have the requested format.".into()));
        }
        return Ok(text::read(trimmed, is_complete));
    };
    let around = format!("{}\n{}", &trimmed[..range.start], &trimmed[range.end..]);
    Ok(complete_from_text(found, &text::read(&around, is_complete)))
}

fn has_steps(text: &str) -> bool {
    !text::read(text, true).steps.value.is_empty()
}

/// What an object lacks may stand in the text around it.
fn complete_from_text(mut found: Answer, around: &Answer) -> Answer {
    if found.is_whole() {
        if found.cause.value.is_empty() {
            found.cause.clone_from(&around.cause);
        }
        if found.steps.value.is_empty() && !around.steps.value.is_empty() {
            found.steps.clone_from(&around.steps);
        }
        found.confidence = found.confidence.or(around.confidence);
    }
    found
}

/// Whether a line is an item of a list.
pub(super) fn is_list_item(line: &str) -> bool {
    markup::list_item(line).is_some()
}

#[cfg(test)]
mod tests {
    use tierup_common::assessment::Confidence;

    use super::*;

    fn parse(answer: &str) -> Answer {
        parse_answer(answer, true).unwrap()
    }

    fn cause_and_steps(answer: &str) -> (String, Vec<String>) {
        let answer = parse(answer);
        (answer.cause.value, answer.steps.value)
    }

    fn quotes(answer: &Answer) -> Vec<(u32, &str)> {
        answer.quotes.value.iter().map(|it| (it.message_seq, it.quote.as_str())).collect()
    }

    #[test]
    fn the_requested_object_is_read() {
        let answer = parse(
            r#"{"cause": "The certificate was reissued.", "confidence": "high", "next_steps": [
                {"action": "Look at the certificate", "command": "certutil -store My"}, {"action": "Wait", "command": null}],
                "quotes": [{"message": 2, "words": "error 809"}], "to_find_out": ["Who issued it?"]}"#,
        );
        assert_eq!(answer.cause.value, "The certificate was reissued.");
        assert_eq!(answer.steps.value, ["Look at the certificate: `certutil -store My`", "Wait"]);
        assert_eq!(quotes(&answer), [(2, "error 809")]);
        assert_eq!(
            (answer.find_out.value, answer.confidence),
            (vec!["Who issued it?".into()], Some(Confidence::High))
        );
    }

    #[test]
    fn an_object_is_found_wherever_a_model_puts_it() {
        let object = r#"{"likely_cause": "DNS", "suggested_steps": ["Flush it", {"text": "Wait", "already_tried": true}],}"#;
        for (before, after) in [
            ("", ""),
            ("\u{feff}", "\r\n"),
            ("```json\n", "\n```"),
            ("```\n", "\n```\n\nLet me know!"),
            ("Sure, here is the assessment:\n\n```json\n", "\n```\nHope this helps {really}."),
            ("The config {a: 1} is fine.\n", ""),
            ("{\"assessment\": ", "}"),
            ("[", "]"),
            ("// the answer\n", ""),
        ] {
            let read = cause_and_steps(&format!("{before}{object}{after}"));
            assert_eq!(read, ("DNS".into(), vec!["Flush it".into(), "Wait".into()]), "{before}…{after}");
        }
    }

    #[test]
    fn an_object_in_prose_keeps_its_steps_and_the_prose_is_the_cause() {
        let read =
            cause_and_steps("The resolver is stale.\n\n{\"steps\": [\"Flush it\"], \"confidence\": \"low\"}");
        assert_eq!(read, ("The resolver is stale.".into(), vec!["Flush it".into()]));
    }

    #[test]
    fn text_with_headings_is_read() {
        let answer = parse(
            "Sure! Here is my assessment.\r\n\r\n**Likely cause:** The `IKE` certificate was **reissued**.\r\n\r\n\
             **Steps**\r\n1. Check the `certificate`\r\n2) Reinstall (already tried)\r\n\r\n**Confidence:** High (80 %)\r\n\
             \r\n**Evidence**\r\n- [2] \"error 809\"\r\n\r\nHope this helps!",
        );
        assert_eq!(answer.cause.value, "The `IKE` certificate was reissued.");
        assert_eq!(answer.steps.value, ["Check the `certificate`", "Reinstall"]);
        assert_eq!(quotes(&answer), [(2, "error 809")]);
        assert_eq!(answer.confidence, Some(Confidence::High));
    }

    #[test]
    fn steps_of_every_style_are_read() {
        let expected = vec!["Check the fan".to_owned(), "Replace it".to_owned()];
        for steps in [
            "Step 1: Check the fan\nStep 2: Replace it",
            "**1.** Check the fan\n**2.** Replace it",
            "1) Check the fan\n2) Replace it",
            "**Step 1:**\nCheck the fan\n\n**Step 2:**\nReplace it",
            "- Check the fan\n- Replace it",
            "| # | Action | Status |\n|---|---|---|\n| 1 | Check the fan | open |\n| 2 | Replace it | open |",
            "### 1. Check the fan\n### 2. Replace it",
            "1. Check the fan\n\n2. Replace it\n\nGood luck.",
        ] {
            let read = cause_and_steps(&format!("## Likely Cause\nIt is hot.\n\n## Next steps:\n{steps}"));
            assert_eq!(read, ("It is hot.".into(), expected.clone()), "{steps}");
        }
    }

    #[test]
    fn a_command_in_a_block_of_code_belongs_to_the_step_before_it() {
        let (_, steps) = cause_and_steps(
            "**Likely cause:** The disk is full.\n**Steps**\n1. Look for the largest folder:\n\n   ```bash\n   # as root\n   \
             $ du -xh /var\n   ```\n2. Restart the service.\n```\nsystemctl stop app\nsystemctl start app\n```\n3. Wait",
        );
        assert_eq!(
            steps,
            [
                "Look for the largest folder: `du -xh /var`",
                "Restart the service: `systemctl stop app`, `systemctl start app`",
                "Wait"
            ]
        );
        let (_, steps) = cause_and_steps(
            "{\"cause\": \"x\", \"steps\": [{\"text\": \"Run df -h\", \"command\": \"df -h\"}]}",
        );
        assert_eq!(steps, ["Run `df -h`"]);
    }

    #[test]
    fn lines_below_a_step_belong_to_it() {
        let (_, steps) = cause_and_steps(
            "Likely cause: DNS\nSteps:\n1. Check the zone:\n   - the serial\n   - the TTL\n2. Flush the cache\n   on both resolvers",
        );
        assert_eq!(steps, ["Check the zone: the serial; the TTL", "Flush the cache on both resolvers"]);
    }

    #[test]
    fn an_answer_in_a_block_of_code_ends_with_it() {
        let read =
            cause_and_steps("```markdown\n**Likely cause:** DNS\n**Steps**\n1. Flush it\n```\nGood luck");
        assert_eq!(read, ("DNS".into(), vec!["Flush it".into()]));
    }

    #[test]
    fn code_in_the_cause_is_no_step() {
        let read = cause_and_steps(
            "**Likely cause:** The log says\n```\n- disk full\n1. Steps: none\n```\n**Steps**\n- Look",
        );
        assert_eq!(read.1, ["Look"]);
    }

    #[test]
    fn a_command_with_an_object_is_a_command() {
        let (_, steps) = cause_and_steps(
            "**Likely cause:** DNS\n**Steps**\n1. Tell it:\n```\ncurl -d '{\"cause\": \"x\"}' host\n```\n2. Wait",
        );
        assert_eq!(steps, ["Tell it: `curl -d '{\"cause\": \"x\"}' host`", "Wait"]);
    }

    #[test]
    fn steps_without_markers_are_steps() {
        let (_, steps) = cause_and_steps(
            "**Cause:** DNS\n\n**Steps**\nIn this order:\nFlush the cache.\nRestart it.\n\nWait.",
        );
        assert_eq!(steps, ["Flush the cache.", "Restart it.", "Wait."]);
        assert!(cause_and_steps("**Cause:** DNS\n**Steps:** None\n").1.is_empty());
    }

    #[test]
    fn text_under_another_heading_is_the_cause_if_nothing_else_is() {
        assert_eq!(
            cause_and_steps("**Summary:** The fan is dead.\n**Steps**\n1. Replace it").0,
            "The fan is dead."
        );
        assert_eq!(
            cause_and_steps("## Assessment\nIt is hot.\n## Cause\nThe fan is dead.").0,
            "The fan is dead."
        );
    }

    #[test]
    fn prose_is_the_likely_cause() {
        let read =
            cause_and_steps("Here is what I think:\nThe fan is dead.\n- Replace it\n\nAsk me anything.");
        assert_eq!(read, ("The fan is dead.".into(), vec!["Replace it".into()]));
        assert!(parse("The fan is dead.").is_prose);
    }

    #[test]
    fn an_answer_that_is_neither_text_nor_the_object_is_refused_with_one_sentence() {
        for said in [
            "{\"wrong\": 1}",
            "[[[[",
            "<html>502</html>",
            "```json\n{\"wrong\": 1}\n```",
            "{\"cause\" \"DNS\"}",
        ] {
            let why = parse_answer(said, true).unwrap_err().to_string();
            assert_eq!(why, "The model's answer did not have the requested format.", "{said}");
        }
    }

    #[test]
    fn a_step_that_was_cut_off_is_not_read() {
        for (text, steps) in [
            ("**Steps**\n1. Look\n2. Delete with rm -rf /var/lib/app/du", &["Look"][..]),
            // A block of code may follow.
            ("**Steps**\n1. Look\n2. Delete the dump:\n", &["Look"]),
            ("**Steps**\n1. Look\n2. Delete it:\n```\nrm -rf /var/lib/app/du", &["Look"]),
            ("**Steps**\n1. Look\n2. Delete it\n\n**Confi", &["Look"]),
            ("| Step |\n|---|\n| Look |\n| rm -rf /var/lib/app/du", &["Look"]),
            (r#"{"steps": ["Look", "rm -rf /var/lib/app/du"#, &["Look"]),
            (
                r#"{"steps": [{"text": "Look"}, {"text": "Delete it", "command": "rm -rf /var/lib/app/du"#,
                &["Look"],
            ),
            (r#"{"steps": [{"text": "Look"}, {"text": "Delete it""#, &["Look"]),
        ] {
            let answer = parse_answer(&format!("Likely cause: the disk.\n{text}"), false).unwrap();
            assert_eq!(answer.steps.value, steps, "{text}");
            assert!(!answer.steps.is_whole, "{text}");
        }
    }

    #[test]
    fn every_beginning_of_an_answer_can_be_read() {
        let object = r#"Sure: {"cause": "The “café” \u00e9", "next_steps": [{"action": "a", "command": "b"}], "quotes": ["[1] x"]}"#;
        let text = "**Likely cause:** é\n\n| Step | Command |\n|--|--|\n| a | `b` |\n\n1. x\n```\ny\n```\n**Evidence**\n> [1] “x”";
        for whole in [object, text] {
            for (end, _) in whole.char_indices() {
                let answer = parse_answer(&whole[..end], false).unwrap_or_default();
                assert!(!answer.is_whole(), "{}", &whole[..end]);
            }
        }
    }

    #[test]
    fn a_step_that_is_read_before_the_end_is_there_in_the_end() {
        const PIECES: [&str; 22] = [
            "**Likely cause:** ",
            "## Steps\n",
            "**Evidence**\n",
            "Confidence: high\n",
            "1. ",
            "2) ",
            "- ",
            "   - ",
            "Step 3: ",
            "rm -rf /var/lib",
            " app",
            "\n",
            "\n\n",
            "```\n",
            "```sh\n",
            "`",
            "**",
            "| ",
            "|---|\n",
            "Fix",
            "é “x” ",
            "(already tried)",
        ];
        let mut random = fastrand::Rng::with_seed(10);
        for _ in 0..10_000 {
            let steps: Vec<&str> =
                (0..random.usize(1..24)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
            let text = if random.bool() {
                steps.concat()
            } else {
                serde_json::json!({"cause": "x", "steps": steps}).to_string()
            };
            let whole = parse_answer(&text, true).unwrap();
            let (end, _) = text.char_indices().nth(random.usize(..text.chars().count())).unwrap();
            let before = parse_answer(&text[..end], false).unwrap_or_default();
            for step in &before.steps.value {
                assert!(
                    whole.steps.value.contains(step),
                    "{step:?} of {:?} is not in {text:?}: {whole:?}",
                    &text[..end]
                );
            }
        }
    }
}
