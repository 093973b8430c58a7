//! The bar at the top of every page: what this is, whose, and whether it is live.

use super::{ConnectionBadge, DisplayMenu, Glyph, Icon, PaletteButton};
use crate::live::Noted;
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;

/// The bar, and below it what concerns every page: a refused configuration.
#[component]
pub fn Bar() -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = Memo::new(move |_| store.config.with(|config| Some(config.as_ref()?.instance_id.clone())));
    let demo =
        Memo::new(move |_| store.config.with(|config| config.as_ref().is_some_and(|config| config.demo)));
    let refused = Memo::new(move |_| store.config.with(|config| config.as_ref()?.reload.error.clone()));
    // Known where the page is made; in the browser it stays as it came.
    let place = use_context::<Noted>().and_then(|noted| noted.place()).map(|place| place.to_string());
    view! {
        // By the browser itself, which moves the focus too.
        <a class="skip" href="#log" rel="external">{words().skip}</a>
        <header class="bar" data-place=place>
            <a class="brand" href="/">
                <Icon glyph=Glyph::Claw/>
                <span>{words().product}</span>
            </a>
            <nav class="pages" aria-label=words().pages>
                <A href="/" exact=true>{words().overview}</A>
                <A href="/endpoints">{words().endpoints}</A>
                <A href="/settings">{words().settings_title}</A>
            </nav>
            {move || demo.get().then(|| view! {
                <span class="demo" title=words().demo_long>
                    <strong>{words().demo}</strong>
                    <span>{words().demo_long}</span>
                </span>
            }.into_any())}
            <span class="grow"></span>
            {move || instance.get().map(|name| view! {
                <span class="instance"><span class="text-ink-2">{words().instance}</span>" "<span>{name}</span></span>
            }.into_any())}
            {move || instance.get().map(|_| view! { <ConnectionBadge/> }.into_any())}
            <PaletteButton/>
            <DisplayMenu/>
        </header>
        {move || refused.get().map(|error| view! {
            <p class="notice notice-bad" role="alert">
                <Icon glyph=Glyph::Stop/>
                <span>{(words().config_refused)(&error)}</span>
            </p>
        }.into_any())}
    }
    .into_any()
}
