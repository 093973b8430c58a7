//! The panel of what comes in: the agent, the paths, and the newest hits.

use crate::curl;
use crate::parts::{AgentLine, Empty, HitRow, InboundRow, Panel, rows};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;

/// Hits, newest first; before the first one, the line that makes it.
#[component]
pub fn Hits() -> impl IntoView {
    let store = expect_context::<Store>();
    let is_empty = Memo::new(move |_| store.hits.with(Vec::is_empty));
    let text = Signal::derive(move || {
        let has_agent =
            store.config.with(|config| config.as_ref().is_some_and(|config| config.agent.is_some()));
        match (store.inbound.with(Vec::is_empty), has_agent) {
            (true, _) => words().hits_none_configured,
            (false, true) => words().hits_empty_try,
            (false, false) => words().hits_empty_record,
        }
    });
    let line = Signal::derive(move || {
        store.config.with(|config| {
            let origin = store.origin.get();
            let base = curl::base(&origin, config.as_ref());
            store.inbound.with(|inbound| curl::post_hit(base, config.as_ref(), inbound))
        })
    });
    view! {
        <Panel id="inbound" title=words().inbound>
            <AgentLine/>
            <ul>
                {move || {
                    store.inbound.get().into_iter().map(|inbound| view! { <InboundRow inbound/> }.into_any()).collect_view()
                }}
            </ul>
            {move || (!is_empty.get()).then(|| view! { <h3 class="panel-part">{words().trace().newest}</h3> }.into_any())}
            <ol data-rows="">
                {rows(move || store.hits.get(), |cell| cell.id.to_string(), |cell| view! { <HitRow cell/> })}
            </ol>
            {move || is_empty.get().then(|| view! { <Empty title=words().hits_empty text line/> }.into_any())}
        </Panel>
    }
    .into_any()
}
