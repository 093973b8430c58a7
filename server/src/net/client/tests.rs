//! The client against real receivers on this machine: exchanges that bring an answer.

mod failures;
mod receiver;
mod secured;

use super::*;
use crate::net::Allow;
use receiver::{Receiver, read_request};
use std::collections::HashMap;
use std::net::IpAddr;
use tokio::io::AsyncWriteExt;
use wire::Reason;

const KEPT: usize = 64 * 1024;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Long enough for a busy machine; no test waits for it to pass.
const AMPLE: Limits =
    Limits { headers: Duration::from_secs(20), body: Duration::from_secs(20), body_bytes: KEPT };

/// For those that do, and where a connection must still be opened in it.
const SHORT: Limits = Limits { headers: Duration::from_secs(1), ..AMPLE };

/// For those that do, and where nothing must.
const BRIEF: Limits =
    Limits { headers: Duration::from_millis(150), body: Duration::from_millis(150), body_bytes: KEPT };

fn client(allow: &[&str]) -> Client {
    client_with(allow, Resolver::System)
}

fn client_with(allow: &[&str], resolver: Resolver) -> Client {
    Client::new(AddressRules::new(allow.iter().map(|entry| entry.parse::<Allow>().unwrap())), resolver)
        .unwrap()
}

fn names(name: &str, addresses: &[&str]) -> Resolver {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Resolver::Fixed(HashMap::from([(name.to_owned(), addresses)]))
}

fn post(url: &str) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("x-openclaw-event", "message.sent".parse().unwrap());
    Outgoing {
        method: Method::POST,
        uri: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(b"{\"a\":1}"),
    }
}

async fn send(receiver: &Receiver, limits: Limits) -> Exchange {
    client(&["127.0.0.1"]).send(post(&receiver.url("/")), limits).await
}

fn failed(exchange: &Exchange) -> (Reason, &str) {
    let failure = exchange.result.as_ref().unwrap_err();
    (failure.reason, &failure.detail)
}

#[tokio::test]
async fn a_request_arrives_whole_and_its_answer_comes_back_timed() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        seen.send(read_request(&mut stream).await.unwrap()).unwrap();
        let answer = b"HTTP/1.1 201 Created\r\nX-One: 1\r\nx-two: \xff\r\nContent-Length: 4\r\n\r\nokay";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let exchange = client(&["127.0.0.1"]).send(post(&receiver.url("/hook?a=b")), AMPLE).await;
    let request = receiver.next().await;
    assert!(request.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("X-Openclaw-Event: message.sent\r\n"), "{request}");
    assert!(request.contains("Content-Length: 7\r\n"), "{request}");
    assert!(request.contains(&format!("Host: {}\r\n", receiver.address)), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"a\":1}"), "{request}");

    let answer = exchange.result.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (201, &b"okay"[..]));
    assert_eq!(answer.headers[0], ("x-one".to_owned(), "1".to_owned()));
    assert_eq!(answer.headers[1], ("x-two".to_owned(), "\u{fffd}".to_owned()));
    assert!(answer.body_ended && !answer.truncated);
    assert_eq!(exchange.remote_address, Some(receiver.address));
    let Timings { dns, connect, tls, ttfb, body, total } = exchange.timings;
    assert_eq!((dns, tls), (None, None));
    let parts = connect.unwrap().0 + ttfb.unwrap().0 + body.unwrap().0;
    assert!(total.0 >= parts && total.0 >= ttfb.unwrap().0, "{:?}", exchange.timings);
}

