//! The panel of the event log.

use super::filters::{Filters, QueryLine};
use super::first_test::first_of;
use super::slice::Slice;
use super::steps::rows_in;
use crate::curl;
use crate::parts::{DeliveryRow, Empty, Glyph, Icon, Later, Panel, rows};
use crate::rest::{Late, Rest};
use crate::state::{Filter, Store};
use crate::words::words;
use leptos::html::{Div, Ol};
use leptos::prelude::*;
use leptos_router::components::A;
use std::time::Duration;
use wire::{EventType, Problem};

/// So far from its top, the log is being read: new rows are kept back.
const READING_PX: i32 = 48;

/// So near to its end, what is older is fetched: ahead of whoever scrolls there.
const NEAR_PX: i32 = 6000;

/// What stands above the log at least, in px.
const ABOVE_PX: i32 = 150;

/// Deliveries, newest first; what is being read stays where it is.
#[component]
pub fn EventLog(
    /// Which deliveries are shown.
    filter: Memo<Filter>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let body = NodeRef::<Div>::new();
    let list = NodeRef::<Ol>::new();
    let slice = RwSignal::new(Slice::default());
    let count = Memo::new(move |_| store.rows.with(|log| log.rows().len()));
    // Whether the page lives: before that it has no style of its own, and so no place for rows that are not in it.
    let lives = RwSignal::new(false);
    let gap = move |px: fn(Slice, usize) -> i32| {
        Signal::derive(move || if lives.get() { px(slice.get(), count.get()) } else { 0 })
    };
    // Frozen by the button, or by reading further down.
    let by_hand = RwSignal::new(false);
    let still = Still { store, body, list, by_hand, focused: RwSignal::new(false) };
    let on_focus = Callback::new(move |came| if came { still.focus(true) } else { still.follow_focus() });
    let on_scroll = Callback::new(move |()| {
        // Until the rows live they must be those that stand on the page.
        if let Some(body) = body.get_untracked().filter(|_| lives.get_untracked()) {
            still.hold();
            let height = list.get_untracked().map_or(0, |list| list.offset_height());
            let top = body.scroll_top();
            let moved = if top > READING_PX {
                slice.get_untracked().moved(top, body.client_height(), height, count.get_untracked())
            } else {
                Slice::top(sight())
            };
            if moved != slice.get_untracked() {
                slice.set(moved);
            }
            if body.scroll_height() - body.scroll_top() - body.client_height() < NEAR_PX {
                fetch_older(&store);
            }
        }
    });
    when_drawn(move || {
        if lives.try_set(true).is_some() {
            return;
        }
        slice.set(Slice::top(sight()));
        // Whoever scrolled before that is there already.
        if body.get_untracked().is_some_and(|body| body.scroll_top() > READING_PX) {
            on_scroll.run(());
        }
    });
    let to_top = move |_| {
        by_hand.set(false);
        slice.set(Slice::top(sight()));
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
    let is_empty = Memo::new(move |_| count.get() == 0);
    #[cfg(feature = "hydrate")]
    {
        let resized = window_event_listener(leptos::ev::resize, move |_| on_scroll.run(()));
        on_cleanup(move || resized.remove());
    }
    view! {
        <Panel
            id="log"
            title=words().log
            body
            on_scroll=on_scroll
            tools=move || view! {
                <Later><Filters filter/></Later>
                <Late what=Rest::RedeliverMany(filter)/><Late what=Rest::Views(filter)/>
                <button
                    class="button button-small when-alive"
                    type="button"
                    aria-pressed=move || by_hand.get().to_string()
                    on:click=toggle
                >
                    {move || view! { <Icon glyph=if by_hand.get() { Glyph::Play } else { Glyph::Bars }/> }.into_any()}
                    <span>{move || if by_hand.get() { words().thaw } else { words().freeze }}</span>
                </button>
                <Later><QueryLine filter body/></Later>
                <Late what=Rest::Selected(filter)/>
            }.into_any()
        >
            {fresh(store.fresh, to_top)}
            <Head is_empty/>
            <Gap height=gap(|slice, _| slice.before_px())/>
            <Later><Rows slice list on_focus/></Later>
            <Gap height=gap(Slice::behind_px)/>
            <WithoutScripts/>
            <Older/>
            {move || is_empty.get().then(|| view! { <NoRows filter/> }.into_any())}
        </Panel>
    }
    .into_any()
}

/// Says how many rows are kept back, and leads to them.
fn fresh(
    kept_back: RwSignal<usize>,
    to_top: impl Fn(leptos::ev::MouseEvent) + Copy + Send + 'static,
) -> impl IntoView {
    view! {
        <div class="fresh-place">
            {move || (kept_back.get() > 0).then(|| view! {
                <button class="fresh" type="button" on:click=to_top>
                    "↑ "
                    {move || (words().fresh)(kept_back.get())}
                </button>
            }.into_any())}
        </div>
    }
    .into_any()
}

/// Does it behind the rows' own turn, and then when the browser draws: what is in sight has to be measured.
fn when_drawn(act: impl Fn() + Copy + 'static) {
    Effect::new(move |_| set_timeout(move || request_animation_frame(act), Duration::ZERO));
}

/// What keeps new rows back: the button, reading further down, and a row that has the focus, which it would lose as others
/// come before it.
#[derive(Clone, Copy)]
struct Still {
    store: Store,
    body: NodeRef<Div>,
    list: NodeRef<Ol>,
    by_hand: RwSignal<bool>,
    focused: RwSignal<bool>,
}

impl Still {
    fn hold(self) {
        if let Some(body) = self.body.get_untracked() {
            let reads = self.focused.get_untracked() || body.scroll_top() > READING_PX;
            self.store.pause(self.by_hand.get_untracked() || reads);
        }
    }

    fn focus(self, is_in: bool) {
        if self.focused.get_untracked() != is_in {
            self.focused.set(is_in);
            self.hold();
        }
    }

    /// Looks a moment later where the focus is: it also leaves a row that is being taken away, as with the whole page.
    fn follow_focus(self) {
        let look = move || {
            if self.focused.try_get_untracked().is_none() {
                return;
            }
            let active = document().active_element();
            self.focus(self.list.get_untracked().is_some_and(|list| list.contains(active.as_deref())));
        };
        set_timeout(look, Duration::ZERO);
    }
}

/// The rows that are in the page.
#[component]
fn Rows(
    slice: RwSignal<Slice>,
    list: NodeRef<Ol>,
    /// Called when the focus comes to a row, and when it leaves one.
    on_focus: Callback<bool>,
) -> impl IntoView {
    let shown = rows_in(slice);
    view! {
        <ol
            node_ref=list
            data-rows=""
            on:mouseover=|event| name_whole(&event)
            on:focusin=move |_| {
                let _ = on_focus.try_run(true);
            }
            on:focusout=move |_| {
                let _ = on_focus.try_run(false);
            }
        >
            {rows(move || shown.get(), |row| row.id.to_string(), |row| view! { <DeliveryRow row/> })}
        </ol>
    }
    .into_any()
}

/// The rows behind the first, for a browser that runs no scripts; to another this is a text.
#[cfg(not(feature = "hydrate"))]
#[component]
fn WithoutScripts() -> impl IntoView {
    let store = expect_context::<Store>();
    let first = Slice::default().to;
    let rows = store.rows.with_untracked(|log| log.rows().iter().skip(first).cloned().collect::<Vec<_>>());
    view! {
        <noscript>
            <ol>{rows.into_iter().map(|row| view! { <DeliveryRow row/> }.into_any()).collect_view()}</ol>
        </noscript>
    }
    .into_any()
}

/// Stays as it came.
#[cfg(feature = "hydrate")]
#[component]
fn WithoutScripts() -> impl IntoView {
    view! { <noscript inner_html=""></noscript> }.into_any()
}

/// Gives a row's link, which lies over the whole row, the names that are cut in it as its title.
fn name_whole(event: &leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    crate::keys::name_whole(event);
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// What the columns are.
#[component]
fn Head(is_empty: Memo<bool>) -> impl IntoView {
    view! {
        <div class="row row-head" hidden=is_empty aria-hidden="true">
            <span></span>
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
            <span></span>
        </div>
    }
    .into_any()
}

/// Fetches what is further back, for those who don't scroll.
#[component]
fn Older() -> impl IntoView {
    let store = expect_context::<Store>();
    view! {
        {move || {
            store.has_older.get().then(|| {
                view! {
                    <p class="empty-more">
                        <button class="button when-alive" type="button" on:click=move |_| fetch_older(&store)>
                            {words().older}
                        </button>
                    </p>
                }.into_any()
            })
        }}
    }
}

/// Stands for rows that are not in the page.
#[component]
fn Gap(height: Signal<i32>) -> impl IntoView {
    // Set by script alone: the page as it comes has no style of its own.
    let is_there = Memo::new(move |_| height.get() > 0);
    view! { {move || is_there.get().then(|| view! { <div style:height=move || format!("{}px", height.get())></div> }.into_any())} }
}

/// What the log can show at most, in px: its own height grows with its rows.
fn sight() -> i32 {
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "a window's height")]
    let height = height as i32;
    (height - ABOVE_PX).max(height / 10 * 7)
}

