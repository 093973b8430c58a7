//! Every JSON shape that the gateway's API, its live stream and the dashboard share.
//!
//! Shapes only: `serde` on both sides, text forms (`Display`, `FromStr`) for what stands in a column or a
//! query, and nothing that decides anything. Names are camelCase; a time is RFC 3339 in UTC with
//! milliseconds ([`Time`]); a duration is a number of milliseconds ([`Ms`]); what is not there is left out.

mod attempt;
mod audit;
mod beside;
mod check;
mod closed;
mod config;
mod delivery;
mod endpoint;
mod event;
mod frame;
mod hit;
mod id;
mod list;
mod problem;
#[cfg(feature = "openapi")]
mod schema;
mod stats;
mod time;

pub use attempt::{Attempt, AttemptResult, Headers, Reason, SeenResponse, SentRequest, Timings, Trigger};
pub use audit::AuditEntry;
pub use check::Check;
pub use closed::UnknownWord;
pub use config::{ConfigView, Reload};
pub use delivery::{Delivery, DeliveryDetail, DeliveryStatus};
pub use endpoint::{
    Circuit, CircuitState, Endpoint, EndpointState, Filter, RateLimit, Retry, Signing, Source, Window,
    Windows,
};
pub use event::{AcceptedEvent, AcceptedEvents, DeliveryCounts, Event, EventType};
pub use frame::Frame;
pub use hit::{
    Agent, AgentState, Hit, HitCounts, HitDetail, Inbound, Outcome, Run, RunStatus, Usage, Verification,
};
pub use id::{AttemptId, CheckId, DeliveryId, EventId, HitId, Id, IdError, Kind, RunId, kinds};
pub use list::List;
pub use problem::{FieldProblem, Problem};
pub use stats::{DeliveryTotals, EndpointStats, Latency, Point, ReasonCount, Stats, StatsWindow, TypeStats};
pub use time::{Ms, Time, TimeError};

#[cfg(feature = "openapi")]
pub use schema::HeaderLine;

/// What stands wherever a secret, or a value from the environment, would.
pub const MASK: &str = "••••";
