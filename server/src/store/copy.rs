//! Copying a SQLite file into an empty PostgreSQL database, page by page: how far it is stands in the target, in the same
//! transaction as what it copied, so that a copy that was broken off goes on where it was. At the end both are read once
//! more and compared.

use super::{Store, StoreError};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Postgres, Row};

/// Rows in one transaction, and bytes of their texts, or little more.
const PAGE: i64 = 1000;
const PAGE_BYTES: usize = 16 << 20;

/// A kind of value.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Fraction,
    Flag,
}

use Kind::{Flag, Fraction, Number, Text};

/// A table, and what of it is copied: all but which gateway has what.
struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
}

const TABLES: &[Table] = &[
    Table {
        name: "events",
        columns: &[
            ("id", Text),
            ("event_type", Text),
            ("agent_id", Text),
            ("timestamp", Text),
            ("instance_id", Text),
            ("received_at", Number),
            ("hit_id", Text),
            ("agent_run_id", Text),
            ("body", Text),
        ],
    },
    Table {
        name: "deliveries",
        columns: &[
            ("id", Text),
            ("event_id", Text),
            ("event_type", Text),
            ("agent_id", Text),
            ("endpoint", Text),
            ("status", Text),
            ("next_trigger", Text),
            ("attempts", Number),
            ("max_attempts", Number),
            ("created_at", Number),
            ("next_attempt_at", Number),
            ("finished_at", Number),
            ("last_reason", Text),
            ("last_status_code", Number),
            ("last_duration", Number),
            ("hit_id", Text),
        ],
    },
    Table {
        name: "attempts",
        columns: &[
            ("id", Text),
            ("delivery_id", Text),
            ("endpoint", Text),
            ("number", Number),
            ("trigger_kind", Text),
            ("started_at", Number),
            ("result", Text),
            ("reason", Text),
            ("detail", Text),
            ("status_code", Number),
            ("dns", Number),
            ("connect", Number),
            ("tls", Number),
            ("ttfb", Number),
            ("body", Number),
            ("total", Number),
            ("remote_address", Text),
            ("request_url", Text),
            ("request_headers", Text),
            ("request_body", Text),
            ("response_headers", Text),
            ("response_body", Text),
            ("response_truncated", Flag),
            ("node_id", Text),
        ],
    },
    Table {
        name: "endpoint_states",
        columns: &[("endpoint", Text), ("paused", Flag), ("reason", Text), ("since", Number)],
    },
    Table { name: "endpoints", columns: &[("name", Text), ("definition", Text), ("changed_at", Number)] },
    Table { name: "checks", columns: &[("id", Text), ("endpoint", Text), ("at", Number), ("found", Text)] },
    Table {
        name: "meters",
        columns: &[("minute", Number), ("run", Text), ("endpoint", Text), ("counts", Text)],
    },
    Table {
        name: "redeliveries",
        columns: &[("id", Text), ("filter", Text), ("per_second", Fraction), ("reached", Text)],
    },
    Table {
        name: "hits",
        columns: &[
            ("id", Text),
            ("inbound", Text),
            ("outcome", Text),
            ("received_at", Number),
            ("repeat_key", Text),
            ("hit", Text),
        ],
    },
    Table {
        name: "runs",
        columns: &[
            ("id", Text),
            ("hit_id", Text),
            ("inbound", Text),
            ("status", Text),
            ("callback", Flag),
            ("callback_due", Number),
            ("agent_run_id", Text),
            ("request", Text),
            ("run", Text),
        ],
    },
    Table { name: "audit", columns: &[("id", Text), ("at", Number), ("entry", Text)] },
];

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

const FIRST_DELIVERY: &str = "SELECT MIN(delivery_id) FROM attempts";

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
        // Else all attempts of earlier days stood in one table, which retention could not drop.
        let first: Option<String> = sqlx::query_scalar(FIRST_DELIVERY).fetch_one(from).await?;
        target.prepare_days_since(first.as_deref()).await?;
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
        let (key, kind) = if name == "deliveries" { ("id", "TEXT") } else { ("rowid", "INTEGER") };
        format!(
            "SELECT CAST({key} AS TEXT) AS reached, {names}
             FROM {name}
             WHERE $1 IS NULL OR {key} > CAST($1 AS {kind})
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

impl Kind {
    const fn sql(self) -> &'static str {
        match self {
            Text => "TEXT",
            Number => "BIGINT",
            Fraction => "DOUBLE PRECISION",
            Flag => "BOOLEAN",
        }
    }
}

/// A sum over rows that is the same in whichever order they come.
#[derive(Default)]
struct Sum {
    rows: u64,
    sum: u128,
}

impl Sum {
    fn add(
        &mut self,
        columns: &[(&str, Kind)],
        value: impl Fn(&str, Kind) -> Result<Option<String>, sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let mut hash = Sha256::new();
        for (name, kind) in columns {
            // What is absent is something else than what is empty.
            match value(name, *kind)? {
                Some(text) => {
                    hash.update((text.len() as u64 + 1).to_be_bytes());
                    hash.update(text);
                }
                None => hash.update(0_u64.to_be_bytes()),
            }
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(first));
        self.rows += 1;
        Ok(())
    }

    fn of(self, table: &'static str) -> Copied {
        Copied { table, rows: self.rows, checksum: format!("{:032x}", self.sum) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const COLUMNS: &str = "\
SELECT tables.name || '.' || columns.name
FROM sqlite_master AS tables
JOIN PRAGMA_TABLE_INFO(tables.name) AS columns
WHERE tables.type = 'table'";

    #[tokio::test]
    async fn everything_is_copied_but_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let Store::Sqlite { read, .. } = &store else { panic!("SQLite") };
        let there: Vec<String> = sqlx::query_scalar(COLUMNS).fetch_all(read).await.unwrap();
        let is_ours = |column: &String| {
            let own = ["_sqlx_migrations.", "sqlite_", "schema_needs."];
            !own.iter().any(|own| column.starts_with(own)) && !column.ends_with(".claim_id")
        };
        let there: BTreeSet<String> = there.into_iter().filter(is_ours).collect();
        let columns = TABLES
            .iter()
            .flat_map(|table| table.columns.iter().map(|(column, _)| format!("{}.{column}", table.name)));
        assert_eq!(columns.collect::<BTreeSet<_>>(), there);
    }
}
