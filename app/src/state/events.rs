//! An event on display alone, with its deliveries.

use super::Store;
use leptos::prelude::*;
use std::cmp::Reverse;
use wire::{Delivery, Event};

/// An event and its deliveries, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenEvent {
    /// The event.
    pub event: Event,
    /// Its deliveries.
    pub deliveries: Vec<Delivery>,
}

impl Store {
    /// Takes what changed of the open event's deliveries.
    pub(super) fn event_deliveries(&self, deliveries: &[Delivery]) {
        self.event.maybe_update(|open| {
            let Some(open) = open else { return false };
            let mut changed = false;
            for delivery in deliveries.iter().filter(|delivery| delivery.event_id == open.event.id) {
                changed = true;
                match open.deliveries.iter_mut().find(|known| known.id == delivery.id) {
                    Some(known) => *known = delivery.clone(),
                    None => open.deliveries.push(delivery.clone()),
                }
            }
            if changed {
                open.deliveries
                    .sort_by_cached_key(|delivery| Reverse((delivery.created_at, delivery.id.clone())));
            }
            changed
        });
    }
}
