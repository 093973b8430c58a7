//! Points in time: absolute in UTC as rendered, relative once the page lives, exact on hover in both.

use crate::clock::age_ms;
use crate::format::{age, clock, countdown, exact, stamp};
use crate::state::Store;
use crate::words::{Said, words};
use leptos::prelude::*;
use wire::Time;

/// When something was.
#[component]
pub fn When(
    /// The time.
    #[prop(into)]
    time: Signal<Time>,
    /// How it is said; by default with "ago".
    #[prop(default = words().ago)]
    said: Said,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let text = Memo::new(move |_| match age_ms(store, time.get()) {
        Some(ms) if ms < 1000 => words().now.to_owned(),
        Some(ms) => (said.relative)(&age(ms)),
        None => (said.absolute)(&stamp(time.get())),
    });
    view! {
        <time datetime=move || time.get().to_string() title=move || exact(time.get())>
            {text}
        </time>
    }
}

/// When something will be: what is left of the wait.
#[component]
pub fn Left(
    /// The time; nothing is shown without one.
    #[prop(into)]
    until: Signal<Option<Time>>,
    /// How it is said; by default with "in".
    #[prop(default = words().within)]
    said: Said,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let text = move |time: Time| match age_ms(store, time) {
        Some(ms) if ms >= 0 => words().due.to_owned(),
        Some(ms) => (said.relative)(&countdown(-ms)),
        None => (said.absolute)(&clock(time)),
    };
    view! {
        {move || {
            until.get().map(|time| {
                view! {
                    <time datetime=time.to_string() title=exact(time)>
                        {move || text(time)}
                    </time>
                }.into_any()
            })
        }}
    }
}
