//! The states of a delivery, walked at random: whatever answers come and whatever people do, in any order, a delivery is
//! always in one of its states, got there by one of its ways, and the endpoint's counts agree.

use crate::support::{Gateway, Receiver, event, standing_clock};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use wire::{Delivery, DeliveryStatus};

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// An event is posted.
    Post,
    /// The receiver will answer its next request so.
    Answer(u16),
    /// Time passes.
    Wait(i64),
    Pause,
    Resume,
    /// A person asks for one of the deliveries, counted from the newest, once more.
    Redeliver(usize),
    Cancel(usize),
    /// The gateway ends and starts again.
    Restart,
    /// The configuration changes: the endpoint is off, or on.
    Enable(bool),
    /// The endpoint is removed, and made again.
    Replace,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Post),
        4 => prop_oneof![Just(200_u16), Just(500), Just(503), Just(404), Just(410)].prop_map(Step::Answer),
        3 => (1_i64..120_000).prop_map(Step::Wait),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        2 => (0_usize..4).prop_map(Step::Redeliver),
        1 => (0_usize..4).prop_map(Step::Cancel),
        1 => Just(Step::Restart),
        1 => any::<bool>().prop_map(Step::Enable),
        1 => Just(Step::Replace),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_leaves_the_states(steps in prop::collection::vec(step(), 10..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(walk(steps));
    }
}

async fn walk(steps: Vec<Step>) {
    let receiver = Receiver::healthy().await;
    let mut gateway = Gateway::start_at(json!({ "endpoints": [] }), standing_clock()).await;
    make(&gateway, &receiver).await;
    let mut before = HashMap::new();
    for step in &steps {
        if matches!(step, Step::Restart) {
            gateway = gateway.restart().await;
        }
        let asked = act(&gateway, &receiver, step, &before).await;
        let after = settled(&gateway).await;
        for (id, delivery) in &after {
            check(delivery, gateway.clock.now());
            if let Some(earlier) = before.get(id) {
                check_way(earlier, delivery, asked.as_deref() == Some(id), step);
            }
        }
        assert!(before.keys().all(|id| after.contains_key(id)), "{step:?}: a delivery is gone");
        before = after;
    }
    gateway.server.stop().await;
}

async fn make(gateway: &Gateway, receiver: &Receiver) {
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"],
        "retry": { "maxAttempts": 3, "backoffMs": 10_000 }, "healthCheck": { "enabled": false } });
    let (status, answer) = gateway.post("/api/v1/endpoints", definition.to_string()).await;
    assert_eq!(status, 201, "{answer}");
}

/// Does the step; gives the delivery that a person asked for, if any.
async fn act(
    gateway: &Gateway,
    receiver: &Receiver,
    step: &Step,
    before: &HashMap<String, Delivery>,
) -> Option<String> {
    let nth = |back: &usize| {
        let mut ids: Vec<&String> = before.keys().collect();
        ids.sort();
        ids.into_iter().rev().nth(*back).cloned()
    };
    match step {
        Step::Post => drop(gateway.event(&event("tool.called", "main")).await),
        Step::Answer(status) => receiver.answer_next(*status),
        Step::Wait(ms) => gateway.clock.advance(*ms),
        Step::Pause => drop(gateway.post("/api/v1/endpoints/crm/pause", "").await),
        Step::Resume => drop(gateway.post("/api/v1/endpoints/crm/resume", "").await),
        Step::Redeliver(back) => {
            let id = nth(back)?;
            let (status, _) = gateway.post(&format!("/api/v1/deliveries/{id}/redeliver"), "").await;
            assert_eq!(status, 202);
            return Some(id);
        }
        Step::Cancel(back) => {
            let id = nth(back)?;
            let (status, answer) = gateway.post(&format!("/api/v1/deliveries/{id}/cancel"), "").await;
            assert_eq!(status, if before[&id].status.is_open() { 200 } else { 409 }, "{answer}");
            return Some(id);
        }
        Step::Restart => {}
        Step::Enable(enabled) => {
            let patch = json!({ "enabled": enabled });
            assert_eq!(gateway.patch("/api/v1/endpoints/crm", &patch).await.0, 200);
        }
        Step::Replace => {
            assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
            make(gateway, receiver).await;
        }
    }
    None
}

/// Every delivery, once nothing moves that only needs the gateway to move and the endpoint counts what there is: a list
/// may be a moment ahead of the counts, never for long.
async fn settled(gateway: &Gateway) -> HashMap<String, Delivery> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let all = gateway.deliveries("limit=500").await;
        let endpoint = gateway.get("/api/v1/endpoints/crm").await;
        let now = gateway.clock.now();
        let moves = |delivery: &Delivery| match delivery.status {
            DeliveryStatus::Pending | DeliveryStatus::Delivering => true,
            DeliveryStatus::Retrying => delivery.next_attempt_at.is_none_or(|due| due <= now),
            _ => false,
        };
        if !all.iter().any(moves) && counts_agree(&endpoint, &all) {
            return all.into_iter().map(|delivery| (delivery.id.to_string(), delivery)).collect();
        }
        assert!(Instant::now() < deadline, "these do not settle: {all:?} {endpoint}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn counts_agree(endpoint: &Value, deliveries: &[Delivery]) -> bool {
    let count = |key: &str| endpoint[key].as_u64().unwrap();
    let open = deliveries.iter().filter(|delivery| delivery.status.is_open()).count() as u64;
    let held = deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Held).count() as u64;
    count("waiting") + count("held") + count("inFlight") == open && count("held") == held
}

/// A delivery says what its state says.
fn check(delivery: &Delivery, now: wire::Time) {
    let finished = !delivery.status.is_open();
    assert_eq!(delivery.finished_at.is_some(), finished, "{delivery:?}");
    match delivery.status {
        DeliveryStatus::Retrying => {
            assert!(delivery.next_attempt_at.is_some_and(|due| due > now), "{delivery:?}");
            assert!(delivery.attempts < delivery.max_attempts, "{delivery:?}");
        }
        DeliveryStatus::Delivered => assert_eq!(delivery.last_status_code, Some(200), "{delivery:?}"),
        DeliveryStatus::Failed => assert!(delivery.last_reason.is_some(), "{delivery:?}"),
        _ => {}
    }
    if finished {
        assert_eq!(delivery.next_attempt_at, None, "{delivery:?}");
    }
}

/// It got here by one of the ways: what is finished stays so unless a person asks, and attempts only grow.
fn check_way(from: &Delivery, to: &Delivery, asked: bool, step: &Step) {
    use DeliveryStatus::{Cancelled, Delivered, Failed, Held, Retrying};
    let way = format!("{step:?}: {:?} -> {:?}", from.status, to.status);
    assert!(to.attempts >= from.attempts, "{way}: attempts went back");
    let fine = match (from.status, to.status) {
        (same, now) if same == now => true,
        (Delivered | Failed | Cancelled, Delivered | Failed) => asked && matches!(step, Step::Redeliver(_)),
        (Delivered | Failed | Cancelled, _) => false,
        (_, Cancelled) => matches!(step, Step::Cancel(_) | Step::Replace),
        (Held | Retrying, Held | Retrying | Delivered | Failed) => true,
        _ => false,
    };
    assert!(fine, "{way} is no way");
    if asked && matches!(step, Step::Redeliver(_)) {
        assert_eq!(to.attempts, from.attempts + 1, "{way}: a redelivery is one attempt");
    }
}
