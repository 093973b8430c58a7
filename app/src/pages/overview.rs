//! The one screen to leave open all day: totals, endpoints, the event log and inbound hits, live.

use crate::parts::{Bar, DeliveryRow, Empty, EndpointRow, Glyph, HitRow, Icon, Panel, Strip, Trouble, Verdict};
use crate::shell::PageTitle;
use crate::state::{Filter, Store};
use crate::words::words;
use crate::{api, curl};
use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

/// So far from its top, the log is being read: new rows are kept back.
const READING_PX: i32 = 48;

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

#[component]
fn Endpoints() -> impl IntoView {
    let store = expect_context::<Store>();
    let count = Signal::derive(move || store.endpoints.with(Vec::len));
    view! {
        <Panel id="endpoints" title=words().endpoints count>
            <ul class="endpoints">
                <For each=move || store.endpoints.get() key=|cell| cell.name.clone() let:cell>
                    <EndpointRow cell/>
                </For>
            </ul>
            {move || (count.get() == 0).then(|| view! {
                <Empty title=words().no_endpoints text=words().endpoints_empty/>
            })}
        </Panel>
    }
    .into_any()
}

#[component]
fn EventLog(filter: Memo<Filter>) -> impl IntoView {
    let store = expect_context::<Store>();
    let body = NodeRef::<Div>::new();
    // Paused by the button, or by reading further down.
    let by_hand = RwSignal::new(false);
    let on_scroll = Callback::new(move |()| {
        if let Some(body) = body.get_untracked() {
            store.pause(by_hand.get_untracked() || body.scroll_top() > READING_PX);
        }
    });
    let to_top = move |_| {
        by_hand.set(false);
        if let Some(body) = body.get_untracked() {
            body.set_scroll_top(0);
        }
        store.pause(false);
    };
    let toggle = move |event: leptos::ev::MouseEvent| {
        if by_hand.get_untracked() {
            to_top(event);
        } else {
            by_hand.set(true);
            store.pause(true);
        }
    };
    let is_empty = Memo::new(move |_| store.rows.with(Vec::is_empty));
    view! {
        <Panel
            id="log"
            title=words().log
            body
            on_scroll=on_scroll
            tools=move || view! {
                <Filters filter/>
                <button
                    class="button button-small when-alive"
                    type="button"
                    aria-pressed=move || by_hand.get().to_string()
                    on:click=toggle
                >
                    {move || view! { <Icon glyph=if by_hand.get() { Glyph::Play } else { Glyph::Bars }/> }}
                    <span>{move || if by_hand.get() { words().resume } else { words().pause }}</span>
                </button>
            }
        >
            <div class="fresh-place">
                {move || (store.fresh.get() > 0).then(|| view! {
                    <button class="fresh" type="button" on:click=to_top>
                        "↑ "
                        {move || (words().fresh)(store.fresh.get())}
                    </button>
                })}
            </div>
            <div class=move || if is_empty.get() { "row row-head hidden" } else { "row row-head" } aria-hidden="true">
                <span>{words().column_status}</span>
                <span>{words().column_event}</span>
                <span>{words().column_endpoint}</span>
                <span class="row-tries">{words().column_attempts}</span>
                <span>{words().column_result}</span>
                <span class="row-took">{words().column_took}</span>
                <span class="row-when">
                    {words().column_when}
                    <span class="when-still">" "{words().utc}</span>
                </span>
            </div>
            <ol class="rows">
                <For each=move || store.rows.get() key=|row| row.id.clone() let:row>
                    <DeliveryRow row/>
                </For>
            </ol>
            {move || is_empty.get().then(|| view! { <NoRows filter/> })}
        </Panel>
    }
    .into_any()
}

#[component]
fn NoRows(filter: Memo<Filter>) -> impl IntoView {
    let store = expect_context::<Store>();
    let line = Signal::derive(move || {
        store.config.with(|config| {
            let origin = store.origin.get();
            curl::post_event(curl::base(&origin, config.as_ref()), config.as_ref())
        })
    });
    move || match filter.get() {
        Filter::All => view! { <Empty title=words().log_empty text=words().log_empty_try line/> }.into_any(),
        Filter::Only(_) => view! {
            <Empty title=words().log_empty_filter/>
            <p class="empty-more"><A href="/">{words().show_all}</A></p>
        }
        .into_any(),
    }
}

#[component]
fn Filters(filter: Memo<Filter>) -> impl IntoView {
    view! {
        <nav class="chips" aria-label=words().filter>
            {Filter::OFFERED
                .into_iter()
                .map(|offered| {
                    let (href, text) = match offered {
                        Filter::All => ("/".to_owned(), words().filter_all),
                        Filter::Only(status) => (format!("/?status={status}"), (words().status)(status)),
                    };
                    view! {
                        <a
                            class="chip"
                            href=href
                            aria-current=move || (filter.get() == offered).then_some("true")
                        >
                            {text}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
    .into_any()
}

#[component]
fn Hits() -> impl IntoView {
    let store = expect_context::<Store>();
    let is_empty = Memo::new(move |_| store.hits.with(Vec::is_empty));
    let text = Signal::derive(move || {
        if store.inbound.with(Vec::is_empty) { words().hits_none_configured } else { words().hits_empty_try }
    });
    let line = Signal::derive(move || {
        store.config.with(|config| {
            let origin = store.origin.get();
            let base = curl::base(&origin, config.as_ref());
            store.inbound.with(|inbound| curl::post_hit(base, config.as_ref(), inbound))
        })
    });
    view! {
        <Panel id="inbound" title=words().inbound count=Signal::derive(move || store.hits.with(Vec::len))>
            <ol class="hits">
                <For each=move || store.hits.get() key=|cell| cell.id.clone() let:cell>
                    <HitRow cell/>
                </For>
            </ol>
            {move || is_empty.get().then(|| view! { <Empty title=words().hits_empty text line/> })}
        </Panel>
    }
    .into_any()
}
