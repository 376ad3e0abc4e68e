//! What calls to a model cost: their number, time and tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// A tenth of a second to ten minutes.
const CALL_BUCKETS: [f64; 11] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 600.0];

/// `prompt` or `completion`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct TokenLabels {
    kind: &'static str,
}

/// See [`CallOutcome`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct CallLabels {
    outcome: &'static str,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CallOutcome {
    /// With an answer.
    Answered,
    /// Without a usable answer.
    Failed,
    /// Before the answer was complete: out of time, or nobody needed it any more.
    Abandoned,
}

impl CallOutcome {
    const ALL: [Self; 3] = [Self::Answered, Self::Failed, Self::Abandoned];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The cost of calls since the server started. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct ModelMetrics {
    tokens: Family<TokenLabels, Counter>,
    calls: Family<CallLabels, Counter>,
    call_time: Histogram,
    last_call_ms: Arc<AtomicU64>,
}

impl Default for ModelMetrics {
    fn default() -> Self {
        Self {
            tokens: Family::default(),
            calls: Family::default(),
            call_time: Histogram::new(CALL_BUCKETS),
            last_call_ms: Arc::default(),
        }
    }
}

impl ModelMetrics {
    #[rustfmt::skip]
    pub(super) fn register_all(&self, registry: &mut Registry) {
        registry.register("model_tokens", "Tokens that models read and wrote, as their endpoints count them", self.tokens.clone());
        registry.register("model_calls", "Calls to models: answered, failed, abandoned", self.calls.clone());
        registry.register_with_unit("model_call", "Time from a call to a model to the end of its answer", Unit::Seconds, self.call_time.clone());
    }

    /// Records a call.
    pub(crate) fn record_call(&self, outcome: CallOutcome, duration: Duration) {
        self.calls.get_or_create(&CallLabels { outcome: outcome.as_str() }).inc();
        self.call_time.observe(duration.as_secs_f64());
        self.last_call_ms.store(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Records the tokens of a call.
    pub(crate) fn record_tokens(&self, prompt: u64, completion: u64) {
        for (kind, number) in [("prompt", prompt), ("completion", completion)] {
            self.tokens.get_or_create(&TokenLabels { kind }).inc_by(number);
        }
    }

    /// The number of calls, of which so many gave no answer.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let count =
            |outcome: CallOutcome| self.calls.get_or_create(&CallLabels { outcome: outcome.as_str() }).get();
        let all = CallOutcome::ALL.into_iter().map(count).sum();
        (all, all - count(CallOutcome::Answered))
    }

    /// The tokens read and written.
    pub(crate) fn tokens(&self) -> (u64, u64) {
        let count = |kind| self.tokens.get_or_create(&TokenLabels { kind }).get();
        (count("prompt"), count("completion"))
    }

    /// How long the last call took, in milliseconds; 0 before the first one.
    pub(crate) fn last_call_ms(&self) -> u64 {
        self.last_call_ms.load(Ordering::Relaxed)
    }
}
