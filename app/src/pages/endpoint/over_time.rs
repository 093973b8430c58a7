//! How the endpoint did over time: attempts by result, their latency, and why they failed.

use crate::api;
use crate::choice::look_back;
use crate::format::{count, decimal};
use crate::parts::{LatencyChart, ResultsChart, SeriesTable};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::{Stats, StatsWindow};

/// The windows on offer.
const WINDOWS: [StatsWindow; 3] = [StatsWindow::M5, StatsWindow::H1, StatsWindow::H24];
/// Asked again so often, in seconds, while the page lives.
const AGAIN_S: i64 = 10;

/// The charts.
#[component]
pub fn OverTime(
    /// The endpoint.
    name: String,
    /// The figures that the page came with.
    first: Stats,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let window = RwSignal::new(first.window);
    let stats = RwSignal::new(first);
    let name = StoredValue::new(name);
    // Changes when it is time to ask again.
    let turn = Memo::new(move |_| store.now.get().map(|now| now.unix_seconds() / AGAIN_S));
    Effect::new(move |before: Option<()>| {
        let wanted = window.get();
        turn.track();
        // The page came with the first.
        if before.is_some() {
            leptos::task::spawn_local(async move {
                let Ok(new) = api::stats_of(&name.get_value(), wanted).await else { return };
                if window.try_get_untracked() == Some(wanted) {
                    stats.try_set(new);
                }
            });
        }
    });
    let choice = move |offered: StatsWindow| {
        let text = match offered {
            StatsWindow::M5 => words().five_minutes,
            StatsWindow::H1 => words().receiver().h1,
            StatsWindow::H24 | StatsWindow::D7 => words().receiver().h24,
        };
        view! {
            <button
                class="chip"
                type="button"
                aria-pressed=move || (window.get() == offered).to_string()
                on:click=move |_| {
                    window.set(offered);
                    look_back(offered);
                }
            >
                {text}
            </button>
        }
    };
    let is_empty = Memo::new(move |_| stats.with(|stats| stats.attempts == 0));
    view! {
        <section aria-labelledby="over-time-title">
            <div class="head-line">
                <h2 id="over-time-title">{words().insight().over_time}</h2>
                <div class="chips when-alive" role="group" aria-label=words().insight().windows>
                    {WINDOWS.map(choice)}
                </div>
            </div>
            <div class="panel padded charts">
                {move || is_empty.get().then(|| view! { <p class="text-ink-2">{words().insight().no_attempts}</p> }.into_any())}
                <div class="charts-two" hidden=is_empty>
                    <ResultsChart stats/>
                    <LatencyChart stats/>
                </div>
                <Reasons name=name.get_value() stats window/>
                <SeriesTable stats/>
            </div>
        </section>
    }
    .into_any()
}

/// Why attempts failed, most frequent first; each leads to its deliveries.
#[component]
fn Reasons(name: String, stats: RwSignal<Stats>, window: RwSignal<StatsWindow>) -> impl IntoView {
    let reasons = Memo::new(move |_| stats.with(|stats| stats.by_reason.clone()));
    let name = StoredValue::new(name);
    let bars = move || {
        let reasons = reasons.get();
        let most = reasons.iter().map(|found| found.count).max().unwrap_or(1).max(1);
        let line = |found: wire::ReasonCount| {
            #[expect(clippy::cast_precision_loss, reason = "counts are far from 2^53")]
            let width = (found.count as f64 / most as f64 * 100.0).max(1.0);
            let href = format!(
                "/?endpoint={}&reason={}&since={}",
                api::segment(&name.get_value()),
                found.reason,
                window.get()
            );
            view! {
                <li class="reason-line">
                    <a href=href>{(words().reason)(found.reason)}</a>
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="spark-bad" x="0" y="0" width=decimal(width, 1) height="8"></rect>
                    </svg>
                    <span class="figure">{count(found.count)}</span>
                </li>
            }
        };
        reasons.into_iter().map(line).collect_view()
    };
    view! {
        {move || {
            (!reasons.with(Vec::is_empty)).then(|| {
                view! {
                    <h3>{words().insight().reasons}</h3>
                    <ol>{move || bars()}</ol>
                }.into_any()
            })
        }}
    }
}
