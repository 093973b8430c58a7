//! An event: an immutable fact from the assistant.

use crate::closed::words;
use crate::{EventId, Time};
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventType {
    /// A user's message reached the assistant.
    MessageReceived,
    /// The assistant answered.
    MessageSent,
    /// A session began.
    SessionCreated,
    /// A session ended.
    SessionEnded,
    /// The assistant called a tool.
    ToolCalled,
    /// A tool came back.
    ToolCompleted,
    /// Something failed.
    ErrorOccurred,
}

words!(EventType, "event type", {
    MessageReceived = "message.received",
    MessageSent = "message.sent",
    SessionCreated = "session.created",
    SessionEnded = "session.ended",
    ToolCalled = "tool.called",
    ToolCompleted = "tool.completed",
    ErrorOccurred = "error.occurred",
});

/// An event as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The sender's id, or one made on arrival.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened, in the sender's own words.
    pub timestamp: String,
    /// Which OpenClaw it came from.
    pub instance_id: String,
    /// Everything else, key order kept.
    pub data: serde_json::Value,
    /// When it was accepted here.
    pub received_at: Time,
    /// How its deliveries stand.
    pub deliveries: DeliveryCounts,
}

/// How many deliveries an event has, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryCounts {
    /// All of them.
    pub total: u64,
    /// Answered with 2xx.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Neither yet.
    pub open: u64,
}

/// The answer to one posted event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedEvent {
    /// Its id.
    pub id: EventId,
    /// How many deliveries it has.
    pub deliveries: u64,
    /// Whether an event of this id was there before; nothing is stored then.
    pub duplicate: bool,
}

/// The answer to a batch, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedEvents {
    /// One answer an event.
    pub events: Vec<AcceptedEvent>,
}
