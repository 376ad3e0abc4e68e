//! `tierup similar`: resolved sessions and runbooks that are similar to a text or a session, and why.

use clap::Args;
use tierup_common::id::HandoffRef;
use tierup_common::limit;
use tierup_common::similar::SimilarSource;

use crate::cli::context::CommandContext;
use crate::cli::reference::{SessionRef, ShowTarget};
use crate::error::CliError;
use crate::runtime::api::requests;

#[derive(Args)]
pub(super) struct SimilarArgs {
    /// Problem in words, or a session: s17, its id, or h42 for the session of handoff 42; use - to read the words from
    /// standard input
    #[arg(allow_hyphen_values = true)]
    subject: String,
}

pub(super) async fn run(context: &CommandContext, arguments: &SimilarArgs) -> Result<(), CliError> {
    let request = if let Some(session) = parse_session(&arguments.subject) {
        requests::similar_to_session(context.resolve_session_id(session).await?)
    } else {
        let text = context.read_text(&arguments.subject)?;
        let most = limit::MAX_SIMILAR_QUERY_CHARS;
        if text.chars().count() > most {
            return Err(CliError::usage(format!("the text is longer than {most} characters"))
                .with_hint("pass only the lines that are specific to the problem"));
        }
        requests::similar_to_text(&text)
    };
    let found = context.api.send(request).await?;
    if context.output.is_json() {
        return context.output.print_json(&found);
    }
    let rows: Vec<_> = found.items.iter().map(table_row).collect();
    context.output.print_annotated_rows(&rows, "Nothing similar")
}

/// A session, if the argument names one. A bare number is text: it may be the code of an error.
fn parse_session(subject: &str) -> Option<SessionRef> {
    match subject.parse().ok()? {
        ShowTarget::Session(number) => Some(SessionRef::SessionNumber(number)),
        ShowTarget::Handoff(_) if subject.bytes().all(|byte| byte.is_ascii_digit()) => None,
        ShowTarget::Handoff(number) => Some(SessionRef::Handoff(HandoffRef::Number(number))),
        ShowTarget::Id(_) => subject.parse().ok(),
    }
}

/// The cells of a hit, and why it is one.
fn table_row(source: &SimilarSource) -> ([String; 3], String) {
    let (name, title, text, why) = match source {
        SimilarSource::Session { number, title, resolution, why, .. } => {
            (format!("s{number}"), title, resolution, why)
        }
        SimilarSource::Runbook { title, cause, why } => ("runbook".into(), title, cause, why),
    };
    ([name, title.clone(), text.clone()], why.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use tierup_common::id::Number;

    use super::*;

    #[test]
    fn a_session_is_told_from_words() {
        assert_eq!(parse_session("s17"), Some(SessionRef::SessionNumber(Number(17))));
        assert_eq!(parse_session("h42"), Some(SessionRef::Handoff(HandoffRef::Number(Number(42)))));
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(parse_session(id), Some(SessionRef::Id(id.parse().unwrap())));
        for words in ["809", "the printer jams", "ssh", "s17 again", "-"] {
            assert_eq!(parse_session(words), None, "{words}");
        }
    }
}
