//! The store alone: what is written together is there together, and a full or foreign database is told apart.

use bytestring::ByteString;
use server::store::{Change, DeliveryFilter, EventFilter, NewEvent, Pause, Store, StoreError, StoredEvent, write};
use std::sync::Arc;
use tempfile::TempDir;
use wire::{AcceptedEvent, Delivery, DeliveryId, DeliveryStatus, EventId, EventType, Time};

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&url(&folder)).await.unwrap();
    (folder, store)
}

fn url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("store.db").display())
}

fn event(id: &str, deliveries: &[&str]) -> NewEvent {
    let id: EventId = id.parse().unwrap();
    let deliveries = deliveries
        .iter()
        .map(|delivery| Delivery {
            id: delivery.parse().unwrap(),
            event_id: id.clone(),
            event_type: EventType::MessageSent,
            endpoint: "crm".to_owned(),
            agent_id: Some("bot".to_owned()),
            status: DeliveryStatus::Pending,
            attempts: 0,
            max_attempts: 3,
            created_at: Time(1000),
            next_attempt_at: None,
            finished_at: None,
            last_reason: None,
            last_status_code: None,
            last_duration_ms: None,
            hit_id: None,
        })
        .collect();
    let event = StoredEvent {
        id,
        event_type: EventType::MessageSent,
        agent_id: Some("bot".to_owned()),
        timestamp: "2026-03-14T10:30:00Z".to_owned(),
        instance_id: "node-1".to_owned(),
        received_at: Time(1000),
        hit_id: None,
        body: ByteString::from_static(r#"{"type":"message.sent","data":{"x":"50%_!"}}"#),
    };
    NewEvent { event: Arc::new(event), deliveries }
}

fn answer(id: &str, deliveries: u64, duplicate: bool) -> AcceptedEvent {
    AcceptedEvent { id: id.parse().unwrap(), deliveries, duplicate }
}

#[tokio::test]
async fn an_event_and_its_deliveries_are_read_back_as_written() {
    let (_folder, store) = store().await;
    let new = event("evt_1", &["dlv_1", "dlv_2"]);
    let answers = write(&store, &[Change::Accept(vec![new.clone()])], &[]).await.unwrap();
    assert_eq!(answers, [answer("evt_1", 2, false)]);
    assert_eq!(store.event(&new.event.id).await.unwrap().as_ref(), Some(&*new.event));
    let list = store.deliveries(&DeliveryFilter::default(), 50, None).await.unwrap();
    assert_eq!(list.items.iter().rev().collect::<Vec<_>>(), new.deliveries.iter().collect::<Vec<_>>());
    let pending = store.pending("crm", "", 10).await.unwrap();
    assert_eq!(pending.iter().map(|due| due.delivery.id.as_str()).collect::<Vec<_>>(), ["dlv_1", "dlv_2"]);
    assert_eq!(pending[0].event.body, new.event.body);
    assert_eq!(store.pending("crm", "dlv_1", 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_one_id_the_first_is_stored_whether_in_one_commit_or_two() {
    let (_folder, store) = store().await;
    let changes = [
        Change::Accept(vec![event("evt_1", &["dlv_1"])]),
        Change::Accept(vec![event("evt_1", &["dlv_2"]), event("evt_2", &["dlv_3"])]),
    ];
    let answers = write(&store, &changes, &[]).await.unwrap();
    assert_eq!(answers, [answer("evt_1", 1, false), answer("evt_1", 1, true), answer("evt_2", 1, false)]);
    let answers = write(&store, &[Change::Accept(vec![event("evt_2", &["dlv_4"])])], &[]).await.unwrap();
    assert_eq!(answers, [answer("evt_2", 1, true)]);
    assert_eq!(store.delivery(&"dlv_4".parse::<DeliveryId>().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn many_rows_of_any_number_are_all_written() {
    let (_folder, store) = store().await;
    // One more than any multi-row statement takes, twice over.
    let events: Vec<NewEvent> =
        (0..193).map(|number| event(&format!("evt_{number}"), &[&format!("dlv_{number}")])).collect();
    let answers = write(&store, &[Change::Accept(events)], &[]).await.unwrap();
    assert!(answers.iter().enumerate().all(|(number, found)| *found == answer(&format!("evt_{number}"), 1, false)));
    assert_eq!(store.waiting().await.unwrap()[0].count, 193);
}

#[tokio::test]
async fn a_text_is_found_by_its_characters_not_as_a_pattern() {
    let (_folder, store) = store().await;
    write(&store, &[Change::Accept(vec![event("evt_1", &["dlv_1"])])], &[]).await.unwrap();
    for (text, found) in [("50%_!", 1), ("message", 1), ("5_%", 0), ("!!", 0)] {
        let filter = EventFilter { text: Some(text.to_owned()), ..EventFilter::default() };
        assert_eq!(store.events(&filter, 50, None).await.unwrap().items.len(), found, "{text}");
    }
}

#[tokio::test]
async fn a_full_disk_stores_nothing_by_halves_and_is_survived() {
    let (_folder, store) = store().await;
    let Store::Sqlite { write: pool, .. } = &store else { panic!("SQLite") };
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(pool).await.unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 4));
    sqlx::query(limit).execute(pool).await.unwrap();
    let mut stored = 0;
    let error = loop {
        let number = stored;
        let events: Vec<NewEvent> =
            (0..8).map(|part| event(&format!("evt_{number}_{part}"), &[&format!("dlv_{number}_{part}")])).collect();
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
    sqlx::query("PRAGMA max_page_count = 100000").execute(pool).await.unwrap();
    write(&store, &[Change::Accept(vec![event("evt_again", &["dlv_again"])])], &[]).await.unwrap();
}

#[tokio::test]
async fn a_pause_is_kept() {
    let (folder, store) = store().await;
    let pause = |paused: bool| Pause { endpoint: "crm".to_owned(), paused, reason: None, since: Time(7) };
    write(&store, &[Change::Pause(pause(true))], &[]).await.unwrap();
    write(&store, &[Change::Pause(pause(false))], &[]).await.unwrap();
    store.close().await;
    let store = Store::open(&url(&folder)).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), [pause(false)]);
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
    let folder = |database: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(database);
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
    assert!(sqlite.iter().any(|(_, columns)| columns.iter().any(|column| column == "deliveries.next_attempt_at")));
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
