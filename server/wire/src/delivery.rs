//! A delivery: one event for one endpoint, until it is delivered or given up.

use crate::closed::words;
use crate::{Attempt, DeliveryId, Event, EventId, EventType, HitId, Ms, Reason, Time, beside};
use serde::{Deserialize, Deserializer, Serialize};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// Waits for its first attempt.
    Pending,
    /// An attempt is on its way.
    Delivering,
    /// Waits for the next attempt, at `nextAttemptAt`.
    Retrying,
    /// Waits for its endpoint: paused, or its circuit is open.
    Held,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up.
    Failed,
    /// Ended by a person, or with its endpoint.
    Cancelled,
}

words!(DeliveryStatus, "delivery status", {
    Pending = "pending",
    Delivering = "delivering",
    Retrying = "retrying",
    Held = "held",
    Delivered = "delivered",
    Failed = "failed",
    Cancelled = "cancelled",
});

impl DeliveryStatus {
    /// Whether an attempt may still come by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Delivering | Self::Retrying | Self::Held)
    }
}

/// A delivery as the lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id, in the header `X-OpenClaw-Delivery` of every attempt.
    pub id: DeliveryId,
    /// The event it carries.
    pub event_id: EventId,
    /// That event's type.
    pub event_type: EventType,
    /// The endpoint's name.
    pub endpoint: String,
    /// The event's agent, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made.
    pub attempts: u32,
    /// Attempts that may be made by schedule.
    pub max_attempts: u32,
    /// When the event was accepted for this endpoint.
    pub created_at: Time,
    /// When the next attempt is due; only while `retrying`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Time>,
    /// When it was delivered, given up or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Why the last attempt failed; absent after one that did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<Reason>,
    /// The last answer's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status_code: Option<u16>,
    /// How long the last attempt took, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_duration_ms: Option<Ms>,
    /// The hit whose callback this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_id: Option<HitId>,
}

/// A delivery as it is shown alone: with its event and every attempt, first to last.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDetail {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// Its event.
    pub event: Event,
    /// Its attempts, first to last.
    pub attempt_log: Vec<Attempt>,
}

impl<'de> Deserialize<'de> for DeliveryDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Own {
            event: Event,
            attempt_log: Vec<Attempt>,
        }
        let (delivery, Own { event, attempt_log }) = beside::read(deserializer)?;
        Ok(Self { delivery, event, attempt_log })
    }
}
