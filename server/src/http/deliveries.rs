//! `/api/v1/deliveries`: the log of deliveries, one with all its attempts, and redelivery.

use super::query::{self, Named, Query};
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::store::{DeliveryFilter, DueDelivery};
use axum::Json;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use wire::{Delivery, DeliveryDetail, DeliveryId, DeliveryStatus, List, Trigger};

/// A page of deliveries, newest first.
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Delivery>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let now = gateway.clock.now();
    let filter = DeliveryFilter {
        statuses: query.many("status")?,
        endpoints: query.many("endpoint")?,
        types: query.many("type")?,
        agent_id: query.one("agentId")?,
        event_id: query.one("eventId")?,
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
    let mut list = gateway.store.deliveries(&filter, limit, after).await?;
    list.items = list.items.into_iter().map(|delivery| gateway.seen(delivery)).collect();
    Ok(Json(list))
}

/// One delivery, its event and every attempt.
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<Json<DeliveryDetail>, Problem> {
    let due = find(&gateway, &id).await?;
    let attempt_log = gateway.store.attempts(&due.delivery.id).await?;
    let event_id = due.event.id.as_str();
    let counts = gateway.store.delivery_counts(std::iter::once(event_id)).await?;
    let event = due.event.shown(counts.get(event_id).copied().unwrap_or_default());
    Ok(Json(DeliveryDetail { delivery: gateway.seen(due.delivery), event, attempt_log }))
}

/// Attempts a delivery once more, now: same event id, current secret and transform, paused endpoint or not.
pub(super) async fn redeliver(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let name = find(&gateway, &id).await?.delivery.endpoint;
    let Some(endpoint) = gateway.endpoints.get(&name).cloned() else {
        let detail = format!("the endpoint {name} is no longer configured; add it again to redeliver to it");
        return Err(Problem::new(StatusCode::CONFLICT, "endpoint_gone", detail));
    };
    let delivery_id: DeliveryId = id.parse().map_err(|_| Problem::not_found("delivery", &id))?;
    if !endpoint.claim(&delivery_id) {
        let detail = format!("{id} is being delivered right now");
        return Err(Problem::new(StatusCode::CONFLICT, "being_delivered", detail));
    }
    // A task of its own: what is claimed is sent or given back, even if the client hangs up.
    let asked = tokio::spawn(async move {
        let asked = ask(&gateway, &id).await;
        if asked.is_err() {
            endpoint.release(&delivery_id);
        }
        asked
    });
    let delivery = asked.await.map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the redelivery was not asked for")
    })??;
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}

/// Stores that the delivery, read anew now that nobody else has it, is to be attempted.
async fn ask(gateway: &Gateway, id: &str) -> Result<Delivery, Problem> {
    let due = find(gateway, id).await?;
    let from = due.delivery.status;
    let delivery = Delivery {
        status: DeliveryStatus::Pending,
        next_attempt_at: None,
        finished_at: None,
        ..due.delivery
    };
    let due = DueDelivery { delivery: delivery.clone(), trigger: Trigger::Manual, event: due.event };
    gateway.committer.redeliver(due, from).await?;
    Ok(delivery)
}

async fn find(gateway: &Gateway, id: &str) -> Result<DueDelivery, Problem> {
    let missing = || Problem::not_found("delivery", id);
    let delivery_id: DeliveryId = id.parse().map_err(|_| missing())?;
    gateway.store.deliverable(&delivery_id).await?.ok_or_else(missing)
}
