//! One gateway stops for longer than its lease: the others take over, and what it brings afterwards counts for nothing.

use crate::database_server;
use crate::gateway::Place;
use crate::receiver::Receiver;
use crate::until;
use serde_json::json;
use wire::DeliveryStatus;

#[tokio::test]
async fn a_gateway_that_slept_too_long_records_nothing() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place = Place::new(
        server.create("fencing"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "timeoutMs": 60_000 }]),
    );
    let sleeper = place.start("sleeper").await;
    receiver.stalls.send_replace(true);
    let ids: Vec<String> = (0..5).map(|number| format!("evt_{number}")).collect();
    for id in &ids {
        sleeper.post(id).await;
    }
    until("five requests on their way", async || (receiver.at_once() == 5).then_some(())).await;
    sleeper.signal("STOP");
    let other = place.start("other").await;
    // It takes over what the sleeper has, and sends it again: nobody can know how the first requests end.
    until("the same five from the other", async || (receiver.at_once() == 10).then_some(())).await;
    receiver.stalls.send_replace(false);
    for id in &ids {
        until("a delivery by the other", async || {
            (other.delivery_of(id).await.delivery.status == DeliveryStatus::Delivered).then_some(())
        })
        .await;
    }
    sleeper.signal("CONT");
    until("that the sleeper knows", async || sleeper.log().contains("begins anew").then_some(())).await;
    until("that its outcomes are refused", async || {
        (sleeper.log().matches("is not recorded").count() == 5).then_some(())
    })
    .await;
    for id in &ids {
        let found = other.delivery_of(id).await;
        let nodes: Vec<&str> = found.attempt_log.iter().map(|attempt| attempt.node_id.as_str()).collect();
        assert_eq!(nodes, ["other"], "{id}");
    }
    // Awake, it works like any other.
    sleeper.post("evt_later").await;
    until("what came later", async || {
        (other.delivery_of("evt_later").await.delivery.status == DeliveryStatus::Delivered).then_some(())
    })
    .await;
    assert_eq!(receiver.arrivals().len(), 11);
}
