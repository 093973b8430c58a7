//! SQLite: opening the file, and many rows in one statement.

use super::write::{DeliveryRow, EventRow};
use super::{MeterRow, Store, StoreError};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use wire::{Attempt, Ms};

/// Readers at once; each is one connection with a cache of its own.
const READERS: u32 = 4;

/// Pages in the write-ahead log before it goes into the database: 32 MiB. Most pages are written again and again, so
/// a longer log is less to write; a shorter one is quicker read at the start.
const LOG_PAGES: &str = "8192";

/// Statements kept prepared on a connection: the queries, and one of each size of each multi-row statement.
const PREPARED: usize = 256;

pub(super) async fn open(url: &str) -> Result<Store, StoreError> {
    let bad = |error: &dyn std::fmt::Display| {
        StoreError::Open(format!(
            "can't open the database {url}: {error}; webhooks.server.database takes sqlite://FILE, in a folder \
             that exists and that this user may write to"
        ))
    };
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| bad(&error))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk when it returns: what was answered with 202 survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(PREPARED)
        // 16 MiB of pages, and sorting in memory: both small against what they save.
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", LOG_PAGES);
    let lock = lock(options.get_filename()).map_err(|error| bad(&error))?;
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up: asking before each use only costs a turn between threads.
        .test_before_acquire(false)
        .connect_with(options.clone())
        .await
        .map_err(|error| bad(&error))?;
    sqlx::migrate!("../migrations/sqlite").run(&write).await.map_err(|error| bad(&error))?;
    let read = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up: asking before each use only costs a turn between threads.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| bad(&error))?;
    Ok(Store::Sqlite { write, read, lock })
}

/// Takes the lock file beside the database, which the system frees however this process ends.
fn lock(database: &Path) -> Result<Option<Arc<File>>, String> {
    if database.as_os_str().is_empty() || database == Path::new(":memory:") {
        return Ok(None);
    }
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let file = File::create(&path).map_err(|error| error.to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Arc::new(file))),
        Err(TryLockError::WouldBlock) => {
            Err("another gateway has it open; stop that one, or give this one a file of its own".to_owned())
        }
        Err(TryLockError::Error(error)) => Err(error.to_string()),
    }
}

/// Rows in one statement at most; with 24 columns well below SQLite's limit of parameters.
const MOST_ROWS: usize = 512;

/// One statement for each of a few numbers of rows, so that few are prepared and each group of rows goes in one: the
/// next larger statement takes it, and the rows too many are NULL, which the statement leaves out.
struct ManyRows(Vec<(usize, String)>);

impl ManyRows {
    /// Statements that `head` begins and rows of so many columns end.
    fn insert(head: &str, columns: usize) -> Self {
        let row = format!("({})", vec!["?"; columns].join(", "));
        Self::of(|rows| format!("{head} SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL"), &row)
    }

    /// Statements that `sql` makes of the rows' places: for 1, 2, 3, 4, 6, 8, 12, … rows.
    fn of(sql: impl Fn(&str) -> String, row: &str) -> Self {
        let mut sizes: Vec<usize> = (0..10).flat_map(|power| [1 << power, 3 << power]).collect();
        sizes.sort_unstable();
        sizes.retain(|size| *size <= MOST_ROWS);
        Self(sizes.into_iter().map(|size| (size, sql(&vec![row; size].join(", ")))).collect())
    }

    /// The statement for as many of `rows` as one takes, those, how many rows it has too many, and the rest.
    fn next<'rows, T>(
        &'static self,
        rows: &'rows [T],
    ) -> Option<(&'static str, &'rows [T], usize, &'rows [T])> {
        let (now, later) = rows.split_at(rows.len().min(MOST_ROWS));
        let (size, sql) = self.0.iter().find(|(size, _)| *size >= now.len())?;
        (!now.is_empty()).then(|| (sql.as_str(), now, size - now.len(), later))
    }
}

