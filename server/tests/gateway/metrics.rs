//! `/metrics`: what a scraper reads.

use crate::openclaw::OpenClaw;
use crate::support::{Gateway, Receiver, event};
use serde_json::json;
use wire::DeliveryStatus;

#[tokio::test]
async fn a_scraper_reads_what_happened() {
    let (receiver, openclaw) = (Receiver::start([500]).await, OpenClaw::start().await);
    let gateway = Gateway::start(json!({
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["tool.called"], "retry": { "maxAttempts": 1 } }],
        "agent": openclaw.config("hooks"),
        "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "x", "callback": false } } },
    }))
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Failed).await;
    gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    gateway.post("/webhooks/inbound/deploy", "{}").await;
    gateway.post("/webhooks/inbound/nothing", "{}").await;
    let ended = watcher.find(|frame| match frame {
        wire::Frame::Run { run, .. } if run.status == wire::RunStatus::Succeeded => Some(()),
        _ => None,
    });
    ended.await;
    let response = gateway.http.get(gateway.url("/metrics")).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = response.text().await.unwrap();
    for line in [
        r#"openclaw_webhooks_events_total{type="tool.called"} 2"#,
        r#"openclaw_webhooks_attempts_total{endpoint="crm",result="failed",reason="http_5xx"} 1"#,
        r#"openclaw_webhooks_attempts_total{endpoint="crm",result="delivered",reason=""} 1"#,
        r#"openclaw_webhooks_attempt_duration_seconds_count{endpoint="crm"} 2"#,
        r#"openclaw_webhooks_deliveries_total{endpoint="crm",status="failed"} 1"#,
        r#"openclaw_webhooks_deliveries_open{endpoint="crm",status="pending"} 0"#,
        r#"openclaw_webhooks_endpoint_state{endpoint="crm",state="degraded"} 1"#,
        r#"openclaw_webhooks_endpoint_circuit_open{endpoint="crm"} 0"#,
        r#"openclaw_webhooks_hits_total{inbound="deploy",outcome="accepted"} 1"#,
        r#"openclaw_webhooks_hits_total{inbound="",outcome="refused"} 1"#,
        r#"openclaw_webhooks_runs_total{inbound="deploy",status="succeeded"} 1"#,
        "openclaw_webhooks_stream_clients 1",
        "openclaw_webhooks_agent_ready 1",
        "openclaw_webhooks_dropped_events_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in:\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains("http://"), "no address of a receiver");
}

#[tokio::test]
async fn with_tokens_only_who_may_read_may_scrape() {
    let gateway =
        Gateway::start(json!({ "server": { "adminToken": "a", "viewerToken": "v", "ingestToken": "i" } }))
            .await;
    for (token, status) in [("a", 200), ("v", 200), ("i", 403), ("wrong", 401)] {
        let response = gateway.http.get(gateway.url("/metrics")).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), status, "{token}");
    }
}
