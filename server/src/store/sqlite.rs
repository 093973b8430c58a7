//! SQLite: opening the file, to read through a pool and to write through one connection.

mod backup;
mod checkpoint;
mod writer;

pub use backup::back_up;
pub use writer::Writer;

use super::{Store, StoreError, schema};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Readers at once; each is one connection with a cache of its own.
const READERS: u32 = 4;

/// Of a new file.
const PAGE_BYTES: u32 = 8192;

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
        // A commit touches the last page of a dozen trees: fewer, larger ones are fewer calls to write them.
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "MEMORY");
    let path = options.get_filename().to_owned();
    let lock = lock(&path).map_err(|error| bad(&error))?;
    begin(&path).map_err(|error| bad(&error))?;
    let read = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up: asking before each use only costs a turn between threads.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| bad(&error))?;
    let (migrations, newest) = schema::known(sqlx::migrate!("../migrations/sqlite"));
    migrations.run(&read).await.map_err(|error| bad(&error))?;
    let writer = Writer::start(&path).map_err(|error| bad(&error))?;
    Store::Sqlite { writer: Arc::new(writer), read, lock }.check_schema(newest).await
}

/// Makes the file if it is not there, for this user alone: it holds secrets of endpoints made through the API. What SQLite
/// puts beside it gets the same rights.
fn begin(database: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match File::options().write(true).create_new(true).mode(0o600).open(database) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes the lock file beside the database, which the system frees however this process ends.
fn lock(database: &Path) -> Result<Arc<File>, String> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let file = File::create(&path).map_err(|error| error.to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Arc::new(file)),
        Err(TryLockError::WouldBlock) => {
            Err("another gateway has it open; stop that one, or give this one a file of its own".to_owned())
        }
        Err(TryLockError::Error(error)) => Err(error.to_string()),
    }
}

/// Used where a statement is put together from parts that are constants of ours.
pub(super) fn safe(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
