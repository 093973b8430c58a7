//! Load: what this gateway delivers, against what the bare HTTP client can do on the same machine in the same run.
//!
//! One receiver, a process of its own, counts every event and so knows that each came, as often as it should. Each phase has
//! a gateway of its own: the real program, SQLite on disk, every event durable before it is answered.
//!
//! 1. *bare*: 64 connections post 600-byte bodies straight to the receiver. A machine's pace wanders within minutes, so this
//!    is done before and after each phase that is compared with it, and the two are averaged;
//! 2. *single*: the same posts go to the gateway, one event a request, and from there to the receiver; then 200 a second, to
//!    see how long one takes when nothing is in its way;
//! 3. *batch*: 100 events a request;
//! 4. *fan-out*: every event to ten endpoints;
//! 5. *neighbour*: 200 a second again, beside an endpoint where nobody listens and ten thousand deliveries wait;
//! 6. *hits*: five thousand hits in a burst, while the agent takes a second for each and 200 events a second go on;
//! 7. *waiting*: a million deliveries wait for a paused endpoint;
//! 8. *postgres*: *single* and *batch* again on PostgreSQL, which runs on the same cores, with one gateway and with two; and
//!    how long it takes to claim deliveries while ten thousand wait, and while a million do.
//!
//! `-- --postgres` runs the first and the last alone.
//!
//! Absolute figures belong to a machine; what can be compared is the ratio of a phase to the first.

mod agent;
mod gateway;
mod postgres;
#[path = "../../tests/common/postgres.rs"]
#[expect(dead_code, reason = "the tests of many gateways use the rest")]
mod postgres_server;
mod receiver;
mod report;

use agent::Agent;
use gateway::{Endpoint, Gateway};
use receiver::Receiver;
use serde_json::json;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 64;
const BARE: usize = 60_000;
const SINGLE: usize = 60_000;
const BATCHED: usize = 100_000;
const BATCH: usize = 100;
const FANNED: usize = 5_000;
const FAN: usize = 10;
const STEADY_PER_SECOND: u32 = 200;
const STEADY: usize = 3_000;
const DEAD: usize = 10_000;
const HITS: usize = 5_000;
/// Runs at once: the agent is through with all in ten seconds.
const RUNS: usize = 512;
const WAITING: usize = 1_000_000;
/// Events in a request that only fills the queue.
const FILL: usize = 1_000;
/// Requests before each phase that are not counted: connections open, caches fill.
const WARM_UP: usize = 2_000;
/// A phase that takes longer has lost something.
const PATIENCE: Duration = Duration::from_mins(3);

fn main() {
    // `cargo test --benches` runs this too, with other arguments; a load test is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match receiver::is_asked_for() {
        Some(events) => runtime.block_on(receiver::receive(events)),
        None => runtime.block_on(run()),
    }
}

async fn run() {
    report::machine();
    if std::env::args().any(|argument| argument == "--postgres") {
        postgres::run().await;
        return;
    }
    let receiver = Receiver::start(WARM_UP + SINGLE + BATCHED + FANNED + 3 * STEADY);
    let from = single(&receiver).await;
    let from = batch(&receiver, from).await;
    let from = fan_out(&receiver, from).await;
    let from = neighbour(&receiver, from).await;
    hits(&receiver, from).await;
    waiting(&receiver).await;
    postgres::run().await;
}

/// How many a second the bare client gets answered by the receiver.
async fn bare(receiver: &Receiver) -> f64 {
    let straight = format!("http://{}/", receiver.address);
    post_all(&straight, 0..WARM_UP, |number| event("bare", number)).await;
    let started = Instant::now();
    post_all(&straight, 0..BARE, |number| event("bare", number)).await;
    let bare = rate(BARE, started.elapsed());
    report::rate("bare client", bare, None);
    bare
}

async fn single(receiver: &Receiver) -> usize {
    report::phase("single: one event a request, 64 connections");
    let before = bare(receiver).await;
    let gateway = Gateway::start(&[endpoint("bench", receiver.address)]);
    let events = format!("{}api/v1/events", gateway.url);
    post_all(&events, 0..WARM_UP, |number| event("evt", number)).await;
    receiver.wait_for_all(0..WARM_UP, PATIENCE).await;

    let load = WARM_UP..WARM_UP + SINGLE;
    let cpu = gateway.cpu_seconds();
    let started = Instant::now();
    let accepted = post_all(&events, load.clone(), |number| event("evt", number)).await;
    receiver.wait_for_all(load.clone(), PATIENCE).await;
    let through = rate(SINGLE, started.elapsed());
    let cpu = gateway.cpu_seconds() - cpu;
    let bare = f64::midpoint(before, bare(receiver).await);
    report::rate("events delivered", through, Some(bare));
    report::latency("accepted to received", &receiver.latencies(load.clone(), &accepted).await);
    report::cpu(cpu * 1000.0 / count(SINGLE));

    let steady = load.end..load.end + STEADY;
    report_steady(receiver, &events, steady.clone()).await;
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(0..steady.end, 1).await);
    steady.end
}

