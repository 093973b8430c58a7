//! One endpoint: how it does, in words and figures, and what is wrong with it.

use super::{EndpointActions, EndpointIll, StateBadge, When, said_of};
use crate::format::{NOTHING, count, maybe_span, percent};
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
) -> impl IntoView {
    let EndpointCell { name, endpoint } = cell.clone();
    let read = {
        let endpoint = endpoint.clone();
        move |pick: fn(&Endpoint) -> String| {
            let endpoint = endpoint.clone();
            Memo::new(move |_| endpoint.with(pick))
        }
    };
    let state = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.state)
    });
    let since = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.since)
    });
    let signed = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.signed)
    });
    let checked = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.last_check.clone())
    });
    let shown = Signal::derive(move || endpoint.get());
    let whole_name = name.clone();
    let href = format!("/endpoints/{name}");
    let label = (words().receiver.actions)(&name);
    let url = read(|endpoint| endpoint.url.clone());
    let figures = [
        (words().success, read(|e| e.windows.m5.success_rate.map_or_else(|| NOTHING.to_owned(), percent))),
        ("p50", read(|e| maybe_span(e.windows.m5.p50))),
        ("p95", read(|e| maybe_span(e.windows.m5.p95))),
        (words().waiting, read(|e| count(e.waiting))),
        (words().in_flight, read(|e| count(e.in_flight))),
        (words().held, read(|e| count(e.held))),
    ];
    view! {
        <li class="endpoint" class:endpoint-bad=move || is_bad(state.get())>
            <div class="endpoint-head">
                <StateBadge state/>
                <h3 class="truncate" title=whole_name><A href=href attr:data-row="">{name}</A></h3>
                <span class="grow"></span>
                <span class="endpoint-since"><When time=since said=words().lasting/></span>
                <details class="menu when-alive">
                    <summary aria-label=label title=words().receiver.menu>"⋯"</summary>
                    <div class="menu-body"><EndpointActions cell/></div>
                </details>
            </div>
            <p class="endpoint-url">
                <span class="truncate" title=url>{url}</span>
                <span class="grow"></span>
                {move || checked.get().filter(|check| check.reachable).map(|check| view! {
                    <span class="endpoint-checked" title=said_of(&check)>
                        <When time=check.at said=words().receiver.checked/>
                    </span>
                })}
                {move || (!signed.get()).then(|| view! {
                    <span class="tag" title=words().unsigned_long>{words().unsigned}</span>
                })}
            </p>
            <EndpointIll endpoint=shown/>
            {move || checked.get().filter(|check| !check.reachable).map(|check| view! {
                <p class="endpoint-check figure-bad">{said_of(&check)}", "<When time=check.at/></p>
            })}
            <dl class="figures">
                {figures.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })}
            </dl>
        </li>
    }
    .into_any()
}

const fn is_bad(state: EndpointState) -> bool {
    matches!(state, EndpointState::Failing | EndpointState::Misconfigured)
}
