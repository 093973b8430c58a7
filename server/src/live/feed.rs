//! The feed: numbers every change and keeps the latest in a ring, from which each watcher reads at its own pace.
//!
//! Nothing is turned into JSON before somebody watches, and no watcher has a buffer: one that falls out of the
//! ring is told so and starts afresh. While nobody watches, and nobody did of late, nothing is kept at all.

use super::room::Room;
use crate::clock::Clock;
use crate::store::StoredEvent;
use axum::extract::ws::Utf8Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use wire::{Attempt, ConfigView, Delivery, DeliveryCounts, Endpoint, Frame, Hit, Run};

/// Frames kept for those who come back: hours of a quiet gateway, seconds of a busy one. More would not only hold
/// memory but drive everything else out of the processor's cache: 20,000 cost a tenth of the throughput.
const FRAMES_KEPT: usize = 4_000;

/// And how much text they may hold: attempts carry bodies of up to 64 KiB.
const BYTES_KEPT: usize = 16 << 20;

/// Frames are kept so long for the last watcher to come back.
const AWAITED_MS: i64 = 300_000;

/// One text of totals serves all watchers for so long: it is adding up, and a thousand watchers would have it done a
/// thousand times a second.
const TOTALS_GOOD_FOR: Duration = Duration::from_millis(250);

/// Something that happened, as cheap to keep as it is to note.
#[derive(Clone, Debug)]
pub enum News {
    /// An event was accepted.
    Event(Arc<StoredEvent>, DeliveryCounts),
    /// A delivery changed.
    Delivery(Box<Delivery>),
    /// An attempt ended.
    Attempt(Arc<Attempt>),
    /// An endpoint changed.
    Endpoint(Box<Endpoint>),
    /// A hit came.
    Hit(Box<Hit>),
    /// A run changed.
    Run(Box<Run>),
    /// The configuration was read again.
    Config(Box<ConfigView>),
}

impl News {
    fn bytes(&self) -> usize {
        match self {
            Self::Event(event, _) => 200 + event.body.len(),
            Self::Delivery(_) => 600,
            Self::Attempt(attempt) => {
                1200 + attempt.request.body.len()
                    + attempt.response.as_ref().map_or(0, |answer| answer.body.len())
            }
            Self::Endpoint(_) => 3000,
            Self::Hit(hit) => 1000 + hit.body.len() + hit.prompt.as_ref().map_or(0, String::len),
            Self::Run(run) => 500 + run.reply.as_ref().map_or(0, String::len),
            Self::Config(_) => 10_000,
        }
    }

    fn frame(&self, seq: u64) -> Frame {
        match self {
            Self::Event(event, deliveries) => Frame::Event { seq, event: event.shown(*deliveries) },
            Self::Delivery(delivery) => Frame::Delivery { seq, delivery: (**delivery).clone() },
            Self::Attempt(attempt) => Frame::Attempt { seq, attempt: (**attempt).clone() },
            Self::Endpoint(endpoint) => Frame::Endpoint { seq, endpoint: (**endpoint).clone() },
            Self::Hit(hit) => Frame::Hit { seq, hit: (**hit).clone() },
            Self::Run(run) => Frame::Run { seq, run: (**run).clone() },
            Self::Config(config) => Frame::Config { seq, config: (**config).clone() },
        }
    }
}

/// One place in the ring.
#[derive(Debug)]
struct Entry {
    seq: u64,
    news: News,
    bytes: usize,
    /// Made for the first who watches, used by all.
    text: OnceLock<String>,
}

/// What a watcher gets.
#[derive(Debug)]
pub struct Batch {
    /// The frames' JSON texts, in order.
    pub texts: Vec<Arc<NumberedText>>,
    /// The last number it covers.
    pub seq: u64,
    /// Whether frames before these are lost.
    pub lost: bool,
}

/// A frame's JSON.
#[derive(Debug)]
pub struct NumberedText(Entry);

impl NumberedText {
    /// The frame's number.
    pub const fn seq(&self) -> u64 {
        self.0.seq
    }

    /// The JSON of the frame.
    pub fn text(&self) -> &str {
        self.0.text.get_or_init(|| serde_json::to_string(&self.0.news.frame(self.0.seq)).unwrap_or_default())
    }
}

#[derive(Debug, Default)]
struct Ring {
    seq: u64,
    bytes: usize,
    entries: VecDeque<Arc<NumberedText>>,
}

/// The feed of one run of the gateway.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The stream's id: a number means something only within it.
    id: Arc<str>,
    ring: Arc<Mutex<Ring>>,
    newest: Arc<watch::Sender<u64>>,
    clock: Clock,
    /// Until when a watcher is awaited, in milliseconds since 1970.
    awaited_until: Arc<AtomicI64>,
    room: Arc<Room>,
    totals: Arc<Mutex<Option<(Instant, Utf8Bytes)>>>,
}

impl Feed {
    /// An empty feed.
    pub fn new(id: &str, clock: Clock) -> Self {
        Self {
            id: id.into(),
            ring: Arc::default(),
            newest: Arc::new(watch::Sender::new(0)),
            clock,
            awaited_until: Arc::default(),
            room: Arc::default(),
            totals: Arc::default(),
        }
    }

    /// Room for what is on its way to watchers.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The totals as watchers get them: made for the first who asks within some time, used by all.
    pub fn totals(&self, make: impl FnOnce() -> Utf8Bytes) -> Utf8Bytes {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        match &*totals {
            Some((since, text)) if since.elapsed() < TOTALS_GOOD_FOR => text.clone(),
            Some(_) | None => totals.insert((Instant::now(), make())).1.clone(),
        }
    }

