//! What the server counts and times, in the form that Prometheus reads.
//!
//! What was committed is counted from the commit's own news; what stands (the queue, jobs, streams) is looked up when
//! somebody asks.
//!
//! A label is one of a closed set, by its type: a word of ours or a number of ours, never a text that came in. Every new
//! value of a label is a series that is kept for ever, so whoever could choose one could fill the memory.

use std::fmt::Write;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tierup_common::event::Kind;
use tierup_common::route::Route;

use crate::domain::JobKind;
use crate::store::{CommitEffects, JobOutcome, QueueStats};

/// The media type of the text.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From half a millisecond to ten seconds: requests and commits.
const SHORT_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
/// From ten seconds to a week: what people do.
const LONG_BUCKETS: [f64; 13] = [
    10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 604_800.0,
];
/// Pieces of one commit.
const BATCH_SIZE_BUCKETS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Which requests.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// Which route.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

/// Which kind.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// What became of something.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Which state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

/// What became of a kind.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct KindOutcomeLabels {
    kind: &'static str,
    outcome: &'static str,
}

/// Which events.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct EventTypeLabels {
    r#type: &'static str,
}

/// Everything that is counted and timed.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_time: Family<RouteLabels, Histogram>,
    claims: Family<OutcomeLabels, Counter>,
    claim_time: Histogram,
    resolve_time: Histogram,
    events: Family<EventTypeLabels, Counter>,
    frames_sent: Counter,
    streams: Gauge,
    queue_length: Family<StateLabels, Gauge>,
    jobs: Family<KindOutcomeLabels, Counter>,
    jobs_waiting: Family<KindLabels, Gauge>,
    jobs_failed: Family<KindLabels, Gauge>,
    mails: Family<OutcomeLabels, Counter>,
    commit_time: Histogram,
    commit_batch_size: Histogram,
}

impl Metrics {
    /// Nothing counted yet; `sent` counts what streams send.
    pub(crate) fn new(frames_sent: Counter) -> Self {
        let mut registry = Registry::with_prefix("tierup");
        registry.register(
            "build",
            "The server that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let mut new = Self {
            requests: Family::default(),
            request_time: Family::new_with_constructor(|| Histogram::new(SHORT_BUCKETS)),
            claims: Family::default(),
            claim_time: Histogram::new(LONG_BUCKETS),
            resolve_time: Histogram::new(LONG_BUCKETS),
            events: Family::default(),
            frames_sent,
            streams: Gauge::default(),
            queue_length: Family::default(),
            jobs: Family::default(),
            jobs_waiting: Family::default(),
            jobs_failed: Family::default(),
            mails: Family::default(),
            commit_time: Histogram::new(SHORT_BUCKETS),
            commit_batch_size: Histogram::new(BATCH_SIZE_BUCKETS),
            registry: Registry::default(),
        };
        new.register_all(&mut registry);
        new.registry = registry;
        new
    }

    #[rustfmt::skip]
    fn register_all(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit("http_request", "From a request to its answer, streams left out", Unit::Seconds, self.request_time.clone());
        registry.register("claims", "Claims of handoffs, won and lost", self.claims.clone());
        registry.register_with_unit("claim", "From an escalation to its claim", Unit::Seconds, self.claim_time.clone());
        registry.register_with_unit("resolve", "From an escalation to its resolution", Unit::Seconds, self.resolve_time.clone());
        registry.register("events", "Events committed", self.events.clone());
        registry.register("events_sent", "Events and signals sent down streams", self.frames_sent.clone());
        registry.register("streams", "Event streams open", self.streams.clone());
        registry.register("queue", "Handoffs that wait, and that are worked on", self.queue_length.clone());
        registry.register("jobs", "Jobs that came to an end, or were put off", self.jobs.clone());
        registry.register("jobs_waiting", "Jobs that wait, or are being done", self.jobs_waiting.clone());
        registry.register("jobs_failed", "Jobs that failed for good and are kept with the reason", self.jobs_failed.clone());
        registry.register("mail", "Messages sent, and messages that could not be", self.mails.clone());
        registry.register_with_unit("commit", "From the first statement of a commit to its being durable", Unit::Seconds, self.commit_time.clone());
        registry.register("log_lines_lost", "Lines of the log that could not be written", crate::log::lost_lines());
        registry.register("commit_pieces", "Changes that shared one commit", self.commit_batch_size.clone());
    }

