//! Counts and latencies by minute: what every rate and percentile on the screen is made of.
//!
//! The committer adds each group of changes here once it is written, and writes the minutes' new counts with a commit
//! every second, so that figures survive a restart; a killed gateway loses a second of them, of nothing else.

mod counts;
mod series;

pub use counts::Counts;

use crate::store::{Answers, Change, MeterRow};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use wire::{
    AttemptResult, DeliveryStatus, DeliveryTotals, EndpointStats, EventType, Latency, Point, ReasonCount,
    Stats, StatsWindow, Time, TypeStats, Windows,
};

/// Minutes kept: a week, the longest window.
const MINUTES_KEPT: i64 = 7 * 24 * 60;

/// The fine series: steps of 5 s for the five-minute window.
const STEP_MS: i64 = 5000;
const STEPS_KEPT: usize = 180;
/// The longest window that is drawn of them.
const STEPS_KEPT_MINUTES: i64 = 5;

/// How one endpoint's attempts went.
#[derive(Debug)]
pub struct Seen {
    /// In the last minutes, hour and day.
    pub windows: Windows,
    /// In each of the last minutes, the oldest first.
    pub minutes: Vec<Point>,
}

/// What one commit adds, by endpoint; under `""` stand the accepted events.
pub type Delta = HashMap<String, Counts>;

/// Counts what `changes` hold; `answers` tell of each accepted event, in order, whether it was stored.
pub fn delta(changes: &[Change], answers: &Answers) -> Delta {
    let refused = &answers.refused;
    let mut answers = answers.events.iter();
    let mut delta = Delta::new();
    for (place, change) in changes.iter().enumerate() {
        for new in change.events() {
            if answers.next().is_some_and(|answer| !answer.duplicate) {
                let counts = delta.entry(String::new()).or_default();
                *counts.events.entry(new.event.event_type).or_default() += 1;
            }
        }
        if refused.contains(&place) {
            continue;
        }
        match change {
            Change::Outcome(outcome) => {
                let counts = delta.entry(outcome.delivery.endpoint.clone()).or_default();
                let event_type = outcome.delivery.event_type;
                match outcome.attempt.result {
                    AttemptResult::Delivered => *counts.delivered.entry(event_type).or_default() += 1,
                    AttemptResult::Failed => *counts.failed.entry(event_type).or_default() += 1,
                }
                if let Some(reason) = outcome.attempt.reason {
                    *counts.reasons.entry(reason).or_default() += 1;
                }
                if outcome.delivery.status == DeliveryStatus::Failed {
                    counts.given_up += 1;
                }
                counts.took(outcome.attempt.timings.total);
            }
            Change::Accept(_)
            | Change::Delivery(..)
            | Change::Cancel(..)
            | Change::Hit(_)
            | Change::Run(_)
            | Change::Rare(_) => {}
        }
    }
    delta
}

/// Every count of the last week, in memory.
#[derive(Debug, Default)]
pub struct Meters {
    /// This run's name in the table.
    run: String,
    minutes: BTreeMap<i64, HashMap<String, Minute>>,
    steps: VecDeque<Step>,
    /// The minutes and endpoints whose counts on disk are older than these.
    unwritten: BTreeSet<(i64, String)>,
}

/// What was counted in some seconds: the total, as most ask for that, and each endpoint's part.
#[derive(Debug, Default)]
struct Step {
    at: i64,
    all: Counts,
    by_endpoint: Delta,
}

impl Step {
    /// One endpoint's counts, or all.
    fn of(&self, only: Option<&str>) -> Option<&Counts> {
        only.map_or(Some(&self.all), |only| self.by_endpoint.get(only))
    }
}

/// One endpoint's minute: what this run counted, which it writes, and what other runs did.
#[derive(Debug, Default)]
struct Minute {
    own: Counts,
    others: Counts,
}

impl Meters {
    /// Starts from what earlier runs wrote.
    pub fn new(run: &str, rows: &[MeterRow]) -> Self {
        let mut meters = Self { run: run.to_owned(), ..Self::default() };
        for row in rows {
            // A row that an unknown version wrote is a gap in the figures, no reason not to start.
            let counts: Counts = serde_json::from_str(&row.counts).unwrap_or_default();
            let minute =
                meters.minutes.entry(row.minute).or_default().entry(row.endpoint.clone()).or_default();
            minute.others.add(&counts);
        }
        meters.fill_steps();
        meters
    }

