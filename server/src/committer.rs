//! The committer: the one writer. Groups everything that waits into one commit, then tells the lanes and the feed.
//!
//! It is two threads and a task. The first thread writes a group of changes; the second waits until the disk has it.
//! While one group is on its way to the disk the first thread writes the next, which gathers all that came meanwhile:
//! a thousand callers cost hardly more than one. Each caller waits for its own: what was answered is on disk. The task
//! tells, from within the runtime: to wake callers one by one from outside would cost a call to the system for each.

use crate::clock::Clock;
use crate::endpoints::{ByName, Endpoint, Endpoints};
use crate::live::feed::{Feed, News};
use crate::meters::{self, Meters};
use crate::outbound::lane;
use crate::store::{
    self, Change, DueDelivery, MadeEndpoint, NewEvent, Old, Outcome, Pause, Store, StoreError,
};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Duration, Instant, timeout_at};
use wire::{AcceptedEvent, Check, Delivery, DeliveryCounts, DeliveryId, DeliveryStatus, Time, Trigger};

/// Requests that may wait, and KiB of events in them; past that, events are refused with 503 at once.
const WAITING: usize = 4096;
const WAITING_KIB: usize = 64 << 10;
/// Requests in one commit, and events in them: more would hold memory and make the others wait.
const GROUP: usize = 512;
const GROUP_EVENTS: usize = 4096;
/// After a commit failed, outcomes (which must not be lost) wait this long for the next try.
const AGAIN_AFTER_MS: i64 = 500;
/// And so often they are tried once the gateway is to end.
const LAST_TRIES: u32 = 10;
/// Groups that are written and wait for the disk, beside the one that is on its way to it: what comes later gathers
/// in one larger group, which costs less than several small ones.
const AHEAD: usize = 0;
/// Counts go to disk this often.
const METERS_EVERY: Duration = Duration::from_secs(1);

/// Why a change was not committed.
#[derive(Debug)]
pub enum CommitError {
    /// Too much waits already.
    Busy,
    /// The gateway is stopping.
    Stopping,
    /// The database failed; nothing of the change was stored.
    Store(StoreError),
}

/// Where the answer goes, if anyone waits for it.
type Reply = Option<oneshot::Sender<Result<Vec<AcceptedEvent>, CommitError>>>;

enum Request {
    Commit(Change, Reply),
    /// Commit what came before this, and end.
    Stop,
}

impl Request {
    fn events(&self) -> usize {
        match self {
            Self::Commit(Change::Accept(events), _) => events.len(),
            Self::Commit(..) | Self::Stop => 0,
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
}

/// A group that is written, and who waits for it.
struct Written {
    changes: Vec<Change>,
    replies: Vec<Reply>,
    answers: Vec<AcceptedEvent>,
}

/// What the committer reads from, and where it says how far it has told.
pub struct Requests(mpsc::Receiver<Request>, Told);

/// A committer, and what has to be run for it to work. `newest` is the newest delivery that an earlier run left.
pub fn new(newest: Option<DeliveryId>) -> (Committer, Requests) {
    let (requests, waiting) = mpsc::channel(WAITING);
    let told = Told::new(Mutex::new(newest));
    let room = Arc::new(Semaphore::new(WAITING_KIB));
    (Committer { requests, room, told: Arc::clone(&told) }, Requests(waiting, told))
}

impl Committer {
    /// Stores events and their deliveries, all or none, and returns when they are on disk.
    pub async fn accept(&self, events: Vec<NewEvent>) -> Result<Vec<AcceptedEvent>, CommitError> {
        let bytes: usize = events.iter().map(|new| new.event.body.len()).sum();
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        let _room = self.room.try_acquire_many(kib).map_err(|_| CommitError::Busy)?;
        let (reply, answer) = oneshot::channel();
        let request = Request::Commit(Change::Accept(events), Some(reply));
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommitError::Busy,
            mpsc::error::TrySendError::Closed(_) => CommitError::Stopping,
        })?;
        answer.await.unwrap_or(Err(CommitError::Stopping))
    }

    /// Stores that a person wants this delivery attempted, which stood so before; returns when that is on disk.
    pub async fn redeliver(&self, due: DueDelivery, from: DeliveryStatus) -> Result<(), CommitError> {
        self.change(Change::Delivery(Box::new(due), from)).await
    }

    /// Stores that an endpoint was paused or resumed, and returns when that is on disk.
    pub async fn pause(&self, pause: Pause) -> Result<(), CommitError> {
        self.change(Change::Pause(pause)).await
    }

