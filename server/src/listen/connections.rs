//! Connections: as many as the machine's files allow up to a limit, each with limits of its own, so that no one who says
//! nothing, or says it slowly, keeps others out.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Connections at once; past that new ones are closed at once. Each costs some 10 KB.
const MOST: usize = 20_000;
/// Files for everything else: the database, deliveries on their way.
const OTHER_FILES: u64 = 2_000;
/// From one request to the end of the next one's headers: a kept connection may rest this long, and nobody may dribble
/// headers for longer.
const HEADERS_WITHIN: Duration = Duration::from_mins(1);
/// Bytes of a request's headers, and how many of them.
const HEADER_BYTES: usize = 64 << 10;
const HEADERS: usize = 100;
/// Requests at once over one connection of HTTP/2, and the most of resets it may pile up.
const STREAMS: u32 = 128;
/// After the system refused a connection (out of files), when to go on.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until `stop` says so; then returns once the requests under way are answered.
pub(super) async fn take(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(most()));
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADERS_WITHIN)
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS);
    let builder = Arc::new(builder);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "A connection could not be taken: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Past the limit it is closed by being dropped.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            serve(&builder, &graceful, stream, peer, router.clone(), place);
        }
    }
    graceful.shutdown().await;
}

fn serve(
    builder: &Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    place: OwnedSemaphorePermit,
) {
    // Small answers go at once; a socket that can't be told so still works.
    let _ = stream.set_nodelay(true);
    let came = Arc::new(AtomicBool::new(false));
    let first = Arc::clone(&came);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        first.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, request): (Router, Request) = (router.clone(), request.map(axum::body::Body::new));
        tower::ServiceExt::oneshot(router, request)
    });
    let builder = Arc::clone(builder);
    let watcher = graceful.watcher();
    tokio::spawn(async move {
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(watcher.watch(connection));
        // Which HTTP it is shows with its first bytes: until a request is there, none of the limits above holds.
        let begun = tokio::time::timeout(HEADERS_WITHIN, connection.as_mut()).await;
        if begun.is_err() && came.load(Ordering::Relaxed) {
            // An error here is a client that went away, or one that was let go.
            let _ = connection.await;
        }
        drop(place);
    });
}

/// As many as the limit on open files leaves, after that was raised as far as it goes.
fn most() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    MOST.min(usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(MOST))
}
