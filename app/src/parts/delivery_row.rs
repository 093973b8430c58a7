//! One delivery in the event log.

use super::{AskButton, Glyph, Icon, Left, ReasonLine, StatusBadge, When};
use crate::api::segment;
use crate::format::{maybe_span, tries};
use crate::state::{Ask, Row, Store};
use crate::words::words;
use leptos::prelude::*;
use wire::{Delivery, DeliveryStatus};

/// A row; a failed one has a second line with what to do, and the button that does it.
#[component]
pub fn DeliveryRow(
    /// The row.
    row: Row,
) -> impl IntoView {
    let Row { id, delivery, ask } = row;
    // What never changes is read once.
    let (event_type, endpoint, agent, created_at, of_event) = delivery.with_untracked(|delivery| {
        let of_event = format!("/events/{}", segment(delivery.event_id.as_str()));
        (
            delivery.event_type,
            delivery.endpoint.clone(),
            delivery.agent_id.clone(),
            delivery.created_at,
            of_event,
        )
    });
    let status = part(&delivery, |delivery| delivery.status);
    let tried = part(&delivery, |delivery| tries(delivery.attempts, delivery.max_attempts));
    let reason = part(&delivery, |delivery| delivery.last_reason);
    let code = part(&delivery, |delivery| delivery.last_status_code);
    let next = part(&delivery, |delivery| {
        delivery.next_attempt_at.filter(|_| delivery.status == DeliveryStatus::Retrying)
    });
    let took = part(&delivery, |delivery| maybe_span(delivery.last_duration_ms));
    let is_ill = move || matches!(status.get(), DeliveryStatus::Failed | DeliveryStatus::Retrying);
    // Any row can be sent again by its key, and then says what comes of it.
    let has_more = Memo::new({
        let ask = ask.clone();
        move |_| is_ill() || ask.with(|ask| *ask != Ask::Idle)
    });
    let hinted = Memo::new(move |_| reason.get().filter(|_| is_ill()));
    let held = move || (status.get() == DeliveryStatus::Held).then_some(words().status_held_why);
    let label = (words().delivery_title)(event_type.as_str(), &endpoint);
    let delivered = {
        let label = label.clone();
        move || (status.get() == DeliveryStatus::Delivered).then(|| label.clone())
    };
    let event_label = (words().event_of)(&label);
    let selection = expect_context::<Store>().selection;
    let is_selected = Memo::new({
        let id = id.clone();
        move |_| selection.has(&id)
    });
    let pick = {
        let id = id.clone();
        move |event: leptos::ev::MouseEvent| selection.pick(&id, event.shift_key())
    };
    let href = format!("/deliveries/{id}");
    let data = id.to_string();
    view! {
        <li
            class="row"
            class:row-failed=move || status.get() == DeliveryStatus::Failed
            class:row-selected=is_selected
            data-delivery=data
            data-delivered=delivered
        >
            <input
                class="row-pick when-alive"
                type="checkbox"
                tabindex="-1"
                aria-label=(words().select)(&label)
                prop:checked=is_selected
                on:click=pick
            />
            <span class="row-status"><StatusBadge status/></span>
            <span class="row-type"><a href=href data-row="">{event_type.as_str()}</a></span>
            <span class="row-to">
                <span class="truncate">{endpoint}</span>
                {agent.map(|agent| view! { <span class="truncate text-ink-2">{agent}</span> }.into_any())}
            </span>
            <span class="row-tries">
                {tried}
                <span class="sr-only">{words().column_attempts}</span>
            </span>
            <span class="row-result">
                <ReasonLine reason code/>
                {move || held()}
            </span>
            <span class="row-took">{took}</span>
            <span class="row-when"><When time=created_at/></span>
            <a class="row-event" href=of_event aria-label=event_label.clone() title=event_label>
                <Icon glyph=Glyph::Braces/>
            </a>
            {move || has_more.get().then(|| view! {
                <span class="row-more">
                    <span>
                        <span class="row-next"><Left until=next said=words().again_within/></span>" "
                        {move || hinted.get().map(words().hint)}
                    </span>
                    <AskButton id=id.clone() label=label.clone() ask=ask.clone()/>
                </span>
            }.into_any())}
        </li>
    }
    .into_any()
}

/// One thing of a delivery, which is drawn again when it is another.
fn part<T: PartialEq + Send + Sync + 'static>(
    delivery: &ArcRwSignal<Delivery>,
    pick: fn(&Delivery) -> T,
) -> Memo<T> {
    let delivery = delivery.clone();
    Memo::new(move |_| delivery.with(pick))
}
