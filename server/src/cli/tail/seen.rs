//! What `tail` has seen of each delivery, so that nothing is shown twice and nothing is missed.

use crate::cli::when;
use serde_json::value::RawValue;
use std::collections::HashMap;
use wire::{Delivery, DeliveryId, DeliveryStatus, EventId, Time};

/// What is finished is forgotten past this many.
const MOST: usize = 20_000;

/// A delivery that is not as it was seen before.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) delivery: Delivery,
    /// The same as the gateway wrote it.
    pub(super) object: Box<RawValue>,
    /// When that was: its end, or as it is seen now.
    pub(super) at: Time,
}

/// How a delivery was when it was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    status: DeliveryStatus,
    attempts: u32,
    finished_at: Option<Time>,
    event: EventId,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    deliveries: HashMap<DeliveryId, Last>,
    newest: Option<Time>,
    /// How deliveries were at the start, which is neither shown nor missed.
    at_start: HashMap<DeliveryId, Last>,
}

impl Last {
    fn of(delivery: &Delivery) -> Self {
        Self {
            status: delivery.status,
            attempts: delivery.attempts,
            finished_at: delivery.finished_at,
            event: delivery.event_id.clone(),
        }
    }
}

impl Seen {
    /// From this delivery on nothing is to be missed. It does not count as shown: the stream may be about to tell of it.
    pub(super) fn begin_with(&mut self, delivery: &Delivery) {
        self.newest = self.newest.max(Some(delivery.created_at));
        self.at_start.insert(delivery.id.clone(), Last::of(delivery));
    }

    /// Whether the delivery is as it was at the start.
    pub(super) fn is_from_before(&self, delivery: &Delivery) -> bool {
        self.at_start.get(&delivery.id) == Some(&Last::of(delivery))
    }

    /// Notes a delivery as it is now, and gives it if it was not so before.
    pub(super) fn note(&mut self, object: Box<RawValue>) -> Option<Change> {
        // What can't be read is of a later version: there is nothing to be shown of it here.
        let delivery: Delivery = serde_json::from_str(object.get()).ok()?;
        let last = Last::of(&delivery);
        self.newest = self.newest.max(Some(delivery.created_at));
        if let Some(before) = self.deliveries.get(&delivery.id) {
            // A frame may be older than the list that was read before it; attempts are never taken back.
            if *before == last || last.attempts < before.attempts {
                return None;
            }
        }
        self.deliveries.insert(delivery.id.clone(), last);
        if self.deliveries.len() > MOST {
            self.deliveries.retain(|_, last| last.status.is_open());
        }
        let at = delivery.finished_at.unwrap_or_else(when::now);
        Some(Change { delivery, object, at })
    }

    /// When the newest delivery was made that was seen.
    pub(super) const fn newest(&self) -> Option<Time> {
        self.newest
    }

    /// The events of deliveries that were open when they were seen last.
    pub(super) fn open_events(&self) -> Vec<EventId> {
        let unseen =
            self.at_start.iter().filter(|(id, _)| !self.deliveries.contains_key(*id)).map(|(_, last)| last);
        let open = self.deliveries.values().chain(unseen).filter(|last| last.status.is_open());
        let mut events: Vec<EventId> = open.map(|last| last.event.clone()).collect();
        events.sort_unstable();
        events.dedup();
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, value::to_raw_value};

    fn delivery(id: &str, status: &str, created_at: &str) -> Box<RawValue> {
        let attempts = u32::from(status != "delivering");
        let delivery = json!({
            "id": id, "eventId": format!("evt_{id}"), "eventType": "message.sent", "endpoint": "crm", "status": status,
            "attempts": attempts, "maxAttempts": 3, "createdAt": created_at,
        });
        to_raw_value(&delivery).unwrap()
    }

    #[test]
    fn only_what_changed_is_given() {
        let mut seen = Seen::default();
        assert!(seen.note(delivery("dlv_1", "retrying", "2026-03-14T10:30:00Z")).is_some());
        assert!(seen.note(delivery("dlv_1", "retrying", "2026-03-14T10:30:00Z")).is_none());
        assert!(
            seen.note(delivery("dlv_1", "delivering", "2026-03-14T10:30:00Z")).is_none(),
            "an older frame"
        );
        assert!(seen.note(delivery("dlv_2", "delivered", "2026-03-14T10:29:00Z")).is_some());
        assert_eq!(seen.newest(), Some("2026-03-14T10:30:00Z".parse().unwrap()));
        assert_eq!(seen.open_events(), ["evt_dlv_1".parse().unwrap()]);
        assert!(seen.note(delivery("dlv_1", "failed", "2026-03-14T10:30:00Z")).is_some());
        assert!(seen.open_events().is_empty());
    }

    #[test]
    fn what_is_there_at_the_start_is_watched_but_not_shown() {
        let mut seen = Seen::default();
        let start: Delivery =
            serde_json::from_str(delivery("dlv_1", "retrying", "2026-03-14T10:30:00Z").get()).unwrap();
        seen.begin_with(&start);
        assert_eq!(seen.newest(), Some(start.created_at));
        assert_eq!(seen.open_events(), ["evt_dlv_1".parse().unwrap()]);
        assert!(seen.is_from_before(&start));
        let change = seen.note(delivery("dlv_1", "failed", "2026-03-14T10:30:00Z")).unwrap();
        assert!(!seen.is_from_before(&change.delivery) && seen.open_events().is_empty());
    }
}
