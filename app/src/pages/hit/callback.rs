//! The last step: the events that carry the answer out, and how far each has come.

use crate::parts::{DeliveryLine, Glyph, JsonTree, Looks, Step, Tone, When, rows};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{Delivery, DeliveryStatus, Event, Hit, RunStatus};

/// Events and their deliveries.
#[component]
pub fn Callback(hit: Memo<Option<Hit>>) -> impl IntoView {
    let store = expect_context::<Store>();
    let events = Memo::new(move |_| {
        store.trace.with(|trace| trace.as_ref().map_or_else(Vec::new, |trace| trace.events.clone()))
    });
    let deliveries = Memo::new(move |_| {
        store.trace.with(|trace| trace.as_ref().map_or_else(Vec::new, |trace| trace.deliveries.clone()))
    });
    let run = Memo::new(move |_| hit.get().and_then(|hit| hit.run).map(|run| run.status));
    let looks = Signal::derive(move || {
        (!events.with(Vec::is_empty)).then(|| deliveries.with(|deliveries| looks_of(deliveries)))
    });
    let none_yet = move || {
        events.with(Vec::is_empty).then(|| {
            let text = match run.get() {
                None => words().trace().callback_never,
                Some(RunStatus::Queued | RunStatus::Running) => words().trace().callback_after,
                Some(RunStatus::Succeeded | RunStatus::Failed | RunStatus::Accepted) => {
                    words().trace().callback_none
                }
            };
            view! { <p class="text-ink-2">{text}</p> }.into_any()
        })
    };
    view! {
        <Step id="step-callback" title=words().trace().step_callback looks>
            {move || none_yet()}
            {rows(
                move || events.get(),
                |event| event.id.to_string(),
                move |event| view! { <EventBlock event deliveries/> },
            )}
        </Step>
    }
    .into_any()
}

/// The worst of the deliveries speaks for them all.
fn looks_of(deliveries: &[Delivery]) -> Looks {
    let any = |status| deliveries.iter().any(|delivery| delivery.status == status);
    if any(DeliveryStatus::Failed) {
        (Glyph::Stop, Tone::Bad, (words().status)(DeliveryStatus::Failed))
    } else if any(DeliveryStatus::Retrying) {
        (Glyph::Again, Tone::Warn, (words().status)(DeliveryStatus::Retrying))
    } else if let Some(open) = deliveries.iter().find(|delivery| delivery.status.is_open()) {
        (Glyph::Clock, Tone::Quiet, (words().status)(open.status))
    } else if deliveries.is_empty() {
        (Glyph::Ring, Tone::Quiet, words().trace().no_receiver)
    } else {
        (Glyph::Tick, Tone::Good, (words().status)(DeliveryStatus::Delivered))
    }
}

#[component]
fn EventBlock(event: Event, deliveries: Memo<Vec<Delivery>>) -> impl IntoView {
    let id = event.id.clone();
    let of_it = Memo::new(move |_| {
        deliveries
            .with(|all| all.iter().filter(|delivery| delivery.event_id == id).cloned().collect::<Vec<_>>())
    });
    view! {
        <h3 class="event-line">
            {event.event_type.as_str()}
            <span class="id"><A href=format!("/events/{}", event.id)>{event.id.to_string()}</A></span>
            <span class="text-ink-2"><When time=event.received_at/></span>
        </h3>
        <ol class="lines" data-rows="">
            {move || of_it.get().into_iter().map(|delivery| view! { <DeliveryLine delivery/> }.into_any()).collect_view()}
        </ol>
        {move || of_it.with(Vec::is_empty).then(|| view! { <p class="text-ink-2">{words().trace().no_receiver}</p> }.into_any())}
        <details class="fold">
            <summary>{words().event_json}</summary>
            <JsonTree value=event.data/>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(status: DeliveryStatus) -> Delivery {
        serde_json::from_value(serde_json::json!({
            "id": "dlv_1", "eventId": "evt_1", "eventType": "message.sent", "endpoint": "crm", "status": status,
            "attempts": 1, "maxAttempts": 3, "createdAt": wire::Time(0),
        }))
        .unwrap()
    }

    #[test]
    fn the_worst_delivery_speaks_for_all() {
        let word = |statuses: &[DeliveryStatus]| {
            looks_of(&statuses.iter().copied().map(delivery).collect::<Vec<_>>()).2
        };
        assert_eq!(word(&[DeliveryStatus::Delivered, DeliveryStatus::Failed]), "Failed");
        assert_eq!(word(&[DeliveryStatus::Delivered, DeliveryStatus::Held]), "Held");
        assert_eq!(word(&[DeliveryStatus::Delivered]), "Delivered");
        assert_eq!(word(&[]), "No endpoint wants it.");
    }
}
