//! Counts by minute: written with every commit, read back when a gateway starts.

use super::{Store, StoreError, reading};
use sqlx::FromRow;

/// The counts of one minute for one endpoint, by one run of one gateway.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MeterRow {
    /// Minutes since 1970.
    pub minute: i64,
    /// The run that counted.
    pub run: String,
    /// The endpoint's name; empty for accepted events.
    pub endpoint: String,
    /// The counts, as JSON.
    pub counts: String,
}

const SINCE: &str = "\
SELECT minute, run, endpoint, counts
FROM meters
WHERE minute >= $1
ORDER BY minute";

impl Store {
    /// Every row from `minute` on, oldest first.
    pub async fn meters(&self, minute: i64) -> Result<Vec<MeterRow>, StoreError> {
        Ok(reading!(self, pool => sqlx::query_as(SINCE).bind(minute).fetch_all(pool).await)?)
    }
}
