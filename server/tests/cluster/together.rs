//! What several gateways keep and know together.

use crate::database_server;
use crate::gateway::{Gateway, Place};
use crate::receiver::Receiver;
use crate::until;
use futures_util::StreamExt;
use http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::time::{Duration, Instant};
use wire::{DeliveryStatus, Frame};

/// How long it takes until a gateway that came is known to all.
pub(crate) const SETTLED: Duration = Duration::from_millis(6500);

async fn two(place: &Place) -> [Gateway; 2] {
    let gateways = [place.start("one").await, place.start("two").await];
    tokio::time::sleep(SETTLED).await;
    gateways
}

#[tokio::test]
async fn an_endpoints_limits_hold_over_all_gateways() {
    let server = database_server();
    let (slow, steady) = (Receiver::start().await, Receiver::start().await);
    slow.answers(StatusCode::OK, Duration::from_millis(60));
    let place = Place::new(
        server.create("limits"),
        json!([
            { "name": "slow", "url": slow.url(), "events": ["*"], "concurrency": 3 },
            { "name": "steady", "url": steady.url(), "events": ["*"], "rateLimit": { "perSecond": 20, "burst": 4 } },
        ]),
    );
    let gateways = two(&place).await;
    for number in 0..60 {
        gateways[number % 2].post(&format!("evt_{number}")).await;
    }
    gateways[0].nothing_waits().await;
    assert_eq!(slow.arrivals().len(), 60);
    assert!(slow.most_at_once() <= 3, "{} at once", slow.most_at_once());
    assert!(slow.most_at_once() > 1, "the places are used");
    let arrivals: Vec<Instant> = steady.arrivals().iter().map(|arrival| arrival.at).collect();
    assert_eq!(arrivals.len(), 60);
    for (place, first) in arrivals.iter().enumerate() {
        // What the network brings together may have been sent apart: a tenth of a second is allowed for that.
        let within = |seconds: f64| {
            arrivals[place..].iter().filter(|at| (**at - *first).as_secs_f64() <= seconds).count()
        };
        assert!(within(0.9) <= 4 + 20, "{} within a second", within(0.9));
    }
}

/// The frames of a watcher at this gateway.
async fn watch(gateway: &Gateway) -> impl futures_util::Stream<Item = Frame> + Unpin {
    let url = format!("{}api/v1/stream", gateway.url.replace("http://", "ws://"));
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    Box::pin(socket.flat_map(|message| {
        let text = message.unwrap().into_text().unwrap_or_default();
        let frames: Vec<Frame> = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Array(frames)) => {
                frames.into_iter().filter_map(|frame| serde_json::from_value(frame).ok()).collect()
            }
            Ok(frame) => serde_json::from_value(frame).into_iter().collect(),
            Err(_) => Vec::new(),
        };
        futures_util::stream::iter(frames)
    }))
}

