//! Who sends bodies that are slow, or that become more than they are.

use crate::gateway::{Gateway, PATIENCE};
use crate::turn;
use futures_util::StreamExt;
use serde_json::Value;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nearly whole, and then nothing: what has come is kept until the rest does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_stop_before_their_end() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let head = "POST /webhooks/inbound/deploy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 262144\r\n\r\n";
    let nearly = vec![b'x'; 262_000];
    let mut open = Vec::new();
    // A quarter of a gigabyte.
    for number in 0..1000 {
        let mut connection = gateway.connect(1 + u8::try_from(number % 4).unwrap()).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        // One that is told that there is no room is not read to its end.
        let _ = tokio::time::timeout(Duration::from_millis(100), connection.write_all(&nearly)).await;
        open.push(connection);
    }
    let mut refused = 0;
    let begun = Instant::now();
    let mut waiting: Vec<&mut TcpStream> = open.iter_mut().collect();
    while refused <= 600 {
        assert!(begun.elapsed() < PATIENCE, "{refused} of 1,000 were told that there is no room");
        let mut still = Vec::new();
        for connection in waiting {
            let mut answer = [0; 12];
            match tokio::time::timeout(Duration::from_millis(1), connection.read_exact(&mut answer)).await {
                Ok(Ok(_)) => assert_eq!(&answer, b"HTTP/1.1 503"),
                // Of a connection that is closed with something unread the system may throw the answer away.
                Ok(Err(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
                Err(_) => {
                    still.push(connection);
                    continue;
                }
            }
            refused += 1;
        }
        waiting = still;
    }
    gateway.stood(others, "1,000 bodies that stop before their end", 220).await;
}

/// Small things that a careless reader makes large, to everything that reads JSON.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_become_more_than_they_are() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let others = gateway.others();
    let most = 250_000;
    let wrapped = |data: &str| format!(r#"{{"type":"tool.called","data":{data}}}"#).into_bytes();
    let keys: Vec<String> = (0..20_000).map(|number| format!("\"k{number}\":1")).collect();
    let (opened, closed) = ("[".repeat(most / 2), "]".repeat(most / 2));
    let texts = [
        wrapped(&format!("{{\"x\":{opened}{closed}}}")),
        wrapped(&format!("{{{}}}", keys.join(","))),
        wrapped(&format!("{{{}}}", "\"k\":1,".repeat(most / 7) + "\"k\":1")),
        wrapped(&format!("{{\"x\":{}}}", "9".repeat(most))),
        wrapped(&format!("{{\"x\":1e{}}}", "9".repeat(1000))),
        wrapped(&format!("{{\"x\":\"{}\"}}", "\\u0000".repeat(most / 6))),
        wrapped(&format!("{{\"x\":[{}]}}", "{},".repeat(most / 3) + "{}")),
        opened.into_bytes(),
        bomb(),
    ];
    let requests = (0..20).flat_map(|_| texts.iter().cloned()).flat_map(|text| {
        ["/api/v1/events", "/webhooks/inbound/deploy"].map(|path| {
            let compressed = text.starts_with(&[0x1f, 0x8b]);
            let request = gateway.http.post(gateway.url(path)).header("content-type", "application/json");
            let request = if compressed { request.header("content-encoding", "gzip") } else { request };
            request.body(text.clone()).send()
        })
    });
    let answers: Vec<u16> = futures_util::stream::iter(requests)
        .buffer_unordered(4)
        .map(|answer| answer.unwrap().status().as_u16())
        .collect()
        .await;
    assert!(answers.iter().all(|status| *status < 500), "{answers:?}");
    assert!(answers.contains(&202) && answers.contains(&400) && answers.contains(&422), "{answers:?}");
    // Nothing was unpacked: what is kept of it is what came.
    let refused: Value = gateway
        .http
        .get(gateway.url("/api/v1/hits?outcome=refused&limit=500"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(refused.to_string().len() < 60 * 4096);
    gateway.stood(others, "360 bodies that become more than they are", 250).await;
}

/// A hundred megabytes of nothing in a hundred kilobytes: blocks of DEFLATE that each repeat one byte 258 times over.
fn bomb() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    // With fixed codes: a literal 0, then "258 bytes, from 1 back" over and over.
    let mut bits = Bits::default();
    bits.push(0b1, 1); // the last block
    bits.push(0b01, 2); // of fixed codes
    bits.push_code(0b0011_0000, 8);
    for _ in 0..400_000 {
        bits.push_code(0b1100_0101, 8); // 285: a length of 258
        bits.push_code(0b00000, 5); // a distance of 1
    }
    bits.push_code(0, 7);
    bytes.extend(bits.bytes);
    // Its check and length don't matter to who refuses it.
    bytes.extend([0; 8]);
    bytes.truncate(250_000);
    bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= u8::try_from(value >> at & 1).unwrap() << (self.used % 8);
            self.used += 1;
        }
    }

    /// Codes go in from their first bit.
    fn push_code(&mut self, code: u32, count: u32) {
        for at in (0..count).rev() {
            self.push(code >> at & 1, 1);
        }
    }
}
