//! Exchanges without an answer: each cause has its reason and its sentence.

use super::receiver::reset;
use super::*;
use std::io::ErrorKind;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

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
    let receiver = Receiver::start(|mut stream, _| async move {
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
    let receiver = Receiver::start(|mut stream, _| async move {
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
    let receiver = Receiver::start(|mut stream, _| async move {
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
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await.unwrap();
        reset(stream);
    })
    .await;
    assert_eq!(failed(&send(&receiver, AMPLE).await).0, Reason::ConnectionReset);
}

#[tokio::test]
async fn no_answer_in_time_is_timeout() {
    let receiver = Receiver::start(|mut stream, _| async move {
        // Reads until the client has had enough.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let exchange = send(&receiver, SHORT).await;
    assert_eq!(failed(&exchange), (Reason::Timeout, "no answer within 1000 ms"));
    assert_eq!(exchange.remote_address, Some(receiver.address));
    assert!(exchange.timings.connect.is_some() && exchange.timings.ttfb.is_none());
    assert!(exchange.timings.total.0 >= 1000.0);
}

#[tokio::test]
async fn headers_that_drip_are_timeout() {
    let receiver = Receiver::start(|mut stream, _| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        while stream.write_all(b"X: y\r\n").await.is_ok() {
            pace.tick().await;
        }
    })
    .await;
    assert_eq!(failed(&send(&receiver, SHORT).await), (Reason::Timeout, "no answer within 1000 ms"));
}

#[tokio::test]
async fn what_is_not_http_is_invalid_response() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
        b"HTTP/1.1 abc Fine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\x01B: c\r\n\r\n",
    ] {
        let receiver = Receiver::start(move |mut stream, _| async move {
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
    for line in [&b"X-Many: some more of the same\r\n"[..], b"and one that does not end "] {
        let receiver = Receiver::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ").await;
            while stream.write_all(line).await.is_ok() {}
        })
        .await;
        assert_eq!(failed(&send(&receiver, AMPLE).await).0, Reason::InvalidResponse);
    }
}