    /// Counts what a commit did.
    pub(crate) fn record_commit(&self, effects: &CommitEffects) {
        self.commit_time.observe(effects.duration.as_secs_f64());
        self.commit_batch_size.observe(f64::from(effects.batch_size));
        for event in &effects.events {
            let kind = event.entry.kind;
            self.events.get_or_create(&EventTypeLabels { r#type: kind.as_str() }).inc();
            let age = event.handoff_age.as_secs_f64();
            if kind == Kind::HandoffClaimed {
                self.claims.get_or_create(&OutcomeLabels { outcome: "won" }).inc();
                self.claim_time.observe(age);
            } else if kind == Kind::HandoffResolved {
                self.resolve_time.observe(age);
            }
        }
        for (kind, outcome) in &effects.finished_jobs {
            let labels = KindOutcomeLabels { kind: kind.as_str(), outcome: outcome.as_str() };
            self.jobs.get_or_create(&labels).inc();
            let mail = match (kind, outcome) {
                (JobKind::Mail, JobOutcome::Done) => "sent",
                (JobKind::Mail, JobOutcome::Failed) => "failed",
                (JobKind::Mail, JobOutcome::Retry)
                | (
                    JobKind::Assess
                    | JobKind::Reply
                    | JobKind::Announce
                    | JobKind::Reminder
                    | JobKind::Webhook,
                    _,
                ) => continue,
            };
            self.mails.get_or_create(&OutcomeLabels { outcome: mail }).inc();
        }
    }

    /// Counts an answer. A stream is counted when it begins; how long it stays open is no measure of the server.
    /// No route is for requests of a path that we do not have.
    pub(crate) fn record_response(
        &self,
        method: &Method,
        route: Option<Route>,
        status: StatusCode,
        duration: Duration,
    ) {
        let route = route.map_or("none", |route| route.0);
        let label = RequestLabels { method: method_label(method), route, status: status.as_u16() };
        self.requests.get_or_create(&label).inc();
        self.request_time.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
    }

    /// Counts a claim that somebody else had won.
    pub(crate) fn record_lost_claim(&self) {
        self.claims.get_or_create(&OutcomeLabels { outcome: "lost" }).inc();
    }

    /// Everything as text, with what stands now.
    pub(crate) fn encode_text(&self, streams: usize, queue_stats: &QueueStats) -> String {
        self.streams.set(i64::try_from(streams).unwrap_or(i64::MAX));
        self.queue_length.get_or_create(&StateLabels { state: "open" }).set(queue_stats.open);
        self.queue_length.get_or_create(&StateLabels { state: "claimed" }).set(queue_stats.claimed);
        for counts in &queue_stats.jobs {
            let labels = KindLabels { kind: counts.kind.as_str() };
            self.jobs_waiting.get_or_create(&labels).set(counts.waiting);
            self.jobs_failed.get_or_create(&labels).set(counts.failed);
        }
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String cannot fail.
            let _ = text.write_str("# EOF\n");
        }
        text
    }
}

/// A method as a label: HTTP lets a client make up its own, and all of those are one.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_clients_make_up_are_one_series() {
        let metrics = Metrics::new(Counter::default());
        let count = |method: &[u8]| {
            let method = Method::from_bytes(method).unwrap();
            metrics.record_response(&method, None, StatusCode::METHOD_NOT_ALLOWED, Duration::ZERO);
            let mut text = String::new();
            encode(&mut text, &metrics.registry).unwrap();
            text.lines().count()
        };
        let first = count(b"BREW");
        for number in 0..1_000 {
            assert_eq!(count(format!("BREW{number}").as_bytes()), first);
        }
    }
}