#[tokio::test]
async fn whatever_one_does_the_other_knows_and_shows() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place = Place::new(
        server.create("known"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]),
    );
    let [one, two] = two(&place).await;
    let mut frames = watch(&two).await;
    // From the next beat on the other tells in full.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    one.post("evt_a").await;
    let mut seen = (false, false, false);
    tokio::time::timeout(Duration::from_secs(10), async {
        while let Some(frame) = frames.next().await {
            match frame {
                Frame::Event { event, .. } => seen.0 |= event.id.as_str() == "evt_a",
                Frame::Attempt { attempt, .. } => seen.1 |= attempt.endpoint == "crm",
                Frame::Delivery { delivery, .. } => seen.2 |= delivery.status == DeliveryStatus::Delivered,
                _ => {}
            }
            if seen == (true, true, true) {
                return;
            }
        }
    })
    .await
    .unwrap_or_else(|_| panic!("event, attempt, delivered: {seen:?}"));

    let state = async |gateway: &Gateway, name: &str| {
        gateway.get(&format!("endpoints/{name}")).await["state"].clone()
    };
    one.ask(Method::POST, "endpoints/crm/pause", json!({ "reason": "moving" })).await;
    until("the pause at the other", async || (state(&two, "crm").await == "paused").then_some(())).await;
    two.post("evt_b").await;
    until("one that is held, at both", async || {
        let held = async |gateway: &Gateway| gateway.get("endpoints/crm").await["held"] == 1;
        (held(&one).await && held(&two).await).then_some(())
    })
    .await;
    // A person's wish goes all the same, whoever accepted the event.
    let held = one.delivery_of("evt_b").await.delivery;
    let asked = one.ask(Method::POST, &format!("deliveries/{}/redeliver", held.id), json!({})).await;
    assert_eq!(asked.0, 202, "{}", asked.1);
    until("the redelivery", async || {
        (two.delivery_of("evt_b").await.delivery.status == DeliveryStatus::Delivered).then_some(())
    })
    .await;
    two.ask(Method::POST, "endpoints/crm/resume", json!({})).await;
    until("the resumption at the first", async || (state(&one, "crm").await != "paused").then_some(())).await;

    let made = json!({ "name": "made", "url": receiver.url(), "events": ["message.sent"] });
    assert_eq!(one.ask(Method::POST, "endpoints", made).await.0, 201);
    until("the new endpoint at the other", async || {
        (two.get("endpoints").await["items"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    let figures =
        async |gateway: &Gateway| gateway.get("stats?window=5m").await["deliveries"]["delivered"].clone();
    until("the same figures at both", async || {
        (figures(&one).await == 2 && figures(&two).await == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_is_down_is_left_alone_by_all_and_tried_by_one() {
    let server = database_server();
    let receiver = Receiver::start().await;
    receiver.answers(StatusCode::SERVICE_UNAVAILABLE, Duration::ZERO);
    let place = Place::new(
        server.create("circuit"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"], "concurrency": 2,
                 "retry": { "maxAttempts": 2, "backoffMs": 1000 } }]),
    );
    let gateways = two(&place).await;
    for number in 0..30 {
        gateways[number % 2].post(&format!("evt_{number}")).await;
        // So slowly that one has heard of the other's failure before its next.
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    for gateway in &gateways {
        until("an open circuit", async || {
            (gateway.get("endpoints/crm").await["circuit"]["state"] == "open").then_some(())
        })
        .await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let sent = receiver.arrivals().len();
    // Ten failures open it; what was on its way then comes on top. Each for itself would have sent ten.
    assert!((10..20).contains(&sent), "{sent} were sent to a receiver that is down");

    // Who resumes it has it tried once, whichever gateway is asked; and both wait again, twice as long.
    assert_eq!(gateways[1].ask(Method::POST, "endpoints/crm/resume", json!({})).await.0, 200);
    until("one more", async || (receiver.arrivals().len() > sent).then_some(())).await;
    let waits = async |gateway: &Gateway| {
        let circuit = gateway.get("endpoints/crm").await["circuit"].clone();
        (circuit["state"] == "open").then(|| circuit["until"].clone()).filter(|until| !until.is_null())
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    let until_then = [waits(&gateways[0]).await, waits(&gateways[1]).await];
    assert!(until_then.iter().all(Option::is_some), "{until_then:?}");
    let sent = receiver.arrivals().len();
    // Nor does who comes only now.
    let third = place.start("three").await;
    assert!(waits(&third).await.is_some(), "{}", third.get("endpoints/crm").await["circuit"]);
    // What is heard of later, a check, does not have it tried again.
    for gateway in &gateways {
        assert_eq!(gateway.ask(Method::POST, "endpoints/crm/check", json!({})).await.0, 200);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.arrivals().len(), sent);
    assert_eq!([waits(&gateways[0]).await, waits(&gateways[1]).await], until_then);
}

/// That somebody watches is known to the others a moment later: what they told in short until then is fetched anew.
#[tokio::test]
async fn who_begins_to_watch_misses_nothing_or_is_told() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place = Place::new(
        server.create("watching"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]),
    );
    let [one, two] = two(&place).await;
    let mut frames = watch(&two).await;
    until("the first frame", async || frames.next().await.map(drop)).await;
    one.post("evt_a").await;
    tokio::time::timeout(Duration::from_secs(10), async {
        while let Some(frame) = frames.next().await {
            match frame {
                Frame::Event { event, .. } if event.id.as_str() == "evt_a" => return,
                Frame::Reset { .. } => return,
                _ => {}
            }
        }
    })
    .await
    .expect("the event, or that there is something to fetch");
}

#[tokio::test]
async fn one_takes_in_and_another_delivers() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place = Place::new(
        server.create("roles"),
        json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]),
    );
    let api = place.start_as("api", "api").await;
    api.post("evt_a").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(receiver.arrivals().is_empty(), "nobody is there to send it");
    let worker = place.start_as("worker", "worker").await;
    until("the delivery", async || {
        (api.delivery_of("evt_a").await.delivery.status == DeliveryStatus::Delivered).then_some(())
    })
    .await;
    assert_eq!(worker.status("healthz").await, 200);
    assert_eq!(worker.status("readyz").await, 200);
    assert_eq!(worker.status("metrics").await, 200);
    assert_eq!(worker.status("api/v1/deliveries").await, 404);
    let again = api.delivery_of("evt_a").await.delivery;
    assert_eq!(api.ask(Method::POST, &format!("deliveries/{}/redeliver", again.id), json!({})).await.0, 202);
    until("the redelivery", async || (receiver.arrivals().len() == 2).then_some(())).await;
    // Whoever ends properly leaves nothing behind that others would have to wait for.
    worker.stop().await;
    api.post("evt_b").await;
    let began = Instant::now();
    let _next = place.start_as("next", "worker").await;
    until("the delivery by the next", async || (receiver.arrivals().len() == 3).then_some(())).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// Where all only take in nobody leads, and yet what they told each other long ago goes.
#[tokio::test]
async fn who_only_takes_in_tidies_what_was_told() {
    let server = database_server();
    let database = server.create("tidying");
    let place = Place::new(database.clone(), json!([]));
    let api = place.start_as("api", "api").await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    let told = "INSERT INTO stream (node_id, number, at, told)
                SELECT 'node_gone/0', number, ms - 1000 * number, '{}'
                FROM GENERATE_SERIES(0, 600, 600) AS number,
                     (SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS ms) AS now";
    beside.execute(told).await.unwrap();
    until("that what is old is gone", async || {
        let left: Vec<i64> =
            sqlx::query_scalar("SELECT number FROM stream").fetch_all(&mut beside).await.unwrap();
        assert!(left.contains(&0), "what is new stays");
        (left == [0]).then_some(())
    })
    .await;
    assert!(!api.log().contains("This gateway leads"), "{}", api.log());
}

#[tokio::test]
async fn one_leads_and_when_it_is_gone_another_does() {
    let server = database_server();
    let receiver = Receiver::start().await;
    let place =
        Place::new(server.create("lead"), json!([{ "name": "crm", "url": receiver.url(), "events": ["*"] }]));
    let gateways = two(&place).await;
    let leads = |gateway: &Gateway| {
        let log = gateway.log();
        log.matches("This gateway leads").count() > log.matches("This gateway leaves").count()
    };
    let leading: Vec<bool> = gateways.iter().map(leads).collect();
    assert_eq!(leading.iter().filter(|leads| **leads).count(), 1, "{leading:?}");
    let [one, two] = gateways;
    let (first, second) = if leading[0] { (one, two) } else { (two, one) };
    first.signal("STOP");
    until("that the other leads", async || leads(&second).then_some(())).await;
    first.signal("CONT");
    until("that the first knows", async || (!leads(&first)).then_some(())).await;
}
