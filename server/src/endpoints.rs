//! The endpoints in force: each one's configuration, and how it does right now.

use crate::config::{EndpointConfig, instead_of};
use crate::meters::Seen;
use crate::outbound::circuit::Circuit;
use crate::outbound::lane;
use crate::problem::Problem;
use crate::store::{AttemptTold, Pause};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::mpsc;
use wire::{
    Attempt, AttemptResult, Check, Delivery, DeliveryId, DeliveryStatus, DeliveryTotals, EndpointState,
    Reason, Source, Time, Trigger,
};

/// Attempts that the state looks back on.
const LOOKS_BACK: usize = 20;
/// A day and a minute: so long an attempt stands in some figure.
const FIGURES_LAST_MS: i64 = 86_460_000;
/// A failure older than this no longer counts against an endpoint.
const FORGIVEN_AFTER_MS: i64 = 300_000;

/// Every endpoint by its name, as they are now: a change of the configuration changes them.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Arc<RwLock<Arc<ByName>>>);

/// Endpoints by their names.
pub type ByName = BTreeMap<Arc<str>, Arc<Endpoint>>;

impl Endpoints {
    /// The endpoint of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Endpoint>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The endpoint of this name, or what to say where there is none.
    pub fn find(&self, name: &str) -> Result<Arc<Endpoint>, Problem> {
        self.get(name).ok_or_else(|| {
            let all = self.all();
            let known: Vec<&str> = all.keys().map(|name| &**name).collect();
            Problem::not_found("endpoint", &format!("{name}{}", instead_of(name, &known)))
        })
    }

    /// All of them, by name.
    pub fn all(&self) -> Arc<ByName> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in their place.
    pub fn replace(&self, endpoints: ByName) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(endpoints);
    }

    /// The names of those whose deliveries wait for the endpoint itself.
    pub fn holding(&self, now: Time) -> Vec<String> {
        self.all()
            .values()
            .filter(|endpoint| endpoint.holds(now))
            .map(|endpoint| endpoint.name.to_string())
            .collect()
    }

    /// The deliveries for which an attempt is on its way.
    pub fn on_their_way(&self) -> Vec<DeliveryId> {
        let ids = |endpoint: &Arc<Endpoint>| endpoint.on_their_way().iter().cloned().collect::<Vec<_>>();
        self.all().values().flat_map(ids).collect()
    }

    /// How the open deliveries stand: one endpoint's, or all.
    pub fn waiting(&self, only: Option<&str>, now: Time) -> DeliveryTotals {
        let mut totals = DeliveryTotals::default();
        for endpoint in self.all().values().filter(|endpoint| only.is_none_or(|only| *endpoint.name == *only))
        {
            let (pending, retrying) = (endpoint.open.pending(), endpoint.open.retrying());
            if endpoint.holds(now) {
                totals.held += pending + retrying;
            } else {
                totals.pending += pending;
                totals.retrying += retrying;
            }
        }
        totals
    }
}

/// An endpoint at work.
#[derive(Debug)]
pub struct Endpoint {
    /// Its name, which it keeps.
    pub name: Arc<str>,
    definition: RwLock<Arc<Definition>>,
    /// When this run took it up.
    pub begun_at: Time,
    /// Whether it is no longer defined: nothing more is sent, and what waits is cancelled.
    removed: AtomicBool,
    /// How many deliveries wait.
    pub open: Open,
    /// What its lane has room for, where many gateways share what waits.
    pub room: Room,
    /// Whether something changed that the stream has not told yet.
    pub changed: AtomicBool,
    /// When the lane expects the next retry to fall due; 0 where it expects none.
    next_attempt_at: AtomicI64,
    on_their_way: Mutex<HashSet<DeliveryId>>,
    condition: Mutex<Condition>,
    lane: mpsc::UnboundedSender<lane::Message>,
}

/// What an endpoint is to do, and who said so.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its configuration.
    pub config: EndpointConfig,
    /// Where that is from.
    pub source: Source,
}

