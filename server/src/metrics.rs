//! Metrics in the format of Prometheus.
//!
//! Counters follow the effects of each commit; gauges (queue, jobs, streams) are read when they are scraped.
//!
//! Labels are closed sets, by their types: never text from outside. Each new label value is a series that is kept for
//! ever, so an open set could fill the memory.

mod model;

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
use tierup_common::secrets::SecretKind;

use crate::domain::JobKind;
use crate::store::{CommitEffects, JobOutcome, QueueStats};

pub(crate) use model::{CallOutcome, ModelMetrics};

/// The media type of [`Metrics::encode_text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Half a millisecond to ten seconds, for requests and commits.
const SHORT_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
/// Ten seconds to a week, for what people do.
const LONG_BUCKETS: [f64; 13] = [
    10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 604_800.0,
];
/// Writes in one commit.
const BATCH_SIZE_BUCKETS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Method, route template and status.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// A route template, or `none`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

/// A kind of job.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// An outcome: `won` and `lost`, `met` and `missed`, or `sent` and `failed`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// `open` or `claimed`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

/// A kind of job and how it ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct KindOutcomeLabels {
    kind: &'static str,
    outcome: &'static str,
}

/// The type of an event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct EventTypeLabels {
    r#type: &'static str,
}

/// A kind of secret, and where it would have gone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RedactionLabels {
    kind: &'static str,
    destination: &'static str,
}

/// Where text leaves the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    /// The model that writes assessments and replies.
    Model,
    /// A webhook.
    Webhook,
    /// A mail server.
    Mail,
}

impl Destination {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }
}

/// All metrics of a server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_duration: Family<RouteLabels, Histogram>,
    claims: Family<OutcomeLabels, Counter>,
    responses: Family<OutcomeLabels, Counter>,
    overdue: Gauge,
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
    redactions: Family<RedactionLabels, Counter>,
    commit_time: Histogram,
    commit_batch_size: Histogram,
}

impl Metrics {
    /// All at zero; `frames_sent` is the counter of the event hub, `model` that of the engine's model.
    pub(crate) fn new(frames_sent: Counter, model: &ModelMetrics) -> Self {
        let mut registry = Registry::with_prefix("tierup");
        registry.register(
            "build",
            "The version of the running server",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let mut metrics = Self {
            requests: Family::default(),
            request_duration: Family::new_with_constructor(|| Histogram::new(SHORT_BUCKETS)),
            claims: Family::default(),
            responses: Family::default(),
            overdue: Gauge::default(),
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
            redactions: Family::default(),
            commit_time: Histogram::new(SHORT_BUCKETS),
            commit_batch_size: Histogram::new(BATCH_SIZE_BUCKETS),
            registry: Registry::default(),
        };
        metrics.register_all(&mut registry);
        model.register_all(&mut registry);
        metrics.registry = registry;
        metrics
    }

    #[rustfmt::skip]
    fn register_all(&self, registry: &mut Registry) {
        registry.register("http_requests", "Responses sent", self.requests.clone());
        registry.register_with_unit("http_request", "Time from a request to its response, without streams", Unit::Seconds, self.request_duration.clone());
        registry.register("claims", "Claims of handoffs, won and lost", self.claims.clone());
        registry.register("responses", "Claims by their response target: met and missed", self.responses.clone());
        registry.register("overdue", "Open handoffs past their response target", self.overdue.clone());
        registry.register_with_unit("claim", "Time from an escalation to its claim", Unit::Seconds, self.claim_time.clone());
        registry.register_with_unit("resolve", "Time from an escalation to its resolution", Unit::Seconds, self.resolve_time.clone());
        registry.register("events", "Events committed", self.events.clone());
        registry.register("events_sent", "Events and signals sent on streams", self.frames_sent.clone());
        registry.register("streams", "Open event streams", self.streams.clone());
        registry.register("queue", "Handoffs in the queue, open and claimed", self.queue_length.clone());
        registry.register("jobs", "Jobs that finished, failed or were put off", self.jobs.clone());
        registry.register("jobs_waiting", "Jobs waiting or running", self.jobs_waiting.clone());
        registry.register("jobs_failed", "Failed jobs that are kept with their reason", self.jobs_failed.clone());
        registry.register("mail", "Mails, sent and failed", self.mails.clone());
        registry.register("redactions", "Secrets removed from what left the server", self.redactions.clone());
        registry.register_with_unit("commit", "Time from a commit's first statement until it is durable", Unit::Seconds, self.commit_time.clone());
        registry.register("log_lines_lost", "Log lines that could not be written", crate::log::lost_lines());
        registry.register("commit_pieces", "Changes per commit", self.commit_batch_size.clone());
    }

    /// Records the effects of a commit.
    pub(crate) fn record_commit(&self, effects: &CommitEffects) {
        self.commit_time.observe(effects.duration.as_secs_f64());
        self.commit_batch_size.observe(f64::from(effects.group_size));
        for event in &effects.events {
            let kind = event.entry.kind;
            self.events.get_or_create(&EventTypeLabels { r#type: kind.as_str() }).inc();
            let age = event.handoff_age.as_secs_f64();
            if kind == Kind::HandoffClaimed {
                self.claims.get_or_create(&OutcomeLabels { outcome: "won" }).inc();
                self.claim_time.observe(age);
                if let Some(is_overdue) = event.is_overdue {
                    let outcome = if is_overdue { "missed" } else { "met" };
                    self.responses.get_or_create(&OutcomeLabels { outcome }).inc();
                }
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

    /// Records a response; a stream when it begins. `route` is none for unknown paths.
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
        self.request_duration.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
    }

    /// Records a claim that lost the race.
    pub(crate) fn record_lost_claim(&self) {
        self.claims.get_or_create(&OutcomeLabels { outcome: "lost" }).inc();
    }

    /// Records a secret that was removed from what goes to a destination.
    pub(crate) fn record_redaction(&self, kind: SecretKind, destination: Destination) {
        let labels = RedactionLabels { kind: kind.as_str(), destination: destination.as_str() };
        self.redactions.get_or_create(&labels).inc();
    }

    /// All metrics as text, with gauges set to these values.
    pub(crate) fn encode_text(&self, streams: usize, queue_stats: &QueueStats) -> String {
        self.streams.set(i64::try_from(streams).unwrap_or(i64::MAX));
        self.queue_length.get_or_create(&StateLabels { state: "open" }).set(queue_stats.open);
        self.queue_length.get_or_create(&StateLabels { state: "claimed" }).set(queue_stats.claimed);
        self.overdue.set(queue_stats.overdue);
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

/// A method as a label: clients can make up methods, and those count as `other`.
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
    fn unknown_http_methods_share_one_metric_series() {
        let metrics = Metrics::new(Counter::default(), &ModelMetrics::default());
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
