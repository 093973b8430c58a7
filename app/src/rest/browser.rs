//! The file that comes second: whoever needs something of it waits for it here.
#![expect(clippy::unnecessary_wraps, reason = "what can fail is added by wasm_split: fetching the file")]

use super::{Rest, draw};
use crate::api::{self, Method, Snapshot};
use crate::live::{Connection, wait_ms};
use crate::parts::{Skeleton, Standing};
use crate::state::{Errand, Filter, Store};
use crate::words::words;
use futures::FutureExt;
use futures::future::{Either, LocalBoxFuture, Shared, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::hooks::use_location;
use leptos_router::location::Location;
use send_wrapper::SendWrapper;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use web_sys::Event;
use wire::Problem;

/// So long it waits for its turn. (Turns are taken by the time at which they are due: those that were asked for before, to be
/// taken at once, come first however long they take.)
const BEHIND_MS: u32 = 100;

/// So long a visitor looks at an outline at most, where the gateway could draw the page.
const OUTLINE_MS: u32 = 8_000;

/// Whether the file is here.
static HERE: AtomicBool = AtomicBool::new(false);

/// All of it stands behind this one function.
#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible, preload(load))]
fn drawn(what: Rest) -> Result<AnyView, SplitLoaderError> {
    Ok(draw(what))
}

/// Fetches the file, once.
async fn fetch() -> Result<(), SplitLoaderError> {
    load().await?;
    HERE.store(true, Ordering::Relaxed);
    Ok(())
}

thread_local! {
    /// One for all who wait: what can't be fetched now is tried again, ever more slowly.
    static ARRIVAL: Shared<LocalBoxFuture<'static, ()>> = async {
        // Behind all that comes to life without it, each part of which has a turn of its own.
        TimeoutFuture::new(BEHIND_MS).await;
        let mut failures = 0;
        while fetch().await.is_err() {
            // `start.js` looks whether there is such a file at all.
            let _ = Event::new("missing").map(|missing| window().dispatch_event(&missing));
            pause(failures).await;
            failures += 1;
        }
    }
    .boxed_local()
    .shared();
}

/// Waits for the file, which is asked for at once where the page can't live without it.
pub(crate) async fn needed() {
    if fetch().await.is_err() {
        arrival().await;
    }
}

/// Waits for the file.
fn arrival() -> impl Future<Output = ()> {
    ARRIVAL.with(Clone::clone)
}

/// Fetches the file while a visitor looks at an outline; tells whether it came.
async fn fetched_soon() -> bool {
    let late = TimeoutFuture::new(OUTLINE_MS);
    matches!(select(Box::pin(fetch()), late).await, Either::Left((Ok(()), _)))
}

async fn pause(failures: u32) {
    TimeoutFuture::new(wait_ms(failures, js_sys::Math::random())).await;
}

fn draw_now(what: Rest) -> Option<AnyView> {
    let here = HERE.load(Ordering::Relaxed);
    if here { drawn(what).now_or_never()?.ok() } else { None }
}

/// One of the pages; who is faster than the file sees its outline until then.
pub(crate) fn page(what: Rest) -> AnyView {
    if let Some(view) = draw_now(what.clone()) {
        return view;
    }
    let here = RwSignal::new(false);
    let store = expect_context::<Store>();
    let Location { pathname, search, .. } = use_location();
    leptos::task::spawn_local(async move {
        let mut failures = 0;
        while !fetched_soon().await {
            // The visitor may have left the page already.
            if here.try_get_untracked().is_none() {
                return;
            }
            if store.connection.get_untracked() == Connection::Live {
                // The gateway is there, and draws it too. (Where it was gone to, so that one step back leaves it.)
                let mut there = pathname.get_untracked();
                let query = search.get_untracked();
                if !query.is_empty() {
                    there = format!("{there}?{query}");
                }
                let _ = window().location().replace(&there);
                return;
            }
            pause(failures).await;
            failures += 1;
        }
        let _ = here.try_set(true);
    });
    view! { {move || if here.get() { draw_now(what.clone()) } else { Some(view! { <Skeleton/> }.into_any()) }} }
        .into_any()
}

/// What stands on no page as it comes.
pub(crate) fn part(what: Rest) -> AnyView {
    once_here(what, || Some(view! { <span class="text-ink-2">{words().loading}</span> }.into_any()))
}

fn once_here(what: Rest, until_then: fn() -> Option<AnyView>) -> AnyView {
    let here = RwSignal::new(HERE.load(Ordering::Relaxed));
    if !here.get_untracked() {
        when_here(move || {
            let _ = here.try_set(true);
        });
    }
    view! { {move || if here.get() { draw_now(what.clone()) } else { until_then() }} }.into_any()
}

/// What stands on a page as it comes, and gives way to what lives when the file is here.
/// (Others are brought to life as they stand; by then these may be others than those on the page.)
#[component]
pub fn Late(what: Rest) -> impl IntoView {
    // On a page that was gone to from another nothing stands yet. (So it stands in no `Later` that stands in another: the page
    // lives before that.)
    if expect_context::<Store>().lives.get_value() {
        return view! { <div class="later">{once_here(what, || None)}</div> }.into_any();
    }
    let standing = Standing::new();
    let view = standing.view("later waits");
    when_here(move || standing.give_way(|| draw_now(what)));
    view
}

type UnderWay<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// What it ends with; without the file it can't begin.
async fn ended<T>(under_way: Result<UnderWay<T>, SplitLoaderError>) -> Result<T, Problem> {
    match under_way {
        Ok(under_way) => under_way.await,
        Err(_) => Err(api::incomplete()),
    }
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn started(errand: Errand, store: Store) -> Result<UnderWay<()>, SplitLoaderError> {
    Ok(Box::pin(async move { errand.run(&store).await }))
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn sent(method: Method, path: String, body: Option<String>) -> Result<UnderWay<String>, SplitLoaderError> {
    Ok(Box::pin(api::fetch(method, path, body)))
}

/// Asks the API.
pub(crate) async fn send(method: Method, path: String, body: Option<String>) -> Result<String, Problem> {
    ended(sent(method, path, body).await).await
}

/// Fetches what a page asks for by itself.
pub(crate) async fn run(errand: Errand, store: &Store) -> Result<(), Problem> {
    ended(started(errand, *store).await).await
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, fallible)]
fn asked(filter: Filter) -> Result<UnderWay<Snapshot>, SplitLoaderError> {
    Ok(Box::pin(async move { api::snapshot(&filter).await }))
}

/// Fetches what an overview shows that was gone to from another page.
pub(crate) fn snapshot(filter: Filter) -> impl Future<Output = Result<Snapshot, Problem>> + Send {
    SendWrapper::new(async move { ended(asked(filter).await).await })
}

/// Does it in a turn of its own, as soon as the file is here.
fn when_here(act: impl FnOnce() + 'static) {
    leptos::task::spawn_local(async move {
        arrival().await;
        set_timeout(act, Duration::ZERO);
    });
}
