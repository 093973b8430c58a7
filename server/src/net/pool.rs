//! Keeps connections open between requests.

use super::connection::Connection;
use super::target::Target;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// More than this many idle connections to one target are not kept.
const IDLE_PER_TARGET: usize = 256;
/// After so long without a request a connection is closed; many servers close theirs after 60 s or more.
pub(super) const IDLE_LIMIT: Duration = Duration::from_secs(75);

/// The idle connections of all targets.
#[derive(Default)]
pub(super) struct Pool {
    targets: Mutex<HashMap<Target, Kept>>,
}

#[derive(Default)]
struct Kept {
    /// HTTP/1.1: nobody else has them. The one used last is used next, so the surplus grows old.
    idle: Vec<(Connection, Instant)>,
    /// HTTP/2: requests share it.
    shared: Option<(Connection, Instant)>,
}

impl Pool {
    /// A connection to `target` that was open when it was last seen.
    pub(super) fn take(&self, target: &Target) -> Option<Connection> {
        let mut targets = self.lock();
        let kept = targets.get_mut(target)?;
        if let Some((connection, used)) = &mut kept.shared {
            if !connection.is_closed() && used.elapsed() < IDLE_LIMIT {
                *used = Instant::now();
                return connection.share();
            }
            kept.shared = None;
        }
        while let Some((connection, used)) = kept.idle.pop() {
            if !connection.is_closed() && used.elapsed() < IDLE_LIMIT {
                return Some(connection);
            }
        }
        None
    }

    /// Lets others use `connection` at the same time, if it can carry several requests.
    pub(super) fn offer(&self, target: &Target, connection: &Connection) {
        if let Some(shared) = connection.share() {
            let mut targets = self.lock();
            let kept = targets.entry(target.clone()).or_default();
            if kept.shared.as_ref().is_none_or(|(connection, _)| connection.is_closed()) {
                kept.shared = Some((shared, Instant::now()));
            }
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn put(&self, target: &Target, connection: Connection) {
        if connection.is_closed() || connection.carries_many() {
            return;
        }
        let mut targets = self.lock();
        if let Some(kept) = targets.get_mut(target) {
            if kept.idle.len() < IDLE_PER_TARGET {
                kept.idle.push((connection, Instant::now()));
            }
        } else {
            let kept = Kept { idle: vec![(connection, Instant::now())], shared: None };
            targets.insert(target.clone(), kept);
        }
    }

    /// Forgets the shared connection to `target`, on which a request failed.
    pub(super) fn forget_shared(&self, target: &Target) {
        if let Some(kept) = self.lock().get_mut(target) {
            kept.shared = None;
        }
    }

    /// Closes what has been idle too long, and forgets targets that have nothing left.
    pub(super) fn close_idle(&self) {
        let alive = |(connection, used): &(Connection, Instant)| {
            !connection.is_closed() && used.elapsed() < IDLE_LIMIT
        };
        self.lock().retain(|_, kept| {
            kept.idle.retain(alive);
            kept.shared.take_if(|shared| !alive(shared));
            !kept.idle.is_empty() || kept.shared.is_some()
        });
    }

    /// A panic elsewhere leaves nothing half done here, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, HashMap<Target, Kept>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
