//! The live stream: where it stands, how long to wait before trying again, and (in the browser) the socket itself.

#[cfg(feature = "hydrate")]
mod socket;

use serde_json::value::RawValue;
use std::sync::{Arc, Mutex, PoisonError};
use wire::Frame;

#[cfg(feature = "hydrate")]
pub use socket::start;

/// How the page is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// For the first time.
    #[default]
    Connecting,
    /// Every change arrives.
    Live,
    /// Broken; the next try is in so many seconds, 0 while it runs.
    Reconnecting(u32),
    /// The device has no network.
    Offline,
}

/// What a message of the stream asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Received {
    /// The frames to apply, in order.
    pub frames: Vec<Frame>,
    /// Whether the lists must be fetched again first.
    pub refetch: bool,
}

/// Where the gateway's stream stood before a page's data was read. A page that knows it goes on from there, and need not fetch
/// all it came with once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The stream's id.
    pub stream: String,
    /// The last number it gave.
    pub seq: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.stream, self.seq)
    }
}

impl Place {
    /// As it was written on the page.
    pub fn parse(text: &str) -> Option<Self> {
        let (stream, seq) = text.rsplit_once(' ')?;
        Some(Self { stream: stream.to_owned(), seq: seq.parse().ok()? })
    }
}

/// Where the gateway notes that place as it answers what a page asks; empty where the visitor may not read.
#[derive(Clone, Debug, Default)]
pub struct Noted(Arc<Mutex<Option<Place>>>);

impl Noted {
    /// Notes the place before one answer. Of several, the first counts.
    pub fn note(&self, place: Place) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.as_ref().is_none_or(|known| place.seq < known.seq) {
            *noted = Some(place);
        }
    }

    /// The place before all that was answered.
    pub fn place(&self) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The last frame seen, so that a new connection can go on behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    place: Option<Place>,
}

impl Cursor {
    /// One that stands where the page was made.
    pub fn at(place: Option<Place>) -> Self {
        Self { place }
    }

    /// The stream's path for the next connection.
    pub fn path(&self) -> String {
        match &self.place {
            None => "/api/v1/stream".to_owned(),
            Some(Place { stream, seq }) => format!("/api/v1/stream?stream={stream}&after={seq}"),
        }
    }

    /// Forgets the place: the next connection starts anew, and the lists are fetched again.
    pub fn forget(&mut self) {
        self.place = None;
    }

    /// Takes a message: moves on, drops what was seen before, and tells whether there is a gap.
    pub fn receive(&mut self, frames: Vec<Frame>) -> Received {
        let mut received = Received::default();
        for frame in frames {
            match &frame {
                Frame::Hello { stream, seq, resumed, .. } => {
                    if !resumed || self.place.is_none() {
                        received.refetch = true;
                        self.place = Some(Place { stream: stream.clone(), seq: *seq });
                    }
                }
                Frame::Reset { seq } => {
                    received.refetch = true;
                    self.move_to(*seq);
                }
                Frame::Stats { .. } => received.frames.push(frame),
                Frame::Event { seq, .. }
                | Frame::Delivery { seq, .. }
                | Frame::Attempt { seq, .. }
                | Frame::Endpoint { seq, .. }
                | Frame::Hit { seq, .. }
                | Frame::Run { seq, .. }
                | Frame::Config { seq, .. } => {
                    if self.move_to(*seq) {
                        received.frames.push(frame);
                    }
                }
            }
        }
        received
    }

    /// Moves on to `seq`, unless it lies behind.
    fn move_to(&mut self, seq: u64) -> bool {
        match &mut self.place {
            Some(place) if seq <= place.seq => false,
            Some(place) => {
                place.seq = seq;
                true
            }
            None => false,
        }
    }
}

/// The frames of a message. A kind that this page does not know yet is left out; the rest counts.
pub fn parse(message: &str) -> Vec<Frame> {
    serde_json::from_str(message).unwrap_or_else(|_| {
        let frames: Vec<&RawValue> = serde_json::from_str(message).unwrap_or_default();
        frames.into_iter().filter_map(|frame| serde_json::from_str(frame.get()).ok()).collect()
    })
}

/// Whether a page that nobody sees reads a message: one that bears on its tab's title, or on the connection itself.
pub fn concerns_the_hidden(message: &str) -> bool {
    ["hello", "reset", "endpoint", "config"]
        .iter()
        .any(|kind| message.contains(&format!("\"kind\":\"{kind}\"")))
}

/// Whether a page that nobody sees shows a frame: its tab's title says how the endpoints are.
pub fn is_for_the_hidden(frame: &Frame) -> bool {
    matches!(frame, Frame::Endpoint { .. } | Frame::Config { .. })
}

