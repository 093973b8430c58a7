//! What is kept, how long and how much of it.

use super::endpoint::narrow;
use super::fields::Fields;

const DEFAULT_DAYS: u64 = 30;
const DEFAULT_PAYLOAD: u64 = 262_144;
/// 1 KiB to 8 MiB.
const PAYLOAD: std::ops::RangeInclusive<u64> = 1024..=8_388_608;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionConfig {
    /// How long events, deliveries and hits are kept.
    pub days: u32,
    /// The longest body of an event or a hit, in bytes.
    pub max_payload_bytes: usize,
}

/// Reads the object `retention`.
pub(super) fn read_retention(fields: &mut Fields<'_>) -> RetentionConfig {
    let mut retention = fields.object_or_defaults("retention", &["days", "maxPayloadBytes"]);
    let days = retention.whole_or("days", 1..=3650, DEFAULT_DAYS);
    let max_payload_bytes = retention.whole_or("maxPayloadBytes", PAYLOAD, DEFAULT_PAYLOAD);
    fields.show_object("retention", retention);
    RetentionConfig {
        days: narrow(days),
        max_payload_bytes: usize::try_from(max_payload_bytes).unwrap_or(usize::MAX),
    }
}
