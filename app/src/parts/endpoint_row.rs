//! One endpoint: how it does, in words and figures, and what is wrong with it.

use super::sparkline::SparkLatency;
use super::{EndpointIll, Left, StateBadge, When, said_of};
use crate::format::{NOTHING, count, maybe_span, percent};
use crate::rest::{Rest, part};
use crate::state::EndpointCell;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{Endpoint, EndpointState};

/// An endpoint.
#[component]
pub fn EndpointRow(
    /// Which.
    cell: EndpointCell,
    /// What draws the figures of all windows, where there is room for them.
    #[prop(optional)]
    windows: Option<fn(Signal<Endpoint>) -> AnyView>,
) -> impl IntoView {
    let name = cell.name.clone();
    let wide = windows.is_some();
    let endpoint = RwSignal::from(cell.endpoint.clone());
    let read = move |pick: fn(&Endpoint) -> String| Memo::new(move |_| endpoint.with(pick));
    let state = Memo::new(move |_| endpoint.with(|endpoint| endpoint.state));
    let since = Memo::new(move |_| endpoint.with(|endpoint| endpoint.since));
    let signed = Memo::new(move |_| endpoint.with(|endpoint| endpoint.signed));
    let checked = Memo::new(move |_| endpoint.with(|endpoint| endpoint.last_check.clone()));
    let minutes = Memo::new(move |_| endpoint.with(|endpoint| endpoint.minutes.clone()));
    let next = Memo::new(move |_| endpoint.with(|endpoint| endpoint.next_attempt_at));
    let whole_name = name.clone();
    let href = format!("/endpoints/{name}");
    let label = (words().endpoint_actions)(&name);
    // The menu is made once it is opened: there are as many as endpoints.
    let opened = RwSignal::new(false);
    let url = read(|endpoint| endpoint.url.clone());
    let recent = (!wide).then(|| {
        let figures = [
            (
                words().success,
                read(|e| e.windows.m5.success_rate.map_or_else(|| NOTHING.to_owned(), percent)),
            ),
            ("p50", read(|e| maybe_span(e.windows.m5.p50))),
            ("p95", read(|e| maybe_span(e.windows.m5.p95))),
        ];
        figures.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any())
    });
    let in_flight = wide.then(|| {
        let value = read(|e| count(e.in_flight));
        view! { <div><dt>{words().in_flight}</dt><dd>{value}</dd></div> }.into_any()
    });
    view! {
        <li class="endpoint" class:endpoint-bad=move || is_bad(state.get())>
            <div class="endpoint-head">
                <StateBadge state/>
                <h3 class="truncate" title=whole_name><A href=href attr:data-row="">{name}</A></h3>
                <span class="grow"></span>
                <span class="endpoint-since"><When time=since said=words().lasting/></span>
                <details class="menu when-alive" on:toggle=move |_| opened.set(true)>
                    <summary aria-label=label title=words().endpoint_menu>"⋯"</summary>
                    <div class="menu-body">
                        {move || opened.get().then(|| part(Rest::EndpointActions(cell.clone())))}
                    </div>
                </details>
            </div>
            <p class="endpoint-url">
                <span class="truncate" title=url>{url}</span>
                <span class="grow"></span>
                {move || checked.get().filter(|check| check.reachable).map(|check| view! {
                    <span class="endpoint-checked" title=said_of(&check)>
                        <When time=check.at said=words().checked/>
                    </span>
                }.into_any())}
                {move || (!signed.get()).then(|| view! {
                    <span class="tag" title=words().unsigned_long>{words().unsigned}</span>
                }.into_any())}
            </p>
            <EndpointIll endpoint=endpoint.into()/>
            {move || checked.get().filter(|check| !check.reachable).map(|check| view! {
                <p class="endpoint-check figure-bad">{said_of(&check)}", "<When time=check.at/></p>
            }.into_any())}
            <div class="endpoint-figures">
                {windows.map(|windows| windows(endpoint.into()))}
                <dl class="figures">
                    {recent}
                    <div><dt>"p95, "{words().quarter}</dt><dd><SparkLatency minutes/></dd></div>
                    <div>
                        <dt>{words().waiting}</dt>
                        <dd>
                            {read(|e| count(e.waiting))}" "
                            <small title=words().next_long><Left until=next said=words().next/></small>
                        </dd>
                    </div>
                    {in_flight}
                    <div><dt>{words().held}</dt><dd>{read(|e| count(e.held))}</dd></div>
                </dl>
            </div>
        </li>
    }
    .into_any()
}

const fn is_bad(state: EndpointState) -> bool {
    matches!(state, EndpointState::Failing | EndpointState::Misconfigured)
}
