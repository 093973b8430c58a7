//! `/api/v1/endpoints`: how each receiver does; making and changing, pausing, checking and testing them.

pub(super) mod secrets;

use super::openapi::answers::{Missing, Stored, Unfit, Unread, Written};
use super::openapi::params::Page;
use super::openapi::shapes::{EndpointDefinition, EndpointPatch, Previewed};
use super::query::{JsonBody, Named, Query, cursor};
use crate::endpoints::Endpoint;
use crate::gateway::Gateway;
use crate::health;
use crate::outbound::{deliver, subscribe};
use crate::problem::Problem;
use crate::store::Pause;
use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use wire::{Check, Delivery, EventId, EventType, List, SentRequest};

/// The endpoints, by name.
#[utoipa::path(
    get,
    path = "/endpoints",
    operation_id = "listEndpoints",
    tag = "Endpoints",
    params(Page),
    responses((status = 200, description = "A page.", body = List<wire::Endpoint>), Unfit),
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<wire::Endpoint>>, Problem> {
    let items = gateway.endpoints.all().values().map(|endpoint| gateway.endpoint(endpoint)).collect();
    Ok(Json(Query::new(query.as_deref()).page(items, |endpoint| &endpoint.name)?))
}

/// One endpoint.
#[utoipa::path(
    get,
    path = "/endpoints/{name}",
    operation_id = "getEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses((status = 200, description = "The endpoint.", body = wire::Endpoint), Missing),
)]
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    Ok(Json(gateway.endpoint(&*find(&gateway, &name)?)))
}

/// Makes an endpoint, which then lives in the database.
#[utoipa::path(
    post,
    path = "/endpoints",
    operation_id = "makeEndpoint",
    tag = "Endpoints",
    request_body(content = EndpointDefinition, example = json!({
        "name": "crm",
        "url": "https://crm.example.com/hooks/openclaw",
        "secret": "whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh",
        "events": ["message.sent", "session.ended"],
        "filter": { "agentIds": ["support-bot"] },
        "headers": { "X-Team": "support" },
        "retry": { "maxAttempts": 3, "backoffMs": 1000 },
        "signing": "both"
    })),
    responses(
        (status = 201, description = "It is made, and gets deliveries from now on.", body = wire::Endpoint),
        (status = 409, description = "`name_taken`: there is one of this name.", body = wire::Problem),
        Unread,
        Written
    ),
)]
pub(super) async fn make(
    State(gateway): State<Gateway>,
    JsonBody(definition): JsonBody<Value>,
) -> Result<(StatusCode, Json<wire::Endpoint>), Problem> {
    Ok((StatusCode::CREATED, Json(gateway.make_endpoint(definition).await?)))
}

/// Changes an endpoint that the API made.
///
/// A merge patch: `null` takes a key away, what is not named stays, and so does a masked value.
#[utoipa::path(
    patch,
    path = "/endpoints/{name}",
    operation_id = "changeEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    request_body(content = EndpointPatch, example = json!({ "timeoutMs": 5000, "rateLimit": { "perSecond": 50 }, "filter": null })),
    responses(
        (status = 200, description = "It is changed.", body = wire::Endpoint),
        (status = 409, description = "`in_file`: the configuration's file has it; change it there.", body = wire::Problem),
        Missing,
        Unread,
        Written
    ),
)]
pub(super) async fn change(
    State(gateway): State<Gateway>,
    Named(name): Named,
    JsonBody(patch): JsonBody<Value>,
) -> Result<Json<wire::Endpoint>, Problem> {
    Ok(Json(gateway.change_endpoint(&name, &patch).await?))
}

/// Removes an endpoint that the API made; what waits for it is cancelled.
#[utoipa::path(
    delete,
    path = "/endpoints/{name}",
    operation_id = "removeEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "`in_file`: the configuration's file has it; change it there.", body = wire::Problem),
        Missing,
        Written
    ),
)]
pub(super) async fn remove(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<StatusCode, Problem> {
    gateway.remove_endpoint(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks an endpoint whether it answers; no event is sent.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/check",
    operation_id = "checkEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses((status = 200, description = "What was found.", body = Check), Missing, Written),
)]
pub(super) async fn check(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<Check>, Problem> {
    Ok(Json(health::check(&gateway, &*find(&gateway, &name)?).await?))
}

/// What checks of an endpoint found.
#[utoipa::path(
    get,
    path = "/endpoints/{name}/checks",
    operation_id = "listChecks",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook"), Page),
    responses((status = 200, description = "A page.", body = List<Check>), Missing, Unfit, Stored),
)]
pub(super) async fn checks(
    State(gateway): State<Gateway>,
    Named(name): Named,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Check>>, Problem> {
    find(&gateway, &name)?;
    let mut query = Query::new(query.as_deref());
    let limit = query.limit()?;
    let after = cursor(query.one("cursor")?)?;
    query.end()?;
    Ok(Json(gateway.questions.store.checks(&name, limit, after.as_ref()).await?))
}

/// What a test is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Test {
    /// The sample's type; the first that the endpoint wants when absent.
    #[serde(rename = "type")]
    event_type: Option<EventType>,
}

/// Sends an endpoint a sample event, signed like a real one.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/test",
    operation_id = "testEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    request_body(content = Test, example = json!({ "type": "message.sent" })),
    responses((status = 202, description = "The delivery; its attempt follows.", body = Delivery), Missing, Unread, Written),
)]
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

/// What would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preview {
    /// Whether the endpoint wants this event.
    matches: bool,
    /// Why not, or why no request can be made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The request, signature included.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<SentRequest>,
}

/// Shows what an endpoint would be sent for an event; nothing is sent or stored.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/preview",
    operation_id = "previewEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    request_body(
        content = Previewed,
        description = "An event, or the id of one that is here.",
        examples(
            ("event" = (summary = "Any event", value = json!({
                "type": "message.sent", "data": { "agentId": "support-bot", "message": { "content": "Hello" } }
            }))),
            ("stored" = (summary = "One that is here", value = json!({ "eventId": "evt_019cebe2b3407c1e9f0a5d3b7e61c824" })))
        )
    ),
    responses((status = 200, description = "What would be sent.", body = Preview), Missing, Unread, Stored),
)]
pub(super) async fn preview(
    State(gateway): State<Gateway>,
    Named(name): Named,
    body: Body,
) -> Result<Json<Preview>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Stored {
        event_id: EventId,
    }
    let endpoint = find(&gateway, &name)?;
    let body = super::events::whole(body).await?;
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
#[utoipa::path(
    post,
    path = "/endpoints/{name}/pause",
    operation_id = "pauseEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses((status = 200, description = "It is paused.", body = wire::Endpoint), Missing, Written),
)]
pub(super) async fn pause(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    set(&gateway, &name, true).await
}

/// Sends what was held, oldest first. An open circuit lets the next delivery try at once.
#[utoipa::path(
    post,
    path = "/endpoints/{name}/resume",
    operation_id = "resumeEndpoint",
    tag = "Endpoints",
    params(("name" = String, Path, description = "The endpoint's name.", example = "main-webhook")),
    responses((status = 200, description = "It is no longer paused.", body = wire::Endpoint), Missing, Written),
)]
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
    gateway.endpoints.find(name)
}
