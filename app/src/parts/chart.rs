//! Charts of a time series: bars by result and lines of latency, told apart by shape, and the table behind them.

use crate::format::{clock, count, maybe_span, span};
use crate::words::words;
use leptos::prelude::*;
use std::fmt::Write;
use wire::{Ms, Point, Stats};

/// Height of a drawing, in its own units.
const HEIGHT: f64 = 80.0;
/// Width of a step, gap included.
const STEP: f64 = 4.0;

/// Attempts by result: delivered plain, failed hatched on top.
#[component]
pub fn ResultsChart(stats: RwSignal<Stats>) -> impl IntoView {
    let drawn = Memo::new(move |_| stats.with(|stats| stacked(&stats.series)));
    let said = Memo::new(move |_| {
        stats.with(|stats| {
            let sum = |pick: fn(&Point) -> u64| count(stats.series.iter().map(pick).sum());
            (words().insight.results_said)(&sum(|point| point.delivered), &sum(|point| point.failed))
        })
    });
    let most = move || (words().insight.most)(&count(drawn.get().most));
    view! {
        <figure class="chart">
            <figcaption><strong>{words().insight.results}</strong><span class="text-ink-2">{most}</span></figcaption>
            <svg viewBox=move || drawn.get().view_box() preserveAspectRatio="none" role="img" aria-label=said>
                <defs>
                    <pattern id="hatch" width="2" height="4" patternUnits="userSpaceOnUse">
                        <rect class="spark-bad" width="2" height="2.4"></rect>
                    </pattern>
                </defs>
                <path class="spark-good" d=move || drawn.get().delivered></path>
                <path class="chart-hatch" d=move || drawn.get().failed></path>
            </svg>
            <Ends stats/>
            <p class="chart-key">
                <svg viewBox="0 0 12 12" aria-hidden="true"><rect class="spark-good" width="12" height="12"></rect></svg>
                {words().receiver.delivered}
                <svg viewBox="0 0 12 12" aria-hidden="true"><rect class="chart-hatch" width="12" height="12"></rect></svg>
                {words().receiver.failed}
                <span class="text-ink-2">{said}</span>
            </p>
        </figure>
    }
    .into_any()
}

/// Latency: p50 a full line, p95 a broken one.
#[component]
pub fn LatencyChart(stats: RwSignal<Stats>) -> impl IntoView {
    let drawn = Memo::new(move |_| stats.with(|stats| lines(&stats.series)));
    let said = Memo::new(move |_| {
        let latency = stats.with(|stats| stats.latency);
        (words().insight.latency_said)(&maybe_span(latency.p50), &maybe_span(latency.p95))
    });
    let most = move || (words().insight.most)(&span(Ms(drawn.get().most)));
    view! {
        <figure class="chart">
            <figcaption><strong>{words().insight.latency}</strong><span class="text-ink-2">{most}</span></figcaption>
            <svg viewBox=move || drawn.get().view_box() preserveAspectRatio="none" role="img" aria-label=said>
                <path class="chart-line" d=move || drawn.get().p50></path>
                <path class="chart-line chart-broken" d=move || drawn.get().p95></path>
            </svg>
            <Ends stats/>
            <p class="chart-key">
                <svg viewBox="0 0 24 12" aria-hidden="true"><path class="chart-line" d="M0 6h24"></path></svg>
                "p50"
                <svg viewBox="0 0 24 12" aria-hidden="true"><path class="chart-line chart-broken" d="M0 6h24"></path></svg>
                "p95"
                <span class="text-ink-2">{said}</span>
            </p>
        </figure>
    }
    .into_any()
}

/// When the drawing begins and ends.
#[component]
fn Ends(stats: RwSignal<Stats>) -> impl IntoView {
    let begin = move || stats.with(|stats| stats.series.first().map(|point| clock(point.at)));
    let end = move || stats.with(|stats| clock(stats.at));
    view! { <p class="chart-ends"><span>{begin}</span><span>{end}" "{words().utc}</span></p> }.into_any()
}

