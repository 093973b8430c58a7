//! The configuration's file changes while the gateway runs.

use crate::support::{Gateway, Receiver, Watcher, event};
use serde_json::json;
use wire::{ConfigView, DeliveryStatus, Frame};

/// Waits until the file was read again, and gives what is in force then.
async fn next_config(gateway: &Gateway, watcher: &mut Watcher) -> ConfigView {
    // An endpoint that is gone takes too much with it to tell frame by frame: then there is a reset.
    watcher.find(|frame| matches!(frame, Frame::Config { .. } | Frame::Reset { .. }).then_some(())).await;
    serde_json::from_value(gateway.get("/api/v1/config").await).unwrap()
}

#[tokio::test]
async fn a_valid_edit_takes_effect_and_loses_nothing() {
    let (old, new) = (Receiver::healthy().await, Receiver::healthy().await);
    let mut gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": old.url(), "events": ["*"] },
        { "name": "gone", "url": old.url(), "events": ["tool.called"] }] }))
    .await;
    gateway.watch_file();
    let mut watcher = gateway.watch().await;
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    gateway.post("/api/v1/endpoints/gone/pause", "").await;
    gateway.event(&event("tool.called", "main")).await;

    gateway.write_file(&json!({ "endpoints": [
        { "name": "crm", "url": new.url(), "events": ["*"] },
        { "name": "extra", "url": new.url(), "events": ["message.sent"] }] }));
    assert_eq!(next_config(&gateway, &mut watcher).await.reload.error, None);
    gateway.post("/api/v1/endpoints/crm/resume", "").await;
    assert_eq!(new.got(1).await[0].header("x-openclaw-event"), "tool.called", "what waited goes the new way");
    assert_eq!(gateway.deliveries("status=cancelled&endpoint=gone").await.len(), 1);
    gateway.event(&event("message.sent", "main")).await;
    new.got(3).await;
    assert_eq!(old.count(), 0);
}

#[tokio::test]
async fn another_url_begins_anew_whatever_comes_back_from_the_one_before() {
    let (old, new) = (Receiver::start([503, 503]).await, Receiver::healthy().await);
    let to = |receiver: &Receiver| json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "retry": { "maxAttempts": 1 } }] });
    let mut gateway = Gateway::start(to(&old)).await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["state"], "degraded");
    old.holds.send_replace(true);
    gateway.event(&event("tool.called", "main")).await;
    old.got(2).await;

    gateway.reload(&to(&new)).await;
    gateway.webhooks = to(&new);
    old.holds.send_replace(false);
    watcher.delivery(DeliveryStatus::Failed).await;
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((endpoint["state"].as_str(), &endpoint["lastAttempt"]), (Some("idle"), &json!(null)));
    let gateway = gateway.restart().await;
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((endpoint["state"].as_str(), &endpoint["lastAttempt"]), (Some("idle"), &json!(null)));
    gateway.reload(&to(&old)).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["circuit"]["failures"], 2);
}

#[tokio::test]
async fn an_invalid_edit_is_refused_whole_and_shown() {
    let receiver = Receiver::healthy().await;
    let mut gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    gateway.watch_file();
    let mut watcher = gateway.watch().await;
    gateway.write_file(
        &json!({ "endpoints": [{ "name": "other", "url": receiver.url(), "events": ["tool.coled"] }] }),
    );
    let error = next_config(&gateway, &mut watcher).await.reload.error.unwrap();
    assert!(error.contains("tool.coled") && error.contains("webhooks.endpoints[0].events[0]"), "{error}");
    assert_eq!(gateway.get("/api/v1/config").await["reload"]["error"], error);
    gateway.event(&event("tool.called", "main")).await;
    receiver.got(1).await;
    // Mended, it is taken.
    gateway.write_file(
        &json!({ "endpoints": [{ "name": "other", "url": receiver.url(), "events": ["tool.called"] }] }),
    );
    assert_eq!(next_config(&gateway, &mut watcher).await.reload.error, None);
    assert_eq!(gateway.get("/api/v1/endpoints").await["items"][0]["name"], "other");
}
