//! Commands that have something done: `check`, `test`, `pause`, `resume`, `redeliver`.

use crate::program::run_on;
use crate::support::{Gateway, Receiver, event, nobody};
use serde_json::json;
use wire::DeliveryStatus;

async fn to(url: &str) -> Gateway {
    let endpoint = json!({
        "name": "crm", "url": url, "events": ["*"], "secret": "whsec_abc", "retry": { "maxAttempts": 1 },
        "healthCheck": { "enabled": false },
    });
    Gateway::start(json!({ "endpoints": [endpoint] })).await
}

#[tokio::test]
async fn check_tells_whether_it_answers() {
    let receiver = Receiver::start([200u16, 503]).await;
    let gateway = to(&receiver.url()).await;
    let ran = run_on(&gateway, &["check", "crm"]).await;
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "crm: answers 200 in N ms\n", ""));
    let ran = run_on(&gateway, &["check", "crm", "--json"]).await;
    assert_eq!(ran.status, 1);
    let check = &ran.json()[0];
    assert_eq!(
        (&check["endpoint"], &check["reachable"], &check["statusCode"]),
        (&json!("crm"), &json!(false), &json!(503))
    );

    let gateway = to(&format!("http://{}/", nobody().await)).await;
    let ran = run_on(&gateway, &["check", "crm"]).await;
    assert_eq!(ran.status, 1);
    assert_eq!(
        ran.out,
        "crm: connect_refused\n  Check that the receiver is running and that the URL's port is the one it listens on.\n"
    );
    let ran = run_on(&gateway, &["check", "nobody"]).await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (1, "error: Not Found: there is no endpoint nobody; there are: crm\n")
    );
}

#[tokio::test]
async fn test_waits_for_what_becomes_of_the_sample() {
    let receiver = Receiver::start([200u16, 400]).await;
    let gateway = to(&receiver.url()).await;
    let ran = run_on(&gateway, &["test", "crm", "--type", "error.occurred"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "dlv_0123456789abcdef0123456789abcdef  delivered  200 in N ms\n");
    let got = &receiver.got(1).await[0];
    assert_eq!(got.header("X-OpenClaw-Event"), "error.occurred");
    let ran = run_on(&gateway, &["test", "crm"]).await;
    assert_eq!(ran.status, 1);
    assert_eq!(
        ran.out,
        "dlv_0123456789abcdef0123456789abcdef  failed  http_4xx (400) in N ms\n  The receiver refused the request: its answer \
         says why; check path, token headers and signing secret.\n"
    );
}

#[tokio::test]
async fn a_paused_endpoint_is_resumed() {
    let receiver = Receiver::healthy().await;
    let gateway = to(&receiver.url()).await;
    let ran = run_on(&gateway, &["pause", "crm"]).await;
    assert_eq!(
        (ran.status, ran.out.as_str(), ran.err.as_str()),
        (0, "crm: paused\n", "  paused by a person\n")
    );
    let ran = run_on(&gateway, &["resume", "crm", "--json"]).await;
    assert_eq!((ran.status, &ran.json()[0]["state"]), (0, &json!("idle")));
}

/// A gateway whose receiver refused so many events, and takes the next.
async fn with_failed(count: usize) -> (Gateway, Receiver) {
    let receiver = Receiver::start(vec![500u16; count]).await;
    let gateway = to(&receiver.url()).await;
    let mut watcher = gateway.watch().await;
    for _ in 0..count {
        gateway.event(&event("tool.called", "main")).await;
        watcher.delivery(DeliveryStatus::Failed).await;
    }
    (gateway, receiver)
}

#[tokio::test]
async fn redeliver_waits_for_the_deliveries_it_names() {
    let (gateway, receiver) = with_failed(2).await;
    let failed = gateway.deliveries("status=failed").await;
    let ids = [failed[0].id.as_str(), failed[1].id.as_str()];
    receiver.answer_next(200);
    receiver.answer_next(503);
    let ran = run_on(&gateway, &["redeliver", ids[0], ids[1]]).await;
    assert_eq!((ran.status, ran.err.as_str()), (1, ""));
    let statuses: Vec<&str> = ran.raw.lines().filter_map(|line| line.split("  ").nth(1)).collect();
    assert!(statuses.contains(&"delivered") && statuses.contains(&"failed"), "{}", ran.raw);
    let ran = run_on(&gateway, &["redeliver", ids[0], "--no-wait"]).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "dlv_0123456789abcdef0123456789abcdef  is on its way\n"));
    let ran = run_on(&gateway, &["redeliver", "dlv_nowhere"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (1, "error: Not Found: there is no delivery dlv_nowhere\n"));
}

#[tokio::test]
async fn redeliver_takes_all_that_a_filter_finds() {
    let (gateway, receiver) = with_failed(3).await;
    let dry = run_on(&gateway, &["redeliver", "--status", "failed", "--since", "1h", "--dry-run"]).await;
    assert_eq!(
        (dry.status, dry.out.as_str(), dry.err.as_str()),
        (0, "3 deliveries would go out again; nothing was sent\n", "")
    );
    assert_eq!(receiver.count(), 3);
    receiver.answer_next(200);
    receiver.answer_next(500);
    let ran =
        run_on(&gateway, &["redeliver", "--status", "failed", "--since", "1h", "--per-second", "100"]).await;
    assert_eq!((ran.status, ran.err.as_str()), (1, ""));
    assert_eq!(ran.out, "3 deliveries on their way\n2 delivered, 1 failed again\n");
    let ran = run_on(&gateway, &["redeliver", "--status", "failed", "--json"]).await;
    assert_eq!((ran.status, ran.raw.as_str()), (0, "{\"matched\":1,\"queued\":1}\n"));
    let ran = run_on(&gateway, &["redeliver", "--status", "failed"]).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "No delivery is like that.\n"));
}

#[tokio::test]
async fn one_that_a_filter_finds_is_told_as_one() {
    let (gateway, _receiver) = with_failed(1).await;
    let ran = run_on(&gateway, &["redeliver", "--status", "failed"]).await;
    assert_eq!((ran.status, ran.out.as_str()), (0, "1 delivery on its way\n1 delivered, 0 failed again\n"));
}

#[tokio::test]
async fn redeliver_does_not_guess() {
    let gateway = Gateway::start(json!({})).await;
    for words in [
        &["redeliver"][..],
        &["redeliver", "dlv_1", "--status", "failed"],
        &["redeliver", "--status", "lost"],
    ] {
        assert_eq!(run_on(&gateway, words).await.status, 2, "{words:?}");
    }
    let ran = run_on(&gateway, &["redeliver", "--endpoint", "nobody"]).await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (
            2,
            "error: Unprocessable Entity: endpoint names nobody, but there is no endpoint of that name\n  field: endpoint\n"
        )
    );
}
