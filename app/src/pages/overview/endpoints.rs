//! The panel of endpoints.

use crate::parts::{Empty, EndpointRow, Panel, rows};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;

/// Every endpoint, worst first.
#[component]
pub fn Endpoints() -> impl IntoView {
    let store = expect_context::<Store>();
    let count = Signal::derive(move || store.endpoints.with(Vec::len));
    view! {
        <Panel
            id="endpoints"
            title=words().endpoints
            count
            tools=|| view! { <span class="text-ink-2">{words().five_minutes}</span> }.into_any()
        >
            <ul data-rows="">
                {rows(move || store.endpoints.get(), |cell| cell.name.clone(), |cell| view! { <EndpointRow cell/> })}
            </ul>
            {move || (count.get() == 0).then(|| view! {
                <Empty title=words().no_endpoints text=words().endpoints_empty/>
                <p class="empty-more"><A href="/endpoints">{words().endpoints_add}</A></p>
            }.into_any())}
        </Panel>
    }
    .into_any()
}
