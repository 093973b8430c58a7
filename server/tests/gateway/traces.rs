//! Traces by OTLP, to a collector that takes them.

use crate::support::{Gateway, Receiver, event};
use serde_json::{Value, json};
use wire::DeliveryStatus;

#[tokio::test]
async fn one_trace_leads_from_acceptance_to_every_attempt() {
    let (receiver, collector) = (Receiver::start([500]).await, Receiver::healthy().await);
    let webhooks = json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"],
        "retry": { "maxAttempts": 2, "backoffMs": 50 }, "healthCheck": { "enabled": false } }] });
    let gateway = Gateway::start_traced(webhooks, &collector.url()).await;
    let mut watcher = gateway.watch().await;
    let id = gateway.event(&event("tool.called", "main")).await;
    watcher.delivery(DeliveryStatus::Delivered).await;
    let mut spans: Vec<Value> = Vec::new();
    let mut requests = 0;
    while spans.len() < 3 {
        requests += 1;
        let body: Value = serde_json::from_slice(&collector.got(requests).await[requests - 1].body).unwrap();
        let resource = &body["resourceSpans"][0];
        assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "openclaw-webhooks");
        spans.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().clone());
    }
    let root = spans.iter().find(|span| span.get("parentSpanId").is_none()).unwrap();
    assert_eq!(root["name"], "accept tool.called");
    assert_eq!(root["attributes"][0], json!({ "key": "event.id", "value": { "stringValue": id } }));
    let attempts: Vec<&Value> = spans.iter().filter(|span| span.get("parentSpanId").is_some()).collect();
    assert_eq!(attempts.len(), 2);
    for attempt in &attempts {
        assert_eq!((&attempt["traceId"], &attempt["parentSpanId"]), (&root["traceId"], &root["spanId"]));
        assert_eq!(attempt["name"], "deliver to crm");
        let time = |key: &str| attempt[key].as_str().unwrap().parse::<u128>().unwrap();
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
    }
    let codes: Vec<&Value> = attempts.iter().map(|attempt| &attempt["status"]["code"]).collect();
    assert_eq!(codes, [2, 1]);
}
