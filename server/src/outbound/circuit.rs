//! The circuit: when an endpoint that only fails is left alone, and when it is tried again.

use wire::{CircuitState, Reason, Time};

/// Failures in a row that open it.
const OPENS_AFTER: u32 = 10;
const FIRST_WAIT_MS: i64 = 30_000;
const LONGEST_WAIT_MS: i64 = 600_000;

/// An endpoint's circuit. Closed, every delivery goes; open, none until `until`; then one tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    state: CircuitState,
    failures: u32,
    /// The wait that the next opening takes; 0 while closed.
    wait_ms: i64,
    until: Option<Time>,
    /// When it opened first since it was closed last.
    opened_at: Option<Time>,
}

impl Circuit {
    /// Whether a delivery may go at `now`. An open circuit whose time has come lets one go, and only one.
    pub fn admits(&mut self, now: Time) -> bool {
        match self.state {
            CircuitState::Closed => true,
            CircuitState::Open if self.until.is_some_and(|until| until <= now) => {
                self.state = CircuitState::HalfOpen;
                self.until = None;
                true
            }
            CircuitState::Open | CircuitState::HalfOpen => false,
        }
    }

    /// Takes note of an attempt by schedule: `None` when it was delivered, else why it failed.
    pub fn note(&mut self, failure: Option<Reason>, now: Time) {
        match failure {
            Some(reason) if counts(reason) => {
                self.failures = self.failures.saturating_add(1);
                let open = match self.state {
                    CircuitState::Closed => self.failures >= OPENS_AFTER,
                    CircuitState::HalfOpen => true,
                    // An attempt that was on its way when it opened changes nothing.
                    CircuitState::Open => false,
                };
                if open {
                    self.wait_ms = (self.wait_ms * 2).clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
                    self.state = CircuitState::Open;
                    self.until = Some(now.plus_ms(self.wait_ms));
                    self.opened_at.get_or_insert(now);
                }
            }
            // Nothing was sent, so nothing is known.
            Some(Reason::TransformError | Reason::Misconfigured) => self.not_tried(now),
            // It answers: a refusal of one delivery is no outage.
            Some(_) | None => *self = Self::default(),
        }
    }

    /// What was let go to try was not sent: another may.
    pub fn not_tried(&mut self, now: Time) {
        if self.state == CircuitState::HalfOpen {
            self.state = CircuitState::Open;
            self.until = Some(now);
        }
    }

    /// A person says that it is worth a try: one may go now. What comes of it counts as always.
    pub fn try_now(&mut self, now: Time) {
        if self.state == CircuitState::Open {
            self.until = Some(now);
        }
    }

    /// When it lets one delivery try, while it is open.
    pub const fn until(&self) -> Option<Time> {
        self.until
    }

    /// Since when it is not closed.
    pub const fn opened_at(&self) -> Option<Time> {
        self.opened_at
    }

    /// The circuit as the API shows it.
    pub const fn shown(&self) -> wire::Circuit {
        wire::Circuit { state: self.state, failures: self.failures, until: self.until }
    }
}

/// Whether this failure says that the endpoint is down: no answer, or 5xx or 429.
const fn counts(reason: Reason) -> bool {
    match reason {
        Reason::Dns
        | Reason::ConnectRefused
        | Reason::ConnectTimeout
        | Reason::ConnectionReset
        | Reason::Tls
        | Reason::Timeout
        | Reason::BodyTimeout
        | Reason::InvalidResponse
        | Reason::BlockedAddress
        | Reason::Http5xx
        | Reason::Http429 => true,
        Reason::Http3xx
        | Reason::Http4xx
        | Reason::Http410
        | Reason::TransformError
        | Reason::Misconfigured => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_open_it_and_one_delivery_tries() {
        let mut circuit = Circuit::default();
        let now = Time(0);
        for _ in 0..9 {
            circuit.note(Some(Reason::ConnectRefused), now);
            assert!(circuit.admits(now));
        }
        circuit.note(Some(Reason::Http5xx), now);
        assert!(!circuit.admits(Time(29_999)));
        assert!(circuit.admits(Time(30_000)));
        assert!(!circuit.admits(Time(30_000)), "only one");
        circuit.not_tried(Time(30_000));
        assert!(circuit.admits(Time(30_000)), "another, if that one was not sent");
        circuit.note(Some(Reason::Timeout), Time(30_000));
        assert_eq!(circuit.until(), Some(Time(90_000)), "the wait doubles");
        assert_eq!(circuit.opened_at(), Some(now), "and it is open since it opened first");
        assert!(circuit.admits(Time(90_000)));
        circuit.note(None, Time(90_001));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn a_person_can_have_it_tried_sooner() {
        let mut circuit = Circuit::default();
        (0..10).for_each(|_| circuit.note(Some(Reason::ConnectRefused), Time(0)));
        assert!(!circuit.admits(Time(5_000)));
        circuit.try_now(Time(5_000));
        assert!(circuit.admits(Time(5_000)));
        circuit.try_now(Time(5_001));
        assert!(!circuit.admits(Time(5_001)), "one is trying already");
        circuit.note(Some(Reason::ConnectRefused), Time(5_002));
        assert_eq!(circuit.until(), Some(Time(65_002)), "a failure doubles the wait all the same");
        circuit.try_now(Time(6_000));
        assert!(circuit.admits(Time(6_000)));
        circuit.note(None, Time(6_001));
        circuit.try_now(Time(6_002));
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn the_wait_ends_at_ten_minutes_and_a_refusal_closes() {
        let mut circuit = Circuit::default();
        let mut now = Time(0);
        for _ in 0..20 {
            circuit.note(Some(Reason::Dns), now);
            now = circuit.until().unwrap_or(now);
            circuit.admits(now);
        }
        circuit.note(Some(Reason::Dns), now);
        assert_eq!(circuit.until(), Some(now.plus_ms(LONGEST_WAIT_MS)));
        circuit.admits(now.plus_ms(LONGEST_WAIT_MS));
        circuit.note(Some(Reason::Http4xx), now);
        assert!(circuit.admits(now));
    }
}
