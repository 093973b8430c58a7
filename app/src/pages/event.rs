//! One event: what happened, who was told of it, and the hit that it answers.

use crate::api;
use crate::parts::{Back, Bar, DeliveryLine, JsonTree, Skeleton, Trouble, When};
use crate::shell::PageTitle;
use crate::state::{Filter, OpenEvent, Store};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use wire::{ConfigView, Delivery, Problem};

/// The page of `/events/:id`.
#[component]
pub fn EventPage() -> impl IntoView {
    let store = expect_context::<Store>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let loaded = Resource::new(move || id.get(), move |id| store.fetching(fetch(id)));
    on_cleanup(move || store.event.set(None));
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok((event, deliveries, config)) => {
                        store.config.set(Some(config));
                        store.event.set(Some(OpenEvent { event, deliveries }));
                        store.catch_up();
                        view! { <Whole/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

async fn fetch(id: String) -> Result<(wire::Event, Vec<Delivery>, ConfigView), Problem> {
    futures::try_join!(api::event(&id), api::deliveries_of(&id), api::config())
}

#[component]
fn Whole() -> impl IntoView {
    let store = expect_context::<Store>();
    // An event never changes; its deliveries do.
    let event = store.event.with_untracked(|open| open.as_ref().map(|open| open.event.clone()))?;
    let deliveries = Memo::new(move |_| {
        store.event.with(|open| open.as_ref().map_or_else(Vec::new, |open| open.deliveries.clone()))
    });
    let named = event.data.get("hitId").and_then(serde_json::Value::as_str).map(str::to_owned);
    let hit = Memo::new(move |_| {
        let of_delivery = || deliveries.with(|all| all.iter().find_map(|delivery| delivery.hit_id.clone()));
        named.clone().or_else(|| of_delivery().map(|id| id.to_string()))
    });
    let title = (words().insight().event_title)(event.event_type.as_str());
    let in_log = Filter::of([("eventId", event.id.as_str())]).href();
    let page = view! {
        <PageTitle text=Signal::stored(title.clone())/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <Back/>
            <section class="panel detail-head">
                <div class="detail-title"><h1>{title}</h1></div>
                <dl class="facts facts-wide">
                    <div><dt>{words().insight().received}</dt><dd><When time=event.received_at/></dd></div>
                    <div><dt>{words().happened}</dt><dd>{event.timestamp}</dd></div>
                    <div><dt>{words().instance}</dt><dd>{event.instance_id}</dd></div>
                    <div><dt>{words().event_id}</dt><dd class="id">{event.id.to_string()}</dd></div>
                    {move || hit.get().map(|hit| view! {
                        <div>
                            <dt>{words().insight().of_hit}</dt>
                            <dd class="id"><A href=format!("/hits/{hit}")>{hit.clone()}</A></dd>
                        </div>
                    }.into_any())}
                </dl>
            </section>
            <div class="detail-columns">
                <section aria-labelledby="event-title">
                    <h2 id="event-title">{words().event_json}</h2>
                    <div class="panel event-panel"><JsonTree value=event.data/></div>
                </section>
                <section aria-labelledby="deliveries-title">
                    <h2 id="deliveries-title">{words().insight().deliveries}</h2>
                    <div class="panel padded">
                        {move || deliveries.with(Vec::is_empty).then(|| view! {
                            <p class="text-ink-2">{words().insight().nobody}</p>
                        }.into_any())}
                        <ol class="lines" data-rows="">
                            {move || {
                                deliveries
                                    .get()
                                    .into_iter()
                                    .map(|delivery| view! { <DeliveryLine delivery/> }.into_any())
                                    .collect_view()
                            }}
                        </ol>
                        <p><A href=in_log>{words().insight().in_log}</A></p>
                    </div>
                </section>
            </div>
        </main>
    };
    Some(page.into_any())
}
