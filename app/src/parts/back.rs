//! The way back: to the event log, as it was filtered, or to the list that the page's subject is of.

use super::{Glyph, Icon};
use crate::state::{Filter, Store};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;

/// The link.
#[component]
pub fn Back(
    /// The list's path and name, where it is not the log.
    #[prop(optional)]
    to: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let filter = expect_context::<Store>().filter;
    let (href, said) = match to {
        None => (Signal::derive(move || filter.with(Filter::href)), words().back),
        Some((path, said)) => (Signal::stored(path.to_owned()), said),
    };
    view! {
        <p class="detail-back">
            <A href=move || href.get()><Icon glyph=Glyph::Back/>{said}</A>
        </p>
    }
    .into_any()
}
