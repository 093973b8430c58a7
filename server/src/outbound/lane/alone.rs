//! What a lane does where the database is its gateway's own: it reads back what memory had no room for.

use super::Lane;
use crate::store::StoreError;
use wire::{Time, Trigger};

impl Lane {
    /// Takes up the redeliveries that an earlier run was asked for and did not get to.
    pub(super) async fn take_up_manual(&mut self) -> Result<(), StoreError> {
        if self.node.is_some() {
            // What nobody has is taken with all else.
            return Ok(());
        }
        for delivery in self.tools.store.pending_manual(&self.endpoint.name).await? {
            if self.endpoint.claim(&delivery.delivery.id) {
                self.put_first(delivery);
            }
        }
        Ok(())
    }

    /// Reads from disk what memory has room for. A failure gives the time to ask again.
    pub(super) async fn read_back(&mut self, now: Time) -> Result<(), Time> {
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
}
