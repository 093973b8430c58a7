//! The dashboard: rendered whole by the gateway, hydrated in the browser, kept up to date by the live stream.
//!
//! A page's data comes from `/api/v1` ([`api`]): in process on the server, by fetch in the browser. It fills the
//! [`state::Store`], which the pages show; in the browser [`live`] goes on feeding it frame by frame.

#[cfg(all(any(feature = "ssr", feature = "hydrate"), not(erase_components)))]
compile_error!("RUSTFLAGS of the environment hides .cargo/config.toml: add `--cfg=erase_components` to it");

pub mod api;
pub mod choice;
pub mod clock;
pub mod curl;
pub mod format;
pub mod keys;
pub mod live;
#[expect(unreachable_pub, reason = "the component macro repeats `pub` on a function of its own")]
pub mod pages;
#[expect(unreachable_pub, reason = "the component macro repeats `pub` on a function of its own")]
pub mod parts;
#[expect(unreachable_pub, reason = "the component macro repeats `pub` on a function of its own")]
mod rest;
mod shell;
pub mod signature;
pub mod state;
pub mod words;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};
use rest::{Late, Rest, page};
use state::Store;
#[cfg(feature = "hydrate")]
use std::time::Duration;

pub use live::{Noted, Place};
pub use shell::{Site, shell};

#[cfg(feature = "ssr")]
pub use api::Api;

/// The whole dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let store = Store::new();
    provide_context(store);
    provide_context(choice::ThemeNow::new());
    provide_context(parts::Sheets::new());
    // Effects run in the browser alone, once the page has come to life.
    #[cfg(feature = "hydrate")]
    {
        // In turns of their own, behind those of the page's parts.
        Effect::new(move |_| {
            let live = move || {
                store.lives.set_value(true);
                clock::start(store);
                shell::mark_alive();
            };
            set_timeout(live, Duration::ZERO);
        });
        // A page that was refused its data has nothing to keep up to date.
        Effect::new(move |started: Option<bool>| {
            let started = started.unwrap_or_default();
            let has_data = store.config.with(Option::is_some);
            if has_data && !started {
                set_timeout(move || live::start(store), Duration::ZERO);
            }
            has_data || started
        });
    }
    view! {
        <Router>
            <Routes fallback=pages::NotFound>
                <Route path=path!("/") view=pages::Overview ssr=SsrMode::Async/>
                <Route path=path!("/deliveries/:id") view=|| page(Rest::Delivery) ssr=SsrMode::Async/>
                <Route path=path!("/endpoints") view=|| page(Rest::Endpoints) ssr=SsrMode::Async/>
                <Route path=path!("/endpoints/:name") view=|| page(Rest::Endpoint) ssr=SsrMode::Async/>
                <Route path=path!("/events/:id") view=|| page(Rest::Event) ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=|| page(Rest::Settings) ssr=SsrMode::Async/>
                <Route path=path!("/hits/:id") view=|| page(Rest::Hit) ssr=SsrMode::Async/>
            </Routes>
            <keys::Keyboard/>
            <parts::Later><parts::Said/></parts::Later>
            <Late what=Rest::Overlays/>
        </Router>
    }
}

/// Brings the page to life in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let path = leptos::prelude::window().location().pathname();
    if path.is_ok_and(|path| path == "/") {
        leptos::mount::hydrate_body(App);
        return;
    }
    wasm_bindgen_futures::spawn_local(async {
        // Until then it stays as it came.
        rest::needed().await;
        leptos::mount::hydrate_body(App);
    });
}
