//! `/api/v1/events`: posting events, and reading them back.

use super::openapi::answers::{Missing, Stored, Unfit, Unread, Written};
use super::openapi::params::{self, Page};
use super::openapi::shapes::{Posting, Taken};
use super::query::{self, Named, Query, invalid};
use crate::gateway::Gateway;
use crate::outbound::ingest::{self, Defaults, Posted};
use crate::problem::Problem;
use crate::store::{EventFilter, StoredEvent};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{AcceptedEvents, Event, EventId, List, Time};

/// Takes one event or a batch; answers 202 when they and their deliveries are on disk.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "postEvents",
    tag = "Events",
    request_body(
        content = Posting,
        description = "One event, or several at once.",
        examples(
            ("event" = (summary = "One event", value = json!({
                "id": "evt_019cebe2b3407c1e9f0a5d3b7e61c824",
                "type": "message.sent",
                "timestamp": "2026-03-14T10:30:00Z",
                "instanceId": "node-1",
                "data": { "agentId": "support-bot", "message": { "role": "assistant", "content": "Your refund is on its way." } }
            }))),
            ("events" = (summary = "Several, with what can be filled in left out", value = json!({
                "events": [
                    { "type": "tool.called", "data": { "agentId": "support-bot", "tool": { "name": "orders" } } },
                    { "type": "tool.completed", "data": { "agentId": "support-bot", "tool": { "name": "orders", "success": true } } }
                ],
                "dropped": 0
            })))
        )
    ),
    responses((status = 202, description = "On disk, with their deliveries.", body = Taken), Unread, Written),
)]
pub(super) async fn post(State(gateway): State<Gateway>, body: Body) -> Result<Response, Problem> {
    let body = whole(body).await?;
    let defaults = Defaults {
        clock: &gateway.clock,
        instance_id: &gateway.server.instance_id,
        most_bytes: gateway.config().retention.max_payload_bytes,
    };
    match ingest::read(body, &defaults)? {
        Posted::One(event) => {
            let accepted = gateway.accept_posted(vec![event]).await?.pop().ok_or_else(nothing)?;
            Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
        }
        Posted::Many { events, dropped } => {
            // Programs post in batches, and the plugin is one.
            gateway.desk.note_plugin(gateway.clock.now());
            let events = if events.is_empty() { Vec::new() } else { gateway.accept_posted(events).await? };
            // Only now: who is refused says it again.
            gateway.note_dropped(dropped);
            Ok((StatusCode::ACCEPTED, Json(AcceptedEvents { events })).into_response())
        }
    }
}

/// A body that holds events, whole.
pub(super) async fn whole(body: Body) -> Result<Bytes, Problem> {
    query::whole(&query::ROOM, body, ingest::MOST_BYTES, "; post fewer events at once").await
}

/// Reads one event that is not to be stored.
pub(super) fn read_one(gateway: &Gateway, body: Bytes) -> Result<StoredEvent, Problem> {
    let defaults = Defaults {
        clock: &gateway.clock,
        instance_id: &gateway.server.instance_id,
        most_bytes: gateway.config().retention.max_payload_bytes,
    };
    match ingest::read(body, &defaults)? {
        Posted::One(event) => Ok(event),
        Posted::Many { .. } => {
            Err(Problem::unprocessable("invalid_event", "events", "one event at a time can be shown"))
        }
    }
}

/// A page of events, newest first.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "listEvents",
    tag = "Events",
    params(params::Events, Page),
    responses((status = 200, description = "A page.", body = List<Event>), Unfit, Stored),
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Event>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let now = gateway.clock.now();
    let filter = EventFilter {
        types: query.many("type")?,
        agent_id: query.one("agentId")?,
        text: query.one("q")?,
        since: query.time("since", now)?,
        until: query.time("until", now)?,
    };
    let limit = query.limit()?;
    let cursor: Option<String> = query.one("cursor")?;
    query.end()?;
    let after = cursor.as_deref().map(read_cursor).transpose()?;
    let _place = gateway.questions.place(filter.text.is_some()).await?;
    Ok(Json(gateway.questions.store.events(&filter, limit, after).await?))
}

/// One event.
#[utoipa::path(
    get,
    path = "/events/{id}",
    operation_id = "getEvent",
    tag = "Events",
    params(("id" = EventId, Path, description = "The event's id.", example = "evt_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses((status = 200, description = "The event.", body = Event), Missing, Stored),
)]
pub(super) async fn one(State(gateway): State<Gateway>, Named(id): Named) -> Result<Json<Event>, Problem> {
    let missing = || Problem::not_found("event", &id);
    let event_id: EventId = id.parse().map_err(|_| missing())?;
    let event = gateway.store.event(&event_id).await?.ok_or_else(missing)?;
    let counts = gateway.store.delivery_counts(std::iter::once(event_id.as_str())).await?;
    Ok(Json(event.shown(counts.get(event_id.as_str()).copied().unwrap_or_default())))
}

fn read_cursor(cursor: &str) -> Result<(Time, &str), Problem> {
    cursor
        .split_once('_')
        .and_then(|(time, id)| Some((Time(time.parse().ok()?), id)))
        .ok_or_else(|| invalid("cursor", &"is none that this list gave"))
}

fn nothing() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "database_failed", "the database gave no answer")
}
