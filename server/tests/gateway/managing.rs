//! Endpoints made, changed, checked, tested and removed through the API.

use crate::support::{Gateway, Receiver, event, nobody, standing_clock};
use serde_json::{Value, json};
use server::store::MadeEndpoint;
use wire::{DeliveryStatus, Frame, Trigger};

async fn empty() -> Gateway {
    Gateway::start(json!({ "endpoints": [] })).await
}

#[tokio::test]
async fn one_made_through_the_api_works_and_survives_a_restart() {
    let receiver = Receiver::healthy().await;
    let gateway = empty().await;
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["tool.called"], "secret": "whsec_a2V5a2V5a2V5a2V5" });
    let (status, made) = gateway.post("/api/v1/endpoints", definition.to_string()).await;
    assert_eq!((status, made["source"].as_str(), made["signed"].as_bool()), (201, Some("api"), Some(true)));
    assert!(!made.to_string().contains("a2V5"), "no secret is shown");
    gateway.event(&event("tool.called", "main")).await;
    assert!(receiver.got(1).await[0].header("x-openclaw-signature").starts_with("sha256="));

    let patch = json!({ "events": ["message.sent"], "secret": null });
    let (status, changed) = gateway.patch("/api/v1/endpoints/crm", &patch).await;
    assert_eq!(
        (status, changed["events"][0].as_str(), changed["signed"].as_bool()),
        (200, Some("message.sent"), Some(false))
    );
    let gateway = gateway.restart().await;
    gateway.event(&event("tool.called", "main")).await;
    gateway.event(&event("message.sent", "main")).await;
    assert_eq!(receiver.got(2).await[1].header("x-openclaw-event"), "message.sent");

    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
    assert_eq!(gateway.status("/api/v1/endpoints/crm").await.0, 404);
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 404);
    let gateway = gateway.restart().await;
    assert_eq!(gateway.get("/api/v1/endpoints").await["items"], json!([]));
}

#[tokio::test]
async fn what_waits_for_a_removed_one_is_cancelled() {
    let receiver = Receiver::healthy().await;
    let gateway = empty().await;
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] });
    gateway.post("/api/v1/endpoints", definition.to_string()).await;
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(gateway.deliveries("status=held").await.len(), 1);
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
    let cancelled = gateway.deliveries("status=cancelled").await;
    assert_eq!(cancelled.len(), 1);
    assert!(cancelled[0].finished_at.is_some());
    // The name is free again, and what was cancelled stays so.
    let (_, made) = gateway.post("/api/v1/endpoints", definition.to_string()).await;
    assert_eq!(made["state"], "idle", "nor is the new one paused");
    gateway.event(&event("message.sent", "main")).await;
    assert_eq!(receiver.got(1).await[0].header("x-openclaw-event"), "message.sent");
}

#[tokio::test]
async fn what_is_on_its_way_to_a_removed_one_is_not_counted_for_its_successor() {
    let receiver = Receiver::healthy().await;
    receiver.holds.send_replace(true);
    let gateway = empty().await;
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] }).to_string();
    gateway.post("/api/v1/endpoints", definition.clone()).await;
    gateway.event(&event("tool.called", "main")).await;
    receiver.got(1).await;
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
    gateway.post("/api/v1/endpoints", definition).await;
    receiver.holds.send_replace(false);
    // Not by the stream: the removal's reset may take this frame with it.
    let deadline = tokio::time::Instant::now() + tokio::time::Duration::from_secs(20);
    while gateway.deliveries("status=delivered").await.is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "it comes back in time");
        tokio::task::yield_now().await;
    }
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["held"], 1);
}

