//! Deliveries: a [`page`] of them, one, and those that wait for an attempt.

mod page;

pub use page::DeliveryFilter;

use super::{Store, StoreError, StoredEvent, number, optional_word, reading, word};
use sqlx::FromRow;
use std::sync::Arc;
use wire::{Delivery, DeliveryId, DeliveryStatus, Ms, Time, Trigger};

pub(super) const COUNT_OF_EVENT: &str = "\
SELECT COUNT(*)
FROM deliveries
WHERE event_id = $1";

/// A delivery that waits for an attempt, with all that making one needs.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// What makes the attempt happen.
    pub trigger: Trigger,
    /// What is delivered.
    pub event: Arc<StoredEvent>,
}

/// How many deliveries of one endpoint are open, by status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The endpoint.
    pub endpoint: String,
    /// The status.
    pub status: DeliveryStatus,
    /// How many.
    pub count: u64,
}

#[derive(FromRow)]
pub(super) struct DeliveryColumns {
    id: String,
    event_id: String,
    event_type: String,
    agent_id: Option<String>,
    endpoint: String,
    status: String,
    next_trigger: String,
    attempts: i64,
    max_attempts: i64,
    created_at: i64,
    next_attempt_at: Option<i64>,
    finished_at: Option<i64>,
    last_reason: Option<String>,
    last_status_code: Option<i64>,
    last_duration: Option<i64>,
    hit_id: Option<String>,
}

impl DeliveryColumns {
    pub(super) fn delivery(self) -> Result<(Delivery, Trigger), StoreError> {
        let trigger = word("a trigger", &self.next_trigger)?;
        let delivery = Delivery {
            id: word("a delivery's id", &self.id)?,
            event_id: word("an event's id", &self.event_id)?,
            event_type: word("an event type", &self.event_type)?,
            endpoint: self.endpoint,
            agent_id: self.agent_id,
            status: word("a delivery status", &self.status)?,
            attempts: number("a count of attempts", self.attempts)?,
            max_attempts: number("a count of attempts", self.max_attempts)?,
            created_at: Time(self.created_at),
            next_attempt_at: self.next_attempt_at.map(Time),
            finished_at: self.finished_at.map(Time),
            last_reason: optional_word("a reason", self.last_reason.as_deref())?,
            last_status_code: self.last_status_code.map(|code| number("a status code", code)).transpose()?,
            last_duration_ms: self.last_duration.map(Ms::from_micros),
            hit_id: optional_word("a hit's id", self.hit_id.as_deref())?,
        };
        Ok((delivery, trigger))
    }
}

#[derive(FromRow)]
pub(super) struct DueColumns {
    #[sqlx(flatten)]
    delivery: DeliveryColumns,
    timestamp: String,
    instance_id: String,
    received_at: i64,
    body: String,
}

impl DueColumns {
    pub(super) fn due(self) -> Result<DueDelivery, StoreError> {
        let (delivery, trigger) = self.delivery.delivery()?;
        let event = StoredEvent {
            id: delivery.event_id.clone(),
            event_type: delivery.event_type,
            agent_id: delivery.agent_id.clone(),
            timestamp: self.timestamp,
            instance_id: self.instance_id,
            received_at: Time(self.received_at),
            hit_id: delivery.hit_id.clone(),
            agent_run_id: None, // nobody asks a delivery for it
            body: self.body.into(),
        };
        Ok(DueDelivery { delivery, trigger, event: Arc::new(event) })
    }
}

const ONE: &str = "\
SELECT id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts, created_at,
       next_attempt_at, finished_at, last_reason, last_status_code, last_duration, hit_id
FROM deliveries
WHERE id = $1";

const PENDING: &str = "\
SELECT d.id, d.event_id, d.event_type, d.agent_id, d.endpoint, d.status, d.next_trigger, d.attempts,
       d.max_attempts, d.created_at, d.next_attempt_at, d.finished_at, d.last_reason, d.last_status_code,
       d.last_duration, d.hit_id, e.timestamp, e.instance_id, e.received_at, e.body
FROM deliveries d
JOIN events e ON e.received_at = d.created_at AND e.id = d.event_id
WHERE d.status = 'pending' AND d.endpoint = $1 AND d.id > $2
ORDER BY d.id
LIMIT $3";

const PENDING_MANUAL: &str = "\
SELECT d.id, d.event_id, d.event_type, d.agent_id, d.endpoint, d.status, d.next_trigger, d.attempts,
       d.max_attempts, d.created_at, d.next_attempt_at, d.finished_at, d.last_reason, d.last_status_code,
       d.last_duration, d.hit_id, e.timestamp, e.instance_id, e.received_at, e.body
FROM deliveries d
JOIN events e ON e.received_at = d.created_at AND e.id = d.event_id
WHERE d.status = 'pending' AND d.endpoint = $1 AND d.next_trigger <> 'schedule'
ORDER BY d.id";

