//! PostgreSQL: which gateway has what. A gateway takes what waits by writing its name on it; what it has, no other takes.

use super::super::deliveries::DueColumns;
use super::super::runs::{self, StoredRun};
use super::super::{DueDelivery, Redelivery, Store, StoreError, redeliveries};
use sqlx::PgPool;
use wire::{DeliveryId, RunId, Time};

/// Takes deliveries that nobody has: which of them, and in which order. A gateway that was ended by the others takes nothing:
/// what it wrote its name on would wait for nobody.
macro_rules! claim {
    ($which:literal, $order:literal) => {
        concat!(
            "\
WITH free AS (
    SELECT id
    FROM deliveries
    WHERE endpoint = $1 AND claim_id IS NULL AND EXISTS (SELECT FROM nodes WHERE id = $2)
      AND ",
            $which,
            "
    ORDER BY ",
            $order,
            "
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE deliveries
    SET claim_id = $2
    FROM free
    WHERE deliveries.id = free.id
    RETURNING deliveries.*
)
SELECT d.id, d.event_id, d.event_type, d.agent_id, d.endpoint, d.status, d.next_trigger, d.attempts,
       d.max_attempts, d.created_at, d.next_attempt_at, d.finished_at, d.last_reason, d.last_status_code,
       d.last_duration, d.hit_id, e.timestamp, e.instance_id, e.received_at, e.body
FROM taken d
JOIN events e ON e.received_at = d.created_at AND e.id = d.event_id
ORDER BY d.",
            $order
        )
    };
}

const CLAIM_PENDING: &str = claim!("status = 'pending'", "id");

/// What a person asked for goes also while the endpoint holds all else.
const CLAIM_MANUAL: &str = claim!("status = 'pending' AND next_trigger <> 'schedule'", "id");

const CLAIM_DUE: &str = claim!("status = 'retrying' AND next_attempt_at <= $4", "next_attempt_at");

const NEXT_DUE: &str = "\
SELECT next_attempt_at
FROM deliveries
WHERE status = 'retrying' AND endpoint = $1 AND claim_id IS NULL
ORDER BY next_attempt_at
LIMIT 1";

const LET_GO: &str = "\
UPDATE deliveries
SET claim_id = NULL
WHERE id = ANY($1::TEXT[]) AND claim_id = $2";

const CLAIM_QUEUED_RUNS: &str = "\
WITH free AS (
    SELECT id
    FROM runs
    WHERE status = 'queued' AND inbound = $1 AND claim_id IS NULL AND EXISTS (SELECT FROM nodes WHERE id = $2)
    ORDER BY id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE runs
SET claim_id = $2
FROM free
WHERE runs.id = free.id
RETURNING run, inbound, callback, callback_due, request";

/// Those whose gateway is gone.
const CLAIM_RUNNING_RUNS: &str = "\
UPDATE runs
SET claim_id = $1
WHERE status = 'running' AND claim_id IS NULL AND EXISTS (SELECT FROM nodes WHERE id = $1)
RETURNING run, inbound, callback, callback_due, request";

const LET_RUNS_GO: &str = "\
UPDATE runs
SET claim_id = NULL
WHERE id = ANY($1::TEXT[]) AND claim_id = $2";

/// What bears this gateway's name and is not in its hands: it was taken and the answer was lost. What was stored of late may be
/// on its way into its hands.
const FREE_UNHELD: &str = "\
UPDATE deliveries
SET claim_id = NULL
WHERE (status = 'pending' OR status = 'retrying') AND endpoint = $1 AND claim_id = $2 AND created_at < $3
  AND id <> ALL($4::TEXT[])";

const FREE_UNHELD_RUNS: &str = "\
UPDATE runs
SET claim_id = NULL
WHERE (status = 'queued' OR status = 'running') AND claim_id = $1 AND id <> ALL($2::TEXT[])";

const CLAIM_REDELIVERIES: &str = "\
UPDATE redeliveries
SET claim_id = $1
WHERE claim_id IS NULL AND EXISTS (SELECT FROM nodes WHERE id = $1)
RETURNING id, filter, per_second, reached";

impl Store {
    /// Takes the oldest deliveries to an endpoint that wait for their first attempt and that nobody has.
    pub async fn claim_pending(
        &self,
        node: &str,
        endpoint: &str,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let query = sqlx::query_as(CLAIM_PENDING).bind(endpoint).bind(node).bind(i64::from(limit));
        due(query.fetch_all(self.shared()?).await?)
    }