fn fetch_older(store: &Store) {
    let store = *store;
    leptos::task::spawn_local(async move {
        // The button stays for another try.
        let _ = store.older().await;
    });
}

#[component]
fn NoRows(filter: Memo<Filter>) -> impl IntoView {
    let store = expect_context::<Store>();
    let first = Memo::new(move |_| {
        store.endpoints.with(|cells| {
            first_of(
                cells
                    .iter()
                    .map(|cell| (cell.name.clone(), cell.endpoint.with(|endpoint| endpoint.events.clone()))),
            )
        })
    });
    let line = Signal::derive(move || {
        let event_type = first.get().map_or(EventType::MessageReceived, |(_, event_type)| event_type);
        store.config.with(|config| {
            let origin = store.origin.get();
            curl::post_event(curl::base(&origin, config.as_ref()), config.as_ref(), event_type)
        })
    });
    view! {
        {move || {
            if let Some(problem) = store.log_trouble.get() {
                return untold(&store, problem);
            }
            if filter.with(Filter::is_all) && first.with(Option::is_none) {
                return view! {
                    <Empty title=words().log_empty text=words().log_empty_nobody/>
                    <p class="empty-more"><A href="/endpoints">{words().endpoints_add}</A></p>
                }
                .into_any();
            }
            if filter.with(Filter::is_all) {
                return view! {
                    <Empty title=words().log_empty text=words().log_empty_try line/>
                    {first.get().map(|(name, event_type)| view! {
                        <div class="empty-more"><Late what=Rest::FirstTest(name, event_type)/></div>
                    }.into_any())}
                }
                .into_any();
            }
            view! {
                <Empty title=words().log_empty_filter/>
                <p class="empty-more"><A href="/">{words().show_all}</A></p>
            }
            .into_any()
        }}
    }
}

/// Why there are no rows to show, and another try.
fn untold(store: &Store, problem: Problem) -> AnyView {
    let store = *store;
    let again = move |_| {
        leptos::task::spawn_local(async move { store.refilter(store.filter.get_untracked()).await });
    };
    view! {
        <p class="notice notice-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <span>{words().trouble}": "{problem.detail}</span>
        </p>
        <p class="empty-more"><button class="button" type="button" on:click=again>{words().try_again}</button></p>
    }
    .into_any()
}