#[tokio::test]
async fn one_made_anew_elsewhere_begins_anew() {
    let (gone, receiver) = (format!("http://{}/gone", nobody().await), Receiver::healthy().await);
    let gateway = Gateway::start_at(json!({ "endpoints": [] }), standing_clock()).await;
    let make = |url: &str| {
        let definition = json!({ "name": "crm", "url": url, "events": ["*"], "retry": { "maxAttempts": 1 } });
        gateway.post("/api/v1/endpoints", definition.to_string())
    };
    make(&gone).await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Failed).await;
    let before = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!(
        (before["state"].as_str(), before["circuit"]["failures"].as_u64()),
        (Some("degraded"), Some(1))
    );
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);

    gateway.clock.advance(10_000);
    let (_, anew) = make(&receiver.url()).await;
    let is_new = |endpoint: &Value| {
        assert_eq!((endpoint["state"].as_str(), &endpoint["stateReason"]), (Some("idle"), &json!(null)));
        assert_eq!(endpoint["since"], json!(gateway.clock.now()));
        assert_eq!((&endpoint["lastAttempt"], &endpoint["circuit"]["failures"]), (&json!(null), &json!(0)));
    };
    is_new(&anew);
    assert_eq!(gateway.deliveries("endpoint=crm").await.len(), 1, "its history is the name's");
    // What it is to do where it was once is judged by what came of it there, and only there.
    let patch = async |url: &str| gateway.patch("/api/v1/endpoints/crm", &json!({ "url": url })).await.1;
    let back = patch(&gone).await;
    for key in ["state", "stateReason", "since", "lastAttempt", "circuit"] {
        assert_eq!(back[key], before[key], "{key}");
    }
    is_new(&patch(&receiver.url()).await);
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["state"], "healthy");
}

#[tokio::test]
async fn a_410_of_the_url_before_pauses_nobody() {
    let (old, new) = (Receiver::start([410, 410]).await, Receiver::healthy().await);
    let gateway = empty().await;
    let make = |receiver: &Receiver| {
        let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"] });
        gateway.post("/api/v1/endpoints", definition.to_string())
    };
    let failed = async |count: usize| {
        let deadline = tokio::time::Instant::now() + tokio::time::Duration::from_secs(20);
        while gateway.deliveries("status=failed").await.len() < count {
            assert!(tokio::time::Instant::now() < deadline, "it comes back in time");
            tokio::task::yield_now().await;
        }
        gateway.get("/api/v1/endpoints/crm").await["state"].clone()
    };
    make(&old).await;
    old.holds.send_replace(true);
    gateway.event(&event("tool.called", "main")).await;
    old.got(1).await;
    gateway.patch("/api/v1/endpoints/crm", &json!({ "url": new.url() })).await;
    old.holds.send_replace(false);
    assert_eq!(failed(1).await, "idle");

    gateway.patch("/api/v1/endpoints/crm", &json!({ "url": old.url() })).await;
    old.holds.send_replace(true);
    gateway.event(&event("tool.called", "main")).await;
    old.got(2).await;
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
    make(&new).await;
    old.holds.send_replace(false);
    assert_eq!(failed(2).await, "idle");
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_files_are_read_only() {
    let gateway = Gateway::start(
        json!({ "endpoints": [{ "name": "crm", "url": "http://127.0.0.1:9/", "events": ["*"] }] }),
    )
    .await;
    let bad = json!({ "name": "a", "url": "ftp://x", "events": ["nothing"], "retyr": {} });
    let (status, problem) = gateway.post("/api/v1/endpoints", bad.to_string()).await;
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(status, 422);
    for field in ["url", "events[0]", "retyr"] {
        assert!(fields.contains(&field), "{fields:?}");
    }
    let taken = json!({ "name": "crm", "url": "http://127.0.0.1:9/", "events": ["*"] });
    assert_eq!(gateway.post("/api/v1/endpoints", taken.to_string()).await.1["code"], "name_taken");
    let (status, problem) = gateway.patch("/api/v1/endpoints/crm", &json!({ "enabled": false })).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("in_file")));
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 409);
    assert_eq!(gateway.post("/api/v1/endpoints/crm/rotate-secret", "{}").await.0, 409);
    assert_eq!(gateway.post("/api/v1/endpoints/crm/reveal", "").await.1["code"], "in_file");
    assert_eq!(gateway.post("/api/v1/endpoints", "[1").await.1["code"], "invalid_json");
}

