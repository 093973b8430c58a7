//! The committer: the one writer. Groups everything that waits into one commit, then tells the lanes and the feed.
//!
//! It is two threads and a task. The first thread writes a group of changes; the second waits until the disk has it.
//! While one group is on its way to the disk the first thread writes the next, which gathers all that came meanwhile:
//! a thousand callers cost hardly more than one. Each caller waits for its own: what was answered is on disk. The task
//! tells, from within the runtime: to wake callers one by one from outside would cost a call to the system for each.

mod teller;
mod writer;

use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::endpoints::Endpoints;
use crate::live::feed::Feed;
use crate::meters::Meters;
use crate::store::{
    self, Answers, Change, DueDelivery, Logout, MadeEndpoint, NewEvent, NewHit, Old, Outcome, Pause, Rare,
    Redelivery, RunChange, Store, StoreError, StoredRun,
};
use crate::telemetry::{Telemetry, Traces};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use teller::Teller;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Duration, Instant};
use wire::{AcceptedEvent, AuditEntry, Check, Delivery, DeliveryId, DeliveryStatus, EventId, HitId, Time};
use writer::Writer;

/// Requests that may wait, and KiB of events in them; past that, events are refused with 503 at once.
const WAITING: usize = 4096;
const WAITING_KIB: usize = 64 << 10;
/// Who comes from outside waits for a place at most so long.
const LONGEST_IN_LINE: Duration = Duration::from_secs(5);
/// Requests in one commit, and events in them: more would hold memory and make the others wait.
const GROUP: usize = 512;
const GROUP_EVENTS: usize = 4096;
/// Groups that are written and wait for the disk, beside the one that is on its way to it: what comes later gathers
/// in one larger group, which costs less than several small ones.
const AHEAD: usize = 0;
/// Why a change was not committed.
#[derive(Debug)]
pub enum CommitError {
    /// Too much waits already.
    Busy,
    /// The gateway is stopping.
    Stopping,
    /// The database failed; nothing of the change was stored.
    Store(StoreError),
    /// Another gateway has what the change is about; nothing of it was stored.
    Elsewhere,
}

/// Where the answer goes, if anyone waits for it.
type Reply = Option<oneshot::Sender<Result<Answer, CommitError>>>;

/// What a commit found for one who waits.
#[derive(Debug, Default)]
struct Answer {
    /// One for each event of the request.
    events: Vec<AcceptedEvent>,
    /// The hit that the request's hit repeats, if it does.
    repeats: Option<HitId>,
}

enum Request {
    Commit(Change, Reply),
    /// Commit what came before this, and end.
    Stop,
}

impl Request {
    fn events(&self) -> usize {
        match self {
            Self::Commit(change, _) => change.events().len(),
            Self::Stop => 0,
        }
    }
}

/// The way to the one writer.
#[derive(Clone, Debug)]
pub struct Committer {
    requests: mpsc::Sender<Request>,
    /// A permit for each KiB of events that may still come.
    room: Arc<Semaphore>,
    told: Told,
}

/// The newest delivery that is on disk and told of. Newer ones can be read already while the disk still works on them.
type Told = Arc<Mutex<Option<DeliveryId>>>;

/// What the committer works with.
#[derive(Debug)]
pub struct Tools {
    /// The database.
    pub store: Store,
    /// Time and ids.
    pub clock: Clock,
    /// Where each commit is told.
    pub feed: Feed,
    /// What each commit is counted in.
    pub meters: Arc<Mutex<Meters>>,
    /// Where traces go.
    pub traces: Traces,
    /// And for Prometheus.
    pub telemetry: Arc<Telemetry>,
    /// This gateway among others.
    pub cluster: Arc<Cluster>,
}

/// A group that is written, and who waits for it.
struct Written {
    changes: Vec<Change>,
    replies: Vec<Reply>,
    answers: Answers,
    /// By which name of this gateway, where many share the database.
    node: Option<Arc<str>>,
}

/// What the committer reads from, and where it says how far it has told.
#[derive(Clone)]
pub struct Requests(Arc<tokio::sync::Mutex<mpsc::Receiver<Request>>>, Told);

/// A committer, and what has to be run for it to work. `newest` is the newest delivery that an earlier run left.
pub fn new(newest: Option<DeliveryId>) -> (Committer, Requests) {
    let (requests, waiting) = mpsc::channel(WAITING);
    let told = Told::new(Mutex::new(newest));
    let room = Arc::new(Semaphore::new(WAITING_KIB));
    (
        Committer { requests, room, told: Arc::clone(&told) },
        Requests(Arc::new(tokio::sync::Mutex::new(waiting)), told),
    )
}

