//! Connections: as many as the machine's files allow up to a limit, each with limits of its own, so that no one who says
//! nothing, or says it slowly, keeps others out.

use super::places::{Placed, Places};
use super::rests::{Taken, Use};
use crate::http::browsers;
use crate::problem::Problem;
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use ipnet::IpNet;
use socket2::SockRef;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::unconstrained;

/// Connections at once; past that new ones are closed at once. Each costs some 10 KB.
const MOST: usize = 20_000;
/// Files for everything else: the database, deliveries on their way.
const OTHER_FILES: u64 = 2_000;
/// From one request to the end of the next one's headers: a kept connection may rest this long, and nobody may dribble
/// headers for longer.
const HEADERS_WITHIN: Duration = Duration::from_mins(1);
/// Nothing happens for so long while something is asked for: an answer that nobody takes.
const TAKES_WITHIN: Duration = Duration::from_mins(5);
/// Bytes of a request's headers, and how many of them.
const HEADER_BYTES: usize = 64 << 10;
const HEADERS: usize = 100;
/// Requests at once over one connection of HTTP/2, and what is kept for each of an answer that is not taken.
const STREAMS: u32 = 128;
const ANSWER_BYTES: usize = 64 << 10;
/// Requests over one connection of HTTP/2 that are taken back before they are looked at, and such as break the protocol:
/// after that it is closed. The library would have it so too.
const TAKEN_BACK: usize = 20;
const BROKEN: usize = 1024;
/// Connections that wait to be taken; the system may allow fewer.
const WAITING: i32 = 4096;
/// What the system keeps for each connection of answers that are not taken yet.
const SEND_BUFFER: usize = 256 << 10;
/// After the system refused a connection (out of files), when to go on.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a connection may do nothing.
#[derive(Clone, Copy, Debug)]
struct Times {
    headers_within: Duration,
    takes_within: Duration,
}

/// What each connection is served by.
#[derive(Clone, Debug)]
struct Served {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    times: Times,
    stop: watch::Receiver<bool>,
    /// Held by each connection that is still answered over.
    #[expect(dead_code, reason = "it is held, and nothing else")]
    open: mpsc::Sender<()>,
}

/// Takes connections until `stop` says so; then returns once the requests under way are answered.
pub(super) async fn take(
    listener: TcpListener,
    router: Router,
    trusted: Vec<IpNet>,
    mut stop: watch::Receiver<bool>,
) {
    // What is taken from here on has it too. Without it the system keeps megabytes for each that takes nothing.
    let _ = SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER);
    let _ = SockRef::from(&listener).listen(WAITING);
    let places = Places::new(most(), trusted);
    let times = Times { headers_within: HEADERS_WITHIN, takes_within: TAKES_WITHIN };
    let (open, mut none_open) = mpsc::channel(1);
    let served = Served { builder: Arc::new(builder(times)), router, times, stop: stop.clone(), open };
    loop {
        let accepted = tokio::select! {
            // All that wait are taken at once: whoever finds the queue full is heard again a second later.
            accepted = unconstrained(listener.accept()) => accepted,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "A connection could not be taken: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Past the limit it is closed by being dropped.
        if let Some(place) = places.take(peer.ip()) {
            // Small answers go at once; a socket that can't be told so still works.
            let _ = socket.set_nodelay(true);
            tokio::spawn(serve(served.clone(), Placed { socket, place }, peer));
        }
    }
    drop(served);
    // Nothing is ever sent: it ends once every connection has.
    let _ = none_open.recv().await;
}

fn builder(times: Times) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(times.headers_within)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(times.headers_within)
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
        .max_send_buf_size(ANSWER_BYTES)
        .max_pending_accept_reset_streams(TAKEN_BACK)
        .max_local_error_reset_streams(BROKEN)
        .max_concurrent_streams(STREAMS);
    builder
}

/// Answers what comes over one connection, until it ends, rests for too long, or the gateway stops.
async fn serve(
    mut served: Served,
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
) {
    let used = Use::new();
    let service =
        hyper::service::service_fn(|request| answer(served.router.clone(), request, peer, used.clone()));
    let connection = served.builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // An error here is a client that went away, or one that was let go.
        _ = connection.as_mut() => return,
        _ = served.stop.wait_for(|stopped| *stopped) => {}
        // Which HTTP it is shows with its first bytes: until then this is the only limit.
        () = used.rested(served.times.headers_within, served.times.takes_within) => {}
    }
    // What is under way is answered all the same.
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(served.times.headers_within, connection).await;
}

async fn answer(
    router: Router,
    mut request: hyper::Request<Incoming>,
    peer: SocketAddr,
    used: Use,
) -> Result<hyper::Response<Taken>, std::convert::Infallible> {
    let until = used.begin();
    let asked = request.uri().clone();
    // HTTP/1.1 counts them while it reads; HTTP/2 knows a limit for their bytes alone.
    let mut answer: Response = if request.headers().len() > HEADERS {
        let detail = format!("a request has at most {HEADERS} headers");
        Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers", detail).into_response()
    } else {
        request.extensions_mut().insert(ConnectInfo(peer));
        let request: Request = request.map(axum::body::Body::new);
        tower::ServiceExt::oneshot(router, request).await?
    };
    // Here rather than in the router, for whatever is answered.
    browsers::tell(&asked, answer.headers_mut());
    Ok(answer.map(|body| Taken { body, until }))
}

