//! One gateway stops for longer than its lease: the others take over, and what it brings afterwards counts for nothing.

use crate::database_server;
use crate::gateway::Place;
use crate::proxy::Proxy;
use crate::receiver::Receiver;
use crate::until;
use http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use std::time::{Duration, Instant};
use wire::DeliveryStatus;

/// A gateway that does not renew its lease is taken for gone after this.
const LEASE: Duration = Duration::from_secs(5);
/// How long it takes until a gateway that came is known to all.
const SETTLED: Duration = Duration::from_millis(6500);

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

/// What it takes in before it knows that it was ended goes out all the same.
#[tokio::test]
async fn what_comes_to_a_gateway_as_it_wakes_waits_for_nobody() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place = Place::new(
        server.create("waking"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]),
    );
    let sleeper = place.start("sleeper").await;
    let other = place.start("other").await;
    for round in 0..3 {
        sleeper.signal("STOP");
        until("its end", async || (other.log().matches("did not renew").count() > round).then_some(())).await;
        sleeper.signal("CONT");
        let id = format!("evt_{round}");
        sleeper.post(&id).await;
        let woke = Instant::now();
        until("the delivery", async || {
            (other.delivery_of(&id).await.delivery.status == DeliveryStatus::Delivered).then_some(())
        })
        .await;
        assert!(woke.elapsed() < Duration::from_secs(10), "{id} took {:?}", woke.elapsed());
    }
    assert_eq!(receiver.arrivals().len(), 3);
}

/// What hung at a gateway that slept, and that nobody else took meanwhile, is not sent a second time: the gateway has it again,
/// and its answer counts.
#[tokio::test]
async fn what_hangs_at_a_gateway_that_slept_is_not_sent_again_while_it_hangs() {
    let server = database_server();
    let database = server.create("hanging");
    let receiver = Receiver::start().await;
    let place = Place::new(
        database.clone(),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "timeoutMs": 60_000 }]),
    );
    let sleeper = place.start("sleeper").await;
    receiver.stalls.send_replace(true);
    sleeper.post("evt_a").await;
    until("a request on its way", async || (receiver.at_once() == 1).then_some(())).await;
    // It ends the sleeper, and sends nothing itself.
    let witness = place.start_as("witness", "api").await;
    sleeper.signal("STOP");
    until("its end", async || witness.log().contains("did not renew").then_some(())).await;
    sleeper.signal("CONT");
    until("that the sleeper knows", async || sleeper.log().contains("begins anew").then_some(())).await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    until("that it has it again", async || {
        let has = "SELECT EXISTS (SELECT FROM deliveries WHERE claim_id IN (SELECT id FROM nodes))";
        sqlx::query_scalar(has).fetch_one(&mut beside).await.unwrap_or(false).then_some(())
    })
    .await;
    let other = place.start("other").await;
    tokio::time::sleep(SETTLED).await;
    receiver.stalls.send_replace(false);
    until("the delivery", async || {
        (other.delivery_of("evt_a").await.delivery.status == DeliveryStatus::Delivered).then_some(())
    })
    .await;
    let attempts = other.delivery_of("evt_a").await.attempt_log;
    let nodes: Vec<&str> = attempts.iter().map(|attempt| attempt.node_id.as_str()).collect();
    assert_eq!((nodes, receiver.arrivals().len()), (vec!["sleeper"], 1));
    assert!(!sleeper.log().contains("is not recorded"), "{}", sleeper.log());
}

/// What hung at a gateway that slept, and was tried and failed elsewhere meanwhile, is no attempt any more; even if the gateway
/// has the delivery again.
#[tokio::test]
async fn an_answer_that_comes_after_anothers_attempt_counts_for_nothing() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let endpoint = |timeout: u32| {
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "timeoutMs": timeout,
                 "retry": { "maxAttempts": 3, "backoffMs": 2000 } }])
    };
    let mut place = Place::new(server.create("late"), endpoint(60_000));
    let sleeper = place.start("sleeper").await;
    receiver.stalls.send_replace(true);
    sleeper.post("evt_a").await;
    until("a request on its way", async || (receiver.at_once() == 1).then_some(())).await;
    sleeper.signal("STOP");
    place.endpoints = endpoint(300);
    let other = place.start("other").await;
    until("a failed attempt of the other", async || {
        let found = other.delivery_of("evt_a").await.delivery;
        (found.status == DeliveryStatus::Retrying && found.attempts == 1).then_some(())
    })
    .await;
    other.kill().await;
    sleeper.signal("CONT");
    until("that the sleeper knows", async || sleeper.log().contains("begins anew").then_some(())).await;
    // The other's lease ends, and its retry falls due: the sleeper has it, and can't begin it.
    tokio::time::sleep(Duration::from_secs(9)).await;
    receiver.stalls.send_replace(false);
    until("that its outcome is refused", async || sleeper.log().contains("is not recorded").then_some(()))
        .await;
    let found = until("the delivery", async || {
        let found = sleeper.delivery_of("evt_a").await;
        (found.delivery.status == DeliveryStatus::Delivered).then_some(found)
    })
    .await;
    let attempts: Vec<(u32, &str)> =
        found.attempt_log.iter().map(|attempt| (attempt.number, attempt.node_id.as_str())).collect();
    assert_eq!(attempts, [(1, "other"), (2, "sleeper")]);
}

/// The answer to a claim may come when what was claimed is another's already.
#[tokio::test]
async fn nothing_is_sent_after_the_lease_is_over() {
    let server = database_server();
    let database = server.create("lease");
    let proxy = Proxy::start(&server);
    let (here, there) = (Receiver::start().await, Receiver::start().await);
    let mut place = Place::new(proxy.url(&database), json!([]));
    let mut start = async |name: &str, database: &str, receiver: &Receiver| {
        receiver.answers(StatusCode::OK, Duration::from_millis(20));
        place.database = database.to_owned();
        place.endpoints =
            json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "concurrency": 8 }]);
        place.start(name).await
    };
    let held = start("held", &proxy.url(&database), &here).await;
    let other = start("other", &database, &there).await;
    tokio::time::sleep(SETTLED).await;
    let events: Vec<Value> = (0..1000).map(|_| json!({ "type": "message.sent", "data": {} })).collect();
    for _ in 0..3 {
        assert_eq!(other.ask(Method::POST, "events", json!({ "events": events })).await.0, 202);
    }
    until("that it has claimed often", async || (here.arrivals().len() > 400).then_some(())).await;
    proxy.holds_from(is_claim).await;
    tokio::time::sleep(LEASE + Duration::from_millis(500)).await;
    let sent = here.arrivals().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    proxy.holds(false);
    until("that it knows", async || held.log().contains("begins anew").then_some(())).await;
    let begun = here.arrivals().len();
    assert_eq!(begun, sent, "of {} in all", begun + there.arrivals().len());
    other.nothing_waits().await;
}

/// Whether it is a claim that a gateway asks its database for: short, with the endpoint and who takes it.
fn is_claim(question: &[u8]) -> bool {
    let has = |what: &[u8]| question.windows(what.len()).any(|part| part == what);
    question.len() < 256 && has(b"crm") && has(b"node_")
}
