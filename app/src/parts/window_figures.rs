//! How the attempts of five minutes, an hour and a day went.

use crate::format::{NOTHING, count, maybe_span, percent};
use crate::words::words;
use leptos::prelude::*;
use wire::{Endpoint, Window, Windows};

/// One figure of a window: its name, how it reads, and whether it is bad.
type Figure = (&'static str, fn(&Window) -> String, fn(&Window) -> bool);

/// The table, a line for each window.
#[component]
pub fn WindowFigures(
    /// Whose.
    endpoint: Signal<Endpoint>,
    /// Whether counts and p99 are shown too.
    #[prop(optional)]
    whole: bool,
) -> impl IntoView {
    let name =
        endpoint.with_untracked(|endpoint| format!("{}: {}", words().receiver().figures, endpoint.name));
    let windows = Memo::new(move |_| endpoint.with(|endpoint| endpoint.windows));
    let success: Figure =
        (words().success, |w| w.success_rate.map_or_else(|| NOTHING.to_owned(), percent), |_| false);
    let p50: Figure = ("p50", |w| maybe_span(w.p50), |_| false);
    let p95: Figure = ("p95", |w| maybe_span(w.p95), |_| false);
    let figures = if whole {
        vec![
            success,
            (words().receiver().delivered, |w| count(w.delivered), |_| false),
            (words().receiver().failed, |w| count(w.failed), |w| w.failed > 0),
            p50,
            p95,
            ("p99", |w| maybe_span(w.p99), |_| false),
        ]
    } else {
        vec![success, p50, p95]
    };
    let heads =
        figures.iter().map(|(name, ..)| view! { <th scope="col">{*name}</th> }.into_any()).collect_view();
    let row = move |name: &'static str, pick: fn(&Windows) -> Window| {
        let window = Memo::new(move |_| pick(&windows.get()));
        let cell = move |(_, read, is_bad): &Figure| {
            let (read, is_bad) = (*read, *is_bad);
            view! { <td class:figure-bad=move || window.with(is_bad)>{move || window.with(read)}</td> }
        };
        view! { <tr><th scope="row">{name}</th>{figures.iter().map(cell).collect_view()}</tr> }
    };
    view! {
        <table class="table" aria-label=name>
            <thead><tr><th scope="col">{words().receiver().window}</th>{heads}</tr></thead>
            <tbody>
                {row(words().five_minutes, |windows| windows.m5)}
                {row(words().receiver().h1, |windows| windows.h1)}
                {row(words().receiver().h24, |windows| windows.h24)}
            </tbody>
        </table>
    }
    .into_any()
}