    /// What earlier runs saw in a minute stands in its first step: finer it is not known.
    fn fill_steps(&mut self) {
        let last = self.minutes.last_key_value().map_or(0, |(minute, _)| *minute);
        for (minute, counts) in self.minutes.range(last - STEPS_KEPT_MINUTES + 1..) {
            let mut step = Step { at: minute * 60_000, ..Step::default() };
            for (endpoint, minute) in counts {
                step.all.add(&minute.others);
                step.by_endpoint.insert(endpoint.clone(), minute.others.clone());
            }
            self.steps.push_back(step);
        }
    }

    /// The first minute that is kept at `now`.
    pub fn oldest_minute(now: Time) -> i64 {
        minute_of(now) - MINUTES_KEPT
    }

    /// Whether counts on disk are older than these.
    pub fn are_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Takes the rows that are to be written.
    pub fn rows(&mut self) -> Vec<MeterRow> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let row = |(minute, endpoint): &(i64, String)| {
            let counts = &self.minutes.get(minute)?.get(endpoint)?.own;
            Some(MeterRow {
                minute: *minute,
                run: self.run.clone(),
                endpoint: endpoint.clone(),
                counts: serde_json::to_string(counts).unwrap_or_default(),
            })
        };
        unwritten.iter().filter_map(row).collect()
    }

    /// These could not be written, and are to be the next time.
    pub fn not_written(&mut self, rows: &[MeterRow]) {
        self.unwritten.extend(rows.iter().map(|row| (row.minute, row.endpoint.clone())));
    }

    /// Adds what was committed.
    pub fn add(&mut self, delta: &Delta, now: Time) {
        if delta.is_empty() {
            return;
        }
        let minute = minute_of(now);
        let counts = self.minutes.entry(minute).or_default();
        for (endpoint, added) in delta {
            match counts.get_mut(endpoint) {
                Some(minute) => minute.own.add(added),
                None => {
                    counts.insert(endpoint.clone(), Minute { own: added.clone(), others: Counts::default() });
                }
            }
            self.unwritten.insert((minute, endpoint.clone()));
        }
        self.step(delta, now);
        while self.minutes.first_key_value().is_some_and(|(oldest, _)| *oldest < minute - MINUTES_KEPT) {
            self.minutes.pop_first();
        }
    }

    /// Takes over what other gateways counted in these minutes, as it stands now.
    pub fn hear(&mut self, rows: &[MeterRow], now: Time) {
        let mut heard: HashMap<(i64, &str), Counts> = HashMap::new();
        for row in rows.iter().filter(|row| row.run != self.run) {
            let counts: Counts = serde_json::from_str(&row.counts).unwrap_or_default();
            heard.entry((row.minute, row.endpoint.as_str())).or_default().add(&counts);
        }
        let mut delta = Delta::new();
        for ((minute, endpoint), counts) in heard {
            let known = self.minutes.entry(minute).or_default().entry(endpoint.to_owned()).or_default();
            if known.others != counts {
                delta.entry(endpoint.to_owned()).or_default().add(&counts.since(&known.others));
                known.others = counts;
            }
        }
        self.step(&delta, now);
    }

    /// Adds to the step of time under way.
    fn step(&mut self, delta: &Delta, now: Time) {
        if delta.is_empty() {
            return;
        }
        let at = now.0.div_euclid(STEP_MS) * STEP_MS;
        if self.steps.back().is_none_or(|last| last.at < at) {
            self.steps.push_back(Step { at, ..Step::default() });
        }
        if self.steps.len() > STEPS_KEPT {
            self.steps.pop_front();
        }
        if let Some(step) = self.steps.back_mut() {
            for (endpoint, added) in delta {
                step.all.add(added);
                step.by_endpoint.entry(endpoint.clone()).or_default().add(added);
            }
        }
    }

    /// In which minute of the last day an attempt of this endpoint was counted last.
    pub fn last_of(&self, endpoint: &str, now: Time) -> Option<Time> {
        let mut last_day = self.minutes.range(minute_of(now) - minutes_of(StatsWindow::H24)..).rev();
        let (minute, _) = last_day.find(|(_, counts)| counts.contains_key(endpoint))?;
        Some(Time(minute * 60_000))
    }

    /// How one endpoint's attempts went.
    pub fn seen(&self, endpoint: &str, now: Time) -> Seen {
        let of = |minutes: i64| self.sum(now, minutes, endpoint).window();
        let windows = Windows { m5: of(5), h1: of(60), h24: of(24 * 60) };
        Seen { windows, minutes: self.minutes(Some(endpoint), now) }
    }

    /// The totals of a window, of one endpoint's attempts or of all; `waiting` is how the open deliveries stand now. Events
    /// are accepted for every endpoint alike, so they are counted whatever is asked for.
    pub fn stats(
        &self,
        window: StatsWindow,
        only: Option<&str>,
        now: Time,
        waiting: DeliveryTotals,
    ) -> Stats {
        let minutes = minutes_of(window);
        let mut all = Counts::default();
        let mut by_endpoint: BTreeMap<&str, Counts> = BTreeMap::new();
        for (_, counts) in self.minutes.range(minute_of(now) - minutes + 1..) {
            for (endpoint, minute) in counts.iter().filter(|(endpoint, _)| is_meant(endpoint, only)) {
                for counted in [&minute.own, &minute.others] {
                    all.add(counted);
                    if !endpoint.is_empty() {
                        by_endpoint.entry(endpoint).or_default().add(counted);
                    }
                }
            }
        }
        let mut by_endpoint: Vec<EndpointStats> = by_endpoint
            .into_iter()
            .map(|(endpoint, counts)| EndpointStats {
                endpoint: endpoint.to_owned(),
                window: counts.window(),
            })
            .collect();
        by_endpoint.sort_by_key(|stats| std::cmp::Reverse(stats.window.delivered + stats.window.failed));
        let of_type =
            |map: &BTreeMap<EventType, u64>, key: EventType| map.get(&key).copied().unwrap_or_default();
        let by_type = EventType::ALL
            .iter()
            .map(|&event_type| TypeStats {
                event_type,
                events: of_type(&all.events, event_type),
                delivered: of_type(&all.delivered, event_type),
                failed: of_type(&all.failed, event_type),
            })
            .filter(|stats| stats.events + stats.delivered + stats.failed > 0)
            .collect();
        let mut by_reason: Vec<ReasonCount> =
            all.reasons.iter().map(|(&reason, &count)| ReasonCount { reason, count }).collect();
        by_reason.sort_by_key(|stats| std::cmp::Reverse(stats.count));
        let totals = all.window();
        Stats {
            window,
            at: now,
            dropped: 0, // the gateway knows
            events: all.events.values().sum(),
            deliveries: DeliveryTotals { delivered: totals.delivered, failed: all.given_up, ..waiting },
            attempts: totals.delivered + totals.failed,
            success_rate: totals.success_rate,
            latency: Latency { p50: totals.p50, p95: totals.p95, p99: totals.p99 },
            per_second: self.per_second(only, now),
            by_endpoint,
            by_type,
            by_reason,
            series: self.series(window, only, now),
            minutes: self.minutes(only, now),
        }
    }

    fn sum(&self, now: Time, minutes: i64, endpoint: &str) -> Counts {
        let mut sum = Counts::default();
        for (_, counts) in self.minutes.range(minute_of(now) - minutes + 1..) {
            if let Some(minute) = counts.get(endpoint) {
                sum.add(&minute.own);
                sum.add(&minute.others);
            }
        }
        sum
    }

    /// Deliveries a second over the last two whole steps and the one under way.
    fn per_second(&self, only: Option<&str>, now: Time) -> f64 {
        let from = now.0.div_euclid(STEP_MS) * STEP_MS - 2 * STEP_MS;
        let recent = self.steps.iter().filter(|step| step.at >= from);
        let delivered: u64 = recent.filter_map(|step| step.of(only)).map(Counts::delivered).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let rate = delivered as f64 * 1000.0 / (now.0 - from).max(1) as f64;
        (rate * 100.0).round() / 100.0
    }
}

/// Whether counts under this name belong to what is asked for; those of accepted events always do.
fn is_meant(endpoint: &str, only: Option<&str>) -> bool {
    endpoint.is_empty() || only.is_none_or(|only| endpoint == only)
}

const fn minute_of(time: Time) -> i64 {
    time.0.div_euclid(60_000)
}

const fn minutes_of(window: StatsWindow) -> i64 {
    match window {
        StatsWindow::M5 => 5,
        StatsWindow::H1 => 60,
        StatsWindow::H24 => 24 * 60,
        StatsWindow::D7 => MINUTES_KEPT,
    }
}

#[cfg(test)]
mod tests;
