//! Shares: how many gateways keep one endpoint's limits together, without asking each other.
//!
//! Each works out the same order of the gateways for an endpoint, and takes its part of the limit by its place in it.
//! When one goes, nobody's part shrinks; when one comes, it gets nothing before all others know of it. So the parts never
//! add up to more than the limit, whoever has heard of what.

use sha2::{Digest, Sha256};
use std::sync::Arc;
use wire::RateLimit;

/// What a gateway may do of what an endpoint may get.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Attempts at once; 0 if the others have them all.
    pub concurrency: u32,
    /// How often.
    pub rate: Option<RateLimit>,
    /// Its place in the order of gateways: the first tries whether an endpoint is back.
    pub rank: u32,
}

impl Share {
    /// The part of this whole that falls to `node` for the endpoint `name`.
    pub(super) fn of(self, name: &str, node: &str, workers: &[Arc<str>]) -> Self {
        // The same in every version of this program: old and new ones share while one replaces the other.
        let weight = |node: &str| Sha256::digest(format!("{name}\n{node}"));
        let mine = weight(node);
        let before = workers.iter().filter(|other| weight(other) < mine).count();
        let rank = u32::try_from(before).unwrap_or(u32::MAX);
        // With more gateways than places or tokens, the last ones get nothing, rather than a fraction.
        let all = u32::try_from(workers.len()).unwrap_or(u32::MAX).max(1);
        let burst = self.rate.map_or(u32::MAX, |rate| rate.burst);
        let sharing = all.min(self.concurrency).min(burst);
        if rank >= sharing {
            return Self { concurrency: 0, rate: None, rank };
        }
        let rate = self.rate.map(|rate| {
            let burst = part(rate.burst, rank, sharing);
            let per_second = rate.per_second * f64::from(burst) / f64::from(rate.burst);
            RateLimit { per_second, burst }
        });
        Self { concurrency: part(self.concurrency, rank, sharing), rate, rank }
    }
}

/// The part of `whole` that falls to one of `sharing`, the first ones getting what can't be divided.
const fn part(whole: u32, rank: u32, sharing: u32) -> u32 {
    whole / sharing + if rank < whole % sharing { 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nodes(count: usize) -> Vec<Arc<str>> {
        (0..count).map(|number| format!("node_{number}").into()).collect()
    }

    fn shares(whole: Share, name: &str, nodes: &[Arc<str>]) -> Vec<Share> {
        nodes.iter().map(|node| whole.of(name, node, nodes)).collect()
    }

    proptest! {
        /// Together they have all of it, and no more.
        #[test]
        fn parts_add_up(count in 1_usize..12, concurrency in 1_u32..100, burst in 1_u32..100, name in "[a-z]{1,8}") {
            let rate = RateLimit { per_second: f64::from(burst), burst };
            let nodes = nodes(count);
            let parts = shares(Share { concurrency, rate: Some(rate), rank: 0 }, &name, &nodes);
            prop_assert_eq!(parts.iter().map(|part| part.concurrency).sum::<u32>(), concurrency);
            prop_assert_eq!(parts.iter().filter_map(|part| part.rate).map(|rate| rate.burst).sum::<u32>(), burst);
            let per_second: f64 = parts.iter().filter_map(|part| part.rate).map(|rate| rate.per_second).sum();
            prop_assert!((per_second - rate.per_second).abs() < 1e-6);
            // Whoever has a place may use it.
            prop_assert!(parts.iter().all(|part| (part.concurrency > 0) == part.rate.is_some()));
        }

        /// While some have not heard yet that one went, all of them together still keep the limit.
        #[test]
        fn nobodys_part_shrinks_when_one_goes(
            count in 2_usize..12, gone in 0_usize..12, concurrency in 1_u32..100, name in "[a-z]{1,8}"
        ) {
            let whole = Share { concurrency, rate: None, rank: 0 };
            let before = nodes(count);
            let mut after = before.clone();
            after.remove(gone % count);
            for node in &after {
                prop_assert!(whole.of(&name, node, &before).concurrency <= whole.of(&name, node, &after).concurrency);
            }
        }
    }

    #[test]
    fn endpoints_fall_to_different_gateways() {
        let nodes = nodes(3);
        let whole = Share { concurrency: 1, rate: None, rank: 0 };
        let mut with_a_place = [0; 3];
        for endpoint in 0..300 {
            let parts = shares(whole, &format!("endpoint-{endpoint}"), &nodes);
            for (node, part) in parts.iter().enumerate() {
                with_a_place[node] += part.concurrency;
            }
        }
        assert!(with_a_place.iter().all(|&places| places > 50), "{with_a_place:?}");
    }
}
