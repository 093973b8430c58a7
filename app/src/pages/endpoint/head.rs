//! How the endpoint stands, and what can be done to it.

use crate::format::count;
use crate::parts::{EndpointActions, EndpointIll, StateBadge, When, said_of};
use crate::state::EndpointCell;
use crate::words::words;
use leptos::prelude::*;
use wire::{Endpoint, EventType};

/// The head.
#[component]
pub fn Head(cell: EndpointCell, endpoint: Signal<Endpoint>) -> impl IntoView {
    let first = endpoint.get_untracked();
    let state = Memo::new(move |_| endpoint.with(|endpoint| endpoint.state));
    let since = Memo::new(move |_| endpoint.with(|endpoint| endpoint.since));
    let checked = Memo::new(move |_| endpoint.with(|endpoint| endpoint.last_check.clone()));
    let attempted = Memo::new(move |_| {
        endpoint.with(|endpoint| endpoint.last_attempt.as_ref().map(|attempt| attempt.started_at))
    });
    let figure = move |pick: fn(&Endpoint) -> u64| Memo::new(move |_| count(endpoint.with(pick)));
    let picked = RwSignal::new(first.events.first().copied().unwrap_or(EventType::MessageSent));
    view! {
        <section class="panel detail-head">
            <div class="detail-title">
                <StateBadge state/>
                <h1>{first.name.clone()}</h1>
                <span class="detail-since">
                    <When time=since said=words().lasting/>
                    <span class="tag">{(words().receiver().source)(first.source)}</span>
                    {(!first.signed).then(|| view! {
                        <span class="tag" title=words().unsigned_long>{words().unsigned}</span>
                    }.into_any())}
                </span>
                <span class="grow"></span>
                <div class="actions" role="group" aria-label=(words().endpoint_actions)(&first.name)>
                    <EndpointActions cell test_type=picked/>
                    <TypePicker picked wanted=first.events/>
                </div>
            </div>
            <EndpointIll endpoint/>
            <dl class="facts facts-wide">
                <div><dt>{words().waiting}</dt><dd>{figure(|endpoint| endpoint.waiting)}</dd></div>
                <div><dt>{words().in_flight}</dt><dd>{figure(|endpoint| endpoint.in_flight)}</dd></div>
                <div><dt>{words().held}</dt><dd>{figure(|endpoint| endpoint.held)}</dd></div>
                {move || attempted.get().map(|time| view! {
                    <div><dt>{words().receiver().last_attempt}</dt><dd><When time/></dd></div>
                }.into_any())}
                <div>
                    <dt>{words().receiver().last_check}</dt>
                    <dd>
                        {move || match checked.get() {
                            None => view! { {words().receiver().no_check} }.into_any(),
                            Some(check) => view! { {said_of(&check)}", "<When time=check.at/> }.into_any(),
                        }}
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

/// Which type the test event has: those that the endpoint wants first, the others after.
#[component]
fn TypePicker(picked: RwSignal<EventType>, wanted: Vec<EventType>) -> impl IntoView {
    let mut offered = wanted;
    let others: Vec<EventType> =
        EventType::ALL.iter().copied().filter(|known| !offered.contains(known)).collect();
    offered.extend(others);
    let pick = move |event| {
        if let Ok(event_type) = event_target_value(&event).parse() {
            picked.set(event_type);
        }
    };
    view! {
        <select class="field when-alive" aria-label=words().receiver().test_type on:change=pick>
            {offered
                .into_iter()
                .map(|offered| view! { <option value=offered.as_str()>{offered.as_str()}</option> }.into_any())
                .collect_view()}
        </select>
    }
    .into_any()
}
