//! Retention: deletes what is older than `retention.days`, in steps so small that writers hardly notice. SQLite uses the
//! space again; on PostgreSQL, where events and attempts have a table a day, a day goes once all of it is old.

use crate::committer::CommitError;
use crate::gateway::Gateway;
use crate::meters::Meters;
use crate::problem::Problem;
use crate::store::{Old, days_in_a_table};

/// How often is looked for something old.
const LOOK_EVERY_MS: i64 = 60_000;
/// Events in one step: some milliseconds of the writer's time.
const STEP: u32 = 100;
const DAY_MS: i64 = 86_400_000;

/// Deletes what is old, for ever.
pub async fn run(gateway: Gateway) {
    loop {
        gateway.clock.sleep_until(gateway.clock.now().plus_ms(LOOK_EVERY_MS)).await;
        if !gateway.cluster.leads() {
            continue;
        }
        match forget(&gateway).await {
            Ok(0) => {}
            Ok(events) => {
                tracing::info!(events, "Deleted {events} events that are older than retention.days");
            }
            Err(error) => tracing::warn!(?error, "Deleting what is old failed, and will be tried again"),
        }
    }
}

/// Deletes all that is old now, and says how many events that were.
async fn forget(gateway: &Gateway) -> Result<u64, Problem> {
    let now = gateway.clock.now();
    let kept = i64::from(gateway.config().retention.days);
    let before = now.plus_ms(-DAY_MS.saturating_mul(kept));
    if let Err(error) = gateway.store.prepare_days(days_in_a_table(kept)).await {
        tracing::warn!(%error, "The tables of the days to come could not be made, and will be tried again: {error}");
    }
    let days_before = gateway.store.whole_days(before);
    let mut deleted = gateway.store.forget_days(days_before).await?;
    loop {
        let events = gateway.store.old_events(days_before, STEP).await?;
        let count = events.len();
        let is_last = count < STEP as usize;
        let logouts_by = is_last.then_some(now);
        let old = Old { events, before, minutes_before: Meters::oldest_minute(now), logouts_by };
        gateway.committer.forget(old).await.map_err(|error: CommitError| Problem::from(error))?;
        deleted += count as u64;
        if is_last {
            return Ok(deleted);
        }
    }
}
