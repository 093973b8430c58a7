//! One endpoint: how it does and since when, what can be done to it, its deliveries, its configuration, and whether what
//! it gets is what it should.

mod change;
mod checks;
mod configuration;
mod head;
mod over_time;
mod preview;
mod reveal;
mod verifier;

use crate::api;
use crate::choice::window_chosen;
use crate::parts::{Back, Bar, DeliveryLine, Later, Skeleton, Times, Trouble, WindowFigures, rows};
use crate::shell::PageTitle;
use crate::state::{EndpointCell, Store};
use crate::words::words;
use change::Change;
use checks::Checks;
use configuration::Configuration;
use head::Head;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use over_time::OverTime;
use preview::Preview;
use reveal::Reveal;
use verifier::Verifier;
use wire::{
    Check, ConfigView, Delivery, Endpoint, Event, List, Problem, Source, Stats, StatsWindow, Window, Windows,
};

/// Deliveries that have a line; the drawing above them shows more.
const LINES: usize = 20;

/// The page of `/endpoints/:name`.
#[component]
pub fn EndpointPage() -> impl IntoView {
    let store = expect_context::<Store>();
    let params = use_params_map();
    let name = Memo::new(move |_| params.read().get("name").unwrap_or_default());
    let loaded = Resource::new(move || name.get(), move |name| store.fetching(fetch(name, window_chosen())));
    on_cleanup(move || store.receiver.set(None));
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(((endpoint, deliveries), events, (stats, checks), config)) => {
                        store.config.set(Some(config));
                        store.show_receiver(endpoint, deliveries);
                        store.catch_up();
                        view! { <Whole events stats checks/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

type Loaded = ((Endpoint, Vec<Delivery>), Vec<Event>, (Stats, List<Check>), ConfigView);

async fn fetch(name: String, chosen: Option<StatsWindow>) -> Result<Loaded, Problem> {
    let known = async {
        let (endpoint, deliveries) = api::endpoint(&name).await?;
        let stats = api::stats_of(&name, chosen.unwrap_or_else(|| shortest(&endpoint.windows))).await?;
        Ok(((endpoint, deliveries), stats))
    };
    let (((endpoint, deliveries), stats), events, checks, config) =
        futures::try_join!(known, api::events(), api::checks(&name, None), api::config())?;
    Ok(((endpoint, deliveries), events, (stats, checks), config))
}

/// The shortest window in which there was an attempt: a longer one would be empty for the most part.
fn shortest(windows: &Windows) -> StatsWindow {
    let had = |window: &Window| window.delivered + window.failed > 0;
    match windows {
        Windows { m5, .. } if had(m5) => StatsWindow::M5,
        Windows { h1, .. } if had(h1) => StatsWindow::H1,
        Windows { h24, .. } if had(h24) => StatsWindow::H24,
        _ => StatsWindow::M5,
    }
}

#[component]
fn Whole(events: Vec<Event>, stats: Stats, checks: List<Check>) -> impl IntoView {
    let store = expect_context::<Store>();
    let cell = store.receiver.with_untracked(|open| open.as_ref().map(|open| open.cell.clone()))?;
    let EndpointCell { name, endpoint } = cell.clone();
    let first = endpoint.get_untracked();
    let made_here = first.source == Source::Api;
    let endpoint = Signal::derive(move || endpoint.get());
    let name = StoredValue::new(name);
    let page = view! {
        <PageTitle text=Signal::stored(name.get_value())/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <Back to=("/endpoints", words().endpoints)/>
            <Head cell endpoint/>
            <div class="detail-columns">
                <div class="stack">
                    <Later><OverTime name=name.get_value() first=stats/></Later>
                    <section aria-labelledby="figures-title">
                        <h2 id="figures-title">{words().receiver().figures}</h2>
                        <div class="panel padded"><WindowFigures endpoint whole=true/></div>
                    </section>
                    <Later><Deliveries name=name.get_value()/></Later>
                    <Later><Preview name=name.get_value() events/></Later>
                </div>
                <div class="stack">
                    <Later><Configuration endpoint/></Later>
                    {(made_here && first.signed).then(|| view! { <Reveal name=name.get_value()/> }.into_any())}
                    <Later><Checks name=name.get_value() endpoint first=checks/></Later>
                    {made_here.then(|| view! { <Change first/> }.into_any())}
                    <Later><Verifier/></Later>
                </div>
            </div>
        </main>
    };
    Some(page.into_any())
}

#[component]
fn Deliveries(name: String) -> impl IntoView {
    let store = expect_context::<Store>();
    let deliveries = Memo::new(move |_| {
        store.receiver.with(|open| open.as_ref().map_or_else(Vec::new, |open| open.deliveries.clone()))
    });
    let newest =
        move || deliveries.with(|deliveries| deliveries.iter().take(LINES).cloned().collect::<Vec<_>>());
    let href = format!("/?endpoint={name}");
    view! {
        <section aria-labelledby="deliveries-title">
            <h2 id="deliveries-title">{words().receiver().deliveries}</h2>
            <div class="panel padded">
                <Times deliveries/>
                {move || deliveries.with(Vec::is_empty).then(|| view! {
                    <p class="text-ink-2">{words().receiver().no_deliveries}</p>
                }.into_any())}
                <ol class="lines lines-long" data-rows="">
                    // A line that changed is made anew, and no other.
                    {rows(newest, what_shows, |delivery| view! { <DeliveryLine by_event=true delivery/> })}
                </ol>
                <p><A href=href>{words().receiver().all_deliveries}</A></p>
            </div>
        </section>
    }
    .into_any()
}

/// What a line shows of a delivery that can become another.
fn what_shows(delivery: &Delivery) -> String {
    let next = delivery.next_attempt_at.map_or(0, |at| at.0);
    format!("{} {} {} {next}", delivery.id, delivery.status, delivery.attempts)
}
