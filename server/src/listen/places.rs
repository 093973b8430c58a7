//! Places: so many connections at once, in all and from one address. A connection keeps its place for as long as its
//! socket is open, also when it has become a stream.

use ipnet::IpNet;
use std::collections::HashMap;
use std::io::{IoSlice, Result};
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Connections at once from one address (of IPv6: from one /64), at most a quarter of all; a trusted proxy's are not counted.
const OF_ONE: usize = 1_000;
/// How often the log says that some were closed.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// The places that there are.
#[derive(Debug)]
pub(super) struct Places {
    all: usize,
    of_one: usize,
    trusted: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    closed: u64,
    told_at: Option<Instant>,
}

/// One place; free again once this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    /// `None` for a trusted proxy's.
    address: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(all: usize, trusted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { all, of_one: OF_ONE.min(all / 4), trusted, taken: Mutex::default() })
    }

    /// A place for a connection from `peer`, if there is one.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let address = (!self.trusted.iter().any(|net| net.contains(&peer))).then(|| network(peer));
        let mut taken = self.taken();
        let of_one = address.map_or(0, |address| taken.by_address.get(&address).copied().unwrap_or(0));
        if taken.all >= self.all || of_one >= self.of_one {
            taken.closed += 1;
            self.tell(&mut taken, peer, of_one);
            return None;
        }
        taken.all += 1;
        if let Some(address) = address {
            *taken.by_address.entry(address).or_default() += 1;
        }
        Some(Place { places: Arc::clone(self), address })
    }

    fn tell(&self, taken: &mut Taken, peer: IpAddr, of_one: usize) {
        if taken.told_at.is_some_and(|told_at| told_at.elapsed() < TOLD_EVERY) {
            return;
        }
        taken.told_at = Some(Instant::now());
        let closed = std::mem::take(&mut taken.closed);
        if of_one >= self.of_one {
            tracing::warn!(
                "{closed} connections were closed at once: {peer} has {of_one} already; if that is a proxy of yours, name it in \
                 webhooks.server.trustedProxies"
            );
        } else {
            tracing::warn!(
                "{closed} connections were closed at once: {} are open, and more are not taken",
                taken.all
            );
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(address) = self.address {
            let left = taken.by_address.get(&address).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                taken.by_address.remove(&address);
            } else {
                taken.by_address.insert(address, left);
            }
        }
    }
}

/// Who has one address of IPv6 has the other 2⁶⁴ of its network too.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// A socket in its place.
#[derive(Debug)]
pub(super) struct Placed<S> {
    pub(super) socket: S,
    #[expect(dead_code, reason = "it is held, and nothing else")]
    pub(super) place: Place,
}

impl<S: AsyncRead + Unpin> AsyncRead for Placed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Placed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_takes_its_share_and_no_more() {
        let places = Places::new(100, vec!["10.0.0.1/32".parse().unwrap()]);
        let take = |from: &str, count: usize| -> Vec<Place> {
            (0..count).filter_map(|_| places.take(address(from))).collect()
        };
        let mut held = take("192.0.2.1", 30);
        assert_eq!(held.len(), 25);
        // The same, spelt otherwise.
        assert_eq!(take("::ffff:192.0.2.1", 1).len(), 0);
        assert_eq!(take("192.0.2.2", 5).len(), 5, "and what was dropped is free again");
        // Neighbours in one network of IPv6 are one.
        let neighbours: Vec<Place> =
            (0..30).filter_map(|number| places.take(address(&format!("2001:db8::{number:x}")))).collect();
        assert_eq!(neighbours.len(), 25);
        // A trusted proxy takes what is left of all.
        let proxy = take("10.0.0.1", 100);
        assert_eq!(proxy.len(), 50);
        assert_eq!(take("192.0.2.3", 1).len(), 0, "all are taken");
        held.pop();
        assert_eq!(take("192.0.2.1", 1).len(), 1);
        assert_eq!(take("192.0.2.3", 1).len(), 1);
        drop((held, neighbours, proxy));
        let taken = places.taken();
        assert_eq!((taken.all, taken.by_address.len()), (0, 0));
    }
}