async fn report_steady(receiver: &Receiver, events: &str, steady: Range<usize>) {
    let times = post_steadily(events, steady.clone()).await;
    receiver.wait_for_all(steady.clone(), PATIENCE).await;
    let (posted, accepted): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    let label = |from: &str| format!("{STEADY_PER_SECOND} events/s, {from} to received");
    report::latency(&label("accepted"), &receiver.latencies(steady.clone(), &accepted).await);
    report::latency(&label("posted"), &receiver.latencies(steady, &posted).await);
}

async fn batch(receiver: &Receiver, from: usize) -> usize {
    report::phase(&format!("batch: {BATCH} events a request, 64 connections"));
    let before = bare(receiver).await;
    let gateway = Gateway::start(&[endpoint("bench", receiver.address)]);
    let events = format!("{}api/v1/events", gateway.url);
    let started = Instant::now();
    post_all(&events, 0..BATCHED / BATCH, move |number| events_of(from + number * BATCH, BATCH)).await;
    let accepted = rate(BATCHED, started.elapsed());
    receiver.wait_for_all(from..from + BATCHED, PATIENCE).await;
    let delivered = rate(BATCHED, started.elapsed());
    let bare = f64::midpoint(before, bare(receiver).await);
    report::rate("events accepted", accepted, Some(bare));
    report::rate("events delivered", delivered, Some(bare));
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(from..from + BATCHED, 1).await);
    from + BATCHED
}

async fn fan_out(receiver: &Receiver, from: usize) -> usize {
    report::phase(&format!("fan-out: each event to {FAN} endpoints, 64 connections"));
    let before = bare(receiver).await;
    let endpoints: Vec<Endpoint> = (0..FAN)
        .map(|number| Endpoint {
            concurrency: CONNECTIONS / 8,
            ..endpoint(&format!("bench-{number}"), receiver.address)
        })
        .collect();
    let gateway = Gateway::start(&endpoints);
    let events = format!("{}api/v1/events", gateway.url);
    let started = Instant::now();
    post_all(&events, from..from + FANNED, |number| event("evt", number)).await;
    let times = u32::try_from(FAN).expect("few endpoints");
    receiver.wait_for_times(from..from + FANNED, times, PATIENCE).await;
    let through = rate(FANNED * FAN, started.elapsed());
    let bare = f64::midpoint(before, bare(receiver).await);
    report::rate("deliveries", through, Some(bare));
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(from..from + FANNED, times).await);
    from + FANNED
}

async fn neighbour(receiver: &Receiver, from: usize) -> usize {
    report::phase(&format!("neighbour: an endpoint where nobody listens, for which {DEAD} deliveries wait"));
    let gateway = Gateway::start(&[
        Endpoint { events: "message.sent", ..endpoint("bench", receiver.address) },
        Endpoint { concurrency: 8, ..endpoint("dead", nobody().await) },
    ]);
    let events = format!("{}api/v1/events", gateway.url);
    // Of a type that only the dead one wants.
    post_all(&events, 0..DEAD / FILL, |number| numbered("dead", number * FILL, FILL)).await;
    report_steady(receiver, &events, from..from + STEADY).await;
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(from..from + STEADY, 1).await);
    from + STEADY
}

