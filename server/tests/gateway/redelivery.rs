//! Redelivery: the same event once more, because a person asked.

use crate::support::{Gateway, Receiver, Watcher, event, standing_clock};
use serde_json::{Value, json};
use server::outbound::lane::Message;
use wire::{Delivery, DeliveryStatus, Trigger};

#[tokio::test]
async fn a_failed_delivery_goes_again_with_the_same_event_id() {
    let receiver = Receiver::start([500, 500]).await;
    let gateway = Gateway::start(json!({ "endpoints": [{
        "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] }))
    .await;
    let mut watcher = gateway.watch().await;
    let id = gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    let path = format!("/api/v1/deliveries/{}/redeliver", failed.id);

    let (status, answer) = gateway.post(&path, "").await;
    assert_eq!((status, answer["status"].as_str()), (202, Some("pending")));
    let again = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(again.attempts, 2, "one attempt, and its result is the delivery's");
    assert_eq!(gateway.post(&path, "").await.0, 202);
    let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!((delivered.id.clone(), delivered.attempts), (failed.id, 3));

    let got = receiver.got(3).await;
    assert!(got.iter().all(|request| request.header("x-openclaw-event-id") == id));
    let triggers: Vec<Trigger> = gateway
        .delivery(delivered.id.as_str())
        .await
        .attempt_log
        .iter()
        .map(|attempt| attempt.trigger)
        .collect();
    assert_eq!(triggers, [Trigger::Schedule, Trigger::Manual, Trigger::Manual]);
    assert_eq!(gateway.post("/api/v1/deliveries/dlv_none/redeliver", "").await.0, 404);
}

#[tokio::test]
async fn it_goes_while_paused_and_says_nothing_about_health() {
    let receiver = Receiver::start([500, 500]).await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["circuit"]["failures"], 1);
    assert_eq!(gateway.post("/api/v1/endpoints/crm/pause", "").await.1["state"], "paused");
    assert_eq!(gateway.post(&format!("/api/v1/deliveries/{}/redeliver", failed.id), "").await.0, 202);
    watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["circuit"]["failures"], 1);
}

#[tokio::test]
async fn what_is_on_its_way_is_not_sent_twice() {
    let receiver = Receiver::healthy().await;
    receiver.holds.send_replace(true);
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    receiver.got(1).await;
    let on_its_way = watcher.delivery(DeliveryStatus::Delivering).await;
    assert_eq!(gateway.deliveries("status=delivering").await.len(), 1);
    let (status, problem) =
        gateway.post(&format!("/api/v1/deliveries/{}/redeliver", on_its_way.id), "").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("being_delivered")));
    receiver.holds.send_replace(false);
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn of_two_clicks_one_sends() {
    let receiver = Receiver::start([500]).await;
    let (gateway, mut watcher, failed) = failed(&receiver).await;
    receiver.holds.send_replace(true);
    let path = format!("/api/v1/deliveries/{}/redeliver", failed.id);
    let (one, other) = tokio::join!(gateway.post(&path, ""), gateway.post(&path, ""));
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    receiver.holds.send_replace(false);
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(receiver.count(), 2);
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((endpoint["waiting"].as_u64(), endpoint["inFlight"].as_u64()), (Some(0), Some(0)));
}

#[tokio::test]
async fn one_that_was_asked_for_before_a_restart_goes_after_it_even_while_paused() {
    let receiver = Receiver::start([500]).await;
    let (gateway, _, failed) = failed(&receiver).await;
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    // As a gateway leaves it that ends between the answer and the attempt.
    let store = &gateway.server.gateway.store;
    let mut due = store.deliverable(&failed.id).await.unwrap().unwrap();
    due.delivery.status = DeliveryStatus::Pending;
    due.trigger = Trigger::Manual;
    let change = server::store::Change::Delivery(Box::new(due), DeliveryStatus::Failed);
    server::store::write(store, &[change], &[]).await.unwrap();
    let gateway = gateway.restart().await;
    let got = receiver.got(2).await;
    assert_eq!(got[1].header("x-openclaw-attempt"), "2");
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["state"], "paused");
}

/// A gateway whose one delivery to `receiver` was given up after one attempt.
async fn failed(receiver: &Receiver) -> (Gateway, Watcher, Delivery) {
    let gateway = Gateway::start(json!({ "endpoints": [{
        "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    (gateway, watcher, failed)
}

#[tokio::test]
async fn what_waits_can_be_cancelled_and_what_is_finished_cannot() {
    let receiver = Receiver::healthy().await;
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    gateway.event(&event("tool.called", "main")).await;
    let held = gateway.deliveries("status=held").await.remove(0);
    let path = format!("/api/v1/deliveries/{}/cancel", held.id);
    let (status, cancelled) = gateway.post(&path, "").await;
    assert_eq!((status, cancelled["status"].as_str()), (200, Some("cancelled")));
    assert_eq!(gateway.post(&path, "").await.1["code"], "finished");
    gateway.post("/api/v1/endpoints/crm/resume", "").await;
    gateway.event(&event("message.sent", "main")).await;
    assert_eq!(receiver.got(1).await[0].header("x-openclaw-event"), "message.sent");
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((endpoint["held"].as_u64(), endpoint["waiting"].as_u64()), (Some(0), Some(0)));
}

#[tokio::test]
async fn many_are_counted_first_and_then_go_again() {
    let receiver = Receiver::start([500, 500, 500]).await;
    let gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] }))
    .await;
    let mut watcher = gateway.watch().await;
    for event_type in ["tool.called", "tool.called", "message.sent"] {
        gateway.event(&event(event_type, "main")).await;
        watcher.delivery(DeliveryStatus::Failed).await;
    }
    let ask = |body: serde_json::Value| {
        let gateway = &gateway;
        async move { gateway.post("/api/v1/redeliveries", body.to_string()).await }
    };
    let dry = json!({ "type": "tool.called", "reason": ["http_5xx"], "endpoint": "crm", "dryRun": true });
    assert_eq!(ask(dry).await, (200, json!({ "matched": 2, "queued": 0 })));
    assert_eq!(ask(json!({ "type": "tool.called" })).await, (202, json!({ "matched": 2, "queued": 2 })));
    receiver.got(5).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(ask(json!({ "status": "failed", "dryRun": true })).await.1["matched"], 1);
    assert_eq!(ask(json!({ "since": "1h", "dryRun": true })).await.1["matched"], 1);
    assert_eq!(ask(json!({ "since": 5, "dryRun": true })).await.1["field"], "since");
    // Everything is not what nothing means.
    assert_eq!(ask(json!({ "dryRun": true })).await.1["field"], "status");
    assert_eq!(ask(json!({ "reason": "http_5x" })).await.1["field"], "reason");
    assert_eq!(ask(json!({ "endpoint": "nope" })).await.1["field"], "endpoint");
    assert_eq!(ask(json!({ "since": "2999-01-01T00:00:00Z" })).await.1["field"], "since");
    assert_eq!(ask(json!({ "status": "failed", "perSecond": 0 })).await.0, 422);
    assert_eq!(ask(json!({ "stauts": "failed" })).await.0, 422);

    let delivered = gateway.get("/api/v1/deliveries?status=delivered").await;
    let (id, event) = (&delivered["items"][0]["id"], &delivered["items"][0]["eventId"]);
    assert_eq!(ask(json!({ "ids": [id], "dryRun": true })).await.1["matched"], 1);
    assert_eq!(ask(json!({ "ids": [id], "status": "failed", "dryRun": true })).await.1["matched"], 0);
    assert_eq!(ask(json!({ "eventId": event, "dryRun": true })).await.1["matched"], 1);
    assert_eq!(ask(json!({ "q": "main", "agentId": "main", "dryRun": true })).await.1["matched"], 1);
    assert_eq!(ask(json!({ "agentId": "other", "dryRun": true })).await.1["matched"], 0);
    assert_eq!(ask(json!({ "ids": [] })).await.1["field"], "ids");
    assert_eq!(ask(json!({ "ids": ["no id"] })).await.1["field"], "ids");
    assert_eq!(ask(json!({ "ids": vec![id; 501] })).await.1["field"], "ids");
    assert_eq!(ask(json!({ "eventId": "no id" })).await.1["field"], "eventId");
    assert_eq!(ask(json!({ "q": "a\u{0}b" })).await.1["field"], "q");
    assert_eq!(ask(json!({ "ids": [id] })).await, (202, json!({ "matched": 1, "queued": 1 })));
    receiver.got(6).await;
}

#[tokio::test]
async fn many_go_on_where_they_were_after_a_restart() {
    let receiver = Receiver::start([500, 500, 500]).await;
    let gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] }))
    .await;
    let mut watcher = gateway.watch().await;
    for _ in 0..3 {
        gateway.event(&event("tool.called", "main")).await;
        watcher.delivery(DeliveryStatus::Failed).await;
    }
    // The first goes at once, the next a quarter of an hour later.
    let slowly = json!({ "status": "failed", "perSecond": 0.001 });
    assert_eq!(gateway.post("/api/v1/redeliveries", slowly.to_string()).await.0, 202);
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(receiver.count(), 4);
    let gateway = gateway.restart().await;
    receiver.got(5).await;
    let gateway = gateway.restart().await;
    receiver.got(6).await;
    let gateway = gateway.restart().await;
    assert_eq!(gateway.deliveries("status=failed").await.len(), 0);
    assert_eq!(receiver.count(), 6);
}

