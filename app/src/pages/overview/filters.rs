//! The event log's filters: the statuses as links, and a line for everything else. The address holds what is on.

use crate::state::Filter;
use crate::words::words;
use leptos::html::{Div, Input};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::DeliveryStatus;

/// The statuses on offer, in their order; none is all of them.
const OFFERED: [Option<DeliveryStatus>; 5] = [
    None,
    Some(DeliveryStatus::Failed),
    Some(DeliveryStatus::Retrying),
    Some(DeliveryStatus::Held),
    Some(DeliveryStatus::Delivered),
];

/// The statuses, as links that keep the rest of the filter.
#[component]
pub fn Filters(
    /// The one that is on.
    filter: Memo<Filter>,
) -> impl IntoView {
    let chip = move |offered: Option<DeliveryStatus>| {
        let is_on = move || filter.with(|filter| filter.statuses.iter().copied().eq(offered));
        view! {
            <a
                class="chip"
                href=move || filter.with(|filter| filter.with_status(offered).href())
                aria-current=move || is_on().then_some("true")
            >
                {offered.map_or(words().filter_all, words().status)}
            </a>
        }
    };
    view! { <nav class="chips" aria-label=words().filter>{OFFERED.map(chip)}</nav> }.into_any()
}

/// The line: `status:failed endpoint:crm since:1h "text"`.
#[component]
pub fn QueryLine(
    /// The filter that is on.
    filter: Memo<Filter>,
    /// What holds the rows.
    body: NodeRef<Div>,
) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let line = Memo::new(move |_| filter.with(Filter::line));
    let wrong = Memo::new(move |_| filter.with(|filter| filter.wrong.join(", ")));
    // Words that were not understood are told of, and leave the address.
    let refused = RwSignal::new(String::new());
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        let asked = Filter::of_line(&field.value());
        refused.set(asked.wrong.join(", "));
        // What was not understood stays, to be mended.
        if asked.wrong.is_empty() {
            navigate(&asked.href(), NavigateOptions { scroll: false, ..NavigateOptions::default() });
            // To the rows, where letters are keys again.
            let _ = body.get_untracked().map(|body| body.focus());
        }
    };
    // An emptied line shows everything, by whatever it was emptied.
    let navigate = use_navigate();
    let emptied = move |event: leptos::ev::Event| {
        if event_target_value(&event).is_empty() && !filter.with_untracked(Filter::is_all) {
            refused.set(String::new());
            navigate("/", NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    // Who leaves by Esc leaves the filter as it is, and the line says so: some browsers would empty it.
    let leave = move |event: leptos::ev::KeyboardEvent| {
        if event.key() != "Escape" || event.is_composing() {
            return;
        }
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        field.set_value(&line.get_untracked());
        refused.set(String::new());
        let _ = field.blur();
    };
    let told = move || Some(refused.get()).filter(|words| !words.is_empty()).unwrap_or_else(|| wrong.get());
    view! {
        <form class="query" method="get" action="/" role="search" on:submit=submit>
            <input
                class="field code-field"
                type="search"
                name="query"
                autocomplete="off"
                spellcheck="false"
                aria-label=words().query
                aria-describedby="query-wrong"
                placeholder=words().query_example
                value=line.get_untracked()
                prop:value=line
                node_ref=field
                on:input=emptied
                on:keydown=leave
            />
            <button class="button button-small" type="submit">{words().query_show}</button>
            <span id="query-wrong" class="refusal" role="status">
                {move || Some(told()).filter(|told| !told.is_empty()).map(|told| (words().query_wrong)(&told))}
            </span>
        </form>
    }
    .into_any()
}
