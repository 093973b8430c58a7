//! PostgreSQL: many rows of each table in one statement, a column an array.

use super::super::attempts::headers_text;
use super::super::rare::{self, Rare, Statement, Value};
use super::super::write::{Answers, Change, Writing};
use super::super::{MeterRow, NewHit, StoreError, StoredEvent, Told, deliveries, hits, runs};
use super::stream;
use sqlx::postgres::{PgConnection, PgPool};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use wire::{AcceptedEvent, Attempt, Delivery, EventId, Hit, HitId, Ms, Trigger};

/// A delivery as it now stands, and what makes its next attempt happen.
struct DeliveryRow<'a> {
    delivery: &'a Delivery,
    next_trigger: Trigger,
    /// Whether the writing gateway has it from now on.
    is_claimed: bool,
    /// Whether it may be changed only by the gateway that has it, and not where nobody has.
    is_fenced: bool,
}

/// Commits `changes` and `meters` in one transaction: all of it or nothing.
pub(in super::super) async fn write(
    pool: &PgPool,
    writing: Option<&Writing>,
    changes: &[Change],
    meters: &[MeterRow],
) -> Result<Answers, StoreError> {
    // Duplicates are rare: only when an insert was short of rows is it worth to ask which are known.
    let mut may_be_known = false;
    let mut tries = TRIES;
    loop {
        match write_once(pool, writing, may_be_known, changes, meters).await {
            Ok(Some(answers)) => return Ok(answers),
            // One that another gateway stored in between is seen the next time.
            Ok(None) => may_be_known = true,
            // Two gateways waited for each other; one had to give way.
            Err(error) if gave_way(&error) => {}
            Err(error) => return Err(error.into()),
        }
        tries -= 1;
        if tries == 0 {
            return Err(StoreError::Sql("other gateways were always first".into()));
        }
    }
}

/// Tries of one commit among other gateways' commits.
const TRIES: u32 = 5;

/// `deadlock_detected` and `serialization_failure`.
fn gave_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "40P01" || code == "40001")
}

/// One try; `None`, with nothing stored, if events were known that it was not told to look for.
async fn write_once(
    pool: &PgPool,
    writing: Option<&Writing>,
    may_be_known: bool,
    changes: &[Change],
    meters: &[MeterRow],
) -> Result<Option<Answers>, sqlx::Error> {
    let node = writing.map(|writing| &*writing.node);
    let works = writing.is_some_and(|writing| writing.works);
    let mut transaction = pool.begin().await?;
    let mut refused = paid_elsewhere(&mut transaction, changes).await?;
    let new_events = || {
        let wanted = |place: &usize| !refused.contains(place);
        changes
            .iter()
            .enumerate()
            .filter(move |(place, _)| wanted(place))
            .flat_map(|(_, change)| change.events())
    };
    let ids: Vec<&str> = new_events().map(|new| new.event.id.as_str()).collect();
    let known: HashSet<String> = if may_be_known && !ids.is_empty() {
        known_events(&mut transaction, &ids).await?.into_iter().collect()
    } else {
        HashSet::new()
    };
    // Of two events with one id in one commit the first is stored and the second is its duplicate.
    let mut fresh: HashMap<&str, u64> = HashMap::with_capacity(ids.len());
    let mut events = Vec::with_capacity(ids.len());
    let mut new_deliveries = Vec::with_capacity(ids.len());
    let mut answers = Vec::with_capacity(ids.len());
    for (place, new) in changes
        .iter()
        .enumerate()
        .flat_map(|(place, change)| change.events().iter().map(move |new| (place, new)))
    {
        let id = new.event.id.as_str();
        let (deliveries, duplicate) = if refused.contains(&place) {
            (0, true)
        } else if known.contains(id) {
            let count: i64 =
                sqlx::query_scalar(deliveries::COUNT_OF_EVENT).bind(id).fetch_one(&mut *transaction).await?;
            (count.unsigned_abs(), true)
        } else if let Some(first) = fresh.get(id) {
            (*first, true)
        } else {
            let count = new.deliveries.len() as u64;
            fresh.insert(id, count);
            events.push(&*new.event);
            new_deliveries.extend(new.deliveries.iter().map(|delivery| DeliveryRow {
                delivery,
                next_trigger: new.trigger,
                is_claimed: works && !new.left.contains(&delivery.id),
                is_fenced: false,
            }));
            (count, false)
        };
        answers.push(AcceptedEvent { id: new.event.id.clone(), deliveries, duplicate });
    }
    if insert_events(&mut transaction, &events).await? < events.len() as u64 {
        // Some are known after all: nothing is stored, and the caller asks first.
        transaction.rollback().await?;
        return Ok(None);
    }
    insert_deliveries(&mut transaction, node, &new_deliveries).await?;
    let rows = changed_deliveries(changes, works);
    if let Some(ours) = update_deliveries(&mut transaction, node, &rows).await? {
        refused.extend(places_of_others(changes, &ours));
    }
    insert_attempts(&mut transaction, &attempts(changes, &refused)).await?;
    let mut repeats = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        match change {
            Change::Accept(_) | Change::Outcome(_) | Change::Delivery(..) | Change::Cancel(..) => {}
            Change::Hit(new) => repeats.push(insert_hit(&mut transaction, new, node).await?),
            Change::Run(change) => {
                if !refused.contains(&place)
                    && run(&mut transaction, runs::put(&change.stored, node)).await? == 0
                {
                    refused.insert(place);
                }
            }
            Change::Rare(Rare::Forget(old)) => {
                forget_events(&mut transaction, &old.events).await?;
                for statement in rare::forget_beside(old) {
                    run(&mut transaction, statement).await?;
                }
            }
            Change::Rare(rare) => {
                for statement in rare.statements(node) {
                    let written = run(&mut transaction, statement).await?;
                    if written == 0 && matches!(rare, Rare::Redelivery(_)) {
                        refused.insert(place);
                    }
                }
            }
        }
    }
    put_meters(&mut transaction, meters).await?;
    let answers = Answers { events: answers, repeats, refused };
    if let Some((writing, number)) = writing.and_then(|writing| Some((writing, writing.number?))) {
        let told = Told::of(changes, &answers, writing.in_full);
        if !told.is_empty() {
            stream::tell(&mut transaction, &writing.node, number, &told).await?;
        }
    }
    transaction.commit().await?;
    Ok(Some(answers))
}

