//! PostgreSQL's tables of a day: making them, forgetting them, and looking through them.

use crate::databases::Databases;
use server::store::{EventFilter, Store};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection, Executor};
use std::time::Duration;
use wire::{EventId, Time};

/// What is over goes with its day's tables; a day of which something waits stays.
#[tokio::test]
async fn days_that_are_over_are_dropped_unless_something_of_them_waits() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let pool = pool(&store);
    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.unwrap();
    let days = async || {
        let of_events = count("SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'events'::REGCLASS").await;
        (of_events, count("SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'attempts'::REGCLASS").await)
    };
    // Yesterday, today, seven days to come, and the table of all others.
    assert_eq!(days().await, (10, 10));
    let today = today(pool).await;
    // More than are deleted in one step; of today one is done and one open.
    received(pool, today - 1, "old", 2500, "delivered").await;
    received(pool, today, "done", 1, "delivered").await;
    received(pool, today, "open", 1, "retrying").await;
    let elsewhere = "SELECT (SELECT COUNT(*) FROM events_other) + (SELECT COUNT(*) FROM attempts_other)";
    assert_eq!(count(elsewhere).await, 0, "each stands in the table of its day");

    assert_eq!(store.whole_days(Time(end_of(today).0 + 5)), end_of(today));
    assert_eq!(store.forget_days(Time(end_of(today).0 - 1)).await.unwrap(), 2500);
    assert_eq!(days().await, (9, 9));
    let rows = async || {
        let ids = count("SELECT COUNT(*) FROM event_ids").await;
        (ids, count("SELECT COUNT(*) FROM deliveries").await, count("SELECT COUNT(*) FROM events").await)
    };
    assert_eq!(rows().await, (2, 2, 2));
    assert_eq!(store.forget_days(end_of(today)).await.unwrap(), 0, "one of today's is to be sent again");
    assert_eq!((rows().await, days().await), ((2, 2, 2), (9, 9)));
    let done = ["evt_done_1".parse::<EventId>().unwrap()];
    assert_eq!(store.old_events(end_of(today), 10).await.unwrap(), done, "what is done goes by itself");

    sqlx::query("UPDATE deliveries SET status = 'delivered'").execute(pool).await.unwrap();
    // What came again under its old id since its first event went stays.
    received(pool, today + 1, "again", 1, "delivered").await;
    sqlx::query("UPDATE event_ids SET received_at = 0 WHERE id = 'evt_done_1'").execute(pool).await.unwrap();
    assert_eq!(store.forget_days(end_of(today)).await.unwrap(), 1);
    assert_eq!((rows().await, days().await), ((2, 1, 1), (8, 8)));
    store.prepare_days(1).await.unwrap();
    assert_eq!(days().await, (10, 10), "what is missing is made again");
}

/// Events of a day, each with a delivery that stands like this and an attempt.
async fn received(pool: &PgPool, day: i64, name: &str, how_many: i64, status: &str) {
    const RECEIVED: &str = "\
WITH one AS (SELECT $2 || '_' || number AS name, $1 * 86400000 + number AS at FROM GENERATE_SERIES(1, $3) AS number),
ids AS (INSERT INTO event_ids SELECT 'evt_' || name, at FROM one),
new_events AS (INSERT INTO events (id, event_type, timestamp, instance_id, received_at, body)
               SELECT 'evt_' || name, 'message.sent', '', 'main', at, '{}' FROM one),
new_deliveries AS (INSERT INTO deliveries (id, event_id, event_type, endpoint, status, next_trigger, attempts,
                                           max_attempts, created_at)
                   SELECT 'dlv_' || LPAD(TO_HEX(at), 12, '0') || name, 'evt_' || name, 'message.sent', 'crm', $4,
                          'schedule', 1, 2, at
                   FROM one)
INSERT INTO attempts (id, delivery_id, endpoint, number, trigger_kind, started_at, result, total, request_url,
                      request_headers, node_id)
SELECT 'atp_' || name, 'dlv_' || LPAD(TO_HEX(at), 12, '0') || name, 'crm', 1, 'schedule', at, 'failed', 1, '', '[]',
       'node'
FROM one";
    let query = sqlx::query(RECEIVED).bind(day).bind(name).bind(how_many).bind(status);
    query.execute(pool).await.unwrap();
}

/// Who reads for long is waited for, for a while; and nobody waits for that.
#[tokio::test]
async fn a_days_table_goes_once_nobody_reads_it() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let today = today(pool(&store)).await;
    received(pool(&store), today - 1, "old", 1, "delivered").await;
    let mut reader = PgConnection::connect(&databases.last_url()).await.unwrap();
    reader.execute("BEGIN; SELECT COUNT(*) FROM events; SELECT COUNT(*) FROM attempts").await.unwrap();
    let (forgotten, ()) = tokio::join!(store.forget_days(end_of(today - 1)), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        received(pool(&store), today, "new", 1, "pending").await;
        reader.execute("COMMIT").await.unwrap();
    });
    assert_eq!(forgotten.unwrap(), 1);
    let left: Vec<String> =
        sqlx::query_scalar("SELECT id FROM events").fetch_all(pool(&store)).await.unwrap();
    assert_eq!(left, ["evt_new_1"]);
}

