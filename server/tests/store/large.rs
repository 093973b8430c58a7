//! What holds only because it was thought of: large rows, many rows, and what takes long.

use crate::cases;
use crate::databases::Databases;
use server::store::{Change, Copy, NewEvent, Store, write};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor};
use std::sync::Arc;
use std::time::Duration;

fn pool(store: &Store) -> &PgPool {
    let Store::Postgres { work, .. } = store else { panic!("PostgreSQL") };
    work
}

/// Some thousand rows may be more than memory holds: what is read at once is bounded by bytes too.
#[tokio::test]
async fn a_copy_goes_by_pages_of_so_many_bytes() {
    let (_folder, from) = crate::store().await;
    let body = format!(r#"{{"type":"message.sent","data":{{"x":"{}"}}}}"#, "x".repeat(2 << 20));
    for number in 0..20 {
        let mut new = cases::event(&format!("evt_{number}"), &[&format!("dlv_{number}")]);
        Arc::make_mut(&mut new.event).body = body.as_str().into();
        write(&from, &[Change::Accept(vec![new])], &[]).await.unwrap();
    }
    let mut databases = Databases::postgres();
    let to = databases.fresh().await;
    let copy = Copy::begin(&from, &to).await.unwrap();
    let mut pages = Vec::new();
    copy.run(|rows| pages.push(rows)).await.unwrap();
    assert_eq!(
        pages,
        [8, 8, 4, 20, 20],
        "events of 2 MiB in pages of 16, all of their ids and of the deliveries in one"
    );
    copy.compare().await.unwrap();
    from.close().await;
}

/// Both databases are read whole, however long that takes.
#[tokio::test]
async fn a_comparison_takes_as_long_as_it_needs() {
    let (_folder, from) = crate::store().await;
    let events: Vec<NewEvent> = vec![cases::event("evt_1", &["dlv_1"])];
    write(&from, &[Change::Accept(events)], &[]).await.unwrap();
    let mut databases = Databases::postgres();
    let to = databases.fresh().await;
    Copy::begin(&from, &to).await.unwrap().run(|_| {}).await.unwrap();

    let Store::Postgres { read, work, write } = &to else { panic!("PostgreSQL") };
    let in_haste = (*work.connect_options()).clone().options([("statement_timeout", "1s")]);
    let work = PgPoolOptions::new().connect_lazy_with(in_haste);
    let in_haste = Store::Postgres { read: read.clone(), work, write: Arc::clone(write) };
    let copy = Copy::begin(&from, &in_haste).await.unwrap();
    // Something is in its way for longer than that.
    let mut other = PgConnection::connect(&databases.last_url()).await.unwrap();
    other.execute("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (compared, ()) = tokio::join!(copy.compare(), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        other.execute("COMMIT").await.unwrap();
    });
    compared.unwrap();
    from.close().await;
}

const MILLION: &str = "
INSERT INTO events (id, event_type, timestamp, instance_id, received_at, body)
VALUES ('evt_1', 'message.sent', '2026-03-14T10:30:00Z', 'node-1', 0, '{}');
INSERT INTO deliveries (id, event_id, event_type, endpoint, status, next_trigger, attempts, max_attempts, created_at)
SELECT 'dlv_' || LPAD(number::TEXT, 32, '0'), 'evt_1', 'message.sent', 'crm', 'pending',
       CASE WHEN number % 100000 = 99999 THEN 'manual' ELSE 'schedule' END, 0, 1, 0
FROM GENERATE_SERIES(1, 1000000) AS number;
INSERT INTO nodes (id, instance_id, works, watched, begun_at, until) VALUES ('node_1', 'one', TRUE, FALSE, 0, 0);
ANALYZE deliveries";

const READ_BY: &str = "
SELECT idx_scan, idx_tup_read
FROM pg_stat_user_indexes
WHERE relname = 'deliveries' AND indexrelname = $1";

/// What a person asked for is taken from among a million that wait without reading those: by an index of its own.
#[tokio::test]
async fn what_a_person_asked_for_is_found_among_a_million() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let pool = pool(&store);
    pool.execute(MILLION).await.unwrap();
    // Often enough that the server would plan it once for all.
    let mut found = 0;
    for _ in 0..10 {
        found += store.claim_manual("node_1", "crm", 64).await.unwrap().len();
    }
    assert_eq!(found, 10);
    // Sessions say what they read once they have nothing to do, or end.
    pool.close().await;
    let mut beside = PgConnection::connect(&databases.last_url()).await.unwrap();
    let mut read_by = async |index: &str| -> (i64, i64) {
        sqlx::query_as(READ_BY).bind(index).fetch_one(&mut beside).await.unwrap()
    };
    let mut tries = 0;
    let (scans, rows) = loop {
        let (scans, rows) = read_by("deliveries_manual").await;
        if scans >= 10 || tries == 50 {
            break (scans, rows);
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(scans >= 10 && rows <= 200, "{scans} scans, {rows} rows");
    for other in ["deliveries_pending", "deliveries_by_endpoint"] {
        assert_eq!(read_by(other).await, (0, 0), "{other}");
    }
}
