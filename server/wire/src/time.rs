//! Points in time and spans of it, in the forms that JSON carries.

use chrono::{DateTime, Datelike, Timelike, Utc};
use std::fmt;
use std::str::FromStr;

/// A point in time: milliseconds since 1970 in UTC; RFC 3339 with three decimals in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub i64,
);

/// A text that is no RFC 3339 time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeError(
    /// The text.
    pub String,
);

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is no RFC 3339 time such as 2026-03-14T10:30:00Z", self.0)
    }
}

impl std::error::Error for TimeError {}

impl Time {
    /// This time moved by `ms`, later or (negative) earlier.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since 1970, as signatures carry.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let ms = time.timestamp_subsec_millis();
        // A year beyond four digits has a sign, as ISO 8601 asks.
        let (sign, width) = match year {
            0..=9999 => ("", 4),
            10_000.. => ("+", 5),
            _ => ("", 5),
        };
        // Not by chrono's own writer: the dashboard's code is smaller without it.
        f.pad(&format!("{sign}{year:0width$}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"))
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self(time.timestamp_millis()))
            .map_err(|_| TimeError(text.to_owned()))
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A span of time in milliseconds, exact to the microsecond: `0.412`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Default, serde::Serialize, serde::Deserialize)]
pub struct Ms(
    /// Milliseconds.
    pub f64,
);

impl Ms {
    /// The span of so many microseconds.
    #[expect(clippy::cast_precision_loss, reason = "2^53 microseconds are 285 years")]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros as f64 / 1000.0)
    }

    /// The span in whole microseconds.
    #[expect(clippy::cast_possible_truncation, reason = "2^53 microseconds are 285 years")]
    pub fn micros(self) -> i64 {
        (self.0 * 1000.0).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_a_z() {
        let time: Time = "2026-03-14T12:30:00+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-03-14T10:30:00.000Z");
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-03-14T10:30:00.000Z\"");
        assert!("2026-03-14".parse::<Time>().is_err());
    }

    #[test]
    fn a_time_is_written_as_chrono_writes_it() {
        let year = 31_556_952_000;
        let times = [0, -1, 999, 1_773_484_222_118, -1970 * year, -2000 * year, 7999 * year, 8100 * year];
        for ms in times.into_iter().chain([i64::MIN, i64::MAX]) {
            let chrono = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
            assert_eq!(Time(ms).to_string(), chrono.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        }
        assert_eq!(format!("{:>26}", Time(0)), "  1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn microseconds_survive_the_way_through_milliseconds() {
        assert_eq!(serde_json::to_string(&Ms::from_micros(412)).unwrap(), "0.412");
        assert_eq!(Ms(0.412).micros(), 412);
    }
}