/// The wait before try `failures + 1`, in ms: 0.5 s doubling to 10 s, less up to a quarter by `chance` (0 to 1), so
/// that the browsers of a restarted gateway don't all come at once.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
pub fn wait_ms(failures: u32, chance: f64) -> u32 {
    let longest = f64::from(500_u32.saturating_mul(1 << failures.min(10)).min(10_000));
    (longest * (1.0 - 0.25 * chance.clamp(0.0, 1.0))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(seq: u64, resumed: bool) -> Frame {
        Frame::Hello { stream: "s1".into(), seq, resumed, version: "0.1.0".into() }
    }

    fn config(seq: u64) -> Frame {
        let config = serde_json::from_value(serde_json::json!({
            "version": "0.1.0", "demo": false, "instanceId": "n", "inboundBasePath": "/in",
            "effective": {}, "sources": {}, "reload": {"at": "2026-03-14T10:30:00.000Z"},
        }));
        Frame::Config { seq, config: config.unwrap() }
    }

    #[test]
    fn the_first_hello_asks_for_the_lists_once() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.path(), "/api/v1/stream");
        assert!(cursor.receive(vec![hello(7, false)]).refetch);
        assert_eq!(cursor.path(), "/api/v1/stream?stream=s1&after=7");
        assert!(!cursor.receive(vec![config(8)]).refetch);
        assert_eq!(cursor.path(), "/api/v1/stream?stream=s1&after=8");
    }

    #[test]
    fn a_resumed_connection_goes_on_without_fetching() {
        let mut cursor = Cursor::default();
        cursor.receive(vec![hello(7, false)]);
        // The stream is at 9 by now; 8 and 9 follow, so the place is not the hello's.
        let received = cursor.receive(vec![hello(9, true), config(8)]);
        assert_eq!((received.refetch, received.frames.len()), (false, 1));
        assert_eq!(cursor.path(), "/api/v1/stream?stream=s1&after=8");
    }

    #[test]
    fn a_page_goes_on_from_where_it_was_made() {
        let made = Place { stream: "node 1".into(), seq: 7 };
        let mut cursor = Cursor::at(Place::parse(&made.to_string()));
        assert_eq!(cursor.path(), "/api/v1/stream?stream=node 1&after=7");
        let received = cursor.receive(vec![hello(9, true), config(8), config(9)]);
        assert_eq!((received.refetch, received.frames.len()), (false, 2));
        // The gateway was restarted in between, or another one answers.
        let mut cursor = Cursor::at(Some(made));
        assert!(cursor.receive(vec![hello(9, false)]).refetch);
        assert_eq!(cursor.path(), "/api/v1/stream?stream=s1&after=9");
        assert_eq!(Place::parse("nowhere"), None);
    }

    #[test]
    fn a_page_was_made_where_its_first_answer_began() {
        let noted = Noted::default();
        assert_eq!(noted.place(), None);
        for seq in [7, 5, 9] {
            noted.note(Place { stream: "s1".into(), seq });
        }
        assert_eq!(noted.place().map(|place| place.seq), Some(5));
    }

    #[test]
    fn frames_seen_before_are_dropped() {
        let mut cursor = Cursor::default();
        cursor.receive(vec![hello(7, false)]);
        assert_eq!(cursor.receive(vec![config(7), config(8), config(8)]).frames.len(), 1);
    }

    #[test]
    fn a_reset_fetches_and_goes_on_from_its_place() {
        let mut cursor = Cursor::default();
        cursor.receive(vec![hello(7, false)]);
        let received = cursor.receive(vec![Frame::Reset { seq: 90 }, config(91)]);
        assert_eq!((received.refetch, received.frames.len()), (true, 1));
        assert_eq!(cursor.path(), "/api/v1/stream?stream=s1&after=91");
    }

    #[test]
    fn another_nodes_hello_starts_anew() {
        let mut cursor = Cursor::default();
        cursor.receive(vec![hello(700, false)]);
        assert!(cursor.receive(vec![hello(3, false)]).refetch);
        assert_eq!(cursor.receive(vec![config(4)]).frames.len(), 1);
    }

    #[test]
    fn an_unknown_kind_does_not_hide_the_others() {
        let known = serde_json::to_value(hello(1, false)).unwrap();
        let message = serde_json::json!([{"kind": "weather", "seq": 3}, known]).to_string();
        assert_eq!(parse(&message), vec![hello(1, false)]);
        assert!(parse("not json").is_empty());
    }

    #[test]
    fn a_hidden_page_reads_what_bears_on_its_title() {
        let message = |frame: &Frame| serde_json::to_string(&[frame]).unwrap();
        assert!(concerns_the_hidden(&message(&hello(1, true))));
        assert!(concerns_the_hidden(&message(&Frame::Reset { seq: 1 })));
        assert!(concerns_the_hidden(&message(&config(1))));
        let stats = message(&Frame::Stats { stats: wire::Stats::default() });
        assert!(!concerns_the_hidden(&stats), "{stats}");
        assert!(is_for_the_hidden(&config(1)) && !is_for_the_hidden(&hello(1, true)));
    }

    #[test]
    fn waits_double_to_ten_seconds_and_differ_by_chance() {
        let waits: Vec<u32> = (0..7).map(|failures| wait_ms(failures, 0.0)).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(wait_ms(1, 1.0), 750);
        assert_eq!(wait_ms(u32::MAX, 0.0), 10_000);
    }
}
