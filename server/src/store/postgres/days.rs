//! PostgreSQL: a table a day for events and attempts, which are most of what is stored. Retention drops a day in one stroke,
//! where deleting its rows one by one would have to be written, and cleared up after, as often as they were.

use super::super::{Store, StoreError};
use chrono::DateTime;
use sqlx::{AssertSqlSafe, PgPool};
use std::ops::Range;
use std::time::Duration;
use tokio::time::sleep;
use wire::Time;

const DAY_MS: i64 = 86_400_000;
/// Days that are made ahead: so long nobody need be there to make more.
const AHEAD: i64 = 7;

/// Tables that what is kept is divided among, or few more.
const MOST_TABLES: i64 = 60;

/// A table that has one a day.
struct ByDay {
    name: &'static str,
    /// The first value of a day, as SQL.
    first_of: fn(i64) -> String,
}

const EVENTS: ByDay = ByDay { name: "events", first_of: |day| (day * DAY_MS).to_string() };
const ATTEMPTS: ByDay = ByDay { name: "attempts", first_of: |day| format!("'{}'", first_id_of(day)) };

/// Who waits for a lock on the table lets nobody else read or write it: whatever reads for long comes first, and this later.
const NOT_LONG: &str = "SET LOCAL lock_timeout = '200ms'";
/// Tries to get it, at once.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(300);

/// Gateways that start together make each table once.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7523094288142821494)";

const TODAY: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) / 86400000";

const TABLES: &str = "\
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

/// A page of events, in their order: the last, how many went, and of how many something is to be sent again since it was
/// asked. Nobody can ask for more of them meanwhile. An id that came again since its first event went is that one's.
const EMPTY: &str = "\
WITH page AS MATERIALIZED (
    SELECT received_at, id
    FROM events
    WHERE (received_at, id) > ($1, $2) AND received_at >= $1 AND received_at < $3
    ORDER BY received_at, id
    LIMIT 1000
), held AS MATERIALIZED (
    SELECT deliveries.id, event_id, status IN ('pending', 'retrying') AS is_open
    FROM page
    JOIN deliveries ON deliveries.event_id = page.id AND deliveries.created_at = page.received_at
    FOR UPDATE OF deliveries
), gone AS (
    DELETE FROM event_ids
    USING page
    WHERE event_ids.id = page.id AND event_ids.received_at = page.received_at
      AND event_ids.id NOT IN (SELECT event_id FROM held WHERE is_open)
    RETURNING event_ids.id
), delivered AS (
    DELETE FROM deliveries
    WHERE id = ANY(ARRAY(SELECT id FROM held WHERE event_id NOT IN (SELECT event_id FROM held WHERE is_open)))
    RETURNING id
), attempted AS (
    DELETE FROM attempts_other
    WHERE (delivery_id IN (SELECT id FROM delivered)) IS TRUE
)
SELECT received_at, id, (SELECT COUNT(*) FROM gone),
       (SELECT COUNT(DISTINCT event_id) FROM held WHERE is_open)
FROM page
ORDER BY received_at DESC, id DESC
LIMIT 1";

const HAS_DELIVERIES: &str = "\
SELECT EXISTS (SELECT
               FROM deliveries
               WHERE id >= $1 AND id < $2)";

impl Store {
    /// Makes the tables of today and the days to come, as far as they are missing, each for so many days. SQLite has none.
    pub async fn prepare_days(&self, days: i64) -> Result<(), StoreError> {
        self.prepare_days_and(&[], days).await
    }

    /// The same, with those of earlier days.
    pub(in super::super) async fn prepare_days_and(
        &self,
        earlier: &[i64],
        days: i64,
    ) -> Result<(), StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(()) };
        let today: i64 = sqlx::query_scalar(TODAY).fetch_one(work).await?;
        let mut wanted: Vec<i64> = earlier.iter().copied().filter(|day| *day < today - 1).collect();
        wanted.sort_unstable();
        wanted.extend(today - 1..=today + AHEAD);
        let mut first_error = Ok(());
        for table in [EVENTS, ATTEMPTS] {
            let mut there = table.spans(work).await?;
            for day in wanted.iter().copied() {
                if there.iter().any(|span| span.contains(&day)) {
                    continue;
                }
                let next = there.iter().map(|span| span.start).filter(|start| *start > day).min();
                let span = day..(day + days).min(next.unwrap_or(i64::MAX));
                let made = table.make(work, &span).await;
                let is_read = made.as_ref().is_err_and(is_in_use);
                // A day whose rows stand elsewhere already can have no table any more; the others can.
                first_error = first_error.and(made.map_err(StoreError::from));
                // Whoever reads all of it for long keeps the others from being made too: they can be made later.
                if is_read {
                    return first_error;
                }
                there.push(span);
            }
        }
        first_error
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
        let open: Vec<i64> = if over.is_empty() {
            Vec::new()
        } else {
            sqlx::query_scalar(OPEN_DAYS).bind(before.0).fetch_all(work).await?
        };
        for span in over.into_iter().filter(|span| !open.iter().any(|day| span.contains(day))) {
            let (gone, left) = empty(work, &span).await?;
            forgotten += gone;
            if left == 0 {
                EVENTS.drop(work, &span).await?;
            }
        }
        for span in ATTEMPTS.over(work, before).await? {
            let ids = (first_id_of(span.start), first_id_of(span.end));
            let has_deliveries: bool =
                sqlx::query_scalar(HAS_DELIVERIES).bind(ids.0).bind(ids.1).fetch_one(work).await?;
            if !has_deliveries {
                ATTEMPTS.drop(work, &span).await?;
            }
        }
        Ok(forgotten)
    }
}

