//! PostgreSQL: opening the server, and [`write`]'s many rows in one statement.

mod batch;
mod claims;
mod days;
mod nodes;
mod rows;
mod sessions;
mod stream;
mod write;

pub use days::days_in_a_table;
pub use nodes::Node;
pub use sessions::Sessions;
pub use stream::{CHANNEL, StreamRow};

pub(super) use write::write;

use super::{Store, StoreError, schema};
use sessions::is_there;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::sync::Arc;
use std::time::Duration;

/// Commits at once of one gateway: while one waits for the server's disk the next is on its way.
pub const WRITERS: usize = 2;
/// Connections at once: those that read, and those that work.
const READERS: u32 = 3;
const WORKERS: u32 = 4;
/// Whatever the server knows of a table, which at first is nothing: a row is looked up by its key, never by reading all. What
/// has no other way is planned as if it were dear, and is not to be compiled for that.
const BY_KEY: [(&str, &str); 4] =
    [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off"), ("jit", "off")];
/// What works takes no longer, or something is wrong; and a commit, less than its session is waited for.
const LONGEST: (&str, &str) = ("statement_timeout", "60s");
const LONGEST_WRITTEN: (&str, &str) = ("statement_timeout", "20s");

/// How long to wait for a connection, to a server that starts as for one that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn open(url: &str) -> Result<Store, StoreError> {
    // The URL holds a password: the error says what is wrong without it.
    let bad = |error: &dyn std::fmt::Display| {
        StoreError::Open(format!(
            "can't open the PostgreSQL database: {error}; webhooks.server.database takes \
             postgres://USER:PASSWORD@HOST/DATABASE"
        ))
    };
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| bad(&error))?;
    let read = pool(READERS, PATIENCE).connect_with(options.clone()).await.map_err(|error| bad(&error))?;
    let by_key = options.options(BY_KEY);
    let work = pool(WORKERS, PATIENCE).connect_lazy_with(by_key.clone().options([LONGEST]));
    let write = Arc::new(Sessions::new(by_key.options([LONGEST_WRITTEN])));
    let (migrations, newest) = schema::known(sqlx::migrate!("../migrations/postgres"));
    migrations.run(&read).await.map_err(|error| bad(&error))?;
    let store = Store::Postgres { read, work, write }.check_schema(newest).await?;
    if let Err(error) = store.prepare_days(1).await {
        tracing::warn!(%error, "The tables of the days to come could not be made, and will be tried again: {error}");
    }
    Ok(store)
}

/// So many connections, for which nobody waits longer than that. Left to itself, a pool asks each whether it is there without
/// an end: it would wait for a machine that is gone.
pub(super) fn pool(connections: u32, patience: Duration) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_there(connection)))
        .after_release(|connection, _| Box::pin(is_there(connection)))
}
