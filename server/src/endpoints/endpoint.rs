//! An endpoint at work: what it is to do, what is on its way to it, and how it does.

use super::condition::{Condition, is_to};
use super::open::{Open, Room};
use crate::config::EndpointConfig;
use crate::meters::Seen;
use crate::outbound::lane;
use crate::store::{AttemptTold, Pause, mark_of};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::mpsc;
use wire::{Attempt, Check, Delivery, DeliveryId, DeliveryStatus, EndpointState, Source, Time, Trigger};

/// A day and a minute: so long an attempt stands in some figure.
const FIGURES_LAST_MS: i64 = 86_460_000;

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
    /// When an attempt was counted last, wherever it went; 0 where none was.
    counted_at: AtomicI64,
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
        let condition = Condition::new(&definition.config, pause, last_attempts, last_check, now);
        Self {
            name: Arc::clone(&definition.config.name),
            definition: RwLock::new(Arc::new(definition)),
            begun_at: now,
            counted_at: AtomicI64::new(0),
            next_attempt_at: AtomicI64::new(0),
            removed: AtomicBool::new(false),
            open: Open::default(),
            room: Room::default(),
            changed: AtomicBool::new(false),
            on_their_way: Mutex::default(),
            condition: Mutex::new(condition),
            lane,
        }
    }

    /// What it is to do now. Who begins something with it goes on with it, whatever changes meanwhile.
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.definition.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives it another configuration from now on; where that has another URL, with the last attempts to that (newest first).
    pub fn redefine(&self, definition: Definition, last_attempts: Option<Vec<Attempt>>, now: Time) {
        let definition = Arc::new(definition);
        // Both at once: an attempt that comes back counts by the URL it finds.
        let mut condition = self.condition();
        *self.definition.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&definition);
        match last_attempts {
            Some(attempts) => condition.go_by(&definition.config, attempts, now),
            None => condition.settle(&definition.config, now),
        }
        drop(condition);
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
        self.condition().holds(&self.definition().config, now)
    }

    /// An attempt in its figures was so late.
    pub fn counted(&self, at: Time) {
        self.counted_at.fetch_max(at.0, Ordering::Relaxed);
    }

    /// The minute, as long as its figures change with it: attempts leave the last ones, at the end those of a day.
    pub fn minute(&self, now: Time) -> Option<i64> {
        let last = Time(self.counted_at.load(Ordering::Relaxed));
        (now.ms_since(last) < FIGURES_LAST_MS).then_some(now.0 / 60_000)
    }

    /// What watchers must be told of when it changes, even without an attempt.
    pub fn outlook(&self, now: Time) -> (EndpointState, bool) {
        let mut condition = self.condition();
        let definition = self.definition();
        condition.settle(&definition.config, now);
        (condition.state, condition.holds(&definition.config, now))
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
        !condition.is_stopped(&self.definition().config) && condition.circuit.admits(now)
    }

    /// The delivery that was let go was not sent: if it was to show how the endpoint is, the next one does.
    pub fn not_tried(&self, now: Time) {
        self.condition().circuit.not_tried(now);
    }

    /// When an open circuit lets one delivery try, if time alone brings that.
    pub fn tries_at(&self) -> Option<Time> {
        let condition = self.condition();
        if condition.is_stopped(&self.definition().config) { None } else { condition.circuit.until() }
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

    /// Whether an attempt to this URL, as it is shown, went where the endpoint is now.
    pub fn is_to(&self, url: &str) -> bool {
        is_to(&self.definition().config, url)
    }

    /// An attempt came back, maybe one that began while the endpoint had another URL.
    pub fn ended(&self, attempt: &Arc<Attempt>, now: Time) {
        let mut condition = self.condition();
        if self.is_to(&attempt.request.url) {
            condition.note(attempt.trigger, attempt.reason, now);
            condition.last_attempt = Some(Arc::clone(attempt));
        }
        drop(condition);
        self.counted(now);
        self.outlook(now);
        self.changed.store(true, Ordering::Relaxed);
    }

    /// Attempts of other gateways came back.
    pub fn ended_elsewhere(&self, attempts: &[AttemptTold], now: Time) {
        let before = (self.outlook(now), self.is_tried(now));
        let mark = mark_of(self.definition().config.url.shown());
        for attempt in attempts {
            self.counted(attempt.at.min(now));
            // A gateway of an older version does not say where it went.
            if attempt.url.is_some_and(|url| url != mark) {
                continue;
            }
            // If it was the one that was let go to try, it was over there.
            if attempt.trigger == Trigger::Schedule {
                self.condition().circuit.admits(attempt.at.min(now));
            }
            self.condition().note(attempt.trigger, attempt.reason, attempt.at.min(now));
        }
        self.changed.store(true, Ordering::Relaxed);
        if before != (self.outlook(now), self.is_tried(now)) {
            self.tell(lane::Message::Look);
        }
    }

    /// This attempt of another gateway is its last, unless there was a later one.
    pub fn attempted_elsewhere(&self, last: Attempt) {
        let mut condition = self.condition();
        let is_later = |known: &Arc<Attempt>| known.started_at <= last.started_at;
        if self.is_to(&last.request.url) && condition.last_attempt.as_ref().is_none_or(is_later) {
            condition.last_attempt = Some(Arc::new(last));
            self.changed.store(true, Ordering::Relaxed);
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
        let definition = self.definition();
        if !pause.paused {
            condition.circuit.try_now(now);
        }
        condition.pause = Some(pause);
        condition.settle(&definition.config, now);
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
        let definition = self.definition();
        let config = &definition.config;
        condition.settle(config, now);
        let held = condition.holds(config, now);
        let in_flight = self.on_their_way().len() as u64;
        let open = (self.open.pending() + self.open.retrying()).saturating_sub(in_flight);
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
            state_reason: condition.reason(config),
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

    /// The deliveries for which an attempt is on its way, or is about to be.
    pub fn on_their_way(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        self.on_their_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn condition(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wire::Reason;

    fn definition(url: &str) -> Definition {
        let config = json!({ "name": "crm", "url": url, "events": ["*"] });
        Definition { config: EndpointConfig::from_json(&config).unwrap(), source: Source::Api }
    }

    #[test]
    fn what_others_sent_elsewhere_says_nothing() {
        let (tell, _told) = mpsc::unbounded_channel();
        let (here, now) = ("https://crm.example/hook", Time(9000));
        let endpoint = Endpoint::new(definition(here), None, Vec::new(), None, tell, now);
        let failed = |url: Option<&str>| AttemptTold {
            delivery: DeliveryId::made("1"),
            at: now,
            trigger: Trigger::Schedule,
            url: url.map(mark_of),
            reason: Some(Reason::Http5xx),
        };
        endpoint.ended_elsewhere(&[failed(Some("https://gone.example/hook"))], now);
        assert_eq!(endpoint.outlook(now).0, EndpointState::Idle);
        assert_eq!(endpoint.minute(now), Some(0), "its figures count it all the same");
        endpoint.ended_elsewhere(&[failed(Some(here))], now);
        assert_eq!(endpoint.outlook(now).0, EndpointState::Degraded);
        endpoint.redefine(definition("https://new.example/hook"), Some(Vec::new()), now);
        assert_eq!(endpoint.outlook(now).0, EndpointState::Idle);
        endpoint.ended_elsewhere(&[failed(None)], now);
        assert_eq!(endpoint.outlook(now).0, EndpointState::Degraded, "an older version does not say where");
    }
}
