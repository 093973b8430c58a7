//! Times on the command line: how they are given, and how they are shown.

use crate::clock::Clock;
use chrono::{DateTime, Local, Utc};
use std::fmt;
use std::str::FromStr;
use wire::Time;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A time as it is given: `1h` (so long ago), or RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// So many milliseconds ago, as it was written.
    Ago(i64, String),
    /// A point in time.
    At(Time),
}

impl When {
    /// The point in time, seen from `now`.
    pub(super) const fn seen_from(&self, now: Time) -> Time {
        match self {
            Self::Ago(ms, _) => now.plus_ms(-*ms),
            Self::At(time) => *time,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(_, text) => f.write_str(text),
            Self::At(time) => time.fmt(f),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        let unit = match text.chars().last() {
            Some('s') => SECOND,
            Some('m') => MINUTE,
            Some('h') => HOUR,
            Some('d') => DAY,
            Some(_) | None => 0,
        };
        let count = text.get(..text.len().saturating_sub(1)).and_then(|count| count.parse::<u32>().ok());
        match count.filter(|_| unit > 0) {
            Some(count) => Ok(Self::Ago(i64::from(count) * unit, text.to_owned())),
            None => {
                Err("give a span such as 30m, 1h or 2d, or a time such as 2026-03-14T10:30:00Z".to_owned())
            }
        }
    }
}

/// The machine's time.
pub(super) fn now() -> Time {
    Clock::system().now()
}

/// How long before or after `now`: `5 min ago`, `in 2 h`; further off than a day, the local date and time.
pub(super) fn around(time: Time, now: Time) -> String {
    let ago = now.ms_since(time);
    let span = match ago.abs() {
        ms @ ..MINUTE => format!("{} s", ms / SECOND),
        ms @ ..HOUR => format!("{} min", ms / MINUTE),
        ms @ ..DAY => format!("{} h", ms / HOUR),
        _ => return local(time, "%Y-%m-%d %H:%M"),
    };
    if ago.abs() < SECOND {
        "now".to_owned()
    } else if ago > 0 {
        format!("{span} ago")
    } else {
        format!("in {span}")
    }
}

/// The local date and time with its offset, and how far off that is.
pub(super) fn whole(time: Time, now: Time) -> String {
    let local = local(time, "%Y-%m-%d %H:%M:%S%.3f %:z");
    if now.ms_since(time).abs() < DAY { format!("{local} ({})", around(time, now)) } else { local }
}

/// The local time of day.
pub(super) fn clock(time: Time) -> String {
    local(time, "%H:%M:%S")
}

fn local(time: Time, format: &str) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(time.0).unwrap_or_default();
    time.with_timezone(&Local).format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_are_taken() {
        let now = Time(10 * DAY);
        for (text, time) in
            [("30s", now.0 - 30_000), ("1h", now.0 - HOUR), ("2d", 8 * DAY), ("1970-01-02T00:00:00Z", DAY)]
        {
            assert_eq!(text.parse::<When>().unwrap().seen_from(now), Time(time), "{text}");
        }
        for bad in ["", "h", "1", "-1h", "1y", "yesterday", "1.5h", "é"] {
            assert!(bad.parse::<When>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_near_is_told_by_its_distance() {
        let now = Time(100 * DAY);
        for (ms, text) in
            [(0, "now"), (-5 * SECOND, "5 s ago"), (-61 * MINUTE, "1 h ago"), (90 * SECOND, "in 1 min")]
        {
            assert_eq!(around(now.plus_ms(ms), now), text);
        }
        assert!(
            around(Time(0), now).starts_with("1970-01-0") || around(Time(0), now).starts_with("1969-12-31")
        );
    }
}
