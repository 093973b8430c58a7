//! How the attempts of five minutes, an hour and a day went.

use crate::format::{NOTHING, count, maybe_span, percent};
use crate::words::words;
use leptos::prelude::*;
use wire::{Endpoint, Window};

/// The table.
#[component]
pub fn Figures(endpoint: Signal<Endpoint>) -> impl IntoView {
    let windows = Memo::new(move |_| endpoint.with(|endpoint| endpoint.windows));
    let row = move |name: &'static str, pick: fn(&wire::Windows) -> Window| {
        let window = Memo::new(move |_| pick(&windows.get()));
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{move || window.get().success_rate.map_or_else(|| NOTHING.to_owned(), percent)}</td>
                <td>{move || count(window.get().delivered)}</td>
                <td class:figure-bad=move || { window.get().failed > 0 }>{move || count(window.get().failed)}</td>
                <td>{move || maybe_span(window.get().p50)}</td>
                <td>{move || maybe_span(window.get().p95)}</td>
                <td>{move || maybe_span(window.get().p99)}</td>
            </tr>
        }
    };
    let heads = [words().success, words().receiver.delivered, words().receiver.failed, "p50", "p95", "p99"];
    view! {
        <section aria-labelledby="figures-title">
            <h2 id="figures-title">{words().receiver.figures}</h2>
            <div class="panel padded">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{words().receiver.window}</th>
                            {heads.map(|head| view! { <th scope="col">{head}</th> })}
                        </tr>
                    </thead>
                    <tbody>
                        {row(words().five_minutes, |windows| windows.m5)}
                        {row(words().receiver.h1, |windows| windows.h1)}
                        {row(words().receiver.h24, |windows| windows.h24)}
                    </tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
