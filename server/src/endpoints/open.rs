//! Counts of what an endpoint's deliveries are at, and of the room for more of them.

use std::sync::atomic::{AtomicI64, Ordering};
use wire::DeliveryStatus;

/// Counts of deliveries that are not finished, kept in step with the table.
#[derive(Debug, Default)]
pub struct Open {
    pending: AtomicI64,
    retrying: AtomicI64,
}

impl Open {
    /// Moves `count` deliveries from one status to another; `None` is outside.
    pub fn moved(&self, from: Option<DeliveryStatus>, to: Option<DeliveryStatus>, count: i64) {
        for (status, sign) in [(from, -1), (to, 1)] {
            match status {
                Some(DeliveryStatus::Pending) => self.pending.fetch_add(sign * count, Ordering::Relaxed),
                Some(DeliveryStatus::Retrying) => self.retrying.fetch_add(sign * count, Ordering::Relaxed),
                _ => 0,
            };
        }
    }

    /// They were counted anew. Gives whether that is what was known.
    pub fn set(&self, pending: i64, retrying: i64) -> bool {
        let known =
            [self.pending.swap(pending, Ordering::Relaxed), self.retrying.swap(retrying, Ordering::Relaxed)];
        known == [pending, retrying]
    }

    /// All of them are finished.
    pub fn clear(&self) {
        self.pending.store(0, Ordering::Relaxed);
        self.retrying.store(0, Ordering::Relaxed);
    }

    /// Deliveries that wait for their first attempt, or for one that a person asked for.
    pub fn pending(&self) -> u64 {
        u64::try_from(self.pending.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Deliveries that wait for another attempt.
    pub fn retrying(&self) -> u64 {
        u64::try_from(self.retrying.load(Ordering::Relaxed)).unwrap_or(0)
    }
}

/// Places in a lane's memory: as many deliveries as it has places for are this gateway's from the start, and the others
/// are left to whoever takes them.
#[derive(Debug, Default)]
pub struct Room(AtomicI64);

/// Bytes of an event that take one place more.
const BYTES_A_PLACE: usize = 32 << 10;

impl Room {
    /// Takes places for a new delivery of an event of so many bytes, if there are any.
    pub fn take(&self, bytes: usize) -> bool {
        let take = |places: i64| (places > 0).then_some(places - places_for(bytes));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Takes places whether there are any or not: the delivery is here already.
    pub fn fill(&self, bytes: usize) {
        self.0.fetch_sub(places_for(bytes), Ordering::Relaxed);
    }

    /// Gives the places of such a delivery back.
    pub fn free(&self, bytes: usize) {
        self.0.fetch_add(places_for(bytes), Ordering::Relaxed);
    }

    /// There are so many more, or fewer.
    pub fn grow(&self, places: i64) {
        self.0.fetch_add(places, Ordering::Relaxed);
    }
}

fn places_for(bytes: usize) -> i64 {
    1 + i64::try_from(bytes / BYTES_A_PLACE).unwrap_or(i64::MAX - 1)
}
