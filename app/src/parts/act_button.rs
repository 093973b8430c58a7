//! A button that makes the gateway do something: answers at once, and says what came of it or why not.

use super::{Glyph, Icon};
use leptos::prelude::*;
use std::pin::Pin;
use wire::Problem;

/// What was asked for, under way; ends with what to say of it, which may be nothing.
pub type Act = Pin<Box<dyn Future<Output = Result<String, Problem>>>>;

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    Idle,
    Busy,
    Done(String),
    Refused(String),
}

/// The button.
#[component]
pub fn ActButton(
    /// What it does.
    #[prop(into)]
    text: Signal<&'static str>,
    /// What it says while it is at it.
    #[prop(optional, into)]
    busy: Option<Signal<&'static str>>,
    /// To what, for those who can't see what stands around it.
    #[prop(optional, into)]
    label: String,
    /// Its shape.
    #[prop(optional, into)]
    glyph: Option<Signal<Glyph>>,
    /// Whether it is the small kind.
    #[prop(optional)]
    small: bool,
    /// What it does.
    act: Callback<(), Act>,
) -> impl IntoView {
    let progress = RwSignal::new(Progress::Idle);
    let press = move |_| {
        if progress.get_untracked() == Progress::Busy {
            return;
        }
        progress.set(Progress::Busy);
        let under_way = act.run(());
        leptos::task::spawn_local(async move {
            let end = match under_way.await {
                Ok(said) => Progress::Done(said),
                Err(problem) => Progress::Refused(problem.detail),
            };
            // The page may be gone by now.
            progress.try_set(end);
        });
    };
    let is_busy = move || progress.get() == Progress::Busy;
    view! {
        <span class="ask when-alive">
            <button
                class=if small { "button button-small" } else { "button" }
                type="button"
                aria-disabled=move || is_busy().then_some("true")
                on:click=press
            >
                {glyph.map(|glyph| move || view! { <Icon glyph=glyph.get()/> }.into_any())}
                <span>{move || busy.filter(|_| is_busy()).unwrap_or(text).get()}</span>
                {(!label.is_empty()).then(|| view! { <span class="sr-only">{label}</span> }.into_any())}
            </button>
            <span class="ask-said" class:ask-why=move || matches!(progress.get(), Progress::Refused(_)) role="status">
                {move || match progress.get() {
                    Progress::Idle | Progress::Busy => None,
                    Progress::Done(said) | Progress::Refused(said) => Some(said),
                }}
            </span>
        </span>
    }
    .into_any()
}
