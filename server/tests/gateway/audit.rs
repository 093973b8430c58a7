//! The audit: what people did stands there, and what they tried.

use crate::support::{Gateway, Receiver, event, standing_clock};
use serde_json::{Value, json};
use wire::DeliveryStatus;

async fn entries(gateway: &Gateway, token: &str) -> Vec<Value> {
    let response = gateway.http.get(gateway.url("/api/v1/audit")).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
}

/// Who did what to what, and how that was answered; newest first.
async fn noted(gateway: &Gateway, token: &str) -> Vec<Value> {
    let entries = entries(gateway, token).await.into_iter();
    entries
        .map(|entry| json!([entry["who"], entry["action"], entry["target"], entry["statusCode"]]))
        .collect()
}

#[tokio::test]
async fn whoever_changes_something_is_noted_and_so_is_who_tries() {
    let receiver = Receiver::healthy().await;
    let webhooks = json!({
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "healthCheck": { "enabled": false } }],
        "server": { "adminToken": "admin-secret", "viewerToken": "viewer-secret", "ingestToken": "ingest-secret" },
    });
    let gateway = Gateway::start(webhooks.clone()).await;
    let post = async |token: &str, path: &str, body: Value| {
        gateway
            .http
            .post(gateway.url(path))
            .bearer_auth(token)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(post("admin-secret", "/api/v1/endpoints/crm/pause", json!({})).await, 200);
    assert_eq!(post("viewer-secret", "/api/v1/endpoints/crm/resume", json!({})).await, 403);
    // A stranger is told off and not noted; one who guesses at the door is.
    assert_eq!(post("guess", "/api/v1/endpoints/crm/resume", json!({})).await, 401);
    assert_eq!(post("", "/api/v1/login", json!({ "token": "guess" })).await, 401);
    // Asking how much it would be, and posting events, changes nothing that people decide.
    assert_eq!(
        post("admin-secret", "/api/v1/redeliveries", json!({ "status": "failed", "dryRun": true })).await,
        200
    );
    assert_eq!(
        post("ingest-secret", "/api/v1/events", json!({ "type": "tool.called", "data": {} })).await,
        202
    );
    gateway.reload(&webhooks).await;
    assert_eq!(
        noted(&gateway, "viewer-secret").await,
        [
            json!(["file", "reload", null, null]),
            json!(["nobody", "login", null, 401]),
            json!(["viewer", "resume", "crm", 403]),
            json!(["admin", "pause", "crm", 200]),
        ]
    );
    let text = json!(entries(&gateway, "admin-secret").await).to_string();
    assert!(!text.contains("secret") && !text.contains("guess"), "{text}");
    assert!(text.contains("127.0.0.1"));
    // Over a restart.
    let gateway = gateway.restart().await;
    assert_eq!(entries(&gateway, "admin-secret").await.len(), 4);
}

