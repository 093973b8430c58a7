//! PostgreSQL: a table a day for events and attempts, which are most of what is stored. Retention drops a day in one stroke,
//! where deleting its rows one by one would have to be written, and cleared up after, as often as they were.

use super::super::{Store, StoreError};
use chrono::DateTime;
use sqlx::{AssertSqlSafe, PgPool};
use wire::Time;

const DAY_MS: i64 = 86_400_000;
/// Days that are made ahead: so long nobody need be there to make more.
const AHEAD: i64 = 7;

/// Days that are made of what was there before, at most; what is older stands where everything else does.
const MOST_BACK: i64 = 1000;

/// A table that has one a day.
struct ByDay {
    name: &'static str,
    /// The first value of a day, as SQL.
    first_of: fn(i64) -> String,
}

const EVENTS: ByDay = ByDay { name: "events", first_of: |day| (day * DAY_MS).to_string() };
const ATTEMPTS: ByDay = ByDay { name: "attempts", first_of: |day| format!("'{}'", first_id_of(day)) };

/// Who waits for a lock on the table lets nobody else write to it: whatever reads for long comes first, and this later.
const NOT_LONG: &str = "SET LOCAL lock_timeout = '1s'";

/// Gateways that start together make each table once.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7523094288142821494)";

const TODAY: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) / 86400000";

const DAYS: &str = "\
SELECT CAST(child.relname AS TEXT)
FROM pg_inherits
JOIN pg_class child ON child.oid = pg_inherits.inhrelid
JOIN pg_class parent ON parent.oid = pg_inherits.inhparent
WHERE parent.oid = TO_REGCLASS($1)
ORDER BY child.relname";

/// Days before which time something is still to be sent.
const OPEN_DAYS: &str = "\
SELECT created_at / 86400000
FROM deliveries
WHERE status = 'pending' AND created_at < $1
UNION
SELECT created_at / 86400000
FROM deliveries
WHERE status = 'retrying' AND created_at < $1";

/// A page of a day's events, in their order: how many, which is the last, and how many of them are to be sent again since it
/// was asked. An id that came again since its first event went is that one's.
const EMPTY: &str = "\
WITH page AS (
    SELECT received_at, id
    FROM events
    WHERE (received_at, id) > ($1, $2) AND received_at >= $1 AND received_at < $3
    ORDER BY received_at, id
    LIMIT 1000
), there AS (
    SELECT event_ids.id
    FROM event_ids
    JOIN page ON page.id = event_ids.id AND page.received_at = event_ids.received_at
), gone AS (
    DELETE FROM event_ids
    WHERE id IN (SELECT id FROM there)
      AND NOT EXISTS (SELECT FROM deliveries
                      WHERE deliveries.event_id = event_ids.id
                        AND (deliveries.status = 'pending' OR deliveries.status = 'retrying'))
    RETURNING id
), delivered AS (
    DELETE FROM deliveries
    WHERE event_id IN (SELECT id FROM gone) AND status <> 'pending' AND status <> 'retrying'
    RETURNING id
), attempted AS (
    DELETE FROM attempts_other
    WHERE delivery_id IN (SELECT id FROM delivered)
)
SELECT received_at, id, (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM there) - (SELECT COUNT(*) FROM gone)
FROM page
ORDER BY received_at DESC, id DESC
LIMIT 1";

const HAS_DELIVERIES: &str = "\
SELECT EXISTS (SELECT
               FROM deliveries
               WHERE id >= $1 AND id < $2)";

impl Store {
    /// Makes the tables of today and the days to come, as far as they are missing. SQLite has none.
    pub async fn prepare_days(&self) -> Result<(), StoreError> {
        self.prepare_days_and(&[]).await
    }

