//! The database: SQLite inside by default, PostgreSQL for many gateways; one set of SQL over both.
//!
//! Queries stand by table. What differs between the two (opening, and writing many rows in one statement)
//! stands in `sqlite.rs` and `postgres.rs` under the same names. Writing is the [`committer`](crate::committer)'s
//! alone, so that everything that waits for the disk waits for one commit.

mod attempts;
mod audit;
mod copy;
mod deliveries;
mod endpoints;
mod events;
mod hits;
mod logouts;
mod meters;
mod postgres;
mod questions;
mod rare;
mod redeliveries;
mod retention;
mod runs;
mod schema;
mod sqlite;
mod told;
mod write;

pub use copy::{Copied, Copy};
pub use deliveries::{DeliveryFilter, DueDelivery, Waiting};
pub use endpoints::{MadeEndpoint, Pause};
pub use events::{EventFilter, StoredEvent, read_json};
pub use hits::{HitFilter, NewHit};
pub use logouts::{Logout, MOST_LOGOUTS};
pub use meters::MeterRow;
pub use postgres::{CHANNEL, Node, Sessions, StreamRow, WRITERS, days_in_a_table};
pub use questions::{LONGEST, Questions};
pub use rare::Rare;
pub use redeliveries::Redelivery;
pub use retention::Old;
pub use runs::StoredRun;
pub use sqlite::{Writer, back_up};
pub use told::{AttemptTold, Told, mark_of};
pub use write::{Answers, Change, NewEvent, Outcome, RunChange, Writing, sync, write, write_as};

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use std::fmt;
use std::fs::File;
use std::sync::Arc;

/// The open database.
#[derive(Clone, Debug)]
pub enum Store {
    /// A file, written through one connection and read through others.
    Sqlite {
        /// One connection: SQLite has one writer at a time anyway.
        writer: Arc<sqlite::Writer>,
        /// Readers see the last commit and never wait for the writer.
        read: SqlitePool,
        /// Held as long as the store is open: a second gateway on the same file would deliver twice.
        lock: Arc<File>,
    },
    /// A server, that many gateways may share.
    Postgres {
        /// Answers what people ask.
        read: PgPool,
        /// Takes what waits, and all else that is not committed in groups: each row is looked up by its key.
        work: PgPool,
        /// Commits.
        write: Arc<Sessions>,
    },
}

/// Runs the same body over the pool that reads, whichever database it is of.
macro_rules! reading {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite { read: $pool, .. } => $body,
            $crate::store::Store::Postgres { read: $pool, .. } => $body,
        }
    };
}

pub(crate) use reading;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be opened; the text says what to do.
    #[error("{0}")]
    Open(String),
    /// The disk is full; nothing was stored.
    #[error("the disk that holds the database is full; nothing was stored")]
    Full,
    /// A question took too long, and was ended.
    #[error("it took too long, and was ended")]
    Slow,
    /// It can't be reached.
    #[error("the database can't be reached: {0}")]
    Away(sqlx::Error),
    /// Something in it is not as this program wrote it.
    #[error("the database holds {what} that this version can't read: {value}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// Anything else.
    #[error("the database failed: {0}")]
    Sql(Box<dyn std::error::Error + Send + Sync>),
}

/// `SQLITE_INTERRUPT`, and PostgreSQL's `query_canceled`.
const ENDED: [&str; 2] = ["9", "57014"];
/// `SQLITE_FULL`; `SQLITE_IOERR_WRITE`, `_FSYNC` and `_SHMSIZE`, as over a quota.
const SQLITE_FULL: [i32; 4] = [13, 778, 1034, 4874];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
        // PostgreSQL's disk_full.
        let full = code == "53100" || code.parse().is_ok_and(|code| SQLITE_FULL.contains(&code));
        let ended = ENDED.contains(&&*code);
        match error {
            _ if full => Self::Full,
            _ if ended => Self::Slow,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Self::Away(error),
            error => Self::Sql(Box::new(error)),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Open(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(cause) if SQLITE_FULL.contains(&cause.extended_code) => Self::Full,
            _ => Self::Sql(Box::new(error)),
        }
    }
}

impl Store {
    /// Opens the database that `url` names (`sqlite://FILE` or `postgres://…`), making a new SQLite file where
    /// there is none, and brings its tables up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres::open(url).await
        } else {
            sqlite::open(url).await
        }
    }

    /// Commits that it takes at once: SQLite has one writer.
    pub const fn writers(&self) -> usize {
        match self {
            Self::Sqlite { .. } => 1,
            Self::Postgres { .. } => WRITERS,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        reading!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends every connection; what was committed stays.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, read, lock } => {
                read.close().await;
                writer.close();
                // Others may hold a clone of the store; the file is free all the same.
                let _ = lock.unlock();
            }
            Self::Postgres { read, work, write } => {
                read.close().await;
                write.clear();
                work.close().await;
            }
        }
    }
}

/// Reads a word of a closed set from a column.
fn word<T: std::str::FromStr>(what: &'static str, value: &str) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Unreadable { what, value: value.to_owned() })
}

/// Reads an optional word of a closed set from a column.
fn optional_word<T: std::str::FromStr>(
    what: &'static str,
    value: Option<&str>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| word(what, value)).transpose()
}

/// Reads a count or code from a column.
fn number<T: TryFrom<i64>>(what: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Unreadable { what, value: value.to_string() })
}

/// The pattern for `LOWER(…) LIKE … ESCAPE '!'` that finds `text` anywhere, whatever its case (of ASCII letters, on
/// SQLite).
fn anywhere(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        })
    }
}
