//! The secret of an endpoint that was made here: shown when asked twice, and hidden again by itself.

use crate::api;
use crate::format::countdown;
use crate::parts::{Act, ActButton, CopyButton};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::Time;

/// So long it is shown.
const SHOWN_MS: i64 = 30_000;

/// Where the wish to see it has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shown {
    Hidden,
    Asked,
    Open(String, Time),
}

/// The secret's line.
#[component]
pub fn Reveal(
    /// The endpoint.
    name: String,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let shown = RwSignal::new(Shown::Hidden);
    let name = StoredValue::new(name);
    let act = Callback::new(move |()| -> Act {
        Box::pin(async move {
            let secret = api::reveal_secret(&name.get_value()).await?;
            let until = store.now.get_untracked().unwrap_or_default().plus_ms(SHOWN_MS);
            shown.try_set(Shown::Open(secret, until));
            Ok(String::new())
        })
    });
    let left = Memo::new(move |_| match (shown.get(), store.now.get()) {
        (Shown::Open(_, until), Some(now)) => Some(until.ms_since(now)),
        _ => None,
    });
    Effect::new(move |_| {
        if left.get().is_some_and(|left| left <= 0) {
            shown.set(Shown::Hidden);
        }
    });
    let hide = move |_| shown.set(Shown::Hidden);
    let word = words().insight();
    view! {
        <div class="reveal when-alive">
            <h3>{word.secret}</h3>
            {move || match shown.get() {
                Shown::Hidden => view! {
                    <div class="actions">
                        <code class="id">"••••••••"</code>
                        <button class="button button-small" type="button" on:click=move |_| shown.set(Shown::Asked)>
                            {word.reveal}
                        </button>
                    </div>
                }
                .into_any(),
                Shown::Asked => view! {
                    <div class="actions" role="alert">
                        <span>{word.reveal_sure}</span>
                        <ActButton text=word.reveal_yes busy=word.revealing small=true act/>
                        <button class="button button-small" type="button" on:click=hide>{word.keep}</button>
                    </div>
                }
                .into_any(),
                Shown::Open(secret, _) => view! {
                    <div class="actions">
                        <code class="id">{secret.clone()}</code>
                        <CopyButton text=Signal::stored(secret)/>
                        <button class="button button-small" type="button" on:click=hide>{word.hide}</button>
                        <span class="text-ink-2">
                            {move || left.get().map(|left| (word.revealed)(&countdown(left)))}
                        </span>
                    </div>
                }
                .into_any(),
            }}
        </div>
    }
    .into_any()
}
