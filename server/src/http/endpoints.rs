//! `/api/v1/endpoints`: how each receiver does; making and changing, pausing, checking and testing them.

use super::query::{JsonBody, Named, Query};
use crate::endpoints::Endpoint;
use crate::gateway::Gateway;
use crate::health;
use crate::outbound::{deliver, subscribe};
use crate::problem::Problem;
use crate::store::Pause;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use wire::{Check, Delivery, EventId, EventType, List, SentRequest, Time};

/// How long a secret stays good after another took its place, unless told otherwise: a day.
const OVERLAP_SECONDS: u32 = 86_400;

/// The endpoints, by name.
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<wire::Endpoint>>, Problem> {
    let items = gateway.endpoints.all().values().map(|endpoint| gateway.endpoint(endpoint)).collect();
    Ok(Json(Query::new(query.as_deref()).page(items, |endpoint| &endpoint.name)?))
}

/// One endpoint.
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    Ok(Json(gateway.endpoint(&*find(&gateway, &name)?)))
}

/// Makes an endpoint, which then lives in the database.
pub(super) async fn make(
    State(gateway): State<Gateway>,
    JsonBody(definition): JsonBody<Value>,
) -> Result<(StatusCode, Json<wire::Endpoint>), Problem> {
    Ok((StatusCode::CREATED, Json(gateway.make_endpoint(definition).await?)))
}

/// Changes an endpoint that the API made.
pub(super) async fn change(
    State(gateway): State<Gateway>,
    Named(name): Named,
    JsonBody(patch): JsonBody<Value>,
) -> Result<Json<wire::Endpoint>, Problem> {
    Ok(Json(gateway.change_endpoint(&name, &patch).await?))
}

/// Removes an endpoint that the API made; what waits for it is cancelled.
pub(super) async fn remove(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<StatusCode, Problem> {
    gateway.remove_endpoint(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks an endpoint whether it answers; no event is sent.
pub(super) async fn check(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<Check>, Problem> {
    Ok(Json(health::check(&gateway, &*find(&gateway, &name)?).await?))
}

/// What a test is to be.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Test {
    #[serde(rename = "type")]
    event_type: Option<EventType>,
}

/// Sends an endpoint a sample event, signed like a real one.
pub(super) async fn test(
    State(gateway): State<Gateway>,
    Named(name): Named,
    JsonBody(test): JsonBody<Test>,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let endpoint = find(&gateway, &name)?;
    let first = endpoint.definition().config.events.first().copied();
    let event_type = test.event_type.or(first).unwrap_or(EventType::MessageSent);
    Ok((StatusCode::ACCEPTED, Json(gateway.test(&endpoint, event_type).await?)))
}

/// How a secret is to be changed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rotation {
    secret: Option<String>,
    overlap_seconds: Option<u32>,
}

/// The new secret: this answer is the only place where it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotated {
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_until: Option<Time>,
}

/// Gives an endpoint that the API made another secret.
pub(super) async fn rotate_secret(
    State(gateway): State<Gateway>,
    Named(name): Named,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    let overlap_ms = i64::from(rotation.overlap_seconds.unwrap_or(OVERLAP_SECONDS)) * 1000;
    let (secret, previous_until) = gateway.rotate_secret(&name, rotation.secret, overlap_ms).await?;
    Ok(Json(Rotated { secret, previous_until }))
}

/// What would be sent.
#[derive(Debug, Serialize)]
pub(super) struct Preview {
    matches: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<SentRequest>,
}

/// Shows what an endpoint would be sent for an event; nothing is sent or stored.
pub(super) async fn preview(
    State(gateway): State<Gateway>,
    Named(name): Named,
    body: Bytes,
) -> Result<Json<Preview>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Stored {
        event_id: EventId,
    }
    let endpoint = find(&gateway, &name)?;
    let event = if let Ok(Stored { event_id }) = serde_json::from_slice(&body) {
        let missing = || Problem::not_found("event", event_id.as_str());
        gateway.store.event(&event_id).await?.ok_or_else(missing)?
    } else {
        super::events::read_one(&gateway, body)?
    };
    let definition = endpoint.definition();
    let wants = subscribe::wants(&definition.config, &event);
    let request = deliver::preview(&definition.config, &Arc::new(event), gateway.clock.now());
    let why = wants
        .as_ref()
        .err()
        .cloned()
        .or_else(|| request.as_ref().err().map(|failure| failure.detail.clone()));
    Ok(Json(Preview { matches: wants.is_ok(), why, request: request.ok() }))
}

/// Holds an endpoint's deliveries until it is resumed.
pub(super) async fn pause(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    set(&gateway, &name, true).await
}

/// Sends what was held, oldest first.
pub(super) async fn resume(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    set(&gateway, &name, false).await
}

async fn set(gateway: &Gateway, name: &str, paused: bool) -> Result<Json<wire::Endpoint>, Problem> {
    let endpoint = find(gateway, name)?;
    let reason = paused.then(|| "paused by a person".to_owned());
    let since = gateway.clock.now();
    gateway.committer.pause(Pause { endpoint: name.to_owned(), paused, reason, since }).await?;
    Ok(Json(gateway.endpoint(&endpoint)))
}

fn find(gateway: &Gateway, name: &str) -> Result<Arc<Endpoint>, Problem> {
    gateway.endpoints.get(name).ok_or_else(|| Problem::not_found("endpoint", name))
}
