//! One delivery in a few words, where its event or its endpoint is known already.

use super::{Left, ReasonLine, StatusBadge, When};
use crate::format::{maybe_span, tries};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{Delivery, DeliveryStatus};

/// A line that leads to the delivery.
#[component]
pub fn DeliveryLine(
    /// It.
    delivery: Delivery,
    /// Whether its endpoint is known and its event is not, rather than the other way round.
    #[prop(optional)]
    by_event: bool,
) -> impl IntoView {
    let next = delivery.next_attempt_at.filter(|_| delivery.status == DeliveryStatus::Retrying);
    let held = (delivery.status == DeliveryStatus::Held).then_some(words().status_held_why);
    let href = format!("/deliveries/{}", delivery.id);
    let tried = tries(delivery.attempts, delivery.max_attempts);
    let label = (words().delivery_title)(delivery.event_type.as_str(), &delivery.endpoint);
    let delivered = (delivery.status == DeliveryStatus::Delivered).then_some(label);
    let name = if by_event { delivery.event_type.as_str().to_owned() } else { delivery.endpoint };
    let when = by_event.then(|| {
        view! { <span class="figure text-ink-2"><When time=delivery.created_at/></span> }.into_any()
    });
    view! {
        <li class="line" data-delivery=delivery.id.to_string() data-delivered=delivered>
            <span><StatusBadge status=delivery.status/></span>
            <span class="line-name"><A href=href attr:data-row="">{name}</A></span>
            <span class="reason">
                <ReasonLine reason=delivery.last_reason code=delivery.last_status_code/>
                <span class="row-next"><Left until=next said=words().again_within/></span>
                {held}
            </span>
            <span class="figure text-ink-2">{tried}<span class="sr-only">{words().column_attempts}</span></span>
            <span class="figure text-ink-2">{maybe_span(delivery.last_duration_ms)}</span>
            {when}
        </li>
    }
    .into_any()
}
