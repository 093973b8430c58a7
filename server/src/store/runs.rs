//! Runs: the agent's tasks, what waits of them, and what they owe.

use super::rare::{Statement, Value, text};
use super::{Store, StoreError, reading};
use std::borrow::Cow;
use wire::{EventId, HitId, Run, RunStatus, Time};

/// A run with all that it takes to make it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRun {
    /// The run.
    pub run: Run,
    /// The inbound endpoint's name.
    pub inbound: String,
    /// What the agent is asked: the same each time, or it would take it for something new.
    pub request: String,
    /// Whether an event is to carry the answer out.
    pub callback: bool,
    /// While that is owed: until when the agent's own event is waited for.
    pub callback_due: Option<Time>,
}

const PUT_RUN: &str = "\
INSERT INTO runs (id, hit_id, inbound, status, callback, callback_due, agent_run_id, request, run, claim_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE
SET status = excluded.status, callback_due = excluded.callback_due, agent_run_id = excluded.agent_run_id,
    run = excluded.run, claim_id = excluded.claim_id
WHERE CAST($11 AS TEXT) IS NULL OR runs.claim_id = $11 OR (NOT $12 AND runs.claim_id IS NULL)";

/// Whether a run still owes its callback. Held until the commit, so that of two gateways one pays.
pub(super) const OWES: &str = "\
SELECT callback_due IS NOT NULL
FROM runs
WHERE id = $1
FOR UPDATE";

const LINK: [&str; 2] = [
    "\
UPDATE events
SET hit_id = $1
WHERE id = $2 AND received_at = (SELECT received_at FROM event_ids WHERE event_ids.id = $2)",
    "\
UPDATE deliveries
SET hit_id = $1
WHERE event_id = $2",
];

/// What it takes to store a run as it now stands. `node` is the gateway that writes, where there are many: it has the run
/// while the agent works on it, and whoever is asking for it writes only what it has.
pub(super) fn put<'a>(stored: &'a StoredRun, is_asking: bool, node: Option<&'a str>) -> Statement<'a> {
    let run = &stored.run;
    let claim = node.filter(|_| run.status == RunStatus::Running);
    Statement {
        sql: PUT_RUN,
        values: vec![
            text(run.id.as_str()),
            text(run.hit_id.as_str()),
            text(&stored.inbound),
            text(run.status.as_str()),
            Value::Flag(stored.callback),
            Value::MaybeNumber(stored.callback_due.map(|due| due.0)),
            Value::Maybe(run.agent_run_id.as_deref().map(Cow::Borrowed)),
            text(&stored.request),
            Value::Text(serde_json::to_string(run).unwrap_or_default().into()),
            Value::Maybe(claim.map(Cow::Borrowed)),
            Value::Maybe(node.map(Cow::Borrowed)),
            Value::Flag(is_asking),
        ],
    }
}

/// What it takes to store that these events belong to a hit.
pub(super) fn link<'a>(events: &'a [EventId], hit: &'a HitId) -> Vec<Statement<'a>> {
    events
        .iter()
        .flat_map(|event| {
            LINK.map(|sql| Statement { sql, values: vec![text(hit.as_str()), text(event.as_str())] })
        })
        .collect()
}

pub(super) type Columns = (String, String, bool, Option<i64>, String);

const OF_HIT: &str = "\
SELECT run, inbound, callback, callback_due, request
FROM runs
WHERE hit_id = $1";

/// Oldest first.
const QUEUED: &str = "\
SELECT run, inbound, callback, callback_due, request
FROM runs
WHERE status = 'queued' AND inbound = $1
ORDER BY id
LIMIT $2";

const RUNNING: &str = "\
SELECT run, inbound, callback, callback_due, request
FROM runs
WHERE status = 'running'";

const OWING: &str = "\
SELECT run, inbound, callback, callback_due, request
FROM runs
WHERE callback_due IS NOT NULL AND callback_due <= $1
ORDER BY callback_due
LIMIT $2";

const NEXT_OWING: &str = "\
SELECT MIN(callback_due)
FROM runs
WHERE callback_due IS NOT NULL";

