//! `/api/v1/redeliveries`: redelivering all that a filter finds.

use super::query::{JsonBody, invalid};
use crate::gateway::Gateway;
use crate::outbound::redeliver;
use crate::problem::Problem;
use crate::store::DeliveryFilter;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use wire::{DeliveryStatus, EventType, Reason, Time};

/// Which deliveries, and how fast.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    /// `failed`, unless told otherwise.
    status: Option<OneOrMany<DeliveryStatus>>,
    endpoint: Option<OneOrMany<String>>,
    #[serde(rename = "type")]
    event_type: Option<OneOrMany<EventType>>,
    reason: Option<OneOrMany<Reason>>,
    since: Option<Time>,
    until: Option<Time>,
    #[serde(default)]
    dry_run: bool,
    per_second: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn all(this: Option<Self>) -> Vec<T> {
        match this {
            None => Vec::new(),
            Some(Self::One(one)) => vec![one],
            Some(Self::Many(many)) => many,
        }
    }
}

/// What was found, and how much of it goes out again.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    matched: u64,
    queued: u64,
}

/// Redelivers everything that matches, or (`dryRun`) says how much that would be.
pub(super) async fn ask(
    State(gateway): State<Gateway>,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<(StatusCode, Json<Found>), Problem> {
    if asked.per_second.is_some_and(|per_second| !(0.001..=10_000.0).contains(&per_second)) {
        return Err(invalid("perSecond", &"must be 0.001 to 10000"));
    }
    let mut statuses = OneOrMany::all(asked.status);
    if statuses.is_empty() {
        statuses.push(DeliveryStatus::Failed);
    }
    let now = gateway.clock.now();
    let filter = DeliveryFilter {
        statuses,
        endpoints: OneOrMany::all(asked.endpoint),
        types: OneOrMany::all(asked.event_type),
        reasons: OneOrMany::all(asked.reason),
        since: asked.since,
        // What comes later was not meant.
        until: Some(asked.until.map_or(now.plus_ms(1), |until| until.min(now.plus_ms(1)))),
        holding: gateway.endpoints.holding(now),
        on_their_way: gateway.endpoints.on_their_way(),
        ..DeliveryFilter::default()
    };
    let matched = gateway.store.count_deliveries(&filter).await?;
    if asked.dry_run {
        return Ok((StatusCode::OK, Json(Found { matched, queued: 0 })));
    }
    tokio::spawn(redeliver::redeliver_all(gateway, filter, asked.per_second));
    Ok((StatusCode::ACCEPTED, Json(Found { matched, queued: matched })))
}
