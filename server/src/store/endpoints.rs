//! Endpoints: those made through the API, what people or a receiver's 410 decided about any, and what checks found.

use super::{Store, StoreError, reading, word};
use wire::{Check, CheckId, DeliveryId, List, Time};

/// An endpoint made through the API.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeEndpoint {
    /// Its name.
    pub name: String,
    /// Its configuration: the file's keys, the name included.
    pub definition: serde_json::Value,
    /// When it was made or changed.
    pub changed_at: Time,
}

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

pub(super) const PUT_ENDPOINT: &str = "\
INSERT INTO endpoints (name, definition, changed_at)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET definition = excluded.definition, changed_at = excluded.changed_at";

pub(super) const DELETE_ENDPOINT: &str = "\
DELETE FROM endpoints
WHERE name = $1";

/// Whose it is stays: an attempt that is on its way counts.
pub(super) const CANCEL_OPEN: &str = "\
UPDATE deliveries
SET status = 'cancelled', finished_at = $1, next_attempt_at = NULL
WHERE id = $2
  AND (status = 'pending' OR status = 'retrying')";

/// One statement a status: each has an index of its own.
const OPEN: [&str; 2] = [
    "\
SELECT id
FROM deliveries
WHERE status = 'pending' AND endpoint = $1
ORDER BY id
LIMIT $2",
    "\
SELECT id
FROM deliveries
WHERE status = 'retrying' AND endpoint = $1
LIMIT $2",
];

pub(super) const INSERT_CHECK: &str = "\
INSERT INTO checks (id, endpoint, at, found)
VALUES ($1, $2, $3, $4)";

const MADE: &str = "\
SELECT name, definition, changed_at
FROM endpoints
ORDER BY name";

const CHECKS: &str = "\
SELECT found
FROM checks
WHERE endpoint = $1 AND id < $2
ORDER BY id DESC
LIMIT $3";

/// Behind every check's id.
const END: &str = "chk_~";

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

    /// Every endpoint made through the API, by name.
    pub async fn made_endpoints(&self) -> Result<Vec<MadeEndpoint>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            reading!(self, pool => sqlx::query_as(MADE).fetch_all(pool).await)?;
        rows.into_iter()
            .map(|(name, definition, changed_at)| {
                let definition = serde_json::from_str(&definition)
                    .map_err(|_| StoreError::Unreadable { what: "an endpoint", value: definition })?;
                Ok(MadeEndpoint { name, definition, changed_at: Time(changed_at) })
            })
            .collect()
    }

    /// Deliveries to `endpoint` that are not finished; at most `limit` of each status.
    pub async fn open_deliveries(&self, endpoint: &str, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        let mut ids = Vec::new();
        for sql in OPEN {
            let rows: Vec<String> = reading!(self, pool => {
                sqlx::query_scalar(sql).bind(endpoint).bind(i64::from(limit)).fetch_all(pool).await
            })?;
            for id in rows {
                ids.push(word("a delivery's id", &id)?);
            }
        }
        Ok(ids)
    }

    /// What the last check of an endpoint found.
    pub async fn last_check(&self, endpoint: &str) -> Result<Option<Check>, StoreError> {
        Ok(self.checks(endpoint, 1, None).await?.items.pop())
    }

    /// A page of what checks of an endpoint found, newest first; a cursor is the id before it.
    pub async fn checks(
        &self,
        endpoint: &str,
        limit: u32,
        after: Option<&CheckId>,
    ) -> Result<List<Check>, StoreError> {
        let rows: Vec<String> = reading!(self, pool => {
            sqlx::query_scalar(CHECKS)
                .bind(endpoint)
                .bind(after.map_or(END, CheckId::as_str))
                .bind(i64::from(limit) + 1)
                .fetch_all(pool)
                .await
        })?;
        let more = rows.len() > limit as usize;
        let read = |found: String| {
            serde_json::from_str(&found).map_err(|_| StoreError::Unreadable { what: "a check", value: found })
        };
        let items: Vec<Check> = rows.into_iter().take(limit as usize).map(read).collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(List { items, next })
    }
}
