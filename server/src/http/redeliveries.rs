//! `/api/v1/redeliveries`: redelivering all that a filter finds.

use super::query::{JsonBody, invalid, moment};
use crate::gateway::Gateway;
use crate::outbound::redeliver;
use crate::problem::Problem;
use crate::store::{DeliveryFilter, Redelivery};
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;
use wire::{DeliveryStatus, Time};

/// Which deliveries, and how fast. Each word may be one or a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    /// `failed`, unless told otherwise.
    status: Option<Value>,
    endpoint: Option<Value>,
    #[serde(rename = "type")]
    event_type: Option<Value>,
    reason: Option<Value>,
    since: Option<Value>,
    until: Option<Value>,
    #[serde(default)]
    dry_run: bool,
    per_second: Option<f64>,
}

/// The words of a field, each of which must be known.
fn words<T: FromStr<Err: Display>>(name: &str, given: Option<&Value>) -> Result<Vec<T>, Problem> {
    let wrong = |detail: &dyn Display| invalid(name, detail);
    let texts: Vec<&str> = match given {
        None => Vec::new(),
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts
            .iter()
            .map(|text| text.as_str().ok_or_else(|| wrong(&"must be a text or a list of texts")))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong(&"must be a text or a list of texts")),
    };
    texts.into_iter().map(|text| text.parse().map_err(|error: T::Err| wrong(&error))).collect()
}

fn time(name: &str, given: Option<&Value>, now: Time) -> Result<Option<Time>, Problem> {
    match given {
        None => Ok(None),
        Some(Value::String(text)) => moment(name, text, now).map(Some),
        Some(_) => Err(invalid(name, &"must be a text: a time, or a span such as 5m, 1h or 7d")),
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
    let narrows =
        [&asked.status, &asked.endpoint, &asked.event_type, &asked.reason, &asked.since, &asked.until];
    if narrows.iter().all(|given| given.is_none()) {
        let detail = "is missing: name at least one of status, endpoint, type, reason, since and until; \"status\": \
                      \"failed\" stands for everything that was given up";
        return Err(invalid("status", &detail));
    }
    let mut statuses = words("status", asked.status.as_ref())?;
    if statuses.is_empty() {
        statuses.push(DeliveryStatus::Failed);
    }
    let endpoints: Vec<String> = words("endpoint", asked.endpoint.as_ref())?;
    if let Some(unknown) = endpoints.iter().find(|name| gateway.endpoints.get(name).is_none()) {
        return Err(invalid("endpoint", &format!("names {unknown}, but there is no endpoint of that name")));
    }
    let now = gateway.clock.now();
    let (since, until) =
        (time("since", asked.since.as_ref(), now)?, time("until", asked.until.as_ref(), now)?);
    // What comes later was not meant.
    let until = until.map_or(now.plus_ms(1), |until| until.min(now.plus_ms(1)));
    if since.is_some_and(|since| since >= until) {
        return Err(invalid("since", &"must be before until, and before now"));
    }
    let filter = DeliveryFilter {
        statuses,
        endpoints,
        types: words("type", asked.event_type.as_ref())?,
        reasons: words("reason", asked.reason.as_ref())?,
        since,
        until: Some(until),
        holding: gateway.endpoints.holding(now),
        on_their_way: gateway.endpoints.on_their_way(),
        ..DeliveryFilter::default()
    };
    let matched = gateway.store.count_deliveries(&filter).await?;
    if asked.dry_run {
        return Ok((StatusCode::OK, Json(Found { matched, queued: 0 })));
    }
    let id = gateway.clock.new_id::<wire::kinds::Delivery>().as_str().replace("dlv_", "rdl_");
    let asked = Redelivery { id, filter, per_second: asked.per_second, reached: None };
    gateway.committer.redelivery(asked.clone()).await?;
    tokio::spawn(redeliver::redeliver_all(gateway, asked));
    Ok((StatusCode::ACCEPTED, Json(Found { matched, queued: matched })))
}
