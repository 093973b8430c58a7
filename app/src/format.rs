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

/// A number with so many decimals, half rounded away from nought: `12.4`. What is not finite is `0`.
pub fn decimal(value: f64, places: u32) -> String {
    // Not by `{:.1}`: what writes any float exactly is large, and every browser would load it.
    if !value.is_finite() {
        return "0".to_owned();
    }
    let unit = 10_u64.saturating_pow(places);
    #[expect(clippy::cast_precision_loss, reason = "a few places are far from 2^53")]
    let scaled = (value.abs() * unit as f64).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no figure is so high")]
    let scaled = scaled as u64;
    // What rounds to nought has no sign.
    let sign = if value < 0.0 && scaled > 0 { "-" } else { "" };
    let (whole, part, places) = (scaled / unit, scaled % unit, places as usize);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0places$}") }
}

/// A span measured: `0.4 ms`, `12 ms`, `1.24 s`, `2 min 4 s`.
pub fn span(ms: Ms) -> String {
    match ms.0 {
        ms if ms < 9.95 => format!("{} ms", decimal(ms, 1)),
        ms if ms < 999.5 => format!("{} ms", decimal(ms, 0)),
        ms if ms < 59_995.0 => format!("{}{}", decimal(ms / 1000.0, 2), words().units.second),
        ms => {
            let (seconds, units) = ((ms / 1000.0).round(), &words().units);
            let (minutes, seconds) = (decimal((seconds / 60.0).floor(), 0), decimal(seconds % 60.0, 0));
            format!("{minutes}{} {seconds}{}", units.minute, units.second)
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
    let places = u32::from(tenths > 0.0 && tenths < 100.0);
    format!("{}%", decimal(tenths, places))
}

/// Attempts made of those that the schedule has: `2/3`; a redelivery goes beyond it: `4`.
pub fn tries(made: u32, most: u32) -> String {
    if made > most { made.to_string() } else { format!("{made}/{most}") }
}

/// A rate a second: `0.3`, `12.4`, `1,240`.
pub fn rate(per_second: f64) -> String {
    if per_second < 99.95 {
        return decimal(per_second, 1);
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
        1024..1_048_576 => format!("{} KiB", decimal(exact / 1024.0, 1)),
        _ => format!("{} MiB", decimal(exact / 1_048_576.0, 1)),
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
    fn a_decimal_has_its_places() {
        let decimals = [(0.0, 1, "0.0"), (9.96, 1, "10.0"), (1.05, 3, "1.050"), (12.007, 2, "12.01")];
        for (value, places, text) in decimals {
            assert_eq!(decimal(value, places), text);
        }
        assert_eq!((decimal(199.7, 0), decimal(1e12, 0)), ("200".to_owned(), "1000000000000".to_owned()));
    }

    #[test]
    fn half_a_decimal_goes_away_from_nought() {
        for (value, text) in [(0.5, "1"), (1.5, "2"), (2.5, "3"), (-0.5, "-1"), (-2.5, "-3"), (2.499, "2")] {
            assert_eq!(decimal(value, 0), text);
        }
        assert_eq!((decimal(0.25, 1), decimal(-0.25, 1)), ("0.3".to_owned(), "-0.3".to_owned()));
    }

    #[test]
    fn nought_has_no_sign_and_what_is_not_finite_is_nought() {
        assert_eq!((decimal(-0.0, 0), decimal(-0.04, 1)), ("0".to_owned(), "0.0".to_owned()));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(decimal(value, 1), "0");
        }
    }

    #[test]
    fn decimals_are_those_of_the_standard_library() {
        // Ninths that are not whole are never a tie.
        for step in (-20_000..20_000).filter(|step| step % 9 != 0) {
            let value = f64::from(step) * 7.0 / 9.0;
            let std = [format!("{value:.0}"), format!("{value:.1}"), format!("{value:.2}")];
            assert_eq!([0, 1, 2].map(|places| decimal(value, places)), std);
        }
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
        assert_eq!(rate(0.25), "0.3");
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
