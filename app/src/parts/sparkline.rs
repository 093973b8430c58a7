//! The last five minutes as bars: delivered attempts upwards, failed ones hatched on top.

use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use std::fmt::Write;
use wire::Point;

/// Height of the drawing, in its own units.
const HEIGHT: f64 = 40.0;
/// Width of a step, gap included.
const STEP: f64 = 4.0;

/// The bars.
#[component]
pub fn Sparkline() -> impl IntoView {
    let store = expect_context::<Store>();
    let bars = Memo::new(move |_| store.stats.with(|stats| bars(&stats.series)));
    let text = Memo::new(move |_| {
        store.stats.with(|stats| {
            let sum = |pick: fn(&Point) -> u64| stats.series.iter().map(pick).sum();
            (words().series)(sum(|point| point.delivered), sum(|point| point.failed))
        })
    });
    view! {
        <figure class="spark" title=text>
            <svg
                viewBox=move || format!("0 0 {:.0} {HEIGHT:.0}", bars.get().width)
                preserveAspectRatio="none"
                role="img"
                aria-label=text
            >
                <path class="spark-good" d=move || bars.get().delivered></path>
                <path class="spark-bad" d=move || bars.get().failed></path>
            </svg>
            <figcaption>
                <span>{words().five_minutes}</span>
                <span>{words().now}</span>
            </figcaption>
        </figure>
    }
    .into_any()
}

/// Two paths over the same steps.
#[derive(Clone, Debug, PartialEq)]
struct Bars {
    width: f64,
    delivered: String,
    failed: String,
}

#[expect(clippy::cast_precision_loss, reason = "counts of five minutes are far from 2^53")]
fn bars(series: &[Point]) -> Bars {
    let highest = series.iter().map(|point| point.delivered + point.failed).max().unwrap_or(0).max(1) as f64;
    let mut bars =
        Bars { width: STEP * series.len().max(1) as f64, delivered: String::new(), failed: String::new() };
    for (index, point) in series.iter().enumerate() {
        let x = index as f64 * STEP;
        let delivered = point.delivered as f64 / highest * HEIGHT;
        // One failure among thousands is still seen.
        let failed = if point.failed == 0 { 0.0 } else { (point.failed as f64 / highest * HEIGHT).max(3.0) };
        bar(&mut bars.delivered, x, HEIGHT - delivered, delivered);
        bar(&mut bars.failed, x, (HEIGHT - delivered - failed).max(0.0), failed);
    }
    bars
}

fn bar(path: &mut String, x: f64, y: f64, height: f64) {
    if height > 0.0 {
        // Writing into a string can't fail.
        let _ = write!(path, "M{x:.0} {y:.1}h{:.0}v{height:.1}h-{:.0}z", STEP - 1.0, STEP - 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_attempts_draws_nothing() {
        let point = |delivered, failed| Point { delivered, failed, ..Point::default() };
        let bars = bars(&[point(0, 0), point(4, 0), point(1, 1)]);
        assert_eq!(bars.delivered, "M4 0.0h3v40.0h-3zM8 30.0h3v10.0h-3z");
        assert_eq!(bars.failed, "M8 20.0h3v10.0h-3z");
        assert!((bars.width - 12.0).abs() < f64::EPSILON);
    }

    #[test]
    fn one_failure_among_thousands_is_seen() {
        let point = Point { delivered: 9999, failed: 1, ..Point::default() };
        assert_eq!(bars(&[point]).failed, "M0 0.0h3v3.0h-3z");
        assert_eq!(bars(&[]).delivered, "");
    }
}
