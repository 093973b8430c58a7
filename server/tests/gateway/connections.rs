//! Connections that say nothing, or too much: others are answered all the same.

use crate::support::{Gateway, event};
use futures_util::StreamExt;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn many_who_say_nothing_or_dribble_keep_nobody_out() {
    let gateway = Gateway::start(json!({})).await;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let mut idle = Vec::new();
    for number in 0..1500 {
        let mut connection = TcpStream::connect(gateway.server.address).await.unwrap();
        if number % 2 == 0 {
            connection.write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ").await.unwrap();
        }
        idle.push(connection);
    }
    let answer =
        gateway.http.get(gateway.url("/healthz")).timeout(Duration::from_secs(5)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    gateway.event(&event("tool.called", "main")).await;
    drop(idle);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let gateway = Gateway::start(json!({})).await;
    for headers in ["X: 1\r\n".repeat(200), format!("X: {}\r\n", "x".repeat(100_000))] {
        let mut connection = TcpStream::connect(gateway.server.address).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        // It may be closed before all of it was taken.
        let _ = connection.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert_eq!(gateway.status("/healthz").await.0, 200);
}

#[tokio::test]
async fn streams_are_told_that_the_gateway_stops() {
    let gateway = Gateway::start(json!({})).await;
    let url = format!("ws://{}/api/v1/stream", gateway.server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket.next().await.unwrap().unwrap();
    let stopping = tokio::spawn(gateway.restart());
    let closed = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return None,
            }
        }
    };
    let frame = tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap().expect("a close frame");
    assert_eq!(u16::from(frame.code), 1012);
    drop(stopping.await.unwrap());
}
