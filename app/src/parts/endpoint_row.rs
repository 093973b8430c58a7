//! One endpoint: how it does, in words and figures, and what is wrong with it.

use super::{EndpointActions, Left, StateBadge, When, said_of};
use crate::format::{NOTHING, count, maybe_span, percent};
use crate::state::EndpointCell;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{AttemptResult, CircuitState, Endpoint, EndpointState};

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
    let until = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.circuit.until)
    });
    let circuit = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.circuit)
    });
    let signed = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.signed)
    });
    let checked = Memo::new({
        let endpoint = endpoint.clone();
        move |_| endpoint.with(|endpoint| endpoint.last_check.clone())
    });
    let trouble = Memo::new(move |_| endpoint.with(trouble_of));
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
                <h3 class="truncate" title=whole_name><A href=href>{name}</A></h3>
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
            {move || trouble.get().map(|trouble| view! {
                <p class="endpoint-why">
                    <strong>{trouble.what}</strong>
                    {trouble.hint.map(|hint| view! { " "<span>{hint}</span> })}
                </p>
            })}
            {move || (circuit.get().state != CircuitState::Closed).then(|| view! {
                <p class="endpoint-circuit">
                    {(words().circuit)(circuit.get().state, circuit.get().failures)}
                    {until.get().map(|_| ", ")}
                    <Left until said=words().circuit_tries/>
                </p>
            })}
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

/// What is wrong with an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Ill {
    /// In words.
    pub what: String,
    /// What would help.
    pub hint: Option<String>,
}

const fn is_bad(state: EndpointState) -> bool {
    matches!(state, EndpointState::Failing | EndpointState::Misconfigured)
}

/// The state's own reason, else the last attempt's; nothing where all is well.
pub fn trouble_of(endpoint: &Endpoint) -> Option<Ill> {
    match endpoint.state {
        EndpointState::Healthy | EndpointState::Idle => return None,
        EndpointState::Degraded
        | EndpointState::Failing
        | EndpointState::Paused
        | EndpointState::Misconfigured => {}
    }
    let failed = endpoint.last_attempt.as_ref().filter(|attempt| attempt.result == AttemptResult::Failed);
    let reason = failed.and_then(|attempt| attempt.reason);
    let told = reason.map(|reason| match failed.and_then(|attempt| attempt.status_code) {
        Some(code) => format!("{code} {}.", (words().reason)(reason)),
        None => format!("{}.", (words().reason)(reason)),
    });
    let what = match endpoint.state {
        EndpointState::Paused | EndpointState::Misconfigured => endpoint.state_reason.clone().or(told),
        _ => told.or_else(|| endpoint.state_reason.clone()),
    }?;
    let hint = match endpoint.state {
        EndpointState::Failing | EndpointState::Degraded => {
            reason.map(|reason| (words().hint)(reason).to_owned())
        }
        _ => None,
    };
    Some(Ill { what, hint })
}