/// Days in one table, if things are kept for so many: a question that can't say of when it asks goes to each, so that there are
/// never more than some sixty.
pub fn days_in_a_table(kept: i64) -> i64 {
    (kept / MOST_TABLES + i64::from(kept % MOST_TABLES > 0)).max(1)
}

/// Deletes all that hangs on these days' events but themselves and their attempts, in steps that nobody notices. Gives how
/// many events that were, and how many stay.
async fn empty(work: &PgPool, span: &Range<i64>) -> Result<(u64, u64), StoreError> {
    let (mut gone, mut left) = (0, 0);
    let mut last = (span.start * DAY_MS, String::new());
    loop {
        let page: Option<(i64, String, i64, i64)> = sqlx::query_as(EMPTY)
            .bind(last.0)
            .bind(&last.1)
            .bind(span.end * DAY_MS)
            .fetch_optional(work)
            .await?;
        let Some((received_at, id, gone_here, left_here)) = page else { return Ok((gone, left)) };
        last = (received_at, id);
        gone += gone_here.unsigned_abs();
        left += left_here.unsigned_abs();
    }
}

impl ByDay {
    /// The name of the table of these days: its first, and how many they are where it is not the only one.
    fn of(&self, span: &Range<i64>) -> String {
        let date = DateTime::from_timestamp_millis(span.start * DAY_MS).unwrap_or_default();
        let days = span.end - span.start;
        let more = if days == 1 { String::new() } else { format!("_{days}") };
        format!("{}_{}{more}", self.name, date.format("%Y%m%d"))
    }

    /// The days, counted since 1970, that a table is of.
    fn span_of(&self, table: &str) -> Option<Range<i64>> {
        let of = table.strip_prefix(self.name)?.strip_prefix('_')?;
        let (date, days) = of.split_once('_').unwrap_or((of, "1"));
        let date = chrono::NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
        let first = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis() / DAY_MS;
        Some(first..first + days.parse::<i64>().ok()?)
    }

    /// The days that have tables, oldest first.
    async fn spans(&self, work: &PgPool) -> Result<Vec<Range<i64>>, StoreError> {
        let there: Vec<String> = sqlx::query_scalar(TABLES).bind(self.name).fetch_all(work).await?;
        Ok(there.iter().filter_map(|table| self.span_of(table)).collect())
    }

    /// Those that ended before `before`.
    async fn over(&self, work: &PgPool, before: Time) -> Result<Vec<Range<i64>>, StoreError> {
        let spans = self.spans(work).await?;
        Ok(spans.into_iter().filter(|span| span.end * DAY_MS <= before.0).collect())
    }

    async fn make(&self, work: &PgPool, span: &Range<i64>) -> Result<(), sqlx::Error> {
        let (name, of) = (self.of(span), self.name);
        let (first, end) = ((self.first_of)(span.start), (self.first_of)(span.end));
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {name} PARTITION OF {of} FOR VALUES FROM ({first}) TO ({end})"
        );
        at_a_quiet_moment(work, &sql).await
    }

    async fn drop(&self, work: &PgPool, span: &Range<i64>) -> Result<(), sqlx::Error> {
        at_a_quiet_moment(work, &format!("DROP TABLE IF EXISTS {}", self.of(span))).await
    }
}

/// Makes or drops one table, which has all others wait; so one in a transaction, and none while somebody reads for long.
async fn at_a_quiet_moment(work: &PgPool, sql: &str) -> Result<(), sqlx::Error> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let once = async {
            let mut transaction = work.begin().await?;
            sqlx::query(ONE_AT_A_TIME).execute(&mut *transaction).await?;
            sqlx::query(NOT_LONG).execute(&mut *transaction).await?;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        match once.await {
            Err(error) if tries > 0 && is_in_use(&error) => sleep(BETWEEN_TRIES).await,
            done => return done,
        }
    }
}

/// `lock_not_available`.
fn is_in_use(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "55P03")
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
        for (span, table) in [(19_796..19_797, "events_20240314"), (19_796..19_803, "events_20240314_7")] {
            assert_eq!(EVENTS.of(&span), table);
            assert_eq!(EVENTS.span_of(table), Some(span));
        }
        assert_eq!(ATTEMPTS.of(&(19_796..19_797)), "attempts_20240314");
        assert_eq!(ATTEMPTS.span_of("attempts_other"), None);
        assert_eq!([1, 30, 60, 61, 365, 3650].map(days_in_a_table), [1, 1, 1, 2, 7, 61]);
        assert_eq!((EVENTS.first_of)(19_796), "1710374400000");
        // As `clock` makes them: the time is in front.
        let id = "dlv_018e3c82f840700080000000";
        assert!(first_id_of(19_796).as_str() <= id && id < first_id_of(19_797).as_str());
    }
}
