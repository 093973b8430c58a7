//! Inbound hits on display: the newest in the panel, and one alone with everything that came of it.

#[cfg(feature = "hydrate")]
use super::Errand;
use super::Store;
use leptos::prelude::*;
use wire::{Delivery, Event, Hit, HitDetail, HitId, Run};

/// Hits on display; older ones leave.
const MOST_HITS: usize = 100;

/// One hit on display.
#[derive(Clone)]
pub struct HitCell {
    /// Its id.
    pub id: HitId,
    /// How it is now.
    pub hit: ArcRwSignal<Hit>,
}

pub(super) fn cell_of_hit(hit: Hit) -> HitCell {
    HitCell { id: hit.id.clone(), hit: ArcRwSignal::new(hit) }
}

impl Store {
    /// The hit that is on display alone.
    pub(super) fn open_hit(&self) -> Option<HitId> {
        self.trace.with_untracked(|trace| trace.as_ref().map(|trace| trace.hit.id.clone()))
    }

    pub(super) fn apply_hit(&self, hit: Hit) {
        self.in_trace(&hit.id, |trace| {
            // Its run comes in frames of its own, and may have been faster.
            let run = hit.run.clone().or_else(|| trace.hit.run.take());
            trace.hit = Hit { run, ..hit.clone() };
        });
        self.count_again();
        if let Some(known) = self.cell(&hit.id) {
            known.hit.update(|before| {
                let run = hit.run.clone().or_else(|| before.run.take());
                *before = Hit { run, ..hit };
            });
            return;
        }
        self.hits.update(|hits| {
            hits.insert(0, cell_of_hit(hit));
            hits.truncate(MOST_HITS);
        });
    }

    pub(super) fn apply_run(&self, run: Run) {
        let incomplete = self.in_trace(&run.hit_id, |trace| {
            trace.hit.run = Some(run.clone());
            // An event that was linked later, by the agent's own id, comes in no frame of its own.
            let callback = run.callback_event_id.as_ref();
            callback.is_some_and(|id| trace.events.iter().all(|event| event.id != *id))
        });
        if incomplete == Some(true) {
            self.trace_again();
        }
        self.count_again();
        if let Some(known) = self.cell(&run.hit_id) {
            known.hit.update(|hit| hit.run = Some(run));
        }
    }

    pub(super) fn apply_event(&self, event: &Event) {
        let Some(hit) = hit_of(event) else { return };
        self.in_trace(&hit, |trace| {
            if trace.events.iter().all(|known| known.id != event.id) {
                trace.events.push(event.clone());
            }
        });
    }

    /// Deliveries of the open hit's events.
    pub(super) fn trace_deliveries(&self, deliveries: &[Delivery]) {
        let Some(open) = self.open_hit() else { return };
        let of_it: Vec<_> =
            deliveries.iter().filter(|delivery| delivery.hit_id.as_ref() == Some(&open)).collect();
        if of_it.is_empty() {
            return;
        }
        self.in_trace(&open, |trace| {
            for delivery in of_it {
                match trace.deliveries.iter_mut().find(|known| known.id == delivery.id) {
                    Some(known) => *known = delivery.clone(),
                    None => trace.deliveries.push(delivery.clone()),
                }
            }
        });
    }

    /// Changes the hit on display alone, if it is this one.
    fn in_trace<T>(&self, id: &HitId, change: impl FnOnce(&mut HitDetail) -> T) -> Option<T> {
        if self.open_hit().as_ref() != Some(id) {
            return None;
        }
        let mut told = None;
        self.trace.update(|trace| told = trace.as_mut().map(change));
        told
    }

    fn cell(&self, id: &HitId) -> Option<HitCell> {
        self.hits.with_untracked(|hits| hits.iter().find(|cell| cell.id == *id).cloned())
    }

    /// Fetches the open hit again.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(clippy::unused_self, reason = "only browsers are told of changes")
    )]
    fn trace_again(&self) {
        #[cfg(feature = "hydrate")]
        self.send_for(Errand::Trace);
    }

    /// Fetches the counts of inbound endpoints, at most once a second however much comes.
    fn count_again(&self) {
        if !self.ready.get_untracked() || self.recount.get_value() {
            return;
        }
        self.recount.set_value(true);
        #[cfg(feature = "hydrate")]
        {
            let store = *self;
            leptos::task::spawn_local(async move {
                gloo_timers::future::TimeoutFuture::new(1000).await;
                store.recount.set_value(false);
                store.send_for(Errand::Counts);
            });
        }
    }
}

/// The hit that an event names: a callback in `hitId`, a hook's own in its name, `<inbound name> <hit id>`.
fn hit_of(event: &Event) -> Option<HitId> {
    let named = |key: &str| event.data.get(key).and_then(serde_json::Value::as_str);
    named("hitId")
        .or_else(|| named("hookName").and_then(|name| name.split_whitespace().last()))
        .and_then(|id| id.parse().ok())
}
