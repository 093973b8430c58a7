//! Redelivery and cancelling: what a person asks for one delivery, or for all that a filter finds.

use crate::committer::CommitError;
use crate::endpoints::Endpoint;
use crate::gateway::Gateway;
use crate::outbound::lane;
use crate::problem::Problem;
use crate::store::{DueDelivery, Redelivery, StoreError};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval};
use wire::{Delivery, DeliveryId, DeliveryStatus, Trigger};

/// Redeliveries of many that are under way at once; each reads page after page.
pub(crate) const MANY_AT_ONCE: usize = 10;
/// After the database failed to answer, when to ask again.
const AGAIN_MS: i64 = 1000;
/// Deliveries looked up at once.
const PAGE: u32 = 200;

/// Attempts a delivery once more, now: same event id, current secret and transform, paused endpoint or not.
pub async fn redeliver(gateway: &Gateway, id: &DeliveryId) -> Result<Delivery, Problem> {
    let endpoint = claim(gateway, id).await?;
    held(gateway, id, endpoint, redeliver_claimed).await
}

/// Ends a delivery that waits: nothing more is sent.
pub async fn cancel(gateway: &Gateway, id: &DeliveryId) -> Result<Delivery, Problem> {
    let endpoint = claim(gateway, id).await?;
    held(gateway, id, endpoint, cancel_claimed).await
}

/// Takes up the redeliveries of many that an earlier run, or a gateway that is gone, did not get through.
pub async fn go_on(gateway: &Gateway) -> Result<(), StoreError> {
    let asked = match gateway.cluster.node() {
        Some(node) => gateway.store.claim_redeliveries(&node).await?,
        None => gateway.store.redeliveries().await?,
    };
    for asked in asked {
        // Those of an earlier run go on even if they are more.
        let place = place(gateway);
        tokio::spawn(redeliver_all(gateway.clone(), asked, place));
    }
    Ok(())
}

/// A place for one more redelivery of many, if there is one.
pub fn place(gateway: &Gateway) -> Option<OwnedSemaphorePermit> {
    Arc::clone(&gateway.redelivering).try_acquire_owned().ok()
}

/// Redelivers all that a filter finds, newest first, at most so many a second if that is given. How far it is goes to
/// disk page by page: a gateway that starts again goes on there, and what it repeats is less than a page.
/// `_place` is held until it is through.
pub async fn redeliver_all(gateway: Gateway, mut asked: Redelivery, _place: Option<OwnedSemaphorePermit>) {
    let mut ticks = asked.per_second.map(|per_second| interval(Duration::from_secs_f64(1.0 / per_second)));
    if let Some(ticks) = &mut ticks {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    // Whoever ended this gateway takes it over.
    let node = gateway.cluster.node();
    let mut queued = 0_u64;
    while gateway.cluster.node() == node {
        let now = gateway.clock.now();
        asked.filter.holding = gateway.endpoints.holding(now);
        asked.filter.on_their_way = gateway.endpoints.on_their_way();
        let page = match gateway.store.deliveries(&asked.filter, PAGE, asked.reached.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, queued, "A redelivery of many waits after {queued}, and goes on: {error}");
                gateway.clock.sleep_until(gateway.clock.now().plus_ms(AGAIN_MS)).await;
                continue;
            }
        };
        for delivery in page.items {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            // One that was taken up or removed meanwhile is none of ours any more.
            if redeliver(&gateway, &delivery.id).await.is_ok() {
                queued += 1;
            }
        }
        asked.reached = page.next;
        if !note(&gateway, &asked).await {
            return;
        }
        if asked.reached.is_none() {
            let what = if queued == 1 { "delivery" } else { "deliveries" };
            tracing::info!(queued, "Redelivered {queued} {what}");
            return;
        }
    }
}

/// Stores how far it is; `false` if it is not this gateway's to go on with.
async fn note(gateway: &Gateway, asked: &Redelivery) -> bool {
    loop {
        let noted = if asked.reached.is_some() {
            gateway.committer.redelivery(asked.clone()).await
        } else {
            gateway.committer.redelivered(&asked.id).await
        };
        match noted {
            Ok(()) => return true,
            // Another has it, or it goes on at the next start, from the page before.
            Err(CommitError::Elsewhere | CommitError::Stopping) => return false,
            Err(CommitError::Busy | CommitError::Store(_)) => {
                tracing::warn!(
                    "How far a redelivery of many is could not be stored, and will be tried again"
                );
                gateway.clock.sleep_until(gateway.clock.now().plus_ms(AGAIN_MS)).await;
            }
        }
    }
}

/// Takes the delivery, so that nothing else is done with it meanwhile.
async fn claim(gateway: &Gateway, id: &DeliveryId) -> Result<Arc<Endpoint>, Problem> {
    let name = find(gateway, id).await?.delivery.endpoint;
    let Some(endpoint) = gateway.endpoints.get(&name) else {
        let detail = format!("the endpoint {name} is no longer configured; add it again to redeliver to it");
        return Err(Problem::new(StatusCode::CONFLICT, "endpoint_gone", detail));
    };
    if !endpoint.claim(id) {
        let detail = format!("{id} is being delivered right now");
        return Err(Problem::new(StatusCode::CONFLICT, "being_delivered", detail));
    }
    Ok(endpoint)
}

/// Does something with a delivery that is claimed, in a task of its own: it is done or given back, even if the client
/// hangs up.
async fn held<F>(
    gateway: &Gateway,
    id: &DeliveryId,
    endpoint: Arc<Endpoint>,
    work: impl FnOnce(Gateway, DeliveryId) -> F,
) -> Result<Delivery, Problem>
where
    F: Future<Output = Result<Delivery, Problem>> + Send + 'static,
{
    let (id, doing) = (id.clone(), work(gateway.clone(), id.clone()));
    let done = tokio::spawn(async move {
        let done = doing.await;
        if done.is_err() {
            endpoint.release(&id);
            // Its lane may have passed it over meanwhile.
            endpoint.tell(lane::Message::Doubt);
        }
        done
    });
    done.await.map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "nothing was done with the delivery")
    })?
}

/// Stores that the delivery, read anew now that nobody else has it, is to be attempted.
async fn redeliver_claimed(gateway: Gateway, id: DeliveryId) -> Result<Delivery, Problem> {
    let due = find(&gateway, &id).await?;
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

async fn cancel_claimed(gateway: Gateway, id: DeliveryId) -> Result<Delivery, Problem> {
    let delivery = find(&gateway, &id).await?.delivery;
    let from = delivery.status;
    if !from.is_open() {
        let detail = format!("{id} is {from}: only what waits can be cancelled");
        return Err(Problem::new(StatusCode::CONFLICT, "finished", detail));
    }
    let delivery = Delivery {
        status: DeliveryStatus::Cancelled,
        next_attempt_at: None,
        finished_at: Some(gateway.clock.now()),
        ..delivery
    };
    gateway.committer.cancel(delivery.clone(), from).await?;
    Ok(delivery)
}

/// The delivery with its event.
pub async fn find(gateway: &Gateway, id: &DeliveryId) -> Result<DueDelivery, Problem> {
    gateway.store.deliverable(id).await?.ok_or_else(|| Problem::not_found("delivery", id.as_str()))
}
