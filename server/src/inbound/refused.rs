//! Refused hits: kept so that the operator sees why a sender fails, and no more than that. Anybody can send one, so what is
//! kept of each is little, and beyond some a minute they are only counted.

use crate::gateway::Gateway;
use crate::rate::Bucket;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use wire::{Headers, Hit, RateLimit, Time};

/// Of one inbound endpoint, and of all names together that are not ours, so many are kept at once after a pause;
const AT_ONCE: u32 = 60;
/// and so many a minute in the long run.
const A_MINUTE: u32 = 6;
/// How long those that are only counted are added up before the log says so.
const TOLD_AFTER_MS: i64 = 60_000;
/// Of a body so much is kept, and of a query string as much.
pub(super) const KEPT_OF_BODY: usize = 2048;
/// Of all headers together so much is kept, names included.
const KEPT_OF_HEADERS: usize = 8192;

/// What was kept lately, by inbound endpoint; names that are not ours share the empty one.
#[derive(Debug, Default)]
pub struct Refused(Mutex<HashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    places: Bucket,
    /// Those since the log last said so that were only counted.
    left_out: u64,
}

/// What becomes of one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Kept,
    /// Whether it is the first since the log last said so.
    LeftOut {
        first: bool,
    },
}

impl Refused {
    pub(super) fn place(&self, inbound: &str, now: Time) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = RateLimit { per_second: f64::from(A_MINUTE) / 60.0, burst: AT_ONCE };
        let new = || Kept { places: Bucket::new(Some(rate), now), left_out: 0 };
        let kept = all.entry(inbound.to_owned()).or_insert_with(new);
        if kept.places.take(now).is_ok() {
            return Place::Kept;
        }
        kept.left_out += 1;
        Place::LeftOut { first: kept.left_out == 1 }
    }

    fn take_left_out(&self, inbound: &str) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(inbound).map_or(0, |kept| std::mem::take(&mut kept.left_out))
    }
}

/// Says once a minute how many were only counted.
pub(super) async fn tell(gateway: Gateway, inbound: String) {
    gateway.clock.sleep_until(gateway.clock.now().plus_ms(TOLD_AFTER_MS)).await;
    let count = gateway.desk.refused.take_left_out(&inbound);
    let of = if inbound.is_empty() { "names that are not ours" } else { &inbound };
    tracing::warn!(
        inbound.name = %inbound,
        hit.count = count,
        "Of the hits to {of} that were refused within a minute {count} are counted and not kept"
    );
}

/// The hit with so much of what came as is kept of one that is refused.
pub(super) fn cut(mut hit: Hit) -> Hit {
    hit.body_truncated |= cut_to(&mut hit.body, KEPT_OF_BODY);
    hit.headers_truncated = hit.query.as_mut().is_some_and(|query| cut_to(query, KEPT_OF_BODY));
    hit.headers_truncated |= cut_headers(&mut hit.headers);
    hit
}

/// Cuts the text to its longest beginning of at most `most` bytes; whether there was more.
fn cut_to(text: &mut String, most: usize) -> bool {
    let is_longer = text.len() > most;
    text.truncate(text.floor_char_boundary(most));
    is_longer
}

fn cut_headers(headers: &mut Headers) -> bool {
    let mut left = KEPT_OF_HEADERS;
    for (at, (name, value)) in headers.iter_mut().enumerate() {
        let Some(for_value) = left.checked_sub(name.len()) else {
            headers.truncate(at);
            return true;
        };
        if cut_to(value, for_value) {
            headers.truncate(at + 1);
            return true;
        }
        left = for_value - value.len();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_at_once_and_so_many_a_minute() {
        let refused = Refused::default();
        let kept = |inbound: &str, from: i64, ms: i64| {
            let places = (from..from + ms).map(|at| refused.place(inbound, Time(at)));
            places.filter(|place| *place == Place::Kept).count()
        };
        assert_eq!(kept("deploy", 0, 2000), AT_ONCE as usize);
        assert_eq!(kept("", 0, 2000), AT_ONCE as usize, "others have places of their own");
        assert_eq!(kept("deploy", 2000, 60_000), A_MINUTE as usize);
        assert_eq!(refused.take_left_out("deploy"), 62_000 - u64::from(AT_ONCE + A_MINUTE));
        assert_eq!(refused.place("deploy", Time(62_001)), Place::LeftOut { first: true });
        assert_eq!(refused.place("deploy", Time(62_002)), Place::LeftOut { first: false });
    }

    #[test]
    fn little_is_kept_of_many_or_long_headers() {
        let many: Headers = (0..900).map(|_| ("x-a".into(), "1234567".to_owned())).collect();
        let long: Headers =
            vec![("a".into(), "x".repeat(100)), ("b".into(), "메".repeat(20_000)), ("c".into(), "1".into())];
        for (mut headers, left) in [(many, 819), (long, 2)] {
            assert!(cut_headers(&mut headers));
            assert_eq!(headers.len(), left);
            let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            assert!((KEPT_OF_HEADERS - 10..=KEPT_OF_HEADERS).contains(&bytes), "{bytes}");
        }
        let mut few: Headers = vec![("a".into(), "x".repeat(KEPT_OF_HEADERS - 1))];
        assert!(!cut_headers(&mut few) && few[0].1.len() == KEPT_OF_HEADERS - 1);
    }
}