    /// The stream's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many watch now.
    pub fn watchers(&self) -> usize {
        self.newest.receiver_count()
    }

    /// The last number given.
    pub fn seq(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Whether news are for anyone. If not, [`skip`](Self::skip) takes the place of making and publishing them.
    pub fn is_watched(&self) -> bool {
        if self.newest.receiver_count() > 0 {
            self.await_watcher();
            return true;
        }
        self.clock.now().0 < self.awaited_until.load(Ordering::Relaxed)
    }

    /// Someone will come to watch.
    pub fn await_watcher(&self) {
        self.awaited_until.store(self.clock.now().0 + AWAITED_MS, Ordering::Relaxed);
    }

    /// Something happened that nobody was there to see: whoever comes back from before is told to start afresh.
    pub fn skip(&self) {
        let mut ring = self.ring();
        ring.seq += 1;
        ring.bytes = 0;
        ring.entries.clear();
        self.tell(&ring);
    }

    /// Numbers `news` in their order and keeps them.
    pub fn publish(&self, news: impl IntoIterator<Item = News>) {
        let mut ring = self.ring();
        for news in news {
            ring.seq += 1;
            let bytes = news.bytes();
            ring.bytes += bytes;
            let entry = Entry { seq: ring.seq, news, bytes, text: OnceLock::new() };
            ring.entries.push_back(Arc::new(NumberedText(entry)));
            while ring.entries.len() > FRAMES_KEPT || ring.bytes > BYTES_KEPT {
                let Some(oldest) = ring.entries.pop_front() else { break };
                ring.bytes -= oldest.0.bytes;
            }
        }
        self.tell(&ring);
    }

    /// Tells watchers, under the lock, so that numbers are never told out of order.
    fn tell(&self, ring: &Ring) {
        self.newest.send_if_modified(|newest| std::mem::replace(newest, ring.seq) != ring.seq);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At most `limit` frames after `after`, or word that some of them are gone.
    pub fn after(&self, after: u64, limit: usize) -> Batch {
        let ring = self.ring();
        let first = ring.entries.front().map_or(ring.seq + 1, |entry| entry.0.seq);
        if after > ring.seq || after + 1 < first {
            return Batch { texts: Vec::new(), seq: ring.seq, lost: true };
        }
        let skip = usize::try_from(after + 1 - first).unwrap_or(usize::MAX);
        let texts: Vec<_> = ring.entries.iter().skip(skip).take(limit).cloned().collect();
        let seq = texts.last().map_or(after, |last| last.0.seq);
        Batch { texts, seq, lost: false }
    }

    /// Tells when there is something newer.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.await_watcher();
        self.newest.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{DeliveryStatus, EventType, Time};

    fn news() -> News {
        News::Delivery(Box::new(Delivery {
            id: "dlv_1".parse().unwrap(),
            event_id: "evt_1".parse().unwrap(),
            event_type: EventType::MessageSent,
            endpoint: "crm".to_owned(),
            agent_id: None,
            status: DeliveryStatus::Pending,
            attempts: 0,
            max_attempts: 3,
            created_at: Time(0),
            next_attempt_at: None,
            finished_at: None,
            last_reason: None,
            last_status_code: None,
            last_duration_ms: None,
            hit_id: None,
        }))
    }

    #[test]
    fn numbers_grow_by_one_and_everything_after_a_number_can_be_had() {
        let feed = Feed::new("s", Clock::manual(Time(0)));
        feed.publish((0..5).map(|_| news()));
        let batch = feed.after(2, 100);
        assert!(!batch.lost);
        assert_eq!(batch.seq, 5);
        let seqs: Vec<u64> = batch
            .texts
            .iter()
            .map(|text| {
                serde_json::from_str::<serde_json::Value>(text.text()).unwrap()["seq"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(seqs, [3, 4, 5]);
        assert_eq!(feed.after(5, 100).texts.len(), 0);
        assert_eq!(feed.after(0, 2).seq, 2);
    }

    #[test]
    fn nothing_is_kept_once_the_last_watcher_is_long_gone() {
        let clock = Clock::manual(Time(0));
        let feed = Feed::new("s", clock.clone());
        assert!(!feed.is_watched());
        let watcher = feed.changes();
        assert!(feed.is_watched());
        drop(watcher);
        feed.publish([news()]);
        assert!(feed.is_watched() && !feed.after(0, 1).lost);
        clock.advance(AWAITED_MS);
        assert!(!feed.is_watched());
        feed.skip();
        // Who knew the last frame did not see all: one more happened.
        assert!(feed.after(1, 1).lost);
        assert_eq!(feed.after(2, 1).seq, 2);
        // Who will come is awaited like who was there.
        feed.await_watcher();
        assert!(feed.is_watched());
    }

    #[test]
    fn who_falls_out_of_the_ring_or_asks_for_the_future_is_told() {
        let feed = Feed::new("s", Clock::manual(Time(0)));
        feed.publish((0..FRAMES_KEPT + 10).map(|_| news()));
        assert!(feed.after(9, 100).lost);
        assert!(!feed.after(10, 100).lost);
        assert!(feed.after(feed.seq() + 1, 100).lost);
        assert_eq!(feed.after(0, 100).seq, feed.seq());
    }
}
