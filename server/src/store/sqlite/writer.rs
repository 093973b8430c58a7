//! The one connection that writes to the file, and the fsync of what it wrote.
//!
//! Writing and syncing are two steps, so that one group of changes can be written while the one before it is on its
//! way to the disk. With `synchronous=NORMAL` SQLite syncs its log only around checkpoints; a commit is durable when
//! the log's file was synced after it, which is what [`Writer::sync`] does: the same guarantee that `FULL` gives,
//! with one fsync for all that was written meanwhile.

use super::super::attempts::headers_text;
use super::super::deliveries::COUNT_OF_EVENT;
use super::super::rare::{Statement, Value};
use super::super::write::{Answers, Change, NewEvent};
use super::super::{MeterRow, NewHit, StoreError, hits, runs};
use super::checkpoint::{self, Checkpointer};
use rusqlite::types::ToSqlOutput;
use rusqlite::{CachedStatement, Connection, ToSql, TransactionBehavior, params, params_from_iter};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::{AcceptedEvent, Attempt, Delivery, Hit, HitId, Ms, Trigger};

/// How long to wait for a reader that is in the way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes to the file, and waits until what it wrote is on the disk.
#[derive(Debug)]
pub struct Writer {
    /// `None` once it is closed.
    open: Mutex<Option<Open>>,
    /// SQLite's write-ahead log. SQLite takes no locks on this file, so a second descriptor is harmless.
    log: File,
    /// A sync failed: what the log holds may not be on the disk, whatever later syncs say.
    suspect: AtomicBool,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    checkpointer: Checkpointer,
}

impl Writer {
    /// Opens the file, whose tables are up to date and whose journal is a write-ahead log.
    pub(super) fn start(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let connection = connect(path)?;
        checkpoint::count_pages(&connection);
        // The log exists once the file was read.
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = File::open(log)?;
        let open = Open { connection, checkpointer: Checkpointer::start(connect(path)?)? };
        Ok(Self { open: Mutex::new(Some(open)), log, suspect: AtomicBool::new(false) })
    }

    /// Writes `changes` and `meters` in one transaction: all of it or nothing. Readers see it at once.
    pub(in super::super) fn write(
        &self,
        changes: &[Change],
        meters: &[MeterRow],
    ) -> Result<Answers, StoreError> {
        let mut open = self.open();
        let open = open.as_mut().ok_or_else(closed)?;
        let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answers = Statements::prepare(&transaction)?.write(changes, meters)?;
        transaction.commit()?;
        open.checkpointer.after_commit(&open.connection);
        Ok(answers)
    }

    /// Returns once everything that was written before is on the disk.
    pub(in super::super) fn sync(&self) -> Result<(), StoreError> {
        let synced = if self.suspect.load(Ordering::Relaxed) { self.rewrite_log() } else { self.sync_log() };
        self.suspect.store(synced.is_err(), Ordering::Relaxed);
        synced
    }

