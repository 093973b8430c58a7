//! A hit: one request to an inbound endpoint; and the run, the agent's task that it started.

use crate::closed::words;
use crate::{Delivery, Event, EventId, Headers, HitId, Ms, RateLimit, RunId, Time, beside};
use serde::{Deserialize, Deserializer, Serialize};

/// What verifying a hit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verification {
    /// The signature or token is right.
    Passed,
    /// It is not.
    Failed,
    /// The inbound endpoint asks for none.
    None,
}

words!(Verification, "verification", { Passed = "passed", Failed = "failed", None = "none" });

/// What became of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It starts a run.
    Accepted,
    /// It does not; `cause` says why.
    Refused,
    /// It came before.
    Duplicate,
}

words!(Outcome, "outcome", { Accepted = "accepted", Refused = "refused", Duplicate = "duplicate" });

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// Waits for its turn.
    Queued,
    /// The agent works.
    Running,
    /// The agent answered.
    Succeeded,
    /// It did not.
    Failed,
    /// The agent took it and did not say how it ended.
    Accepted,
}

words!(RunStatus, "run status", {
    Queued = "queued",
    Running = "running",
    Succeeded = "succeeded",
    Failed = "failed",
    Accepted = "accepted",
});

/// How the agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentState {
    /// It was not asked yet.
    Unknown,
    /// It answered last time.
    Ready,
    /// It is not there, or takes nothing now; what waits for it waits.
    Away,
    /// It takes nothing from us: people must mend that; what waits for it waits.
    Refusing,
}

words!(AgentState, "agent state", {
    Unknown = "unknown",
    Ready = "ready",
    Away = "away",
    Refusing = "refusing",
});

/// The agent as far as is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Where it is.
    pub url: String,
    /// How it is asked, unless an inbound endpoint says otherwise: `hooks` or `chat`.
    pub mode: String,
    /// How it does.
    pub state: AgentState,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    pub since: Time,
    /// The agents it has, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<String>>,
}

/// An inbound endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Inbound {
    /// Its name.
    pub name: String,
    /// Its path, `<basePath>/<name>`.
    pub path: String,
    /// The agent its hits go to.
    pub agent_id: String,
    /// What the prompt is made of.
    pub template: String,
    /// How hits are verified.
    pub scheme: String,
    /// How they reach the agent: `hooks`, `chat`, or `none` where they are only recorded.
    pub mode: String,
    /// Runs at once.
    pub concurrency: u32,
    /// Hits a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Whether an event is sent when a run ends.
    pub callback: bool,
    /// Why no hit is taken, if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Hits of the last 24 hours.
    pub hits: HitCounts,
    /// Runs that wait for the agent.
    pub queued: u64,
    /// Runs under way.
    pub running: u64,
}

/// Hits by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HitCounts {
    /// Those that were taken.
    pub accepted: u64,
    /// Those that were not.
    pub refused: u64,
    /// Those that came before.
    pub duplicate: u64,
}

/// A hit with everything that it led to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HitDetail {
    /// The hit, with its run.
    #[serde(flatten)]
    pub hit: Hit,
    /// The events that belong to it, oldest first.
    pub events: Vec<Event>,
    /// Their deliveries, oldest first.
    pub deliveries: Vec<Delivery>,
}

impl<'de> Deserialize<'de> for HitDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Own {
            events: Vec<Event>,
            deliveries: Vec<Delivery>,
        }
        let (hit, Own { events, deliveries }) = beside::read(deserializer)?;
        Ok(Self { hit, events, deliveries })
    }
}

/// One request to an inbound endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// Its id.
    pub id: HitId,
    /// The inbound endpoint's name.
    pub inbound: String,
    /// When it came.
    pub received_at: Time,
    /// Where from.
    pub remote_address: String,
    /// The request's method.
    pub method: String,
    /// What stood behind the `?` of its address, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Its headers, secrets masked.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::schema::HeaderLine>))]
    pub headers: Headers,
    /// Its body's text.
    pub body: String,
    /// Whether there was more of it.
    pub body_truncated: bool,
    /// Whether there was more of the headers or of the query; only of refused hits, and absent where there was not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub headers_truncated: bool,
    /// What verifying it found.
    pub verification: Verification,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The status it was answered with.
    pub status_code: u16,
    /// The hit that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<HitId>,
    /// The hit that it replays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<HitId>,
    /// The message to the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What the template names and the hit lacks.
    pub missing: Vec<String>,
    /// The agent's task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// The agent's task that a hit started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The hit's.
    pub hit_id: HitId,
    /// The agent.
    pub agent_id: String,
    /// `hooks` or `chat`.
    pub mode: String,
    /// Where it stands.
    pub status: RunStatus,
    /// Requests made to the agent.
    pub attempts: u32,
    /// When it was accepted.
    pub queued_at: Time,
    /// When the agent was first asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// From start to end, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Ms>,
    /// What the agent answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The agent's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_run_id: Option<String>,
    /// The event that carried the answer out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_event_id: Option<EventId>,
}

/// Tokens a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Read.
    #[serde(default)]
    pub input_tokens: u64,
    /// Written.
    #[serde(default)]
    pub output_tokens: u64,
}