impl Committer {
    /// Stores events and their deliveries, all or none, and returns when they are on disk.
    pub async fn accept(&self, events: Vec<NewEvent>) -> Result<Vec<AcceptedEvent>, CommitError> {
        let bytes: usize = events.iter().map(|new| new.event.body.len()).sum();
        self.take_in(bytes, Change::Accept(events)).await.map(|answer| answer.events)
    }

    /// Stores a hit and the run it starts; returns when they are on disk, with the hit that it repeats, if it does.
    pub async fn hit(&self, new: NewHit) -> Result<Option<HitId>, CommitError> {
        // The prompt, and the request that holds it, are about as long as the body.
        let bytes = 3 * new.hit.body.len();
        self.take_in(bytes, Change::Hit(Box::new(new))).await.map(|answer| answer.repeats)
    }

    /// Stores how a run stands that the agent is asked for; returns when that is on disk.
    pub async fn asked(&self, stored: StoredRun) -> Result<(), CommitError> {
        self.change(Change::Run(Box::new(RunChange { stored, callback: None, is_asking: true }))).await
    }

    /// Stores how a run that ended stands, and the event that carries its answer out; returns when both are on disk.
    pub async fn run(&self, stored: StoredRun, callback: Option<NewEvent>) -> Result<(), CommitError> {
        self.change(Change::Run(Box::new(RunChange { stored, callback, is_asking: false }))).await
    }

    /// Stores that these events belong to a hit, and returns when that is on disk.
    pub async fn link(&self, events: Vec<EventId>, hit: HitId) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Link(events, hit))).await
    }

    /// Stores that a person wants this delivery attempted, which stood so before; returns when that is on disk.
    pub async fn redeliver(&self, due: DueDelivery, from: DeliveryStatus) -> Result<(), CommitError> {
        self.change(Change::Delivery(Box::new(due), from)).await
    }

    /// Stores that an endpoint was paused or resumed, and returns when that is on disk.
    pub async fn pause(&self, pause: Pause) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Pause(pause))).await
    }

    /// Stores that a person cancelled this delivery, which stood so before; returns when that is on disk.
    pub async fn cancel(&self, delivery: Delivery, from: DeliveryStatus) -> Result<(), CommitError> {
        self.change(Change::Cancel(Box::new(delivery), from)).await
    }

    /// Stores an endpoint made or changed through the API, and returns when that is on disk.
    pub async fn define(&self, made: MadeEndpoint) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Define(made))).await
    }

    /// Stores that an endpoint of the API is defined no more, and returns when that is on disk.
    pub async fn remove(&self, name: &str) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Remove(name.to_owned()))).await
    }

    /// Cancels those of these deliveries that are not finished; returns when that is on disk.
    pub async fn cancel_open(&self, deliveries: Vec<DeliveryId>, since: Time) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::CancelOpen(deliveries, since))).await
    }

    /// Stores what a health check found, and returns when that is on disk.
    pub async fn check(&self, check: Check) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Check(Box::new(check)))).await
    }

    /// Hands over an attempt's outcome; returns when it has its place in the queue.
    pub async fn record(&self, outcome: Outcome) {
        let request = Request::Commit(Change::Outcome(Box::new(outcome)), None);
        // Without a committer the gateway is gone: the attempt will be made again at the next start.
        let _ = self.requests.send(request).await;
    }

    /// Stores that a redelivery of many was asked for, or how far it is; returns when that is on disk.
    pub async fn redelivery(&self, asked: Redelivery) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Redelivery(Box::new(asked)))).await
    }

    /// Stores that a redelivery of many is through, and returns when that is on disk.
    pub async fn redelivered(&self, id: &str) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Redelivered(id.to_owned()))).await
    }

    /// Stores that a session was logged out of, and returns when that is on disk.
    pub async fn logout(&self, logout: Logout) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Logout(logout))).await
    }

    /// Stores that somebody did something, and returns when that is on disk.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Audit(Box::new(entry)))).await
    }

    /// Deletes what is old, and returns when it is gone.
    pub async fn forget(&self, old: Old) -> Result<(), CommitError> {
        self.change(Change::Rare(Rare::Forget(old))).await
    }

    /// Whether this delivery is on disk and told of; what is read from the database may not be yet.
    pub fn has_told(&self, delivery: &DeliveryId) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().is_some_and(|told| delivery <= told)
    }

    /// Ends the committer once all that was asked before is on disk.
    pub async fn stop(&self) {
        for _ in 0..store::WRITERS {
            let _ = self.requests.send(Request::Stop).await;
        }
    }

    /// Takes what comes from outside, as long as not too much waits.
    async fn take_in(&self, bytes: usize, change: Change) -> Result<Answer, CommitError> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        let _room = self.room.try_acquire_many(kib).map_err(|_| CommitError::Busy)?;
        let (reply, answer) = oneshot::channel();
        let request = Request::Commit(change, Some(reply));
        // In line with the outcomes that wait for their place: by bytes it is bounded already.
        let place = tokio::time::timeout(LONGEST_IN_LINE, self.requests.reserve()).await;
        place.map_err(|_| CommitError::Busy)?.map_err(|_| CommitError::Stopping)?.send(request);
        answer.await.unwrap_or(Err(CommitError::Stopping))
    }

    async fn change(&self, change: Change) -> Result<(), CommitError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Commit(change, Some(reply))).await.map_err(|_| CommitError::Stopping)?;
        answer.await.unwrap_or(Err(CommitError::Stopping)).map(|_| ())
    }
}

