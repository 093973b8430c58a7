//! Counts in steps of time: what every chart and sparkline is drawn from.

use super::{Counts, Meters, STEP_MS, is_meant, minute_of};
use wire::{Point, StatsWindow, Time};

/// A sparkline goes back so many minutes.
const SPARK_MINUTES: i64 = 15;

impl Meters {
    /// A window in steps, oldest first: 5 minutes by 5 s, an hour by the minute, a day by the quarter, a week by two hours.
    pub(super) fn series(&self, window: StatsWindow, only: Option<&str>, now: Time) -> Vec<Point> {
        match window {
            StatsWindow::M5 => self.seconds(only, now),
            StatsWindow::H1 => self.steps_of(1, 60, only, now),
            StatsWindow::H24 => self.steps_of(15, 96, only, now),
            StatsWindow::D7 => self.steps_of(120, 84, only, now),
        }
    }

    /// The last quarter of an hour by the minute.
    pub(super) fn minutes(&self, only: Option<&str>, now: Time) -> Vec<Point> {
        self.steps_of(1, SPARK_MINUTES, only, now)
    }

    fn seconds(&self, only: Option<&str>, now: Time) -> Vec<Point> {
        let last = now.0.div_euclid(STEP_MS) * STEP_MS;
        let none = Counts::default();
        let at = |back| {
            let at = last - back * STEP_MS;
            let step = self.steps.iter().find(|step| step.at == at);
            point(at, step.and_then(|step| step.of(only)).unwrap_or(&none))
        };
        (0..60).rev().map(at).collect()
    }

    /// So many steps of so many minutes, the last one under way.
    fn steps_of(&self, minutes: i64, steps: i64, only: Option<&str>, now: Time) -> Vec<Point> {
        let first = minute_of(now).div_euclid(minutes) - steps + 1;
        let step = |step: i64| {
            let mut sum = Counts::default();
            for (_, counts) in self.minutes.range(step * minutes..(step + 1) * minutes) {
                for (_, minute) in counts.iter().filter(|(endpoint, _)| is_meant(endpoint, only)) {
                    sum.add(&minute.own);
                    sum.add(&minute.others);
                }
            }
            point(step * minutes * 60_000, &sum)
        };
        (first..first + steps).map(step).collect()
    }
}

fn point(at: i64, counts: &Counts) -> Point {
    Point {
        at: Time(at),
        delivered: counts.delivered(),
        failed: counts.failed(),
        p50: counts.percentile(0.50),
        p95: counts.percentile(0.95),
    }
}
