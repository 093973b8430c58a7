//! What the stream can't tell, `tail` reads from the lists: what is there at the start, and what changed while it was away.

use super::seen::{Change, Seen};
use crate::cli::client::Client;
use crate::cli::end::Failure;
use crate::cli::filter::Filter;
use crate::cli::list::newest;
use serde_json::value::RawValue;
use wire::{Delivery, DeliveryStatus};

/// What is open at the start is remembered up to this many, to be asked for after a gap.
const MOST_OPEN: usize = 2_000;
/// After a gap.
const MOST_MISSED: usize = 50_000;

/// The latest `recent` deliveries, oldest first; and remembers what is open. The stream is open already, so that what changes
/// from now on comes by it.
pub(super) async fn first(
    client: &Client,
    seen: &mut Seen,
    filter: &Filter,
    recent: usize,
) -> Result<Vec<Change>, Failure> {
    let open = DeliveryStatus::ALL.iter().filter(|status| status.is_open());
    let mut open: Vec<_> = open.map(|status| ("status", status.to_string())).collect();
    open.extend(of_all_times(filter));
    for (query, count) in [(&[][..], 1), (&open, MOST_OPEN)] {
        let there: Vec<Delivery> = newest(client, &["deliveries"], query, count).await?;
        for delivery in &there {
            seen.begin_with(delivery);
        }
    }
    let latest = newest(client, &["deliveries"], &filter.query(), recent).await?;
    Ok(in_order(latest.into_iter().filter_map(|delivery| seen.note(delivery)).collect()))
}

/// What is new or changed since it was seen last, oldest first.
pub(super) async fn again(client: &Client, seen: &mut Seen, filter: &Filter) -> Result<Vec<Change>, Failure> {
    let mut missed: Vec<Box<RawValue>> = Vec::new();
    for event in seen.open_events() {
        let query = [("eventId", event.to_string())];
        missed.extend(newest::<Box<RawValue>>(client, &["deliveries"], &query, MOST_OPEN).await?);
    }
    let mut query = of_all_times(filter);
    query.extend(seen.newest().map(|newest| ("since", newest.to_string())));
    missed.extend(newest::<Box<RawValue>>(client, &["deliveries"], &query, MOST_MISSED).await?);
    let mut changes: Vec<Change> = missed.into_iter().filter_map(|delivery| seen.note(delivery)).collect();
    changes.retain(|change| !seen.is_from_before(&change.delivery));
    Ok(in_order(changes))
}

/// The parts of the filter that a delivery fits for good.
fn of_all_times(filter: &Filter) -> Vec<(&'static str, String)> {
    let mut query = filter.query();
    query.retain(|(name, _)| matches!(*name, "endpoint" | "type"));
    query
}

/// By the time that is shown: what ended when it ended, what is open when it was made, for nobody saw when it changed.
fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    for Change { delivery, at, .. } in &mut changes {
        *at = delivery.finished_at.unwrap_or(delivery.created_at);
    }
    changes.sort_by(|one, other| (one.at, &one.delivery.id).cmp(&(other.at, &other.delivery.id)));
    changes
}
