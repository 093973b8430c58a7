//! What a lane does where many gateways share what waits: it takes its share, and leaves the rest to the others.

use super::doubts::DOUBT_MS;
use super::{KEPT, Lane, Message, READ_FIRST};
use crate::store::{DueDelivery, StoreError};
use std::sync::Arc;
use wire::{DeliveryId, Time, Trigger};

/// Of what many gateways share each takes so many times what it may send at once, and so many in all: what waits here
/// could be sent by another.
const ROUNDS: u32 = 4;
const SHARED_KEPT: std::ops::RangeInclusive<u32> = 16..=512;
/// Among many, what is free is looked for so often even if nobody tells: alone, and with others.
const POLL_MS: [i64; 2] = [30_000, 5_000];
/// While all else is held, what a person asked for is looked for at most so often.
const MANUAL_EVERY_MS: i64 = 500;
/// Without a lease in force, when to look again.
const LEASE_AGAIN_MS: i64 = 200;

impl Lane {
    /// Of many gateways one tries whether an endpoint is back.
    pub(super) fn is_for_others_to_try(&self, now: Time) -> bool {
        self.share.rank > 0 && self.endpoint.is_tried(now)
    }

    /// Where many gateways share what waits: gives its endpoint room for what this lane may hold now, leaves to the others
    /// what it may not send, and takes what a person asked for.
    pub(super) async fn take_share(&mut self) -> Result<(), Time> {
        let cluster = Arc::clone(&self.tools.cluster);
        self.begin_anew_if_ended();
        let Some(node) = self.node.clone() else { return Ok(()) };
        let now = self.clock.now();
        if now >= self.poll_at {
            self.behind = true;
            self.next_due = Some(now);
            self.poll_at = now.plus_ms(POLL_MS[usize::from(cluster.has_others())]);
        }
        if self.doubts.is_due(now) {
            self.free_unheld(&node, now).await?;
        }
        if !self.to_let_go.is_empty() {
            let freed = self.tools.store.let_go(&node, &self.to_let_go).await;
            freed.map_err(|error| self.failed(&error, now))?;
            self.to_let_go.clear();
            self.behind = true;
            self.next_due = Some(now);
        }
        let may_begin = self.may_begin();
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

    pub(super) fn doubt(&mut self) {
        if self.node.is_some() {
            self.doubts.note(self.clock.now());
        }
    }

    /// Frees what bears this gateway's name and is in nobody's hands.
    async fn free_unheld(&mut self, node: &str, now: Time) -> Result<(), Time> {
        let mut held: Vec<DeliveryId> = self.taken.iter().cloned().collect();
        held.extend(self.endpoint.on_their_way().iter().cloned());
        let freed =
            self.tools.store.free_unheld(node, &self.endpoint.name, now.plus_ms(-DOUBT_MS), &held).await;
        if let Err(error) = freed {
            self.doubts.failed(now);
            return Err(self.failed(&error, now));
        }
        self.doubts.freed();
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
    pub(super) async fn claim_more(&mut self, node: &str, now: Time) -> Result<(), Time> {
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
                } else {
                    self.pass_over(delivery);
                }
            }
        }
        Ok(())
    }

    /// Takes up what was claimed. What this gateway sent under an earlier name, and still waits for the answer, it keeps: given
    /// to another it would surely be sent twice.
    fn take_claimed(&mut self, read: Vec<DueDelivery>) {
        for delivery in read {
            if self.taken.contains(&delivery.delivery.id) {
                self.pass_over(delivery);
            } else if delivery.trigger == Trigger::Schedule {
                self.endpoint.room.fill(delivery.event.body.len());
                self.hold(delivery);
            } else if self.endpoint.claim(&delivery.delivery.id) {
                self.put_first(delivery);
            } else {
                self.pass_over(delivery);
            }
        }
    }

    /// The same of a claim, which may have been made all the same.
    fn claim_failed(&mut self, error: &StoreError, now: Time) -> Time {
        self.doubt();
        self.failed(error, now)
    }
}
