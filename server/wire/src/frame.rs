//! A frame: one message of the live stream.

use crate::{Attempt, ConfigView, Delivery, Endpoint, Event, Hit, Run, Stats};
use serde::{Deserialize, Serialize};

/// One message of the live stream. All but `stats` carry the sequence number at which they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