/// What is asked for in the very moment in which its day is forgotten stays, with the day.
#[tokio::test]
async fn what_is_asked_for_while_its_day_is_forgotten_stays() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let today = today(pool(&store)).await;
    received(pool(&store), today - 1, "old", 2, "delivered").await;
    let mut person = PgConnection::connect(&databases.last_url()).await.unwrap();
    person
        .execute("BEGIN; UPDATE deliveries SET status = 'pending' WHERE event_id = 'evt_old_2'")
        .await
        .unwrap();
    let (forgotten, ()) = tokio::join!(store.forget_days(end_of(today - 1)), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        person.execute("COMMIT").await.unwrap();
    });
    assert_eq!(forgotten.unwrap(), 1);
    let asked_for: EventId = "evt_old_2".parse().unwrap();
    assert!(store.event(&asked_for).await.unwrap().is_some());
    let deliveries =
        sqlx::query("UPDATE deliveries SET status = 'delivered'").execute(pool(&store)).await.unwrap();
    assert_eq!(deliveries.rows_affected(), 1);
    assert_eq!(store.forget_days(end_of(today - 1)).await.unwrap(), 1);
    assert!(store.event(&asked_for).await.unwrap().is_none());
}

/// A sender's clock, or a long rest, may have put something where its day has no table; the other days get theirs.
#[tokio::test]
async fn a_day_that_can_have_no_table_is_in_no_others_way() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let today = today(pool(&store)).await;
    let drop = format!(
        "DROP TABLE {}, {}",
        table(pool(&store), today + 1).await,
        table(pool(&store), today + 2).await
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(pool(&store)).await.unwrap();
    received(pool(&store), today + 1, "early", 1, "delivered").await;
    let error = store.prepare_days(1).await.unwrap_err().to_string();
    assert!(error.contains("events_other"), "{error}");
    assert_eq!(table(pool(&store), today + 1).await, "events_other");
    assert_ne!(table(pool(&store), today + 2).await, "events_other");
}

/// What is kept for long has tables of several days, beside those that are there.
#[tokio::test]
async fn tables_of_several_days_begin_where_the_others_end() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let today = today(pool(&store)).await;
    let drop = format!("DROP TABLE {}", table(pool(&store), today + 7).await);
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(pool(&store)).await.unwrap();
    store.prepare_days(7).await.unwrap();
    let of_a_week = table(pool(&store), today + 7).await;
    assert!(of_a_week.ends_with("_7"), "{of_a_week}");
    assert_eq!(table(pool(&store), today + 13).await, of_a_week);
    assert_eq!(table(pool(&store), today + 14).await, "events_other");
    received(pool(&store), today + 13, "week", 3, "delivered").await;
    assert_eq!(store.forget_days(end_of(today + 12)).await.unwrap(), 0);
    assert_eq!(store.forget_days(end_of(today + 13)).await.unwrap(), 3);
}

/// However far apart they lie, a page has the newest that fit, and the next goes on there.
#[tokio::test]
async fn a_page_goes_over_many_days() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let today = today(pool(&store)).await;
    for (back, name) in [(0, "a"), (1, "b"), (3, "c"), (40, "d"), (3000, "e"), (today, "f")] {
        received(pool(&store), today - back, name, 1, "delivered").await;
    }
    let ids = async |filter: EventFilter, after: Option<&str>| {
        let after = after.and_then(|after| after.split_once('_'));
        let after = after.map(|(time, id)| (Time(time.parse().unwrap()), id));
        let page = store.events(&filter, 2, after).await.unwrap();
        let names: Vec<String> = page.items.iter().map(|event| event.id.as_str()[4..5].to_owned()).collect();
        (names.concat(), page.next)
    };
    let (first, next) = ids(EventFilter::default(), None).await;
    let (second, after) = ids(EventFilter::default(), next.as_deref()).await;
    let (third, end) = ids(EventFilter::default(), after.as_deref()).await;
    assert_eq!((first.as_str(), second.as_str(), third.as_str(), end), ("ab", "cd", "ef", None));
    let between = EventFilter {
        since: Some(Time((today - 40) * 86_400_000)),
        until: Some(Time((today - 1) * 86_400_000)),
        ..EventFilter::default()
    };
    assert_eq!(ids(between, None).await, ("cd".to_owned(), None));
}

fn pool(store: &Store) -> &PgPool {
    let Store::Postgres { work, .. } = store else { panic!("PostgreSQL") };
    work
}

async fn today(pool: &PgPool) -> i64 {
    let today = "SELECT CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT) / 86400000";
    sqlx::query_scalar(today).fetch_one(pool).await.unwrap()
}

fn end_of(day: i64) -> Time {
    Time((day + 1) * 86_400_000)
}

/// The table in which events of this day are stored.
async fn table(pool: &PgPool, day: i64) -> String {
    let mut transaction = pool.begin().await.unwrap();
    let put = "INSERT INTO events (id, event_type, timestamp, instance_id, received_at, body) \
               VALUES ('evt_where', 'message.sent', '', 'main', $1, '{}') RETURNING CAST(tableoid::REGCLASS AS TEXT)";
    sqlx::query_scalar(put).bind(day * 86_400_000).fetch_one(&mut *transaction).await.unwrap()
}
