//! The endpoints on display: each with a signal of its own, what needs a person first.

use super::Store;
use crate::api::OF_ONE;
use leptos::prelude::*;
use std::cmp::Reverse;
use wire::{Delivery, Endpoint, EndpointState};

/// One endpoint on display.
#[derive(Clone)]
pub struct EndpointCell {
    /// Its name.
    pub name: String,
    /// How it is now.
    pub endpoint: ArcRwSignal<Endpoint>,
}

/// An endpoint on display alone.
#[derive(Clone)]
pub struct Receiver {
    /// Its cell, which the panel shows too.
    pub cell: EndpointCell,
    /// The newest deliveries to it, newest first.
    pub deliveries: Vec<Delivery>,
}

impl Store {
    /// Shows an endpoint alone.
    pub fn show_receiver(&self, endpoint: Endpoint, deliveries: Vec<Delivery>) {
        let name = endpoint.name.clone();
        self.apply_endpoint(endpoint);
        let cell =
            self.endpoints.with_untracked(|cells| cells.iter().find(|cell| cell.name == name).cloned());
        self.receiver.set(cell.map(|cell| Receiver { cell, deliveries }));
    }

    pub(super) fn receiver_deliveries(&self, deliveries: &[Delivery]) {
        self.receiver.maybe_update(|open| {
            let Some(open) = open else { return false };
            let to_it = deliveries.iter().filter(|delivery| delivery.endpoint == open.cell.name);
            let mut changed = false;
            for delivery in to_it {
                changed = true;
                match open.deliveries.iter_mut().find(|known| known.id == delivery.id) {
                    Some(known) => *known = delivery.clone(),
                    None => open.deliveries.push(delivery.clone()),
                }
            }
            if changed {
                open.deliveries
                    .sort_by_cached_key(|delivery| Reverse((delivery.created_at, delivery.id.clone())));
                open.deliveries.truncate(OF_ONE);
            }
            changed
        });
    }
}

/// Sets the endpoint of that name, or adds it.
pub(super) fn put_endpoint(cells: &mut Vec<EndpointCell>, endpoint: Endpoint) {
    match cells.iter().find(|cell| cell.name == endpoint.name) {
        Some(cell) => {
            if cell.endpoint.with_untracked(|known| *known != endpoint) {
                cell.endpoint.set(endpoint);
            }
        }
        None => {
            cells.push(EndpointCell { name: endpoint.name.clone(), endpoint: ArcRwSignal::new(endpoint) });
        }
    }
}

/// Worst first, then by name.
pub(super) fn sort_endpoints(cells: &mut [EndpointCell]) {
    cells.sort_by_cached_key(|cell| {
        (severity(cell.endpoint.with_untracked(|endpoint| endpoint.state)), cell.name.clone())
    });
}

/// The names in their order.
pub(super) fn order_of(cells: &[EndpointCell]) -> Vec<String> {
    cells.iter().map(|cell| cell.name.clone()).collect()
}

/// What needs a person comes first.
fn severity(state: EndpointState) -> u8 {
    match state {
        EndpointState::Failing => 0,
        EndpointState::Misconfigured => 1,
        EndpointState::Degraded => 2,
        EndpointState::Paused => 3,
        EndpointState::Healthy => 4,
        EndpointState::Idle => 5,
    }
}
