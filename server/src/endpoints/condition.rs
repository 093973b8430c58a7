//! How an endpoint does: its state, since when, and why.

use crate::config::EndpointConfig;
use crate::outbound::circuit::Circuit;
use crate::store::Pause;
use std::collections::VecDeque;
use std::sync::Arc;
use wire::{Attempt, AttemptResult, Check, EndpointState, Reason, Time, Trigger};

/// Attempts that the state looks back on.
const LOOKS_BACK: usize = 20;
/// A failure older than this no longer counts against an endpoint.
const FORGIVEN_AFTER_MS: i64 = 300_000;

/// What is known of an endpoint from its attempts and from people.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) pause: Option<Pause>,
    pub(super) circuit: Circuit,
    /// Those that count, newest last: when, and whether it failed.
    recent: VecDeque<(Time, bool)>,
    /// The last to its URL, whatever made it happen.
    pub(super) last_attempt: Option<Arc<Attempt>>,
    pub(super) last_check: Option<Check>,
    pub(super) state: EndpointState,
    pub(super) since: Time,
}

impl Condition {
    /// What its last attempts (newest first) and check, and what people decided, leave it in.
    pub(super) fn new(
        config: &EndpointConfig,
        pause: Option<Pause>,
        last_attempts: Vec<Attempt>,
        last_check: Option<Check>,
        now: Time,
    ) -> Self {
        let mut condition = Self {
            pause,
            circuit: Circuit::default(),
            recent: VecDeque::new(),
            last_attempt: None,
            last_check,
            state: EndpointState::Idle,
            since: now,
        };
        condition.go_by(config, last_attempts, now);
        condition
    }

    /// Goes by these attempts (newest first) and by none that it knew: at the start, and where it has another URL.
    pub(super) fn go_by(&mut self, config: &EndpointConfig, last_attempts: Vec<Attempt>, now: Time) {
        // What was sent elsewhere says nothing.
        let here: Vec<Attempt> =
            last_attempts.into_iter().filter(|attempt| is_to(config, &attempt.request.url)).collect();
        let counted: Vec<&Attempt> = here.iter().filter(|attempt| counts(attempt.trigger)).collect();
        self.recent = counted
            .iter()
            .rev()
            .map(|attempt| (attempt.started_at, attempt.result == AttemptResult::Failed))
            .collect();
        self.circuit = circuit_after(&counted, now);
        let resumed_at = self.pause.as_ref().map(|pause| pause.since);
        if resumed_at.is_some_and(|at| counted.first().is_none_or(|last| last.started_at < at)) {
            self.circuit.try_now(now);
        }
        self.last_attempt = here.into_iter().next().map(Arc::new);
        self.settle(config, now);
        self.since = match self.state {
            EndpointState::Healthy | EndpointState::Degraded => {
                seems_since(&self.recent, now).max(resumed_at).unwrap_or(now)
            }
            EndpointState::Paused => {
                let paused = self.pause.as_ref().filter(|pause| pause.paused);
                paused.map_or(self.since, |pause| pause.since)
            }
            // As far back as the attempts go.
            EndpointState::Failing => self.circuit.opened_at().unwrap_or(now),
            EndpointState::Misconfigured | EndpointState::Idle => self.since,
        };
    }

    /// Whether deliveries by schedule wait for the endpoint itself.
    pub(super) fn holds(&self, config: &EndpointConfig, now: Time) -> bool {
        self.is_stopped(config) || self.circuit.until().is_some_and(|until| until > now)
    }

    /// Whether only a person, or another configuration, lets it go on.
    pub(super) fn is_stopped(&self, config: &EndpointConfig) -> bool {
        config.fault.is_some() || !config.enabled || self.pause.as_ref().is_some_and(|pause| pause.paused)
    }

    /// An attempt to its URL came back.
    pub(super) fn note(&mut self, trigger: Trigger, failure: Option<Reason>, at: Time) {
        if !counts(trigger) {
            return;
        }
        self.circuit.note(failure, at);
        self.recent.push_back((at, failure.is_some()));
        if self.recent.len() > LOOKS_BACK {
            self.recent.pop_front();
        }
    }

    /// Brings the state in line with what is known, and notes when it changed.
    pub(super) fn settle(&mut self, config: &EndpointConfig, now: Time) {
        let state = self.state_at(config, now);
        if state != self.state {
            let (name, before) = (&config.name, self.state);
            self.state = state;
            self.since = now;
            let reason = self.reason(config).unwrap_or_default();
            match state {
                EndpointState::Failing | EndpointState::Misconfigured => {
                    tracing::warn!(endpoint.name = %name, endpoint.state = %state, "{name} is {state}, was {before}: {reason}");
                }
                EndpointState::Healthy
                | EndpointState::Degraded
                | EndpointState::Paused
                | EndpointState::Idle => {
                    tracing::info!(endpoint.name = %name, endpoint.state = %state, "{name} is {state}, was {before}");
                }
            }
        }
    }

