//! Guesses: wrong tokens are counted by address, wherever they are shown: at the login, in `Authorization`, in a cookie.
//!
//! After some of them an address is told to wait, and what it shows is not even looked at. Three things keep that from
//! shutting out who has a token: a program that shows the same wrong one again and again guesses once (it alone is told
//! to wait), what was right from that address before stays right, and a minute later everything begins anew.

use crate::listen::places::network;
use crate::problem::Problem;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::Time;

/// Wrong tokens a minute and address; after that 429.
const FAILURES: u32 = 10;
const MINUTE_MS: i64 = 60_000;
/// Addresses that are known, those that failed and those that were right; beyond that the oldest, or all, are forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// What one gateway knows of guesses.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    known: Mutex<Known>,
    /// What was shown is kept as a number that nobody can turn back.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Known {
    failed: HashMap<IpAddr, Failed>,
    right: HashSet<(IpAddr, u64)>,
}

#[derive(Debug)]
struct Failed {
    since: Time,
    count: u32,
    /// How often each wrong token was shown.
    wrong: HashMap<u64, u32>,
    /// Whether it was told that the address has to wait.
    is_told: bool,
}

impl Guesses {
    /// 429 where the address has to wait.
    pub(super) fn check(&self, address: IpAddr, now: Time) -> Result<(), Problem> {
        match self.known().failed(address, now) {
            Some(failed) if failed.count >= FAILURES => Err(failed.wait(now)),
            Some(_) | None => Ok(()),
        }
    }

    /// The same for what is shown, which may have been right from there before, or wrong once too often.
    pub(super) fn check_shown(&self, address: IpAddr, shown: &str, now: Time) -> Result<(), Problem> {
        let shown = self.hasher.hash_one(shown);
        let known = self.known();
        match known.failed(address, now) {
            Some(failed) if failed.wrong.get(&shown).is_some_and(|count| *count >= FAILURES) => {
                Err(failed.wait(now))
            }
            Some(failed) if failed.count >= FAILURES && !known.right.contains(&(network(address), shown)) => {
                Err(failed.wait(now))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the address has to wait from now on: true once, until another minute begins.
    pub(super) fn has_begun(&self, address: IpAddr, now: Time) -> bool {
        let mut known = self.known();
        let failed = known.failed.get_mut(&network(address)).filter(|failed| failed.is_recent(now));
        let Some(failed) = failed.filter(|failed| failed.count >= FAILURES && !failed.is_told) else {
            return false;
        };
        failed.is_told = true;
        true
    }

    /// Notes a login that failed.
    pub(super) fn login_failed(&self, address: IpAddr, now: Time) {
        self.known().failing(address, now).count += 1;
    }

    /// Notes what was shown and is wrong.
    pub(super) fn was_wrong(&self, address: IpAddr, shown: &str, now: Time) {
        let shown = self.hasher.hash_one(shown);
        let mut known = self.known();
        known.right.remove(&(network(address), shown));
        let failed = known.failing(address, now);
        let times = failed.wrong.entry(shown).or_default();
        *times += 1;
        if *times == 1 {
            failed.count += 1;
        }
    }

    /// Notes what was shown and is right.
    pub(super) fn was_right(&self, address: IpAddr, shown: &str) {
        let right = (network(address), self.hasher.hash_one(shown));
        let mut known = self.known();
        if known.right.len() >= MOST_ADDRESSES && !known.right.contains(&right) {
            known.right.clear();
        }
        known.right.insert(right);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn failed(&self, address: IpAddr, now: Time) -> Option<&Failed> {
        self.failed.get(&network(address)).filter(|failed| failed.is_recent(now))
    }

    fn failing(&mut self, address: IpAddr, now: Time) -> &mut Failed {
        let network = network(address);
        self.failed.retain(|_, failed| failed.is_recent(now));
        if self.failed.len() >= MOST_ADDRESSES && !self.failed.contains_key(&network) {
            let oldest =
                self.failed.iter().min_by_key(|(_, failed)| failed.since).map(|(address, _)| *address);
            oldest.and_then(|oldest| self.failed.remove(&oldest));
        }
        self.failed.entry(network).or_insert_with(|| Failed {
            since: now,
            count: 0,
            wrong: HashMap::new(),
            is_told: false,
        })
    }
}

impl Failed {
    fn is_recent(&self, now: Time) -> bool {
        now.ms_since(self.since) < MINUTE_MS
    }

    fn wait(&self, now: Time) -> Problem {
        let left = MINUTE_MS - now.ms_since(self.since).max(0);
        let seconds = u32::try_from(left / 1000 + 1).unwrap_or(1);
        let detail = format!("too many wrong tokens came from this address; wait {seconds} s");
        Problem::busy("too_many_logins", &detail, seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn ten_wrong_tokens_a_minute_are_looked_at() {
        let (guesses, here, other) = (Guesses::default(), from("192.0.2.1"), from("192.0.2.2"));
        guesses.was_right(here, "known");
        for number in 0..FAILURES {
            let shown = format!("guess {number}");
            guesses.check_shown(here, &shown, Time(0)).unwrap();
            guesses.was_wrong(here, &shown, Time(0));
        }
        assert!(guesses.check_shown(here, "right, but not known yet", Time(59_999)).is_err());
        assert!(guesses.check(here, Time(59_999)).is_err());
        assert!(guesses.check_shown(here, "known", Time(0)).is_ok());
        assert!(guesses.check_shown(other, "known", Time(0)).is_ok());
        assert!(guesses.check_shown(here, "guess", Time(60_000)).is_ok());
    }

    #[test]
    fn a_program_with_an_old_token_waits_alone() {
        let (guesses, here) = (Guesses::default(), from("127.0.0.1"));
        for _ in 0..FAILURES {
            guesses.check_shown(here, "old", Time(0)).unwrap();
            guesses.was_wrong(here, "old", Time(0));
        }
        assert!(guesses.check_shown(here, "old", Time(0)).is_err());
        assert!(guesses.check_shown(here, "new", Time(0)).is_ok());
        assert!(guesses.check(here, Time(0)).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_memory_is_bounded() {
        let guesses = Guesses::default();
        for number in 0..FAILURES {
            guesses.login_failed(from(&format!("2001:db8::{number}")), Time(0));
        }
        assert!(guesses.check(from("2001:db8::ffff:1:2:3"), Time(0)).is_err());
        assert!(guesses.check(from("2001:db8:0:1::1"), Time(0)).is_ok());
        for number in 0..u32::try_from(MOST_ADDRESSES).unwrap() + 10 {
            guesses.login_failed(IpAddr::from(number.to_be_bytes()), Time(1));
            guesses.was_right(IpAddr::from(number.to_be_bytes()), "x");
        }
        let known = guesses.known();
        assert_eq!(known.failed.len(), MOST_ADDRESSES);
        assert!(known.right.len() <= MOST_ADDRESSES);
    }
}