/// Binds NULL for every column of the rows that a statement has too many.
macro_rules! padded {
    ($query:expr, $rows:expr, $columns:expr) => {{
        let mut query = $query;
        for _ in 0..$rows * $columns {
            query = query.bind(None::<&str>);
        }
        query
    }};
}

static KNOWN_EVENTS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::of(|places| format!("SELECT id FROM events WHERE id IN ({places})"), "?"));

/// Which of these events are stored already.
pub(super) async fn known_events(
    connection: &mut SqliteConnection,
    mut ids: &[&str],
) -> Result<Vec<String>, sqlx::Error> {
    let mut known = Vec::new();
    while let Some((sql, now, spare, later)) = KNOWN_EVENTS.next(ids) {
        let mut query = sqlx::query_scalar(sql);
        for id in now {
            query = query.bind(*id);
        }
        known.extend(padded!(query, spare, 1).fetch_all(&mut *connection).await?);
        ids = later;
    }
    Ok(known)
}

static INSERT_EVENTS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::of(
        |rows| {
            format!(
                "INSERT INTO events \
                 (id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, body) \
                 SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL ON CONFLICT (id) DO NOTHING"
            )
        },
        "(?, ?, ?, ?, ?, ?, ?, ?)",
    )
});

/// Inserts the events that are new, and says how many that were.
pub(super) async fn insert_events(
    connection: &mut SqliteConnection,
    mut events: &[EventRow<'_>],
) -> Result<u64, sqlx::Error> {
    let mut inserted = 0;
    while let Some((sql, now, spare, later)) = INSERT_EVENTS.next(events) {
        let mut query = sqlx::query(sql);
        for event in now {
            query = query
                .bind(event.id)
                .bind(event.event_type)
                .bind(event.agent_id)
                .bind(event.timestamp)
                .bind(event.instance_id)
                .bind(event.received_at)
                .bind(event.hit_id)
                .bind(event.body);
        }
        inserted += padded!(query, spare, 8).execute(&mut *connection).await?.rows_affected();
        events = later;
    }
    Ok(inserted)
}

static INSERT_DELIVERIES: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::insert(
        "INSERT INTO deliveries (id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, \
         max_attempts, created_at, hit_id)",
        11,
    )
});

/// Inserts new deliveries.
pub(super) async fn insert_deliveries(
    connection: &mut SqliteConnection,
    mut deliveries: &[DeliveryRow<'_>],
) -> Result<(), sqlx::Error> {
    while let Some((sql, now, spare, later)) = INSERT_DELIVERIES.next(deliveries) {
        let mut query = sqlx::query(sql);
        for DeliveryRow { delivery, next_trigger } in now {
            query = query
                .bind(delivery.id.as_str())
                .bind(delivery.event_id.as_str())
                .bind(delivery.event_type.as_str())
                .bind(delivery.agent_id.as_deref())
                .bind(delivery.endpoint.as_str())
                .bind(delivery.status.as_str())
                .bind(next_trigger.as_str())
                .bind(i64::from(delivery.attempts))
                .bind(i64::from(delivery.max_attempts))
                .bind(delivery.created_at.0)
                .bind(delivery.hit_id.as_ref().map(wire::HitId::as_str));
        }
        padded!(query, spare, 11).execute(&mut *connection).await?;
        deliveries = later;
    }
    Ok(())
}

static UPDATE_DELIVERIES: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::of(
        |rows| {
            format!(
                "UPDATE deliveries SET status = column2, next_trigger = column3, attempts = column4, \
                 next_attempt_at = column5, finished_at = column6, last_reason = column7, \
                 last_status_code = column8, last_duration = column9 \
                 FROM (VALUES {rows}) AS now WHERE deliveries.id = now.column1"
            )
        },
        "(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
});

