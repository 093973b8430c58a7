//! Room: how much text may be on its way to watchers, to all of them together. A watcher that takes nothing holds what it was
//! sent, and the library keeps a buffer as long as the longest message for as long as the watcher is there: a thousand of
//! them must not hold a thousand long ones.

use super::feed::NumberedText;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// For all watchers that were ever sent more than a short message, in KiB.
const ROOM_KIB: usize = 64 << 10;
/// A message has about so many bytes at most: attempts carry bodies.
const MESSAGE_BYTES: usize = 1 << 20;
/// And so many where there is no room for a longer one.
const SHORT_BYTES: usize = 16 << 10;

/// The room that there is.
#[derive(Debug)]
pub struct Room(Semaphore);

/// The room of one watcher, until it goes.
#[derive(Debug)]
pub struct Held<'a> {
    room: &'a Room,
    bytes: usize,
    permit: Option<SemaphorePermit<'a>>,
}

impl Default for Room {
    fn default() -> Self {
        Self(Semaphore::new(ROOM_KIB))
    }
}

impl Room {
    /// For a watcher that was sent nothing yet.
    pub const fn hold(&self) -> Held<'_> {
        Held { room: self, bytes: SHORT_BYTES, permit: None }
    }
}

impl Held<'_> {
    /// How many of `frames` make up the next message: fewer where there is no room, and none where there is none for the first.
    pub fn fitting(&mut self, frames: &[Arc<NumberedText>]) -> usize {
        let (count, bytes) = below(frames, MESSAGE_BYTES);
        if bytes <= self.bytes || self.grow(bytes) {
            return count;
        }
        let (count, bytes) = below(frames, self.bytes);
        if bytes <= self.bytes { count } else { 0 }
    }

    fn grow(&mut self, bytes: usize) -> bool {
        let held = self.permit.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = u32::try_from(bytes.div_ceil(1024).saturating_sub(held)).unwrap_or(u32::MAX);
        let Ok(more) = self.room.0.try_acquire_many(more) else { return false };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        self.bytes = bytes;
        true
    }
}

/// How many frames stay below `most` bytes, at least one, and how many bytes they have.
fn below(frames: &[Arc<NumberedText>], most: usize) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for frame in frames {
        let with = bytes + frame.text().len() + 1;
        if with > most && count > 0 {
            break;
        }
        (count, bytes) = (count + 1, with);
    }
    (count, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::live::feed::{Feed, News};
    use crate::outbound::sample;
    use wire::{DeliveryCounts, EventType, Time};

    /// Frames of events of so many bytes.
    fn frames(count: usize, bytes: usize) -> Vec<Arc<NumberedText>> {
        let clock = Clock::manual(Time(0));
        let feed = Feed::new("s", clock.clone());
        feed.publish((0..count).map(|_| {
            let mut event = sample::event(EventType::MessageSent, "node-1", &clock);
            event.body = serde_json::json!({ "data": "x".repeat(bytes) }).to_string().into();
            News::Event(Arc::new(event), DeliveryCounts::default())
        }));
        feed.after(0, count).texts
    }

    #[test]
    fn messages_are_short_once_many_hold_long_ones() {
        let room = Room::default();
        let (many, long) = (frames(500, 4096), frames(1, 300_000));
        let mut watchers = Vec::new();
        let mut one = loop {
            let mut one = room.hold();
            let count = one.fitting(&many);
            if count < 100 {
                assert_eq!(count, 3);
                break one;
            }
            // Again and again, for as long as it is there.
            assert_eq!((count, one.fitting(&many)), (count, count));
            watchers.push(one);
        };
        assert!((60..70).contains(&watchers.len()), "{}", watchers.len());
        // A single long one can't be shorter.
        assert_eq!((one.fitting(&long), one.fitting(&frames(1, 100))), (0, 1));
        watchers.pop();
        assert_eq!(one.fitting(&long), 1);
    }
}