/// As many as the limit on open files leaves, after that was raised as far as it goes.
fn most() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    MOST.min(usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::{BodyExt, Empty};
    use hyper::client::conn::http2::{self, SendRequest};
    use std::time::Instant;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    const TIMES: Times =
        Times { headers_within: Duration::from_millis(300), takes_within: Duration::from_millis(600) };
    /// Far more than any of these takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// The other end of a connection that is served, and a word when it is over.
    fn connect(buffer: usize) -> (DuplexStream, tokio::task::JoinHandle<()>) {
        let router = Router::new()
            .route("/", axum::routing::any(async || "here"))
            .route("/long", axum::routing::any(async || "x".repeat(4 << 20)));
        let (here, there) = tokio::io::duplex(buffer);
        let (open, _) = mpsc::channel(1);
        let stop = watch::Sender::new(false);
        let served =
            Served { builder: Arc::new(builder(TIMES)), router, times: TIMES, stop: stop.subscribe(), open };
        let over = tokio::spawn(async move {
            let _stays = stop;
            serve(served, there, ([127, 0, 0, 1], 1).into()).await;
        });
        (here, over)
    }

    async fn over(over: tokio::task::JoinHandle<()>) -> Duration {
        let begun = Instant::now();
        tokio::time::timeout(PATIENCE, over).await.expect("it is let go").unwrap();
        begun.elapsed()
    }

    async fn http2(io: DuplexStream) -> SendRequest<Empty<bytes::Bytes>> {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
        // This is who answers pings.
        tokio::spawn(connection);
        sender
    }

    fn get(path: &str) -> http::Request<Empty<bytes::Bytes>> {
        http::Request::get(format!("http://localhost{path}")).body(Empty::new()).unwrap()
    }

    #[tokio::test]
    async fn who_says_nothing_or_half_a_header_is_let_go() {
        for beginning in
            ["", "G", "GET / HTTP/1.1\r\nX-Slow: ", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
        {
            let (mut here, ended) = connect(1 << 16);
            here.write_all(beginning.as_bytes()).await.unwrap();
            let took = over(ended).await;
            assert!(took >= TIMES.headers_within / 2, "{beginning:?} after {took:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_of_http2_that_only_answers_pings_is_let_go() {
        let (here, ended) = connect(1 << 16);
        let mut sender = http2(here).await;
        // As long as something is asked now and then it stays.
        for _ in 0..6 {
            tokio::time::sleep(TIMES.headers_within / 2).await;
            let answer = sender.send_request(get("/")).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "here");
        }
        assert!(!ended.is_finished());
        let took = over(ended).await;
        assert!(took >= TIMES.headers_within, "{took:?}");
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_let_go() {
        let (mut here, ended) = connect(1 << 10);
        here.write_all(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        here.read_exact(&mut [0; 100]).await.unwrap();
        over(ended).await;
        drop(here);
        let (here, ended) = connect(1 << 16);
        let mut sender = http2(here).await;
        let answer = sender.send_request(get("/long")).await.unwrap();
        // Its window is full, and pings are answered.
        over(ended).await;
        drop(answer);
    }

    #[tokio::test]
    async fn a_slow_reader_gets_all_of_it() {
        let (mut here, ended) = connect(1 << 10);
        here.write_all(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let (mut read, mut part) = (0, vec![0; 1 << 20]);
        for _ in 0..4 {
            tokio::time::sleep(TIMES.headers_within / 4).await;
            here.read_exact(&mut part).await.unwrap();
            read += part.len();
        }
        assert_eq!(read, 4 << 20);
        drop(here);
        over(ended).await;
    }

    #[tokio::test]
    async fn headers_are_counted_over_http2_too() {
        let (here, _ended) = connect(1 << 16);
        let mut sender = http2(here).await;
        for (count, status) in [(HEADERS, 200), (HEADERS + 1, 431)] {
            let mut request = get("/");
            for number in 0..count {
                let name: http::HeaderName = format!("x-{number}").parse().unwrap();
                request.headers_mut().insert(name, http::HeaderValue::from_static("1"));
            }
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            drop(answer.into_body().collect().await.unwrap());
        }
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way() {
        let (stop, gate) = (watch::Sender::new(false), watch::Sender::new(false));
        let (came, mut asked) = mpsc::channel(1);
        let wait = gate.subscribe();
        let handler = async move || {
            came.send(()).await.unwrap();
            wait.clone().wait_for(|open| *open).await.unwrap();
            Body::from("done")
        };
        let router = Router::new().route("/", axum::routing::any(handler));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let taking = tokio::spawn(take(listener, router, Vec::new(), stop.subscribe()));
        let mut here = tokio::net::TcpStream::connect(address).await.unwrap();
        here.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        asked.recv().await.unwrap();
        stop.send_replace(true);
        tokio::task::yield_now().await;
        assert!(!taking.is_finished());
        gate.send_replace(true);
        let mut answer = String::new();
        here.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        tokio::time::timeout(PATIENCE, taking).await.unwrap().unwrap();
    }
}
