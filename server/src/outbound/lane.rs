//! A lane: one endpoint's own queue, in which nothing of another endpoint waits.
//!
//! New deliveries come from the committer once they are on disk. The lane keeps a bounded number of them in
//! memory; the others it reads back when it gets to them, in the same order. Retries sleep on disk: the lane only
//! knows when the next one falls due. It is one task, and an attempt is a task of its own.

use crate::clock::Clock;
use crate::committer::Committer;
use crate::endpoints::Endpoint;
use crate::live::feed::{Feed, News};
use crate::outbound::deliver::Deliverer;
use crate::rate::Bucket;
use crate::store::{DueDelivery, Pause, Store, StoreError};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use wire::{DeliveryId, DeliveryStatus, Reason, Time, Trigger};

/// Deliveries kept in memory, and bytes of their events; more wait on disk alone.
const KEPT: usize = 1000;
const KEPT_BYTES: usize = 8 << 20;
/// Deliveries read back at once: as many as are likely to have that many bytes, judged by those read before.
const READ: std::ops::RangeInclusive<usize> = 16..=500;
const READ_FIRST: usize = 64;
/// After the database failed to answer, when to ask again.
const ASK_AGAIN_MS: i64 = 1000;

/// What a lane is told.
#[derive(Debug)]
pub enum Message {
    /// A new delivery is on disk.
    New(Box<DueDelivery>),
    /// A person asked for this attempt: it goes before all others, whatever the endpoint's state.
    Manual(Box<DueDelivery>),
    /// The attempt for this delivery came back; its place is free.
    Returned,
    /// What it left behind is on disk; the next attempt, if any, is due then.
    Recorded(DeliveryId, Option<Time>),
    /// The delivery was cancelled.
    Forget(DeliveryId),
    /// The endpoint's state or configuration changed: look again.
    Look,
    /// Start nothing more.
    Stop,
}

/// Everything a lane works with.
#[derive(Debug)]
pub struct Tools {
    /// The database, to read back what memory does not hold.
    pub store: Store,
    /// Takes the outcomes.
    pub committer: Committer,
    /// Makes the attempts.
    pub deliverer: Deliverer,
    /// Tells who watches that an attempt is on its way.
    pub feed: Feed,
}

#[derive(Debug)]
struct Lane {
    tools: Arc<Tools>,
    clock: Clock,
    endpoint: Arc<Endpoint>,
    me: mpsc::UnboundedSender<Message>,
    /// New deliveries, oldest first, and the bytes of their events.
    new: VecDeque<DueDelivery>,
    new_bytes: usize,
    /// Deliveries that the next reading asks for.
    read: usize,
    /// The last new delivery taken into memory: newer ones are still to come, older ones were here.
    last: String,
    /// Whether there are newer ones on disk that memory has not seen.
    behind: bool,
    /// Retries whose time has come.
    due: VecDeque<DueDelivery>,
    /// When the next retry falls due, as far as is known.
    next_due: Option<Time>,
    manual: VecDeque<DueDelivery>,
    /// Deliveries in memory or on their way whose outcome is not on disk yet: the database still shows them as
    /// waiting.
    taken: HashSet<DeliveryId>,
    in_flight: u32,
    bucket: Bucket,
    /// Whether a retry goes next, so that retries and first attempts take turns.
    retry_next: bool,
    stopping: bool,
}

/// Runs the lane of `endpoint` until it is told to stop and its last attempt is back.
pub async fn run(
    tools: Arc<Tools>,
    endpoint: Arc<Endpoint>,
    me: mpsc::UnboundedSender<Message>,
    mut messages: mpsc::UnboundedReceiver<Message>,
) {
    let clock = tools.deliverer.clock.clone();
    let mut lane = Lane {
        bucket: Bucket::new(endpoint.definition().config.rate_limit, clock.now()),
        next_due: Some(clock.now()), // what earlier runs left is read at once
        tools,
        clock,
        endpoint,
        me,
        new: VecDeque::new(),
        new_bytes: 0,
        read: READ_FIRST,
        last: String::new(),
        behind: true,
        due: VecDeque::new(),
        manual: VecDeque::new(),
        taken: HashSet::new(),
        in_flight: 0,
        retry_next: false,
        stopping: false,
    };
    while let Err(error) = lane.take_up_manual().await {
        tracing::error!(%error, "Reading redeliveries failed: {error}");
        lane.clock.sleep_until(lane.clock.now().plus_ms(ASK_AGAIN_MS)).await;
    }
    loop {
        let wake = lane.work().await;
        if lane.stopping && lane.in_flight == 0 {
            return;
        }
        let clock = lane.clock.clone();
        let sleep = async {
            match wake {
                Some(wake) => clock.sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => lane.take(message),
                None => return,
            },
            () = sleep => {}
        }
        while let Ok(message) = messages.try_recv() {
            lane.take(message);
        }
    }
}

