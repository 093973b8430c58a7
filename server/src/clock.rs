//! Time, chance and ids, passed to whoever needs them so that tests can decide all three.

use rand::Rng;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use uuid::{ContextV7, Timestamp, Uuid};
use wire::{Id, Kind, Time};

/// Where time, chance and ids come from.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    /// Keeps ids made within one millisecond in the order they were made.
    ids: Arc<Mutex<ContextV7>>,
    /// No id is made for an earlier time than this.
    ids_from: Arc<AtomicI64>,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<watch::Sender<Time>>),
}

impl Clock {
    /// The machine's time and chance.
    pub fn system() -> Self {
        Self { source: Source::System, ids: Arc::new(Mutex::new(ContextV7::new())), ids_from: Arc::default() }
    }

    /// A time that stands still until [`Clock::advance`] moves it, and a chance that is always one half.
    pub fn manual(start: Time) -> Self {
        let source = Source::Manual(Arc::new(watch::Sender::new(start)));
        Self { source, ids: Arc::new(Mutex::new(ContextV7::new())), ids_from: Arc::default() }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Time {
        match &self.source {
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Source::Manual(time) => *time.borrow(),
        }
    }

    /// Moves a manual clock on and wakes who sleeps; does nothing to the machine's.
    pub fn advance(&self, ms: i64) {
        if let Source::Manual(time) = &self.source {
            time.send_modify(|now| *now = now.plus_ms(ms));
        }
    }

    /// Returns once it is `due`.
    pub async fn sleep_until(&self, due: Time) {
        match &self.source {
            Source::System => {
                // A sleep may end a little early by the machine's clock, which can be set while we sleep.
                while let left @ 1.. = due.ms_since(self.now()) {
                    tokio::time::sleep(Duration::from_millis(left.unsigned_abs().min(60_000))).await;
                }
            }
            Source::Manual(time) => {
                let mut changes = time.subscribe();
                // The sender lives in `self`, so this ends only when it is due.
                let _ = changes.wait_for(|now| *now >= due).await;
            }
        }
    }

    /// A number from 0 (included) to 1 (not included).
    pub fn chance(&self) -> f64 {
        match &self.source {
            Source::System => rand::rng().random(),
            Source::Manual(_) => 0.5,
        }
    }

    /// Makes every new id later than `id`, which an earlier run made, perhaps by a clock that was ahead of this one.
    pub fn ids_after<K>(&self, id: &Id<K>) {
        let time =
            id.as_str().split_once('_').and_then(|(_, text)| i64::from_str_radix(text.get(..12)?, 16).ok());
        if let Some(time) = time {
            self.ids_from.fetch_max(time.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// A new id: its kind's prefix and a UUIDv7 without dashes, later than every one before it.
    pub fn new_id<K: Kind>(&self) -> Id<K> {
        let now = self.now().0.max(self.ids_from.load(Ordering::Relaxed)).unsigned_abs();
        let nanos = u32::try_from(now % 1000 * 1_000_000).unwrap_or(0);
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let id = Uuid::new_v7(Timestamp::from_unix(&*ids, now / 1000, nanos));
        Id::made(id.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::DeliveryId;

    #[test]
    fn ids_are_in_the_order_they_were_made() {
        let clock = Clock::manual(Time(1_710_412_200_000));
        let ids: Vec<DeliveryId> = (0..1000).map(|_| clock.new_id()).collect();
        assert!(ids.is_sorted());
        assert!(ids[0].as_str().starts_with("dlv_018e3c82f840")); // the time is in front
        assert_eq!(ids[0].as_str().len(), 36);
    }

    #[test]
    fn a_clock_that_went_back_makes_later_ids_all_the_same() {
        let earlier: DeliveryId = Clock::manual(Time(1_710_412_260_000)).new_id();
        let clock = Clock::manual(Time(1_710_412_200_000));
        clock.ids_after(&earlier);
        assert!(clock.new_id::<wire::kinds::Delivery>() > earlier);
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_time_is_moved() {
        let clock = Clock::manual(Time(0));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Time(5000)).await }
        });
        clock.advance(4999);
        assert!(!sleeper.is_finished());
        clock.advance(1);
        sleeper.await.unwrap();
    }
}