/// Each goes through the log page by page: ten at once, and the next is told when to come back.
#[tokio::test]
async fn so_many_redeliveries_of_many_are_under_way_at_once() {
    let receiver = Receiver::start([500, 500]).await;
    let (gateway, mut watcher, first) = failed(&receiver).await;
    gateway.event(&event("tool.called", "main")).await;
    let second = watcher.delivery(DeliveryStatus::Failed).await;
    // The second of each comes after a quarter of an hour.
    let slow = json!({ "ids": [first.id, second.id], "perSecond": 0.001 });
    let ask = || gateway.http.post(gateway.url("/api/v1/redeliveries")).body(slow.to_string()).send();
    for _ in 0..10 {
        assert_eq!(ask().await.unwrap().status(), 202);
    }
    let refused = ask().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "60"));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "too_many_redeliveries");
    let dry = json!({ "status": "failed", "dryRun": true });
    assert_eq!(gateway.post("/api/v1/redeliveries", dry.to_string()).await.0, 200, "asking is free");
}

/// A person has the delivery whose turn it would be to show how the endpoint is: the next one does. What was passed over goes
/// on if nothing comes of that, and does not if it was cancelled.
#[tokio::test]
async fn what_a_person_has_is_passed_over_and_goes_on_if_nothing_comes_of_it() {
    for is_cancelled in [false, true] {
        let receiver = Receiver::start([500; 10]).await;
        let gateway = Gateway::start_at(
            json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "concurrency": 1,
                "retry": { "maxAttempts": 1 } }] }),
            standing_clock(),
        )
        .await;
        let mut watcher = gateway.watch().await;
        let events: Vec<Value> = (0..12).map(|_| event("tool.called", "main")).collect();
        assert_eq!(gateway.post("/api/v1/events", json!({ "events": events }).to_string()).await.0, 202);
        for _ in 0..10 {
            watcher.delivery(DeliveryStatus::Failed).await;
        }
        let held = gateway.deliveries("status=held").await;
        let [next, first] = held.as_slice() else { panic!("two are held: {held:?}") };
        let crm = gateway.server.gateway.endpoints.get("crm").unwrap();
        assert!(crm.claim(&first.id), "as who redelivers or cancels it");
        gateway.clock.advance(30_000);
        assert_eq!(watcher.delivery(DeliveryStatus::Delivered).await.id, next.id);
        crm.release(&first.id);
        if is_cancelled {
            assert_eq!(gateway.post(&format!("/api/v1/deliveries/{}/cancel", first.id), "").await.0, 200);
            assert_eq!(watcher.delivery(DeliveryStatus::Cancelled).await.id, first.id);
        }
        crm.tell(Message::Doubt);
        let id = gateway.event(&event("tool.called", "main")).await;
        let mut goes = vec![id];
        if !is_cancelled {
            goes.push(first.event_id.to_string());
        }
        while !goes.is_empty() {
            let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
            let place = goes.iter().position(|id| *id == delivered.event_id.as_str());
            goes.remove(place.unwrap_or_else(|| panic!("{delivered:?}")));
        }
        assert_eq!(receiver.count(), if is_cancelled { 12 } else { 13 });
    }
}