    /// Stores that a person cancelled this delivery, which stood so before; returns when that is on disk.
    pub async fn cancel(&self, delivery: Delivery, from: DeliveryStatus) -> Result<(), CommitError> {
        self.change(Change::Cancel(Box::new(delivery), from)).await
    }

    /// Stores an endpoint made or changed through the API, and returns when that is on disk.
    pub async fn define(&self, made: MadeEndpoint) -> Result<(), CommitError> {
        self.change(Change::Define(made)).await
    }

    /// Stores that an endpoint is defined no more and cancels what waits for it; returns when that is on disk.
    pub async fn remove(&self, name: &str, since: Time) -> Result<(), CommitError> {
        self.change(Change::Remove(name.to_owned(), since)).await
    }

    /// Stores what a health check found, and returns when that is on disk.
    pub async fn check(&self, check: Check) -> Result<(), CommitError> {
        self.change(Change::Check(Box::new(check))).await
    }

    /// Hands over an attempt's outcome; returns when it has its place in the queue.
    pub async fn record(&self, outcome: Outcome) {
        let request = Request::Commit(Change::Outcome(Box::new(outcome)), None);
        // Without a committer the gateway is gone: the attempt will be made again at the next start.
        let _ = self.requests.send(request).await;
    }

    /// Deletes what is old, and returns when it is gone.
    pub async fn forget(&self, old: Old) -> Result<(), CommitError> {
        self.change(Change::Forget(old)).await
    }

    /// Whether this delivery is on disk and told of; what is read from the database may not be yet.
    pub fn has_told(&self, delivery: &DeliveryId) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().is_some_and(|told| delivery <= told)
    }

    /// Ends the committer once all that was asked before is on disk.
    pub async fn stop(&self) {
        let _ = self.requests.send(Request::Stop).await;
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
    endpoints: Endpoints,
    requests: Requests,
) -> std::io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    let (hand_on, written) = std::sync::mpsc::sync_channel(AHEAD);
    let (synced, to_tell) = mpsc::unbounded_channel();
    let runtime = Handle::current();
    let told = Arc::clone(&requests.1);
    let teller = Teller { clock: tools.clock.clone(), feed: tools.feed, endpoints, told };
    tokio::spawn(async move {
        teller.run(to_tell).await;
        // Nobody waits any more if the gateway was dropped.
        let _ = end.send(());
    });
    let store = tools.store.clone();
    std::thread::Builder::new()
        .name("sync".to_owned())
        .spawn(move || sync_groups(&store, &written, &synced))?;
    let writer = Writer {
        store: tools.store,
        clock: tools.clock,
        meters: tools.meters,
        meters_due: Instant::now() + METERS_EVERY,
        hand_on,
    };
    std::thread::Builder::new()
        .name("committer".to_owned())
        .spawn(move || runtime.block_on(writer.run(requests)))?;
    Ok(ended)
}

/// The first thread.
struct Writer {
    store: Store,
    clock: Clock,
    meters: Arc<Mutex<Meters>>,
    /// When counts go to disk next.
    meters_due: Instant,
    hand_on: SyncSender<Written>,
}

impl Writer {
    /// Commits until it is told to stop.
    async fn run(mut self, mut requests: Requests) {
        let mut asked: Vec<Request> = Vec::with_capacity(GROUP);
        // Outcomes whose commit failed: they go again, together with what came meanwhile.
        let mut again: Vec<Change> = Vec::new();
        let mut stopping = false;
        let mut last_tries = LAST_TRIES;
        while !stopping || !again.is_empty() {
            if again.is_empty() {
                let next = requests.0.recv();
                let first = if lock(&self.meters).are_unwritten() {
                    timeout_at(self.meters_due, next).await
                } else {
                    Ok(next.await)
                };
                match first {
                    Ok(Some(first)) => asked.push(first),
                    Ok(None) => break,
                    // It is time for the counts alone.
                    Err(_) => {}
                }
            }
            let mut events = asked.iter().map(Request::events).sum::<usize>();
            while asked.len() < GROUP
                && events < GROUP_EVENTS
                && let Ok(request) = requests.0.try_recv()
            {
                events += request.events();
                asked.push(request);
            }
            let (mut changes, mut replies): (Vec<Change>, Vec<Reply>) =
                again.drain(..).map(|change| (change, None)).unzip();
            for request in asked.drain(..) {
                match request {
                    Request::Commit(change, reply) => {
                        changes.push(change);
                        replies.push(reply);
                    }
                    Request::Stop => stopping = true,
                }
            }
            let Err(error) = self.write(changes, replies, &mut again).await else { continue };
            if stopping {
                last_tries -= 1;
                if last_tries == 0 {
                    tracing::error!(
                        outcomes = again.len(),
                        "Giving up on a database that fails; these attempts repeat"
                    );
                    return;
                }
            }
            tracing::error!(%error, "A commit failed: {error}");
            self.clock.sleep_until(self.clock.now().plus_ms(AGAIN_AFTER_MS)).await;
        }
        self.meters_due = Instant::now();
        if let Err(error) = self.write(Vec::new(), Vec::new(), &mut again).await {
            tracing::error!(%error, "The last counts could not be written: {error}");
        }
    }

