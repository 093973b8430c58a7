//! Charts of a time series: bars by result and lines of latency, told apart by shape, and the table behind them.

use super::drawing::{bars, line, view_box};
use crate::format::{clock, count, maybe_span, span};
use crate::words::words;
use leptos::prelude::*;
use std::fmt::Write;
use wire::{Ms, Point, Stats};

/// Height of a drawing, in its own units.
const HEIGHT: f64 = 80.0;

/// Attempts by result: delivered plain, failed hatched on top.
#[component]
pub fn ResultsChart(stats: RwSignal<Stats>) -> impl IntoView {
    let drawn = Memo::new(move |_| stats.with(|stats| bars(&stats.series, HEIGHT)));
    let said = Memo::new(move |_| {
        stats.with(|stats| {
            let sum = |pick: fn(&Point) -> u64| count(stats.series.iter().map(pick).sum());
            (words().insight().results_said)(&sum(|point| point.delivered), &sum(|point| point.failed))
        })
    });
    let most = move || (words().insight().most)(&count(drawn.get().most));
    view! {
        <figure class="chart">
            <figcaption><strong>{words().insight().results}</strong><span class="text-ink-2">{move || most()}</span></figcaption>
            <svg viewBox=move || stats.with(|stats| view_box(stats.series.len(), HEIGHT)) preserveAspectRatio="none" role="img" aria-label=said>
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
                {words().receiver().delivered}
                <svg viewBox="0 0 12 12" aria-hidden="true"><rect class="chart-hatch" width="12" height="12"></rect></svg>
                {words().receiver().failed}
                <span class="text-ink-2">{said}</span>
            </p>
        </figure>
    }
    .into_any()
}

/// Latency: p50 a full line, p95 a broken one.
#[component]
pub fn LatencyChart(stats: RwSignal<Stats>) -> impl IntoView {
    let most = Memo::new(move |_| stats.with(|stats| highest(&stats.series)));
    let path = move |pick: fn(&Point) -> Option<Ms>| {
        let figure = move |point: &Point| pick(point).map(|ms| ms.0);
        Memo::new(move |_| stats.with(|stats| line(stats.series.iter().map(figure), most.get(), HEIGHT)))
    };
    let (p50, p95) = (path(|point| point.p50), path(|point| point.p95));
    let said = Memo::new(move |_| {
        let latency = stats.with(|stats| stats.latency);
        (words().insight().latency_said)(&maybe_span(latency.p50), &maybe_span(latency.p95))
    });
    let top = move || (words().insight().most)(&span(Ms(most.get())));
    view! {
        <figure class="chart">
            <figcaption><strong>{words().insight().latency}</strong><span class="text-ink-2">{move || top()}</span></figcaption>
            <svg viewBox=move || stats.with(|stats| view_box(stats.series.len(), HEIGHT)) preserveAspectRatio="none" role="img" aria-label=said>
                <path class="chart-line" d=p50></path>
                <path class="chart-line chart-broken" d=p95></path>
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
    view! { <p class="chart-ends"><span>{move || begin()}</span><span>{move || end()}" "{words().utc}</span></p> }.into_any()
}

/// The same in figures, for those who can't see the drawings.
#[component]
pub fn SeriesTable(stats: RwSignal<Stats>) -> impl IntoView {
    // One text rather than a thousand cells, each of which would be brought to life with the page: all of it is figures.
    let rows = Memo::new(move |_| stats.with(|stats| rows(&stats.series)));
    let heads = [words().receiver().delivered, words().receiver().failed, "p50", "p95"];
    // Only the rows change, so that it stays open.
    view! {
        <details class="fold" hidden=move || rows.with(String::is_empty)>
            <summary>{words().insight().table}</summary>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{words().insight().time}</th>
                        {heads.map(|head| view! { <th scope="col">{head}</th> }.into_any())}
                    </tr>
                </thead>
                <tbody inner_html=rows></tbody>
            </table>
        </details>
    }
    .into_any()
}

/// A row for each step in which something was tried.
fn rows(series: &[Point]) -> String {
    let mut rows = String::new();
    for point in series.iter().filter(|point| point.delivered + point.failed > 0) {
        // Writing into a string can't fail.
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            clock(point.at),
            count(point.delivered),
            count(point.failed),
            maybe_span(point.p50),
            maybe_span(point.p95),
        );
    }
    rows
}

fn highest(series: &[Point]) -> f64 {
    series.iter().filter_map(|point| point.p95.or(point.p50)).map(|ms| ms.0).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Time;

    #[test]
    fn a_step_in_which_nothing_was_tried_has_no_row() {
        let tried =
            Point { at: Time(61_000), delivered: 1200, failed: 1, p50: Some(Ms(3.0)), ..Point::default() };
        assert_eq!(
            rows(&[Point::default(), tried]),
            "<tr><th scope=\"row\">00:01:01</th><td>1,200</td><td>1</td><td>3.0 ms</td><td>–</td></tr>"
        );
        assert_eq!(rows(&[]), "");
    }
}
