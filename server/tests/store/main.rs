//! The store alone, the same cases on both databases; and what each says when it can't be used.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod cases;
mod claims;
mod databases;
mod days;
mod encrypted;
mod hits;
mod large;
#[path = "../common/postgres.rs"]
#[expect(dead_code, reason = "the tests of many gateways use the rest")]
mod postgres;

use databases::Databases;
use server::store::{
    Change, Copy, DeliveryFilter, EventFilter, NewEvent, Outcome, Store, StoreError, StoredEvent, sync, write,
};
use std::sync::Arc;
use tempfile::TempDir;
use wire::{Delivery, DeliveryStatus, Time, Trigger};

#[tokio::test]
async fn every_case_holds_on_sqlite() {
    every_case(Databases::sqlite()).await;
}

#[tokio::test]
async fn every_case_holds_on_postgresql() {
    every_case(Databases::postgres()).await;
}

async fn every_case(mut databases: Databases) {
    cases::an_event_and_its_deliveries_are_read_back_as_written(databases.fresh().await).await;
    cases::of_one_id_the_first_is_stored_whether_in_one_commit_or_two(databases.fresh().await).await;
    cases::many_rows_of_any_number_are_all_written(databases.fresh().await).await;
    cases::a_text_is_found_by_its_characters_not_as_a_pattern(databases.fresh().await).await;
    cases::a_pause_is_kept_as_it_was_last(databases.fresh().await).await;
    cases::an_outcome_replaces_how_its_delivery_stood(databases.fresh().await).await;
    cases::the_last_attempts_are_those_by_schedule_and_the_very_last(databases.fresh().await).await;
    cases::filters_speak_of_what_people_see(databases.fresh().await).await;
    cases::a_minutes_counts_are_replaced_by_newer_ones(databases.fresh().await).await;
    cases::what_is_old_goes_with_all_that_hangs_on_it_unless_it_is_still_to_be_sent(databases.fresh().await)
        .await;
    cases::a_logout_is_kept_as_long_as_its_session_would_last_and_so_many_of_a_role(databases.fresh().await)
        .await;
    cases::a_question_that_takes_too_long_is_ended(databases.fresh().await).await;
    hits::a_repeat_within_a_day_is_known_and_starts_nothing(databases.fresh().await).await;
    hits::hits_are_found_with_their_runs(databases.fresh().await).await;
    hits::a_run_and_its_callback_are_stored_together(databases.fresh().await).await;
    hits::old_hits_go_with_their_runs_unless_they_are_still_to_run(databases.fresh().await).await;
}

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&url(&folder)).await.unwrap();
    (folder, store)
}

fn url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("store.db").display())
}

#[tokio::test]
async fn a_full_disk_stores_nothing_by_halves_and_is_survived() {
    let (_folder, store) = store().await;
    let Store::Sqlite { writer, .. } = &store else { panic!("SQLite") };
    writer.allow_pages(4).unwrap();
    let mut stored = 0;
    let error = loop {
        let number = stored;
        let events: Vec<NewEvent> = (0..8)
            .map(|part| cases::event(&format!("evt_{number}_{part}"), &[&format!("dlv_{number}_{part}")]))
            .collect();
        match write(&store, &[Change::Accept(events)], &[]).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "it fills up");
    };
    assert!(matches!(error, StoreError::Full), "{error}");
    let events = store.events(&EventFilter::default(), 500, None).await.unwrap().items.len();
    let deliveries = store.deliveries(&DeliveryFilter::default(), 500, None).await.unwrap().items.len();
    assert_eq!((events, deliveries), (stored * 8, stored * 8), "whole commits only");
    writer.allow_pages(1000).unwrap();
    write(&store, &[Change::Accept(vec![cases::event("evt_again", &["dlv_again"])])], &[]).await.unwrap();
}

