//! Load: what this gateway delivers, against what the bare HTTP client can do on the same machine in the same run.
//!
//! Three phases over one receiver, which counts every event and so knows that each came, once:
//!
//! 1. *bare*: 64 connections post 600-byte bodies straight to the receiver;
//! 2. *full load*: the same posts go to the gateway (a process of its own, SQLite on disk, durable), one event a
//!    request, and from there to the receiver;
//! 3. *steady*: 200 events a second, to see how long one takes when nothing is in its way.
//!
//! Absolute figures belong to a machine; the ratio of phase 2 to phase 1 is what can be compared.

mod gateway;
mod receiver;
mod report;

use gateway::Gateway;
use receiver::Receiver;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
const BARE: usize = 60_000;
const LOAD: usize = 60_000;
const STEADY_PER_SECOND: u32 = 200;
const STEADY: usize = 3_000;
/// Requests before each phase that are not counted: connections open, caches fill.
const WARM_UP: usize = 2_000;
/// A phase that takes longer has lost something.
const PATIENCE: Duration = Duration::from_mins(2);

fn main() {
    // `cargo test --benches` runs this too, with other arguments; a load test is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    report::machine();
    let receiver = Receiver::start(2 * WARM_UP + LOAD + STEADY).await;
    let straight = format!("http://{}/", receiver.address);

    post_all(&straight, "bare", 0..WARM_UP).await;
    let started = Instant::now();
    post_all(&straight, "bare", 0..BARE).await;
    let bare = rate(BARE, started.elapsed());
    report::rate("the bare client, straight to the receiver", bare);

    let gateway = Gateway::start(receiver.address, CONNECTIONS);
    let events = format!("{}api/v1/events", gateway.url);
    post_all(&events, "evt", 0..WARM_UP).await;
    receiver.wait_for_all(0..WARM_UP, PATIENCE).await;

    let load = WARM_UP..WARM_UP + LOAD;
    let cpu = gateway.cpu_seconds();
    let started = Instant::now();
    let accepted = post_all(&events, "evt", load.clone()).await;
    receiver.wait_for_all(load.clone(), PATIENCE).await;
    let through = rate(LOAD, started.elapsed());
    let cpu = gateway.cpu_seconds() - cpu;
    report::rate("through the gateway, every event durable", through);
    report::ratio(through / bare);
    report::latency("full load, accepted to received", &receiver.latencies(load.clone(), &accepted));
    report::cpu(cpu * 1000.0 / count(LOAD));

    let steady = load.end..load.end + STEADY;
    let accepted = post_steadily(&events, steady.clone()).await;
    receiver.wait_for_all(steady.clone(), PATIENCE).await;
    let label = format!("{STEADY_PER_SECOND} events/s, accepted to received");
    report::latency(
        &label,
        &receiver.latencies(steady.clone(), &accepted.iter().map(|(_, at)| *at).collect::<Vec<_>>()),
    );
    let label = format!("{STEADY_PER_SECOND} events/s, posted to received");
    report::latency(
        &label,
        &receiver.latencies(steady.clone(), &accepted.iter().map(|(at, _)| *at).collect::<Vec<_>>()),
    );
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(0..steady.end));
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(count: usize) -> f64 {
    count as f64
}

fn rate(requests: usize, took: Duration) -> f64 {
    count(requests) / took.as_secs_f64()
}

/// Posts `range` over all connections, as fast as each answers; gives when each was answered.
async fn post_all(url: &str, prefix: &'static str, range: std::ops::Range<usize>) -> Vec<Instant> {
    let client = client();
    let next = Arc::new(AtomicUsize::new(range.start));
    let posts: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (client, next, url, end) = (client.clone(), Arc::clone(&next), url.to_owned(), range.end);
            tokio::spawn(async move {
                let mut answered = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return answered;
                    }
                    let response =
                        client.post(&url).body(event(prefix, number)).send().await.expect("an answer");
                    assert!(response.status().is_success(), "{}", response.status());
                    response.bytes().await.expect("a body");
                    answered.push((number, Instant::now()));
                }
            })
        })
        .collect();
    let mut answered = Vec::with_capacity(range.len());
    for post in posts {
        answered.extend(post.await.expect("a connection's posts"));
    }
    answered.sort_unstable_by_key(|(number, _)| *number);
    answered.into_iter().map(|(_, at)| at).collect()
}

/// Posts `range` at a steady pace, whether or not earlier ones are answered; gives when each was posted and answered.
async fn post_steadily(url: &str, range: std::ops::Range<usize>) -> Vec<(Instant, Instant)> {
    let client = client();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / STEADY_PER_SECOND);
    let mut posts = Vec::with_capacity(range.len());
    for number in range {
        pace.tick().await;
        let (client, url) = (client.clone(), url.to_owned());
        posts.push(tokio::spawn(async move {
            let posted = Instant::now();
            let response = client.post(&url).body(event("evt", number)).send().await.expect("an answer");
            assert!(response.status().is_success(), "{}", response.status());
            response.bytes().await.expect("a body");
            (posted, Instant::now())
        }));
    }
    let mut answered = Vec::with_capacity(posts.len());
    for post in posts {
        answered.push(post.await.expect("a post"));
    }
    answered
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .pool_max_idle_per_host(CONNECTIONS)
        .tcp_nodelay(true)
        .build()
        .expect("a client")
}

/// An event of 600 bytes that carries its number.
fn event(prefix: &str, number: usize) -> String {
    let head = format!(
        r#"{{"id":"{prefix}_{number}","type":"message.sent","timestamp":"2026-03-14T10:30:00Z","instanceId":"bench","data":{{"agentId":"support-bot","sessionId":"session-001","channel":"telegram","message":{{"role":"assistant","content":""#
    );
    let padding = 600_usize.saturating_sub(head.len() + 5);
    format!(r#"{head}{}"}}}}}}"#, "x".repeat(padding))
}
