//! One inbound endpoint: its path, who gets its hits, and how many came in a day.

use super::{Glyph, Icon, Tone};
use crate::format::count;
use crate::words::words;
use leptos::prelude::*;
use wire::Inbound;

/// An inbound endpoint.
#[component]
pub fn InboundRow(
    /// It.
    inbound: Inbound,
) -> impl IntoView {
    let hits = inbound.hits;
    let figures = [
        (words().trace().accepted, hits.accepted, false),
        (words().trace().refused, hits.refused, hits.refused > 0),
        (words().trace().repeated, hits.duplicate, false),
        (words().trace().waiting, inbound.queued, false),
        (words().trace().running, inbound.running, false),
    ];
    let path = inbound.path;
    let is_bad = inbound.fault.is_some();
    view! {
        <li class="inbound" class:inbound-bad=is_bad>
            <p class="inbound-head">
                <span class="id truncate" title=path.clone()>{path.clone()}</span>
                <span class="text-ink-2 truncate">"→ "{inbound.agent_id}</span>
            </p>
            {inbound.fault.map(|fault| view! {
                <p class="inbound-fault">
                    <span class=Tone::Bad.class()><Icon glyph=Glyph::Diamond/></span>
                    <span>{(words().trace().refuses)(&fault)}</span>
                </p>
            }.into_any())}
            <dl class="figures" aria-label=words().trace().day>
                {figures.map(|(name, figure, is_bad)| view! {
                    <div class:figure-bad=is_bad><dt>{name}</dt><dd>{count(figure)}</dd></div>
                }.into_any())}
            </dl>
        </li>
    }
    .into_any()
}
