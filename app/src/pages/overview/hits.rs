//! The panel of inbound hits.

use crate::curl;
use crate::parts::{Empty, HitRow, Panel};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;

/// Hits, newest first; before the first one, the line that makes it.
#[component]
pub fn Hits() -> impl IntoView {
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
            <ol>
                <For each=move || store.hits.get() key=|cell| cell.id.clone() let:cell>
                    <HitRow cell/>
                </For>
            </ol>
            {move || is_empty.get().then(|| view! { <Empty title=words().hits_empty text line/> })}
        </Panel>
    }
    .into_any()
}
