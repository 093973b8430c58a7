//! An endpoint: a receiver outside, its configuration (secrets masked) and how it does.

use crate::closed::words;
use crate::{Attempt, Check, EventType, Ms, Point, Time};
use serde::{Deserialize, Serialize};

/// Where an endpoint is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// In the configuration file: read-only in the API.
    File,
    /// In the database, made through the API.
    Api,
}

words!(Source, "source", { File = "file", Api = "api" });

/// How an endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndpointState {
    /// No failure in the last 20 attempts or 5 minutes.
    Healthy,
    /// Some attempts fail.
    Degraded,
    /// Its circuit is open.
    Failing,
    /// Stopped by a person, by `enabled: false` or by a 410.
    Paused,
    /// Its configuration lacks something.
    Misconfigured,
    /// Nothing was sent yet.
    Idle,
}

words!(EndpointState, "endpoint state", {
    Healthy = "healthy",
    Degraded = "degraded",
    Failing = "failing",
    Paused = "paused",
    Misconfigured = "misconfigured",
    Idle = "idle",
});

/// Which signature headers are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Signing {
    /// `X-OpenClaw-Signature`.
    #[default]
    Openclaw,
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature` of Standard Webhooks.
    Standard,
    /// Both.
    Both,
}

words!(Signing, "signing", { Openclaw = "openclaw", Standard = "standard", Both = "both" });

/// Which events of the subscribed types are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Only events of these agents; an event without an agent then does not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_ids: Option<Vec<String>>,
}

/// How failed attempts are repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// Attempts in all.
    pub max_attempts: u32,
    /// Wait before attempt n+1: this times 2^(n-1), in ms. Absent: the Standard Webhooks schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff_ms: Option<u64>,
}

/// How fast an endpoint may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// Whether an endpoint is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// Yes.
    #[default]
    Closed,
    /// No, until `until`.
    Open,
    /// One delivery tries.
    HalfOpen,
}

words!(CircuitState, "circuit state", { Closed = "closed", Open = "open", HalfOpen = "half_open" });

/// An endpoint's circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Circuit {
    /// Whether the endpoint is tried.
    pub state: CircuitState,
    /// Attempts in a row that failed without an answer or with 5xx or 429.
    pub failures: u32,
    /// When one delivery will try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// How the attempts of one window went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Attempts answered with 2xx.
    pub delivered: u64,
    /// The other attempts.
    pub failed: u64,
    /// `delivered` of all, 0 to 1; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// Half of the attempts took at most this long, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<Ms>,
    /// 95 of 100 took at most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<Ms>,
    /// 99 of 100 took at most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<Ms>,
}

/// The three windows of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Windows {
    /// The last five minutes.
    #[serde(rename = "5m")]
    pub m5: Window,
    /// The last hour.
    #[serde(rename = "1h")]
    pub h1: Window,
    /// The last day.
    #[serde(rename = "24h")]
    pub h24: Window,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Where its deliveries go, values from the environment masked.
    pub url: String,
    /// Where it is defined.
    pub source: Source,
    /// Whether its configuration has it on.
    pub enabled: bool,
    /// How it does.
    pub state: EndpointState,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    /// Since when.
    pub since: Time,
    /// The event types it wants; all of them where the configuration says `*`.
    pub events: Vec<EventType>,
    /// Which of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What the body is made of, in place of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<serde_json::Value>,
    /// Headers added, secrets masked.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub headers: serde_json::Map<String, serde_json::Value>,
    /// Which signature headers are sent.
    pub signing: Signing,
    /// Whether there is a secret to sign with.
    pub signed: bool,
    /// How failed attempts are repeated.
    pub retry: Retry,
    /// Time for an answer's headers, in ms.
    pub timeout_ms: u64,
    /// Requests at once.
    pub concurrency: u32,
    /// Requests a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Deliveries that wait for an attempt: `pending` and `retrying`.
    pub waiting: u64,
    /// Attempts on their way.
    pub in_flight: u64,
    /// Deliveries that wait for the endpoint.
    pub held: u64,
    /// When the next attempt falls due of those that wait for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Time>,
    /// How its attempts went.
    pub windows: Windows,
    /// How they went in each of the last 15 minutes, oldest first; the last one is under way.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub minutes: Vec<Point>,
    /// Whether it is tried.
    pub circuit: Circuit,
    /// The last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<Attempt>,
    /// The last check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_check: Option<Check>,
}
