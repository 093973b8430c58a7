//! The receiver: answers 200 and keeps a ledger of every event by its number.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use axum::serve::ListenerExt;
use http::HeaderMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    ledger: Arc<Ledger>,
}

struct Ledger {
    started: Instant,
    /// By event: how often it came, and when first (µs since the start).
    events: Vec<(AtomicU32, AtomicU64)>,
}

/// What the ledger says in the end.
pub(crate) struct Check {
    pub(crate) events: usize,
    pub(crate) missing: usize,
    pub(crate) repeated: usize,
}

impl Receiver {
    /// One that knows `events` numbers.
    pub(crate) async fn start(events: usize) -> Self {
        let ledger = Arc::new(Ledger {
            started: Instant::now(),
            events: (0..events).map(|_| (AtomicU32::new(0), AtomicU64::new(0))).collect(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&ledger));
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("no delay"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, ledger }
    }

    /// Returns once every event of `range` came.
    pub(crate) async fn wait_for_all(&self, range: Range<usize>, patience: Duration) {
        self.wait_for_times(range, 1, patience).await;
    }

    /// Returns once every event of `range` came so many times.
    pub(crate) async fn wait_for_times(&self, range: Range<usize>, times: u32, patience: Duration) {
        let started = Instant::now();
        let mut first = range.start;
        while first < range.end {
            if self.ledger.events[first].0.load(Ordering::Acquire) >= times {
                first += 1;
            } else {
                assert!(started.elapsed() < patience, "event {first} did not come in {patience:?}");
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
    }

    /// From each event's `accepted` to its receipt, sorted. One that was received before its answer was counts 0.
    pub(crate) fn latencies(&self, range: Range<usize>, accepted: &[Instant]) -> Vec<Duration> {
        let mut latencies: Vec<Duration> = range
            .zip(accepted)
            .map(|(number, accepted)| {
                let received = Duration::from_micros(self.ledger.events[number].1.load(Ordering::Acquire));
                received.saturating_sub(accepted.duration_since(self.ledger.started))
            })
            .collect();
        latencies.sort_unstable();
        latencies
    }

    /// Whether every event of `range` came so many times.
    pub(crate) fn check(&self, range: Range<usize>, wanted: u32) -> Check {
        let times = |number: usize| self.ledger.events[number].0.load(Ordering::Acquire);
        Check {
            events: range.len(),
            missing: range.clone().filter(|&number| times(number) < wanted).count(),
            repeated: range.filter(|&number| times(number) > wanted).count(),
        }
    }
}

async fn take(State(ledger): State<Arc<Ledger>>, headers: HeaderMap, body: Bytes) -> &'static str {
    let id = headers.get("x-openclaw-event-id").and_then(|id| id.to_str().ok());
    // The bare client sends no such header, and what only fills a queue has no such number.
    if let Some(number) =
        id.and_then(|id| id.strip_prefix("evt_")).and_then(|number| number.parse::<usize>().ok())
    {
        assert!(body.len() >= 500, "the whole body");
        let (times, first) = &ledger.events[number];
        let now = u64::try_from(ledger.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let _ = first.compare_exchange(0, now, Ordering::AcqRel, Ordering::Relaxed);
        times.fetch_add(1, Ordering::AcqRel);
    }
    "ok"
}