    /// The same, with those of earlier days.
    pub(in super::super) async fn prepare_days_and(&self, earlier: &[i64]) -> Result<(), StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(()) };
        let mut transaction = work.begin().await?;
        sqlx::query(NOT_LONG).execute(&mut *transaction).await?;
        sqlx::query(ONE_AT_A_TIME).execute(&mut *transaction).await?;
        let today: i64 = sqlx::query_scalar(TODAY).fetch_one(&mut *transaction).await?;
        let earlier = earlier.iter().copied().filter(|day| (today - MOST_BACK..today - 1).contains(day));
        let wanted: Vec<i64> = earlier.chain(today - 1..=today + AHEAD).collect();
        for table in [EVENTS, ATTEMPTS] {
            let there: Vec<String> =
                sqlx::query_scalar(DAYS).bind(table.name).fetch_all(&mut *transaction).await?;
            for day in wanted.iter().copied().filter(|day| !there.contains(&table.of(*day))) {
                let (name, of, first, next) =
                    (table.of(day), table.name, (table.first_of)(day), (table.first_of)(day + 1));
                let sql =
                    format!("CREATE TABLE {name} PARTITION OF {of} FOR VALUES FROM ({first}) TO ({next})");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What is old where what came before `before` is: on PostgreSQL whole days, by UTC.
    pub fn whole_days(&self, before: Time) -> Time {
        match self {
            Self::Sqlite { .. } => before,
            Self::Postgres { .. } => Time(before.0.div_euclid(DAY_MS) * DAY_MS),
        }
    }

    /// Forgets the days that ended before `before`, but those of which something is still to be sent. Gives how many events
    /// that were.
    pub async fn forget_days(&self, before: Time) -> Result<u64, StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(0) };
        let mut forgotten = 0;
        let over = EVENTS.over(work, before).await?;
        let open = if over.is_empty() { Vec::new() } else { open_days(work, before).await? };
        for day in over.into_iter().filter(|day| !open.contains(day)) {
            let (gone, left) = empty(work, day).await?;
            forgotten += gone;
            // What a person asked for meanwhile stays, with all else of its day.
            if left == 0 && !open_days(work, before).await?.contains(&day) {
                EVENTS.drop(work, day).await?;
            }
        }
        for day in ATTEMPTS.over(work, before).await? {
            let ids = (first_id_of(day), first_id_of(day + 1));
            let has_deliveries: bool =
                sqlx::query_scalar(HAS_DELIVERIES).bind(ids.0).bind(ids.1).fetch_one(work).await?;
            if !has_deliveries {
                ATTEMPTS.drop(work, day).await?;
            }
        }
        Ok(forgotten)
    }
}

/// Deletes all that hangs on a day's events but themselves and their attempts, in steps that nobody notices. Gives how
/// many events that were, and how many stay.
async fn empty(work: &PgPool, day: i64) -> Result<(u64, u64), StoreError> {
    let (mut gone, mut left) = (0, 0);
    let mut last = (day * DAY_MS, String::new());
    loop {
        let page: Option<(i64, String, i64, i64)> = sqlx::query_as(EMPTY)
            .bind(last.0)
            .bind(&last.1)
            .bind((day + 1) * DAY_MS)
            .fetch_optional(work)
            .await?;
        let Some((received_at, id, gone_here, left_here)) = page else { return Ok((gone, left)) };
        last = (received_at, id);
        gone += gone_here.unsigned_abs();
        left += left_here.unsigned_abs();
    }
}

async fn open_days(work: &PgPool, before: Time) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(OPEN_DAYS).bind(before.0).fetch_all(work).await?)
}

impl ByDay {
    /// The name of a day's table.
    fn of(&self, day: i64) -> String {
        let date = DateTime::from_timestamp_millis(day * DAY_MS).unwrap_or_default();
        format!("{}_{}", self.name, date.format("%Y%m%d"))
    }

    /// The day, counted since 1970, that a table is of.
    fn day_of(&self, table: &str) -> Option<i64> {
        let date = table.strip_prefix(self.name)?.strip_prefix('_')?;
        let date = chrono::NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
        Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis() / DAY_MS)
    }

    /// The days that have a table and ended before `before`, oldest first.
    async fn over(&self, work: &PgPool, before: Time) -> Result<Vec<i64>, StoreError> {
        let there: Vec<String> = sqlx::query_scalar(DAYS).bind(self.name).fetch_all(work).await?;
        let days = there.iter().filter_map(|table| self.day_of(table));
        Ok(days.filter(|day| (day + 1) * DAY_MS <= before.0).collect())
    }

    async fn drop(&self, work: &PgPool, day: i64) -> Result<(), StoreError> {
        let mut transaction = work.begin().await?;
        sqlx::query(NOT_LONG).execute(&mut *transaction).await?;
        let sql = format!("DROP TABLE IF EXISTS {}", self.of(day));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The first id that a delivery of this day can have: it begins with the time.
fn first_id_of(day: i64) -> String {
    format!("dlv_{:012x}", day * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_days_tables_and_what_stands_in_them_belong_together() {
        assert_eq!(EVENTS.of(19_796), "events_20240314");
        assert_eq!(ATTEMPTS.of(19_796), "attempts_20240314");
        assert_eq!(EVENTS.day_of("events_20240314"), Some(19_796));
        assert_eq!(ATTEMPTS.day_of("attempts_other"), None);
        assert_eq!((EVENTS.first_of)(19_796), "1710374400000");
        // As `clock` makes them: the time is in front.
        let id = "dlv_018e3c82f840700080000000";
        assert!(first_id_of(19_796).as_str() <= id && id < first_id_of(19_797).as_str());
    }
}
