//! One step of a trace: its number, its name, how it went, and what there is to see of it.

use super::{Glyph, Icon, Tone};
use leptos::prelude::*;

/// How a step went: its shape, its colour, and the word for it.
pub type Looks = (Glyph, Tone, &'static str);

/// A step.
#[component]
pub fn Step(
    /// The id of its heading.
    id: &'static str,
    /// Its name.
    title: &'static str,
    /// How it went; without one it did not happen.
    looks: Signal<Option<Looks>>,
    /// What there is to see.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="step" class:step-not=move || looks.get().is_none()>
            <section class="panel" aria-labelledby=id>
                <div class="step-head">
                    <h2 id=id>{title}</h2>
                    {move || looks.get().map(|(glyph, tone, word)| view! {
                        <span class=tone.class()><Icon glyph/><span>{word}</span></span>
                    }.into_any())}
                </div>
                <div class="step-body">{children()}</div>
            </section>
        </li>
    }
    .into_any()
}
