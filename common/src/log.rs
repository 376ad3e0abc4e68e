//! What a program of ours may log, whatever level its user asks for.
//!
//! A dependency logs what passes through it: at `debug` and below that is headers, passwords and whole mails. Nobody
//! can promise for all of them what they say, so they say nothing below a warning.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The crates of this workspace: what they log is held free of secrets by `server/tests/secrets.rs`.
const OWN_CRATES: [&str; 3] = ["tierup", "tierup_common", "tierup_server"];

/// Lets through what our own crates log, and warnings and errors of all others. It stands beside the filter that the
/// user writes, and no filter of theirs opens it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnCrateFilter;

impl<S: Subscriber> Layer<S> for OwnCrateFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::WARN || is_own_crate(metadata.target())
    }
}

fn is_own_crate(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    OWN_CRATES.contains(&name)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn a_dependency_says_nothing_below_a_warning_and_we_say_everything() {
        let all = tracing_subscriber::registry().with(OwnCrateFilter);
        tracing::subscriber::with_default(all, || {
            assert!(!tracing::enabled!(target: "lettre::transport", Level::INFO));
            assert!(!tracing::enabled!(target: "log", Level::TRACE));
            assert!(tracing::enabled!(target: "lettre::transport", Level::WARN));
            assert!(tracing::enabled!(target: "tierup_server::mail", Level::TRACE));
        });
    }

    #[test]
    fn a_name_that_begins_like_ours_is_not_ours() {
        assert!(
            is_own_crate("tierup")
                && is_own_crate("tierup_server::mail")
                && is_own_crate("tierup::runtime::stream")
        );
        for other in ["lettre::transport::smtp::client", "tierupp::x", "log", "hyper_util::client", ""] {
            assert!(!is_own_crate(other), "{other}");
        }
    }
}
