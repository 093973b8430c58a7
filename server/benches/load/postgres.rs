//! The phases on PostgreSQL: a server of their own, every commit durable, on the same cores as all else.

use crate::gateway::Gateway;
use crate::postgres_server::Server;
use crate::receiver::Receiver;
use crate::{
    BATCH, CONNECTIONS, PATIENCE, WARM_UP, bare, count, endpoint, event, events_of, post_all, post_over,
    rate, report,
};
use serde_json::json;
use server::store::Store;
use sqlx::{Connection, Executor, PgConnection};
use std::time::{Duration, Instant};

const SINGLE: usize = 60_000;
const BATCHED: usize = 50_000;
/// How many events the phases post in all.
const EVENTS: usize = 2 * (WARM_UP + SINGLE) + BATCHED;
/// A gateway that came is known to all after this.
const SETTLED: Duration = Duration::from_secs(7);
/// Files of the log, of 16 MB: more than all phases but the last fill.
const LOG_FILES: usize = 100;
const CLAIMED: u32 = 256;
const CLAIMS: usize = 100;

pub(crate) async fn run() {
    let receiver = &Receiver::start(EVENTS);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_openclaw-webhooks"));
    let folder = tempfile::tempdir_in(program.parent().expect("a folder")).expect("a folder");
    let server = Server::start(folder, &["shared_buffers=512MB", "min_wal_size=2GB", "max_wal_size=4GB"]);
    run_in(&server).await;
    let one = single(receiver, &server, 1, 0).await;
    let two = single(receiver, &server, 2, WARM_UP + SINGLE).await;
    println!("two gateways: {:.2} of one, on the same cores", two / one);
    batch(receiver, &server, 2 * (WARM_UP + SINGLE)).await;
    claims(&server).await;
}

/// A server that has just been made fills each file of its log with zeroes before it writes there; one that has run for a
/// while uses those that it has.
async fn run_in(server: &Server) {
    let mut session = PgConnection::connect(&server.create("run_in")).await.expect("a session");
    for _ in 0..LOG_FILES {
        let fill = "SELECT pg_logical_emit_message(TRUE, 'bench', ''); SELECT pg_switch_wal()";
        session.execute(fill).await.expect("another file");
    }
    session.execute("CHECKPOINT").await.expect("files that are free");
}

/// One event a request, to this many gateways in turn; gives how many a second were delivered.
async fn single(receiver: &Receiver, server: &Server, gateways: usize, from: usize) -> f64 {
    report::phase(&format!("postgres: one event a request, 64 connections, gateways: {gateways}"));
    let before = bare(receiver).await;
    let database = server.create(&format!("single_{gateways}"));
    let gateways: Vec<Gateway> = (0..gateways)
        .map(|_| Gateway::start_on(Some(&database), &[endpoint("bench", receiver.address)], &json!({})))
        .collect();
    if gateways.len() > 1 {
        tokio::time::sleep(SETTLED).await;
    }
    let post = async |range: std::ops::Range<usize>| {
        let (part, connections) = (range.len() / gateways.len(), CONNECTIONS / gateways.len());
        let posts = gateways.iter().enumerate().map(|(number, gateway)| {
            let first = range.start + number * part;
            let events = format!("{}api/v1/events", gateway.url);
            async move {
                post_over(connections, &events, first..first + part, |number| event("evt", number)).await
            }
        });
        let accepted: Vec<Vec<Instant>> = futures_util::future::join_all(posts).await;
        receiver.wait_for_all(range.clone(), PATIENCE).await;
        accepted.concat()
    };
    post(from..from + WARM_UP).await;
    let load = from + WARM_UP..from + WARM_UP + SINGLE;
    let cpu: f64 = gateways.iter().map(Gateway::cpu_seconds).sum();
    let started = Instant::now();
    let accepted = post(load.clone()).await;
    let through = rate(SINGLE, started.elapsed());
    let cpu = gateways.iter().map(Gateway::cpu_seconds).sum::<f64>() - cpu;
    let bare = f64::midpoint(before, bare(receiver).await);
    report::rate("events delivered", through, Some(bare));
    report::latency("accepted to received", &receiver.latencies(load, &accepted).await);
    report::cpu(cpu * 1000.0 / count(SINGLE));
    report::ledger(&receiver.check(from..from + WARM_UP + SINGLE, 1).await);
    through
}

async fn batch(receiver: &Receiver, server: &Server, from: usize) {
    report::phase(&format!("postgres: {BATCH} events a request, 64 connections"));
    let before = bare(receiver).await;
    let database = server.create("batch");
    let gateway = Gateway::start_on(Some(&database), &[endpoint("bench", receiver.address)], &json!({}));
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
}

const FILL: &str = "\
WITH made AS (
    INSERT INTO events (id, event_type, timestamp, instance_id, received_at, body)
    SELECT 'evt_' || LPAD(number::TEXT, 10, '0'), 'message.sent', '2026-01-01T00:00:00.000Z', 'bench',
           CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT), REPEAT('x', 600)
    FROM GENERATE_SERIES($1::BIGINT, $2::BIGINT) AS number
    RETURNING id, received_at
)
INSERT INTO deliveries (id, event_id, event_type, endpoint, status, next_trigger, attempts, max_attempts, created_at)
SELECT REPLACE(id, 'evt_', 'dlv_'), id, 'message.sent', 'bench', 'pending', 'schedule', 0, 10, received_at
FROM made";

/// How long it takes to claim what waits, however much waits.
async fn claims(server: &Server) {
    report::phase(&format!("postgres: claiming {CLAIMED} deliveries"));
    let store = Store::open(&server.create("claims")).await.expect("a store");
    let Store::Postgres { work: pool, .. } = &store else { panic!("PostgreSQL") };
    store.join("bench", "bench", true, 600_000).await.expect("a place");
    let mut medians = Vec::new();
    for (first, last) in [(1_i64, 10_000_i64), (10_001, 1_000_000)] {
        sqlx::query(FILL).bind(first).bind(last).execute(pool).await.expect("rows");
        sqlx::query("ANALYZE").execute(pool).await.expect("statistics");
        let mut took = Vec::new();
        for _ in 0..CLAIMS {
            let started = Instant::now();
            let claimed = store.claim_pending("bench", "bench", CLAIMED).await.expect("claims");
            took.push(started.elapsed());
            let ids: Vec<_> = claimed.into_iter().map(|due| due.delivery.id).collect();
            assert_eq!(ids.len(), CLAIMED as usize);
            store.let_go("bench", &ids).await.expect("their return");
        }
        took.sort_unstable();
        report::latency(&format!("while {last} wait"), &took);
        medians.push(took[CLAIMS / 2].as_secs_f64());
    }
    println!("a million to ten thousand: {:.2}", medians[1] / medians[0]);
}
