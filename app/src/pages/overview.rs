//! The one screen to leave open all day: totals, endpoints, the event log and inbound hits, live.

mod endpoints;
mod event_log;
mod filters;
mod first_test;
mod hits;
mod redeliver_many;
mod selected;
mod slice;
mod steps;
mod views;

pub use first_test::FirstTest;
pub use hits::Hits;
pub use redeliver_many::RedeliverMany;
pub use selected::Selected;
pub use views::Views;

use crate::live::Connection;
use crate::parts::{Bar, Later, Skeleton, Strip, Trouble, Verdict};
use crate::rest::{self, Late, Rest};
use crate::shell::PageTitle;
use crate::state::{Filter, Store};
use crate::words::words;
use endpoints::Endpoints;
use event_log::EventLog;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The overview.
#[component]
pub fn Overview() -> impl IntoView {
    let store = expect_context::<Store>();
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        query.with(|query| Filter::of(query.into_iter().map(|(name, value)| (name.as_ref(), value))))
    });
    let asked = filter.get_untracked();
    Effect::new(move |_| {
        let filter = filter.get();
        if store.ready.get() && store.filter.get_untracked() != filter {
            leptos::task::spawn_local(async move {
                store.refilter(filter).await;
            });
        }
    });
    if store.ready.get_untracked() {
        return view! { <Loaded filter/> }.into_any();
    }
    let first = asked.clone();
    let snapshot = Resource::new(|| (), move |()| store.fetching(rest::snapshot(first.clone())));
    view! {
        <Suspense fallback=|| view! { <Skeleton overview=true/> }>
            {move || {
                let asked = asked.clone();
                Suspend::new(async move {
                match snapshot.await {
                    Ok(snapshot) => {
                        store.filter.set(asked.clone());
                        store.load(snapshot, &asked);
                        store.catch_up();
                        view! { <Loaded filter/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(filter: Memo<Filter>) -> impl IntoView {
    let store = expect_context::<Store>();
    let verdict = Memo::new(move |_| Verdict::of(store));
    let is_stale =
        move || matches!(store.connection.get(), Connection::Reconnecting(_) | Connection::Offline);
    view! {
        <PageTitle text=Signal::derive(move || verdict.get().alarm())/>
        <Bar/>
        <main class="overview" class:stale=is_stale>
            <h1 class="sr-only">{words().product}</h1>
            <Later><Strip verdict/></Later>
            <Later><Endpoints/></Later>
            <EventLog filter/>
            <Late what=Rest::Hits/>
        </main>
    }
    .into_any()
}
