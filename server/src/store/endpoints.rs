//! What a person or a receiver's 410 decided about an endpoint, over and above its configuration.

use super::{Store, StoreError, reading};
use wire::Time;

/// Whether an endpoint is paused, why and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The endpoint's name.
    pub endpoint: String,
    /// Whether it is.
    pub paused: bool,
    /// Why, in words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Time,
}

pub(super) const PUT_STATE: &str = "\
INSERT INTO endpoint_states (endpoint, paused, reason, since)
VALUES ($1, $2, $3, $4)
ON CONFLICT (endpoint) DO UPDATE
SET paused = excluded.paused, reason = excluded.reason, since = excluded.since";

const STATES: &str = "\
SELECT endpoint, paused, reason, since
FROM endpoint_states";

impl Store {
    /// The last decision about every endpoint that has one.
    pub async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let rows: Vec<(String, bool, Option<String>, i64)> =
            reading!(self, pool => sqlx::query_as(STATES).fetch_all(pool).await)?;
        Ok(rows
            .into_iter()
            .map(|(endpoint, paused, reason, since)| Pause { endpoint, paused, reason, since: Time(since) })
            .collect())
    }
}
