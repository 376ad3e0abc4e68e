//! What our programs may log, whatever level the user asks for.
//!
//! Dependencies may log headers, passwords and whole mails at `debug` and below, so they log warnings and errors only.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The crates of this workspace. `server/tests/binary/secrets.rs` checks that they log no secrets.
const WORKSPACE_CRATES: [&str; 3] = ["tierup", "tierup_common", "tierup_server"];

/// Passes everything from our own crates, and warnings and errors from others. The user's filter cannot widen it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnCrateFilter;

impl<S: Subscriber> Layer<S> for OwnCrateFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= Level::WARN || is_own_crate(metadata.target())
    }
}

fn is_own_crate(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    WORKSPACE_CRATES.contains(&name)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn dependencies_log_only_warnings_and_errors() {
        let all = tracing_subscriber::registry().with(OwnCrateFilter);
        tracing::subscriber::with_default(all, || {
            assert!(!tracing::enabled!(target: "lettre::transport", Level::INFO));
            assert!(!tracing::enabled!(target: "log", Level::TRACE));
            assert!(tracing::enabled!(target: "lettre::transport", Level::WARN));
            assert!(tracing::enabled!(target: "tierup_server::mail", Level::TRACE));
        });
    }

    #[test]
    fn a_crate_with_our_prefix_is_not_ours() {
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