    fn sync_log(&self) -> Result<(), StoreError> {
        self.log.sync_data().map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::Open(format!("the disk failed: {error}")),
        })
    }

    /// After a failed sync the system may take pages for written that are not. Everything the log holds goes into
    /// the database, is synced there, and the log begins anew.
    fn rewrite_log(&self) -> Result<(), StoreError> {
        let open = self.open();
        let open = open.as_ref().ok_or_else(closed)?;
        let blocked: i64 =
            open.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if blocked != 0 {
            return Err(StoreError::Open("the disk failed, and a reader is in the way of repair".to_owned()));
        }
        Ok(())
    }

    /// Lets the file grow to at most so many more pages, past which it counts as full.
    pub fn allow_pages(&self, more: u32) -> Result<(), StoreError> {
        let open = self.open();
        let open = open.as_ref().ok_or_else(closed)?;
        let pages: u32 = open.connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        Ok(open.connection.pragma_update(None, "max_page_count", pages.saturating_add(more))?)
    }

    /// Ends it; what was written stays, and the log goes into the database.
    pub(in super::super) fn close(&self) {
        if let Some(Open { connection, checkpointer }) = self.open().take() {
            checkpointer.stop();
            if let Err((_, error)) = connection.close() {
                tracing::warn!(%error, "Closing the database failed: {error}; the next start takes up its log");
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> StoreError {
    StoreError::Away(sqlx::Error::PoolClosed)
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // 16 MiB of pages, and sorting in memory: both small against what they save.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

const INSERT_EVENT: &str = "\
INSERT INTO events (id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING";

const INSERT_DELIVERY: &str = "\
INSERT INTO deliveries (id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts,
                        created_at, hit_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE_DELIVERY: &str = "\
UPDATE deliveries
SET status = ?, next_trigger = ?, attempts = ?, next_attempt_at = ?, finished_at = ?, last_reason = ?,
    last_status_code = ?, last_duration = ?
WHERE id = ?";

const INSERT_ATTEMPT: &str = "\
INSERT INTO attempts (id, delivery_id, endpoint, number, trigger_kind, started_at, result, reason, detail,
                      status_code, dns, connect, tls, ttfb, body, total, remote_address, request_url,
                      request_headers, request_body, response_headers, response_body, response_truncated, node_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const PUT_METER: &str = "\
INSERT INTO meters (minute, run, endpoint, counts)
VALUES (?, ?, ?, ?)
ON CONFLICT (minute, run, endpoint) DO UPDATE SET counts = excluded.counts";

/// Every statement that writes often, prepared once and kept by the connection.
struct Statements<'connection> {
    connection: &'connection Connection,
    insert_event: CachedStatement<'connection>,
    count_of_event: CachedStatement<'connection>,
    insert_delivery: CachedStatement<'connection>,
    update_delivery: CachedStatement<'connection>,
    insert_attempt: CachedStatement<'connection>,
    put_meter: CachedStatement<'connection>,
}

impl<'connection> Statements<'connection> {
    fn prepare(connection: &'connection Connection) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            connection,
            insert_event: connection.prepare_cached(INSERT_EVENT)?,
            count_of_event: connection.prepare_cached(COUNT_OF_EVENT)?,
            insert_delivery: connection.prepare_cached(INSERT_DELIVERY)?,
            update_delivery: connection.prepare_cached(UPDATE_DELIVERY)?,
            insert_attempt: connection.prepare_cached(INSERT_ATTEMPT)?,
            put_meter: connection.prepare_cached(PUT_METER)?,
        })
    }

    fn write(mut self, changes: &[Change], meters: &[MeterRow]) -> Result<Answers, rusqlite::Error> {
        let mut answers = Answers::default();
        for change in changes {
            match change {
                Change::Accept(events) => {
                    for new in events {
                        answers.events.push(self.insert_event(new)?);
                    }
                }
                Change::Outcome(outcome) => {
                    self.update_delivery(&outcome.delivery, outcome.next_trigger)?;
                    self.insert_attempt(&outcome.attempt, outcome.same_body)?;
                }
                Change::Delivery(due, _) => self.update_delivery(&due.delivery, due.trigger)?,
                Change::Cancel(delivery, _) => self.update_delivery(delivery, Trigger::Schedule)?,
                Change::Hit(new) => answers.repeats.push(self.insert_hit(new)?),
                Change::Run(change) => {
                    self.run(runs::put(&change.stored, change.is_asking, None))?;
                    if let Some(new) = &change.callback {
                        answers.events.push(self.insert_event(new)?);
                    }
                }
                Change::Rare(rare) => rare.statements(None).into_iter().try_for_each(|one| self.run(one))?,
            }
        }
        for meter in meters {
            self.put_meter.execute(params![meter.minute, meter.run, meter.endpoint, meter.counts])?;
        }
        Ok(answers)
    }

    /// Inserts an event and its deliveries, unless one of this id is stored already.
    fn insert_event(&mut self, new: &NewEvent) -> Result<AcceptedEvent, rusqlite::Error> {
        let event = &new.event;
        let inserted = self.insert_event.execute(params![
            event.id.as_str(),
            event.event_type.as_str(),
            event.agent_id,
            event.timestamp,
            event.instance_id,
            event.received_at.0,
            event.hit_id.as_ref().map(wire::HitId::as_str),
            event.agent_run_id,
            &*event.body,
        ])?;
        if inserted == 0 {
            let deliveries: i64 = self.count_of_event.query_row([event.id.as_str()], |row| row.get(0))?;
            let deliveries = deliveries.unsigned_abs();
            return Ok(AcceptedEvent { id: event.id.clone(), deliveries, duplicate: true });
        }
        for delivery in &new.deliveries {
            self.insert_delivery.execute(params![
                delivery.id.as_str(),
                delivery.event_id.as_str(),
                delivery.event_type.as_str(),
                delivery.agent_id,
                delivery.endpoint,
                delivery.status.as_str(),
                new.trigger.as_str(),
                delivery.attempts,
                delivery.max_attempts,
                delivery.created_at.0,
                delivery.hit_id.as_ref().map(wire::HitId::as_str),
            ])?;
        }
        Ok(AcceptedEvent { id: event.id.clone(), deliveries: new.deliveries.len() as u64, duplicate: false })
    }

    /// Inserts a hit and the run it starts; or, if its key is known, the hit as a repeat of the one that it gives.
    fn insert_hit(&self, new: &NewHit) -> Result<Option<HitId>, rusqlite::Error> {
        let hit = &new.hit;
        if let Some(key) = &new.repeat_key {
            let day_ago = hit.received_at.0 - hits::REPEATS_KNOWN_MS;
            self.connection.prepare_cached(hits::FREE_KEY)?.execute(params![hit.inbound, key, day_ago])?;
        }
        if self.put_hit(hit, new.repeat_key.as_deref())? {
            if let Some(run) = &new.run {
                self.run(runs::put(run, false, None))?;
            }
            return Ok(None);
        }
        let first: String = self
            .connection
            .prepare_cached(hits::HOLDER_OF_KEY)?
            .query_row(params![hit.inbound, new.repeat_key], |row| row.get(0))?;
        let first: HitId = first.parse().map_err(|_| rusqlite::Error::InvalidQuery)?;
        self.put_hit(&new.repeating(first.clone()), None)?;
        Ok(Some(first))
    }

    /// Whether the hit was new.
    fn put_hit(&self, hit: &Hit, key: Option<&str>) -> Result<bool, rusqlite::Error> {
        let text = serde_json::to_string(hit).unwrap_or_default();
        let row = params![hit.id.as_str(), hit.inbound, hit.outcome.as_str(), hit.received_at.0, key, text];
        Ok(self.connection.prepare_cached(hits::INSERT_HIT)?.execute(row)? == 1)
    }

    fn run(&self, statement: Statement<'_>) -> Result<(), rusqlite::Error> {
        let Statement { sql, values } = statement;
        self.connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    fn update_delivery(&mut self, delivery: &Delivery, next_trigger: Trigger) -> Result<(), rusqlite::Error> {
        self.update_delivery.execute(params![
            delivery.status.as_str(),
            next_trigger.as_str(),
            delivery.attempts,
            delivery.next_attempt_at.map(|time| time.0),
            delivery.finished_at.map(|time| time.0),
            delivery.last_reason.map(wire::Reason::as_str),
            delivery.last_status_code,
            delivery.last_duration_ms.map(Ms::micros),
            delivery.id.as_str(),
        ])?;
        Ok(())
    }

    /// `same_body` says whether the request's body is the event's, which then is not stored twice.
    fn insert_attempt(&mut self, attempt: &Attempt, same_body: bool) -> Result<(), rusqlite::Error> {
        let (timings, response) = (&attempt.timings, attempt.response.as_ref());
        self.insert_attempt.execute(params![
            attempt.id.as_str(),
            attempt.delivery_id.as_str(),
            attempt.endpoint,
            attempt.number,
            attempt.trigger.as_str(),
            attempt.started_at.0,
            attempt.result.as_str(),
            attempt.reason.map(wire::Reason::as_str),
            attempt.detail,
            attempt.status_code,
            timings.dns.map(Ms::micros),
            timings.connect.map(Ms::micros),
            timings.tls.map(Ms::micros),
            timings.ttfb.map(Ms::micros),
            timings.body.map(Ms::micros),
            timings.total.micros(),
            attempt.remote_address,
            attempt.request.url,
            headers_text(&attempt.request.headers),
            (!same_body).then_some(&attempt.request.body),
            response.map(|response| headers_text(&response.headers)),
            response.map(|response| &response.body),
            response.map(|response| response.truncated),
            attempt.node_id,
        ])?;
        Ok(())
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Maybe(text) => text.to_sql(),
            Self::Number(number) => number.to_sql(),
            Self::MaybeNumber(number) => number.to_sql(),
            Self::Fraction(fraction) => fraction.to_sql(),
            Self::Flag(flag) => flag.to_sql(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Rare, Store};
    use super::*;
    use wire::Time;

    /// As after a disk that failed once: what was written is on it in the end, and not by the log.
    #[tokio::test]
    async fn after_a_failed_sync_the_log_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
        let Store::Sqlite { writer, .. } = &store else { panic!("a SQLite file") };
        let pause = super::super::super::Pause {
            endpoint: "crm".to_owned(),
            paused: true,
            reason: None,
            since: Time(1),
        };
        writer.write(&[Change::Rare(Rare::Pause(pause))], &[]).unwrap();
        let log = folder.path().join("a.db-wal");
        assert!(std::fs::metadata(&log).unwrap().len() > 0);
        writer.suspect.store(true, Ordering::Relaxed);
        writer.sync().unwrap();
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
        assert!(!writer.suspect.load(Ordering::Relaxed));
        assert_eq!(store.pauses().await.unwrap().len(), 1);
    }

    /// As long as a reader holds what was there before, the log can't begin anew, and nothing is called durable.
    #[tokio::test]
    async fn a_reader_in_the_way_of_repair_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
        let Store::Sqlite { writer, .. } = &store else { panic!("a SQLite file") };
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT COUNT(*) FROM events;").unwrap();
        reader.query_row("SELECT COUNT(*) FROM events", [], |_| Ok(())).unwrap();
        let pause = super::super::super::Pause {
            endpoint: "crm".to_owned(),
            paused: true,
            reason: None,
            since: Time(1),
        };
        writer.write(&[Change::Rare(Rare::Pause(pause))], &[]).unwrap();
        writer.suspect.store(true, Ordering::Relaxed);
        writer.open().as_ref().unwrap().connection.busy_timeout(Duration::from_millis(50)).unwrap();
        assert!(writer.sync().is_err());
        assert!(writer.suspect.load(Ordering::Relaxed));
        reader.execute_batch("COMMIT").unwrap();
        writer.sync().unwrap();
    }
}
