//! A lane: one endpoint's own queue, in which nothing of another endpoint waits.
//!
//! New deliveries come from the committer once they are on disk. The lane keeps a bounded number of them in
//! memory; the others it reads back when it gets to them, in the same order. Retries sleep on disk: the lane only
//! knows when the next one falls due. It is one task, and an attempt is a task of its own.
//!
//! Where many gateways share a database each has a lane for each endpoint, and takes its share ([`Share`]) of what waits:
//! new deliveries are this gateway's from the start as far as its lane has room, all else it takes from the database, where
//! what one has no other takes.

mod alone;
mod attempt;
mod doubts;
mod shared;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::cluster::{Cluster, Share};
use crate::committer::Committer;
use crate::endpoints::Endpoint;
use crate::live::feed::Feed;
use crate::outbound::deliver::Deliverer;
use crate::rate::Bucket;
use crate::store::{DueDelivery, Store, StoreError};
use doubts::Doubts;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use wire::{DeliveryId, Time, Trigger};

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
    /// A new delivery is on disk, stored as this gateway's by the name that it had then.
    New(Box<DueDelivery>, Option<Arc<str>>),
    /// A person asked for this attempt, stored likewise: it goes before all others, whatever the endpoint's state.
    Manual(Box<DueDelivery>, Option<Arc<str>>),
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
    /// The gateway's name by which it has what it has. Once the gateway has another one, nothing of that is its own.
    node: Option<Arc<str>>,
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
    /// What another attempt or a person had when it was its turn: one that began under an earlier name of the gateway, a
    /// redelivery or its end. If nothing comes of that, it goes on.
    passed_over: VecDeque<DueDelivery>,
    /// Of those, what went on and was not recorded yet.
    took_up: HashSet<DeliveryId>,
    /// Of those whose attempt came back: free, or to be freed and read anew.
    to_let_go: Vec<DeliveryId>,
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
    /// When it frees what it may have taken without knowing.
    doubts: Doubts,
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
    let mut lane = Lane::new(tools, endpoint, me);
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
    fn new(tools: Arc<Tools>, endpoint: Arc<Endpoint>, me: mpsc::UnboundedSender<Message>) -> Self {
        let clock = tools.deliverer.clock.clone();
        let share = tools.cluster.share(&endpoint.definition().config);
        Self {
            bucket: Bucket::new(share.rate, clock.now()),
            share,
            places: 0,
            poll_at: clock.now(),
            doubts: Doubts::default(),
            manual_at: clock.now(),
            next_due: Some(clock.now()), // what earlier runs left is read at once
            node: tools.cluster.node(),
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
            passed_over: VecDeque::new(),
            took_up: HashSet::new(),
            to_let_go: Vec::new(),
            taken: HashSet::new(),
            in_flight: 0,
            retry_next: false,
            stopping: false,
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::New(delivery, by) => {
                if !self.is_own(by.as_ref()) {
                    self.endpoint.room.free(delivery.event.body.len());
                    return;
                }
                // It is this gateway's, whatever else waits.
                if self.node.is_some() {
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
            Message::Manual(delivery, by) => {
                if self.is_own(by.as_ref()) {
                    self.put_first(*delivery);
                } else {
                    self.endpoint.release(&delivery.delivery.id);
                }
            }
            Message::Returned => self.in_flight -= 1,
            Message::Recorded(id, next) => {
                self.taken.remove(&id);
                self.drop_outdated(id);
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
            Message::Doubt => {
                self.take_up_passed_over();
                self.doubt();
            }
            Message::Due(next) => self.expect_due(next),
            Message::Stop => self.stopping = true,
        }
    }

    /// Whether what was stored as this gateway's by that name is so still. If not, it is free on disk.
    fn is_own(&mut self, by: Option<&Arc<str>>) -> bool {
        self.begin_anew_if_ended();
        let is_own = by == self.node.as_ref();
        self.behind |= !is_own;
        is_own
    }

    /// If the others ended this gateway, and it began anew under another name: what it has in memory is not its own any more.
    fn begin_anew_if_ended(&mut self) {
        let node = self.tools.cluster.node();
        if node == self.node {
            return;
        }
        self.node = node;
        for delivery in self.new.drain(..) {
            self.endpoint.room.free(delivery.event.body.len());
        }
        self.new_bytes = 0;
        for delivery in self.manual.drain(..) {
            self.endpoint.release(&delivery.delivery.id);
        }
        self.due.clear();
        self.passed_over.clear();
        self.took_up.clear();
        self.to_let_go.clear();
        // What is on its way may be claimed anew meanwhile; it is not sent again for that.
        self.taken.retain(|id| self.endpoint.is_on_its_way(id));
        self.behind = true;
    }

    /// Whether what it has may go: its gateway's lease is in force, under the name by which it has it.
    fn may_begin(&self) -> bool {
        self.tools.cluster.may_begin() && self.tools.cluster.node() == self.node
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

    fn put_first(&mut self, delivery: DueDelivery) {
        self.taken.insert(delivery.delivery.id.clone());
        self.drop_waiting(&delivery.delivery.id);
        self.to_let_go.retain(|id| *id != delivery.delivery.id);
        self.manual.push_back(delivery);
    }

    fn pass_over(&mut self, delivery: DueDelivery) {
        self.taken.insert(delivery.delivery.id.clone());
        self.passed_over.push_back(delivery);
    }

    /// What is still on its way stays: it would go out a second time once its answer is there.
    fn take_up_passed_over(&mut self) {
        for delivery in std::mem::take(&mut self.passed_over) {
            if self.endpoint.is_on_its_way(&delivery.delivery.id) {
                self.passed_over.push_back(delivery);
            } else if delivery.trigger == Trigger::Schedule {
                self.took_up.insert(delivery.delivery.id.clone());
                self.due.push_back(delivery);
            } else if self.endpoint.claim(&delivery.delivery.id) {
                self.took_up.insert(delivery.delivery.id.clone());
                self.manual.push_back(delivery);
            } else {
                self.passed_over.push_back(delivery);
            }
        }
    }

    /// An attempt of this delivery was recorded: what waits of it here is as it was before that. Among many gateways it is
    /// let go, and read anew by whoever takes it.
    fn drop_outdated(&mut self, id: DeliveryId) {
        let is_other = |waiting: &DueDelivery| waiting.delivery.id != id;
        let before = self.passed_over.len() + self.due.len();
        self.passed_over.retain(is_other);
        let went_on = self.took_up.remove(&id);
        if self.node.is_none() {
            return;
        }
        // Taken up between the attempt's end and the word of it.
        let mut asked_for = false;
        if went_on {
            self.due.retain(is_other);
            asked_for = self.manual.iter().any(|waiting| !is_other(waiting));
        }
        if asked_for {
            self.manual.retain(is_other);
            self.endpoint.release(&id);
        }
        if asked_for || self.passed_over.len() + self.due.len() < before {
            self.to_let_go.push(id);
        }
    }

    /// Takes a delivery out of every queue.
    fn drop_waiting(&mut self, id: &DeliveryId) {
        self.took_up.remove(id);
        for queue in [&mut self.new, &mut self.due, &mut self.manual, &mut self.passed_over] {
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
        // A time that has come only means: look.
        if self.next_due.is_none_or(|due| due > self.clock.now()) {
            self.endpoint.expect_attempt(self.next_due);
        }
        if self.tools.cluster.node().is_none() || self.stopping {
            return wake;
        }
        [wake, self.doubts.next(), Some(self.poll_at)].into_iter().flatten().min()
    }

    async fn send_all(&mut self) -> Option<Time> {
        if let Err(wake) = self.take_share().await {
            return Some(wake);
        }
        // What a person asked for here goes from here, even where the others have all places.
        while !self.stopping && self.in_flight < self.share.concurrency.max(1) {
            // Each way to the database may take long.
            if !self.may_begin() {
                return Some(self.clock.now());
            }
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
            let read = match self.node.clone() {
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
            if !self.may_begin() {
                return Some(now);
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
            let Some(delivery) = next else { continue };
            if self.endpoint.claim(&delivery.delivery.id) {
                self.send(delivery);
            } else {
                self.endpoint.not_tried(now);
                self.pass_over(delivery);
            }
        }
        None
    }

    /// Tells that the database did not answer, and gives the time to ask again.
    fn failed(&self, error: &StoreError, now: Time) -> Time {
        let name = &self.endpoint.name;
        tracing::error!(endpoint.name = %name, %error, "Reading deliveries to {name} failed: {error}");
        now.plus_ms(ASK_AGAIN_MS)
    }

    /// Judges by what was just read how much to ask for next.
    fn expect(&mut self, read: &[DueDelivery]) {
        if let Some(average) =
            read.iter().map(|due| due.event.body.len()).sum::<usize>().checked_div(read.len())
        {
            self.read = (KEPT_BYTES / average.max(1)).clamp(*READ.start(), *READ.end());
        }
    }
}

fn bytes(deliveries: &VecDeque<DueDelivery>) -> usize {
    deliveries.iter().map(|due| due.event.body.len()).sum()
}
