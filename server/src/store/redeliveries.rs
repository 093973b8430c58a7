//! Redeliveries of many, kept until they are through.

use super::{DeliveryFilter, Store, StoreError, reading};

/// A redelivery of all that a filter finds.
#[derive(Clone, Debug)]
pub struct Redelivery {
    /// Its id.
    pub id: String,
    /// Which deliveries.
    pub filter: DeliveryFilter,
    /// How many a second, if not as many as go.
    pub per_second: Option<f64>,
    /// The cursor behind which it goes on.
    pub reached: Option<String>,
}

pub(super) const PUT_REDELIVERY: &str = "\
INSERT INTO redeliveries (id, filter, per_second, reached, claim_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE
SET reached = excluded.reached, claim_id = excluded.claim_id
WHERE redeliveries.claim_id IS NULL OR redeliveries.claim_id = excluded.claim_id";

pub(super) const DELETE_REDELIVERY: &str = "\
DELETE FROM redeliveries
WHERE id = $1";

const REDELIVERIES: &str = "\
SELECT id, filter, per_second, reached
FROM redeliveries
ORDER BY id";

impl Store {
    /// The redeliveries of many that are not through, oldest first.
    pub async fn redeliveries(&self) -> Result<Vec<Redelivery>, StoreError> {
        read_all(reading!(self, pool => sqlx::query_as(REDELIVERIES).fetch_all(pool).await)?)
    }
}

type Columns = (String, String, Option<f64>, Option<String>);

pub(super) fn read_all(rows: Vec<Columns>) -> Result<Vec<Redelivery>, StoreError> {
    rows.into_iter()
        .map(|(id, filter, per_second, reached)| {
            let filter = serde_json::from_str(&filter)
                .map_err(|_| StoreError::Unreadable { what: "a redelivery", value: filter })?;
            Ok(Redelivery { id, filter, per_second, reached })
        })
        .collect()
}
