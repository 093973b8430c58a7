//! The audit: what was noted, newest first.

use super::{Store, StoreError, reading};
use wire::{AuditEntry, List};

pub(super) const INSERT_AUDIT: &str = "\
INSERT INTO audit (id, at, entry)
VALUES ($1, $2, $3)";

const PAGE: &str = "\
SELECT entry
FROM audit
WHERE id < $1
ORDER BY id DESC
LIMIT $2";

/// Behind every id.
const END: &str = "aud_~";

impl Store {
    /// A page of the audit, newest first; a cursor is the id before it.
    pub async fn audit(&self, limit: u32, after: Option<&str>) -> Result<List<AuditEntry>, StoreError> {
        let rows: Vec<String> = reading!(self, pool => {
            sqlx::query_scalar(PAGE)
                .bind(after.unwrap_or(END))
                .bind(i64::from(limit) + 1)
                .fetch_all(pool)
                .await
        })?;
        let more = rows.len() > limit as usize;
        let items = rows.into_iter().take(limit as usize).map(|entry| {
            serde_json::from_str(&entry)
                .map_err(|_| StoreError::Unreadable { what: "an audit entry", value: entry })
        });
        let items: Vec<AuditEntry> = items.collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id.clone());
        Ok(List { items, next })
    }
}