/// SQLite's log is taken into the database while the writer writes on, and then begins anew.
#[tokio::test]
async fn the_log_stays_short_however_much_is_written() {
    const LOG_BYTES: u64 = 64 << 20;
    let (folder, store) = store().await;
    let length = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    let body = format!(r#"{{"type":"message.sent","data":{{"x":"{}"}}}}"#, "x".repeat(100_000));
    let mut written = 0;
    while written < 2 * LOG_BYTES {
        let mut new = cases::event(&format!("evt_{written}"), &[&format!("dlv_{written}")]);
        written += body.len() as u64;
        Arc::make_mut(&mut new.event).body = body.as_str().into();
        write(&store, &[Change::Accept(vec![new])], &[]).await.unwrap();
        sync(&store).unwrap();
        assert!(length("store.db-wal") < LOG_BYTES, "after {written} bytes");
    }
    assert!(length("store.db") > LOG_BYTES, "what left the log is in the database");
    store.close().await;
    assert!(!folder.path().join("store.db-wal").exists(), "and all of it at the end");
}

#[tokio::test]
async fn a_database_that_cannot_be_used_says_why() {
    let (folder, store) = store().await;
    let error = Store::open(&url(&folder)).await.unwrap_err().to_string();
    assert!(error.contains("another gateway has it open"), "{error}");
    drop(store);

    let error = Store::open("sqlite:///no/such/folder/x.db").await.unwrap_err().to_string();
    assert!(error.contains("/no/such/folder/x.db") && error.contains("in a folder that exists"), "{error}");

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("store.db"), "this is no database, but a text of some length").unwrap();
    let error = Store::open(&url(&other)).await.unwrap_err().to_string();
    assert!(error.contains("not a database"), "{error}");

    let error = Store::open("postgres://nobody:hidden@127.0.0.1:1/x").await.unwrap_err().to_string();
    assert!(error.contains("PostgreSQL") && !error.contains("hidden"), "{error}");
}

/// Both databases have the same tables and columns, by the same files.
#[test]
fn the_migrations_of_both_databases_agree() {
    let folder = |database: &str| {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(database)
    };
    let read = |database: &str| {
        let mut files: Vec<(String, Vec<String>)> = std::fs::read_dir(folder(database))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                (path.file_name().unwrap().to_string_lossy().into_owned(), columns(&text))
            })
            .collect();
        files.sort();
        files
    };
    let sqlite = read("sqlite");
    assert!(
        sqlite.iter().any(|(_, columns)| columns.iter().any(|column| column == "deliveries.next_attempt_at"))
    );
    // Only gateways that share a database know of each other there.
    let of_many = |column: &String| column.starts_with("nodes.") || column.starts_with("stream.");
    let mut postgres = read("postgres");
    for (_, columns) in &mut postgres {
        columns.retain(|column| !of_many(column));
    }
    assert_eq!(sqlite, postgres);
}

/// `table.column` of every column that a migration makes.
fn columns(sql: &str) -> Vec<String> {
    let mut table = None;
    let mut columns = Vec::new();
    for line in sql.lines().map(str::trim).filter(|line| !line.starts_with("--")) {
        let made = line.strip_prefix("CREATE TABLE ").or_else(|| line.strip_prefix("CREATE UNLOGGED TABLE "));
        // What is a table of its own in one database may be seen in another table in the other.
        if let Some((view, of)) =
            line.strip_prefix("CREATE VIEW ").and_then(|rest| rest.split_once(" AS SELECT "))
        {
            let shown = of.split(" FROM ").next().unwrap();
            columns.extend(shown.split(", ").map(|column| format!("{view}.{column}")));
        } else if let Some((of, added)) =
            line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "))
        {
            columns.push(format!("{of}.{}", added.split_whitespace().next().unwrap()));
        } else if let Some(rest) = made {
            table = rest.split_whitespace().next().map(ToOwned::to_owned);
        } else if line.starts_with(')') {
            table = None;
        } else if let (Some(table), Some(column)) = (&table, line.split_whitespace().next())
            && column.chars().all(|character| character.is_ascii_lowercase() || character == '_')
        {
            columns.push(format!("{table}.{column}"));
        }
    }
    columns
}