/// Writes deliveries as they now stand.
pub(super) async fn update_deliveries(
    connection: &mut SqliteConnection,
    mut deliveries: &[DeliveryRow<'_>],
) -> Result<(), sqlx::Error> {
    while let Some((sql, now, spare, later)) = UPDATE_DELIVERIES.next(deliveries) {
        let mut query = sqlx::query(sql);
        for DeliveryRow { delivery, next_trigger } in now {
            query = query
                .bind(delivery.id.as_str())
                .bind(delivery.status.as_str())
                .bind(next_trigger.as_str())
                .bind(i64::from(delivery.attempts))
                .bind(delivery.next_attempt_at.map(|time| time.0))
                .bind(delivery.finished_at.map(|time| time.0))
                .bind(delivery.last_reason.map(wire::Reason::as_str))
                .bind(delivery.last_status_code.map(i64::from))
                .bind(delivery.last_duration_ms.map(Ms::micros));
        }
        padded!(query, spare, 9).execute(&mut *connection).await?;
        deliveries = later;
    }
    Ok(())
}

static INSERT_ATTEMPTS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::insert(
        "INSERT INTO attempts (id, delivery_id, endpoint, number, trigger_kind, started_at, result, reason, detail, \
         status_code, dns, connect, tls, ttfb, body, total, remote_address, request_url, request_headers, \
         request_body, response_headers, response_body, response_truncated, node_id)",
        24,
    )
});

/// Inserts attempts. `same_body` says of each whether its request's body is the event's.
pub(super) async fn insert_attempts(
    connection: &mut SqliteConnection,
    mut attempts: &[(&Attempt, bool)],
) -> Result<(), sqlx::Error> {
    while let Some((sql, now, spare, later)) = INSERT_ATTEMPTS.next(attempts) {
        let mut query = sqlx::query(sql);
        for (attempt, same_body) in now {
            let response = attempt.response.as_ref();
            query = query
                .bind(attempt.id.as_str())
                .bind(attempt.delivery_id.as_str())
                .bind(attempt.endpoint.as_str())
                .bind(i64::from(attempt.number))
                .bind(attempt.trigger.as_str())
                .bind(attempt.started_at.0)
                .bind(attempt.result.as_str())
                .bind(attempt.reason.map(wire::Reason::as_str))
                .bind(attempt.detail.as_deref())
                .bind(attempt.status_code.map(i64::from))
                .bind(attempt.timings.dns.map(Ms::micros))
                .bind(attempt.timings.connect.map(Ms::micros))
                .bind(attempt.timings.tls.map(Ms::micros))
                .bind(attempt.timings.ttfb.map(Ms::micros))
                .bind(attempt.timings.body.map(Ms::micros))
                .bind(attempt.timings.total.micros())
                .bind(attempt.remote_address.as_deref())
                .bind(attempt.request.url.as_str())
                .bind(super::attempts::headers_text(&attempt.request.headers))
                .bind((!same_body).then_some(attempt.request.body.as_str()))
                .bind(response.map(|response| super::attempts::headers_text(&response.headers)))
                .bind(response.map(|response| response.body.as_str()))
                .bind(response.map(|response| response.truncated))
                .bind(attempt.node_id.as_str());
        }
        padded!(query, spare, 24).execute(&mut *connection).await?;
        attempts = later;
    }
    Ok(())
}

static PUT_METERS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::of(
        |rows| {
            format!(
                "INSERT INTO meters (minute, run, endpoint, counts) \
                 SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL \
                 ON CONFLICT (minute, run, endpoint) DO UPDATE SET counts = excluded.counts"
            )
        },
        "(?, ?, ?, ?)",
    )
});

/// Writes the counts of minutes as they now stand.
pub(super) async fn put_meters(
    connection: &mut SqliteConnection,
    mut meters: &[MeterRow],
) -> Result<(), sqlx::Error> {
    while let Some((sql, now, spare, later)) = PUT_METERS.next(meters) {
        let mut query = sqlx::query(sql);
        for meter in now {
            query = query.bind(meter.minute).bind(&meter.run).bind(&meter.endpoint).bind(&meter.counts);
        }
        padded!(query, spare, 4).execute(&mut *connection).await?;
        meters = later;
    }
    Ok(())
}

/// Used where a statement is put together from parts that are constants of ours.
pub(super) fn safe(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
