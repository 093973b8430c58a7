//! Posting events: all or nothing, once, and clear words for what is wrong.

use crate::support::{Gateway, Receiver, event};
use serde_json::json;

#[tokio::test]
async fn a_known_id_is_stored_and_delivered_once() {
    let receiver = Receiver::healthy().await;
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "a", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    let mut one = event("tool.called", "main");
    one["id"] = json!("evt_once");
    let body = json!({ "events": [one, one] }).to_string();
    let (status, answer) = gateway.post("/api/v1/events", body).await;
    assert_eq!(status, 202);
    assert_eq!(
        answer,
        json!({ "events": [
            { "id": "evt_once", "deliveries": 1, "duplicate": false },
            { "id": "evt_once", "deliveries": 1, "duplicate": true },
        ] })
    );
    let (_, answer) = gateway.post("/api/v1/events", one.to_string()).await;
    assert_eq!(answer, json!({ "id": "evt_once", "deliveries": 1, "duplicate": true }));
    assert_eq!(gateway.deliveries("eventId=evt_once").await.len(), 1);
    assert_eq!(gateway.get("/api/v1/stats").await["events"], 1);
}

#[tokio::test]
async fn a_batch_with_one_bad_event_is_refused_whole() {
    let gateway = Gateway::start(json!({ "endpoints": [] })).await;
    let body = json!({ "events": [event("tool.called", "main"), { "type": "tool.cooled", "data": {} }] });
    let (status, problem) = gateway.post("/api/v1/events", body.to_string()).await;
    assert_eq!(status, 422);
    assert_eq!(problem["field"], "events[1].type");
    assert_eq!(problem["code"], "unknown_type");
    assert!(problem["detail"].as_str().unwrap().contains("message.received"));
    assert_eq!(gateway.get("/api/v1/events").await["items"], json!([]));
}

#[tokio::test]
async fn problems_are_problem_json() {
    let gateway = Gateway::start(json!({ "endpoints": [] })).await;
    let response = gateway.http.post(gateway.url("/api/v1/events")).body("{").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: wire::Problem = response.json().await.unwrap();
    assert_eq!(
        (problem.status, problem.code.as_str(), problem.title.as_str()),
        (400, "invalid_json", "Bad Request")
    );

    let large = vec![b'x'; (8 << 20) + 1];
    assert_eq!(gateway.post("/api/v1/events", large).await.0, 413);
    assert_eq!(gateway.status("/api/v1/nothing").await.0, 404);
    let response = gateway.http.delete(gateway.url("/api/v1/events")).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert!(response.headers().contains_key("allow"));
}