    /// Takes what a person wants sent and nobody has.
    pub async fn claim_manual(
        &self,
        node: &str,
        endpoint: &str,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let query = sqlx::query_as(CLAIM_MANUAL).bind(endpoint).bind(node).bind(i64::from(limit));
        due(query.fetch_all(self.shared()?).await?)
    }

    /// Takes what is due again by `now` and nobody has, most overdue first.
    pub async fn claim_due(
        &self,
        node: &str,
        endpoint: &str,
        now: Time,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let query = sqlx::query_as(CLAIM_DUE).bind(endpoint).bind(node).bind(i64::from(limit)).bind(now.0);
        due(query.fetch_all(self.shared()?).await?)
    }

    /// When the next of those falls due that nobody has.
    pub async fn next_due_free(&self, endpoint: &str) -> Result<Option<Time>, StoreError> {
        let next: Option<i64> =
            sqlx::query_scalar(NEXT_DUE).bind(endpoint).fetch_optional(self.shared()?).await?;
        Ok(next.map(Time))
    }

    /// Leaves deliveries to whoever takes them.
    pub async fn let_go(&self, node: &str, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
        let ids: Vec<&str> = deliveries.iter().map(DeliveryId::as_str).collect();
        sqlx::query(LET_GO).bind(ids).bind(node).execute(self.shared()?).await?;
        Ok(())
    }

    /// Takes runs that wait for the agent and that nobody has, oldest first.
    pub async fn claim_queued_runs(
        &self,
        node: &str,
        inbound: &str,
        limit: u32,
    ) -> Result<Vec<StoredRun>, StoreError> {
        let query = sqlx::query_as(CLAIM_QUEUED_RUNS).bind(inbound).bind(node).bind(i64::from(limit));
        let mut runs = runs::read_all(query.fetch_all(self.shared()?).await?)?;
        runs.sort_by(|one, other| one.run.id.cmp(&other.run.id));
        Ok(runs)
    }

    /// Takes runs that were under way at a gateway that is gone.
    pub async fn claim_running_runs(&self, node: &str) -> Result<Vec<StoredRun>, StoreError> {
        runs::read_all(sqlx::query_as(CLAIM_RUNNING_RUNS).bind(node).fetch_all(self.shared()?).await?)
    }

    /// Leaves runs to whoever takes them.
    pub async fn let_runs_go(&self, node: &str, runs: &[RunId]) -> Result<(), StoreError> {
        let ids: Vec<&str> = runs.iter().map(RunId::as_str).collect();
        sqlx::query(LET_RUNS_GO).bind(ids).bind(node).execute(self.shared()?).await?;
        Ok(())
    }

    /// Frees what bears the gateway's name, was stored before `before`, and is not among those that it holds.
    pub async fn free_unheld(
        &self,
        node: &str,
        endpoint: &str,
        before: Time,
        held: &[DeliveryId],
    ) -> Result<(), StoreError> {
        let held: Vec<&str> = held.iter().map(DeliveryId::as_str).collect();
        let free = sqlx::query(FREE_UNHELD).bind(endpoint).bind(node).bind(before.0).bind(held);
        free.execute(self.shared()?).await?;
        Ok(())
    }

    /// Frees runs that bear the gateway's name and are not among those that it holds.
    pub async fn free_unheld_runs(&self, node: &str, held: &[RunId]) -> Result<(), StoreError> {
        let held: Vec<&str> = held.iter().map(RunId::as_str).collect();
        sqlx::query(FREE_UNHELD_RUNS).bind(node).bind(held).execute(self.shared()?).await?;
        Ok(())
    }

    /// Takes redeliveries of many that are not through and that nobody has.
    pub async fn claim_redeliveries(&self, node: &str) -> Result<Vec<Redelivery>, StoreError> {
        redeliveries::read_all(sqlx::query_as(CLAIM_REDELIVERIES).bind(node).fetch_all(self.shared()?).await?)
    }

    /// The database that gateways share.
    pub(super) fn shared(&self) -> Result<&PgPool, StoreError> {
        match self {
            Self::Postgres { work, .. } => Ok(work),
            Self::Sqlite { .. } => {
                Err(StoreError::Open("a SQLite file belongs to one gateway alone".to_owned()))
            }
        }
    }
}

fn due(rows: Vec<DueColumns>) -> Result<Vec<DueDelivery>, StoreError> {
    rows.into_iter().map(DueColumns::due).collect()
}
