//! Copying a SQLite file into an empty PostgreSQL database, page by page: how far it is stands in the target, in the same
//! transaction as what it copied, so that a copy that was broken off goes on where it was. At the end both are read once
//! more and compared.

mod sum;
mod tables;

use super::{Store, StoreError, days_in_a_table};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row};
use sum::Sum;
use tables::Kind::{Flag, Fraction, Number, Text};
use tables::{TABLES, Table};

/// Rows in one transaction, and bytes of their texts, or little more.
const PAGE: i64 = 1000;
const PAGE_BYTES: usize = 16 << 20;

/// What was copied of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// A sum over all of them, the same in both databases.
    pub checksum: String,
}

/// A copy that is under way.
#[derive(Debug)]
pub struct Copy<'a> {
    from: &'a SqlitePool,
    to: &'a PgPool,
}

const BEGIN: &str = "\
CREATE TABLE IF NOT EXISTS copy_progress (
    name    TEXT NOT NULL PRIMARY KEY,
    reached TEXT NOT NULL
)";

const IS_UNDER_WAY: &str = "SELECT TO_REGCLASS('copy_progress') IS NOT NULL";

/// Days of events, and those after them: a delivery is made after its event came, its attempts stand in its day.
const DAYS: &str = "\
SELECT received_at / 86400000 FROM events
UNION
SELECT received_at / 86400000 + 1 FROM events";

const HAS_GATEWAYS: &str = "\
SELECT EXISTS (SELECT
               FROM nodes
               WHERE until > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))";

const REACHED: &str = "\
SELECT reached
FROM copy_progress
WHERE name = $1";

const NOTE: &str = "\
INSERT INTO copy_progress (name, reached)
VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE
SET reached = excluded.reached";

impl<'a> Copy<'a> {
    /// Begins to copy, or goes on with a copy that was broken off. The target must hold nothing else.
    pub async fn begin(from: &'a Store, to: &'a Store) -> Result<Self, StoreError> {
        let target = to;
        let (Store::Sqlite { read: from, .. }, Store::Postgres { work: to, .. }) = (from, to) else {
            return Err(StoreError::Open("copied is from sqlite://FILE to postgres://…".to_owned()));
        };
        if sqlx::query_scalar(HAS_GATEWAYS).fetch_one(to).await? {
            return Err(StoreError::Open(
                "gateways work on the target: stop them (one that was killed counts for 5 s more) and copy again"
                    .to_owned(),
            ));
        }
        let is_under_way: bool = sqlx::query_scalar(IS_UNDER_WAY).fetch_one(to).await?;
        if !is_under_way {
            for table in TABLES {
                let sql = format!("SELECT EXISTS (SELECT FROM {})", table.name);
                if sqlx::query_scalar(safe(sql)).fetch_one(to).await? {
                    return Err(StoreError::Open(format!(
                        "the target holds rows already (in its table {}): copy into an empty database, before the first \
                         gateway starts on it",
                        table.name
                    )));
                }
            }
            sqlx::query(BEGIN).execute(to).await?;
        }
        // Else all events and attempts of earlier days stood in one table, which retention could not drop.
        let days: Vec<i64> = sqlx::query_scalar(DAYS).fetch_all(from).await?;
        let kept = days.iter().max().zip(days.iter().min()).map_or(0, |(last, first)| last - first);
        target.prepare_days_and(&days, days_in_a_table(kept)).await?;
        Ok(Self { from, to })
    }

    /// Rows that are to be copied in all.
    pub async fn rows(&self) -> Result<u64, StoreError> {
        let mut rows = 0;
        for table in TABLES {
            let sql = format!("SELECT COUNT(*) FROM {}", table.name);
            let count: i64 = sqlx::query_scalar(safe(sql)).fetch_one(self.from).await?;
            rows += count.unsigned_abs();
        }
        Ok(rows)
    }

    /// Copies what is not copied yet, and tells of each page how many rows it had.
    pub async fn run(&self, mut tell: impl FnMut(u64)) -> Result<(), StoreError> {
        for table in TABLES {
            let mut reached: Option<String> =
                sqlx::query_scalar(REACHED).bind(table.name).fetch_optional(self.to).await?;
            loop {
                let rows = table.page(self.from, reached.as_deref()).await?;
                let Some(last) = rows.last() else { break };
                reached = last.try_get("reached")?;
                let mut transaction = self.to.begin().await?;
                table.insert(&rows)?.execute(&mut *transaction).await?;
                sqlx::query(NOTE).bind(table.name).bind(&reached).execute(&mut *transaction).await?;
                transaction.commit().await?;
                tell(rows.len() as u64);
            }
        }
        Ok(())
    }

    /// Reads both once more; `Err` names the first table that is not the same. What was noted of the copy goes.
    pub async fn compare(self) -> Result<Vec<Copied>, StoreError> {
        let mut copied = Vec::new();
        for table in TABLES {
            let here = table.sum_here(self.from).await?;
            let there = table.sum_there(self.to).await?;
            if here != there {
                return Err(StoreError::Open(format!(
                    "{} differs: {} rows with the checksum {} here, {} rows with {} there; empty the target and copy again, \
                     with no gateway on either",
                    table.name, here.rows, here.checksum, there.rows, there.checksum
                )));
            }
            copied.push(here);
        }
        sqlx::query("DROP TABLE copy_progress").execute(self.to).await?;
        Ok(copied)
    }
}

