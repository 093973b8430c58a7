//! The receiver: a process of its own, as receivers are. It answers 200 and keeps a ledger of every event by its number.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use http::HeaderMap;
use serde::Deserialize;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// The argument that makes this program the receiver, before the number of events.
const RECEIVE: &str = "--receive";
/// Between two questions whether all came.
const ASK_EVERY: Duration = Duration::from_millis(2);

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    process: Child,
    client: reqwest::Client,
}

/// What the ledger says in the end.
pub(crate) struct Check {
    pub(crate) events: usize,
    pub(crate) missing: usize,
    pub(crate) repeated: usize,
}

#[derive(Deserialize)]
struct Asked {
    first: usize,
    end: usize,
    times: u32,
}

impl Receiver {
    /// One that knows `events` numbers.
    pub(crate) fn start(events: usize) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut process = Command::new(program)
            .args(["--bench", RECEIVE, &events.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a receiver");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let address = line.trim().parse().expect("an address");
        Self { address, process, client: reqwest::Client::new() }
    }

    /// Returns once every event of `range` came.
    pub(crate) async fn wait_for_all(&self, range: Range<usize>, patience: Duration) {
        self.wait_for_times(range, 1, patience).await;
    }

    /// Returns once every event of `range` came so many times.
    pub(crate) async fn wait_for_times(&self, range: Range<usize>, times: u32, patience: Duration) {
        let started = Instant::now();
        let mut first = range.start;
        loop {
            let asked = Asked { first, end: range.end, times };
            first = self.ask("lacks", &asked).await;
            if first >= range.end {
                return;
            }
            assert!(started.elapsed() < patience, "event {first} did not come in {patience:?}");
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// From each event's `accepted` to its receipt, sorted. One that was received before its answer was counts 0.
    pub(crate) async fn latencies(&self, range: Range<usize>, accepted: &[Instant]) -> Vec<Duration> {
        // Two processes have but the wall clock in common.
        let (instant, clock) = (Instant::now(), micros_now());
        let mut latencies: Vec<Duration> = self
            .ledger(range)
            .await
            .into_iter()
            .zip(accepted)
            .map(|((_, received), accepted)| {
                let ago = instant.duration_since(*accepted);
                (Duration::from_micros(received) + ago).saturating_sub(Duration::from_micros(clock))
            })
            .collect();
        latencies.sort_unstable();
        latencies
    }

    /// Whether every event of `range` came so many times.
    pub(crate) async fn check(&self, range: Range<usize>, wanted: u32) -> Check {
        let ledger = self.ledger(range).await;
        Check {
            events: ledger.len(),
            missing: ledger.iter().filter(|(times, _)| *times < wanted).count(),
            repeated: ledger.iter().filter(|(times, _)| *times > wanted).count(),
        }
    }

    /// By event: how often it came, and when first.
    async fn ledger(&self, range: Range<usize>) -> Vec<(u32, u64)> {
        self.ask("ledger", &Asked { first: range.start, end: range.end, times: 1 }).await
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, what: &str, asked: &Asked) -> T {
        let Asked { first, end, times } = asked;
        let url = format!("http://{}/{what}?first={first}&end={end}&times={times}", self.address);
        let answer = self.client.get(url).send().await.expect("an answer");
        answer.json().await.expect("what was asked for")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// By event: how often it came, and when first (µs since 1970).
type Ledger = Vec<(AtomicU32, AtomicU64)>;

/// How many events to know, where this process is to be the receiver.
pub(crate) fn is_asked_for() -> Option<usize> {
    std::env::args().skip_while(|argument| argument != RECEIVE).nth(1)?.parse().ok()
}

/// The receiver itself, until it is ended.
pub(crate) async fn receive(events: usize) {
    let ledger: Ledger = (0..events).map(|_| (AtomicU32::new(0), AtomicU64::new(0))).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let router = Router::new()
        .route("/", post(take))
        .route("/lacks", get(lacks))
        .route("/ledger", get(entries))
        .with_state(Arc::new(ledger));
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).expect("no delay"));
    axum::serve(listener, router).await.expect("a server");
}

async fn take(State(ledger): State<Arc<Ledger>>, headers: HeaderMap, body: Bytes) -> &'static str {
    let id = headers.get("x-openclaw-event-id").and_then(|id| id.to_str().ok());
    // The bare client sends no such header, and what only fills a queue has no such number.
    if let Some(number) =
        id.and_then(|id| id.strip_prefix("evt_")).and_then(|number| number.parse::<usize>().ok())
    {
        assert!(body.len() >= 500, "the whole body");
        let (times, first) = &ledger[number];
        let _ = first.compare_exchange(0, micros_now(), Ordering::AcqRel, Ordering::Relaxed);
        times.fetch_add(1, Ordering::AcqRel);
    }
    "ok"
}

/// The first event that did not come so many times yet, or the end.
async fn lacks(State(ledger): State<Arc<Ledger>>, Query(asked): Query<Asked>) -> String {
    let lacking = |&number: &usize| ledger[number].0.load(Ordering::Acquire) < asked.times;
    (asked.first..asked.end).find(lacking).unwrap_or(asked.end).to_string()
}

async fn entries(
    State(ledger): State<Arc<Ledger>>,
    Query(asked): Query<Asked>,
) -> axum::Json<Vec<(u32, u64)>> {
    let entry = |(times, first): &(AtomicU32, AtomicU64)| {
        (times.load(Ordering::Acquire), first.load(Ordering::Acquire))
    };
    axum::Json(ledger[asked.first..asked.end].iter().map(entry).collect())
}

#[expect(clippy::disallowed_methods, reason = "no test, and two processes have but this clock in common")]
fn micros_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
