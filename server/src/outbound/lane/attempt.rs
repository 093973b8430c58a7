//! An attempt on its way: a task of its own, which comes back with its outcome.

use super::{Lane, Message};
use crate::committer::Committer;
use crate::endpoints::Endpoint;
use crate::live::feed::News;
use crate::store::{DueDelivery, Pause};
use std::sync::Arc;
use wire::{DeliveryStatus, Reason, Time};

impl Lane {
    pub(super) fn send(&mut self, due: DueDelivery) {
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
            // Whoever has its name now, or the URL it has now, is not gone.
            let gone = outcome.attempt.reason == Some(Reason::Http410)
                && !endpoint.is_removed()
                && endpoint.is_to(&outcome.attempt.request.url);
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

/// The receiver said that it is gone for good (410): stop sending until a person resumes.
async fn pause(committer: &Committer, endpoint: &Endpoint, since: Time) {
    let name = endpoint.name.to_string();
    tracing::warn!(endpoint.name = %name, "{name} answered 410 Gone and is paused");
    let reason = Some("the receiver answered 410 Gone".to_owned());
    if let Err(error) = committer.pause(Pause { endpoint: name.clone(), paused: true, reason, since }).await {
        tracing::error!(endpoint.name = %name, ?error, "Pausing {name} could not be stored");
    }
}
