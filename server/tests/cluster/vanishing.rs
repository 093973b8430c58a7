//! The database's machine is gone without a word, and there again: sessions that will never answer are given up.

use crate::database_server;
use crate::gateway::Place;
use crate::proxy::Proxy;
use crate::receiver::Receiver;
use crate::until;
use reqwest::Method;
use serde_json::json;
use sqlx::Connection;
use std::process::Command;
use std::time::Duration;
use wire::DeliveryStatus;

#[tokio::test]
async fn sessions_that_never_answer_again_are_given_up() {
    let server = database_server();
    let database = server.create("vanishing");
    let receiver = Receiver::start().await;
    let place =
        Place::new(database.clone(), json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]));
    let gateway = place.start("only").await;
    let delivered = async |id: &str| {
        until(id, async || {
            (gateway.delivery_of(id).await.delivery.status == DeliveryStatus::Delivered).then_some(())
        })
        .await;
    };
    gateway.post("evt_before").await;
    delivered("evt_before").await;
    // Idle for longer than a session is taken to be there unasked.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let stopped = stop_sessions(&database).await;
    until("an answer over new sessions", async || gateway.try_post("evt_after").await.then_some(())).await;
    until("that it is ready again", async || gateway.is_ready().await.then_some(())).await;
    delivered("evt_after").await;
    drop(stopped);
}

/// The gateway can't know that what it was told to store is there, and sends it all the same.
#[tokio::test]
async fn what_is_stored_is_sent_even_if_the_gateway_never_heard_that_it_is() {
    let server = database_server();
    let database = server.create("lost_answer");
    let proxy = Proxy::start(&server);
    let receiver = Receiver::start().await;
    let endpoints = json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]);
    let gateway = Place::new(proxy.url(&database), endpoints).start("only").await;
    // Once it is settled nothing else has it count what waits.
    tokio::time::sleep(Duration::from_millis(6500)).await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    // Its sessions know the statement by then: storing is one question.
    for number in 0..20 {
        gateway.post(&format!("evt_{number}")).await;
    }
    gateway.nothing_waits().await;
    let before = receiver.arrivals().len();
    proxy.holds(true);
    let (accepted, ()) = tokio::join!(gateway.try_post("evt_a"), async {
        let is_there = "SELECT EXISTS (SELECT FROM deliveries WHERE claim_id IS NOT NULL)";
        until("the row", async || {
            sqlx::query_scalar(is_there).fetch_one(&mut beside).await.unwrap_or(false).then_some(())
        })
        .await;
        // It goes on listening, so nothing has it look at everything anew.
        proxy.cut_working();
    });
    assert!(!accepted, "its answer was lost");
    until("that it is ready again", async || gateway.is_ready().await.then_some(())).await;
    gateway.post("evt_a").await;
    until("the delivery", async || {
        (gateway.delivery_of("evt_a").await.delivery.status == DeliveryStatus::Delivered).then_some(())
    })
    .await;
    assert_eq!(receiver.arrivals().len(), before + 1);
    // Nobody told it that one waited, and yet it knows how many do.
    assert_eq!(gateway.ask(Method::POST, "endpoints/crm/pause", json!({})).await.0, 200);
    gateway.post("evt_b").await;
    until("that one is held", async || (gateway.get("endpoints/crm").await["held"] == 1).then_some(())).await;
}

/// An outcome goes again when the answer to its commit is lost. If that was made, nobody else has the delivery.
#[tokio::test]
async fn an_outcome_that_was_stored_is_known_even_if_the_gateway_never_heard_that_it_is() {
    let server = database_server();
    let database = server.create("lost_outcome");
    let proxy = Proxy::start(&server);
    let receiver = Receiver::start().await;
    let endpoints = json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]);
    let place = Place::new(proxy.url(&database), endpoints);
    let gateway = place.start("only").await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    for number in 0..20 {
        gateway.post(&format!("evt_{number}")).await;
    }
    gateway.nothing_waits().await;
    receiver.stalls.send_replace(true);
    gateway.post("evt_a").await;
    until("a request on its way", async || (receiver.at_once() == 1).then_some(())).await;
    proxy.holds(true);
    receiver.stalls.send_replace(false);
    let is_there = "SELECT EXISTS (SELECT FROM deliveries WHERE event_id = 'evt_a' AND status = 'delivered')";
    until("the row", async || {
        sqlx::query_scalar(is_there).fetch_one(&mut beside).await.unwrap_or(false).then_some(())
    })
    .await;
    proxy.cut();
    until("that it knows", async || gateway.log().contains("whose answer was lost").then_some(())).await;
    until("that nothing waits", async || {
        let crm = gateway.get("endpoints/crm").await;
        (crm["waiting"] == 0 && crm["inFlight"] == 0).then_some(())
    })
    .await;
    assert_eq!(gateway.get("stats?window=5m").await["deliveries"]["delivered"], 21);
    assert!(!gateway.log().contains("is not recorded"), "{}", gateway.log());
    assert_eq!(receiver.arrivals().len(), 21);
}

/// Hints come seldom where little happens: that their connection hangs is seen by asking, not by what does not come.
#[tokio::test]
async fn a_connection_that_hears_nothing_more_is_noticed_and_made_again() {
    let server = database_server();
    let database = server.create("deaf");
    let proxy = Proxy::start(&server);
    let place = Place::new(proxy.url(&database), json!([]));
    let gateway = place.start("only").await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    let mut listening = async || -> Vec<i32> {
        let pids =
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' OR query = 'SELECT 1' ORDER BY pid";
        sqlx::query_scalar(pids).fetch_all(&mut beside).await.unwrap()
    };
    let mut known =
        until("that it listens", async || Some(listening().await).filter(|pids| !pids.is_empty())).await;
    // As often as that happens: what hangs takes no place that is needed.
    for round in 1..=4 {
        proxy.hang_listener();
        until("that it notices", async || {
            let told = "The connection that hears of other gateways is lost";
            (gateway.log().matches(told).count() == round).then_some(())
        })
        .await;
        let new = until("that it listens again", async || {
            listening().await.into_iter().find(|pid| !known.contains(pid))
        })
        .await;
        known.push(new);
    }
    assert!(gateway.is_ready().await);
}

/// The server's processes for all other sessions, stopped until this is dropped.
struct Stopped(Vec<i32>);

async fn stop_sessions(database: &str) -> Stopped {
    let mut session = sqlx::PgConnection::connect(database).await.unwrap();
    let others =
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let pids: Vec<i32> = sqlx::query_scalar(others).fetch_all(&mut session).await.unwrap();
    assert!(pids.len() > 1, "the gateway has sessions");
    signal("STOP", &pids);
    Stopped(pids)
}

fn signal(signal: &str, pids: &[i32]) {
    let mut kill = Command::new("kill");
    kill.args(["-s", signal]).args(pids.iter().map(ToString::to_string));
    // Those that ended meanwhile are none to be told.
    let _ = kill.status().unwrap();
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}
