//! The committer: the one writer. Groups everything that waits into one commit, then tells the lanes and the feed.
//!
//! While one commit is on its way to the disk, the next group gathers; so the disk sets the pace and a thousand
//! callers cost hardly more than one. Each caller waits for its own commit: what was answered is on disk.

use crate::clock::Clock;
use crate::endpoints::{Endpoint, Endpoints};
use crate::live::feed::{Feed, News};
use crate::meters::{self, Meters};
use crate::outbound::lane;
use crate::store::{self, Change, DueDelivery, NewEvent, Outcome, Pause, Store, StoreError};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use wire::{AcceptedEvent, DeliveryCounts, DeliveryStatus, Time, Trigger};

/// Requests that may wait; past that, events are refused with 503 at once.
const WAITING: usize = 4096;
/// Requests in one commit.
const GROUP: usize = 512;
/// After a commit failed, outcomes (which must not be lost) wait this long for the next try.
const AGAIN_AFTER_MS: i64 = 500;
/// And so often they are tried once the gateway is to end.
const LAST_TRIES: u32 = 10;

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

/// The way to the one writer.
#[derive(Clone, Debug)]
pub struct Committer {
    requests: mpsc::Sender<Request>,
}

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

/// What the committer reads from.
pub struct Requests(mpsc::Receiver<Request>);

/// A committer, and what has to be run for it to work.
pub fn new() -> (Committer, Requests) {
    let (requests, waiting) = mpsc::channel(WAITING);
    (Committer { requests }, Requests(waiting))
}

