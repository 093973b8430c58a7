//! Hearing: a hint wakes this gateway, and what there is to know it reads from the tables. Hints that are lost cost time
//! and nothing else: every second it looks anyway.

use super::teller;
use crate::gateway::Gateway;
use crate::store::{CHANNEL, Store, StoreError, WRITERS};
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Without any hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Hints are sent, and heard, at most so often: what comes together is read together.
const GATHER: Duration = Duration::from_millis(50);
/// Commits of others read at once.
const AT_ONCE: i64 = 500;
/// Watchers that may have missed something fetch anew after so long: by then everybody knows that they watch.
const ALL_KNOW: Duration = Duration::from_millis(2500);
/// Who has not heard anything for so long may have missed something.
const TOO_LONG: Duration = Duration::from_secs(30);
/// A connection that hints come over is asked whether it is there still when none came for so long, and has so long to answer.
const QUIET: Duration = Duration::from_secs(10);
const LONGEST_ANSWER: Duration = Duration::from_secs(2);
/// After the database failed, when to listen again.
const AGAIN: Duration = Duration::from_secs(1);

/// Reads what others told, for ever.
pub async fn run(gateway: Gateway) {
    if gateway.cluster.node().is_none() {
        return;
    }
    let mut known: HashMap<String, i64> = HashMap::new();
    let mut heard_at = Instant::now();
    let mut missed_at: Option<Instant> = None;
    loop {
        let _ = timeout(LOOK_EVERY, gateway.cluster.to_hear.notified()).await;
        match hear(&gateway, &mut known).await {
            Ok(was_shown) => {
                if !was_shown {
                    missed_at.get_or_insert_with(Instant::now);
                }
                if heard_at.elapsed() > TOO_LONG {
                    gateway.cluster.look();
                }
                heard_at = Instant::now();
            }
            Err(error) => {
                tracing::warn!(%error, "What other gateways do could not be read: {error}");
                // Some of it may be known by number and not taken over.
                gateway.cluster.look();
            }
        }
        if missed_at.is_some_and(|at| at.elapsed() > ALL_KNOW) {
            missed_at = None;
            gateway.feed.skip();
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Gives whether watchers can have seen all that was heard.
async fn hear(gateway: &Gateway, known: &mut HashMap<String, i64>) -> Result<bool, StoreError> {
    let others = gateway.cluster.view().map(|view| view.others.clone()).unwrap_or_default();
    let tellers: Vec<String> =
        others.iter().flat_map(|other| (0..WRITERS).map(|writer| teller(other, writer))).collect();
    known.retain(|known, _| tellers.contains(known));
    let mut somebody_came = false;
    for teller in tellers {
        if let Entry::Vacant(place) = known.entry(teller) {
            // What it told before is in the tables, and those are read when somebody comes.
            let last = gateway.store.last_told(place.key()).await?;
            place.insert(last);
            somebody_came = true;
        }
    }
    if somebody_came {
        gateway.cluster.look();
    }
    let mut was_shown = true;
    if known.is_empty() {
        return Ok(was_shown);
    }
    loop {
        let from: Vec<(String, i64)> = known.iter().map(|(node, number)| (node.clone(), *number)).collect();
        let rows = gateway.store.heard(&from, AT_ONCE).await?;
        let all = i64::try_from(rows.len()).unwrap_or(i64::MAX) < AT_ONCE;
        for row in &rows {
            known.insert(row.node.clone(), row.number);
        }
        if !rows.is_empty() {
            was_shown &= gateway.heard(rows.into_iter().map(|row| row.told).collect()).await?;
        }
        if all {
            return Ok(was_shown);
        }
    }
}

/// Listens for hints and sends them, for ever.
pub async fn listen(gateway: Gateway) {
    if gateway.cluster.node().is_none() {
        return;
    }
    tokio::join!(hint(&gateway), async {
        let mut is_first = true;
        loop {
            if let Err(error) = listen_once(&gateway, is_first).await {
                tracing::warn!(%error, "The connection that hears of other gateways is lost, and made again: {error}");
            }
            is_first = false;
            tokio::time::sleep(AGAIN).await;
        }
    });
}

async fn listen_once(gateway: &Gateway, is_first: bool) -> Result<(), StoreError> {
    let Store::Postgres { read, .. } = &gateway.store else { return Ok(()) };
    // Of its own: a listener gives its connection back once it has told the server, and that never where it hangs.
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*read.connect_options()).clone());
    let listening = async {
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    };
    let mut listener = timeout(QUIET, listening).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
    if !is_first {
        // What was told meanwhile may be lost with the database's memory.
        gateway.cluster.look();
    }
    loop {
        match timeout(QUIET, listener.try_recv()).await {
            Ok(Ok(Some(_))) => gateway.cluster.to_hear.notify_one(),
            Ok(Ok(None)) => return Err(StoreError::Away(sqlx::Error::PoolClosed)),
            Ok(Err(error)) => return Err(error.into()),
            // Nothing was told, or the other end hangs.
            Err(_) => {
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                timeout(LONGEST_ANSWER, asked).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
            }
        }
    }
}

/// Sends hints: one for all that was told meanwhile.
async fn hint(gateway: &Gateway) {
    loop {
        gateway.cluster.to_hint.notified().await;
        if let Err(error) = gateway.store.hint().await {
            tracing::debug!(%error, "A hint could not be sent: {error}");
        }
        tokio::time::sleep(GATHER).await;
    }
}
