//! The Redeliver button: answers at once, and says in the gateway's words when it is refused.

use super::{Glyph, Icon};
use crate::api;
use crate::state::Ask;
use crate::words::words;
use leptos::prelude::*;
use wire::DeliveryId;

/// Sends a delivery again.
#[component]
pub fn AskButton(
    /// Which.
    id: DeliveryId,
    /// What it is, for those who can't see the row.
    #[prop(into)]
    label: String,
    /// How far the wish has come.
    ask: ArcRwSignal<Ask>,
) -> impl IntoView {
    let press = {
        let ask = ask.clone();
        move |_| {
            if matches!(ask.get_untracked(), Ask::Busy | Ask::Sent) {
                return;
            }
            ask.set(Ask::Busy);
            let (id, ask) = (id.clone(), ask.clone());
            leptos::task::spawn_local(async move {
                let answer = api::redeliver(id.as_str()).await.map_err(|problem| problem.detail);
                ask.update(|ask| *ask = std::mem::take(ask).answered(answer));
            });
        }
    };
    let (busy, text, why) = (ask.clone(), ask.clone(), ask);
    view! {
        <span class="ask when-alive">
            <button
                class="button"
                type="button"
                data-redeliver=""
                aria-disabled=move || matches!(busy.get(), Ask::Busy | Ask::Sent).then_some("true")
                on:click=press
            >
                <Icon glyph=Glyph::Again/>
                <span>
                    {move || match text.get() {
                        Ask::Idle | Ask::Done | Ask::Refused(_) => words().redeliver,
                        Ask::Busy => words().redelivering,
                        Ask::Sent => words().redelivered,
                    }}
                </span>
                <span class="sr-only">{label}</span>
            </button>
            <span class="ask-why" role="status">
                {move || match why.get() {
                    Ask::Refused(detail) => Some((words().refused)(&detail)),
                    Ask::Idle | Ask::Busy | Ask::Sent | Ask::Done => None,
                }}
            </span>
        </span>
    }
    .into_any()
}
