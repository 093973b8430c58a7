//! Sparklines: the last quarter of an hour by the minute, small enough to stand under a figure.

use super::drawing::{bars, line, view_box};
use crate::format::{percent, span};
use crate::words::words;
use leptos::prelude::*;
use wire::{Ms, Point};

/// Height of a drawing, in its own units.
const HEIGHT: f64 = 20.0;

/// Attempts: delivered upwards, failed on top.
#[component]
pub fn SparkBars(
    /// By the minute, oldest first.
    minutes: Memo<Vec<Point>>,
) -> impl IntoView {
    let drawn = Memo::new(move |_| minutes.with(|minutes| bars(minutes, HEIGHT)));
    let said = Memo::new(move |_| {
        let sum = |pick: fn(&Point) -> u64| minutes.with(|minutes| minutes.iter().map(pick).sum());
        (words().spark_attempts)(sum(|point| point.delivered), sum(|point| point.failed))
    });
    let steps = Signal::derive(move || minutes.with(Vec::len));
    view! {
        <Spark steps said>
            <path class="spark-good" d=move || drawn.get().delivered></path>
            <path class="spark-bad" d=move || drawn.get().failed></path>
        </Spark>
    }
    .into_any()
}

/// The share of attempts that were answered with 2xx; the top is all of them.
#[component]
pub fn SparkSuccess(
    /// By the minute, oldest first.
    minutes: Memo<Vec<Point>>,
) -> impl IntoView {
    let shares = Memo::new(move |_| minutes.with(|minutes| minutes.iter().map(share).collect::<Vec<_>>()));
    let said = Memo::new(move |_| {
        let least = shares.with(|shares| shares.iter().flatten().copied().reduce(f64::min));
        least.map_or_else(
            || words().spark_nothing.to_owned(),
            |least| (words().spark_success)(&percent(least)),
        )
    });
    view! { <SparkLine figures=shares most=Signal::stored(1.0) said/> }.into_any()
}

/// The p95; the top is the highest of them.
#[component]
pub fn SparkLatency(
    /// By the minute, oldest first.
    minutes: Memo<Vec<Point>>,
) -> impl IntoView {
    let p95 = |point: &Point| point.p95.map(|ms| ms.0);
    let figures = Memo::new(move |_| minutes.with(|minutes| minutes.iter().map(p95).collect::<Vec<_>>()));
    let highest =
        Memo::new(move |_| figures.with(|figures| figures.iter().flatten().copied().reduce(f64::max)));
    let said = Memo::new(move |_| {
        highest
            .get()
            .map_or_else(|| words().spark_nothing.to_owned(), |most| (words().spark_latency)(&span(Ms(most))))
    });
    let most = Signal::derive(move || highest.get().unwrap_or_default());
    view! { <SparkLine figures most said/> }.into_any()
}

#[component]
fn SparkLine(figures: Memo<Vec<Option<f64>>>, most: Signal<f64>, said: Memo<String>) -> impl IntoView {
    let path = Memo::new(move |_| figures.with(|figures| line(figures.iter().copied(), most.get(), HEIGHT)));
    let steps = Signal::derive(move || figures.with(Vec::len));
    view! { <Spark steps said><path class="chart-line" d=path></path></Spark> }.into_any()
}

/// The drawing's frame, which says in words what it shows.
#[component]
fn Spark(steps: Signal<usize>, said: Memo<String>, children: Children) -> impl IntoView {
    view! {
        <span class="spark" title=said>
            <svg
                viewBox=move || view_box(steps.get(), HEIGHT)
                preserveAspectRatio="none"
                role="img"
                aria-label=said
            >
                {children()}
            </svg>
        </span>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a minute are far from 2^53")]
fn share(point: &Point) -> Option<f64> {
    let all = point.delivered + point.failed;
    (all > 0).then(|| point.delivered as f64 / all as f64)
}
