//! One commit for everything that waits: events, deliveries, outcomes, pauses and counts.

use super::{DueDelivery, MeterRow, NewHit, Rare, Store, StoreError, StoredEvent, StoredRun, postgres};
use std::collections::HashSet;
use std::sync::Arc;
use wire::{AcceptedEvent, Attempt, Delivery, DeliveryId, DeliveryStatus, HitId, Trigger};

/// An event that was posted, and the deliveries it gets if it is new.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event.
    pub event: Arc<StoredEvent>,
    /// One delivery an endpoint that wants it.
    pub deliveries: Vec<Delivery>,
    /// What makes their first attempt happen.
    pub trigger: Trigger,
    /// Those of them that this gateway has no room for: of many, another may take them sooner.
    pub left: Vec<DeliveryId>,
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
    /// A person cancelled a delivery, which stood so before.
    Cancel(Box<Delivery>, DeliveryStatus),
    /// A hit came.
    Hit(Box<NewHit>),
    /// A run stands differently.
    Run(Box<RunChange>),
    /// What comes one at a time.
    Rare(Rare),
}

/// A run as it now stands, and the event that carries its answer out, if that is made now: both are stored or none.
#[derive(Clone, Debug)]
pub struct RunChange {
    /// The run.
    pub stored: StoredRun,
    /// Its callback.
    pub callback: Option<NewEvent>,
    /// Whether it is who asks the agent that says so: among many gateways only the one that has the run may.
    pub is_asking: bool,
}

/// What a commit found, for whoever waits.
#[derive(Debug, Default)]
pub struct Answers {
    /// One for each event in the changes, in their order.
    pub events: Vec<AcceptedEvent>,
    /// One for each hit in the changes, in their order: the hit that it repeats, if it does.
    pub repeats: Vec<Option<HitId>>,
    /// The places of those changes that were not stored, because another gateway has what they change.
    pub refused: HashSet<usize>,
    /// The places of those outcomes that an earlier commit of the same had stored already: its answer was lost.
    pub known: HashSet<usize>,
}

/// The gateway that writes, where many share a database.
#[derive(Clone, Debug)]
pub struct Writing {
    /// By what its claims are known.
    pub node: Arc<str>,
    /// Under what it tells: each of its writers numbers for itself, in the order of its own commits.
    pub teller: String,
    /// Whether it delivers.
    pub works: bool,
    /// The number of what it tells the others; absent while there are none.
    pub number: Option<i64>,
    /// Whether somebody watches another gateway.
    pub in_full: bool,
}

impl Change {
    /// The events that this is to store.
    pub fn events(&self) -> &[NewEvent] {
        match self {
            Self::Accept(events) => events,
            Self::Run(change) => change.callback.as_slice(),
            Self::Outcome(_) | Self::Delivery(..) | Self::Cancel(..) | Self::Hit(_) | Self::Rare(_) => &[],
        }
    }
}

/// Commits `changes` and `meters` in one transaction: all of it or nothing. Others read it at once; it survives a power cut after the next [`sync`].
///
/// Blocks the thread while SQLite writes: to be called from one that is there for it.
pub async fn write(store: &Store, changes: &[Change], meters: &[MeterRow]) -> Result<Answers, StoreError> {
    write_as(store, None, changes, meters).await
}

/// The same by one of many gateways: only what it has, or nobody, is changed, and the others are told.
pub async fn write_as(
    store: &Store,
    writing: Option<&Writing>,
    changes: &[Change],
    meters: &[MeterRow],
) -> Result<Answers, StoreError> {
    match store {
        Store::Sqlite { writer, .. } => writer.write(changes, meters),
        Store::Postgres { write, .. } => postgres::write(write, writing, changes, meters).await,
    }
}

/// Returns once all that was written before is on the disk. Blocks the thread meanwhile.
pub fn sync(store: &Store) -> Result<(), StoreError> {
    match store {
        Store::Sqlite { writer, .. } => writer.sync(),
        // A commit there returns when it is on the disk.
        Store::Postgres { .. } => Ok(()),
    }
}
