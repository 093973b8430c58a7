//! One delivery in the event log.

use super::{AskButton, Left, ReasonLine, StatusBadge, When};
use crate::format::{maybe_span, tries};
use crate::state::Row;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::DeliveryStatus;

/// A row; a failed one has a second line with what to do, and the button that does it.
#[component]
pub fn DeliveryRow(
    /// The row.
    row: Row,
) -> impl IntoView {
    let Row { id, delivery, ask } = row;
    // What never changes is read once.
    let (event_type, endpoint, agent, created_at) = delivery.with_untracked(|delivery| {
        (delivery.event_type, delivery.endpoint.clone(), delivery.agent_id.clone(), delivery.created_at)
    });
    let read = move || delivery.get();
    let status = Memo::new({
        let read = read.clone();
        move |_| read().status
    });
    let tried = Memo::new({
        let read = read.clone();
        move |_| {
            let delivery = read();
            tries(delivery.attempts, delivery.max_attempts)
        }
    });
    let reason = Memo::new({
        let read = read.clone();
        move |_| read().last_reason
    });
    let code = Memo::new({
        let read = read.clone();
        move |_| read().last_status_code
    });
    let next = Memo::new({
        let read = read.clone();
        move |_| {
            let delivery = read();
            delivery.next_attempt_at.filter(|_| delivery.status == DeliveryStatus::Retrying)
        }
    });
    let took = Memo::new(move |_| maybe_span(read().last_duration_ms));
    let held = move || (status.get() == DeliveryStatus::Held).then_some(words().status_held_why);
    let label = (words().delivery_title)(event_type.as_str(), &endpoint);
    let href = format!("/deliveries/{id}");
    view! {
        <li class="row" class:row-failed=move || status.get() == DeliveryStatus::Failed>
            <span class="row-status"><StatusBadge status/></span>
            <span class="row-type"><A href=href>{event_type.as_str()}</A></span>
            <span class="row-to">
                <span class="truncate">{endpoint}</span>
                {agent.map(|agent| view! { <span class="truncate text-ink-2">{agent}</span> })}
            </span>
            <span class="row-tries">
                {tried}
                <span class="sr-only">{words().column_attempts}</span>
            </span>
            <span class="row-result">
                <ReasonLine reason code/>
                <span class="row-next"><Left until=next said=words().again_within/></span>
                {held}
            </span>
            <span class="row-took">{took}</span>
            <span class="row-when"><When time=created_at/></span>
            {move || (status.get() == DeliveryStatus::Failed).then(|| view! {
                <span class="row-more">
                    <span>{move || reason.get().map(words().hint)}</span>
                    <AskButton id=id.clone() label=label.clone() ask=ask.clone()/>
                </span>
            })}
        </li>
    }
    .into_any()
}
