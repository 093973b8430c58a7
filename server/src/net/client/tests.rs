//! The client against real receivers on this machine that behave well, badly, or not at all.

mod receiver;
mod secured;

use super::*;
use crate::net::guard::Allow;
use receiver::{Receiver, read_request, reset};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::IpAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use wire::Reason;

const KEPT: usize = 64 * 1024;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Long enough for a busy machine; no test waits for it to pass.
const AMPLE: Limits =
    Limits { headers: Duration::from_secs(20), body: Duration::from_secs(20), body_bytes: KEPT };

/// Short, for those that do.
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
    let receiver = Receiver::start(async |mut stream, seen| {
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
    let receiver = Receiver::start(async |mut stream, seen| {
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
    let receiver = Receiver::start(async |mut stream, seen| {
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
            client.inner.pool.put(&target, connection);
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(receiver.seen(), ["connected", "connected"]);
}

#[tokio::test]
async fn many_at_once_each_get_their_own_answer() {
    let receiver = Receiver::start(async |mut stream, _| {
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
    let other = Receiver::start(async |_, seen| seen.send("followed".to_owned()).unwrap()).await;
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
    let receiver = Receiver::start(async |mut stream, seen| {
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
async fn nobody_listening_is_connect_refused() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let exchange = client(&["127.0.0.1"]).send(post(&format!("http://{address}/")), AMPLE).await;
    let detail = format!("{address} refused the connection");
    assert_eq!(failed(&exchange), (Reason::ConnectRefused, detail.as_str()));
    assert_eq!(exchange.remote_address, Some(address));
    assert!(exchange.timings.connect.is_some() && exchange.timings.ttfb.is_none());
}

#[tokio::test]
async fn a_full_queue_of_connections_is_connect_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // The system takes a few more than it was asked to before it lets the next one wait.
    let mut queued = Vec::new();
    while let Ok(stream) = tokio::time::timeout(BRIEF.headers, TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
    }
    let exchange = client(&["127.0.0.1"]).send(post(&format!("http://{address}/")), BRIEF).await;
    let detail = format!("no connection to {address} within 150 ms");
    assert_eq!(failed(&exchange), (Reason::ConnectTimeout, detail.as_str()));
    assert_eq!(exchange.remote_address, Some(address));
    assert!(exchange.timings.total.0 >= 150.0 && exchange.timings.ttfb.is_none());
}

#[tokio::test]
async fn an_address_that_fails_gives_way_to_the_next() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
        stream.write_all(OK).await.unwrap();
    })
    .await;
    let client = client_with(&["two.test"], names("two.test", &["::1", "127.0.0.1"]));
    let exchange = client.send(post(&format!("http://two.test:{}/", receiver.address.port())), AMPLE).await;
    assert_eq!(exchange.result.unwrap().status, 200);
    assert_eq!(exchange.remote_address, Some(receiver.address));
}

#[tokio::test]
async fn a_name_without_an_address_is_dns() {
    let client = client_with(&[], names("a.test", &["127.0.0.1"]));
    let exchange = client.send(post("http://b.test/"), AMPLE).await;
    assert_eq!(failed(&exchange), (Reason::Dns, "b.test has no address"));
    assert!(exchange.timings.dns.is_some() && exchange.timings.connect.is_none());
    assert_eq!(exchange.remote_address, None);
}

#[tokio::test]
async fn a_url_with_a_user_name_is_misconfigured() {
    let exchange = client(&[]).send(post("http://user:password@a.test/"), AMPLE).await;
    let detail = "the URL holds a user name: put it into an Authorization header instead";
    assert_eq!(failed(&exchange), (Reason::Misconfigured, detail));
}

#[tokio::test]
async fn a_forbidden_address_is_never_dialled() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mixed = || names("mixed.test", &["127.0.0.1", "93.184.215.14"]);
    for (allow, host) in [
        (&[][..], "127.0.0.1"),
        (&[], "localhost"),
        (&[], "mixed.test"),
        (&[], "0x7f.1"),
        (&[], "2130706433"),
        (&[], "[::ffff:127.0.0.1]"),
        (&["10.0.0.0/8", "localhost", "127.0.0.2"], "127.0.0.1"),
    ] {
        let resolver = if host == "localhost" { Resolver::System } else { mixed() };
        let exchange =
            client_with(allow, resolver).send(post(&format!("http://{host}:{port}/")), AMPLE).await;
        assert_eq!(failed(&exchange).0, Reason::BlockedAddress, "{host}");
        assert_eq!((exchange.remote_address, exchange.timings.connect), (None, None), "{host}");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{host}");
    }
    let exchange = client(&[]).send(post("http://127.0.0.1/"), AMPLE).await;
    let detail = "127.0.0.1 (this machine) is not a public address; \
                  add it to webhooks.network.allow to send there";
    assert_eq!(failed(&exchange).1, detail);
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_connection_reset() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
    })
    .await;
    let exchange = send(&receiver, AMPLE).await;
    let detail = format!("{} closed the connection before its answer was complete", receiver.address);
    assert_eq!(failed(&exchange), (Reason::ConnectionReset, detail.as_str()));
    assert_eq!(exchange.remote_address, Some(receiver.address));
}

#[tokio::test]
async fn a_connection_reset_before_the_answer_is_connection_reset() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
        reset(stream);
    })
    .await;
    let exchange = send(&receiver, AMPLE).await;
    let detail = format!("{} reset the connection before its answer was complete", receiver.address);
    assert_eq!(failed(&exchange), (Reason::ConnectionReset, detail.as_str()));
}