/// What is known of an endpoint from its attempts and from people.
#[derive(Debug)]
struct Condition {
    pause: Option<Pause>,
    circuit: Circuit,
    /// Newest last: when, and whether it failed.
    recent: VecDeque<(Time, bool)>,
    last_attempt: Option<Arc<Attempt>>,
    last_check: Option<Check>,
    state: EndpointState,
    since: Time,
}

/// Counts of deliveries that are not finished, kept in step with the table.
#[derive(Debug, Default)]
pub struct Open {
    pending: AtomicI64,
    retrying: AtomicI64,
}

impl Open {
    /// Moves `count` deliveries from one status to another; `None` is outside.
    pub fn moved(&self, from: Option<DeliveryStatus>, to: Option<DeliveryStatus>, count: i64) {
        for (status, sign) in [(from, -1), (to, 1)] {
            match status {
                Some(DeliveryStatus::Pending) => self.pending.fetch_add(sign * count, Ordering::Relaxed),
                Some(DeliveryStatus::Retrying) => self.retrying.fetch_add(sign * count, Ordering::Relaxed),
                _ => 0,
            };
        }
    }

    /// They were counted anew.
    pub fn set(&self, pending: i64, retrying: i64) {
        self.pending.store(pending, Ordering::Relaxed);
        self.retrying.store(retrying, Ordering::Relaxed);
    }

    /// All of them are finished.
    pub fn clear(&self) {
        self.pending.store(0, Ordering::Relaxed);
        self.retrying.store(0, Ordering::Relaxed);
    }

