//! `listen`: its first line, verification, forwarding, and the endpoint it makes for itself.

use crate::program::{Running, run_on, same};
use crate::support::{Gateway, Receiver, event, nobody};
use serde_json::{Value, json};
use wire::DeliveryStatus;

const SECRET: &str = "whsec_bGlzdGVuIGhlcmU";

/// Starts it on a port of its own, and gives its URL from its first line.
async fn listen(words: &[&str]) -> (Running, String) {
    let mut listen = Running::start(&[&["listen", "--port", "0"], words].concat());
    let first = listen.line().await;
    let url = first.strip_prefix("Listening on ").unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with('/'), "{first}");
    (listen, url)
}

async fn gateway_to(url: &str) -> Gateway {
    let endpoint = json!({
        "name": "here", "url": url, "events": ["*"], "secret": SECRET, "retry": { "maxAttempts": 1 }, "signing": "both",
    });
    Gateway::start(json!({ "endpoints": [endpoint] })).await
}

#[tokio::test]
async fn what_arrives_is_verified_and_printed() {
    let (mut listen, url) = listen(&["--secret", SECRET]).await;
    let gateway = gateway_to(&url).await;
    let mut watcher = gateway.watch().await;
    gateway.event(&json!({ "type": "message.sent", "data": { "text": "a\u{1b}[31m" } })).await;
    let line = same(&listen.line().await);
    assert_eq!(&line[8..], "  message.sent  evt_0123456789abcdef0123456789abcdef  attempt 1  verified");
    let mut body = String::new();
    while !body.ends_with("\n    }\n") {
        body += &listen.line().await;
        body += "\n";
    }
    assert!(
        body.starts_with("    {\n      \"id\": \"evt_") && body.contains("\"text\": \"a\\u001b[31m\""),
        "{body}"
    );
    watcher.delivery(DeliveryStatus::Delivered).await;
    assert_eq!(listen.terminate().await, 0);
}

#[tokio::test]
async fn what_is_not_signed_with_the_secret_is_refused() {
    let target = Receiver::healthy().await;
    let (mut listen, url) =
        listen(&["--secret", "whsec_b3RoZXI", "--forward-to", &target.url(), "--json"]).await;
    assert_eq!(
        listen.note("orwarding").await,
        "Forwarding to http://127.0.0.1:PORT/hook: somebody listens there."
    );
    let gateway = gateway_to(&url).await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("message.sent", "main")).await;
    let arrived: Value = serde_json::from_str(&listen.line().await).unwrap();
    assert_eq!((&arrived["verification"], &arrived["statusCode"]), (&json!("failed"), &json!(401)));
    assert_eq!(arrived["cause"], "the signature is not that of this secret and body");
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    assert_eq!(failed.last_status_code, Some(401));
    assert_eq!(target.count(), 0, "nothing is forwarded");

    let answer = reqwest::Client::new().post(&url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let arrived: Value = serde_json::from_str(&listen.line().await).unwrap();
    assert!(arrived["cause"].as_str().unwrap().starts_with("it is not signed"), "{arrived}");
}

#[tokio::test]
async fn what_arrives_is_forwarded_and_its_answer_given_back() {
    let target = Receiver::start([crate::support::Answer(
        503,
        vec![("Retry-After", "7".to_owned())],
        "later".to_owned(),
    )])
    .await;
    let (mut listen, url) = listen(&["--secret", SECRET, "--forward-to", &target.url()]).await;
    let gateway = gateway_to(&url).await;
    let mut watcher = gateway.watch().await;
    let id = gateway.event(&event("message.sent", "main")).await;
    let line = same(&listen.line().await);
    assert!(line.ends_with("  attempt 1  verified  forwarded: 503 in N ms"), "{line}");
    let got = &target.got(1).await[0];
    assert_eq!(got.header("X-OpenClaw-Event-Id"), id);
    let failed = watcher.delivery(DeliveryStatus::Failed).await;
    let attempt = &gateway.delivery(failed.id.as_str()).await.attempt_log[0];
    let response = attempt.response.as_ref().unwrap();
    assert_eq!((response.status_code, response.body.as_str()), (503, "later"));
    assert!(response.headers.iter().any(|(name, value)| name == "retry-after" && value == "7"));
}

#[tokio::test]
async fn what_can_not_be_forwarded_is_said_and_answered_502() {
    let nobody = format!("http://{}/", nobody().await);
    let (mut listen, url) = listen(&["--forward-to", &nobody]).await;
    assert_eq!(listen.note("secret").await, "Without --secret nothing is verified.");
    let note = listen.note("orwarding").await;
    assert!(note.starts_with("NOT forwarding to http://127.0.0.1:PORT/ yet: connection refused."), "{note}");
    let gateway = gateway_to(&url).await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("message.sent", "main")).await;
    let line = listen.line().await;
    assert!(line.ends_with("  not verified  NOT forwarded: connection refused (answered 502)"), "{line}");
    assert_eq!(watcher.delivery(DeliveryStatus::Failed).await.last_status_code, Some(502));
}

#[tokio::test]
async fn register_makes_an_endpoint_and_removes_it_at_the_end() {
    let gateway = Gateway::start(json!({})).await;
    let base = gateway.url("");
    let (mut listen, url) =
        listen(&["--register", "laptop", "--events", "message.sent", "--url", &base]).await;
    let note = listen.note("Registered").await;
    assert_eq!(
        note,
        "Registered the endpoint laptop at http://127.0.0.1:PORT/ until this ends: events go to http://127.0.0.1:PORT/"
    );
    assert_eq!(listen.note("onnected").await, "Connected: the gateway reaches this receiver.");
    let endpoint = gateway.get("/api/v1/endpoints/laptop").await;
    assert_eq!(
        (&endpoint["url"], &endpoint["signed"], &endpoint["events"]),
        (&json!(url), &json!(true), &json!(["message.sent"]))
    );
    gateway.event(&event("message.sent", "main")).await;
    assert!(listen.line().await.ends_with("  attempt 1  verified"));

    let ran = run_on(&gateway, &["listen", "--port", "0", "--register", "laptop"]).await;
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("Conflict: there is an endpoint laptop already"), "{}", ran.err);

    assert_eq!(listen.terminate().await, 0);
    listen.note("Removed the endpoint laptop.").await;
    assert_eq!(gateway.status("/api/v1/endpoints/laptop").await.0, 404);
}

#[tokio::test]
async fn register_says_when_the_gateway_may_not_reach_it() {
    let gateway = Gateway::start(json!({ "network": { "allow": [] } })).await;
    let base = gateway.url("");
    let (mut listen, _) = listen(&["--register", "laptop", "--url", &base]).await;
    let note = listen.note("onnected").await;
    assert!(
        note.starts_with("NOT connected: the gateway does not reach this receiver (blocked_address)."),
        "{note}"
    );
    assert!(note.contains("webhooks.network.allow"), "{note}");
    assert_eq!(listen.terminate().await, 0);
    assert_eq!(gateway.status("/api/v1/endpoints/laptop").await.0, 404);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = crate::program::run(&["listen", "--port", &port]).await;
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("choose another port with --port"), "{}", ran.err);
}