/// The places of runs whose callback another gateway has made meanwhile.
async fn paid_elsewhere(
    connection: &mut PgConnection,
    changes: &[Change],
) -> Result<HashSet<usize>, sqlx::Error> {
    let mut paid = HashSet::new();
    for (place, change) in changes.iter().enumerate() {
        let Change::Run(change) = change else { continue };
        if change.callback.is_none() {
            continue;
        }
        let owes: Option<bool> = sqlx::query_scalar(runs::OWES)
            .bind(change.stored.run.id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        if owes != Some(true) {
            paid.insert(place);
        }
    }
    Ok(paid)
}

/// The places of changes to deliveries that are not ours to change.
fn places_of_others(changes: &[Change], ours: &HashSet<String>) -> Vec<usize> {
    let is_anothers = |(place, change): (usize, &Change)| {
        let id = match change {
            Change::Outcome(outcome) => &outcome.delivery.id,
            Change::Delivery(due, _) => &due.delivery.id,
            Change::Cancel(delivery, _) => &delivery.id,
            Change::Accept(_) | Change::Hit(_) | Change::Run(_) | Change::Rare(_) => return None,
        };
        (!ours.contains(id.as_str())).then_some(place)
    };
    changes.iter().enumerate().filter_map(is_anothers).collect()
}

/// Runs one statement, and says how many rows it wrote.
async fn run(connection: &mut PgConnection, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
    let mut query = sqlx::query(statement.sql);
    for value in statement.values {
        query = match value {
            Value::Text(text) => query.bind(text.into_owned()),
            Value::Maybe(text) => query.bind(text.map(Cow::into_owned)),
            Value::Number(number) => query.bind(number),
            Value::MaybeNumber(number) => query.bind(number),
            Value::Fraction(fraction) => query.bind(fraction),
            Value::Flag(flag) => query.bind(flag),
        };
    }
    Ok(query.execute(connection).await?.rows_affected())
}

/// Inserts a hit and the run it starts; or, if its key is known, the hit as a repeat of the one that it gives.
async fn insert_hit(
    connection: &mut PgConnection,
    new: &NewHit,
    node: Option<&str>,
) -> Result<Option<HitId>, sqlx::Error> {
    let hit = &new.hit;
    if let Some(key) = &new.repeat_key {
        let day_ago = hit.received_at.0 - hits::REPEATS_KNOWN_MS;
        let free = sqlx::query(hits::FREE_KEY).bind(&hit.inbound).bind(key).bind(day_ago);
        free.execute(&mut *connection).await?;
    }
    if put_hit(&mut *connection, hit, new.repeat_key.as_deref()).await? {
        if let Some(stored) = &new.run {
            run(connection, runs::put(stored, node)).await?;
        }
        return Ok(None);
    }
    let holder = sqlx::query_scalar(hits::HOLDER_OF_KEY).bind(&hit.inbound).bind(&new.repeat_key);
    let first: String = holder.fetch_one(&mut *connection).await?;
    let first: HitId = first.parse().map_err(|_| sqlx::Error::Protocol(format!("a hit's id: {first}")))?;
    put_hit(connection, &new.repeating(first.clone()), None).await?;
    Ok(Some(first))
}

/// Whether the hit was new.
async fn put_hit(connection: &mut PgConnection, hit: &Hit, key: Option<&str>) -> Result<bool, sqlx::Error> {
    let put = sqlx::query(hits::INSERT_HIT)
        .bind(hit.id.as_str())
        .bind(&hit.inbound)
        .bind(hit.outcome.as_str())
        .bind(hit.received_at.0)
        .bind(key)
        .bind(serde_json::to_string(hit).unwrap_or_default());
    Ok(put.execute(connection).await?.rows_affected() == 1)
}

/// The deliveries that changed; where one changed twice, as it stands last. `works` says whether this gateway delivers.
fn changed_deliveries(changes: &[Change], works: bool) -> Vec<DeliveryRow<'_>> {
    let mut seen = HashSet::new();
    changes
        .iter()
        .rev()
        .filter_map(|change| match change {
            // Whoever is free takes its next attempt.
            Change::Outcome(outcome) => Some(DeliveryRow {
                delivery: &outcome.delivery,
                next_trigger: outcome.next_trigger,
                is_claimed: false,
                is_fenced: true,
            }),
            Change::Delivery(due, _) => Some(DeliveryRow {
                delivery: &due.delivery,
                next_trigger: due.trigger,
                is_claimed: works,
                is_fenced: false,
            }),
            Change::Cancel(delivery, _) => Some(DeliveryRow {
                delivery,
                next_trigger: Trigger::Schedule,
                is_claimed: false,
                is_fenced: false,
            }),
            Change::Accept(_) | Change::Hit(_) | Change::Run(_) | Change::Rare(_) => None,
        })
        .filter(|row| seen.insert(&row.delivery.id))
        .collect()
}

