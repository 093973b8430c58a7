//! The task that tells what was committed: watchers first, then whoever waits, then the lanes.

use super::{Answer, CommitError, Synced, Told, Written, same};
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::endpoints::{ByName, Endpoint, Endpoints};
use crate::live::feed::{Feed, News};
use crate::outbound::lane;
use crate::store::{Change, DueDelivery, NewEvent, NewHit, Outcome, Rare, StoreError};
use crate::telemetry::Traces;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc;
use wire::{AcceptedEvent, Delivery, DeliveryCounts, DeliveryId, DeliveryStatus, Hit, HitId, Time, Trigger};

/// The task.
pub(super) struct Teller {
    pub(super) clock: Clock,
    pub(super) feed: Feed,
    pub(super) traces: Traces,
    pub(super) endpoints: Endpoints,
    pub(super) cluster: Arc<Cluster>,
    pub(super) told: Told,
}

impl Teller {
    /// Tells until the threads have ended and all they wrote is told.
    pub(super) async fn run(&self, mut to_tell: mpsc::UnboundedReceiver<Synced>) {
        while let Some(Synced { groups, result }) = to_tell.recv().await {
            for group in groups {
                self.tell(group, result.as_ref().err());
            }
        }
    }

    /// The feed first, then whoever waits, then the lanes. What could not be synced is done all the same, since others
    /// can read it already: but whoever waits is told that it may not last.
    fn tell(&self, written: Written, failure: Option<&StoreError>) {
        let Written { changes, replies, answers, node } = written;
        let mut telling = Telling {
            endpoints: self.endpoints.all(),
            works: self.cluster.works(),
            node,
            traces: self.traces.clone(),
            now: self.clock.now(),
            news: self.feed.is_watched().then(Vec::new),
            newest: None,
            messages: Vec::new(),
        };
        let (mut accepted, mut repeats) = (answers.events.into_iter(), answers.repeats.into_iter());
        let mut answered = Vec::with_capacity(replies.len());
        let mut refusals = Vec::new();
        for (place, (change, reply)) in changes.into_iter().zip(replies).enumerate() {
            let mut own = Answer::default();
            if answers.refused.contains(&place) {
                for _ in change.events() {
                    accepted.next();
                }
                telling.refused(change);
                refusals.extend(reply);
                continue;
            }
            match change {
                Change::Accept(events) => {
                    for new in events {
                        own.events.extend(telling.answered(new, accepted.next()));
                    }
                }
                Change::Outcome(outcome) => {
                    if answers.known.contains(&place) {
                        telling.known(&outcome);
                    }
                    telling.recorded(*outcome);
                }
                Change::Delivery(due, from) => telling.moved(due, from),
                Change::Cancel(delivery, from) => telling.cancelled(*delivery, from),
                Change::Hit(new) => {
                    own.repeats = repeats.next().flatten();
                    telling.hit(*new, own.repeats.as_ref());
                }
                Change::Run(change) => {
                    if let Some(news) = &mut telling.news {
                        news.push(News::Run(Box::new(change.stored.run)));
                    }
                    if let Some(new) = change.callback {
                        telling.answered(new, accepted.next());
                    }
                }
                Change::Rare(rare) => telling.rare(rare),
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
        for reply in refusals {
            let _ = reply.send(Err(CommitError::Elsewhere));
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
    /// Whether this gateway delivers.
    works: bool,
    /// By which name it wrote them.
    node: Option<Arc<str>>,
    traces: Traces,
    now: Time,
    /// `None` while nobody watches.
    news: Option<Vec<News>>,
    /// The newest of the new deliveries.
    newest: Option<DeliveryId>,
    messages: Vec<(Arc<Endpoint>, lane::Message)>,
}

impl Telling {
    /// Tells of an event, unless the database knew it.
    fn answered(&mut self, new: NewEvent, answer: Option<AcceptedEvent>) -> Option<AcceptedEvent> {
        if answer.as_ref().is_some_and(|answer| !answer.duplicate) {
            self.accepted(new);
        }
        answer
    }

    fn hit(&mut self, new: NewHit, first: Option<&HitId>) {
        let Some(news) = &mut self.news else { return };
        let hit = match first {
            Some(first) => new.repeating(first.clone()),
            None => Hit { run: new.run.map(|stored| stored.run), ..new.hit },
        };
        news.push(News::Hit(Box::new(hit)));
    }

    fn accepted(&mut self, new: NewEvent) {
        self.traces.accepted(&new, self.now);
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
            if new.left.contains(&delivery.id) {
                self.messages.push((Arc::clone(endpoint), lane::Message::Left));
                continue;
            }
            let due = Box::new(DueDelivery { delivery, trigger: new.trigger, event: Arc::clone(&new.event) });
            let message = match new.trigger {
                Trigger::Schedule => lane::Message::New(due, self.node.clone()),
                Trigger::Manual | Trigger::Test => {
                    endpoint.claim(&due.delivery.id);
                    lane::Message::Manual(due, self.node.clone())
                }
            };
            self.messages.push((Arc::clone(endpoint), message));
        }
    }

    fn recorded(&mut self, outcome: Outcome) {
        self.traces.attempted(&outcome);
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

    /// An earlier commit stored this outcome, and its answer was lost. Others may have gone on with the delivery since, so
    /// watchers fetch anew.
    fn known(&mut self, outcome: &Outcome) {
        let (delivery, attempt) = (&outcome.delivery, &outcome.attempt);
        tracing::info!(delivery.id = %delivery.id, attempt.id = %attempt.id,
            "{} to {} was recorded by a commit whose answer was lost", attempt.id, delivery.endpoint);
        self.news = None;
    }

    /// Another gateway has what this change is about.
    fn refused(&mut self, change: Change) {
        let Change::Outcome(outcome) = change else { return };
        let Outcome { delivery, attempt, .. } = *outcome;
        tracing::warn!(delivery.id = %delivery.id, attempt.id = %attempt.id,
            "{} to {} was made after another gateway had taken over, and is not recorded", attempt.id, delivery.endpoint);
        if let Some(endpoint) = self.endpoints.get(&*delivery.endpoint) {
            endpoint.release(&delivery.id);
            self.messages.push((Arc::clone(endpoint), lane::Message::Recorded(delivery.id, None)));
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

    fn rare(&mut self, rare: Rare) {
        match rare {
            Rare::Pause(pause) => {
                if let Some(endpoint) = self.endpoints.get(pause.endpoint.as_str()) {
                    endpoint.set_pause(pause, self.now);
                }
            }
            Rare::Check(check) => {
                if let Some(endpoint) = self.endpoints.get(check.endpoint.as_str()) {
                    endpoint.checked(*check);
                }
            }
            // Too many to tell them one by one: watchers fetch anew.
            Rare::CancelOpen(..) => self.news = None,
            Rare::Define(_)
            | Rare::Link(..)
            | Rare::Logout(_)
            | Rare::Audit(_)
            | Rare::Remove(_)
            | Rare::Redelivery(_)
            | Rare::Redelivered(_)
            | Rare::Forget(_) => {}
        }
    }

    fn moved(&mut self, due: Box<DueDelivery>, from: DeliveryStatus) {
        if let Some(news) = &mut self.news {
            news.push(News::Delivery(Box::new(due.delivery.clone())));
        }
        if let Some(endpoint) = self.endpoints.get(&*due.delivery.endpoint) {
            endpoint.open.moved(Some(from), Some(due.delivery.status), 1);
            if self.works {
                self.messages.push((Arc::clone(endpoint), lane::Message::Manual(due, self.node.clone())));
            } else {
                endpoint.release(&due.delivery.id);
            }
        }
    }
}
