//! After the end, however it came, the next start goes on with everything that is not finished.

use crate::support::{Gateway, Receiver, event, standing_clock};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use wire::DeliveryStatus;

#[tokio::test]
async fn a_retry_keeps_its_time_over_a_restart() {
    let receiver = Receiver::start([503]).await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"],
            "retry": { "maxAttempts": 3, "backoffMs": 60_000 } }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let due = watcher.delivery(DeliveryStatus::Retrying).await.next_attempt_at;
    let gateway = gateway.restart().await;
    let mut watcher = gateway.watch().await;
    let waiting = gateway.deliveries("status=retrying").await;
    assert_eq!(waiting[0].next_attempt_at, due);
    assert_eq!(receiver.count(), 1);
    gateway.clock.advance(60_000);
    assert_eq!(watcher.delivery(DeliveryStatus::Delivered).await.attempts, 2);
}

#[tokio::test]
async fn an_endpoint_does_as_it_did_before_a_restart() {
    let receiver = Receiver::start([200, 500, 500]).await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
    gateway.clock.advance(1000);
    // What a person asks for says nothing about health, before a restart or after it.
    gateway.post(&format!("/api/v1/deliveries/{}/redeliver", delivered.id), "").await;
    watcher.delivery(DeliveryStatus::Failed).await;
    gateway.clock.advance(1000);
    gateway.post("/api/v1/endpoints/crm/test", "{}").await;
    watcher.delivery(DeliveryStatus::Failed).await;
    let before = gateway.get("/api/v1/endpoints/crm").await;
    assert_eq!(
        (before["state"].as_str(), before["lastAttempt"]["trigger"].as_str()),
        (Some("healthy"), Some("test"))
    );
    let gateway = gateway.restart().await;
    let after = gateway.get("/api/v1/endpoints/crm").await;
    for key in ["state", "stateReason", "since", "lastAttempt", "circuit", "windows"] {
        assert_eq!(after[key], before[key], "{key}");
    }
}

#[tokio::test]
async fn what_is_on_its_way_at_the_end_is_waited_for_and_recorded() {
    let receiver = Receiver::healthy().await;
    receiver.holds.send_replace(true);
    let gateway =
        Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] }))
            .await;
    gateway.event(&event("tool.called", "main")).await;
    receiver.got(1).await;
    let holds = receiver.holds.clone();
    let restarting = tokio::spawn(gateway.restart());
    // It answers only once the gateway is told to end.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    holds.send_replace(false);
    let gateway = restarting.await.unwrap();
    let delivered = gateway.deliveries("status=delivered").await;
    assert_eq!((delivered.len(), delivered[0].attempts, receiver.count()), (1, 1, 1));
}

#[tokio::test]
async fn what_is_older_than_its_days_is_deleted() {
    let receiver = Receiver::healthy().await;
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }], "retention": { "days": 7 } }),
        standing_clock(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let delivered = watcher.delivery(DeliveryStatus::Delivered).await;
    gateway.clock.advance(8 * 86_400_000);
    let young = gateway.event(&event("tool.called", "main")).await;
    let deadline = tokio::time::Instant::now() + tokio::time::Duration::from_secs(20);
    while gateway.get("/api/v1/events").await["items"].as_array().unwrap().len() > 1 {
        assert!(tokio::time::Instant::now() < deadline, "the old event is still there");
        gateway.clock.advance(1000);
    }
    assert_eq!(gateway.get("/api/v1/events").await["items"][0]["id"], young);
    assert_eq!(gateway.status(&format!("/api/v1/deliveries/{}", delivered.id)).await.0, 404);
}

/// The real program, killed without a word.
#[tokio::test]
async fn nothing_accepted_is_lost_by_a_kill() {
    let receiver = Receiver::healthy().await;
    receiver.holds.send_replace(true);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("openclaw.json5");
    let webhooks = json!({
        "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"], "concurrency": 4 }],
        "server": { "listen": "127.0.0.1:0", "database": format!("sqlite://{}", folder.path().join("g.db").display()) },
        "network": { "allow": ["127.0.0.1"] },
    });
    std::fs::write(&config, json!({ "webhooks": webhooks }).to_string()).unwrap();

    let (mut process, url) = serve(&config);
    let client = reqwest::Client::new();
    let mut accepted = HashSet::new();
    for _ in 0..50 {
        let body = event("tool.called", "main").to_string();
        let response = client.post(format!("{url}api/v1/events")).body(body).send().await.unwrap();
        assert_eq!(response.status(), 202);
        accepted.insert(response.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    receiver.got(4).await;
    process.kill().unwrap(); // SIGKILL
    process.wait().unwrap();
    receiver.holds.send_replace(false);

    let (mut process, _) = serve(&config);
    // The four on their way when it was killed come again, and no other.
    let got = receiver.got(54).await;
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(got.len(), 54);
    let arrived: HashSet<String> =
        got.iter().map(|request| request.header("x-openclaw-event-id").to_owned()).collect();
    assert_eq!(arrived, accepted);
}

/// Runs the program until it is killed.
pub(crate) fn serve(config: &Path) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
        .args(["serve", "--config"])
        .arg(config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("Listening on ").expect("the address").to_owned();
    (process, url)
}
