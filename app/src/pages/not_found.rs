//! The page for an address that leads nowhere.

use crate::parts::{Bar, Glyph, Icon, set_status};
use crate::shell::PageTitle;
use crate::words::words;
use leptos::prelude::*;

/// Nothing here.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! {
        <PageTitle text=Signal::stored(words().not_found_title.to_owned())/>
        <Bar/>
        <main class="lone" id="log" tabindex="-1">
            <h1><Icon glyph=Glyph::Ring/>{words().not_found_title}</h1>
            <p>{words().not_found_text}</p>
            <p><a class="button" href="/">{words().to_overview}</a></p>
        </main>
    }
    .into_any()
}
