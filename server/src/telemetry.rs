//! Telemetry: what Prometheus scrapes at `/metrics`, and traces for a collector.
//!
//! Counters and histograms are counted where changes are committed; gauges are read when someone asks. Names follow
//! Prometheus' conventions: a prefix, base units (seconds), `_total` for what only grows.

mod traces;

pub use traces::{Traces, TracesConfig};

use crate::gateway::Gateway;
use crate::store::{Answers, Change};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wire::{AgentState, CircuitState, DeliveryStatus, RunStatus};

/// Of an attempt, in seconds: from a receiver next door to the longest `timeoutMs` that anyone sets.
const ATTEMPT_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];
/// Of a commit, in seconds.
const COMMIT_SECONDS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfType {
    r#type: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfAttempt {
    endpoint: String,
    result: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfEndpoint {
    endpoint: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfEndpointStatus {
    endpoint: String,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfEndpointState {
    endpoint: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfHit {
    inbound: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfInbound {
    inbound: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRun {
    inbound: String,
    status: &'static str,
}

/// Everything that is counted and measured since the gateway started.
pub struct Telemetry {
    registry: Registry,
    events: Family<OfType, Counter>,
    attempts: Family<OfAttempt, Counter>,
    attempt_seconds: Family<OfEndpoint, Histogram>,
    deliveries: Family<OfEndpointStatus, Counter>,
    commit_seconds: Histogram,
    hits: Family<OfHit, Counter>,
    hits_left_out: Family<OfInbound, Counter>,
    runs: Family<OfRun, Counter>,
    open: Family<OfEndpointStatus, Gauge>,
    states: Family<OfEndpointState, Gauge>,
    circuits: Family<OfEndpoint, Gauge>,
    open_runs: Family<OfRun, Gauge>,
    watchers: Gauge,
    agent_ready: Gauge,
    /// Counted elsewhere; a counter can't be set.
    dropped: Counter<u64, AtomicU64>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telemetry")
    }
}

impl Telemetry {
    /// With everything at nought.
    pub fn new() -> Self {
        let mut telemetry = Self {
            registry: Registry::with_prefix("openclaw_webhooks"),
            events: Family::default(),
            attempts: Family::default(),
            attempt_seconds: Family::new_with_constructor(|| Histogram::new(ATTEMPT_SECONDS)),
            deliveries: Family::default(),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            hits: Family::default(),
            hits_left_out: Family::default(),
            runs: Family::default(),
            open: Family::default(),
            states: Family::default(),
            circuits: Family::default(),
            open_runs: Family::default(),
            watchers: Gauge::default(),
            agent_ready: Gauge::default(),
            dropped: Counter::default(),
        };
        telemetry.register();
        telemetry
    }

    /// The texts end with a full stop of the library's own.
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "build",
            "The gateway's version",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register("events", "Events accepted", self.events.clone());
        registry.register("attempts", "Attempts made, by result and reason", self.attempts.clone());
        registry.register_with_unit(
            "attempt_duration",
            "Time of an attempt, from looking up the host to the last byte of the answer",
            Unit::Seconds,
            self.attempt_seconds.clone(),
        );
        registry.register("deliveries", "Deliveries that ended", self.deliveries.clone());
        registry.register_with_unit(
            "commit_duration",
            "Time to write one group of changes to the database",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register("hits", "Requests to inbound endpoints, by what became of them", self.hits.clone());
        registry.register(
            "hits_left_out",
            "Refused hits that were only counted, because too many came",
            self.hits_left_out.clone(),
        );
        registry.register("runs", "Runs that ended, by how", self.runs.clone());
        registry.register("deliveries_open", "Deliveries that are not finished", self.open.clone());
        registry.register("endpoint_state", "1 for the state that an endpoint is in", self.states.clone());
        registry.register(
            "endpoint_circuit_open",
            "1 while an endpoint's circuit is open",
            self.circuits.clone(),
        );
        registry.register(
            "runs_open",
            "Runs that wait for the agent or are under way",
            self.open_runs.clone(),
        );
        registry.register("stream_clients", "Watchers of the live stream", self.watchers.clone());
        registry.register("agent_ready", "1 if the agent answered last time", self.agent_ready.clone());
        registry.register(
            "dropped_events",
            "Events that senders had to drop before they could post them",
            self.dropped.clone(),
        );
    }

    /// Counts what was committed, in so long.
    pub fn committed(&self, changes: &[Change], answers: &Answers, took: Duration) {
        self.commit_seconds.observe(took.as_secs_f64());
        let mut accepted = answers.events.iter();
        let mut repeats = answers.repeats.iter();
        for change in changes {
            for new in change.events() {
                if accepted.next().is_some_and(|answer| !answer.duplicate) {
                    self.events.get_or_create(&OfType { r#type: new.event.event_type.as_str() }).inc();
                }
            }
            match change {
                Change::Outcome(outcome) => self.attempted(outcome),
                Change::Hit(new) => {
                    let is_repeat = repeats.next().is_some_and(Option::is_some);
                    let outcome = if is_repeat { wire::Outcome::Duplicate } else { new.hit.outcome };
                    // Names that are not ours are anyone's: a label for each would never end.
                    let inbound = if new.hit.status_code == 404 { "" } else { &new.hit.inbound };
                    let labels = OfHit { inbound: inbound.to_owned(), outcome: outcome.as_str() };
                    self.hits.get_or_create(&labels).inc();
                }
                Change::Accept(_)
                | Change::Delivery(..)
                | Change::Cancel(..)
                | Change::Run(_)
                | Change::Rare(_) => {}
            }
        }
    }

    /// Counts a refused hit that is not kept; `inbound` is empty where the name is not ours.
    pub fn hit_left_out(&self, inbound: &str) {
        let outcome = wire::Outcome::Refused.as_str();
        self.hits.get_or_create(&OfHit { inbound: inbound.to_owned(), outcome }).inc();
        self.hits_left_out.get_or_create(&OfInbound { inbound: inbound.to_owned() }).inc();
    }

    /// Counts a run that ended.
    pub fn run_ended(&self, inbound: &str, status: RunStatus) {
        self.runs.get_or_create(&OfRun { inbound: inbound.to_owned(), status: status.as_str() }).inc();
    }

    fn attempted(&self, outcome: &crate::store::Outcome) {
        let attempt = &outcome.attempt;
        let endpoint = attempt.endpoint.clone();
        let reason = attempt.reason.map_or("", wire::Reason::as_str);
        self.attempts
            .get_or_create(&OfAttempt { endpoint: endpoint.clone(), result: attempt.result.as_str(), reason })
            .inc();
        self.attempt_seconds
            .get_or_create(&OfEndpoint { endpoint: endpoint.clone() })
            .observe(attempt.timings.total.0 / 1000.0);
        if !outcome.delivery.status.is_open() {
            let status = outcome.delivery.status.as_str();
            self.deliveries.get_or_create(&OfEndpointStatus { endpoint, status }).inc();
        }
    }

    /// Everything in the format that Prometheus reads; `open_runs` as the database has them.
    pub fn text(&self, gateway: &Gateway, open_runs: &[(String, RunStatus, u64)]) -> String {
        self.look(gateway);
        self.set_open_runs(open_runs);
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    /// Reads the gauges.
    fn look(&self, gateway: &Gateway) {
        // What is gone is gone.
        self.open.clear();
        self.states.clear();
        self.circuits.clear();
        let figure = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for endpoint in gateway.endpoints.all().values() {
            let shown = gateway.endpoint(endpoint);
            let name = || shown.name.clone();
            for (status, count) in [
                (DeliveryStatus::Pending, shown.waiting),
                (DeliveryStatus::Delivering, shown.in_flight),
                (DeliveryStatus::Held, shown.held),
            ] {
                let labels = OfEndpointStatus { endpoint: name(), status: status.as_str() };
                self.open.get_or_create(&labels).set(figure(count));
            }
            // From the first scrape on, so that the first one to be given up shows as an increase.
            for status in [DeliveryStatus::Delivered, DeliveryStatus::Failed] {
                let labels = OfEndpointStatus { endpoint: name(), status: status.as_str() };
                drop(self.deliveries.get_or_create(&labels));
            }
            let state = OfEndpointState { endpoint: name(), state: shown.state.as_str() };
            self.states.get_or_create(&state).set(1);
            let is_open = shown.circuit.state != CircuitState::Closed;
            self.circuits.get_or_create(&OfEndpoint { endpoint: name() }).set(i64::from(is_open));
        }
        self.watchers.set(i64::try_from(gateway.feed.watchers()).unwrap_or(i64::MAX));
        let ready = gateway.agent().is_some_and(|agent| agent.state == AgentState::Ready);
        self.agent_ready.set(i64::from(ready));
        let dropped = gateway.dropped.load(Ordering::Relaxed);
        self.dropped.inc_by(dropped.saturating_sub(self.dropped.get()));
    }

    fn set_open_runs(&self, open: &[(String, RunStatus, u64)]) {
        self.open_runs.clear();
        for (inbound, status, count) in open {
            let labels = OfRun { inbound: inbound.clone(), status: status.as_str() };
            self.open_runs.get_or_create(&labels).set(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}
