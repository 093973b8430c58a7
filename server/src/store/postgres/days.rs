//! PostgreSQL: a table a day for attempts, which are most of what is stored. Retention drops a day in one stroke, where
//! deleting its rows one by one would have to be written, and cleared up after, as often as they were.

use super::super::{Store, StoreError};
use chrono::DateTime;
use sqlx::AssertSqlSafe;

const DAY_MS: i64 = 86_400_000;
/// Days that are made ahead: so long nobody need be there to make more.
const AHEAD: i64 = 7;

/// Days that are made of what was there before, at most; what is older stands where everything else does.
const MOST_BACK: i64 = 1000;

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
WHERE parent.oid = TO_REGCLASS('attempts')";

/// Whether one of that day's deliveries is still to be sent: its attempts stay until it is.
const IS_OPEN: &str = "\
SELECT EXISTS (SELECT
               FROM deliveries
               WHERE id >= $1 AND id < $2 AND (status = 'pending' OR status = 'retrying'))";

impl Store {
    /// Makes the tables of today and the days to come, as far as they are missing. SQLite has none.
    pub async fn prepare_days(&self) -> Result<(), StoreError> {
        self.prepare_days_since(None).await
    }

    /// The same, with those since a delivery's id.
    pub(in super::super) async fn prepare_days_since(&self, first: Option<&str>) -> Result<(), StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(()) };
        let since = first.and_then(day_of_id);
        let mut transaction = work.begin().await?;
        sqlx::query(NOT_LONG).execute(&mut *transaction).await?;
        sqlx::query(ONE_AT_A_TIME).execute(&mut *transaction).await?;
        let today: i64 = sqlx::query_scalar(TODAY).fetch_one(&mut *transaction).await?;
        let there: Vec<String> = sqlx::query_scalar(DAYS).fetch_all(&mut *transaction).await?;
        let first = since.map_or(today - 1, |since| since.clamp(today - MOST_BACK, today - 1));
        for day in first..=today + AHEAD {
            let (name, first, next) = (name_of(day), first_of(day), first_of(day + 1));
            if there.contains(&name) {
                continue;
            }
            let sql = format!(
                "CREATE TABLE {name} PARTITION OF attempts FOR VALUES FROM ('{first}') TO ('{next}')"
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Drops the attempts of days that ended before `before` (milliseconds since 1970), but of those on which something is
    /// still to be sent. Gives how many days.
    pub async fn drop_days(&self, before: i64) -> Result<usize, StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(0) };
        let there: Vec<String> = sqlx::query_scalar(DAYS).fetch_all(work).await?;
        let mut dropped = 0;
        for day in there.iter().filter_map(|name| day_of(name)).filter(|day| (day + 1) * DAY_MS <= before) {
            let is_open: bool = sqlx::query_scalar(IS_OPEN)
                .bind(first_of(day))
                .bind(first_of(day + 1))
                .fetch_one(work)
                .await?;
            if !is_open {
                let sql = format!("DROP TABLE IF EXISTS {}", name_of(day));
                let mut transaction = work.begin().await?;
                sqlx::query(NOT_LONG).execute(&mut *transaction).await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
                transaction.commit().await?;
                dropped += 1;
            }
        }
        Ok(dropped)
    }
}

/// The first id that a delivery of this day, counted since 1970, can have.
fn first_of(day: i64) -> String {
    format!("dlv_{:012x}", day * DAY_MS)
}

/// The day on which a delivery was made: its id begins with the time.
fn day_of_id(id: &str) -> Option<i64> {
    let ms = i64::from_str_radix(id.strip_prefix("dlv_")?.get(..12)?, 16).ok()?;
    Some(ms / DAY_MS)
}

fn name_of(day: i64) -> String {
    let date = DateTime::from_timestamp_millis(day * DAY_MS).unwrap_or_default();
    format!("attempts_{}", date.format("%Y%m%d"))
}

fn day_of(name: &str) -> Option<i64> {
    let date = chrono::NaiveDate::parse_from_str(name.strip_prefix("attempts_")?, "%Y%m%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis() / DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_days_table_and_its_ids_belong_together() {
        assert_eq!(name_of(19_796), "attempts_20240314");
        assert_eq!(day_of("attempts_20240314"), Some(19_796));
        assert_eq!(day_of("attempts_other"), None);
        assert_eq!(day_of_id("dlv_018e3c82f840700080000000"), Some(19_796));
        assert_eq!(day_of_id("dlv_x"), None);
        // As `clock` makes them: the time is in front.
        assert!(
            first_of(19_796).as_str() <= "dlv_018e3c82f840" && "dlv_018e3c82f840" < first_of(19_797).as_str()
        );
    }
}