async fn hits(receiver: &Receiver, from: usize) {
    report::phase(&format!(
        "hits: {HITS} in a burst over {CONNECTIONS} connections, the agent takes 1 s for each"
    ));
    let agent = Agent::start().await;
    let inbound = json!({
        "agent": { "url": format!("http://{}", agent.address), "token": "token" },
        "inbound": { "endpoints": { "burst": {
            "agentId": "ops", "template": "{{body.repo}} {{body.status}}", "concurrency": RUNS, "callback": false,
        } } },
    });
    let gateway = Gateway::start_with(&[endpoint("bench", receiver.address)], &inbound);
    let events = format!("{}api/v1/events", gateway.url);
    let hits = format!("{}webhooks/inbound/burst", gateway.url);
    let started = Instant::now();
    let burst = async {
        let took =
            post_timed(&hits, HITS, |number| format!(r#"{{"repo":"app-{number}","status":"succeeded"}}"#))
                .await;
        report::rate("hits answered", rate(HITS, started.elapsed()), None);
        report::latency("posted to answered", &took);
        let repeated = agent.wait_for(HITS, PATIENCE).await;
        println!(
            "runs: {HITS} tasks at the agent after {:.1} s, {repeated} repeated",
            started.elapsed().as_secs_f64()
        );
        assert!(repeated == 0, "every task comes, once");
    };
    tokio::join!(burst, report_steady(receiver, &events, from..from + STEADY));
    report::memory(gateway.peak_memory_mb());
    report::ledger(&receiver.check(from..from + STEADY, 1).await);
}

async fn waiting(receiver: &Receiver) {
    report::phase(&format!("waiting: {WAITING} deliveries for a paused endpoint, {FILL} a request"));
    let gateway = Gateway::start(&[endpoint("paused", receiver.address)]);
    gateway.post("endpoints/paused/pause").await;
    let events = format!("{}api/v1/events", gateway.url);
    let started = Instant::now();
    // Few at a time: what is measured is what waits, not what is on its way in.
    post_over(4, &events, 0..WAITING / FILL, |number| numbered("waits", number * FILL, FILL)).await;
    report::rate("events accepted", rate(WAITING, started.elapsed()), None);
    report::memory(gateway.peak_memory_mb());
}

fn endpoint(name: &str, address: SocketAddr) -> Endpoint {
    Endpoint { name: name.to_owned(), address, events: "*", concurrency: CONNECTIONS }
}

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(count: usize) -> f64 {
    count as f64
}

fn rate(requests: usize, took: Duration) -> f64 {
    count(requests) / took.as_secs_f64()
}

/// Posts `range` over all connections, as fast as each answers; gives when each was answered.
async fn post_all(
    url: &str,
    range: Range<usize>,
    body: impl Fn(usize) -> String + Clone + Send + 'static,
) -> Vec<Instant> {
    post_over(CONNECTIONS, url, range, body).await
}

async fn post_over(
    connections: usize,
    url: &str,
    range: Range<usize>,
    body: impl Fn(usize) -> String + Clone + Send + 'static,
) -> Vec<Instant> {
    let client = client();
    let next = Arc::new(AtomicUsize::new(range.start));
    let posts: Vec<_> = (0..connections)
        .map(|_| {
            let (client, next, url, end) = (client.clone(), Arc::clone(&next), url.to_owned(), range.end);
            let body = body.clone();
            tokio::spawn(async move {
                let mut answered = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return answered;
                    }
                    let response = client.post(&url).body(body(number)).send().await.expect("an answer");
                    let status = response.status();
                    let body = response.text().await.expect("a body");
                    assert!(status.is_success(), "{status}: {body}");
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

/// Posts so many bodies over all connections, as fast as each answers; gives how long each answer took, sorted.
async fn post_timed(
    url: &str,
    count: usize,
    body: impl Fn(usize) -> String + Clone + Send + 'static,
) -> Vec<Duration> {
    let client = client();
    let next = Arc::new(AtomicUsize::new(0));
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (client, next, url, body) = (client.clone(), Arc::clone(&next), url.to_owned(), body.clone());
        posts.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return took;
                }
                let posted = Instant::now();
                let request = client.post(&url).header("content-type", "application/json").body(body(number));
                let response = request.send().await.expect("an answer");
                assert_eq!(response.status(), 202);
                response.bytes().await.expect("a body");
                took.push(posted.elapsed());
            }
        });
    }
    let mut took: Vec<Duration> = posts.join_all().await.into_iter().flatten().collect();
    took.sort_unstable();
    took
}

/// Posts `range` at a steady pace, whether or not earlier ones are answered; gives when each was posted and answered.
async fn post_steadily(url: &str, range: Range<usize>) -> Vec<(Instant, Instant)> {
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

/// So many events in one request, from this number on.
fn events_of(first: usize, events: usize) -> String {
    let events: Vec<String> = (first..first + events).map(|number| event("evt", number)).collect();
    format!(r#"{{"events":[{}]}}"#, events.join(","))
}

/// The same, short and under ids that the ledger does not keep.
fn numbered(prefix: &str, first: usize, events: usize) -> String {
    let one = |number| {
        format!(r#"{{"id":"{prefix}_{number}","type":"tool.called","data":{{"agentId":"support-bot"}}}}"#)
    };
    let events: Vec<String> = (first..first + events).map(one).collect();
    format!(r#"{{"events":[{}]}}"#, events.join(","))
}
