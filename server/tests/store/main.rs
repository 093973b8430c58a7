//! The store alone, the same cases on both databases; and what each says when it can't be used.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod cases;
mod databases;
mod hits;

use databases::Databases;
use server::store::{Change, DeliveryFilter, EventFilter, NewEvent, Store, StoreError, sync, write};
use std::sync::Arc;
use tempfile::TempDir;

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
    cases::filters_speak_of_what_people_see(databases.fresh().await).await;
    cases::a_minutes_counts_are_replaced_by_newer_ones(databases.fresh().await).await;
    cases::what_is_old_goes_with_all_that_hangs_on_it_unless_it_is_still_to_be_sent(databases.fresh().await)
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
    assert_eq!(sqlite, read("postgres"));
}

/// `table.column` of every column that a migration makes.
fn columns(sql: &str) -> Vec<String> {
    let mut table = None;
    let mut columns = Vec::new();
    for line in sql.lines().map(str::trim).filter(|line| !line.starts_with("--")) {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
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
