//! `/api/v1/redeliveries`: redelivering all that a filter finds.

use super::openapi::answers::{Unread, Written};
use super::openapi::shapes::OneOrMany;
use super::query::{JsonBody, MOST_VALUES, check_text, invalid, moment};
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
use utoipa::ToSchema;
use wire::{DeliveryId, DeliveryStatus, EventId, EventType, Reason, Time};

/// Which deliveries, and how fast. Each word may be one or a list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    /// These, at most 500.
    #[schema(value_type = Option<OneOrMany<DeliveryId>>, inline)]
    ids: Option<Value>,
    /// `failed`, unless told otherwise; whatever its status, where `ids` or `eventId` name it.
    #[schema(value_type = Option<OneOrMany<DeliveryStatus>>, inline)]
    status: Option<Value>,
    /// For these endpoints.
    #[schema(value_type = Option<OneOrMany<String>>, inline)]
    endpoint: Option<Value>,
    /// Of events of these types.
    #[schema(value_type = Option<OneOrMany<EventType>>, inline)]
    #[serde(rename = "type")]
    event_type: Option<Value>,
    /// Whose last attempt failed so.
    #[schema(value_type = Option<OneOrMany<Reason>>, inline)]
    reason: Option<Value>,
    /// Of events of this agent.
    agent_id: Option<String>,
    /// Of this event.
    #[schema(value_type = Option<EventId>)]
    event_id: Option<String>,
    /// With this in its id, its event's id or its event's text.
    q: Option<String>,
    /// From then on, as RFC 3339.
    #[schema(value_type = Option<Time>)]
    since: Option<Value>,
    /// Before then; at most now.
    #[schema(value_type = Option<Time>)]
    until: Option<Value>,
    /// Whether to say only how many that would be.
    #[serde(default)]
    dry_run: bool,
    /// At most so many a second; as fast as each endpoint takes them when absent.
    #[schema(minimum = 0.001, maximum = 10_000)]
    per_second: Option<f64>,
}

/// Ids that one request may name: as many as a page of a list has at most.
const IDS: usize = 500;

impl Asked {
    /// Whether it says which deliveries at all.
    fn narrows(&self) -> bool {
        let lists = [&self.ids, &self.status, &self.endpoint, &self.event_type, &self.reason];
        lists.iter().any(|given| given.is_some())
            || self.since.is_some()
            || self.until.is_some()
            || self.agent_id.is_some()
            || self.event_id.is_some()
            || self.q.is_some()
    }
}

/// The words of a field, each of which must be known.
fn words<T: FromStr<Err: Display>>(name: &str, given: Option<&Value>) -> Result<Vec<T>, Problem> {
    at_most(MOST_VALUES, name, given)
}

fn at_most<T: FromStr<Err: Display>>(
    most: usize,
    name: &str,
    given: Option<&Value>,
) -> Result<Vec<T>, Problem> {
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
    if texts.len() > most {
        return Err(wrong(&format!("may name at most {most}")));
    }
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
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Found {
    /// How many the filter finds.
    matched: u64,
    /// How many of them are redelivered.
    queued: u64,
}

/// Redelivers everything that matches, or (`dryRun`) says how much that would be.
#[utoipa::path(
    post,
    path = "/redeliveries",
    operation_id = "redeliverMany",
    tag = "Deliveries",
    request_body(
        content = Asked,
        examples(
            ("dry-run" = (summary = "How many would that be?", value = json!({ "status": "failed", "since": "2026-03-14T10:30:00Z", "dryRun": true }))),
            ("for-good" = (summary = "What one endpoint gave up, at five a second", value = json!({
                "status": "failed", "endpoint": "main-webhook", "reason": ["timeout", "http_5xx"], "perSecond": 5
            })))
        )
    ),
    responses(
        (status = 200, description = "With `dryRun`: nothing was queued.", body = Found),
        (status = 202, description = "They are redelivered from now on.", body = Found),
        (status = 429, description = "`too_many_redeliveries` are under way: come back after `Retry-After` seconds.", body = wire::Problem),
        Unread,
        Written
    ),
)]
pub(super) async fn ask(
    State(gateway): State<Gateway>,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<(StatusCode, Json<Found>), Problem> {
    if asked.per_second.is_some_and(|per_second| !(0.001..=10_000.0).contains(&per_second)) {
        return Err(invalid("perSecond", &"must be 0.001 to 10000"));
    }
    if !asked.narrows() {
        let detail = "is missing: name at least one of status, ids, endpoint, type, reason, agentId, eventId, q, since and \
                      until; \"status\": \"failed\" stands for everything that was given up";
        return Err(invalid("status", &detail));
    }
    let ids: Vec<DeliveryId> = at_most(IDS, "ids", asked.ids.as_ref())?;
    if asked.ids.is_some() && ids.is_empty() {
        return Err(invalid("ids", &format!("must be 1 to {IDS} ids")));
    }
    let mut statuses = words("status", asked.status.as_ref())?;
    if statuses.is_empty() && ids.is_empty() && asked.event_id.is_none() {
        statuses.push(DeliveryStatus::Failed);
    }
    let endpoints: Vec<String> = words("endpoint", asked.endpoint.as_ref())?;
    if let Some(unknown) = endpoints.iter().find(|name| gateway.endpoints.get(name).is_none()) {
        return Err(invalid("endpoint", &format!("names {unknown}, but there is no endpoint of that name")));
    }
    for (name, given) in [("agentId", &asked.agent_id), ("eventId", &asked.event_id), ("q", &asked.q)] {
        check_text(name, given.as_deref().unwrap_or_default())?;
    }
    let event_id = asked.event_id.map(|id| id.parse::<EventId>().map_err(|error| invalid("eventId", &error)));
    let event_id = event_id.transpose()?.map(|id| id.to_string());
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
        ids,
        endpoints,
        agent_id: asked.agent_id,
        event_id,
        text: asked.q.filter(|text| !text.is_empty()),
        types: words("type", asked.event_type.as_ref())?,
        reasons: words("reason", asked.reason.as_ref())?,
        since,
        until: Some(until),
        holding: gateway.endpoints.holding(now),
        on_their_way: gateway.endpoints.on_their_way(),
    };
    let place = gateway.questions.place(filter.text.is_some()).await?;
    let matched = gateway.questions.store.count_deliveries(&filter).await?;
    drop(place);
    if asked.dry_run {
        return Ok((StatusCode::OK, Json(Found { matched, queued: 0 })));
    }
    let place = redeliver::place(&gateway).ok_or_else(|| {
        let detail = "so many redeliveries of many are under way that no other is begun; wait until one is through, or ask for \
                      one with all that is meant";
        Problem::busy("too_many_redeliveries", detail, 60)
    })?;
    let id = gateway.clock.new_id::<wire::kinds::Delivery>().as_str().replace("dlv_", "rdl_");
    let asked = Redelivery { id, filter, per_second: asked.per_second, reached: None };
    gateway.committer.redelivery(asked.clone()).await?;
    tokio::spawn(redeliver::redeliver_all(gateway, asked, Some(place)));
    Ok((StatusCode::ACCEPTED, Json(Found { matched, queued: matched })))
}
