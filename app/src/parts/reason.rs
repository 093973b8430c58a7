//! Why an attempt failed, in words, with its status code where one came.

use crate::words::words;
use leptos::prelude::*;
use wire::Reason;

/// `503 Receiver failed`, `Connection refused`, or just `200`.
#[component]
pub fn ReasonLine(
    /// The reason.
    #[prop(into)]
    reason: Signal<Option<Reason>>,
    /// The answer's status code.
    #[prop(into)]
    code: Signal<Option<u16>>,
) -> impl IntoView {
    view! {
        <span class="reason">
            {move || code.get().map(|code| view! { <span class="code">{code}</span> }.into_any())}
            {move || reason.get().map(|reason| view! { <span>{(words().reason)(reason)}</span> }.into_any())}
        </span>
    }
}
