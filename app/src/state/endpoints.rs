//! The endpoints on display: each with a signal of its own, what needs a person first.

use leptos::prelude::*;
use wire::{Endpoint, EndpointState};

/// One endpoint on display.
#[derive(Clone)]
pub struct EndpointCell {
    /// Its name.
    pub name: String,
    /// How it is now.
    pub endpoint: ArcRwSignal<Endpoint>,
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
