//! The one screen to leave open all day: totals, endpoints, the event log and inbound hits, live.

mod endpoints;
mod event_log;
mod filters;
mod hits;

use crate::api;
use crate::parts::{Bar, Strip, Trouble, Verdict};
use crate::shell::PageTitle;
use crate::state::{Filter, Store};
use crate::words::words;
use endpoints::Endpoints;
use event_log::EventLog;
use hits::Hits;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The overview.
#[component]
pub fn Overview() -> impl IntoView {
    let store = expect_context::<Store>();
    let query = use_query_map();
    let filter = Memo::new(move |_| Filter::of(query.read().get_str("status")));
    let asked = filter.get_untracked();
    Effect::new(move |_| {
        let filter = filter.get();
        if store.ready.get_untracked() && store.filter.get_untracked() != filter {
            leptos::task::spawn_local(async move {
                // What can't be fetched now comes with the next connection.
                let _ = store.refilter(filter).await;
            });
        }
    });
    if store.ready.get_untracked() {
        return view! { <Loaded filter/> }.into_any();
    }
    let snapshot = Resource::new(|| (), move |()| api::snapshot(asked));
    view! {
        <Suspense fallback=|| view! { <p class="lone text-ink-2">{words().loading}</p> }>
            {move || Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => {
                        store.filter.set(asked);
                        store.load(snapshot);
                        view! { <Loaded filter/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(filter: Memo<Filter>) -> impl IntoView {
    let store = expect_context::<Store>();
    let verdict = Memo::new(move |_| Verdict::of(store));
    view! {
        <PageTitle text=Signal::derive(move || verdict.get().alarm())/>
        <Bar/>
        <main class="overview">
            <h1 class="sr-only">{words().product}</h1>
            <Strip verdict/>
            <Endpoints/>
            <EventLog filter/>
            <Hits/>
        </main>
    }
    .into_any()
}
