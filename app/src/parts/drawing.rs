//! Paths over the steps of a time series: bars by result, and lines that break off where nothing was tried.

use crate::format::decimal;
use std::fmt::Write;
use wire::Point;

/// Width of a step, gap included, in a drawing's own units.
const STEP: f64 = 4.0;
/// The least height of what failed: one failure among thousands is still seen.
const LEAST: f64 = 4.0;

/// Two paths over the same steps, and the highest sum of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// The highest step.
    pub most: u64,
    /// What was delivered, from the ground up.
    pub delivered: String,
    /// What failed, on top.
    pub failed: String,
}

/// The box that holds so many steps.
#[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
pub fn view_box(steps: usize, height: f64) -> String {
    format!("0 0 {} {}", decimal(STEP * steps.max(1) as f64, 0), decimal(height, 0))
}

/// A bar for each step in which something was tried.
#[expect(clippy::cast_precision_loss, reason = "counts of a day are far from 2^53")]
pub fn bars(series: &[Point], height: f64) -> Bars {
    let most = series.iter().map(|point| point.delivered + point.failed).max().unwrap_or(0);
    let mut drawn = Bars { most, ..Bars::default() };
    let scale = height / most.max(1) as f64;
    for (index, point) in series.iter().enumerate() {
        let x = index as f64 * STEP;
        let delivered = point.delivered as f64 * scale;
        let failed = if point.failed == 0 { 0.0 } else { (point.failed as f64 * scale).max(LEAST) };
        bar(&mut drawn.delivered, x, height - delivered, delivered);
        bar(&mut drawn.failed, x, (height - delivered - failed).max(0.0), failed);
    }
    drawn
}

fn bar(path: &mut String, x: f64, y: f64, height: f64) {
    if height > 0.0 {
        let (x, y, wide, high) = (decimal(x, 0), decimal(y, 1), decimal(STEP - 1.0, 0), decimal(height, 1));
        // Writing into a string can't fail.
        let _ = write!(path, "M{x} {y}h{wide}v{high}h-{wide}z");
    }
}

/// A line through the steps that have a figure, `most` at the top.
#[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
pub fn line(figures: impl Iterator<Item = Option<f64>>, most: f64, height: f64) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (index, figure) in figures.enumerate() {
        let Some(figure) = figure else {
            drawing = false;
            continue;
        };
        let share = figure / most.max(f64::MIN_POSITIVE);
        let x = decimal(index as f64 * STEP, 0);
        let y = decimal(height - share * (height - 2.0) - 1.0, 1);
        // A lone figure is as wide as its step.
        let _ = write!(path, "{}{x} {y}h{}", if drawing { 'L' } else { 'M' }, decimal(STEP - 1.0, 0));
        drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(delivered: u64, failed: u64) -> Point {
        Point { delivered, failed, ..Point::default() }
    }

    #[test]
    fn failed_attempts_stand_on_the_delivered_ones() {
        let drawn = bars(&[point(0, 0), point(3, 1)], 80.0);
        assert_eq!(drawn.most, 4);
        assert_eq!(drawn.delivered, "M4 20.0h3v60.0h-3z");
        assert_eq!(drawn.failed, "M4 0.0h3v20.0h-3z");
    }

    #[test]
    fn one_failure_among_thousands_is_seen() {
        assert_eq!(bars(&[point(9999, 1)], 40.0).failed, "M0 0.0h3v4.0h-3z");
        assert_eq!(bars(&[], 40.0), Bars::default());
    }

    #[test]
    fn a_line_breaks_where_nothing_was_tried() {
        let figures = [Some(10.0), None, Some(5.0), Some(10.0)];
        assert_eq!(line(figures.into_iter(), 10.0, 80.0), "M0 1.0h3M8 40.0h3L12 1.0h3");
        assert_eq!(line([None].into_iter(), 0.0, 80.0), "");
        assert_eq!(line([Some(0.0)].into_iter(), 0.0, 80.0), "M0 79.0h3");
        assert_eq!(view_box(0, 80.0), "0 0 4 80");
    }
}