const DUE: &str = "\
SELECT d.id, d.event_id, d.event_type, d.agent_id, d.endpoint, d.status, d.next_trigger, d.attempts,
       d.max_attempts, d.created_at, d.next_attempt_at, d.finished_at, d.last_reason, d.last_status_code,
       d.last_duration, d.hit_id, e.timestamp, e.instance_id, e.received_at, e.body
FROM deliveries d
JOIN events e ON e.received_at = d.created_at AND e.id = d.event_id
WHERE d.status = 'retrying' AND d.endpoint = $1 AND d.next_attempt_at <= $2
ORDER BY d.next_attempt_at
LIMIT $3";

const NEXT_DUE: &str = "\
SELECT MIN(next_attempt_at)
FROM deliveries
WHERE status = 'retrying' AND endpoint = $1 AND next_attempt_at > $2";

const NEWEST: &str = "\
SELECT id
FROM deliveries
ORDER BY id DESC
LIMIT 1";

const WAITING: &str = "\
SELECT endpoint, 'pending' AS status, COUNT(*) AS count
FROM deliveries
WHERE status = 'pending'
GROUP BY endpoint
UNION ALL
SELECT endpoint, 'retrying' AS status, COUNT(*) AS count
FROM deliveries
WHERE status = 'retrying'
GROUP BY endpoint";

const WAITED_FOR: &str = "\
SELECT DISTINCT endpoint
FROM deliveries
WHERE status = 'pending' OR status = 'retrying'";

impl Store {
    /// The delivery of this id, and what makes its next attempt happen.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<(Delivery, Trigger)>, StoreError> {
        let row: Option<DeliveryColumns> =
            reading!(self, pool => sqlx::query_as(ONE).bind(id.as_str()).fetch_optional(pool).await)?;
        row.map(DeliveryColumns::delivery).transpose()
    }

    /// The oldest deliveries of an endpoint that wait for their first attempt and are newer than `after`.
    pub async fn pending(
        &self,
        endpoint: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let rows: Vec<DueColumns> = reading!(self, pool => {
            sqlx::query_as(PENDING).bind(endpoint).bind(after).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        rows.into_iter().map(DueColumns::due).collect()
    }

    /// The deliveries of an endpoint that a person wants attempted, oldest first.
    pub async fn pending_manual(&self, endpoint: &str) -> Result<Vec<DueDelivery>, StoreError> {
        let rows: Vec<DueColumns> = reading!(self, pool => {
            sqlx::query_as(PENDING_MANUAL).bind(endpoint).fetch_all(pool).await
        })?;
        rows.into_iter().map(DueColumns::due).collect()
    }

    /// The deliveries of an endpoint whose next attempt is due by `now`, most overdue first.
    pub async fn due(&self, endpoint: &str, now: Time, limit: u32) -> Result<Vec<DueDelivery>, StoreError> {
        let rows: Vec<DueColumns> = reading!(self, pool => {
            sqlx::query_as(DUE).bind(endpoint).bind(now.0).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        rows.into_iter().map(DueColumns::due).collect()
    }

    /// When the next attempt of an endpoint falls due after `now`.
    pub async fn next_due(&self, endpoint: &str, now: Time) -> Result<Option<Time>, StoreError> {
        let next: Option<i64> = reading!(self, pool => {
            sqlx::query_scalar(NEXT_DUE).bind(endpoint).bind(now.0).fetch_one(pool).await
        })?;
        Ok(next.map(Time))
    }

    /// The newest delivery's id.
    pub async fn newest_delivery(&self) -> Result<Option<DeliveryId>, StoreError> {
        let newest: Option<String> =
            reading!(self, pool => sqlx::query_scalar(NEWEST).fetch_optional(pool).await)?;
        optional_word("a delivery's id", newest.as_deref())
    }

    /// How many deliveries wait, by endpoint and status.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            reading!(self, pool => sqlx::query_as(WAITING).fetch_all(pool).await)?;
        rows.into_iter()
            .map(|(endpoint, status, count)| {
                Ok(Waiting {
                    endpoint,
                    status: word("a delivery status", &status)?,
                    count: number("a count", count)?,
                })
            })
            .collect()
    }

    /// The endpoints that deliveries wait for, configured or not.
    pub async fn endpoints_waited_for(&self) -> Result<Vec<String>, StoreError> {
        Ok(reading!(self, pool => sqlx::query_scalar(WAITED_FOR).fetch_all(pool).await)?)
    }

    /// The delivery with its event, to attempt it again.
    pub async fn deliverable(&self, id: &DeliveryId) -> Result<Option<DueDelivery>, StoreError> {
        let Some((delivery, trigger)) = self.delivery(id).await? else { return Ok(None) };
        let Some(event) = self.event(&delivery.event_id).await? else { return Ok(None) };
        Ok(Some(DueDelivery { delivery, trigger, event: Arc::new(event) }))
    }
}