impl Lane {
    fn take(&mut self, message: Message) {
        match message {
            Message::New(delivery) => {
                // What was read back from disk meanwhile is here already.
                if self.behind || self.taken.contains(&delivery.delivery.id) {
                    return;
                }
                if self.new.len() >= KEPT || self.new_bytes >= KEPT_BYTES {
                    self.behind = true;
                    return;
                }
                self.keep(*delivery);
            }
            Message::Manual(delivery) => {
                self.taken.insert(delivery.delivery.id.clone());
                self.drop_waiting(&delivery.delivery.id);
                self.manual.push_back(*delivery);
            }
            Message::Returned => self.in_flight -= 1,
            Message::Recorded(id, next) => {
                self.taken.remove(&id);
                if let Some(next) = next {
                    self.next_due = Some(self.next_due.map_or(next, |due| due.min(next)));
                }
            }
            Message::Forget(id) => {
                self.drop_waiting(&id);
                self.taken.remove(&id);
            }
            Message::Look => {
                self.bucket.set_rate(self.endpoint.definition().config.rate_limit, self.clock.now());
            }
            Message::Stop => self.stopping = true,
        }
    }

    fn keep(&mut self, delivery: DueDelivery) {
        delivery.delivery.id.as_str().clone_into(&mut self.last);
        self.taken.insert(delivery.delivery.id.clone());
        self.new_bytes += delivery.event.body.len();
        self.new.push_back(delivery);
    }

    /// Takes a delivery out of every queue.
    fn drop_waiting(&mut self, id: &DeliveryId) {
        for queue in [&mut self.new, &mut self.due, &mut self.manual] {
            queue.retain(|waiting| waiting.delivery.id != *id);
        }
        self.new_bytes = bytes(&self.new);
    }

    fn next_new(&mut self) -> Option<DueDelivery> {
        let next = self.new.pop_front()?;
        self.new_bytes -= next.event.body.len();
        Some(next)
    }

    /// Sends all that may go now. Gives the time at which to look again, if only time can change something.
    async fn work(&mut self) -> Option<Time> {
        while !self.stopping && self.in_flight < self.endpoint.definition().config.concurrency {
            if let Some(delivery) = self.manual.pop_front() {
                self.send(delivery);
                continue;
            }
            let now = self.clock.now();
            if self.endpoint.holds(now) {
                return self.endpoint.tries_at().filter(|at| *at > now);
            }
            if let Err(wake) = self.read_back(now).await {
                return Some(wake);
            }
            if self.new.is_empty() && self.due.is_empty() {
                return self.next_due;
            }
            if let Err(wake) = self.bucket.take(now) {
                return Some(wake);
            }
            if !self.endpoint.admits(now) {
                return self.endpoint.tries_at().filter(|at| *at > now);
            }
            let retry = self.new.is_empty() || (self.retry_next && !self.due.is_empty());
            self.retry_next = !retry;
            let next = if retry { self.due.pop_front() } else { self.next_new() };
            // A redelivery may have it by now, and makes this attempt needless.
            if let Some(delivery) = next
                && self.endpoint.claim(&delivery.delivery.id)
            {
                self.send(delivery);
            }
        }
        None
    }

    /// Takes up the redeliveries that an earlier run was asked for and did not get to.
    async fn take_up_manual(&mut self) -> Result<(), StoreError> {
        for delivery in self.tools.store.pending_manual(&self.endpoint.name).await? {
            if self.endpoint.claim(&delivery.delivery.id) {
                self.take(Message::Manual(Box::new(delivery)));
            }
        }
        Ok(())
    }

