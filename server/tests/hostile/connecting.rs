//! Who takes places: connections that say nothing, or say it slowly, or say too much before they ask anything.

use crate::gateway::Gateway;
use crate::turn;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// So many from one address stay below what one may have.
const OF_ONE: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_drip() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let mut drips = Vec::new();
    for attacker in 1..=4 {
        for _ in 0..OF_ONE {
            let mut drip = gateway.connect(attacker).await.unwrap();
            drip.write_all(b"POST /webhooks/inbound/deploy HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                .await
                .unwrap();
            drips.push(drip);
        }
    }
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        for drip in &mut drips {
            drip.write_all(b"x").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    gateway.stood(others, "2,000 connections whose headers drip", 60).await;
}

/// Ten thousand, or as many as this machine's open files allow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_that_say_nothing() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    // The gateway keeps 2,000 files for other things, and this test has sockets beside these.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let count = usize::try_from(files.saturating_sub(2500)).unwrap().min(10_000);
    let others = gateway.others();
    let mut idle = Vec::new();
    for number in 0..count {
        let attacker = u8::try_from(number / OF_ONE + 1).unwrap();
        idle.push(gateway.connect(attacker).await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Each has its place still, and may ask.
    for connection in idle.iter_mut().step_by(count / 20) {
        assert!(
            answer(connection, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.contains("200 OK")
        );
    }
    gateway.stood(others, &format!("{count} connections that say nothing"), 200).await;
}

/// One address takes no more than its share, whatever it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_that_wants_all_places() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let mut held = Vec::new();
    for _ in 0..2000 {
        held.push(gateway.connect(1).await.unwrap());
    }
    let mut open = 0;
    for connection in &mut held {
        open +=
            usize::from(tokio::time::timeout(Duration::from_millis(1), connection.read_u8()).await.is_err());
    }
    assert_eq!(open, 1000);
    gateway.stood(others, "2,000 connections from one address", 60).await;
}

/// As many bytes of headers as are read, and no end of them; then too many of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_end() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let flood = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\n{}",
        format!("X-A: {}\r\n", "x".repeat(1000)).repeat(60)
    );
    let mut open = Vec::new();
    for number in 0..2 * OF_ONE {
        let mut connection = gateway.connect(1 + u8::try_from(number % 2).unwrap()).await.unwrap();
        connection.write_all(flood.as_bytes()).await.unwrap();
        open.push(connection);
    }
    for _ in 0..500 {
        let mut connection = gateway.connect(3).await.unwrap();
        let many = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: 1\r\n".repeat(5000));
        let said = answer(&mut connection, &many).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    }
    // What is kept of them is what they sent.
    gateway.stood(others, "1,000 connections with 60 KiB of headers each", 140).await;
}

/// Streams that are begun and taken back at once, as many as the protocol lets through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_streams_that_are_taken_back() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let begun = Instant::now();
    let mut asked = 0_u32;
    while begun.elapsed() < Duration::from_secs(3) {
        let io = TokioIo::new(gateway.connect(1).await.unwrap());
        let Ok((mut sender, connection)) = http2::handshake(TokioExecutor::new(), io).await else { continue };
        let connection = tokio::spawn(connection);
        for _ in 0..1000 {
            let request = http::Request::get("http://localhost/api/v1/stats")
                .body(Empty::<bytes::Bytes>::new())
                .unwrap();
            let taken_back = sender.send_request(request);
            if tokio::time::timeout(Duration::from_micros(50), taken_back)
                .await
                .is_ok_and(|answer| answer.is_err())
            {
                break;
            }
            asked += 1;
        }
        connection.abort();
    }
    assert!(asked > 1000, "{asked}");
    gateway.stood(others, &format!("{asked} requests of HTTP/2 that are taken back"), 60).await;
}

async fn answer(connection: &mut TcpStream, request: &str) -> String {
    // It may be closed before all of it was taken.
    let _ = connection.write_all(request.as_bytes()).await;
    let mut answer = vec![0; 4096];
    let read = connection.read(&mut answer).await.unwrap_or(0);
    String::from_utf8_lossy(&answer[..read]).into_owned()
}