    /// Writes one group. If that fails, whoever waits is told, and what nobody waits for goes to `again`.
    async fn write(
        &mut self,
        mut changes: Vec<Change>,
        replies: Vec<Reply>,
        again: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        number_deliveries(&mut changes, &self.clock);
        let now = self.clock.now();
        let rows = if Instant::now() < self.meters_due {
            Vec::new()
        } else {
            self.meters_due = Instant::now() + METERS_EVERY;
            lock(&self.meters).rows()
        };
        let (callers, started) = (changes.len(), Instant::now());
        let result = store::write(&self.store, &changes, &rows).await;
        tracing::trace!(callers, took = ?started.elapsed(), "Wrote for {callers} callers");
        match result {
            Ok(answers) => {
                let mut meters = lock(&self.meters);
                if !rows.is_empty() {
                    meters.written();
                }
                meters.add(&meters::delta(&changes, &answers), now);
                drop(meters);
                // Counts alone are nobody's news. The teller ends after this thread.
                if !changes.is_empty() {
                    let _ = self.hand_on.send(Written { changes, replies, answers });
                }
                Ok(())
            }
            Err(error) => {
                for (change, reply) in changes.into_iter().zip(replies) {
                    match reply {
                        Some(reply) => drop(reply.send(Err(CommitError::Store(same(&error))))),
                        None => again.push(change),
                    }
                }
                Err(error)
            }
        }
    }
}

