//! What PostgreSQL lets a gateway change, where many share it.

use crate::cases;
use crate::databases::Databases;
use server::store::{Change, DueDelivery, NewEvent, Outcome, Rare, Store, Writing, write_as};
use std::collections::HashSet;
use std::sync::Arc;
use wire::{Delivery, DeliveryStatus, Time, Trigger};

const LEASE_MS: i64 = 60_000;

/// Commits as this gateway. Gives the places of what was another's.
async fn write_by(store: &Store, node: &str, changes: &[Change]) -> HashSet<usize> {
    let (node, teller) = (node.into(), format!("{node}/0"));
    let writing = Writing { node, teller, works: true, number: None, in_full: false };
    write_as(store, Some(&writing), changes, &[]).await.unwrap().refused
}

fn outcome(new: &NewEvent, place: usize, status: DeliveryStatus) -> Change {
    let delivery = Delivery { status, attempts: 1, ..new.deliveries[place].clone() };
    let mut attempt = cases::failed_attempt(delivery.id.as_str(), &new.event.body);
    attempt.id = format!("att_{place}").parse().unwrap();
    Change::Outcome(Box::new(Outcome {
        delivery,
        next_trigger: Trigger::Schedule,
        attempt: Arc::new(attempt),
        same_body: true,
        from: DeliveryStatus::Pending,
    }))
}

/// It would wait for nobody.
#[tokio::test]
async fn a_gateway_that_was_ended_claims_nothing_by_a_redelivery() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    for node in ["node_here", "node_other"] {
        store.join(node, "one", true, LEASE_MS).await.unwrap();
    }
    let new = cases::event("evt_1", &["dlv_1", "dlv_2"]);
    write_by(&store, "node_here", &[Change::Accept(vec![new.clone()])]).await;
    let failed = [0, 1].map(|place| outcome(&new, place, DeliveryStatus::Failed));
    assert!(write_by(&store, "node_here", &failed).await.is_empty());
    for (place, node) in ["node_here", "node_ended"].into_iter().enumerate() {
        let delivery = Delivery { attempts: 1, ..new.deliveries[place].clone() };
        let due = DueDelivery { delivery, trigger: Trigger::Manual, event: Arc::clone(&new.event) };
        let asked = Change::Delivery(Box::new(due), DeliveryStatus::Failed);
        assert!(write_by(&store, node, &[asked]).await.is_empty());
    }
    let free = store.claim_manual("node_other", "crm", 10).await.unwrap();
    let free: Vec<&str> = free.iter().map(|due| due.delivery.id.as_str()).collect();
    assert_eq!(free, ["dlv_2"], "the other is its gateway's");
}

/// What was on its way when its endpoint was removed counts; but nothing more is tried.
#[tokio::test]
async fn of_what_is_cancelled_only_an_end_is_recorded() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    store.join("node_here", "one", true, LEASE_MS).await.unwrap();
    let new = cases::event("evt_1", &["dlv_1", "dlv_2", "dlv_3"]);
    write_by(&store, "node_here", &[Change::Accept(vec![new.clone()])]).await;
    let ids = new.deliveries.iter().map(|delivery| delivery.id.clone()).collect();
    write_by(&store, "node_here", &[Change::Rare(Rare::CancelOpen(ids, Time(5)))]).await;
    let ended = [DeliveryStatus::Delivered, DeliveryStatus::Retrying, DeliveryStatus::Failed];
    let outcomes: Vec<Change> =
        ended.into_iter().enumerate().map(|(place, status)| outcome(&new, place, status)).collect();
    assert_eq!(write_by(&store, "node_here", &outcomes).await, HashSet::from([1]));
    let mut stand = Vec::new();
    for delivery in &new.deliveries {
        stand.push(store.delivery(&delivery.id).await.unwrap().unwrap().0.status);
    }
    assert_eq!(stand, [DeliveryStatus::Delivered, DeliveryStatus::Cancelled, DeliveryStatus::Failed]);
}