const WAITED_FOR: &str = "\
SELECT inbound, status, COUNT(*)
FROM runs
WHERE status = 'queued'
GROUP BY inbound, status
UNION ALL
SELECT inbound, status, COUNT(*)
FROM runs
WHERE status = 'running'
GROUP BY inbound, status";

const EVENTS_OF_AGENT_RUN: &str = "\
SELECT id
FROM events
WHERE agent_run_id = $1 AND hit_id IS NULL";

const HIT_OF_AGENT_RUN: &str = "\
SELECT hit_id
FROM runs
WHERE agent_run_id = $1
LIMIT 1";

impl Store {
    /// The run that a hit started.
    pub async fn run_of_hit(&self, hit: &HitId) -> Result<Option<StoredRun>, StoreError> {
        let row: Option<Columns> =
            reading!(self, pool => sqlx::query_as(OF_HIT).bind(hit.as_str()).fetch_optional(pool).await)?;
        row.map(stored).transpose()
    }

    /// What waits for the agent, oldest first.
    pub async fn queued_runs(&self, inbound: &str, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<Columns> = reading!(self, pool => {
            sqlx::query_as(QUEUED).bind(inbound).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        read_all(rows)
    }

    /// The runs that are under way, or were when an earlier run of the gateway ended.
    pub async fn running_runs(&self) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<Columns> = reading!(self, pool => sqlx::query_as(RUNNING).fetch_all(pool).await)?;
        read_all(rows)
    }

    /// Ended runs whose answer is to be carried out by now.
    pub async fn owing_runs(&self, now: Time, limit: u32) -> Result<Vec<StoredRun>, StoreError> {
        let rows: Vec<Columns> = reading!(self, pool => {
            sqlx::query_as(OWING).bind(now.0).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        read_all(rows)
    }

    /// When the next answer is to be carried out.
    pub async fn next_owing_run(&self) -> Result<Option<Time>, StoreError> {
        let next: Option<i64> = reading!(self, pool => sqlx::query_scalar(NEXT_OWING).fetch_one(pool).await)?;
        Ok(next.map(Time))
    }

    /// How many runs wait, and are under way, for each inbound endpoint that has any.
    pub async fn open_runs(&self) -> Result<Vec<(String, RunStatus, u64)>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            reading!(self, pool => sqlx::query_as(WAITED_FOR).fetch_all(pool).await)?;
        rows.into_iter()
            .map(|(inbound, status, count)| {
                Ok((inbound, super::word("a run status", &status)?, super::number("a count", count)?))
            })
            .collect()
    }

    /// The events that came before it was known to which hit they belong.
    pub async fn unlinked_events(&self, agent_run_id: &str) -> Result<Vec<EventId>, StoreError> {
        let ids: Vec<String> = reading!(self, pool => {
            sqlx::query_scalar(EVENTS_OF_AGENT_RUN).bind(agent_run_id).fetch_all(pool).await
        })?;
        ids.iter().map(|id| super::word("an event's id", id)).collect()
    }

    /// The hit whose run the agent knows by this id.
    pub async fn hit_of_agent_run(&self, agent_run_id: &str) -> Result<Option<HitId>, StoreError> {
        let id: Option<String> = reading!(self, pool => {
            sqlx::query_scalar(HIT_OF_AGENT_RUN).bind(agent_run_id).fetch_optional(pool).await
        })?;
        id.map(|id| super::word("a hit's id", &id)).transpose()
    }
}

pub(super) fn read_all(rows: Vec<Columns>) -> Result<Vec<StoredRun>, StoreError> {
    rows.into_iter().map(stored).collect()
}

fn stored((run, inbound, callback, callback_due, request): Columns) -> Result<StoredRun, StoreError> {
    Ok(StoredRun { run: read_run(run)?, inbound, request, callback, callback_due: callback_due.map(Time) })
}

pub(super) fn read_run(run: String) -> Result<Run, StoreError> {
    serde_json::from_str(&run).map_err(|_| StoreError::Unreadable { what: "a run", value: run })
}
