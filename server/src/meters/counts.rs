//! What one span of time saw: how many, of what, for which reason, and how long it took.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::{EventType, Ms, Reason, Window};

/// Buckets an octave: a percentile is exact to 2.2 %.
const BUCKETS_PER_OCTAVE: f64 = 16.0;

/// What was counted in one span of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Accepted events by type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) events: BTreeMap<EventType, u64>,
    /// Attempts answered with 2xx, by type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) delivered: BTreeMap<EventType, u64>,
    /// The other attempts, by type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) failed: BTreeMap<EventType, u64>,
    /// Those by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) reasons: BTreeMap<Reason, u64>,
    /// Deliveries given up.
    pub(super) given_up: u64,
    /// Attempts by the bucket of their total time.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    latency: BTreeMap<u16, u64>,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        add(&mut self.events, &other.events);
        add(&mut self.delivered, &other.delivered);
        add(&mut self.failed, &other.failed);
        add(&mut self.reasons, &other.reasons);
        add(&mut self.latency, &other.latency);
        self.given_up += other.given_up;
    }

    /// What came to these since they were `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            events: since(&self.events, &before.events),
            delivered: since(&self.delivered, &before.delivered),
            failed: since(&self.failed, &before.failed),
            reasons: since(&self.reasons, &before.reasons),
            given_up: self.given_up.saturating_sub(before.given_up),
            latency: since(&self.latency, &before.latency),
        }
    }

    /// Notes that an attempt took so long.
    pub(super) fn took(&mut self, total: Ms) {
        *self.latency.entry(bucket(total)).or_default() += 1;
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered.values().sum()
    }

    pub(super) fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// The time that `share` of the attempts took at most.
    pub(super) fn percentile(&self, share: f64) -> Option<Ms> {
        let total: u64 = self.latency.values().sum();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts stay far below 2^52"
        )]
        let rank = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        self.latency.iter().find_map(|(bucket, count)| {
            seen += count;
            (seen >= rank).then(|| middle(*bucket))
        })
    }

    pub(super) fn window(&self) -> Window {
        let (delivered, failed) = (self.delivered(), self.failed());
        Window {
            delivered,
            failed,
            success_rate: share(delivered, delivered + failed),
            p50: self.percentile(0.50),
            p95: self.percentile(0.95),
            p99: self.percentile(0.99),
        }
    }
}

fn add<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (key, count) in from {
        *to.entry(*key).or_default() += count;
    }
}

fn since<K: Ord + Copy>(now: &BTreeMap<K, u64>, before: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    let grown = |(key, count): (&K, &u64)| {
        let more = count.saturating_sub(before.get(key).copied().unwrap_or(0));
        (more > 0).then_some((*key, more))
    };
    now.iter().filter_map(grown).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the logarithm of any i64 times 16 is below 1024"
)]
fn bucket(total: Ms) -> u16 {
    ((total.micros().max(1) as f64).log2() * BUCKETS_PER_OCTAVE) as u16
}

/// The middle of a bucket, to three digits.
fn middle(bucket: u16) -> Ms {
    let micros = ((f64::from(bucket) + 0.5) / BUCKETS_PER_OCTAVE).exp2();
    let digits = 10_f64.powf((micros.log10().floor() - 2.0).max(0.0));
    Ms((micros / digits).round() * digits / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_exact_to_a_fortieth() {
        for millis in [0.05, 0.4, 1.0, 3.3, 12.0, 250.0, 15_000.0] {
            let shown = middle(bucket(Ms(millis))).0;
            assert!((shown / millis - 1.0).abs() < 0.026, "{millis} shown as {shown}");
        }
    }

    #[test]
    fn percentiles_are_of_all_attempts() {
        let mut counts = Counts::default();
        counts.delivered.insert(EventType::MessageSent, 98);
        counts.failed.insert(EventType::MessageSent, 2);
        (0..98).for_each(|_| counts.took(Ms(1.0)));
        (0..2).for_each(|_| counts.took(Ms(100.0)));
        let window = counts.window();
        assert_eq!(window.success_rate, Some(0.98));
        assert_eq!(window.p50, window.p95);
        assert!((window.p99.unwrap().0 / 100.0 - 1.0).abs() < 0.026);
    }
}
