//! The second step: the message that the template made of the hit.

use crate::parts::{Glyph, Icon, Step, TextBlock, Tone};
use crate::words::words;
use leptos::prelude::*;
use wire::{Hit, Outcome};

/// The prompt, and what it lacks.
#[component]
pub fn Prompt(hit: Memo<Option<Hit>>) -> impl IntoView {
    let told = Memo::new(move |_| hit.get().map(|hit| (hit.prompt, hit.missing, hit.outcome)));
    let looks = Signal::derive(move || match told.get() {
        Some((Some(_), missing, _)) if missing.is_empty() => {
            Some((Glyph::Tick, Tone::Good, words().trace().prompt_whole))
        }
        Some((Some(_), ..)) => Some((Glyph::Warning, Tone::Warn, words().trace().missing)),
        Some((None, ..)) | None => None,
    });
    let content = move || {
        told.get().map(|(prompt, missing, outcome)| match prompt {
            Some(prompt) => shown(prompt, &missing).into_any(),
            None => view! { <p class="text-ink-2">{why_none(outcome)}</p> }.into_any(),
        })
    };
    view! { <Step id="step-prompt" title=words().trace().step_prompt looks>{move || content()}</Step> }
        .into_any()
}

fn why_none(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Refused => words().trace().no_prompt_refused,
        Outcome::Duplicate => words().trace().no_prompt_duplicate,
        Outcome::Accepted => words().trace().no_prompt,
    }
}

fn shown(prompt: String, missing: &[String]) -> impl IntoView + use<> {
    let names = (!missing.is_empty()).then(|| missing.join(", "));
    view! {
        {names.map(|names| view! {
            <p class="notice notice-warn">
                <Icon glyph=Glyph::Warning/>
                <span>
                    <strong class="id">{names}</strong>
                    <br/>
                    {words().trace().missing_long}
                </span>
            </p>
        }.into_any())}
        <TextBlock title=words().trace().message text=prompt/>
    }
    .into_any()
}
