//! PostgreSQL: the gateways that share it. Each has a lease, by the database's clock; who does not renew it in time is
//! ended by the others, and what it had is free again.

use super::super::{Store, StoreError};
use sqlx::FromRow;

/// A gateway, as the others see it.
#[derive(Clone, Debug, FromRow, PartialEq, Eq)]
pub struct Node {
    /// By what its claims are known: another one each time it begins.
    pub id: String,
    /// `instanceId` of its configuration.
    pub instance_id: String,
    /// Whether it delivers.
    pub works: bool,
    /// Whether somebody watches its stream.
    pub watched: bool,
    /// Whether it has been there for a whole lease, so that everybody knows of it.
    pub is_settled: bool,
}

const JOIN: &str = "\
INSERT INTO nodes (id, instance_id, works, watched, begun_at, until)
SELECT $1, $2, $3, FALSE, now.ms, now.ms + $4
FROM (SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS ms) AS now";

const RENEW: &str = "\
UPDATE nodes
SET until = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $2, watched = $3
WHERE id = $1";

/// Those whose lease ended count until they are ended.
const NODES: &str = "\
SELECT id, instance_id, works, watched,
       begun_at <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - $1 AS is_settled
FROM nodes
ORDER BY id";

const END_EXPIRED: &str = "\
DELETE FROM nodes
WHERE id IN (SELECT id
             FROM nodes
             WHERE until < CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)
             FOR UPDATE SKIP LOCKED)
RETURNING id";

const END_SESSIONS: &str = "\
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE application_name = ANY($1::TEXT[])";

const LEAVE: &str = "\
DELETE FROM nodes
WHERE id = $1";

/// What belongs to nobody that is there is free: of ended gateways, and of such as did not know of their end yet.
const FREE: [&str; 4] = [
    "\
UPDATE deliveries
SET claim_id = NULL
WHERE status = 'pending' AND claim_id IS NOT NULL AND NOT EXISTS (SELECT FROM nodes WHERE nodes.id = claim_id)",
    "\
UPDATE deliveries
SET claim_id = NULL
WHERE status = 'retrying' AND claim_id IS NOT NULL AND NOT EXISTS (SELECT FROM nodes WHERE nodes.id = claim_id)",
    "\
UPDATE runs
SET claim_id = NULL
WHERE (status = 'queued' OR status = 'running') AND claim_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM nodes WHERE nodes.id = claim_id)",
    "\
UPDATE redeliveries
SET claim_id = NULL
WHERE claim_id IS NOT NULL AND NOT EXISTS (SELECT FROM nodes WHERE nodes.id = claim_id)",
];

impl Store {
    /// Takes a place among the gateways, for `lease` milliseconds.
    pub async fn join(
        &self,
        node: &str,
        instance_id: &str,
        works: bool,
        lease: i64,
    ) -> Result<(), StoreError> {
        let join = sqlx::query(JOIN).bind(node).bind(instance_id).bind(works).bind(lease);
        join.execute(self.shared()?).await?;
        Ok(())
    }

    /// Renews a lease; `false` if the others have ended it.
    pub async fn renew(&self, node: &str, lease: i64, watched: bool) -> Result<bool, StoreError> {
        let renew = sqlx::query(RENEW).bind(node).bind(lease).bind(watched);
        Ok(renew.execute(self.shared()?).await?.rows_affected() == 1)
    }

    /// Every gateway that has a place, by id.
    pub async fn nodes(&self, lease: i64) -> Result<Vec<Node>, StoreError> {
        Ok(sqlx::query_as(NODES).bind(lease).fetch_all(self.shared()?).await?)
    }

    /// Ends gateways whose lease is over, and frees what they had in the same transaction: whoever sees that they are gone
    /// can have it. Gives how many were ended.
    pub async fn end_expired(&self) -> Result<usize, StoreError> {
        let mut transaction = self.shared()?.begin().await?;
        let ended: Vec<String> = sqlx::query_scalar(END_EXPIRED).fetch_all(&mut *transaction).await?;
        if !ended.is_empty() {
            for sql in FREE {
                sqlx::query(sql).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        if !ended.is_empty() {
            // One that hangs may hold the lead as long as its session lasts.
            sqlx::query(END_SESSIONS).bind(&ended).execute(self.shared()?).await?;
        }
        Ok(ended.len())
    }

    /// Frees what belongs to nobody that is there; says how much that was.
    pub async fn free_orphans(&self) -> Result<u64, StoreError> {
        let mut freed = 0;
        for sql in FREE {
            freed += sqlx::query(sql).execute(self.shared()?).await?.rows_affected();
        }
        Ok(freed)
    }

    /// Gives up a place, and frees what is left of what it had.
    pub async fn leave(&self, node: &str) -> Result<(), StoreError> {
        let mut transaction = self.shared()?.begin().await?;
        sqlx::query(LEAVE).bind(node).execute(&mut *transaction).await?;
        for sql in FREE {
            sqlx::query(sql).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