#[tokio::test]
async fn a_kept_connection_has_an_address_and_no_phases_of_dialling() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        seen.send("connected".to_owned()).unwrap();
        while read_request(&mut stream).await.is_some() {
            stream.write_all(OK).await.unwrap();
        }
    })
    .await;
    let client = client(&["localhost"]);
    let url = format!("http://localhost:{}/", receiver.address.port());
    let first = client.send(post(&url), AMPLE).await;
    assert!(first.timings.dns.is_some() && first.timings.connect.is_some());
    for _ in 0..3 {
        let next = client.clone().send(post(&url), AMPLE).await;
        assert_eq!(next.result.unwrap().status, 200);
        assert_eq!((next.timings.dns, next.timings.connect, next.timings.tls), (None, None, None));
        assert_eq!(next.remote_address, Some(receiver.address));
        assert!(next.timings.total.0 >= next.timings.ttfb.unwrap().0);
    }
    assert_eq!(receiver.seen(), ["connected"]);
    let other = client.with_rules(AddressRules::default()).send(post(&url), AMPLE).await;
    assert_eq!(failed(&other).0, Reason::BlockedAddress, "a kept connection outlived its rule");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_replaced() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        seen.send("connected".to_owned()).unwrap();
        read_request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
    })
    .await;
    let client = client(&["127.0.0.1"]);
    let target = Target::of(&receiver.url("/").parse().unwrap()).unwrap();
    for _ in 0..2 {
        let exchange = client.send(post(&receiver.url("/")), AMPLE).await;
        assert_eq!(exchange.result.unwrap().status, 200);
        assert!(exchange.timings.connect.is_some());
        while let Some(connection) = client.inner.pool.take(&target) {
            client.inner.pool.put(&target, connection, Duration::from_mins(1));
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(receiver.seen(), ["connected", "connected"]);
}

#[tokio::test]
async fn a_receiver_says_how_long_a_connection_may_rest() {
    for (timeout, connections) in [("1", 2), ("60", 1)] {
        let mut receiver = Receiver::start(move |mut stream, seen| async move {
            seen.send("connected".to_owned()).unwrap();
            let answer =
                format!("HTTP/1.1 200 OK\r\nKeep-Alive: timeout={timeout}\r\nContent-Length: 2\r\n\r\nok");
            while read_request(&mut stream).await.is_some() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        })
        .await;
        let client = client(&["127.0.0.1"]);
        for _ in 0..2 {
            assert!(client.send(post(&receiver.url("/")), AMPLE).await.result.is_ok());
        }
        assert_eq!(receiver.seen().len(), connections, "timeout={timeout}");
    }
}

#[tokio::test]
async fn many_at_once_each_get_their_own_answer() {
    let receiver = Receiver::start(|mut stream, _| async move {
        while let Some(request) = read_request(&mut stream).await {
            let path = request.split(' ').nth(1).unwrap_or_default();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let client = client(&["127.0.0.1"]);
    for round in 0..3 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (client, path) = (client.clone(), format!("/{round}/{number}"));
            let request = post(&receiver.url(&path));
            tasks.spawn(async move { (path, client.send(request, AMPLE).await) });
        }
        while let Some(done) = tasks.join_next().await {
            let (path, exchange) = done.unwrap();
            assert_eq!(exchange.result.unwrap().body, path);
        }
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let mut other = Receiver::start(|_, seen| async move { seen.send("followed".to_owned()).unwrap() }).await;
    let location = other.url("/");
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let receiver = Receiver::start(move |mut stream, _| {
        let answer = answer.clone();
        async move {
            read_request(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let answer = send(&receiver, AMPLE).await.result.unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&("location".to_owned(), other.url("/"))));
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_head_request_has_no_body_either_way() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        while let Some(request) = read_request(&mut stream).await {
            seen.send(request).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let client = client(&["127.0.0.1"]);
    for _ in 0..2 {
        let request = Outgoing {
            method: Method::HEAD,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            ..post(&receiver.url("/"))
        };
        let answer = client.send(request, AMPLE).await.result.unwrap();
        assert!(answer.body.is_empty() && answer.body_ended);
        assert!(receiver.next().await.starts_with("HEAD / HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_whole_and_its_connection_kept() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        seen.send("connected".to_owned()).unwrap();
        while read_request(&mut stream).await.is_some() {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {KEPT}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b'x'; KEPT]).await.unwrap();
        }
    })
    .await;
    let client = client(&["127.0.0.1"]);
    for _ in 0..2 {
        let answer = client.send(post(&receiver.url("/")), AMPLE).await.result.unwrap();
        assert_eq!(answer.body.len(), KEPT);
        assert!(answer.body_ended && !answer.truncated);
    }
    assert_eq!(receiver.seen(), ["connected"]);
}

#[tokio::test]
async fn a_huge_body_is_cut_and_its_rest_not_read() {
    let mut receiver = Receiver::start(|mut stream, seen| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await.unwrap();
        let chunk = vec![b'x'; 16 * 1024];
        let mut written = 0;
        while stream.write_all(&chunk).await.is_ok() {
            written += chunk.len();
        }
        seen.send(written.to_string()).unwrap();
    })
    .await;
    let answer = send(&receiver, AMPLE).await.result.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, KEPT));
    assert!(answer.truncated && !answer.body_ended);
    let written: usize = receiver.next().await.parse().unwrap();
    // What fits into the buffers of both ends, and no more.
    assert!(written < 50_000_000, "{written} bytes were taken");
}

#[tokio::test]
async fn a_dripping_body_is_cut_where_its_time_ends() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        while stream.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    })
    .await;
    let limits = Limits { body: BRIEF.body, ..AMPLE };
    let exchange = send(&receiver, limits).await;
    assert!(exchange.timings.body.unwrap().0 >= 150.0);
    let answer = exchange.result.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.truncated && !answer.body_ended);
    assert!(answer.body.len() < 1_000 && answer.body.iter().all(|&byte| byte == b'x'), "{:?}", answer.body);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_answer_standing() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let answer = send(&receiver, AMPLE).await.result.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"half"[..]));
    assert!(answer.truncated && !answer.body_ended);
}

#[tokio::test]
async fn a_chunked_body_comes_in_one_piece() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head).await.unwrap();
        stream.write_all(b"3\r\none\r\n4\r\n two\r\n6\r\n three\r\n0\r\nX-Trailer: 1\r\n\r\n").await.unwrap();
    })
    .await;
    let answer = send(&receiver, AMPLE).await.result.unwrap();
    assert_eq!(answer.body, "one two three");
    assert!(answer.body_ended && !answer.truncated);
}
