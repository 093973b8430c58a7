//! `/api/v1/deliveries`: the log of deliveries, one with all its attempts, redelivery and cancelling.

use super::openapi::answers::{Missing, Stored, Unfit, Written};
use super::openapi::params::{self, Page};
use super::query::{self, Named, Query};
use crate::gateway::Gateway;
use crate::outbound::redeliver;
use crate::problem::Problem;
use crate::store::DeliveryFilter;
use axum::Json;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use wire::{Delivery, DeliveryDetail, DeliveryId, EventId, List};

/// A page of deliveries, newest first.
#[utoipa::path(
    get,
    path = "/deliveries",
    operation_id = "listDeliveries",
    tag = "Deliveries",
    params(params::Deliveries, Page),
    responses((status = 200, description = "A page.", body = List<Delivery>), Unfit, Stored),
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Delivery>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let now = gateway.clock.now();
    let filter = DeliveryFilter {
        ids: Vec::new(),
        statuses: query.many("status")?,
        endpoints: query.many("endpoint")?,
        types: query.many("type")?,
        agent_id: query.one("agentId")?,
        event_id: query.one::<EventId>("eventId")?.map(|id| id.to_string()),
        reasons: query.many("reason")?,
        text: query.one("q")?,
        since: query.time("since", now)?,
        until: query.time("until", now)?,
        holding: gateway.endpoints.holding(now),
        on_their_way: gateway.endpoints.on_their_way(),
    };
    let limit = query.limit()?;
    let after: Option<DeliveryId> = query::cursor(query.one("cursor")?)?;
    query.end()?;
    let after = after.as_ref().map(DeliveryId::as_str);
    let _place = gateway.questions.place(filter.text.is_some()).await?;
    let mut list = gateway.questions.store.deliveries(&filter, limit, after).await?;
    list.items = list.items.into_iter().map(|delivery| gateway.seen(delivery)).collect();
    Ok(Json(list))
}

/// One delivery, its event and every attempt.
#[utoipa::path(
    get,
    path = "/deliveries/{id}",
    operation_id = "getDelivery",
    tag = "Deliveries",
    params(("id" = DeliveryId, Path, description = "The delivery's id.", example = "dlv_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses((status = 200, description = "The delivery.", body = DeliveryDetail), Missing, Stored),
)]
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<Json<DeliveryDetail>, Problem> {
    let due = redeliver::find(&gateway, &read_id(&id)?).await?;
    let attempt_log = gateway.store.attempts(&due.delivery.id).await?;
    let event_id = due.event.id.as_str();
    let counts = gateway.store.delivery_counts(std::iter::once(event_id)).await?;
    let event = due.event.shown(counts.get(event_id).copied().unwrap_or_default());
    Ok(Json(DeliveryDetail { delivery: gateway.seen(due.delivery), event, attempt_log }))
}

/// Attempts a delivery once more, now: same event id, current secret and transform, paused endpoint or not.
#[utoipa::path(
    post,
    path = "/deliveries/{id}/redeliver",
    operation_id = "redeliver",
    tag = "Deliveries",
    params(("id" = DeliveryId, Path, description = "The delivery's id.", example = "dlv_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses(
        (status = 202, description = "It waits for its attempt.", body = Delivery),
        (status = 409, description = "`being_delivered` right now, or `endpoint_gone`.", body = wire::Problem),
        Missing,
        Written
    ),
)]
pub(super) async fn redeliver(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let delivery = redeliver::redeliver(&gateway, &read_id(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}

/// Ends a delivery that waits: nothing more is sent.
#[utoipa::path(
    post,
    path = "/deliveries/{id}/cancel",
    operation_id = "cancelDelivery",
    tag = "Deliveries",
    params(("id" = DeliveryId, Path, description = "The delivery's id.", example = "dlv_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses(
        (status = 200, description = "It is cancelled.", body = Delivery),
        (status = 409, description = "`finished` already, `being_delivered` right now, or `endpoint_gone`.", body = wire::Problem),
        Missing,
        Written
    ),
)]
pub(super) async fn cancel(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<Json<Delivery>, Problem> {
    Ok(Json(redeliver::cancel(&gateway, &read_id(&id)?).await?))
}

fn read_id(id: &str) -> Result<DeliveryId, Problem> {
    id.parse().map_err(|_| Problem::not_found("delivery", id))
}
