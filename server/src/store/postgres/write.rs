//! PostgreSQL: a commit of whatever came together.

use super::super::rare::{self, Rare, Statement, Value};
use super::super::write::{Answers, Change, Writing};
use super::super::{MeterRow, NewHit, StoreError, Told, hits, runs};
use super::rows::{DeliveryRow, Rows, column};
use super::sessions::{AWAY, LONGEST_COMMIT, Sessions};
use super::stream;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use tokio::time::timeout;
use wire::{AcceptedEvent, Attempt, EventId, Hit, HitId, Trigger};

/// Commits `changes` and `meters` in one transaction: all of it or nothing.
pub(in super::super) async fn write(
    sessions: &Sessions,
    writing: Option<&Writing>,
    changes: &[Change],
    meters: &[MeterRow],
) -> Result<Answers, StoreError> {
    // Duplicates are rare: only once one was in the way is it worth to ask which are known.
    let mut may_be_known = false;
    let mut tries = TRIES;
    loop {
        let mut session = sessions.take().await?;
        let once = write_once(&mut session, writing, may_be_known, changes, meters);
        let came_out = timeout(LONGEST_COMMIT, once).await.unwrap_or(Err(AWAY));
        sessions.give_back(session, &came_out);
        match came_out {
            Ok(answers) => return Ok(answers),
            // One that another gateway stored in between is seen the next time.
            Err(error) if is_known(&error) => may_be_known = true,
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

/// `unique_violation` of an event's id, in the table of all ids or in its day's: whichever is written first.
fn is_known(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        let is_of_events = |table: &str| table == "event_ids" || table.starts_with("events_");
        error.code().is_some_and(|code| code == "23505") && error.table().is_some_and(is_of_events)
    })
}

/// One try. It fails, with nothing stored, if events are known that it was not told to look for.
async fn write_once(
    session: &mut PgConnection,
    writing: Option<&Writing>,
    may_be_known: bool,
    changes: &[Change],
    meters: &[MeterRow],
) -> Result<Answers, sqlx::Error> {
    let node = writing.map(|writing| &*writing.node);
    let works = writing.is_some_and(|writing| writing.works);
    if is_simple(changes) && meters.is_empty() && !may_be_known {
        let (rows, events) = rows(changes, works, &HashSet::new(), &HashMap::new());
        return write_simple(session, writing, changes, &rows, events).await;
    }
    let mut transaction = session.begin().await?;
    let mut refused = paid_elsewhere(&mut transaction, changes).await?;
    let known = if may_be_known { known_events(&mut transaction, changes).await? } else { HashMap::new() };
    let (rows, events) = rows(changes, works, &refused, &known);
    let mut known_before = HashSet::new();
    if let Some(ours) = rows.put(&mut transaction, node, None).await? {
        let others = places_of_others(changes, &ours);
        known_before = known_outcomes(&mut transaction, changes, &others).await?;
        refused.extend(others.into_iter().filter(|place| !known_before.contains(place)));
    }
    let mut repeats = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        match change {
            Change::Accept(_) | Change::Outcome(_) | Change::Delivery(..) | Change::Cancel(..) => {}
            Change::Hit(new) => repeats.push(insert_hit(&mut transaction, new, node).await?),
            Change::Run(change) => {
                if !refused.contains(&place)
                    && run(&mut transaction, runs::put(&change.stored, change.is_asking, node)).await? == 0
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
    let answers = Answers { events, repeats, refused, known: known_before };
    if let Some((writing, number)) = writing.and_then(|writing| Some((writing, writing.number?))) {
        let told = Told::of(changes, &answers, writing.in_full);
        if !told.is_empty() {
            stream::tell(&mut transaction, &writing.teller, number, &told).await?;
        }
    }
    transaction.commit().await?;
    Ok(answers)
}

/// The rows that these changes come to, and the answer for each of their events. `refused` are the places of changes that
/// are none of ours, `known` has the events that are stored already with the number of their deliveries.
fn rows<'a>(
    changes: &'a [Change],
    works: bool,
    refused: &HashSet<usize>,
    known: &HashMap<String, u64>,
) -> (Rows<'a>, Vec<AcceptedEvent>) {
    let mut rows = Rows {
        events: Vec::new(),
        new: Vec::new(),
        changed: changed_deliveries(changes, works),
        attempts: attempts(changes),
    };
    // Of two events with one id in one commit the first is stored and the second is its duplicate.
    let mut fresh: HashMap<&str, u64> = HashMap::new();
    let mut answers = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        for new in change.events() {
            let id = new.event.id.as_str();
            let stored = if refused.contains(&place) {
                Some(0)
            } else {
                known.get(id).or_else(|| fresh.get(id)).copied()
            };
            let count = stored.unwrap_or(new.deliveries.len() as u64);
            if stored.is_none() {
                fresh.insert(id, count);
                rows.events.push(&*new.event);
                rows.new.extend(new.deliveries.iter().map(|delivery| DeliveryRow {
                    delivery,
                    next_trigger: new.trigger,
                    is_claimed: works && !new.left.contains(&delivery.id),
                    from: None,
                }));
            }
            answers.push(AcceptedEvent {
                id: new.event.id.clone(),
                deliveries: count,
                duplicate: stored.is_some(),
            });
        }
    }
    (rows, answers)
}

/// Whether these are nothing but events, and what became of deliveries.
fn is_simple(changes: &[Change]) -> bool {
    let is_simple = |change: &Change| match change {
        Change::Accept(_) | Change::Outcome(_) | Change::Delivery(..) | Change::Cancel(..) => true,
        Change::Hit(_) | Change::Run(_) | Change::Rare(_) => false,
    };
    changes.iter().all(is_simple)
}

/// One statement, which commits by itself: what comes by the thousand costs one way to the server and back.
async fn write_simple(
    connection: &mut PgConnection,
    writing: Option<&Writing>,
    changes: &[Change],
    rows: &Rows<'_>,
    events: Vec<AcceptedEvent>,
) -> Result<Answers, sqlx::Error> {
    let node = writing.map(|writing| &*writing.node);
    let mut answers = Answers { events, ..Answers::default() };
    let number = writing.and_then(|writing| writing.number);
    let told = number.map(|number| {
        (number, Told::of(changes, &answers, writing.is_some_and(|writing| writing.in_full)).text())
    });
    let teller = writing.map(|writing| writing.teller.as_str());
    let telling = told.as_ref().zip(teller).map(|((number, text), teller)| (teller, *number, text.as_str()));
    if let Some(ours) = rows.put(&mut *connection, node, telling).await? {
        let others = places_of_others(changes, &ours);
        answers.known = known_outcomes(&mut *connection, changes, &others).await?;
        answers.refused.extend(others.into_iter().filter(|place| !answers.known.contains(place)));
        // Some of what was told did not happen.
        if let Some((teller, number, _)) = telling {
            stream::correct(connection, teller, number).await?;
        }
    }
    Ok(answers)
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

const KNOWN_ATTEMPTS: &str = "\
SELECT id
FROM attempts
WHERE delivery_id = ANY($1::TEXT[]) AND id = ANY($2::TEXT[])";

/// Which of these places have outcomes whose attempts are stored already.
async fn known_outcomes(
    connection: &mut PgConnection,
    changes: &[Change],
    places: &[usize],
) -> Result<HashSet<usize>, sqlx::Error> {
    let attempt = |place: usize| match &changes[place] {
        Change::Outcome(outcome) => Some((place, &*outcome.attempt)),
        _ => None,
    };
    let attempts: Vec<(usize, &Attempt)> = places.iter().filter_map(|place| attempt(*place)).collect();
    if attempts.is_empty() {
        return Ok(HashSet::new());
    }
    let known: Vec<String> = sqlx::query_scalar(KNOWN_ATTEMPTS)
        .bind(column(&attempts, |(_, attempt)| attempt.delivery_id.as_str()))
        .bind(column(&attempts, |(_, attempt)| attempt.id.as_str()))
        .fetch_all(connection)
        .await?;
    let is_known = |attempt: &Attempt| known.iter().any(|id| id == attempt.id.as_str());
    Ok(attempts.into_iter().filter(|(_, attempt)| is_known(attempt)).map(|(place, _)| place).collect())
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
            run(connection, runs::put(stored, false, node)).await?;
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
                from: None,
            }),
            Change::Delivery(due, from) => Some(DeliveryRow {
                delivery: &due.delivery,
                next_trigger: due.trigger,
                is_claimed: works,
                from: Some(*from),
            }),
            Change::Cancel(delivery, from) => Some(DeliveryRow {
                delivery,
                next_trigger: Trigger::Schedule,
                is_claimed: false,
                from: Some(*from),
            }),
            Change::Accept(_) | Change::Hit(_) | Change::Run(_) | Change::Rare(_) => None,
        })
        .filter(|row| seen.insert(&row.delivery.id))
        .collect()
}