/// Broken off after its first page, it goes on there; and a row that is not the same is found.
#[tokio::test]
async fn a_copy_goes_on_where_it_was_and_is_compared() {
    let (_folder, from) = store().await;
    for hundred in 0..25 {
        let events: Vec<NewEvent> = (0..100)
            .map(|one| cases::event(&format!("evt_{hundred}_{one}"), &[&format!("dlv_{hundred}_{one}")]))
            .collect();
        write(&from, &[Change::Accept(events)], &[]).await.unwrap();
    }
    let mut databases = Databases::postgres();
    let to = databases.fresh().await;
    let Store::Postgres { work: pool, .. } = &to else { panic!("PostgreSQL") };
    let today: i64 = sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT) / 86400000")
        .fetch_one(pool)
        .await
        .unwrap();
    // The last moment of its day: its delivery is made on the next.
    let received_at = Time((today - 2) * 86_400_000 - 1);
    let old = format!("dlv_{:012x}{:020x}", received_at.0 + 1, 7);
    let mut new = cases::event("evt_old", &[&old]);
    new.event = Arc::new(StoredEvent { received_at, ..(*new.event).clone() });
    new.deliveries[0].created_at = received_at;
    let outcome = Outcome {
        delivery: Delivery { status: DeliveryStatus::Failed, attempts: 1, ..new.deliveries[0].clone() },
        next_trigger: Trigger::Schedule,
        attempt: Arc::new(cases::failed_attempt(&old, &new.event.body)),
        same_body: true,
        from: DeliveryStatus::Pending,
    };
    write(&from, &[Change::Accept(vec![new]), Change::Outcome(Box::new(outcome))], &[]).await.unwrap();
    let copy = Copy::begin(&from, &to).await.unwrap();
    let (told, mut pages) = tokio::sync::mpsc::unbounded_channel();
    tokio::select! {
        _ = copy.run(|rows| told.send(rows).unwrap()) => panic!("it was not broken off"),
        _ = pages.recv() => {}
    }
    let mut rows = 0;
    let copy = Copy::begin(&from, &to).await.unwrap();
    copy.run(|page| rows += page).await.unwrap();
    assert!((5000..=6504).contains(&rows), "{rows} of 7504 were left");
    let copied = copy.compare().await.unwrap();
    let of = |table: &str| copied.iter().find(|copied| copied.table == table).unwrap().rows;
    assert_eq!((of("events"), of("deliveries"), of("attempts")), (2501, 2501, 1));
    let elsewhere: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM attempts_other) + (SELECT COUNT(*) FROM events_other)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(elsewhere, 0, "each stands in the table of its day");

    let to = databases.fresh().await;
    let copy = Copy::begin(&from, &to).await.unwrap();
    copy.run(|_| {}).await.unwrap();
    let Store::Postgres { work: pool, .. } = &to else { panic!("PostgreSQL") };
    sqlx::query("UPDATE deliveries SET attempts = 1 WHERE id = 'dlv_7_7'").execute(pool).await.unwrap();
    let error = copy.compare().await.unwrap_err().to_string();
    assert!(error.starts_with("deliveries differs: 2501 rows"), "{error}");
    from.close().await;
}

/// A newer version adds to the tables; what an older one can't do without is said.
#[tokio::test]
async fn an_older_version_goes_on_until_the_tables_need_a_newer_one() {
    let mut databases = Databases::postgres();
    let store = databases.fresh().await;
    let Store::Postgres { work: pool, .. } = &store else { panic!("PostgreSQL") };
    let url = databases.last_url();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999, 'newer', TRUE, '', 0)";
    sqlx::query(newer).execute(pool).await.unwrap();
    Store::open(&url).await.unwrap();
    sqlx::query("INSERT INTO schema_needs (migration) VALUES (999)").execute(pool).await.unwrap();
    let error = Store::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("newer version of this program") && error.contains("999"), "{error}");
}
