//! One inbound hit: what came, whether it was believed, and what the agent made of it.

use super::{Glyph, Icon, Tone, When};
use crate::state::HitCell;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{Hit, Outcome, RunStatus};

/// A hit.
#[component]
pub fn HitRow(
    /// Which.
    cell: HitCell,
) -> impl IntoView {
    let hit = cell.hit;
    // A hit changes a few times in its life: redrawn as a whole.
    view! { <li class="hit">{move || content(&hit.get())}</li> }
}

fn content(hit: &Hit) -> impl IntoView + use<> {
    let detail = hit
        .run
        .as_ref()
        .and_then(|run| run.error.clone().or_else(|| run.reply.clone()))
        .or_else(|| hit.cause.clone())
        .or_else(|| hit.prompt.clone());
    let missing = (!hit.missing.is_empty()).then(|| (words().hit_missing)(hit.missing.len()));
    let whole = detail.clone();
    let href = format!("/hits/{}", hit.id);
    let badge = badge_of_hit(hit);
    let inbound = hit.inbound.clone();
    view! {
        {badge}
        <span class="hit-name truncate"><A href=href attr:data-row="">{inbound}</A></span>
        <span>{hit.status_code}</span>
        <span class="hit-when"><When time=hit.received_at/></span>
        <span class="hit-more truncate text-ink-2" title=whole>
            {(words().verification)(hit.verification)}
            {missing.map(|missing| format!(" · {missing}"))}
            {detail.map(|detail| format!(" · {detail}"))}
        </span>
    }
    .into_any()
}

/// The run's word where there is one, else the hit's.
pub fn badge_of_hit(hit: &Hit) -> impl IntoView + use<> {
    let (glyph, tone, word) = match (hit.outcome, hit.run.as_ref().map(|run| run.status)) {
        (Outcome::Refused, _) => (Glyph::Stop, Tone::Bad, (words().outcome)(Outcome::Refused)),
        (Outcome::Duplicate, _) => (Glyph::Struck, Tone::Quiet, (words().outcome)(Outcome::Duplicate)),
        (Outcome::Accepted, None) => (Glyph::Tick, Tone::Good, (words().outcome)(Outcome::Accepted)),
        (Outcome::Accepted, Some(run)) => {
            let (glyph, tone) = looks_of_run(run);
            (glyph, tone, (words().run)(run))
        }
    };
    view! { <span class=tone.class()><Icon glyph/><span>{word}</span></span> }.into_any()
}

/// The looks of a run's status.
pub const fn looks_of_run(status: RunStatus) -> (Glyph, Tone) {
    match status {
        RunStatus::Queued => (Glyph::Clock, Tone::Quiet),
        RunStatus::Running => (Glyph::Arrow, Tone::Busy),
        RunStatus::Succeeded | RunStatus::Accepted => (Glyph::Tick, Tone::Good),
        RunStatus::Failed => (Glyph::Stop, Tone::Bad),
    }
}