impl Committer {
    /// Stores events and their deliveries, all or none, and returns when they are on disk.
    pub async fn accept(&self, events: Vec<NewEvent>) -> Result<Vec<AcceptedEvent>, CommitError> {
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

    /// Hands over an attempt's outcome; returns when it has its place in the queue.
    pub async fn record(&self, outcome: Outcome) {
        let request = Request::Commit(Change::Outcome(Box::new(outcome)), None);
        // Without a committer the gateway is gone: the attempt will be made again at the next start.
        let _ = self.requests.send(request).await;
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

/// Starts the committer on a thread of its own, and gives what tells of its end. Each commit is a dozen turns between
/// it and the database's thread: as one task among thousands it would wait for its turn a dozen times.
pub fn start(
    tools: Tools,
    endpoints: Endpoints,
    requests: Requests,
) -> std::io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    let runtime = Handle::current();
    std::thread::Builder::new().name("committer".to_owned()).spawn(move || {
        runtime.block_on(run(tools, endpoints, requests));
        // Nobody waits any more if the gateway was dropped.
        let _ = end.send(());
    })?;
    Ok(ended)
}

/// Commits until it is told to stop.
async fn run(tools: Tools, endpoints: Endpoints, mut requests: Requests) {
    let mut asked: Vec<Request> = Vec::with_capacity(GROUP);
    // Outcomes whose commit failed: they go again, together with what came meanwhile.
    let mut again: Vec<Change> = Vec::new();
    let mut stopping = false;
    let mut last_tries = LAST_TRIES;
    while !stopping || !again.is_empty() {
        if again.is_empty() {
            if requests.0.recv_many(&mut asked, GROUP).await == 0 {
                return;
            }
        } else {
            while asked.len() < GROUP
                && let Ok(request) = requests.0.try_recv()
            {
                asked.push(request);
            }
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
        let callers = replies.iter().flatten().count();
        let started = Instant::now();
        let committed = commit(&tools, &endpoints, changes, replies, &mut again).await;
        tracing::trace!(callers, took = ?started.elapsed(), "Committed for {callers} callers");
        if committed.is_err() && stopping {
            last_tries -= 1;
            if last_tries == 0 {
                tracing::error!(
                    outcomes = again.len(),
                    "Giving up on a database that fails; these attempts repeat"
                );
                return;
            }
        }
        if let Err(error) = committed {
            tracing::error!(%error, "A commit failed: {error}");
            let now = tools.clock.now();
            tools.clock.sleep_until(now.plus_ms(AGAIN_AFTER_MS)).await;
        }
    }
}

/// Commits one group. If that fails, whoever waits is told, and what nobody waits for goes to `again`.
async fn commit(
    tools: &Tools,
    endpoints: &Endpoints,
    mut changes: Vec<Change>,
    replies: Vec<Reply>,
    again: &mut Vec<Change>,
) -> Result<(), StoreError> {
    number_deliveries(&mut changes, &tools.clock);
    let now = tools.clock.now();
    let mut counts = meters::delta(&changes, std::iter::repeat(true));
    let rows = lock(&tools.meters).rows(&counts, now);
    match store::write(&tools.store, &changes, &rows).await {
        Ok(answers) => {
            if answers.iter().any(|answer| answer.duplicate) {
                counts = meters::delta(&changes, answers.iter().map(|answer| !answer.duplicate));
            }
            lock(&tools.meters).add(&counts, now);
            tell(tools, endpoints, changes, replies, answers);
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

/// After a commit: the feed first, then whoever waits, then the lanes.
fn tell(
    tools: &Tools,
    endpoints: &Endpoints,
    changes: Vec<Change>,
    replies: Vec<Reply>,
    answers: Vec<AcceptedEvent>,
) {
    let now = tools.clock.now();
    let mut news = Vec::new();
    let mut messages = Vec::new();
    let mut answers = answers.into_iter();
    let mut answered = Vec::with_capacity(replies.len());
    for (change, reply) in changes.into_iter().zip(replies) {
        let mut own = Vec::new();
        match change {
            Change::Accept(events) => {
                for new in events {
                    let Some(answer) = answers.next() else { continue };
                    if !answer.duplicate {
                        accepted(new, endpoints, now, &mut news, &mut messages);
                    }
                    own.push(answer);
                }
            }
            Change::Outcome(outcome) => recorded(*outcome, endpoints, now, &mut news, &mut messages),
            Change::Delivery(due, from) => {
                news.push(News::Delivery(Box::new(due.delivery.clone())));
                if let Some(endpoint) = endpoints.get(&due.delivery.endpoint) {
                    endpoint.open.moved(Some(from), Some(due.delivery.status), 1);
                    messages.push((endpoint, lane::Message::Manual(due)));
                }
            }
            Change::Pause(pause) => {
                if let Some(endpoint) = endpoints.get(&pause.endpoint) {
                    endpoint.set_pause(pause, now);
                }
            }
        }
        answered.push((reply, own));
    }
    tools.feed.publish(news);
    for (reply, own) in answered {
        if let Some(reply) = reply {
            // Who asked may have hung up; the change stands.
            let _ = reply.send(Ok(own));
        }
    }
    for (endpoint, message) in messages {
        endpoint.tell(message);
    }
}

fn accepted<'endpoints>(
    new: NewEvent,
    endpoints: &'endpoints Endpoints,
    now: Time,
    news: &mut Vec<News>,
    messages: &mut Vec<(&'endpoints Arc<Endpoint>, lane::Message)>,
) {
    let total = new.deliveries.len() as u64;
    let counts = DeliveryCounts { total, open: total, ..DeliveryCounts::default() };
    news.push(News::Event(Arc::clone(&new.event), counts));
    for delivery in new.deliveries {
        let Some(endpoint) = endpoints.get(&delivery.endpoint) else { continue };
        news.push(News::Delivery(Box::new(endpoint.seen(delivery.clone(), now))));
        endpoint.open.moved(None, Some(delivery.status), 1);
        endpoint.changed.store(true, Ordering::Relaxed);
        let due = DueDelivery { delivery, trigger: Trigger::Schedule, event: Arc::clone(&new.event) };
        messages.push((endpoint, lane::Message::New(Box::new(due))));
    }
}

fn recorded<'endpoints>(
    outcome: Outcome,
    endpoints: &'endpoints Endpoints,
    now: Time,
    news: &mut Vec<News>,
    messages: &mut Vec<(&'endpoints Arc<Endpoint>, lane::Message)>,
) {
    let Outcome { delivery, attempt, from, .. } = outcome;
    news.push(News::Attempt(attempt));
    let Some(endpoint) = endpoints.get(&delivery.endpoint) else { return };
    endpoint.open.moved(Some(from), Some(delivery.status), 1);
    endpoint.release(&delivery.id);
    messages.push((endpoint, lane::Message::Recorded(delivery.id.clone(), delivery.next_attempt_at)));
    news.push(News::Delivery(Box::new(endpoint.seen(delivery, now))));
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
