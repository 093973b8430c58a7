//! Keeps connections open between requests.

use super::connection::Connection;
use super::target::Target;
use http::HeaderMap;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// More than this many idle connections to one target are not kept.
const IDLE_PER_TARGET: usize = 256;
/// After so long without a request an HTTP/1.1 connection is used no more, where its receiver says nothing of it: a request
/// that meets a connection just being closed fails, and many servers close theirs after 5 s.
const IDLE_LIMIT: Duration = Duration::from_secs(4);
/// So long before the moment that a receiver names in `Keep-Alive: timeout=SECONDS` (RFC 2068, section 19.7.1.1).
const MARGIN: Duration = Duration::from_secs(1);
/// At most, whatever it says. HTTP/2 says on the connection when it is closed.
const LONGEST_IDLE: Duration = Duration::from_secs(75);
/// How often those that are used no more are closed.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// How long a connection is kept whose receiver answered with `headers`.
pub(super) fn idle_limit(headers: &HeaderMap) -> Duration {
    let told = headers
        .get_all("keep-alive")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))
        .and_then(|(_, seconds)| seconds.trim().parse().ok());
    told.map_or(IDLE_LIMIT, |seconds| Duration::from_secs(seconds).saturating_sub(MARGIN).min(LONGEST_IDLE))
}

/// The idle connections of all targets.
#[derive(Default)]
pub(super) struct Pool {
    targets: Mutex<HashMap<Target, Kept>>,
}

#[derive(Default)]
struct Kept {
    /// HTTP/1.1: nobody else has them. The one used last is used next, so the surplus grows old. Each with its end.
    idle: Vec<(Connection, Instant)>,
    /// HTTP/2: requests share it. With its last use.
    shared: Option<(Connection, Instant)>,
}

impl Pool {
    /// A connection to `target` that was open when it was last seen.
    pub(super) fn take(&self, target: &Target) -> Option<Connection> {
        let mut targets = self.lock();
        let kept = targets.get_mut(target)?;
        if let Some((connection, used)) = &mut kept.shared {
            if !connection.is_closed() && used.elapsed() < LONGEST_IDLE {
                *used = Instant::now();
                return connection.share();
            }
            kept.shared = None;
        }
        while let Some((connection, end)) = kept.idle.pop() {
            if !connection.is_closed() && Instant::now() < end {
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

    /// Keeps a connection for so long, after an answer that was read to its end.
    pub(super) fn put(&self, target: &Target, connection: Connection, idle: Duration) {
        if connection.is_closed() || connection.carries_many() || idle.is_zero() {
            return;
        }
        let end = Instant::now() + idle;
        let mut targets = self.lock();
        if let Some(kept) = targets.get_mut(target) {
            if kept.idle.len() < IDLE_PER_TARGET {
                kept.idle.push((connection, end));
            }
        } else {
            let kept = Kept { idle: vec![(connection, end)], shared: None };
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
        let now = Instant::now();
        self.lock().retain(|_, kept| {
            kept.idle.retain(|(connection, end)| !connection.is_closed() && now < *end);
            kept.shared.take_if(|(connection, used)| connection.is_closed() || *used + LONGEST_IDLE <= now);
            !kept.idle.is_empty() || kept.shared.is_some()
        });
    }

    /// A panic elsewhere leaves nothing half done here, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, HashMap<Target, Kept>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_connection_is_kept_for_less_than_its_receiver_keeps_it() {
        let idle = |value: &'static str| {
            idle_limit(&HeaderMap::from_iter([(
                http::header::HeaderName::from_static("keep-alive"),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(idle_limit(&HeaderMap::new()), IDLE_LIMIT);
        assert_eq!(idle("timeout=5"), Duration::from_secs(4));
        assert_eq!(idle("max=100, Timeout = 30"), Duration::from_secs(29));
        assert_eq!(idle("timeout=1"), Duration::ZERO);
        assert_eq!(idle("timeout=0"), Duration::ZERO);
        assert_eq!(idle("timeout=86400"), LONGEST_IDLE);
        for unread in ["", "timeout", "timeout=soon", "timeout=-1", "max=5"] {
            assert_eq!(idle(unread), IDLE_LIMIT, "{unread}");
        }
    }
}
