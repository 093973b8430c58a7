//! The strip of figures: how fast, how well and how long in the last five minutes, how that went in the last fifteen, and
//! what waits now.

use super::sparkline::{SparkBars, SparkLatency, SparkSuccess};
use super::{Verdict, VerdictBlock};
use crate::format::{NOTHING, count, maybe_span, percent, rate};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::{EndpointState, Stats};

/// The strip.
#[component]
pub fn Strip(
    /// The verdict, which the page's title shows too.
    verdict: Memo<Verdict>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let read = move |pick: fn(&Stats) -> String| Memo::new(move |_| store.stats.with(pick));
    let failing = Memo::new(move |_| {
        store.endpoints.with(|cells| {
            let failing = cells
                .iter()
                .filter(|cell| cell.endpoint.with(|endpoint| endpoint.state == EndpointState::Failing))
                .count();
            failing.to_string()
        })
    });
    let runs = Memo::new(move |_| {
        store.inbound.with(|all| all.iter().map(|one| one.queued + one.running).sum::<u64>())
    });
    let minutes = Memo::new(move |_| store.stats.with(|stats| stats.minutes.clone()));
    let latency = [
        ("p50", read(|stats| maybe_span(stats.latency.p50))),
        ("p95", read(|stats| maybe_span(stats.latency.p95))),
        ("p99", read(|stats| maybe_span(stats.latency.p99))),
    ];
    view! {
        <section class="strip" aria-label=words().totals>
            <VerdictBlock verdict/>
            <dl class="totals">
                {charted(
                    words().per_second,
                    words().ten_seconds,
                    read(|stats| rate(stats.per_second)),
                    view! { <SparkBars minutes/> }.into_any(),
                )}
                {charted(
                    words().success,
                    words().five_minutes,
                    read(|stats| stats.success_rate.map_or_else(|| NOTHING.to_owned(), percent)),
                    view! { <SparkSuccess minutes/> }.into_any(),
                )}
                <div class="total total-wide">
                    <dt>{named(words().latency, Some(words().five_minutes))}</dt>
                    {latency.map(|(name, value)| view! {
                        <dd><span class="total-unit">{name}</span>{value}</dd>
                    }.into_any())}
                    <dd class="total-spark"><SparkLatency minutes/><span>{words().quarter}</span></dd>
                </div>
                {total(
                    words().waiting,
                    None,
                    read(|stats| count(stats.deliveries.pending + stats.deliveries.retrying)),
                )}
                {total(words().held, None, read(|stats| count(stats.deliveries.held)))}
                {total(words().failing, None, failing)}
                {total(words().runs, None, Memo::new(move |_| count(runs.get())))}
                {total(words().events, Some(words().five_minutes), read(|stats| count(stats.events)))}
            </dl>
        </section>
    }
    .into_any()
}

/// A figure, and over which time it was counted; without a window it is how it stands now.
fn total(name: &'static str, window: Option<&'static str>, value: Memo<String>) -> impl IntoView {
    view! {
        <div class="total" class:total-alarm=move || name == words().failing && value.get() != "0">
            <dt>{named(name, window)}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// A figure, over which time it was counted, and how it went in the last fifteen minutes.
fn charted(name: &'static str, window: &'static str, value: Memo<String>, spark: AnyView) -> impl IntoView {
    view! {
        <div class="total">
            <dt>{named(name, Some(window))}</dt>
            <dd>{value}</dd>
            <dd class="total-spark">{spark}</dd>
        </div>
    }
    .into_any()
}

/// Where there is little room the line breaks between the two.
fn named(name: &'static str, window: Option<&'static str>) -> impl IntoView {
    match window {
        Some(window) => view! { <span>{name}","</span>" "<span>{window}</span> }.into_any(),
        None => name.into_any(),
    }
}
