//! Bodies on their way in. A sender may take its time; what has come meanwhile is kept in memory, of which all together have
//! only so much.

use crate::problem::Problem;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Room for bodies of one kind, so that those of strangers leave room for others.
#[derive(Debug)]
pub struct Room(Semaphore);

/// A body as far as it was read.
#[derive(Debug)]
pub struct Read<'a> {
    /// Its bytes.
    pub bytes: Bytes,
    /// Whether there was no more.
    pub whole: bool,
    /// Given back when this is dropped.
    _room: Option<SemaphorePermit<'a>>,
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Whoever sent it went away.
    BrokeOff,
    /// It did not come in time.
    Late,
    /// Too many others are on their way.
    NoRoom,
}

impl Room {
    /// Room of so many KiB.
    pub const fn new(kib: usize) -> Self {
        Self(Semaphore::const_new(kib))
    }

    /// Reads a body as far as `most` bytes go, if that comes `within` this time.
    pub async fn read(&self, body: Body, most: usize, within: Duration) -> Result<Read<'_>, Unread> {
        tokio::time::timeout(within, self.collect(body, most)).await.map_err(|_| Unread::Late)?
    }

    async fn collect(&self, mut body: Body, most: usize) -> Result<Read<'_>, Unread> {
        let (mut bytes, mut taken) = (Vec::new(), None::<SemaphorePermit<'_>>);
        while let Some(frame) = body.frame().await {
            let Ok(mut data) = frame.map_err(|_| Unread::BrokeOff)?.into_data() else { continue };
            let whole = bytes.len() + data.len() <= most;
            data.truncate(most - bytes.len());
            let needed = bytes.len() + data.len();
            if bytes.capacity() < needed {
                // Twice as much each time, as it would grow by itself, but never more than a body may have.
                let capacity = (2 * bytes.capacity()).min(most).max(needed);
                let more = capacity.div_ceil(1024) - taken.as_ref().map_or(0, SemaphorePermit::num_permits);
                let more = u32::try_from(more).unwrap_or(u32::MAX);
                let more = self.0.try_acquire_many(more).map_err(|_| Unread::NoRoom)?;
                match &mut taken {
                    Some(taken) => taken.merge(more),
                    None => taken = Some(more),
                }
                bytes.reserve_exact(capacity - bytes.len());
            }
            bytes.extend_from_slice(&data);
            if !whole {
                return Ok(Read { bytes: bytes.into(), whole, _room: taken });
            }
        }
        Ok(Read { bytes: bytes.into(), whole: true, _room: taken })
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::BrokeOff => Self::bad_request("incomplete_body", "the body ended before it was whole"),
            Unread::Late => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "the body did not come in time")
            }
            Unread::NoRoom => {
                Self::unavailable("queue_full", "too many bodies are on their way; nothing was stored", 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::convert::Infallible;

    const SOON: Duration = Duration::from_millis(50);

    /// A body that comes in parts, and then has no end where `ends` is false.
    fn body(parts: usize, bytes: usize, ends: bool) -> Body {
        let parts =
            futures_util::stream::iter((0..parts).map(move |_| Ok::<_, Infallible>(vec![b'x'; bytes])));
        if ends {
            Body::from_stream(parts)
        } else {
            Body::from_stream(parts.chain(futures_util::stream::pending()))
        }
    }

    #[tokio::test]
    async fn a_body_takes_room_as_it_comes_and_gives_it_back() {
        let room = Room::new(100);
        let read = room.read(body(10, 5000, true), 60_000, SOON).await.unwrap();
        assert_eq!((read.bytes.len(), read.whole), (50_000, true));
        assert!((49..=60).contains(&(100 - room.0.available_permits())));
        // Another such one finds none, and leaves what it had taken.
        let left = room.0.available_permits();
        assert_eq!(room.read(body(10, 9000, true), 100_000, SOON).await.unwrap_err(), Unread::NoRoom);
        assert_eq!(room.0.available_permits(), left);
        drop(read);
        // One that is too long takes no more than one may have.
        let cut = room.read(body(100, 5000, true), 60_000, SOON).await.unwrap();
        assert_eq!((cut.bytes.len(), cut.whole), (60_000, false));
        assert_eq!(room.0.available_permits(), 100 - 59);
        drop(cut);
        assert_eq!(room.read(body(1, 10, false), 60_000, SOON).await.unwrap_err(), Unread::Late);
        assert_eq!(room.0.available_permits(), 100);
    }
}