#[tokio::test]
async fn a_connection_reset_within_the_headers_is_connection_reset() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await.unwrap();
        reset(stream);
    })
    .await;
    assert_eq!(failed(&send(&receiver, AMPLE).await).0, Reason::ConnectionReset);
}

#[tokio::test]
async fn no_answer_in_time_is_timeout() {
    let receiver = Receiver::start(async |mut stream, _| {
        // Reads until the client has had enough.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let exchange = send(&receiver, BRIEF).await;
    assert_eq!(failed(&exchange), (Reason::Timeout, "no answer within 150 ms"));
    assert_eq!(exchange.remote_address, Some(receiver.address));
    assert!(exchange.timings.connect.is_some() && exchange.timings.ttfb.is_none());
    assert!(exchange.timings.total.0 >= 150.0);
}

#[tokio::test]
async fn headers_that_drip_are_timeout() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        while stream.write_all(b"X: y\r\n").await.is_ok() {
            pace.tick().await;
        }
    })
    .await;
    assert_eq!(failed(&send(&receiver, BRIEF).await), (Reason::Timeout, "no answer within 150 ms"));
}

#[tokio::test]
async fn what_is_not_http_is_invalid_response() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
        b"HTTP/1.1 abc Fine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\x01B: c\r\n\r\n",
    ] {
        let receiver = Receiver::start(async move |mut stream, _| {
            read_request(&mut stream).await;
            stream.write_all(answer).await.unwrap();
        })
        .await;
        let exchange = send(&receiver, AMPLE).await;
        let (reason, detail) = failed(&exchange);
        assert_eq!(reason, Reason::InvalidResponse, "{answer:?}");
        let start = format!("{} answered with something that is not HTTP: ", receiver.address);
        assert!(detail.starts_with(&start), "{detail}");
    }
}

#[tokio::test]
async fn endless_headers_are_invalid_response() {
    let receiver = Receiver::start(async |mut stream, _| {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"X-Padding: some more of the same\r\n").await.is_ok() {}
    })
    .await;
    assert_eq!(failed(&send(&receiver, AMPLE).await).0, Reason::InvalidResponse);
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_whole_and_its_connection_kept() {
    let receiver = Receiver::start(async |mut stream, seen| {
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
    let receiver = Receiver::start(async |mut stream, seen| {
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
    let receiver = Receiver::start(async |mut stream, _| {
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
    let receiver = Receiver::start(async |mut stream, _| {
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
    let receiver = Receiver::start(async |mut stream, _| {
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
