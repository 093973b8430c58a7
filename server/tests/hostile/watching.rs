//! Who watches the live stream and takes nothing of it.

use crate::gateway::{Gateway, event};
use crate::turn;
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::client_async;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_streams_that_are_never_read() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let mut watchers = Vec::new();
    for number in 0..1000 {
        let socket = gateway.connect(1 + u8::try_from(number % 2).unwrap()).await.unwrap();
        let (watcher, _) = client_async("ws://localhost/api/v1/stream", socket).await.unwrap();
        watchers.push(watcher);
    }
    // Much happens, and nobody looks.
    let events: Vec<_> = (0..100).map(|_| event(&"x".repeat(2000))).collect();
    let body = json!({ "events": events }).to_string();
    for _ in 0..40 {
        let answer =
            gateway.http.post(gateway.url("/api/v1/events")).body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }
    // A stream keeps its place: an address that watches with all it has is closed the next connection.
    let mut more = Vec::new();
    for _ in 0..510 {
        let socket = gateway.connect(1).await.unwrap();
        if let Ok(Ok((watcher, _))) =
            tokio::time::timeout(Duration::from_secs(5), client_async("ws://localhost/api/v1/stream", socket))
                .await
        {
            more.push(watcher);
        }
    }
    assert_eq!(more.len(), 500, "1,000 streams from one address and no more");
    gateway.stood(others, "1,500 streams that are never read", 300).await;
}