    /// Deliveries that wait for their first attempt, or for one that a person asked for.
    pub fn pending(&self) -> u64 {
        u64::try_from(self.pending.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Deliveries that wait for another attempt.
    pub fn retrying(&self) -> u64 {
        u64::try_from(self.retrying.load(Ordering::Relaxed)).unwrap_or(0)
    }
}

/// Places in a lane's memory: as many deliveries as it has places for are this gateway's from the start, and the others
/// are left to whoever takes them.
#[derive(Debug, Default)]
pub struct Room(AtomicI64);

/// Bytes of an event that take one place more.
const BYTES_A_PLACE: usize = 32 << 10;

impl Room {
    /// Takes places for a new delivery of an event of so many bytes, if there are any.
    pub fn take(&self, bytes: usize) -> bool {
        let take = |places: i64| (places > 0).then_some(places - places_for(bytes));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Takes places whether there are any or not: the delivery is here already.
    pub fn fill(&self, bytes: usize) {
        self.0.fetch_sub(places_for(bytes), Ordering::Relaxed);
    }

    /// Gives the places of such a delivery back.
    pub fn free(&self, bytes: usize) {
        self.0.fetch_add(places_for(bytes), Ordering::Relaxed);
    }

    /// There are so many more, or fewer.
    pub fn grow(&self, places: i64) {
        self.0.fetch_add(places, Ordering::Relaxed);
    }
}

fn places_for(bytes: usize) -> i64 {
    1 + i64::try_from(bytes / BYTES_A_PLACE).unwrap_or(i64::MAX - 1)
}

impl Endpoint {
    /// An endpoint whose lane listens at the other end of `lane`, with its last attempts (newest first) and
    /// check.
    pub fn new(
        definition: Definition,
        pause: Option<Pause>,
        last_attempts: Vec<Attempt>,
        last_check: Option<Check>,
        lane: mpsc::UnboundedSender<lane::Message>,
        now: Time,
    ) -> Self {
        let recent = last_attempts
            .iter()
            .rev()
            .map(|attempt| (attempt.started_at, attempt.result == AttemptResult::Failed))
            .collect::<VecDeque<_>>();
        let paused_at = pause.as_ref().filter(|pause| pause.paused).map(|pause| pause.since);
        let resumed_at = pause.as_ref().map(|pause| pause.since);
        let seemed_at = seems_since(&recent, now).max(resumed_at);
        let endpoint = Self {
            name: Arc::clone(&definition.config.name),
            definition: RwLock::new(Arc::new(definition)),
            begun_at: now,
            next_attempt_at: AtomicI64::new(0),
            removed: AtomicBool::new(false),
            open: Open::default(),
            room: Room::default(),
            changed: AtomicBool::new(false),
            on_their_way: Mutex::default(),
            condition: Mutex::new(Condition {
                pause,
                circuit: Circuit::default(),
                recent,
                last_attempt: last_attempts.into_iter().next().map(Arc::new),
                last_check,
                state: EndpointState::Idle,
                since: now,
            }),
            lane,
        };
        let mut condition = endpoint.condition();
        endpoint.settle(&mut condition, now);
        condition.since = match condition.state {
            EndpointState::Healthy | EndpointState::Degraded => seemed_at.unwrap_or(now),
            EndpointState::Paused => paused_at.unwrap_or(now),
            EndpointState::Failing | EndpointState::Misconfigured | EndpointState::Idle => now,
        };
        drop(condition);
        endpoint
    }

    /// What it is to do now. Who begins something with it goes on with it, whatever changes meanwhile.
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.definition.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives it another configuration from now on.
    pub fn redefine(&self, definition: Definition, now: Time) {
        *self.definition.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(definition);
        self.settle(&mut self.condition(), now);
        self.changed.store(true, Ordering::Relaxed);
        self.tell(lane::Message::Look);
    }

    /// It is defined no more.
    pub fn remove(&self) {
        self.removed.store(true, Ordering::Release);
        self.tell(lane::Message::Stop);
    }

    /// Whether it is defined no more.
    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    /// Tells the lane.
    pub fn tell(&self, message: lane::Message) {
        // A lane that is gone belongs to a gateway that stops: the delivery is on disk.
        let _ = self.lane.send(message);
    }

    /// Whether deliveries by schedule wait for the endpoint itself, at no cost of attempts.
    pub fn holds(&self, now: Time) -> bool {
        self.holds_as(&self.condition(), now)
    }

    fn holds_as(&self, condition: &Condition, now: Time) -> bool {
        self.is_stopped(condition) || condition.circuit.until().is_some_and(|until| until > now)
    }

    /// Whether only a person, or another configuration, lets it go on.
    fn is_stopped(&self, condition: &Condition) -> bool {
        let config = &self.definition().config;
        config.fault.is_some()
            || !config.enabled
            || condition.pause.as_ref().is_some_and(|pause| pause.paused)
    }

    /// The minute, as long as its figures change with it: attempts leave the last ones, at the end those of a day.
    pub fn minute(&self, now: Time) -> Option<i64> {
        let last = self.condition().recent.back().map(|(at, _)| *at)?;
        (now.ms_since(last) < FIGURES_LAST_MS).then_some(now.0 / 60_000)
    }

    /// What watchers must be told of when it changes, even without an attempt.
    pub fn outlook(&self, now: Time) -> (EndpointState, bool) {
        let mut condition = self.condition();
        self.settle(&mut condition, now);
        (condition.state, self.holds_as(&condition, now))
    }

    /// The delivery as people see it: one that waits for its endpoint is `held`.
    pub fn seen(&self, mut delivery: Delivery, now: Time) -> Delivery {
        let waits = matches!(delivery.status, DeliveryStatus::Pending | DeliveryStatus::Retrying);
        if waits && self.holds(now) {
            delivery.status = DeliveryStatus::Held;
        }
        delivery
    }

    /// Whether a delivery by schedule may go now; in a circuit that is half open, only one may.
    pub fn admits(&self, now: Time) -> bool {
        let mut condition = self.condition();
        !self.is_stopped(&condition) && condition.circuit.admits(now)
    }

    /// When an open circuit lets one delivery try, if time alone brings that.
    pub fn tries_at(&self) -> Option<Time> {
        let condition = self.condition();
        if self.is_stopped(&condition) { None } else { condition.circuit.until() }
    }

    /// Whether an attempt for this delivery is on its way.
    pub fn is_on_its_way(&self, delivery: &DeliveryId) -> bool {
        self.on_their_way().contains(delivery)
    }

    /// Takes a delivery for an attempt; `false` if another attempt has it. It is given back once the outcome is on
    /// disk, so that nobody acts on how it stood before.
    pub fn claim(&self, delivery: &DeliveryId) -> bool {
        self.changed.store(true, Ordering::Relaxed);
        self.on_their_way().insert(delivery.clone())
    }

    /// Gives a delivery back; `false` if it was not taken here.
    pub fn release(&self, delivery: &DeliveryId) -> bool {
        self.changed.store(true, Ordering::Relaxed);
        self.on_their_way().remove(delivery)
    }

    /// An attempt came back.
    pub fn ended(&self, attempt: &Arc<Attempt>, now: Time) {
        self.note(attempt.trigger, attempt.reason, now);
        self.condition().last_attempt = Some(Arc::clone(attempt));
        self.outlook(now);
        self.changed.store(true, Ordering::Relaxed);
    }

    /// Attempts of other gateways came back.
    pub fn ended_elsewhere(&self, attempts: &[AttemptTold], now: Time) {
        let before = (self.outlook(now), self.is_tried(now));
        for attempt in attempts {
            // If it was the one that was let go to try, it was over there.
            if attempt.trigger == Trigger::Schedule {
                self.condition().circuit.admits(attempt.at);
            }
            self.note(attempt.trigger, attempt.reason, attempt.at);
        }
        self.changed.store(true, Ordering::Relaxed);
        if before != (self.outlook(now), self.is_tried(now)) {
            self.tell(lane::Message::Look);
        }
    }

    /// This attempt of another gateway is its last, unless there was a later one.
    pub fn attempted_elsewhere(&self, last: Attempt) {
        let mut condition = self.condition();
        if condition.last_attempt.as_ref().is_none_or(|known| known.started_at <= last.started_at) {
            condition.last_attempt = Some(Arc::new(last));
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// A redelivery or a test says nothing about health: a person chose its moment.
    fn note(&self, trigger: Trigger, failure: Option<Reason>, at: Time) {
        if trigger != Trigger::Schedule {
            return;
        }
        let mut condition = self.condition();
        condition.circuit.note(failure, at);
        condition.recent.push_back((at, failure.is_some()));
        if condition.recent.len() > LOOKS_BACK {
            condition.recent.pop_front();
        }
    }

    /// Whether the circuit waits for one attempt to show how the endpoint is.
    pub fn is_tried(&self, now: Time) -> bool {
        let circuit = self.condition().circuit;
        circuit.shown().state != wire::CircuitState::Closed
            && circuit.until().is_none_or(|until| until <= now)
    }

    /// The lane knows anew when the next retry falls due.
    pub fn expect_attempt(&self, next: Option<Time>) {
        let next = next.map_or(0, |next| next.0);
        if self.next_attempt_at.swap(next, Ordering::Relaxed) != next {
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// When the next attempt falls due of those that wait for another; nothing where all wait for the endpoint itself.
    fn next_attempt_at(&self, held: bool) -> Option<Time> {
        let next = self.next_attempt_at.load(Ordering::Relaxed);
        (next != 0 && !held && self.open.retrying() > 0).then_some(Time(next))
    }

    /// A health check came back.
    pub fn checked(&self, check: Check) {
        self.condition().last_check = Some(check);
        self.changed.store(true, Ordering::Relaxed);
    }

    /// When it was checked last.
    pub fn checked_at(&self) -> Option<Time> {
        self.condition().last_check.as_ref().map(|check| check.at)
    }

    /// It was paused or resumed. Who resumes it wants it tried, so an open circuit lets the next delivery try at once.
    pub fn set_pause(&self, pause: Pause, now: Time) {
        let mut condition = self.condition();
        if !pause.paused {
            condition.circuit.try_now(now);
        }
        condition.pause = Some(pause);
        self.settle(&mut condition, now);
        self.changed.store(true, Ordering::Relaxed);
        drop(condition);
        self.tell(lane::Message::Look);
    }

    /// The same as another gateway has it, which is heard again with every change of anything.
    pub fn hear_pause(&self, pause: Pause, now: Time) {
        if self.condition().pause.as_ref() != Some(&pause) {
            self.set_pause(pause, now);
        }
    }

    /// The endpoint as the API shows it.
    pub fn shown(&self, seen: Seen, now: Time) -> wire::Endpoint {
        let mut condition = self.condition();
        self.settle(&mut condition, now);
        let held = self.holds_as(&condition, now);
        let in_flight = self.on_their_way().len() as u64;
        let open = (self.open.pending() + self.open.retrying()).saturating_sub(in_flight);
        let definition = self.definition();
        let config = &definition.config;
        let headers = config
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), serde_json::Value::from(value.shown())))
            .collect();
        wire::Endpoint {
            name: config.name.to_string(),
            url: config.url.shown().to_owned(),
            source: definition.source,
            enabled: config.enabled,
            state: condition.state,
            state_reason: self.reason(&condition),
            since: condition.since,
            events: config.events.clone(),
            filter: config.filter.clone(),
            transform: config.transform_source.clone(),
            headers,
            signing: config.signing,
            signed: config.secret.is_some(),
            retry: config.retry,
            timeout_ms: config.timeout_ms,
            concurrency: config.concurrency,
            rate_limit: config.rate_limit,
            waiting: if held { 0 } else { open },
            in_flight,
            held: if held { open } else { 0 },
            next_attempt_at: self.next_attempt_at(held),
            windows: seen.windows,
            minutes: seen.minutes,
            circuit: condition.circuit.shown(),
            last_attempt: condition.last_attempt.as_deref().cloned(),
            last_check: condition.last_check.clone(),
        }
    }

    /// Brings the state in line with what is known, and notes when it changed.
    fn settle(&self, condition: &mut Condition, now: Time) {
        let state = self.state(condition, now);
        if state != condition.state {
            let (name, before) = (&self.name, condition.state);
            condition.state = state;
            condition.since = now;
            let reason = self.reason(condition).unwrap_or_default();
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

    fn state(&self, condition: &Condition, now: Time) -> EndpointState {
        let config = &self.definition().config;
        if config.fault.is_some() {
            return EndpointState::Misconfigured;
        }
        if !config.enabled || condition.pause.as_ref().is_some_and(|pause| pause.paused) {
            return EndpointState::Paused;
        }
        if condition.circuit.shown().state != wire::CircuitState::Closed {
            return EndpointState::Failing;
        }
        seems(condition.recent.iter(), now)
    }

    fn reason(&self, condition: &Condition) -> Option<String> {
        let config = &self.definition().config;
        match condition.state {
            EndpointState::Misconfigured => config.fault.clone(),
            EndpointState::Paused if !config.enabled => {
                Some("enabled is false in the configuration".to_owned())
            }
            EndpointState::Paused => condition.pause.as_ref().and_then(|pause| pause.reason.clone()),
            EndpointState::Failing | EndpointState::Degraded => {
                let told = condition.last_attempt.as_ref().and_then(|attempt| attempt.detail.clone());
                // The last one may have been good.
                told.or_else(|| {
                    let failed = condition.recent.iter().filter(|(_, failed)| *failed).count();
                    Some(match condition.recent.len() {
                        0 | 1 => "the last attempt failed".to_owned(),
                        all => format!("{failed} of the last {all} attempts failed"),
                    })
                })
            }
            EndpointState::Healthy | EndpointState::Idle => None,
        }
    }

    /// The deliveries for which an attempt is on its way, or is about to be.
    pub fn on_their_way(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        self.on_their_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
