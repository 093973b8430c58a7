//! PostgreSQL: opening the server, and [`write`]'s many rows in one statement.

mod batch;
mod claims;
mod nodes;
mod stream;
mod write;

pub use nodes::Node;
pub use stream::{CHANNEL, StreamRow};

pub(super) use write::write;

use super::{Store, StoreError, schema};
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;

/// Connections at once, readers and writers together.
const CONNECTIONS: u32 = 10;

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
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect(url)
        .await
        .map_err(|error| bad(&error))?;
    let (migrations, newest) = schema::known(sqlx::migrate!("../migrations/postgres"));
    migrations.run(&pool).await.map_err(|error| bad(&error))?;
    Store::Postgres(pool).check_schema(newest).await
}
