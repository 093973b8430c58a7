//! Sessions that were logged out of before their time.

use super::{Store, StoreError, reading};
use serde::{Deserialize, Serialize};
use wire::Time;

/// So many of one role are kept, those that last longest. Who can log in and out more often has that role's token, and
/// gains nothing by a session of it that works again.
pub const MOST_LOGOUTS: usize = 10_000;

/// A session that was logged out of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logout {
    /// The session's id.
    pub session: String,
    /// Its role.
    pub role: String,
    /// When it would have ended by itself.
    pub until: Time,
}

pub(super) const INSERT_LOGOUT: &str = "\
INSERT INTO logouts (session, role, until)
VALUES ($1, $2, $3)
ON CONFLICT (session) DO NOTHING";

pub(super) const DELETE_LOGOUTS: &str = "\
DELETE FROM logouts
WHERE until <= $1
   OR session IN (SELECT session
                  FROM (SELECT session, ROW_NUMBER() OVER (PARTITION BY role ORDER BY until DESC) AS place
                        FROM logouts) AS placed
                  WHERE place > $2)";

const LOGOUTS: &str = "\
SELECT session, role, until
FROM logouts
WHERE until > $1
ORDER BY until DESC
LIMIT $2";

impl Store {
    /// Sessions that were logged out of and would go on, those that last longest first.
    pub async fn logouts(&self, now: Time) -> Result<Vec<Logout>, StoreError> {
        // Two roles can log in; more than is kept of both is on its way out.
        let most = i64::try_from(2 * MOST_LOGOUTS).unwrap_or(i64::MAX);
        let rows: Vec<(String, String, i64)> = reading!(self, pool => {
            sqlx::query_as(LOGOUTS).bind(now.0).bind(most).fetch_all(pool).await
        })?;
        Ok(rows
            .into_iter()
            .map(|(session, role, until)| Logout { session, role, until: Time(until) })
            .collect())
    }
}
