//! One commit for everything that waits: events, deliveries, outcomes, pauses and counts.

use super::{
    DueDelivery, MeterRow, Pause, Store, StoreError, StoredEvent, deliveries, endpoints, postgres, sqlite,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use wire::{AcceptedEvent, Attempt, Delivery, DeliveryStatus, Trigger};

/// An event that was posted, and the deliveries it gets if it is new.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event.
    pub event: Arc<StoredEvent>,
    /// One delivery an endpoint that wants it.
    pub deliveries: Vec<Delivery>,
}

/// How an attempt ended, and how its delivery stands now.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The delivery as it now stands.
    pub delivery: Delivery,
    /// What makes the next attempt happen, if one comes.
    pub next_trigger: Trigger,
    /// The attempt.
    pub attempt: Arc<Attempt>,
    /// Whether the attempt's body is the event's, which then is not stored twice.
    pub same_body: bool,
    /// How the delivery stood before.
    pub from: DeliveryStatus,
}

/// Something to commit.
#[derive(Clone, Debug)]
pub enum Change {
    /// Events were posted, together: all are stored or none.
    Accept(Vec<NewEvent>),
    /// An attempt ended.
    Outcome(Box<Outcome>),
    /// A delivery is to be attempted again because a person asked; it stood so before.
    Delivery(Box<DueDelivery>, DeliveryStatus),
    /// An endpoint was paused or resumed.
    Pause(Pause),
}

/// An event's columns.
pub(super) struct EventRow<'a> {
    pub(super) id: &'a str,
    pub(super) event_type: &'static str,
    pub(super) agent_id: Option<&'a str>,
    pub(super) timestamp: &'a str,
    pub(super) instance_id: &'a str,
    pub(super) received_at: i64,
    pub(super) hit_id: Option<&'a str>,
    pub(super) body: &'a str,
}

/// A delivery's columns.
pub(super) struct DeliveryRow<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) next_trigger: Trigger,
}

/// The same statements over a connection of either database.
macro_rules! statements {
    ($database:ident, $pool:expr, $may_be_known:expr, $changes:expr, $meter_rows:expr) => {{
        let mut transaction = $pool.begin().await?;
        let ids: Vec<&str> = accepted($changes).map(|new| new.event.id.as_str()).collect();
        let known: HashSet<String> = if $may_be_known && !ids.is_empty() {
            $database::known_events(&mut transaction, &ids).await?.into_iter().collect()
        } else {
            HashSet::new()
        };
        // Of two events with one id in one commit the first is stored and the second is its duplicate.
        let mut fresh: HashMap<&str, u64> = HashMap::with_capacity(ids.len());
        let mut events = Vec::with_capacity(ids.len());
        let mut new_deliveries = Vec::with_capacity(ids.len());
        let mut answers = Vec::with_capacity(ids.len());
        for new in accepted($changes) {
            let id = new.event.id.as_str();
            let (deliveries, duplicate) = if known.contains(id) {
                let count: i64 = sqlx::query_scalar(deliveries::COUNT_OF_EVENT)
                    .bind(id)
                    .fetch_one(&mut *transaction)
                    .await?;
                (count.unsigned_abs(), true)
            } else if let Some(first) = fresh.get(id) {
                (*first, true)
            } else {
                let count = new.deliveries.len() as u64;
                fresh.insert(id, count);
                events.push(event_row(&new.event));
                let rows = new.deliveries.iter();
                new_deliveries
                    .extend(rows.map(|delivery| DeliveryRow { delivery, next_trigger: Trigger::Schedule }));
                (count, false)
            };
            answers.push(AcceptedEvent { id: new.event.id.clone(), deliveries, duplicate });
        }
        if $database::insert_events(&mut transaction, &events).await? < events.len() as u64 {
            // Some are known after all: nothing is stored, and the caller asks first.
            transaction.rollback().await?;
            return Ok(None);
        }
        $database::insert_deliveries(&mut transaction, &new_deliveries).await?;
        $database::update_deliveries(&mut transaction, &changed_deliveries($changes)).await?;
        $database::insert_attempts(&mut transaction, &attempts($changes)).await?;
        for change in $changes {
            if let Change::Pause(pause) = change {
                sqlx::query(endpoints::PUT_STATE)
                    .bind(&pause.endpoint)
                    .bind(pause.paused)
                    .bind(pause.reason.as_deref())
                    .bind(pause.since.0)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        $database::put_meters(&mut transaction, $meter_rows).await?;
        transaction.commit().await?;
        Ok(Some(answers))
    }};
}

/// Commits `changes` and `meter_rows` in one transaction: all of it or nothing. Gives one answer for each event in
/// `changes`, in their order.
pub async fn write(
    store: &Store,
    changes: &[Change],
    meter_rows: &[MeterRow],
) -> Result<Vec<AcceptedEvent>, StoreError> {
    // Duplicates are rare: only when an insert was short of rows is it worth to ask which are known.
    if let Some(answers) = write_once(store, false, changes, meter_rows).await? {
        return Ok(answers);
    }
    let answers = write_once(store, true, changes, meter_rows).await?;
    answers.ok_or(StoreError::Sql(sqlx::Error::RowNotFound))
}

/// One try; `None`, with nothing stored, if events were known that it was not told to look for.
async fn write_once(
    store: &Store,
    may_be_known: bool,
    changes: &[Change],
    meter_rows: &[MeterRow],
) -> Result<Option<Vec<AcceptedEvent>>, StoreError> {
    match store {
        Store::Sqlite { write, .. } => statements!(sqlite, write, may_be_known, changes, meter_rows),
        Store::Postgres(pool) => statements!(postgres, pool, may_be_known, changes, meter_rows),
    }
}

fn accepted(changes: &[Change]) -> impl Iterator<Item = &NewEvent> {
    changes.iter().flat_map(|change| match change {
        Change::Accept(events) => events.as_slice(),
        Change::Outcome(_) | Change::Delivery(..) | Change::Pause(_) => &[],
    })
}

fn event_row(event: &StoredEvent) -> EventRow<'_> {
    EventRow {
        id: event.id.as_str(),
        event_type: event.event_type.as_str(),
        agent_id: event.agent_id.as_deref(),
        timestamp: &event.timestamp,
        instance_id: &event.instance_id,
        received_at: event.received_at.0,
        hit_id: event.hit_id.as_ref().map(wire::HitId::as_str),
        body: &event.body,
    }
}

/// The deliveries that changed; where one changed twice, as it stands last.
fn changed_deliveries(changes: &[Change]) -> Vec<DeliveryRow<'_>> {
    let mut seen = HashSet::new();
    changes
        .iter()
        .rev()
        .filter_map(|change| match change {
            Change::Outcome(outcome) => {
                Some(DeliveryRow { delivery: &outcome.delivery, next_trigger: outcome.next_trigger })
            }
            Change::Delivery(due, _) => {
                Some(DeliveryRow { delivery: &due.delivery, next_trigger: due.trigger })
            }
            Change::Accept(_) | Change::Pause(_) => None,
        })
        .filter(|row| seen.insert(&row.delivery.id))
        .collect()
}

fn attempts(changes: &[Change]) -> Vec<(&Attempt, bool)> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Outcome(outcome) => Some((&*outcome.attempt, outcome.same_body)),
            Change::Accept(_) | Change::Delivery(..) | Change::Pause(_) => None,
        })
        .collect()
}