impl Store {
    /// Refuses a database into which a copy is not finished.
    pub async fn check_copied(&self) -> Result<(), StoreError> {
        let Self::Postgres { work, .. } = self else { return Ok(()) };
        let is_under_way: bool = sqlx::query_scalar(IS_UNDER_WAY).fetch_one(work).await?;
        if is_under_way {
            return Err(StoreError::Open(
                "a copy into this database is not finished: run `openclaw-webhooks copy` again, which goes on where it was; or \
                 empty the database"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The next rows, in the order in which the table keeps them.
    async fn page(&self, from: &SqlitePool, after: Option<&str>) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let sql = self.page_sql();
        let mut rows = sqlx::query(safe(sql)).bind(after).bind(PAGE).fetch(from);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while bytes < PAGE_BYTES
            && let Some(row) = rows.try_next().await?
        {
            bytes += self.bytes(&row)?;
            page.push(row);
        }
        Ok(page)
    }

    /// Bytes of a row's texts.
    fn bytes(&self, row: &SqliteRow) -> Result<usize, sqlx::Error> {
        let texts = self.columns.iter().filter(|(_, kind)| matches!(kind, Text));
        texts.map(|(name, _)| Ok(row.try_get::<Option<&str>, _>(*name)?.map_or(0, str::len))).sum()
    }

    fn page_sql(&self) -> String {
        let (names, name) = (self.names(), self.name);
        let by_id = matches!(name, "deliveries" | "event_ids");
        let (key, kind, least) = if by_id { ("id", "TEXT", "''") } else { ("rowid", "INTEGER", "-1") };
        format!(
            "SELECT CAST({key} AS TEXT) AS reached, {names}
             FROM {name}
             WHERE {key} > COALESCE(CAST($1 AS {kind}), {least})
             ORDER BY {key}
             LIMIT $2"
        )
    }

    /// One statement for all rows, a column an array.
    fn insert(
        &self,
        rows: &[SqliteRow],
    ) -> Result<sqlx::query::Query<'static, Postgres, PgArguments>, sqlx::Error> {
        let arrays: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, (_, kind))| format!("${}::{}[]", place + 1, kind.sql()))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) SELECT * FROM UNNEST({})",
            self.name,
            self.names(),
            arrays.join(", ")
        );
        let mut query = sqlx::query(safe(sql));
        for (name, kind) in self.columns {
            query = match kind {
                Text => query.bind(column(rows, |row| text(row, name))?),
                Number => query.bind(column(rows, |row| row.try_get::<Option<i64>, _>(name))?),
                Fraction => query.bind(column(rows, |row| row.try_get::<Option<f64>, _>(name))?),
                Flag => query.bind(column(rows, |row| row.try_get::<Option<bool>, _>(name))?),
            };
        }
        Ok(query)
    }

    async fn sum_here(&self, from: &SqlitePool) -> Result<Copied, StoreError> {
        let sql = format!("SELECT {} FROM {}", self.names(), self.name);
        let mut rows = sqlx::query(safe(sql)).fetch(from);
        let mut sum = Sum::default();
        while let Some(row) = rows.try_next().await? {
            sum.add(self.columns, |name, kind| match kind {
                Text => text(&row, name),
                Number => Ok(row.try_get::<Option<i64>, _>(name)?.map(|number| number.to_string())),
                Fraction => Ok(row.try_get::<Option<f64>, _>(name)?.map(|number| number.to_string())),
                Flag => Ok(row.try_get::<Option<bool>, _>(name)?.map(|flag| flag.to_string())),
            })?;
        }
        Ok(sum.of(self.name))
    }

    async fn sum_there(&self, to: &PgPool) -> Result<Copied, StoreError> {
        let sql = format!("SELECT {} FROM {}", self.names(), self.name);
        let mut transaction = to.begin().await?;
        // All of it, however long that takes.
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await?;
        let mut rows = sqlx::query(safe(sql)).fetch(&mut *transaction);
        let mut sum = Sum::default();
        while let Some(row) = rows.try_next().await? {
            let row: PgRow = row;
            sum.add(self.columns, |name, kind| match kind {
                Text => row.try_get::<Option<String>, _>(name),
                Number => Ok(row.try_get::<Option<i64>, _>(name)?.map(|number| number.to_string())),
                Fraction => Ok(row.try_get::<Option<f64>, _>(name)?.map(|number| number.to_string())),
                Flag => Ok(row.try_get::<Option<bool>, _>(name)?.map(|flag| flag.to_string())),
            })?;
        }
        Ok(sum.of(self.name))
    }
}

/// A text as PostgreSQL can hold it: without NUL.
fn text(row: &SqliteRow, name: &str) -> Result<Option<String>, sqlx::Error> {
    let text: Option<String> = row.try_get(name)?;
    Ok(text.map(|text| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }))
}

fn column<T>(
    rows: &[SqliteRow],
    value: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().map(value).collect()
}

/// Put together from names that are constants of ours.
fn safe(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