#[tokio::test]
async fn a_rotated_secret_overlaps_with_the_one_before() {
    let receiver = Receiver::healthy().await;
    let clock = standing_clock();
    let gateway = Gateway::start_at(json!({ "endpoints": [] }), clock.clone()).await;
    let definition = json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "signing": "standard",
        "secret": "whsec_a2V5a2V5a2V5a2V5", "healthCheck": { "enabled": false } });
    gateway.post("/api/v1/endpoints", definition.to_string()).await;
    let (status, rotated) =
        gateway.post("/api/v1/endpoints/crm/rotate-secret", r#"{"overlapSeconds": 60}"#).await;
    assert_eq!((status, rotated["previousUntil"].as_str()), (200, Some("2026-03-14T10:31:00.000Z")));
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    let (status, revealed) = gateway.post("/api/v1/endpoints/crm/reveal", "").await;
    assert_eq!((status, &revealed["secret"]), (200, &rotated["secret"]));
    assert_eq!(gateway.get("/api/v1/audit").await["items"][0]["action"], "reveal_secret");
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(receiver.got(1).await[0].header("webhook-signature").split(' ').count(), 2);
    clock.advance(60_001);
    gateway.event(&event("tool.called", "main")).await;
    assert_eq!(receiver.got(2).await[1].header("webhook-signature").split(' ').count(), 1);
}

#[tokio::test]
async fn a_test_goes_to_its_endpoint_alone_whatever_it_wants() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": receiver.url(), "events": ["message.sent"], "secret": "s3cret-s3cret" },
        { "name": "other", "url": receiver.url(), "events": ["*"] }] }))
    .await;
    gateway.post("/api/v1/endpoints/crm/pause", "").await;
    let mut watcher = gateway.watch().await;
    let (status, delivery) = gateway.post("/api/v1/endpoints/crm/test", r#"{"type":"error.occurred"}"#).await;
    assert_eq!((status, delivery["endpoint"].as_str()), (202, Some("crm")));
    let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(delivery["id"], delivered.id.as_str());
    let got = receiver.got(1).await;
    let body: Value = serde_json::from_slice(&got[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["test"]), (&json!("error.occurred"), &json!(true)));
    assert_eq!(gateway.delivery(delivered.id.as_str()).await.attempt_log[0].trigger, Trigger::Test);
    assert_eq!(gateway.post("/api/v1/endpoints/crm/test", r#"{"type":"x"}"#).await.0, 422);
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_preview_shows_what_would_go_out_and_sends_nothing() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["message.sent"],
        "secret": "s3cret-s3cret", "transform": { "text": "{{type}}" } }] }),
    )
    .await;
    let posted = event("message.sent", "main").to_string();
    let (status, preview) = gateway.post("/api/v1/endpoints/crm/preview", posted).await;
    assert_eq!((status, &preview["matches"]), (200, &json!(true)));
    assert_eq!(preview["request"]["body"], r#"{"text":"message.sent"}"#);
    assert!(preview["request"]["headers"].to_string().contains("sha256="));
    let (_, preview) =
        gateway.post("/api/v1/endpoints/crm/preview", event("tool.called", "main").to_string()).await;
    assert_eq!(preview["matches"], false);
    assert!(preview["why"].as_str().unwrap().contains("tool.called"), "{preview}");
    let id = gateway.event(&event("tool.called", "main")).await;
    let (_, preview) =
        gateway.post("/api/v1/endpoints/crm/preview", json!({ "eventId": id }).to_string()).await;
    assert_eq!(preview["request"]["body"], r#"{"text":"tool.called"}"#);
    assert_eq!(gateway.deliveries("").await.len(), 0);
}

#[tokio::test]
async fn a_check_says_whether_anyone_answers() {
    let receiver = Receiver::start([404, 503]).await;
    let nobody = nobody().await;
    let gateway = Gateway::start(json!({ "endpoints": [
        { "name": "crm", "url": receiver.url(), "events": ["*"] },
        { "name": "gone", "url": format!("http://{nobody}/"), "events": ["*"] }] }))
    .await;
    let check = |name: &'static str| {
        let gateway = &gateway;
        async move { gateway.post(&format!("/api/v1/endpoints/{name}/check"), "").await.1 }
    };
    let found = check("crm").await;
    assert_eq!((&found["reachable"], &found["statusCode"]), (&json!(true), &json!(404)));
    assert!(found["timings"]["total"].as_f64().unwrap() > 0.0 && found["remoteAddress"].is_string());
    let found = check("crm").await;
    assert_eq!((&found["reachable"], &found["reason"]), (&json!(false), &json!("http_5xx")));
    let found = check("gone").await;
    assert_eq!((&found["reachable"], &found["reason"]), (&json!(false), &json!("connect_refused")));
    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!((&endpoint["lastCheck"]["statusCode"], &endpoint["state"]), (&json!(503), &json!("idle")));
    let gateway = gateway.restart().await;
    assert_eq!(gateway.get("/api/v1/endpoints/gone").await["lastCheck"]["reason"], "connect_refused");
}