/// The same in figures, for those who can't see the drawings.
#[component]
pub fn SeriesTable(stats: RwSignal<Stats>) -> impl IntoView {
    let tried = |point: &&Point| point.delivered + point.failed > 0;
    let points = Memo::new(move |_| {
        stats.with(|stats| stats.series.iter().filter(tried).copied().collect::<Vec<Point>>())
    });
    let heads = [words().receiver.delivered, words().receiver.failed, "p50", "p95"];
    let row = |point: Point| {
        view! {
            <tr>
                <th scope="row">{clock(point.at)}</th>
                <td>{count(point.delivered)}</td>
                <td>{count(point.failed)}</td>
                <td>{maybe_span(point.p50)}</td>
                <td>{maybe_span(point.p95)}</td>
            </tr>
        }
    };
    // Only the rows change, so that it stays open.
    view! {
        <details class="fold" hidden=move || points.with(Vec::is_empty)>
            <summary>{words().insight.table}</summary>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{words().insight.time}</th>
                        {heads.map(|head| view! { <th scope="col">{head}</th> })}
                    </tr>
                </thead>
                <tbody>{move || points.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}

/// Two paths over the same steps, and the highest figure.
#[derive(Clone, Debug, Default, PartialEq)]
struct Stacked {
    steps: usize,
    most: u64,
    delivered: String,
    failed: String,
}

impl Stacked {
    fn view_box(&self) -> String {
        view_box(self.steps)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Lines {
    steps: usize,
    most: f64,
    p50: String,
    p95: String,
}

impl Lines {
    fn view_box(&self) -> String {
        view_box(self.steps)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
fn view_box(steps: usize) -> String {
    format!("0 0 {:.0} {HEIGHT:.0}", STEP * steps.max(1) as f64)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a day are far from 2^53")]
fn stacked(series: &[Point]) -> Stacked {
    let most = series.iter().map(|point| point.delivered + point.failed).max().unwrap_or(0);
    let mut drawn = Stacked { steps: series.len(), most, ..Stacked::default() };
    let scale = HEIGHT / most.max(1) as f64;
    for (index, point) in series.iter().enumerate() {
        let (x, wide) = (index as f64 * STEP, STEP - 1.0);
        let delivered = point.delivered as f64 * scale;
        // One failure among thousands is still seen.
        let failed = if point.failed == 0 { 0.0 } else { (point.failed as f64 * scale).max(4.0) };
        let top = (HEIGHT - delivered - failed).max(0.0);
        // Writing into a string can't fail.
        if delivered > 0.0 {
            let _ =
                write!(drawn.delivered, "M{x:.0} {:.1}h{wide}v{delivered:.1}h-{wide}z", HEIGHT - delivered);
        }
        if failed > 0.0 {
            let _ = write!(drawn.failed, "M{x:.0} {top:.1}h{wide}v{failed:.1}h-{wide}z");
        }
    }
    drawn
}

fn lines(series: &[Point]) -> Lines {
    let most = series.iter().filter_map(|point| point.p95.or(point.p50)).map(|ms| ms.0).fold(0.0, f64::max);
    let path = |pick: fn(&Point) -> Option<Ms>| line(series, pick, most.max(f64::MIN_POSITIVE));
    Lines { steps: series.len(), most, p50: path(|point| point.p50), p95: path(|point| point.p95) }
}

/// A line through the steps that have a figure; where there was no attempt it breaks off.
#[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
fn line(series: &[Point], pick: fn(&Point) -> Option<Ms>, most: f64) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (index, point) in series.iter().enumerate() {
        let Some(ms) = pick(point) else {
            drawing = false;
            continue;
        };
        let (x, y) = (index as f64 * STEP, HEIGHT - ms.0 / most * (HEIGHT - 2.0) - 1.0);
        // A lone figure is as wide as its step.
        let _ = write!(path, "{}{x:.0} {y:.1}h{:.0}", if drawing { 'L' } else { 'M' }, STEP - 1.0);
        drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_attempts_stand_on_the_delivered_ones() {
        let point = |delivered, failed| Point { delivered, failed, ..Point::default() };
        let drawn = stacked(&[point(0, 0), point(3, 1)]);
        assert_eq!((drawn.steps, drawn.most), (2, 4));
        assert_eq!(drawn.delivered, "M4 20.0h3v60.0h-3z");
        assert_eq!(drawn.failed, "M4 0.0h3v20.0h-3z");
    }

    #[test]
    fn a_line_breaks_where_nothing_was_tried() {
        let point = |p50: Option<f64>| Point { p50: p50.map(Ms), ..Point::default() };
        let drawn = lines(&[point(Some(10.0)), point(None), point(Some(5.0)), point(Some(10.0))]);
        assert_eq!(drawn.p50, "M0 1.0h3M8 40.0h3L12 1.0h3");
        assert_eq!(drawn.p95, "");
        assert_eq!(lines(&[]).view_box(), "0 0 4 80");
    }
}
