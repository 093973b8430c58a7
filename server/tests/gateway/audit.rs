//! The audit: what people did stands there, and what they tried.

use crate::support::{Gateway, Receiver, standing_clock};
use serde_json::{Value, json};

async fn entries(gateway: &Gateway, token: &str) -> Vec<Value> {
    let response = gateway.http.get(gateway.url("/api/v1/audit")).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.unwrap()["items"].as_array().unwrap().clone()
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
    let noted: Vec<Value> = entries(&gateway, "viewer-secret")
        .await
        .into_iter()
        .map(|entry| json!([entry["who"], entry["action"], entry["target"], entry["statusCode"]]))
        .collect();
    assert_eq!(
        noted,
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
