//! Retries: when a failed delivery is tried again, if at all. Pure arithmetic on times.

use wire::{Reason, Retry, Time};

/// The Standard Webhooks schedule: the wait before attempt 2, 3, … in ms.
const STANDARD_SCHEDULE: [i64; 9] = [
    5_000,      // 5 s
    300_000,    // 5 min
    1_800_000,  // 30 min
    7_200_000,  // 2 h
    18_000_000, // 5 h
    36_000_000, // 10 h
    50_400_000, // 14 h
    72_000_000, // 20 h
    86_400_000, // 24 h
];

const LONGEST_BACKOFF_MS: i64 = 3_600_000; // 1 h
const LONGEST_RETRY_AFTER_MS: i64 = 86_400_000; // 24 h
const SHORTEST_WAIT_MS: i64 = 50;
const JITTER: f64 = 0.2; // of the wait, up or down, so that failures of one moment don't come back as one

/// When to try again after attempt number `made` failed for `reason` at `now`; `None` when it is given up.
///
/// `retry_after` is what the receiver asked for, in ms; it only ever lengthens the wait. `chance` from 0 to 1
/// spreads it by a fifth up or down.
pub fn next_attempt(
    retry: Retry,
    made: u32,
    reason: Reason,
    retry_after: Option<i64>,
    chance: f64,
    now: Time,
) -> Option<Time> {
    if made >= retry.max_attempts || reason == Reason::Http410 {
        return None;
    }
    let step = made.saturating_sub(1);
    let wait = match retry.backoff_ms {
        Some(backoff) => {
            let factor = 1_i64.checked_shl(step).unwrap_or(i64::MAX);
            i64::try_from(backoff).unwrap_or(i64::MAX).saturating_mul(factor).min(LONGEST_BACKOFF_MS)
        }
        // A longer series than the schedule's goes on at its last step.
        None => STANDARD_SCHEDULE[(step as usize).min(STANDARD_SCHEDULE.len() - 1)],
    };
    let jitter = 1.0 + JITTER * (2.0 * chance - 1.0);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a wait is at most a day"
    )]
    let wait = ((wait as f64 * jitter) as i64).max(SHORTEST_WAIT_MS);
    let asked = retry_after.unwrap_or(0).min(LONGEST_RETRY_AFTER_MS);
    Some(now.plus_ms(wait.max(asked)))
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. Gives ms from `now`.
pub fn retry_after(value: &str, now: Time) -> Option<i64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(i64::from(seconds) * 1000);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Time(i64::try_from(since.as_millis()).ok()?).ms_since(now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_710_412_200_000);

    fn wait(retry: Retry, made: u32, retry_after: Option<i64>, chance: f64) -> Option<i64> {
        next_attempt(retry, made, Reason::Http5xx, retry_after, chance, NOW).map(|due| due.ms_since(NOW))
    }

    #[test]
    fn the_standard_schedule_has_ten_attempts() {
        let retry = Retry { max_attempts: 10, backoff_ms: None };
        let waits: Vec<_> = (1..=10).map(|made| wait(retry, made, None, 0.5)).collect();
        let expected: Vec<_> = STANDARD_SCHEDULE.into_iter().map(Some).chain([None]).collect();
        assert_eq!(waits, expected);
    }

    #[test]
    fn a_backoff_doubles_up_to_an_hour() {
        let retry = Retry { max_attempts: 99, backoff_ms: Some(1000) };
        assert_eq!(wait(retry, 1, None, 0.5), Some(1000));
        assert_eq!(wait(retry, 4, None, 0.5), Some(8000));
        assert_eq!(wait(retry, 98, None, 0.5), Some(LONGEST_BACKOFF_MS));
        assert_eq!(wait(retry, 99, None, 0.5), None);
    }

    #[test]
    fn jitter_is_a_fifth_and_never_below_50_ms() {
        let retry = Retry { max_attempts: 3, backoff_ms: Some(1000) };
        assert_eq!(wait(retry, 1, None, 0.0), Some(800));
        assert!((1199..=1200).contains(&wait(retry, 1, None, 0.999_999).unwrap()));
        let none = Retry { max_attempts: 3, backoff_ms: Some(0) };
        assert_eq!(wait(none, 1, None, 0.0), Some(SHORTEST_WAIT_MS));
    }

    #[test]
    fn a_receiver_can_only_lengthen_the_wait_and_by_a_day_at_most() {
        let retry = Retry { max_attempts: 3, backoff_ms: Some(10_000) };
        assert_eq!(wait(retry, 1, Some(2000), 0.5), Some(10_000));
        assert_eq!(wait(retry, 1, Some(60_000), 0.5), Some(60_000));
        assert_eq!(wait(retry, 1, Some(i64::MAX), 0.5), Some(LONGEST_RETRY_AFTER_MS));
    }

    #[test]
    fn gone_is_gone() {
        let retry = Retry { max_attempts: 10, backoff_ms: None };
        assert_eq!(next_attempt(retry, 1, Reason::Http410, None, 0.5, NOW), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("120", NOW), Some(120_000));
        assert_eq!(retry_after("Thu, 14 Mar 2024 10:31:00 GMT", NOW), Some(60_000));
        assert_eq!(retry_after("Sat, 14 Mar 2020 10:31:00 GMT", NOW), Some(0));
        assert_eq!(retry_after("soon", NOW), None);
    }
}
