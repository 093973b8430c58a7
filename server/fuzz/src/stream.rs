//! What a watcher sends over the live stream, byte for byte: the gateway listens to none of it, and ends in good order.

use crate::gateway::GATEWAY;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use wire::Frame;

const HANDSHAKE: &[u8] =
    b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// The end comes at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn fuzz(input: &[u8]) {
    let said = GATEWAY.run(async {
        let (here, there) = duplex(1 << 20);
        let served = async {
            let service = service_fn(|request: hyper::Request<Incoming>| async {
                Ok::<_, Infallible>(GATEWAY.answer(request.map(axum::body::Body::new)).await)
            });
            let builder = Builder::new(TokioExecutor::new());
            // An error here is a watcher that made no sense.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(there), service).await;
        };
        let watched = async {
            let (mut reading, mut writing) = tokio::io::split(here);
            writing.write_all(HANDSHAKE).await.unwrap_or_else(|error| panic!("{error}"));
            let mut said = Vec::new();
            while !said.ends_with(b"\r\n\r\n") {
                said.push(reading.read_u8().await.unwrap_or_else(|error| panic!("{error}")));
            }
            // Who is refused can't be written to any more, which is no fault.
            let _ = writing.write_all(input).await;
            let _ = writing.shutdown().await;
            reading.read_to_end(&mut said).await.unwrap_or_else(|error| panic!("{error}"));
            said
        };
        let both = async { tokio::join!(served, watched).1 };
        tokio::time::timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("who hung up is still served"))
    });
    let head = said.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer"));
    assert!(said.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&said));
    assert_messages(&said[head + 4..]);
}

/// Every message is whole, and says what it should whatever was sent.
fn assert_messages(mut rest: &[u8]) {
    let mut first = true;
    while let [opcode, length, ..] = *rest {
        assert_eq!((opcode & 0xf0, length & 0x80), (0x80, 0), "whole, and not masked");
        let (length, head) = match length {
            126 => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
            127 => panic!("too long"),
            short => (usize::from(short), 2),
        };
        let payload = &rest[head..head + length];
        match opcode & 0xf {
            1 => {
                let frames: Vec<Frame> =
                    serde_json::from_slice(payload).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(matches!(frames[..], [Frame::Hello { .. }, ..]), first, "hello first, and once");
                first = false;
            }
            8..=10 => {}
            other => panic!("a message of kind {other}"),
        }
        rest = &rest[head + length..];
    }
    assert!(rest.is_empty(), "half a message");
}
