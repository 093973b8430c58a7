//! The tables' state. A newer gateway only adds to them, until none is left that does not know of it (expand, then
//! contract); so an older one goes on working, and is told when it can't.

use super::{Store, StoreError, reading};
use sqlx::migrate::Migrator;

const NEEDS: &str = "\
SELECT MAX(migration)
FROM schema_needs";

/// The migrations, and the number of the last. Those that a newer version applied are passed over: whether they matter is
/// asked by [`Store::check_schema`].
pub(super) fn known(mut migrations: Migrator) -> (Migrator, i64) {
    let newest = migrations.iter().map(|migration| migration.version).max().unwrap_or(0);
    migrations.set_ignore_missing(true);
    (migrations, newest)
}

impl Store {
    /// Whether a gateway that knows the migrations up to `newest` can work with the tables as they are.
    pub(super) async fn check_schema(self, newest: i64) -> Result<Self, StoreError> {
        let needs: Option<i64> = reading!(&self, pool => sqlx::query_scalar(NEEDS).fetch_one(pool).await)?;
        match needs {
            Some(needs) if needs > newest => Err(StoreError::Open(format!(
                "the database's tables were changed by a newer version of this program; this one, {}, knows {newest} of \
                 the {needs} migrations that it takes to work with them: start the newer version",
                env!("CARGO_PKG_VERSION")
            ))),
            _ => Ok(self),
        }
    }
}