/// The attempts that are ours to record.
fn attempts<'a>(changes: &'a [Change], refused: &HashSet<usize>) -> Vec<(&'a Attempt, bool)> {
    changes
        .iter()
        .enumerate()
        .filter(|(place, _)| !refused.contains(place))
        .filter_map(|(_, change)| match change {
            Change::Outcome(outcome) => Some((&*outcome.attempt, outcome.same_body)),
            Change::Accept(_)
            | Change::Delivery(..)
            | Change::Cancel(..)
            | Change::Hit(_)
            | Change::Run(_)
            | Change::Rare(_) => None,
        })
        .collect()
}

const KNOWN_EVENTS: &str = "\
SELECT id
FROM events
WHERE id = ANY($1::TEXT[])";

/// Which of these events are stored already.
async fn known_events(connection: &mut PgConnection, ids: &[&str]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(KNOWN_EVENTS).bind(ids).fetch_all(connection).await
}

const INSERT_EVENTS: &str = "\
INSERT INTO events (id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body)
SELECT * FROM UNNEST($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::BIGINT[], $7::TEXT[],
                     $8::TEXT[], $9::TEXT[])
ON CONFLICT (id) DO NOTHING";

/// Inserts the events that are new, and says how many that were.
async fn insert_events(connection: &mut PgConnection, events: &[&StoredEvent]) -> Result<u64, sqlx::Error> {
    if events.is_empty() {
        return Ok(0);
    }
    let inserted = sqlx::query(INSERT_EVENTS)
        .bind(column(events, |event| event.id.as_str()))
        .bind(column(events, |event| event.event_type.as_str()))
        .bind(column(events, |event| event.agent_id.as_deref()))
        .bind(column(events, |event| event.timestamp.as_str()))
        .bind(column(events, |event| event.instance_id.as_str()))
        .bind(column(events, |event| event.received_at.0))
        .bind(column(events, |event| event.hit_id.as_ref().map(wire::HitId::as_str)))
        .bind(column(events, |event| event.agent_run_id.as_deref()))
        .bind(column(events, |event| &*event.body))
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected())
}

const INSERT_DELIVERIES: &str = "\
INSERT INTO deliveries (id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts,
                        max_attempts, created_at, hit_id, claim_id)
