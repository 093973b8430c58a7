//! PostgreSQL: what gateways tell each other of their commits.

use super::super::{Store, StoreError, Told};
use sqlx::postgres::PgConnection;

/// What one gateway told with one commit.
#[derive(Clone, Debug)]
pub struct StreamRow {
    /// Which gateway.
    pub node: String,
    /// Its own number for it.
    pub number: i64,
    /// What it told.
    pub told: Told,
}

const TELL: &str = "\
INSERT INTO stream (node_id, number, at, told)
VALUES ($1, $2, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT), $3)";

const HEARD: &str = "\
SELECT s.node_id, s.number, s.told
FROM UNNEST($1::TEXT[], $2::BIGINT[]) AS known (node_id, number)
JOIN stream s ON s.node_id = known.node_id AND s.number > known.number
ORDER BY s.node_id, s.number
LIMIT $3";

const LAST_TOLD: &str = "\
SELECT MAX(number)
FROM stream
WHERE node_id = $1";

const FORGET_TOLD: &str = "\
DELETE FROM stream
WHERE at < CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - $1";

/// Tells the others, together with what is committed.
pub(super) async fn tell(
    connection: &mut PgConnection,
    node: &str,
    number: i64,
    told: &Told,
) -> Result<(), sqlx::Error> {
    sqlx::query(TELL).bind(node).bind(number).bind(told.text()).execute(connection).await?;
    Ok(())
}

const CORRECT: &str = "\
UPDATE stream
SET told = $3
WHERE node_id = $1 AND number = $2";

/// Tells the others to look at everything anew, instead of what they were told.
pub(super) async fn correct(
    connection: &mut PgConnection,
    node: &str,
    number: i64,
) -> Result<(), sqlx::Error> {
    let told = Told::anything().text();
    sqlx::query(CORRECT).bind(node).bind(number).bind(told).execute(connection).await?;
    Ok(())
}

impl Store {
    /// What these gateways told after what is known of each.
    pub async fn heard(&self, known: &[(String, i64)], limit: i64) -> Result<Vec<StreamRow>, StoreError> {
        let nodes: Vec<&str> = known.iter().map(|(node, _)| node.as_str()).collect();
        let numbers: Vec<i64> = known.iter().map(|(_, number)| *number).collect();
        let heard = sqlx::query_as(HEARD).bind(nodes).bind(numbers).bind(limit);
        let rows: Vec<(String, i64, String)> = heard.fetch_all(self.shared()?).await?;
        rows.into_iter()
            .map(|(node, number, told)| {
                // A newer gateway may tell what this one does not know: then it looks anew.
                let told = serde_json::from_str(&told).unwrap_or_else(|_| Told::anything());
                Ok(StreamRow { node, number, told })
            })
            .collect()
    }

    /// The number of what a gateway told last, as far as it is kept.
    pub async fn last_told(&self, node: &str) -> Result<i64, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(LAST_TOLD).bind(node).fetch_one(self.shared()?).await?;
        Ok(last.unwrap_or(0))
    }

    /// Forgets what was told longer ago than this.
    pub async fn forget_told(&self, ms: i64) -> Result<(), StoreError> {
        sqlx::query(FORGET_TOLD).bind(ms).execute(self.shared()?).await?;
        Ok(())
    }

    /// Wakes every gateway that listens. Says nothing: what there is to know stands in the tables.
    pub async fn hint(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(self.shared()?).await?;
        Ok(())
    }
}

/// Where gateways listen for hints.
pub const CHANNEL: &str = "openclaw_webhooks";
