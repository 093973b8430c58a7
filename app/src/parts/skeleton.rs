//! A page's shape while its data is on its way, so that nothing jumps when it comes.

use super::Bar;
use crate::words::words;
use leptos::prelude::*;

/// The shape: of the overview, or of any other page.
#[component]
pub fn Skeleton(
    /// Whether it is the overview.
    #[prop(optional)]
    overview: bool,
) -> impl IntoView {
    let content = if overview {
        view! {
            <main class="overview" aria-busy="true">
                <div class="strip skeleton-strip"></div>
                <div class="panel" id="endpoints">{lines(4)}</div>
                <div class="panel" id="log">{lines(10)}</div>
                <div class="panel" id="inbound">{lines(4)}</div>
            </main>
        }
        .into_any()
    } else {
        view! {
            <main class="detail" aria-busy="true">
                <div class="panel detail-head">{lines(2)}</div>
                <div class="detail-columns">
                    <div class="panel">{lines(8)}</div>
                    <div class="panel">{lines(6)}</div>
                </div>
            </main>
        }
        .into_any()
    };
    view! {
        <Bar/>
        <p class="sr-only" role="status">{words().loading}</p>
        {content}
    }
    .into_any()
}

fn lines(count: usize) -> impl IntoView {
    (0..count).map(|_| view! { <div class="skeleton-line"></div> }.into_any()).collect_view()
}
