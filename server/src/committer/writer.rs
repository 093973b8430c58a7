//! The first thread: writes group after group, and hands each on to be synced. On PostgreSQL there are several of it: while one
//! waits for the server's disk, another writes what has come meanwhile.

use super::{CommitError, GROUP, GROUP_EVENTS, Reply, Request, Requests, Written, same};
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::endpoints::Endpoints;
use crate::meters::{self, Meters};
use crate::outbound::lane;
use crate::store::{self, Change, NewEvent, Store, StoreError};
use crate::telemetry::Telemetry;
use std::collections::BTreeSet;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout_at};
use wire::Trigger;

/// After a commit failed, outcomes (which must not be lost) wait this long for the next try.
const AGAIN_AFTER_MS: i64 = 500;
/// And so often they are tried once the gateway is to end.
const LAST_TRIES: u32 = 10;
/// Among other gateways, which write too, the second writer takes a group so often only: two that write one after the other
/// write larger groups than four, and the server has less to do.
const HELPS_EVERY: Duration = Duration::from_millis(100);
/// Counts go to disk this often.
const METERS_EVERY: Duration = Duration::from_secs(1);

/// The first thread.
pub(super) struct Writer {
    /// Which one it is, from 0: counts are written by the first alone.
    number: usize,
    store: Store,
    clock: Clock,
    meters: Arc<Mutex<Meters>>,
    telemetry: Arc<Telemetry>,
    cluster: Arc<Cluster>,
    endpoints: Endpoints,
    /// When counts go to disk next.
    meters_due: Instant,
    hand_on: SyncSender<Written>,
}

impl Writer {
    #[expect(clippy::too_many_arguments, reason = "what a committer works with, handed through")]
    pub(super) fn new(
        number: usize,
        store: Store,
        clock: Clock,
        meters: Arc<Mutex<Meters>>,
        telemetry: Arc<Telemetry>,
        cluster: Arc<Cluster>,
        endpoints: Endpoints,
        hand_on: SyncSender<Written>,
    ) -> Self {
        Self {
            number,
            store,
            clock,
            meters,
            telemetry,
            cluster,
            endpoints,
            meters_due: Instant::now() + METERS_EVERY,
            hand_on,
        }
    }

