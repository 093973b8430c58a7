//! A frame: one message of the live stream.

use crate::{Attempt, ConfigView, Delivery, Endpoint, Event, Hit, Run, Stats};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// One message of the live stream. All but `stats` carry the sequence number at which they stand.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(clippy::large_enum_variant, reason = "frames are read one by one and never stored in numbers")]
pub enum Frame {
    /// First, always: which stream this is and where it stands.
    Hello {
        /// The stream's id: one node's one run.
        stream: String,
        /// The last sequence number so far.
        seq: u64,
        /// Whether everything after `after` follows.
        resumed: bool,
        /// The gateway's version.
        version: String,
    },
    /// An event was accepted.
    Event {
        /// Its place in the stream.
        seq: u64,
        /// The event.
        event: Event,
    },
    /// A delivery changed.
    Delivery {
        /// Its place in the stream.
        seq: u64,
        /// The delivery.
        delivery: Delivery,
    },
    /// An attempt ended.
    Attempt {
        /// Its place in the stream.
        seq: u64,
        /// The attempt.
        attempt: Attempt,
    },
    /// An endpoint changed.
    Endpoint {
        /// Its place in the stream.
        seq: u64,
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// A hit came.
    Hit {
        /// Its place in the stream.
        seq: u64,
        /// The hit.
        hit: Hit,
    },
    /// A run changed.
    Run {
        /// Its place in the stream.
        seq: u64,
        /// The run.
        run: Run,
    },
    /// The configuration was read again.
    Config {
        /// Its place in the stream.
        seq: u64,
        /// The configuration.
        config: ConfigView,
    },
    /// The totals of five minutes, once a second.
    Stats {
        /// The totals.
        stats: Stats,
    },
    /// Frames before `seq` can't be given: fetch the lists again, go on from `seq`.
    Reset {
        /// Where the stream goes on.
        seq: u64,
    },
}

/// Everything that a frame can have. What serde derives for a tagged enum keeps a whole frame in memory until it knows
/// its kind, and reads it from there: slower, and code for every shape a second time, which a browser has to load.
#[derive(Deserialize)]
struct Parts {
    kind: String,
    seq: Option<u64>,
    stream: Option<String>,
    resumed: Option<bool>,
    version: Option<String>,
    event: Option<Event>,
    delivery: Option<Delivery>,
    attempt: Option<Attempt>,
    endpoint: Option<Endpoint>,
    hit: Option<Hit>,
    run: Option<Run>,
    config: Option<ConfigView>,
    stats: Option<Stats>,
}

impl Parts {
    /// The frame; `None` where a part is missing.
    fn join(self) -> Option<Frame> {
        let seq = self.seq;
        Some(match self.kind.as_str() {
            "hello" => Frame::Hello {
                stream: self.stream?,
                seq: seq?,
                resumed: self.resumed?,
                version: self.version?,
            },
            "event" => Frame::Event { seq: seq?, event: self.event? },
            "delivery" => Frame::Delivery { seq: seq?, delivery: self.delivery? },
            "attempt" => Frame::Attempt { seq: seq?, attempt: self.attempt? },
            "endpoint" => Frame::Endpoint { seq: seq?, endpoint: self.endpoint? },
            "hit" => Frame::Hit { seq: seq?, hit: self.hit? },
            "run" => Frame::Run { seq: seq?, run: self.run? },
            "config" => Frame::Config { seq: seq?, config: self.config? },
            "stats" => Frame::Stats { stats: self.stats? },
            "reset" => Frame::Reset { seq: seq? },
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::deserialize(deserializer)?;
        let kind = parts.kind.clone();
        parts.join().ok_or_else(|| {
            D::Error::custom(format!("not a frame of a kind that is known, or without its parts: `{kind}`"))
        })
    }
}