/// Gives new deliveries their ids here, so that the order of ids is the order of commits.
fn number_deliveries(changes: &mut [Change], clock: &Clock) {
    for change in changes {
        if let Change::Accept(events) = change {
            for delivery in events.iter_mut().flat_map(|new| &mut new.deliveries) {
                delivery.id = clock.new_id();
            }
        }
    }
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

/// The task.
struct Teller {
    clock: Clock,
    feed: Feed,
    endpoints: Endpoints,
    told: Told,
}

impl Teller {
    /// Tells until the threads have ended and all they wrote is told.
    async fn run(&self, mut to_tell: mpsc::UnboundedReceiver<Synced>) {
        while let Some(Synced { groups, result }) = to_tell.recv().await {
            for group in groups {
                self.tell(group, result.as_ref().err());
            }
        }
    }

    /// The feed first, then whoever waits, then the lanes. What could not be synced is done all the same, since others
    /// can read it already: but whoever waits is told that it may not last.
    fn tell(&self, written: Written, failure: Option<&StoreError>) {
        let Written { changes, replies, answers } = written;
        let mut telling = Telling {
            endpoints: self.endpoints.all(),
            now: self.clock.now(),
            news: self.feed.is_watched().then(Vec::new),
            newest: None,
            messages: Vec::new(),
        };
        let mut answers = answers.into_iter();
        let mut answered = Vec::with_capacity(replies.len());
        for (change, reply) in changes.into_iter().zip(replies) {
            let mut own = Vec::new();
            match change {
                Change::Accept(events) => {
                    for new in events {
                        let Some(answer) = answers.next() else { continue };
                        if !answer.duplicate {
                            telling.accepted(new);
                        }
                        own.push(answer);
                    }
                }
                Change::Outcome(outcome) => telling.recorded(*outcome),
                Change::Delivery(due, from) => telling.moved(due, from),
                Change::Cancel(delivery, from) => telling.cancelled(*delivery, from),
                Change::Remove(name, _) => {
                    if let Some(endpoint) = telling.endpoints.get(name.as_str()) {
                        endpoint.open.clear();
                    }
                    // Too many may have changed to tell them one by one: watchers fetch anew.
                    telling.news = None;
                }
                Change::Check(check) => {
                    if let Some(endpoint) = telling.endpoints.get(check.endpoint.as_str()) {
                        endpoint.checked(*check);
                    }
                }
                Change::Define(_) | Change::Forget(_) => {}
                Change::Pause(pause) => {
                    if let Some(endpoint) = self.endpoints.get(&pause.endpoint) {
                        endpoint.set_pause(pause, telling.now);
                    }
                }
            }
            answered.push((reply, own));
        }
        match telling.news {
            Some(news) => self.feed.publish(news),
            None => self.feed.skip(),
        }
        // From here on a lane may take them up, and its news come after these.
        if telling.newest.is_some() {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = telling.newest;
        }
        for (reply, own) in answered {
            if let Some(reply) = reply {
                // Who asked may have hung up; the change stands.
                let _ = reply.send(match failure {
                    None => Ok(own),
                    Some(error) => Err(CommitError::Store(same(error))),
                });
            }
        }
        for (endpoint, message) in telling.messages {
            endpoint.tell(message);
        }
    }
}

/// What a group's changes mean for watchers and lanes.
struct Telling {
    endpoints: Arc<ByName>,
    now: Time,
    /// `None` while nobody watches.
    news: Option<Vec<News>>,
    /// The newest of the new deliveries.
    newest: Option<DeliveryId>,
    messages: Vec<(Arc<Endpoint>, lane::Message)>,
}

impl Telling {
    fn accepted(&mut self, new: NewEvent) {
        let total = new.deliveries.len() as u64;
        if let Some(news) = &mut self.news {
            let counts = DeliveryCounts { total, open: total, ..DeliveryCounts::default() };
            news.push(News::Event(Arc::clone(&new.event), counts));
        }
        for delivery in new.deliveries {
            self.newest = Some(delivery.id.clone());
            let Some(endpoint) = self.endpoints.get(&*delivery.endpoint) else { continue };
            if let Some(news) = &mut self.news {
                news.push(News::Delivery(Box::new(endpoint.seen(delivery.clone(), self.now))));
            }
            endpoint.open.moved(None, Some(delivery.status), 1);
            endpoint.changed.store(true, Ordering::Relaxed);
            let due = Box::new(DueDelivery { delivery, trigger: new.trigger, event: Arc::clone(&new.event) });
            let message = match new.trigger {
                Trigger::Schedule => lane::Message::New(due),
                Trigger::Manual | Trigger::Test => {
                    endpoint.claim(&due.delivery.id);
                    lane::Message::Manual(due)
                }
            };
            self.messages.push((Arc::clone(endpoint), message));
        }
    }

    fn recorded(&mut self, outcome: Outcome) {
        let Outcome { delivery, attempt, from, .. } = outcome;
        if let Some(news) = &mut self.news {
            news.push(News::Attempt(attempt));
        }
        let Some(endpoint) = self.endpoints.get(&*delivery.endpoint) else { return };
        // One that was sent for an endpoint removed since is none of the new one's of that name.
        if endpoint.release(&delivery.id) {
            endpoint.open.moved(Some(from), Some(delivery.status), 1);
        }
        let recorded = lane::Message::Recorded(delivery.id.clone(), delivery.next_attempt_at);
        self.messages.push((Arc::clone(endpoint), recorded));
        if let Some(news) = &mut self.news {
            news.push(News::Delivery(Box::new(endpoint.seen(delivery, self.now))));
        }
    }

    fn cancelled(&mut self, delivery: Delivery, from: DeliveryStatus) {
        if let Some(endpoint) = self.endpoints.get(&*delivery.endpoint) {
            endpoint.open.moved(Some(from), Some(delivery.status), 1);
            endpoint.release(&delivery.id);
            self.messages.push((Arc::clone(endpoint), lane::Message::Forget(delivery.id.clone())));
        }
        if let Some(news) = &mut self.news {
            news.push(News::Delivery(Box::new(delivery)));
        }
    }

    fn moved(&mut self, due: Box<DueDelivery>, from: DeliveryStatus) {
        if let Some(news) = &mut self.news {
            news.push(News::Delivery(Box::new(due.delivery.clone())));
        }
        if let Some(endpoint) = self.endpoints.get(&*due.delivery.endpoint) {
            endpoint.open.moved(Some(from), Some(due.delivery.status), 1);
            self.messages.push((Arc::clone(endpoint), lane::Message::Manual(due)));
        }
    }
}

/// The same error for each who waited.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Away(_) => StoreError::Away(sqlx::Error::PoolTimedOut),
        StoreError::Open(_) | StoreError::Unreadable { .. } | StoreError::Sql(_) => {
            StoreError::Open(error.to_string())
        }
    }
}

fn lock(meters: &Mutex<Meters>) -> std::sync::MutexGuard<'_, Meters> {
    meters.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::sample;
    use wire::EventType;

    fn event_of(bytes: usize) -> NewEvent {
        let mut event = sample::event(EventType::MessageSent, "node-1", &Clock::manual(Time(0)));
        event.body = " ".repeat(bytes).into();
        NewEvent { event: Arc::new(event), deliveries: Vec::new(), trigger: Trigger::Schedule }
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
