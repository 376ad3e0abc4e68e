//! What the shell completes values with: words of lists, and people and numbers from the server.

use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::engine::CompletionCandidate;
use tierup_common::handoff::QueueState;

use crate::cli::context::CommandContext;
use crate::cli::options::Options;
use crate::error::CliError;
use crate::runtime::api::requests;
use crate::text::safe;

/// Who presses Tab waits no longer than this.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Handoffs or sessions that are offered.
const MAX_CANDIDATES: usize = 100;
/// Columns of a problem beside its number.
const MAX_HELP_COLUMNS: usize = 60;

/// The options that the environment sets.
#[derive(Parser)]
struct Environment {
    #[command(flatten)]
    options: Options,
}

/// Reads one of these words as a `T`, and has the shell complete them.
pub(super) fn one_of<T>(
    words: &'static [T],
    as_str: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Copy + std::str::FromStr + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.iter().map(|word| as_str(*word))).try_map(|word| word.parse::<T>())
}

/// Handoffs that wait to be claimed.
pub(super) fn open_handoffs() -> Vec<CompletionCandidate> {
    ask(async |context| handoffs(context, QueueState::Open).await)
}

/// Handoffs that the user has claimed.
pub(super) fn own_handoffs() -> Vec<CompletionCandidate> {
    ask(async |context| handoffs(context, QueueState::Mine).await)
}

/// Handoffs that are in the queue, claimed or not.
pub(super) fn current_handoffs() -> Vec<CompletionCandidate> {
    ask(current_handoffs_of)
}

/// Sessions by number, the newest change first.
pub(super) fn sessions() -> Vec<CompletionCandidate> {
    ask(sessions_of)
}

/// Whatever `tierup show` shows.
pub(super) fn handoffs_and_sessions() -> Vec<CompletionCandidate> {
    ask(async |context| {
        let mut found = current_handoffs_of(context).await?;
        found.extend(sessions_of(context).await?);
        Ok(found)
    })
}

/// The team members that work can be assigned to.
pub(super) fn people() -> Vec<CompletionCandidate> {
    ask(async |context| {
        let team = context.api.send(requests::users()).await?.items;
        let active = team.iter().filter(|user| user.active);
        Ok(active.filter_map(|user| candidate(&user.email, &user.name)).collect())
    })
}

async fn current_handoffs_of(context: &CommandContext) -> Result<Vec<CompletionCandidate>, CliError> {
    let mut found = handoffs(context, QueueState::Open).await?;
    found.extend(handoffs(context, QueueState::Claimed).await?);
    Ok(found)
}

async fn handoffs(context: &CommandContext, state: QueueState) -> Result<Vec<CompletionCandidate>, CliError> {
    let page = context.api.send(requests::queue_page(state, MAX_CANDIDATES, None)).await?;
    let found = page.items.iter();
    Ok(found.filter_map(|item| candidate(&item.number.to_string(), &item.problem_summary)).collect())
}

async fn sessions_of(context: &CommandContext) -> Result<Vec<CompletionCandidate>, CliError> {
    let page = context.api.send(requests::session_page(MAX_CANDIDATES, None)).await?;
    let found = page.items.iter();
    Ok(found.filter_map(|item| candidate(&format!("s{}", item.number), &item.title())).collect())
}

/// Asks the server of the last login, or of the environment. Whatever goes wrong, nothing is offered: an error would
/// land in the line that is being typed.
fn ask(
    candidates: impl AsyncFnOnce(&CommandContext) -> Result<Vec<CompletionCandidate>, CliError>,
) -> Vec<CompletionCandidate> {
    let found = || {
        let options = Environment::try_parse_from(["tierup"]).ok()?.options.trimmed();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let answer = async { candidates(&CommandContext::new(&options).await.ok()?).await.ok() };
        let answer = runtime.block_on(async { tokio::time::timeout(TIMEOUT, answer).await.ok().flatten() });
        // A name that is being looked up is not waited for.
        runtime.shutdown_background();
        answer
    };
    found().unwrap_or_default()
}

/// A value that no shell takes for more than a word, with a text that is safe to show.
fn candidate(value: &str, help: &str) -> Option<CompletionCandidate> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    let is_plain = !value.is_empty() && !value.starts_with('-') && value.chars().all(is_word);
    let help = safe::sanitize_line(help).ellipsized(MAX_HELP_COLUMNS).to_string();
    is_plain.then(|| CompletionCandidate::new(value).help(Some(help.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_offered_to_a_shell() {
        assert!(candidate("dana.wu+oncall@acme.test", "Dana Wu").is_some());
        for value in ["", "-rf", "$(reboot)@acme.test", "a b@acme.test", "`id`@acme.test", "a\n@acme.test"] {
            assert!(candidate(value, "Dana Wu").is_none(), "{value:?}");
        }
        let shown = candidate("42", "VPN\x1b[2J down").and_then(|known| known.get_help().cloned());
        assert_eq!(shown.map(|help| help.to_string()), Some("VPN␛[2J down".into()));
    }
}