#[tokio::test]
async fn checks_come_by_their_interval_and_carry_no_event() {
    let receiver = Receiver::healthy().await;
    let clock = standing_clock();
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"],
            "healthCheck": { "intervalMs": 60_000, "method": "OPTIONS" } }] }),
        clock.clone(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    clock.advance(59_000);
    clock.advance(1500);
    let checked = watcher.find(|frame| match frame {
        Frame::Endpoint { endpoint, .. } => endpoint.last_check,
        _ => None,
    });
    // The clock stands still unless it is moved: each move lets the looks go on.
    let moving = async {
        loop {
            clock.advance(500);
            tokio::task::yield_now().await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let found = tokio::select! { found = checked => found, () = moving => unreachable!() };
    assert!(found.reachable);
    let checks = gateway.get("/api/v1/endpoints/crm/checks?limit=1").await;
    assert_eq!(checks["items"][0]["reachable"], true);
    assert_eq!(gateway.status("/api/v1/endpoints/nope/checks").await.0, 404);
    assert!(receiver.got(1).await[0].body.is_empty());
}

/// What an `adminToken` makes is bounded too, and each answer says what helps.
#[tokio::test]
async fn so_much_is_made_through_the_api_and_no_more() {
    let gateway = empty().await;
    let make = |name: String, more: Value| {
        let mut definition =
            json!({ "name": name, "url": "http://127.0.0.1:9", "events": ["*"], "enabled": false });
        definition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gateway.post("/api/v1/endpoints", definition.to_string())
    };
    let headers: serde_json::Map<String, Value> =
        (0..51).map(|number| (format!("x-{number}"), json!("1"))).collect();
    let (status, problem) = make("crm".to_owned(), json!({ "headers": headers })).await;
    assert_eq!((status, &problem["field"]), (422, &json!("headers")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("may have 50: take away"), "{problem}");

    assert_eq!(make("crm".to_owned(), json!({ "secret": "whsec_b3duLXNlY3JldA==" })).await.0, 201);
    for _ in 0..10 {
        assert_eq!(
            gateway.post("/api/v1/endpoints/crm/rotate-secret", r#"{"overlapSeconds":3600}"#).await.0,
            200
        );
    }
    let (status, problem) =
        gateway.post("/api/v1/endpoints/crm/rotate-secret", r#"{"overlapSeconds":3600}"#).await;
    assert_eq!((status, &problem["field"]), (422, &json!("previousSecrets")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("overlapSeconds: 0"), "{problem}");

    // As the API stores them, without starting each.
    for number in 1..500 {
        let definition = json!({ "name": format!("e{number}"), "url": "http://127.0.0.1:9", "events": ["*"], "enabled": false });
        let stored = MadeEndpoint { name: format!("e{number}"), definition, changed_at: gateway.clock.now() };
        gateway.server.gateway.committer.define(stored).await.unwrap();
    }
    let (status, problem) = make("one-more".to_owned(), json!({})).await;
    assert_eq!((status, &problem["code"]), (422, &json!("too_many_endpoints")), "{problem}");
    assert_eq!(gateway.delete("/api/v1/endpoints/crm").await, 204);
    assert_eq!(make("one-more".to_owned(), json!({})).await.0, 201);
}
