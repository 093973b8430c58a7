//! Looking anew at what this gateway keeps in memory of the database, where it may have changed unheard. Not in the beat: to
//! count what waits among millions takes longer than a lease lasts.

use crate::gateway::Gateway;
use crate::outbound::redeliver;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// What waits is counted so often, where it may have drifted. Whatever is in doubt has come by then, or never will.
const COUNT_EVERY: Duration = Duration::from_secs(30);

/// After not all could be read, when to look again; twice as long each time, up to the time above.
const AGAIN: Duration = Duration::from_secs(1);

/// Looks when it is asked to, and counts when it has to, for ever.
pub async fn run(gateway: Gateway) {
    if gateway.cluster.node().is_none() {
        return;
    }
    let mut drift = Drift::default();
    loop {
        if timeout(COUNT_EVERY, gateway.cluster.to_look.notified()).await.is_ok() {
            let mut again = AGAIN;
            while !look(&gateway).await {
                sleep(again).await;
                again = (2 * again).min(COUNT_EVERY);
            }
            continue;
        }
        let doubts = gateway.cluster.doubts();
        if gateway.cluster.has_others() || drift.is_likely(doubts) {
            match gateway.count_anew().await {
                Ok(agreed) => drift.counted(doubts, agreed),
                Err(error) => tracing::warn!(%error, "What waits could not be counted anew: {error}"),
            }
        }
    }
}

/// Gives whether all could be read.
async fn look(gateway: &Gateway) -> bool {
    let mut is_whole = gateway.look_anew().await;
    if let Err(error) = redeliver::go_on(gateway).await {
        tracing::warn!(%error, "Redeliveries of a gateway that is gone could not be taken over: {error}");
        is_whole = false;
    }
    is_whole
}

/// Whether what is added up may be other than what the database has.
#[derive(Default)]
struct Drift {
    /// Doubts that were noted when it was counted last.
    counted: u64,
    /// And those that a count has settled.
    settled: u64,
}

impl Drift {
    const fn is_likely(&self, doubts: u64) -> bool {
        doubts != self.settled
    }

    /// One count that agrees says nothing of a commit that is still on its way: nothing was in doubt since the one before.
    const fn counted(&mut self, doubts: u64, agreed: bool) {
        if agreed && doubts == self.counted {
            self.settled = doubts;
        }
        self.counted = doubts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_after_a_doubt_until_a_count_agrees() {
        let mut drift = Drift::default();
        assert!(!drift.is_likely(0), "nothing was in doubt");
        drift.counted(1, true);
        assert!(drift.is_likely(1), "it may have come after the count");
        drift.counted(1, false);
        assert!(drift.is_likely(1), "it counted while something was told");
        drift.counted(1, true);
        assert!(!drift.is_likely(1) && drift.is_likely(2));
    }
}