SELECT * FROM UNNEST($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[],
                     $8::BIGINT[], $9::BIGINT[], $10::BIGINT[], $11::TEXT[], $12::TEXT[])";

/// Inserts new deliveries.
async fn insert_deliveries(
    connection: &mut PgConnection,
    node: Option<&str>,
    rows: &[DeliveryRow<'_>],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(INSERT_DELIVERIES)
        .bind(column(rows, |row| row.delivery.id.as_str()))
        .bind(column(rows, |row| row.delivery.event_id.as_str()))
        .bind(column(rows, |row| row.delivery.event_type.as_str()))
        .bind(column(rows, |row| row.delivery.agent_id.as_deref()))
        .bind(column(rows, |row| row.delivery.endpoint.as_str()))
        .bind(column(rows, |row| row.delivery.status.as_str()))
        .bind(column(rows, |row| row.next_trigger.as_str()))
        .bind(column(rows, |row| i64::from(row.delivery.attempts)))
        .bind(column(rows, |row| i64::from(row.delivery.max_attempts)))
        .bind(column(rows, |row| row.delivery.created_at.0))
        .bind(column(rows, |row| row.delivery.hit_id.as_ref().map(wire::HitId::as_str)))
        .bind(column(rows, |row| node.filter(|_| row.is_claimed)))
        .execute(connection)
        .await?;
    Ok(())
}

const UPDATE_DELIVERIES: &str = "\
UPDATE deliveries
SET status = now.status, next_trigger = now.next_trigger, attempts = now.attempts,
    next_attempt_at = now.next_attempt_at, finished_at = now.finished_at, last_reason = now.last_reason,
    last_status_code = now.last_status_code, last_duration = now.last_duration, claim_id = now.claim_id
FROM UNNEST($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[], $6::BIGINT[], $7::TEXT[], $8::BIGINT[],
            $9::BIGINT[], $10::TEXT[], $11::BOOLEAN[])
     AS now (id, status, next_trigger, attempts, next_attempt_at, finished_at, last_reason, last_status_code,
             last_duration, claim_id, is_fenced)
WHERE deliveries.id = now.id
  AND ($12 IS NULL OR deliveries.claim_id = $12
       OR (NOT now.is_fenced
           AND (deliveries.claim_id IS NULL OR deliveries.status NOT IN ('pending', 'retrying'))))
RETURNING deliveries.id";

/// Writes deliveries as they now stand, as far as they are not another gateway's. Gives those that were written, or `None`
/// if that is all of them.
async fn update_deliveries(
    connection: &mut PgConnection,
    node: Option<&str>,
    rows: &[DeliveryRow<'_>],
) -> Result<Option<HashSet<String>>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(None);
    }
    let written: Vec<String> = sqlx::query_scalar(UPDATE_DELIVERIES)
        .bind(column(rows, |row| row.delivery.id.as_str()))
        .bind(column(rows, |row| row.delivery.status.as_str()))
        .bind(column(rows, |row| row.next_trigger.as_str()))
        .bind(column(rows, |row| i64::from(row.delivery.attempts)))
        .bind(column(rows, |row| row.delivery.next_attempt_at.map(|time| time.0)))
        .bind(column(rows, |row| row.delivery.finished_at.map(|time| time.0)))
        .bind(column(rows, |row| row.delivery.last_reason.map(wire::Reason::as_str)))
        .bind(column(rows, |row| row.delivery.last_status_code.map(i64::from)))
        .bind(column(rows, |row| row.delivery.last_duration_ms.map(Ms::micros)))
        .bind(column(rows, |row| node.filter(|_| row.is_claimed)))
        .bind(column(rows, |row| row.is_fenced))
        .bind(node)
        .fetch_all(connection)
        .await?;
    Ok((written.len() < rows.len()).then(|| written.into_iter().collect()))
}

const INSERT_ATTEMPTS: &str = "\
INSERT INTO attempts (id, delivery_id, endpoint, number, trigger_kind, started_at, result, reason, detail,
                      status_code, dns, connect, tls, ttfb, body, total, remote_address, request_url,
                      request_headers, request_body, response_headers, response_body, response_truncated, node_id)
SELECT * FROM UNNEST($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[], $5::TEXT[], $6::BIGINT[], $7::TEXT[],
                     $8::TEXT[], $9::TEXT[], $10::BIGINT[], $11::BIGINT[], $12::BIGINT[], $13::BIGINT[],
                     $14::BIGINT[], $15::BIGINT[], $16::BIGINT[], $17::TEXT[], $18::TEXT[], $19::TEXT[],
                     $20::TEXT[], $21::TEXT[], $22::TEXT[], $23::BOOLEAN[], $24::TEXT[])";