#[tokio::test]
async fn what_is_refused_for_ever_fills_no_audit() {
    let gateway = Gateway::start_at(json!({}), standing_clock()).await;
    for number in 0..100 {
        let logout = gateway.http.post(gateway.url("/api/v1/logout"));
        let (name, value) =
            if number % 2 == 0 { ("Origin", "http://evil.example") } else { ("Host", "evil.example") };
        assert_eq!(logout.header(name, value).send().await.unwrap().status(), 403);
    }
    assert_eq!(entries(&gateway, "").await, Vec::<Value>::new(), "a page of another site is nobody here");

    let gateway = Gateway::start_at(
        json!({
            "endpoints": [{ "name": "crm", "url": "http://127.0.0.1:9", "events": ["*"], "enabled": false }],
            "server": { "adminToken": "admin-secret", "viewerToken": "viewer-secret", "ingestToken": "ingest-secret" },
        }),
        standing_clock(),
    )
    .await;
    let post = async |token: &str, path: &str| {
        let request = gateway.http.post(gateway.url(path)).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    for _ in 0..100 {
        assert_eq!(post("ingest-secret", "/api/v1/endpoints/crm/pause").await, 403);
        assert_eq!(post("ingest-secret", "/api/v1/logout").await, 204);
    }
    // Others are noted all the same, and whatever is changed always.
    assert_eq!(post("viewer-secret", "/api/v1/endpoints/crm/pause").await, 403);
    for _ in 0..100 {
        assert_eq!(post("admin-secret", "/api/v1/endpoints/crm/pause").await, 200);
    }
    let count = async |who: &str, status: u16| {
        let request = gateway.http.get(gateway.url("/api/v1/audit?limit=500")).bearer_auth("viewer-secret");
        let audit: Value = request.send().await.unwrap().json().await.unwrap();
        let items = audit["items"].as_array().unwrap().clone();
        items.iter().filter(|entry| entry["who"] == who && entry["statusCode"] == status).count()
    };
    assert_eq!((count("ingest", 403).await, count("ingest", 204).await), (60, 60));
    assert_eq!((count("viewer", 403).await, count("admin", 200).await), (1, 100));
    gateway.clock.advance(60_000);
    for _ in 0..10 {
        assert_eq!(post("ingest-secret", "/api/v1/endpoints/crm/pause").await, 403);
    }
    assert_eq!(count("ingest", 403).await, 66);
}

#[tokio::test]
async fn a_session_is_noted_by_its_role_from_the_login_to_the_logout() {
    let server = json!({ "adminToken": "admin-secret", "viewerToken": "viewer-secret" });
    let gateway = Gateway::start(json!({ "server": server })).await;
    for role in ["viewer", "admin"] {
        let login = json!({ "token": format!("{role}-secret") });
        let login = gateway.http.post(gateway.url("/api/v1/login")).json(&login).send().await.unwrap();
        assert_eq!(login.status(), 204);
        let cookie = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let logout = gateway.http.post(gateway.url("/api/v1/logout")).header("Cookie", cookie);
        assert_eq!(logout.send().await.unwrap().status(), 204);
    }
    assert_eq!(
        noted(&gateway, "admin-secret").await,
        [
            json!(["admin", "logout", null, 204]),
            json!(["admin", "login", null, 204]),
            json!(["viewer", "logout", null, 204]),
            json!(["viewer", "login", null, 204]),
        ]
    );
    assert_eq!(entries(&gateway, "admin-secret").await[1]["address"], "127.0.0.1");
}

#[tokio::test]
async fn whatever_a_role_is_refused_is_noted_and_what_it_may_is_not() {
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "crm", "url": "http://127.0.0.1:9/", "events": ["*"], "enabled": false }],
        "server": { "adminToken": "admin-secret", "viewerToken": "viewer-secret", "ingestToken": "ingest-secret" },
    }))
    .await;
    for (token, method, path, status) in [
        ("viewer-secret", "POST", "/api/v1/events", 403),
        ("viewer-secret", "POST", "/api/v1/endpoints/crm/preview", 403),
        ("ingest-secret", "GET", "/api/v1/endpoints/crm", 403),
        ("ingest-secret", "GET", "/metrics", 403),
        ("ingest-secret", "PUT", "/api/v1/config", 403),
        // Not the audit's: what may be read, what a stranger asks, and what is posted.
        ("viewer-secret", "GET", "/api/v1/endpoints/crm", 200),
        ("guess", "GET", "/api/v1/endpoints/crm", 401),
        ("ingest-secret", "POST", "/api/v1/events", 202),
        ("admin-secret", "POST", "/api/v1/endpoints/crm/preview", 200),
    ] {
        let request = gateway.http.request(method.parse().unwrap(), gateway.url(path)).bearer_auth(token);
        let answer = request.body(event("tool.called", "main").to_string()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path} by {token}");
    }
    assert_eq!(
        noted(&gateway, "admin-secret").await,
        [
            json!(["ingest", "unknown", "/api/v1/config", 403]),
            json!(["ingest", "read", "/metrics", 403]),
            json!(["ingest", "read", "/api/v1/endpoints/crm", 403]),
            json!(["viewer", "preview", "crm", 403]),
            json!(["viewer", "post_events", null, 403]),
        ]
    );
    // Nobody fills the disk with it.
    for _ in 0..80 {
        let request = gateway.http.get(gateway.url("/api/v1/stats")).bearer_auth("ingest-secret");
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    let request = gateway.http.get(gateway.url("/api/v1/audit?limit=500")).bearer_auth("admin-secret");
    let all: Value = request.send().await.unwrap().json().await.unwrap();
    let count = all["items"].as_array().unwrap().len();
    assert!((60..70).contains(&count), "{count}");
}

#[tokio::test]
async fn it_says_which_delivery_and_which_secret_and_outlasts_them() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start_at(json!({ "retention": { "days": 7 } }), standing_clock()).await;
    let crm = json!({ "name": "crm", "url": receiver.url(), "events": ["*"], "secret": "whsec_b3du" });
    assert_eq!(gateway.post("/api/v1/endpoints", crm.to_string()).await.0, 201);
    let mut watcher = gateway.watch().await;
    let id = gateway.event(&event("tool.called", "main")).await;
    let delivery = watcher.delivery(DeliveryStatus::Delivered).await.id;
    assert_eq!(gateway.post(&format!("/api/v1/deliveries/{delivery}/redeliver"), "").await.0, 202);
    watcher.delivery(DeliveryStatus::Delivered).await;
    let (status, rotated) = gateway.post("/api/v1/endpoints/crm/rotate-secret", "{}").await;
    assert_eq!(status, 200);
    assert_eq!(gateway.post("/api/v1/endpoints/crm/reveal", "").await.0, 200);
    let before = entries(&gateway, "").await;
    assert_eq!(
        noted(&gateway, "").await,
        [
            json!(["local", "reveal_secret", "crm", 200]),
            json!(["local", "rotate_secret", "crm", 200]),
            json!(["local", "redeliver", delivery, 202]),
            json!(["local", "make_endpoint", null, 201]),
        ]
    );
    let text = json!(before).to_string();
    assert!(!text.contains("whsec_") && !text.contains(rotated["secret"].as_str().unwrap()), "{text}");

    gateway.clock.advance(8 * 86_400_000);
    let deadline = tokio::time::Instant::now() + tokio::time::Duration::from_secs(20);
    while gateway.status(&format!("/api/v1/events/{id}")).await.0 != 404 {
        assert!(tokio::time::Instant::now() < deadline, "the old event is still there");
        gateway.clock.advance(1000);
    }
    assert_eq!(entries(&gateway, "").await, before);
}
