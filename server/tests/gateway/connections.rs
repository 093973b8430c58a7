//! Connections that say nothing, or too much: others are answered all the same.

use crate::support::{Gateway, event};
use futures_util::StreamExt;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn many_who_say_nothing_or_dribble_keep_nobody_out() {
    let gateway = Gateway::start(json!({})).await;
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let mut idle = Vec::new();
    for number in 0..900 {
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

/// One address takes its share and no more; a proxy that is named takes what it needs.
#[tokio::test]
async fn one_address_keeps_no_other_out() {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    for (trusted, most) in [(json!([]), 1000), (json!(["127.0.0.2"]), 1100)] {
        let gateway = Gateway::start(json!({ "server": { "trustedProxies": trusted } })).await;
        let mut open = Vec::new();
        for _ in 0..1100 {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            open.push(socket.connect(gateway.server.address).await.unwrap());
        }
        assert_eq!(gateway.status("/healthz").await.0, 200, "another address is answered");
        // Those that were taken wait for a request; the others were closed.
        let mut left = 0;
        for connection in &mut open {
            let closed = tokio::time::timeout(Duration::from_millis(1), connection.read_u8()).await;
            left += usize::from(closed.is_err());
        }
        assert_eq!(left, most);
        drop(open.drain(..200));
        let again = async || {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            let mut connection = socket.connect(gateway.server.address).await?;
            connection
                .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer.starts_with("HTTP/1.1 200"))
        };
        // A place is free once its connection is seen to be gone.
        let freed = async { while !again().await.unwrap_or(false) {} };
        tokio::time::timeout(Duration::from_secs(20), freed).await.expect("places are free again");
    }
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
