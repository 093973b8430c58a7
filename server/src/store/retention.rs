//! What is old enough to go: events with everything that hangs on them, hits with their runs, checks, and logouts.

use super::{Store, StoreError, reading, word};
use wire::{EventId, Time};

/// Oldest first; an event with a delivery that is not finished stays, however old. Those whose ids are gone go with their day.
const OLD_EVENTS: &str = "\
SELECT id
FROM events
WHERE received_at < $1
  AND EXISTS (SELECT 1 FROM event_ids WHERE event_ids.id = events.id AND event_ids.received_at = events.received_at)
  AND NOT EXISTS (SELECT 1 FROM deliveries
                  WHERE deliveries.event_id = events.id
                    AND (deliveries.status = 'pending' OR deliveries.status = 'retrying'))
ORDER BY received_at, id
LIMIT $2";

/// The event, asked once more since a redelivery may have come between; then, if it is gone, what hangs on it.
pub(super) const DELETE_EVENT: [&str; 3] = [
    "\
DELETE FROM events
WHERE id = $1
  AND NOT EXISTS (SELECT 1 FROM deliveries
                  WHERE deliveries.event_id = events.id
                    AND (deliveries.status = 'pending' OR deliveries.status = 'retrying'))",
    "\
DELETE FROM attempts
WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id = $1)
  AND NOT EXISTS (SELECT 1 FROM events WHERE id = $1)",
    "\
DELETE FROM deliveries
WHERE event_id = $1
  AND NOT EXISTS (SELECT 1 FROM events WHERE id = $1)",
];

/// By id, which begins with the time.
pub(super) const DELETE_CHECKS: &str = "\
DELETE FROM checks
WHERE id < $1";

/// With the runs that they started; one whose run is not finished stays, however old.
pub(super) const DELETE_HITS: [&str; 2] = [
    "\
DELETE FROM hits
WHERE id IN (SELECT id
             FROM hits
             WHERE id < $1
               AND NOT EXISTS (SELECT 1 FROM runs
                               WHERE runs.hit_id = hits.id
                                 AND (status = 'queued' OR status = 'running' OR callback_due IS NOT NULL))
             ORDER BY id
             LIMIT 2000)",
    "\
DELETE FROM runs
WHERE id IN (SELECT id
             FROM runs
             WHERE hit_id < $1
               AND NOT EXISTS (SELECT 1 FROM hits WHERE hits.id = runs.hit_id)
             LIMIT 2000)",
];

pub(super) const DELETE_METERS: &str = "\
DELETE FROM meters
WHERE minute < $1";

/// What is to be deleted in one step.
#[derive(Clone, Debug, Default)]
pub struct Old {
    /// Events, with their deliveries and attempts.
    pub events: Vec<EventId>,
    /// Checks and hits from before this.
    pub before: Time,
    /// Counts of minutes before this one.
    pub minutes_before: i64,
    /// Logouts of sessions that would have ended by now, and those that are too many: in the last step alone.
    pub logouts_by: Option<Time>,
}

impl Old {
    /// The id that the first check to stay can have.
    pub(super) fn first_check(&self) -> String {
        format!("chk_{:012x}", self.before.0)
    }

    /// The id that the first hit to stay can have.
    pub(super) fn first_hit(&self) -> String {
        format!("hit_{:012x}", self.before.0)
    }
}

impl Store {
    /// The oldest events that came before `before` and are finished with, at most `limit`.
    pub async fn old_events(&self, before: Time, limit: u32) -> Result<Vec<EventId>, StoreError> {
        let rows: Vec<String> = reading!(self, pool => {
            sqlx::query_scalar(OLD_EVENTS).bind(before.0).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        rows.iter().map(|id| word("an event's id", id)).collect()
    }
}
