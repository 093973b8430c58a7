//! The way back to the event log, as it was filtered.

use super::{Glyph, Icon};
use crate::state::{Filter, Store};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;

/// The link.
#[component]
pub fn Back() -> impl IntoView {
    let filter = expect_context::<Store>().filter;
    view! {
        <p class="detail-back">
            <A href=move || filter.with(Filter::href)><Icon glyph=Glyph::Back/>{words().back}</A>
        </p>
    }
    .into_any()
}