    fn state_at(&self, config: &EndpointConfig, now: Time) -> EndpointState {
        if config.fault.is_some() {
            return EndpointState::Misconfigured;
        }
        if !config.enabled || self.pause.as_ref().is_some_and(|pause| pause.paused) {
            return EndpointState::Paused;
        }
        if self.circuit.shown().state != wire::CircuitState::Closed {
            return EndpointState::Failing;
        }
        seems(self.recent.iter(), now)
    }

    /// Why the state is what it is, where that needs saying.
    pub(super) fn reason(&self, config: &EndpointConfig) -> Option<String> {
        match self.state {
            EndpointState::Misconfigured => config.fault.clone(),
            EndpointState::Paused if !config.enabled => {
                Some("enabled is false in the configuration".to_owned())
            }
            EndpointState::Paused => self.pause.as_ref().and_then(|pause| pause.reason.clone()),
            EndpointState::Failing | EndpointState::Degraded => {
                let told = self.last_attempt.as_ref().and_then(|attempt| attempt.detail.clone());
                // The last one may have been good.
                told.or_else(|| {
                    let failed = self.recent.iter().filter(|(_, failed)| *failed).count();
                    Some(match self.recent.len() {
                        0 | 1 => "the last attempt failed".to_owned(),
                        all => format!("{failed} of the last {all} attempts failed"),
                    })
                })
            }
            EndpointState::Healthy | EndpointState::Idle => None,
        }
    }
}

/// Whether an attempt to this URL, as it is shown, went where the endpoint is now.
pub(super) fn is_to(config: &EndpointConfig, url: &str) -> bool {
    config.url.shown() == url
}

/// Whether such an attempt says how the endpoint does. A redelivery or a test doesn't: a person chose its moment.
fn counts(trigger: Trigger) -> bool {
    trigger == Trigger::Schedule
}

/// What the last attempts that count (newest first) leave of the circuit, so that a gateway that starts sends no more to a
/// receiver that is down than one that went on.
fn circuit_after(counted: &[&Attempt], now: Time) -> Circuit {
    let mut circuit = Circuit::default();
    for attempt in counted.iter().rev() {
        // By a clock that was ahead it would be left alone for as long.
        circuit.admits(attempt.started_at.min(now));
        circuit.note(attempt.reason, attempt.ended_at().min(now));
    }
    circuit
}

/// What attempts alone say of an endpoint: when each was, oldest first, and whether it failed.
fn seems<'a>(attempts: impl ExactSizeIterator<Item = &'a (Time, bool)>, now: Time) -> EndpointState {
    if attempts.len() == 0 {
        return EndpointState::Idle;
    }
    let fails = |(at, failed): &(Time, bool)| *failed && now.ms_since(*at) < FORGIVEN_AFTER_MS;
    if { attempts }.any(fails) { EndpointState::Degraded } else { EndpointState::Healthy }
}

/// Since when they say so, as far back as they go: the same changes again, those by time alone among them.
fn seems_since(attempts: &VecDeque<(Time, bool)>, now: Time) -> Option<Time> {
    let mut changes: Vec<(EndpointState, Time)> = Vec::new();
    let mut change = |state, at| {
        if changes.last().is_none_or(|(known, _)| *known != state) {
            changes.push((state, at));
        }
    };
    let mut forgiven: Option<Time> = None;
    for (at, failed) in attempts {
        if let Some(forgiven) = forgiven.filter(|forgiven| forgiven <= at) {
            change(EndpointState::Healthy, forgiven);
        }
        if *failed {
            forgiven = Some(at.plus_ms(FORGIVEN_AFTER_MS));
        }
        let is_ill = forgiven.is_some_and(|forgiven| forgiven > *at);
        change(if is_ill { EndpointState::Degraded } else { EndpointState::Healthy }, *at);
    }
    if let Some(forgiven) = forgiven.filter(|forgiven| *forgiven <= now) {
        change(EndpointState::Healthy, forgiven);
    }
    changes.last().map(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_knows_since_when() {
        let second = |at: i64| Time(at * 1000);
        let since = |attempts: &[(i64, bool)], now: i64| {
            let attempts = attempts.iter().map(|&(at, failed)| (second(at), failed)).collect();
            seems_since(&attempts, second(now)).map(|at| at.0 / 1000)
        };
        assert_eq!(since(&[], 9), None, "idle");
        assert_eq!(since(&[(1, false), (2, false)], 9), Some(1), "healthy as far as is known");
        assert_eq!(since(&[(1, false), (2, true), (3, false), (4, true)], 9), Some(2), "degraded");
        assert_eq!(since(&[(1, true), (400, false), (410, false)], 420), Some(301), "forgiven, then well");
        assert_eq!(since(&[(1, true), (2, false)], 400), Some(301), "forgiven by time alone");
        assert_eq!(since(&[(0, true), (3600, true)], 3700), Some(3600), "degraded anew");
    }
}