fn attempts(changes: &[Change]) -> Vec<(&Attempt, bool)> {
    changes
        .iter()
        .filter_map(|change| match change {
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
SELECT id, (SELECT COUNT(*) FROM deliveries WHERE deliveries.event_id = event_ids.id)
FROM event_ids
WHERE id = ANY($1::TEXT[])";

/// Which of the events of these changes are stored already, with the number of their deliveries.
async fn known_events(
    connection: &mut PgConnection,
    changes: &[Change],
) -> Result<HashMap<String, u64>, sqlx::Error> {
    let ids: Vec<&str> = changes.iter().flat_map(Change::events).map(|new| new.event.id.as_str()).collect();
    let known: Vec<(String, i64)> = sqlx::query_as(KNOWN_EVENTS).bind(ids).fetch_all(connection).await?;
    Ok(known.into_iter().map(|(id, count)| (id, count.unsigned_abs())).collect())
}

/// With all that hangs on them; but not what is to be sent again since it was looked for.
const FORGET_EVENTS: &str = "\
WITH held AS MATERIALIZED (
    SELECT id, event_id, status IN ('pending', 'retrying') AS is_open
    FROM deliveries
    WHERE event_id = ANY($1::TEXT[])
    FOR UPDATE
), gone AS (
    DELETE FROM event_ids
    WHERE id = ANY($1::TEXT[]) AND id NOT IN (SELECT event_id FROM held WHERE is_open)
    RETURNING id, received_at
), received AS (
    DELETE FROM events
    USING gone
    WHERE events.received_at = gone.received_at AND events.id = gone.id
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
