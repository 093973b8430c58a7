//! The read side: pages, filters, one of each, and the totals.

use crate::support::{Gateway, Receiver, event};
use serde_json::{Value, json};
use wire::DeliveryStatus;

async fn delivered(count: usize) -> Gateway {
    let receiver = Receiver::healthy().await;
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    let mut watcher = gateway.watch().await;
    for number in 0..count {
        let event_type = if number % 2 == 0 { "tool.called" } else { "message.sent" };
        let mut event = event(event_type, if number % 3 == 0 { "a" } else { "b" });
        event["id"] = json!(format!("evt_{number}"));
        gateway.event(&event).await;
        watcher.delivery(DeliveryStatus::Delivered).await;
    }
    gateway
}

fn ids(list: &Value, key: &str) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_go_from_new_to_old_and_miss_nothing() {
    let gateway = delivered(5).await;
    for (path, key) in [("/api/v1/events", "id"), ("/api/v1/deliveries", "eventId")] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = gateway.get(&format!("{path}?limit=2{cursor}")).await;
            seen.extend(ids(&page, key));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["evt_4", "evt_3", "evt_2", "evt_1", "evt_0"], "{path}");
    }
}

#[tokio::test]
async fn filters_narrow_and_unknown_ones_are_refused() {
    let gateway = delivered(6).await;
    let count = async |query: &str| ids(&gateway.get(query).await, "id").len();
    assert_eq!(count("/api/v1/events?type=tool.called").await, 3);
    assert_eq!(count("/api/v1/events?type=tool.called&type=message.sent").await, 6);
    assert_eq!(count("/api/v1/events?agentId=a").await, 2);
    assert_eq!(count("/api/v1/events?q=evt_3").await, 1);
    assert_eq!(count("/api/v1/events?q=%25").await, 0, "a pattern's character is a character");
    assert_eq!(count("/api/v1/events?since=1h").await, 6);
    assert_eq!(count("/api/v1/events?until=1h").await, 0);
    assert_eq!(count("/api/v1/deliveries?status=delivered&endpoint=crm").await, 6);
    assert_eq!(count("/api/v1/deliveries?status=failed&status=delivering").await, 0);
    assert_eq!(count("/api/v1/deliveries?q=evt_2&type=tool.called").await, 1);
    assert_eq!(count("/api/v1/deliveries?reason=http_5xx").await, 0);
    for (path, field) in [
        ("/api/v1/deliveries?state=failed", "state"),
        ("/api/v1/deliveries?status=lost", "status"),
        ("/api/v1/events?limit=501", "limit"),
        ("/api/v1/events?cursor=x", "cursor"),
        ("/api/v1/stats?window=2h", "window"),
    ] {
        let (status, problem) = gateway.status(path).await;
        assert_eq!((status, problem["field"].as_str()), (422, Some(field)), "{path}");
    }
}

#[tokio::test]
async fn one_event_shows_how_its_deliveries_stand_and_totals_agree() {
    let gateway = delivered(3).await;
    let event = gateway.get("/api/v1/events/evt_1").await;
    assert_eq!(event["deliveries"], json!({ "total": 1, "delivered": 1, "failed": 0, "open": 0 }));
    assert_eq!(event["data"]["message"]["content"], "hello");
    assert_eq!(gateway.status("/api/v1/events/evt_none").await.0, 404);
    assert_eq!(gateway.status("/api/v1/deliveries/dlv_none").await.0, 404);

    let endpoint = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!(endpoint["state"], "healthy");
    assert_eq!(endpoint["windows"]["5m"]["delivered"], 3);
    assert_eq!(endpoint["windows"]["24h"]["successRate"], 1.0);
    assert_eq!(endpoint["lastAttempt"]["result"], "delivered");
    let stats = gateway.get("/api/v1/stats?window=1h").await;
    assert_eq!((stats["events"].as_u64(), stats["attempts"].as_u64()), (Some(3), Some(3)));
    assert_eq!(stats["deliveries"]["pending"], 0);
    assert!(stats["latency"]["p99"].as_f64().unwrap() > 0.0);
    assert_eq!(stats["byEndpoint"][0]["endpoint"], "crm");
    assert_eq!(gateway.get("/api/v1/stats?window=1h&endpoint=crm").await["attempts"], 3);
    assert_eq!(gateway.get("/api/v1/stats?window=1h&endpoint=other").await["attempts"], 0);

    // Figures outlive the process.
    let gateway = gateway.restart().await;
    assert_eq!(gateway.get("/api/v1/stats?window=1h").await["attempts"], 3);
    assert_eq!(gateway.get("/api/v1/endpoints/crm").await["state"], "healthy");
}

#[tokio::test]
async fn health_and_configuration_are_shown() {
    let gateway = delivered(0).await;
    assert_eq!(gateway.status("/healthz").await.0, 200);
    assert_eq!(gateway.status("/readyz").await.0, 200);
    let config = gateway.get("/api/v1/config").await;
    assert_eq!((config["instanceId"].as_str(), config["demo"].as_bool()), (Some("node-1"), Some(false)));
    assert_eq!(gateway.get("/api/v1/inbound").await, json!({ "items": [] }));
    assert_eq!(gateway.get("/api/v1/hits").await, json!({ "items": [] }));
}