    /// Commits until it is told to stop.
    pub(super) async fn run(mut self, requests: Requests) {
        let mut asked: Vec<Request> = Vec::with_capacity(GROUP);
        // Outcomes whose commit failed: they go again, together with what came meanwhile.
        let mut again: Vec<Change> = Vec::new();
        let mut stopping = false;
        let mut last_tries = LAST_TRIES;
        while !stopping || !again.is_empty() {
            if self.number > 0 && self.cluster.has_others() {
                tokio::time::sleep(HELPS_EVERY).await;
            }
            if again.is_empty() {
                let gathered = gather(&requests, &mut asked);
                let has_counts = self.number == 0 && lock(&self.meters).are_unwritten();
                // Else it is time for the counts alone.
                let is_open =
                    if has_counts { timeout_at(self.meters_due, gathered).await } else { Ok(gathered.await) };
                stopping |= is_open == Ok(false);
            } else if let Ok(mut queue) = requests.0.try_lock() {
                drain(&mut queue, &mut asked);
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
        let writing = self.cluster.writing(self.number);
        if writing.is_some() {
            self.leave_without_room(&mut changes);
        }
        let now = self.clock.now();
        let rows = if self.number > 0 || Instant::now() < self.meters_due {
            Vec::new()
        } else {
            self.meters_due = Instant::now() + METERS_EVERY;
            lock(&self.meters).rows()
        };
        let (callers, started) = (changes.len(), Instant::now());
        let result = store::write_as(&self.store, writing.as_ref(), &changes, &rows).await;
        tracing::trace!(callers, took = ?started.elapsed(), "Wrote for {callers} callers");
        match result {
            Ok(answers) => {
                if let Some(writing) = &writing {
                    self.cluster.written(writing);
                    self.free_room(&changes, |place| {
                        answers.events.get(place).is_none_or(|answer| answer.duplicate)
                    });
                }
                let mut meters = lock(&self.meters);
                meters.add(&meters::delta(&changes, &answers), now);
                drop(meters);
                self.telemetry.committed(&changes, &answers, started.elapsed());
                // Counts alone are nobody's news. The teller ends after this thread.
                if !changes.is_empty() {
                    let node = writing.map(|writing| writing.node);
                    let _ = self.hand_on.send(Written { changes, replies, answers, node });
                }
                Ok(())
            }
            Err(error) => {
                lock(&self.meters).not_written(&rows);
                if writing.is_some() {
                    self.free_room(&changes, |_| true);
                    self.doubt(&changes);
                }
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

impl Writer {
    /// New deliveries are this gateway's as far as their lanes have room; the others are left to whoever takes them.
    fn leave_without_room(&self, changes: &mut [Change]) {
        let endpoints = self.endpoints.all();
        for new in changes.iter_mut().flat_map(events_mut) {
            new.left.clear();
            for delivery in &new.deliveries {
                let has_room = || {
                    let endpoint = endpoints.get(&*delivery.endpoint)?;
                    Some(endpoint.room.take(new.event.body.len()))
                };
                // What a person asked for goes at once.
                if !self.cluster.works() || (new.trigger == Trigger::Schedule && !has_room().unwrap_or(false))
                {
                    new.left.push(delivery.id.clone());
                }
            }
        }
    }

    /// Gives back the room of deliveries that were not stored: those of the events, by their places, that are `meant`.
    fn free_room(&self, changes: &[Change], meant: impl Fn(usize) -> bool) {
        let endpoints = self.endpoints.all();
        for (place, new) in changes.iter().flat_map(Change::events).enumerate() {
            if !meant(place) || new.trigger != Trigger::Schedule {
                continue;
            }
            for delivery in new.deliveries.iter().filter(|delivery| !new.left.contains(&delivery.id)) {
                if let Some(endpoint) = endpoints.get(&*delivery.endpoint) {
                    endpoint.room.free(new.event.body.len());
                }
            }
        }
    }

    /// The answer may be lost, and not the commit: then new deliveries bear this gateway's name and are in nobody's hands.
    fn doubt(&self, changes: &[Change]) {
        self.cluster.doubt();
        let endpoints = self.endpoints.all();
        let new = changes.iter().flat_map(Change::events).flat_map(|new| &new.deliveries);
        let names: BTreeSet<&str> = new.map(|delivery| delivery.endpoint.as_str()).collect();
        for endpoint in names.iter().filter_map(|name| endpoints.get(*name)) {
            endpoint.tell(lane::Message::Doubt);
        }
    }
}

/// Waits for a request, and takes what has come with it. Gives `false` once none will come.
async fn gather(requests: &Requests, asked: &mut Vec<Request>) -> bool {
    let mut queue = requests.0.lock().await;
    let Some(first) = queue.recv().await else { return false };
    asked.push(first);
    drain(&mut queue, asked);
    true
}

/// Takes what has come, as much as goes into one commit.
fn drain(queue: &mut mpsc::Receiver<Request>, asked: &mut Vec<Request>) {
    let mut events = asked.iter().map(Request::events).sum::<usize>();
    // Each writer is told to stop for itself.
    while asked.len() < GROUP
        && events < GROUP_EVENTS
        && !matches!(asked.last(), Some(Request::Stop))
        && let Ok(request) = queue.try_recv()
    {
        events += request.events();
        asked.push(request);
    }
}

/// Gives new deliveries their ids here, so that the order of ids is the order of commits.
fn number_deliveries(changes: &mut [Change], clock: &Clock) {
    for delivery in changes.iter_mut().flat_map(events_mut).flat_map(|new| &mut new.deliveries) {
        delivery.id = clock.new_id();
    }
}

fn events_mut(change: &mut Change) -> &mut [NewEvent] {
    match change {
        Change::Accept(events) => events.as_mut_slice(),
        Change::Run(change) => change.callback.as_mut_slice(),
        Change::Outcome(_) | Change::Delivery(..) | Change::Cancel(..) | Change::Hit(_) | Change::Rare(_) => {
            &mut []
        }
    }
}

fn lock(meters: &Mutex<Meters>) -> MutexGuard<'_, Meters> {
    meters.lock().unwrap_or_else(PoisonError::into_inner)
}