    /// Reads from disk what memory has room for. A failure gives the time to ask again.
    async fn read_back(&mut self, now: Time) -> Result<(), Time> {
        let name = self.endpoint.name.to_string();
        let failed = |error| {
            tracing::error!(endpoint.name = %name, %error, "Reading deliveries to {name} failed: {error}");
            now.plus_ms(ASK_AGAIN_MS)
        };
        if self.new.is_empty() && self.behind {
            let limit = u32::try_from(self.read).unwrap_or(u32::MAX);
            let read = self.tools.store.pending(&name, &self.last, limit).await.map_err(failed)?;
            self.behind = read.len() == self.read;
            self.expect(&read);
            for delivery in read {
                // What is not told of yet will be, and comes then.
                if !self.tools.committer.has_told(&delivery.delivery.id) {
                    self.behind = false;
                    break;
                }
                // A redelivery has its own way here.
                if delivery.trigger == Trigger::Schedule {
                    self.keep(delivery);
                } else {
                    delivery.delivery.id.as_str().clone_into(&mut self.last);
                }
            }
        }
        if self.due.is_empty() && self.next_due.is_some_and(|due| due <= now) {
            // One more than can be on their way or in memory, so that those never hide the others.
            let limit = u32::try_from(self.read + self.taken.len()).unwrap_or(u32::MAX);
            let read = self.tools.store.due(&name, now, limit).await.map_err(failed)?;
            self.expect(&read);
            let all = read.len() < limit as usize;
            for delivery in read {
                if self.taken.insert(delivery.delivery.id.clone()) {
                    self.due.push_back(delivery);
                }
            }
            self.next_due =
                if all { self.tools.store.next_due(&name, now).await.map_err(failed)? } else { Some(now) };
        }
        Ok(())
    }

    /// Judges by what was just read how much to ask for next.
    fn expect(&mut self, read: &[DueDelivery]) {
        if let Some(average) =
            read.iter().map(|due| due.event.body.len()).sum::<usize>().checked_div(read.len())
        {
            self.read = (KEPT_BYTES / average.max(1)).clamp(*READ.start(), *READ.end());
        }
    }

    fn send(&mut self, due: DueDelivery) {
        self.in_flight += 1;
        if self.tools.feed.is_watched() {
            let on_its_way = wire::Delivery { status: DeliveryStatus::Delivering, ..due.delivery.clone() };
            self.tools.feed.publish([News::Delivery(Box::new(on_its_way))]);
        } else {
            self.tools.feed.skip();
        }
        let (tools, endpoint, me, clock) =
            (Arc::clone(&self.tools), Arc::clone(&self.endpoint), self.me.clone(), self.clock.clone());
        tokio::spawn(async move {
            let mut outcome = tools.deliverer.attempt(&endpoint.definition().config, &due).await;
            if endpoint.is_removed() && outcome.delivery.status.is_open() {
                // Nobody is left to try again.
                outcome.delivery.status = DeliveryStatus::Cancelled;
                outcome.delivery.next_attempt_at = None;
                outcome.delivery.finished_at = Some(clock.now());
            }
            endpoint.ended(&outcome.attempt, clock.now());
            let gone = outcome.attempt.reason == Some(Reason::Http410);
            // Before its outcome is known: nothing more goes out in between.
            if gone {
                pause(&tools.committer, &endpoint, clock.now()).await;
            }
            // Waits for a place in the committer's queue, so that outcomes never pile up in memory.
            tools.committer.record(outcome).await;
            let _ = me.send(Message::Returned);
        });
    }
}

fn bytes(deliveries: &VecDeque<DueDelivery>) -> usize {
    deliveries.iter().map(|due| due.event.body.len()).sum()
}

/// The receiver said that it is gone for good (410): stop sending until a person resumes.
async fn pause(committer: &Committer, endpoint: &Endpoint, since: Time) {
    let name = endpoint.name.to_string();
    tracing::warn!(endpoint.name = %name, "{name} answered 410 Gone and is paused");
    let reason = Some("the receiver answered 410 Gone".to_owned());
    if let Err(error) = committer.pause(Pause { endpoint: name.clone(), paused: true, reason, since }).await {
        tracing::error!(endpoint.name = %name, ?error, "Pausing {name} could not be stored");
    }
}
