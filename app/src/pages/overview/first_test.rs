//! For whoever has no event yet: a test event to an endpoint that takes it.

use crate::api;
use crate::parts::{Act, ActButton, Glyph};
use crate::words::words;
use leptos::prelude::*;
use wire::EventType;

/// The button.
#[component]
pub fn FirstTest(
    /// The endpoint.
    name: String,
    /// What it takes.
    event_type: EventType,
) -> impl IntoView {
    let word = words().receiver();
    let label = name.clone();
    let act = Callback::new(move |()| -> Act {
        let name = name.clone();
        Box::pin(async move {
            api::test_endpoint(&name, Some(event_type)).await.map(|_| words().receiver().tested.to_owned())
        })
    });
    view! { <ActButton text=word.test busy=word.testing glyph=Glyph::Arrow label act/> }.into_any()
}
