//! Receivers that misbehave: what each is called, and that none of them slows another.

use crate::support::{Answer, Gateway, Receiver, event, nobody, standing_clock};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::{DeliveryStatus, Reason};

/// Listens, and does with each connection what `behave` says.
async fn misbehaving<F>(behave: fn(TcpStream) -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(stream));
        }
    });
    url
}

async fn never_answers(mut stream: TcpStream) {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).await.is_ok_and(|count| count > 0) {}
    std::future::pending::<()>().await;
}

async fn resets_within_the_headers(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-").await;
    let _ = stream.set_zero_linger();
}

async fn drips(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 4096]).await;
    for byte in b"HTTP/1.1 200 OK\r\n".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn speaks_something_else(mut stream: TcpStream) {
    let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
    let _ = stream.read(&mut [0; 4096]).await;
}

#[tokio::test]
async fn each_has_its_reason_and_none_slows_a_healthy_one() {
    let healthy = Receiver::healthy().await;
    let elsewhere = Receiver::healthy().await;
    let redirect = Answer(302, vec![("location", elsewhere.url())], String::new());
    let redirecting = Receiver::start(vec![redirect; 20]).await;
    let cases = [
        ("refuses", format!("http://{}/", nobody().await), Reason::ConnectRefused),
        ("silent", misbehaving(never_answers).await, Reason::Timeout),
        ("resets", misbehaving(resets_within_the_headers).await, Reason::ConnectionReset),
        ("drips", misbehaving(drips).await, Reason::Timeout),
        ("mail", misbehaving(speaks_something_else).await, Reason::InvalidResponse),
        ("redirects", redirecting.url(), Reason::Http3xx),
    ];
    let mut endpoints = vec![json!({ "name": "healthy", "url": healthy.url(), "events": ["*"] })];
    endpoints.extend(cases.iter().map(|(name, url, _)| {
        json!({ "name": name, "url": url, "events": ["*"], "timeoutMs": 1000, "concurrency": 1,
            "retry": { "maxAttempts": 1 } })
    }));
    let gateway = Gateway::start(json!({ "endpoints": endpoints })).await;
    let mut watcher = gateway.watch().await;
    for _ in 0..20 {
        gateway.event(&event("tool.called", "main")).await;
    }
    healthy.got(20).await;
    // The silent one has not even given up its first by then: nobody waited for it.
    let silent = gateway.deliveries("endpoint=silent&status=failed").await;
    assert!(silent.len() <= 1, "{} deliveries to the silent one have timed out already", silent.len());
    let mut missing: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    while !missing.is_empty() {
        let failed = watcher.delivery(DeliveryStatus::Failed).await;
        let (name, _, reason) = cases.iter().find(|(name, ..)| *name == failed.endpoint).unwrap();
        assert_eq!(failed.last_reason, Some(*reason), "{name}");
        missing.retain(|missing| missing != name);
    }
    assert_eq!(elsewhere.count(), 0, "a redirect is not followed");
}

#[tokio::test]
async fn retry_after_lengthens_the_wait_in_both_its_forms() {
    let later = |value: &str| Answer(429, vec![("retry-after", value.to_owned())], String::new());
    let receiver = Receiver::start([later("120"), later("Sat, 14 Mar 2026 10:40:00 GMT")]).await;
    let clock = standing_clock(); // 2026-03-14T10:30:00Z
    let gateway = Gateway::start_at(
        json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"],
            "retry": { "maxAttempts": 5, "backoffMs": 1000 }, "healthCheck": { "enabled": false } }] }),
        clock.clone(),
    )
    .await;
    let mut watcher = gateway.watch().await;
    gateway.event(&event("tool.called", "main")).await;
    let retrying = watcher.delivery(DeliveryStatus::Retrying).await;
    assert_eq!(retrying.last_reason, Some(Reason::Http429));
    assert_eq!(retrying.next_attempt_at.unwrap().to_string(), "2026-03-14T10:32:00.000Z");
    clock.advance(120_000);
    let retrying = watcher.delivery(DeliveryStatus::Retrying).await;
    assert_eq!(retrying.next_attempt_at.unwrap().to_string(), "2026-03-14T10:40:00.000Z");
    clock.advance(480_000);
    watcher.delivery(DeliveryStatus::Delivered).await;
}
