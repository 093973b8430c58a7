//! What a person can do to an endpoint: check it now, pause or resume it, send it a test event.

use super::{Act, ActButton, Glyph};
use crate::api;
use crate::format::span;
use crate::state::{EndpointCell, Store};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{Check, DeliveryId, EndpointState, EventType};

/// The three actions.
#[component]
pub fn EndpointActions(
    /// Of which.
    cell: EndpointCell,
    /// The type of the test event; without one, the first that the endpoint wants.
    #[prop(optional, into)]
    test_type: Option<Signal<EventType>>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let EndpointCell { name, endpoint } = cell;
    let is_paused = Memo::new(move |_| endpoint.with(|endpoint| endpoint.state == EndpointState::Paused));
    let tested = RwSignal::new(None::<DeliveryId>);
    let name = StoredValue::new(name);
    let check = Callback::new(move |()| -> Act {
        Box::pin(async move { Ok(said_of(&api::check_endpoint(&name.get_value()).await?)) })
    });
    let pause = Callback::new(move |()| -> Act {
        let pause = !is_paused.get_untracked();
        Box::pin(async move {
            let endpoint = api::pause_endpoint(&name.get_value(), pause).await?;
            store.apply_endpoint(endpoint);
            Ok(if pause { words().receiver().paused } else { words().receiver().resumed }.to_owned())
        })
    });
    let test = Callback::new(move |()| -> Act {
        let event_type = test_type.map(|picked| picked.get_untracked());
        Box::pin(async move {
            let delivery = api::test_endpoint(&name.get_value(), event_type).await?;
            tested.try_set(Some(delivery.id));
            Ok(words().receiver().tested.to_owned())
        })
    });
    let pick = move |at_rest: &'static str, paused: &'static str| {
        Signal::derive(move || if is_paused.get() { paused } else { at_rest })
    };
    view! {
        <ActButton
            text=words().receiver().check
            busy=words().receiver().checking
            glyph=Glyph::Waves
            label=name.get_value()
            act=check
        />
        <ActButton
            text=pick(words().receiver().pause, words().receiver().resume)
            busy=pick(words().receiver().pausing, words().receiver().resuming)
            glyph=Signal::derive(move || if is_paused.get() { Glyph::Play } else { Glyph::Bars })
            label=name.get_value()
            act=pause
        />
        <ActButton
            text=words().receiver().test
            busy=words().receiver().testing
            glyph=Glyph::Arrow
            label=name.get_value()
            act=test
        />
        {move || tested.get().map(|id| view! {
            <A href=format!("/deliveries/{id}")>{words().receiver().test_show}</A>
        }.into_any())}
    }
    .into_any()
}

/// A check in words.
pub fn said_of(check: &Check) -> String {
    if check.reachable {
        return (words().reachable)(check.status_code, &span(check.timings.total));
    }
    let reason = check.reason.map_or_else(String::new, |reason| (words().reason)(reason).to_owned());
    let why = match check.status_code {
        Some(code) => format!("{code} {reason}"),
        None => reason,
    };
    (words().not_reachable)(why.trim())
}