/// Inserts attempts. `same_body` says of each whether its request's body is the event's.
async fn insert_attempts(
    connection: &mut PgConnection,
    rows: &[(&Attempt, bool)],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let micros = |of: fn(&wire::Timings) -> Option<Ms>| {
        column(rows, |(attempt, _)| of(&attempt.timings).map(Ms::micros))
    };
    sqlx::query(INSERT_ATTEMPTS)
        .bind(column(rows, |(attempt, _)| attempt.id.as_str()))
        .bind(column(rows, |(attempt, _)| attempt.delivery_id.as_str()))
        .bind(column(rows, |(attempt, _)| attempt.endpoint.as_str()))
        .bind(column(rows, |(attempt, _)| i64::from(attempt.number)))
        .bind(column(rows, |(attempt, _)| attempt.trigger.as_str()))
        .bind(column(rows, |(attempt, _)| attempt.started_at.0))
        .bind(column(rows, |(attempt, _)| attempt.result.as_str()))
        .bind(column(rows, |(attempt, _)| attempt.reason.map(wire::Reason::as_str)))
        .bind(column(rows, |(attempt, _)| attempt.detail.as_deref()))
        .bind(column(rows, |(attempt, _)| attempt.status_code.map(i64::from)))
        .bind(micros(|timings| timings.dns))
        .bind(micros(|timings| timings.connect))
        .bind(micros(|timings| timings.tls))
        .bind(micros(|timings| timings.ttfb))
        .bind(micros(|timings| timings.body))
        .bind(column(rows, |(attempt, _)| attempt.timings.total.micros()))
        .bind(column(rows, |(attempt, _)| attempt.remote_address.as_deref()))
        .bind(column(rows, |(attempt, _)| attempt.request.url.as_str()))
        .bind(column(rows, |(attempt, _)| headers_text(&attempt.request.headers)))
        .bind(column(rows, |(attempt, same)| (!same).then_some(attempt.request.body.as_str())))
        .bind(column(rows, |(attempt, _)| {
            attempt.response.as_ref().map(|response| headers_text(&response.headers))
        }))
        .bind(column(rows, |(attempt, _)| attempt.response.as_ref().map(|response| response.body.as_str())))
        .bind(column(rows, |(attempt, _)| attempt.response.as_ref().map(|response| response.truncated)))
        .bind(column(rows, |(attempt, _)| attempt.node_id.as_str()))
        .execute(connection)
        .await?;
    Ok(())
}

/// With all that hangs on them; but not what is to be sent again since it was looked for.
const FORGET_EVENTS: &str = "\
WITH gone AS (
    DELETE FROM events
    WHERE id = ANY($1::TEXT[])
      AND NOT EXISTS (SELECT FROM deliveries
                      WHERE deliveries.event_id = events.id
                        AND (deliveries.status = 'pending' OR deliveries.status = 'retrying'))
    RETURNING id
), delivered AS (
    DELETE FROM deliveries
    WHERE event_id IN (SELECT id FROM gone)
    RETURNING id
)
DELETE FROM attempts
WHERE delivery_id IN (SELECT id FROM delivered)";

async fn forget_events(connection: &mut PgConnection, events: &[EventId]) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = events.iter().map(EventId::as_str).collect();
    sqlx::query(FORGET_EVENTS).bind(ids).execute(connection).await?;
    Ok(())
}

const PUT_METERS: &str = "\
INSERT INTO meters (minute, run, endpoint, counts)
SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[])
ON CONFLICT (minute, run, endpoint) DO UPDATE
SET counts = excluded.counts";

/// Writes the counts of minutes as they now stand.
async fn put_meters(connection: &mut PgConnection, rows: &[MeterRow]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(PUT_METERS)
        .bind(column(rows, |row| row.minute))
        .bind(column(rows, |row| row.run.as_str()))
        .bind(column(rows, |row| row.endpoint.as_str()))
        .bind(column(rows, |row| row.counts.as_str()))
        .execute(connection)
        .await?;
    Ok(())
}

/// One column of many rows, as an array parameter takes it.
fn column<'rows, Row, Value>(rows: &'rows [Row], of: impl Fn(&'rows Row) -> Value) -> Vec<Value> {
    rows.iter().map(of).collect()
}
