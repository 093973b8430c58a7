//! A lane: one endpoint's own queue, in which nothing of another endpoint waits.
//!
//! New deliveries come from the committer once they are on disk. The lane keeps a bounded number of them in
//! memory; the others it reads back when it gets to them, in the same order. Retries sleep on disk: the lane only
//! knows when the next one falls due. It is one task, and an attempt is a task of its own.
//!
//! Where many gateways share a database each has a lane for each endpoint, and takes its share ([`Share`]) of what waits:
//! new deliveries are this gateway's from the start as far as its lane has room, all else it takes from the database, where
//! what one has no other takes.

use crate::clock::Clock;
use crate::cluster::{Cluster, Share};
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
/// Of what many gateways share each takes so many times what it may send at once, and so many in all: what waits here
/// could be sent by another.
const ROUNDS: u32 = 4;
const SHARED_KEPT: std::ops::RangeInclusive<u32> = 16..=512;
/// Among many, what is free is looked for so often even if nobody tells: alone, and with others.
const POLL_MS: [i64; 2] = [30_000, 5_000];
/// While all else is held, what a person asked for is looked for at most so often.
const MANUAL_EVERY_MS: i64 = 500;
/// What was taken and did not come is freed after so long: whatever else is on its way has come by then.
const DOUBT_MS: i64 = 15_000;
/// Without a lease in force, when to look again.
const LEASE_AGAIN_MS: i64 = 200;

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
    /// The endpoint's state or configuration changed, or what falls to this gateway: look again.
    Look,
    /// There are new deliveries that nobody has.
    Left,
    /// There will be a retry that nobody has.
    Due(Time),
    /// Something was taken for this gateway that may have come to nobody's hands.
    Doubt,
    /// The others ended this gateway: what it has in memory is not its own any more.
    Fenced,
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
    /// Says what falls to this gateway.
    pub cluster: Arc<Cluster>,
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
    /// What falls to this gateway of what the endpoint may get.
    share: Share,
    /// Places for deliveries that it gave its endpoint, where many gateways share what waits.
    places: i64,
    /// When it looks for what is free without being told, then.
    poll_at: Time,
    /// When it frees what it may have taken without knowing, if it may have.
    free_at: Option<Time>,
    /// When it may look again for what a person asked for while all else is held.
    manual_at: Time,
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
    let share = tools.cluster.share(&endpoint.definition().config);
    let mut lane = Lane {
        bucket: Bucket::new(share.rate, clock.now()),
        share,
        places: 0,
        poll_at: clock.now(),
        free_at: None,
        manual_at: clock.now(),
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
                // It is this gateway's, whatever else waits.
                if self.tools.cluster.node().is_some() {
                    self.hold(*delivery);
                    return;
                }
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
                    self.expect_due(next);
                }
            }
            Message::Forget(id) => {
                self.drop_waiting(&id);
                self.taken.remove(&id);
            }
            Message::Look => {
                self.share = self.tools.cluster.share(&self.endpoint.definition().config);
                self.bucket.set_rate(self.share.rate, self.clock.now());
                self.poll_at = self.clock.now();
            }
            Message::Left => self.behind = true,
            Message::Doubt => self.doubt(),
            Message::Due(next) => self.expect_due(next),
            Message::Fenced => {
                for delivery in self.new.drain(..) {
                    self.endpoint.room.free(delivery.event.body.len());
                }
                self.new_bytes = 0;
                for delivery in self.manual.drain(..) {
                    self.endpoint.release(&delivery.delivery.id);
                }
                self.due.clear();
                // What is on its way may be claimed anew meanwhile; it is not sent again for that.
                self.taken.retain(|id| self.endpoint.is_on_its_way(id));
                self.behind = true;
            }
            Message::Stop => self.stopping = true,
        }
    }

    fn expect_due(&mut self, next: Time) {
        self.next_due = Some(self.next_due.map_or(next, |due| due.min(next)));
    }

    fn keep(&mut self, delivery: DueDelivery) {
        delivery.delivery.id.as_str().clone_into(&mut self.last);
        self.hold(delivery);
    }

    fn hold(&mut self, delivery: DueDelivery) {
        self.taken.insert(delivery.delivery.id.clone());
        self.new_bytes += delivery.event.body.len();
        self.new.push_back(delivery);
    }

    /// Takes a delivery out of every queue.
    fn drop_waiting(&mut self, id: &DeliveryId) {
        for queue in [&mut self.new, &mut self.due, &mut self.manual] {
            queue.retain(|waiting| waiting.delivery.id != *id);
        }
        let before = std::mem::replace(&mut self.new_bytes, bytes(&self.new));
        if before > self.new_bytes {
            self.endpoint.room.free(before - self.new_bytes);
        }
    }

    fn next_new(&mut self) -> Option<DueDelivery> {
        let next = self.new.pop_front()?;
        self.new_bytes -= next.event.body.len();
        self.endpoint.room.free(next.event.body.len());
        Some(next)
    }

    /// Sends all that may go now. Gives the time at which to look again, if only time can change something.
    async fn work(&mut self) -> Option<Time> {
        let wake = self.send_all().await;
        if self.tools.cluster.node().is_none() || self.stopping {
            return wake;
        }
        Some(wake.map_or(self.poll_at, |wake| wake.min(self.poll_at)))
    }

    async fn send_all(&mut self) -> Option<Time> {
        if let Err(wake) = self.take_share().await {
            return Some(wake);
        }
        // What a person asked for here goes from here, even where the others have all places.
        while !self.stopping && self.in_flight < self.share.concurrency.max(1) {
            if let Some(delivery) = self.manual.pop_front() {
                self.send(delivery);
                continue;
            }
            let now = self.clock.now();
            if self.share.concurrency == 0 {
                return None;
            }
            if self.endpoint.holds(now) {
                return self.endpoint.tries_at().filter(|at| *at > now);
            }
            if self.is_for_others_to_try(now) {
                return None;
            }
            let read = match self.tools.cluster.node() {
                Some(node) => self.claim_more(&node, now).await,
                None => self.read_back(now).await,
            };
            if let Err(wake) = read {
                return Some(wake);
            }
            if self.new.is_empty() && self.due.is_empty() {
                if !self.manual.is_empty() {
                    continue;
                }
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

    /// Of many gateways one tries whether an endpoint is back.
    fn is_for_others_to_try(&self, now: Time) -> bool {
        self.share.rank > 0 && self.endpoint.is_tried(now)
    }

    /// Where many gateways share what waits: gives its endpoint room for what this lane may hold now, leaves to the others
    /// what it may not send, and takes what a person asked for.
    async fn take_share(&mut self) -> Result<(), Time> {
        let cluster = Arc::clone(&self.tools.cluster);
        let Some(node) = cluster.node() else { return Ok(()) };
        let now = self.clock.now();
        if now >= self.poll_at {
            self.behind = true;
            self.next_due = Some(now);
            self.poll_at = now.plus_ms(POLL_MS[usize::from(cluster.has_others())]);
        }
        if self.free_at.is_some_and(|at| at <= now) {
            self.free_unheld(&node, now).await?;
        }
        let may_begin = cluster.may_begin();
        let sends = !self.stopping
            && may_begin
            && self.share.concurrency > 0
            && !self.endpoint.holds(now)
            && !self.is_for_others_to_try(now);
        let places = if sends { i64::from(self.kept()) } else { 0 };
        self.endpoint.room.grow(places - self.places);
        if std::mem::replace(&mut self.places, places) == 0 && sends {
            // What came meanwhile was left.
            self.behind = true;
            self.next_due = Some(now);
        }
        if !may_begin && !self.stopping {
            return Err(now.plus_ms(LEASE_AGAIN_MS));
        }
        if sends || self.stopping {
            return Ok(());
        }
        if cluster.has_others() && !(self.new.is_empty() && self.due.is_empty()) {
            let held: Vec<DeliveryId> =
                self.new.iter().chain(&self.due).map(|waiting| waiting.delivery.id.clone()).collect();
            self.tools.store.let_go(&node, &held).await.map_err(|error| self.failed(&error, now))?;
            for id in &held {
                self.take(Message::Forget(id.clone()));
            }
            self.behind = true;
            self.next_due = Some(now);
        }
        if cluster.works() && self.behind {
            if now < self.manual_at {
                self.poll_at = self.poll_at.min(self.manual_at);
                return Ok(());
            }
            self.behind = false;
            self.manual_at = now.plus_ms(MANUAL_EVERY_MS);
            let limit = u32::try_from(READ_FIRST).unwrap_or(u32::MAX);
            let read = self.tools.store.claim_manual(&node, &self.endpoint.name, limit).await;
            let read = read.map_err(|error| self.claim_failed(&error, now))?;
            self.take_claimed(read);
        }
        Ok(())
    }

    fn doubt(&mut self) {
        if self.tools.cluster.node().is_some() {
            self.free_at = Some(self.clock.now().plus_ms(DOUBT_MS));
        }
    }

    /// Frees what bears this gateway's name and is in nobody's hands.
    async fn free_unheld(&mut self, node: &str, now: Time) -> Result<(), Time> {
        let mut held: Vec<DeliveryId> = self.taken.iter().cloned().collect();
        held.extend(self.endpoint.on_their_way().iter().cloned());
        let freed =
            self.tools.store.free_unheld(node, &self.endpoint.name, now.plus_ms(-DOUBT_MS), &held).await;
        freed.map_err(|error| self.failed(&error, now))?;
        self.free_at = None;
        self.behind = true;
        self.next_due = Some(now);
        Ok(())
    }

    /// Deliveries that this lane may hold of what many gateways share.
    fn kept(&self) -> u32 {
        if !self.tools.cluster.has_others() {
            return u32::try_from(KEPT).unwrap_or(u32::MAX);
        }
        self.share.concurrency.saturating_mul(ROUNDS).clamp(*SHARED_KEPT.start(), *SHARED_KEPT.end())
    }

    /// Takes from the database what nobody has, as far as there is room. A failure gives the time to ask again.
    async fn claim_more(&mut self, node: &str, now: Time) -> Result<(), Time> {
        let limit = self.kept().min(u32::try_from(self.read).unwrap_or(u32::MAX));
        let all = |read: &[DueDelivery]| read.len() < limit as usize;
        if self.new.is_empty() && self.behind {
            let read = self.tools.store.claim_pending(node, &self.endpoint.name, limit).await;
            let read = read.map_err(|error| self.claim_failed(&error, now))?;
            self.behind = !all(&read);
            self.expect(&read);
            self.take_claimed(read);
        }
        if self.due.is_empty() && self.next_due.is_some_and(|due| due <= now) {
            let read = self.tools.store.claim_due(node, &self.endpoint.name, now, limit).await;
            let read = read.map_err(|error| self.claim_failed(&error, now))?;
            self.expect(&read);
            self.next_due = if all(&read) {
                let next = self.tools.store.next_due_free(&self.endpoint.name).await;
                // One that fell due in between is read with the next look.
                next.map_err(|error| self.failed(&error, now))?
            } else {
                Some(now)
            };
            for delivery in read {
                if self.taken.insert(delivery.delivery.id.clone()) {
                    self.due.push_back(delivery);
                }
            }
        }
        Ok(())
    }

    fn take_claimed(&mut self, read: Vec<DueDelivery>) {
        for delivery in read {
            if self.taken.contains(&delivery.delivery.id) {
                continue;
            }
            if delivery.trigger == Trigger::Schedule {
                self.endpoint.room.fill(delivery.event.body.len());
                self.hold(delivery);
            } else if self.endpoint.claim(&delivery.delivery.id) {
                self.take(Message::Manual(Box::new(delivery)));
            }
        }
    }

    /// The same of a claim, which may have been made all the same.
    fn claim_failed(&mut self, error: &StoreError, now: Time) -> Time {
        self.doubt();
        self.failed(error, now)
    }

    /// Tells that the database did not answer, and gives the time to ask again.
    fn failed(&self, error: &StoreError, now: Time) -> Time {
        let name = &self.endpoint.name;
        tracing::error!(endpoint.name = %name, %error, "Reading deliveries to {name} failed: {error}");
        now.plus_ms(ASK_AGAIN_MS)
    }

    /// Takes up the redeliveries that an earlier run was asked for and did not get to.
    async fn take_up_manual(&mut self) -> Result<(), StoreError> {
        if self.tools.cluster.node().is_some() {
            // What nobody has is taken with all else.
            return Ok(());
        }
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
        if self.new.is_empty() && self.behind {
            let limit = u32::try_from(self.read).unwrap_or(u32::MAX);
            let read = self.tools.store.pending(&name, &self.last, limit).await;
            let read = read.map_err(|error| self.failed(&error, now))?;
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
            let read = self.tools.store.due(&name, now, limit).await;
            let read = read.map_err(|error| self.failed(&error, now))?;
            self.expect(&read);
            let all = read.len() < limit as usize;
            for delivery in read {
                if self.taken.insert(delivery.delivery.id.clone()) {
                    self.due.push_back(delivery);
                }
            }
            self.next_due = if all {
                let next = self.tools.store.next_due(&name, now).await;
                next.map_err(|error| self.failed(&error, now))?
            } else {
                Some(now)
            };
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
