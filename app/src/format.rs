//! Times, sizes, spans and shares as people read them, in the language in use.

use crate::words::words;
use chrono::{DateTime, Datelike, Timelike, Utc};
use wire::{Ms, Time};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn date_time(time: Time) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.0).unwrap_or_default()
}

/// A time for a list, in UTC: `Mar 14 10:30:22`.
pub fn stamp(time: Time) -> String {
    let when = date_time(time);
    format!("{} {}", (words().date)(when.month(), when.day()), clock(time))
}

/// A time of today, in UTC: `10:30:22`.
pub fn clock(time: Time) -> String {
    // Not by chrono's `format`: what reads its patterns is large, and every browser would load it.
    let when = date_time(time);
    format!("{:02}:{:02}:{:02}", when.hour(), when.minute(), when.second())
}

/// A time in full: `2026-03-14 10:30:22.118 UTC`.
pub fn exact(time: Time) -> String {
    time.to_string().replace('T', " ").replace('Z', " UTC")
}

/// An age in one unit: `12 s`, `4 min`, `3 h`, `2 d`. Less than a second, or the future, is `0 s`.
pub fn age(ms: i64) -> String {
    let units = &words().units;
    match ms.max(0) {
        ms if ms < MINUTE => format!("{}{}", ms / SECOND, units.second),
        ms if ms < HOUR => format!("{}{}", ms / MINUTE, units.minute),
        ms if ms < 2 * DAY => format!("{}{}", ms / HOUR, units.hour),
        ms => format!("{}{}", ms / DAY, units.day),
    }
}

/// What is left of a wait, in the two units that matter: `12 s`, `4 min 10 s`, `3 h 5 min`.
pub fn countdown(ms: i64) -> String {
    let ms = ms.max(0);
    // A wait of 0.2 s still shows one second: it isn't over.
    let seconds = (ms + SECOND - 1) / SECOND;
    let units = &words().units;
    let (second, minute, hour) = (units.second, units.minute, units.hour);
    match seconds {
        s if s < 60 => format!("{s}{second}"),
        s if s < 3600 => format!("{}{minute} {}{second}", s / 60, s % 60),
        s => format!("{}{hour} {}{minute}", s / 3600, s % 3600 / 60),
    }
}

/// A span measured: `0.4 ms`, `12 ms`, `1.24 s`, `2 min 4 s`.
pub fn span(ms: Ms) -> String {
    match ms.0 {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 59_995.0 => format!("{:.2}{}", ms / 1000.0, words().units.second),
        ms => {
            let (seconds, units) = ((ms / 1000.0).round(), &words().units);
            format!("{:.0}{} {:.0}{}", (seconds / 60.0).floor(), units.minute, seconds % 60.0, units.second)
        }
    }
}

/// A span that may not be there.
pub fn maybe_span(ms: Option<Ms>) -> String {
    ms.map_or_else(|| NOTHING.to_owned(), span)
}

/// What stands where there is no figure.
pub const NOTHING: &str = "–";

/// A share of 0 to 1: `100%`, `99.9%`. Rounded down, so that `100%` means every single one.
pub fn percent(share: f64) -> String {
    let tenths = (share * 1000.0 + 1e-9).floor() / 10.0;
    if tenths >= 100.0 || tenths <= 0.0 { format!("{tenths:.0}%") } else { format!("{tenths:.1}%") }
}

/// Attempts made of those that the schedule has: `2/3`; a redelivery goes beyond it: `4`.
pub fn tries(made: u32, most: u32) -> String {
    if made > most { made.to_string() } else { format!("{made}/{most}") }
}

/// A rate a second: `0.3`, `12.4`, `1,240`.
pub fn rate(per_second: f64) -> String {
    if per_second < 99.95 {
        return format!("{per_second:.1}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is no 2^53")]
    count(per_second.round() as u64)
}

/// A number with its thousands apart: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size: `812 B`, `1.2 KiB`, `3.4 MiB`.
pub fn size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "no body has 2^53 bytes")]
    let exact = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", exact / 1024.0),
        _ => format!("{:.1} MiB", exact / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_exact_to_the_millisecond() {
        let time: Time = "2026-03-04T12:30:22.118+02:00".parse().unwrap();
        assert_eq!(stamp(time), "Mar 4 10:30:22");
        assert_eq!(clock(time), "10:30:22");
        assert_eq!(exact(time), "2026-03-04 10:30:22.118 UTC");
    }

    #[test]
    fn ages_have_one_unit() {
        let ages = [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (HOUR, "1 h"), (47 * HOUR, "47 h")];
        for (ms, text) in ages {
            assert_eq!(age(ms), text);
        }
        assert_eq!(age(49 * HOUR), "2 d");
    }

    #[test]
    fn a_countdown_ends_at_nought_and_not_before() {
        assert_eq!(countdown(1), "1 s");
        assert_eq!(countdown(0), "0 s");
        assert_eq!(countdown(250 * SECOND), "4 min 10 s");
        assert_eq!(countdown(3 * HOUR + 5 * MINUTE), "3 h 5 min");
    }

    #[test]
    fn spans_keep_three_digits() {
        let spans =
            [(0.42, "0.4 ms"), (9.96, "10 ms"), (12.4, "12 ms"), (999.6, "1.00 s"), (1243.0, "1.24 s")];
        for (ms, text) in spans {
            assert_eq!(span(Ms(ms)), text);
        }
        assert_eq!(span(Ms(124_000.0)), "2 min 4 s");
        assert_eq!(maybe_span(None), "–");
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.999_99), "99.9%");
        assert_eq!(percent(0.29), "29.0%");
        assert_eq!(percent(0.0), "0%");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(rate(0.25), "0.2");
        assert_eq!(rate(1240.4), "1,240");
    }

    #[test]
    fn a_redelivery_goes_beyond_the_schedule() {
        assert_eq!((tries(2, 3).as_str(), tries(4, 3).as_str()), ("2/3", "4"));
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(size(812), "812 B");
        assert_eq!(size(1230), "1.2 KiB");
        assert_eq!(size(3_500_000), "3.3 MiB");
    }
}
