//! PostgreSQL: rows by their ids, many at once, to show what other gateways did.

use super::super::attempts::AttemptColumns;
use super::super::deliveries::DeliveryColumns;
use super::super::{MeterRow, Store, StoreError};
use wire::{Attempt, Delivery, DeliveryId};

const DELIVERIES: &str = "\
SELECT id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts, created_at,
       next_attempt_at, finished_at, last_reason, last_status_code, last_duration, hit_id
FROM deliveries
WHERE id = ANY($1::TEXT[])
ORDER BY id";

/// The last of each delivery.
const LAST_ATTEMPTS: &str = "\
SELECT DISTINCT ON (a.delivery_id)
       a.id, a.delivery_id, a.endpoint, a.number, a.trigger_kind, a.started_at, a.result, a.reason, a.detail,
       a.status_code, a.dns, a.connect, a.tls, a.ttfb, a.body, a.total, a.remote_address, a.request_url,
       a.request_headers, COALESCE(a.request_body, (SELECT body
                                                  FROM events
                                                  WHERE received_at = d.created_at AND id = d.event_id), '')
       AS request_body, a.response_headers,
       a.response_body, a.response_truncated, a.node_id
FROM attempts a
LEFT JOIN deliveries d ON d.id = a.delivery_id
WHERE a.delivery_id = ANY($1::TEXT[])
ORDER BY a.delivery_id, a.number DESC";

const METERS_OF_OTHERS: &str = "\
SELECT minute, run, endpoint, counts
FROM meters
WHERE minute >= $1 AND run <> $2";

impl Store {
    /// These deliveries, as far as they are there.
    pub async fn deliveries_of(&self, ids: &[DeliveryId]) -> Result<Vec<Delivery>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(DeliveryId::as_str).collect();
        let rows: Vec<DeliveryColumns> =
            sqlx::query_as(DELIVERIES).bind(ids).fetch_all(self.shared()?).await?;
        rows.into_iter().map(|row| row.delivery().map(|(delivery, _)| delivery)).collect()
    }

    /// The last attempt of each of these deliveries that has one.
    pub async fn last_attempts_of(&self, deliveries: &[DeliveryId]) -> Result<Vec<Attempt>, StoreError> {
        let ids: Vec<&str> = deliveries.iter().map(DeliveryId::as_str).collect();
        let rows: Vec<AttemptColumns> =
            sqlx::query_as(LAST_ATTEMPTS).bind(ids).fetch_all(self.shared()?).await?;
        let mut attempts: Vec<Attempt> =
            rows.into_iter().map(AttemptColumns::attempt).collect::<Result<_, _>>()?;
        attempts.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(attempts)
    }

    /// What other runs than this counted from `minute` on.
    pub async fn meters_of_others(&self, minute: i64, run: &str) -> Result<Vec<MeterRow>, StoreError> {
        let query = sqlx::query_as(METERS_OF_OTHERS).bind(minute).bind(run);
        Ok(query.fetch_all(self.shared()?).await?)
    }
}
