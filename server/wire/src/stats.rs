//! Totals of a window of time, for the strip at the top of the dashboard and for programs.

use crate::closed::words;
use crate::{EventType, Ms, Reason, Time, Window, beside};
use serde::{Deserialize, Deserializer, Serialize};

/// How far back the figures go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatsWindow {
    /// Five minutes.
    #[default]
    M5,
    /// An hour.
    H1,
    /// A day.
    H24,
    /// A week.
    D7,
}

words!(StatsWindow, "window", { M5 = "5m", H1 = "1h", H24 = "24h", D7 = "7d" });

/// Everything that one window of time saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// How far back.
    pub window: StatsWindow,
    /// When it was counted.
    pub at: Time,
    /// Events accepted.
    pub events: u64,
    /// Events that senders had to drop before they could post them, by their own count, since the gateway started.
    #[serde(default)]
    pub dropped: u64,
    /// Deliveries that ended in the window, and those open now.
    pub deliveries: DeliveryTotals,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts answered with 2xx of all, 0 to 1; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// Percentiles of the attempts' total time.
    pub latency: Latency,
    /// Deliveries delivered a second, over the last 10 to 15 seconds whatever the window.
    pub per_second: f64,
    /// The same by endpoint, busiest first.
    pub by_endpoint: Vec<EndpointStats>,
    /// The same by event type.
    pub by_type: Vec<TypeStats>,
    /// Failed attempts by reason, most frequent first.
    pub by_reason: Vec<ReasonCount>,
    /// The window in steps, oldest first.
    pub series: Vec<Point>,
    /// The last 15 minutes, whatever the window, oldest first; the last one is under way.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub minutes: Vec<Point>,
}

/// How deliveries stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryTotals {
    /// Delivered in the window.
    pub delivered: u64,
    /// Given up in the window.
    pub failed: u64,
    /// Waiting for another attempt now.
    pub retrying: u64,
    /// Waiting for the first attempt now, or on their way.
    pub pending: u64,
    /// Waiting for their endpoint now.
    pub held: u64,
}

/// Percentiles in ms; absent where there was no attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Latency {
    /// Half of the attempts took at most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<Ms>,
    /// 95 of 100 did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<Ms>,
    /// 99 of 100 did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<Ms>,
}

/// One endpoint's share.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointStats {
    /// Its name.
    pub endpoint: String,
    /// Its attempts.
    #[serde(flatten)]
    pub window: Window,
}

impl<'de> Deserialize<'de> for EndpointStats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Own {
            endpoint: String,
        }
        let (window, Own { endpoint }) = beside::read(deserializer)?;
        Ok(Self { endpoint, window })
    }
}

/// One event type's share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TypeStats {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// Events accepted.
    pub events: u64,
    /// Attempts answered with 2xx.
    pub delivered: u64,
    /// The other attempts.
    pub failed: u64,
}

/// How often attempts failed for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReasonCount {
    /// The reason.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// One step of the series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// Where the step begins.
    pub at: Time,
    /// Attempts answered with 2xx.
    pub delivered: u64,
    /// The other attempts.
    pub failed: u64,
    /// Half of the attempts took at most this long, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<Ms>,
    /// 95 of 100 did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<Ms>,
}