/// Starts the committer's threads, and gives what tells of their end. They are threads of their own because they wait
/// for the disk, and because as tasks among thousands they would wait for their turn.
pub fn start(
    tools: Tools,
    endpoints: &Endpoints,
    requests: &Requests,
) -> std::io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    let (hand_on, written) = std::sync::mpsc::sync_channel(AHEAD);
    let (synced, to_tell) = mpsc::unbounded_channel();
    let runtime = Handle::current();
    let told = Arc::clone(&requests.1);
    let teller = Teller {
        clock: tools.clock.clone(),
        feed: tools.feed,
        traces: tools.traces,
        endpoints: endpoints.clone(),
        cluster: Arc::clone(&tools.cluster),
        told,
    };
    tokio::spawn(async move {
        teller.run(to_tell).await;
        // Nobody waits any more if the gateway was dropped.
        let _ = end.send(());
    });
    let store = tools.store.clone();
    std::thread::Builder::new()
        .name("sync".to_owned())
        .spawn(move || sync_groups(&store, &written, &synced))?;
    for number in 0..tools.store.writers() {
        let writer = Writer::new(
            number,
            tools.store.clone(),
            tools.clock.clone(),
            Arc::clone(&tools.meters),
            Arc::clone(&tools.telemetry),
            Arc::clone(&tools.cluster),
            endpoints.clone(),
            hand_on.clone(),
        );
        let (runtime, requests) = (runtime.clone(), requests.clone());
        std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || runtime.block_on(writer.run(requests)))?;
    }
    Ok(ended)
}

/// The second thread: waits for the disk, until the writer has ended.
fn sync_groups(store: &Store, written: &Receiver<Written>, synced: &mpsc::UnboundedSender<Synced>) {
    while let Ok(first) = written.recv() {
        let groups: Vec<Written> = std::iter::once(first).chain(written.try_iter()).collect();
        let started = Instant::now();
        let result = store::sync(store);
        tracing::trace!(groups = groups.len(), took = ?started.elapsed(), "Synced {} groups", groups.len());
        if let Err(error) = &result {
            tracing::error!(%error, "Writing to the disk failed: {error}");
        }
        // The teller ends after this thread.
        let _ = synced.send(Synced { groups, result });
    }
}

/// Groups that are on disk, or are not.
struct Synced {
    groups: Vec<Written>,
    result: Result<(), StoreError>,
}

/// The same error for each who waited.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Slow => StoreError::Slow,
        StoreError::Away(_) => StoreError::Away(sqlx::Error::PoolTimedOut),
        StoreError::Open(_) | StoreError::Unreadable { .. } | StoreError::Sql(_) => {
            StoreError::Open(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::sample;
    use wire::{EventType, Trigger};

    fn event_of(bytes: usize) -> NewEvent {
        let mut event = sample::event(EventType::MessageSent, "node-1", &Clock::manual(Time(0)));
        event.body = " ".repeat(bytes).into();
        NewEvent {
            event: Arc::new(event),
            deliveries: Vec::new(),
            trigger: Trigger::Schedule,
            left: Vec::new(),
        }
    }

    /// With a disk that never answers, what comes is bounded, and refused at once past that.
    #[tokio::test]
    async fn too_much_at_once_is_refused_not_kept() {
        let (committer, _stuck) = new(None);
        let mut waiting = tokio::task::JoinSet::new();
        let most = WAITING_KIB / (8 << 10);
        for _ in 0..most {
            let committer = committer.clone();
            waiting.spawn(async move { committer.accept(vec![event_of((8 << 20) - 1)]).await });
        }
        while committer.room.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(committer.accept(vec![event_of(1)]).await, Err(CommitError::Busy)));
        // Whoever gives up makes room.
        waiting.abort_all();
        while waiting.join_next().await.is_some() {}
        assert_eq!(committer.room.available_permits(), WAITING_KIB);
    }
}
