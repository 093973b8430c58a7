//! How a receiver checks what it gets, and a place to try it: the secret stays in the browser.

use crate::parts::{Glyph, Icon, Tone};
use crate::signature::{Finding, check};
use crate::words::words;
use leptos::html::{Input, Textarea};
use leptos::prelude::*;

/// The check.
#[component]
pub fn Verifier() -> impl IntoView {
    let secret = NodeRef::<Input>::new();
    let timestamp = NodeRef::<Input>::new();
    let signature = NodeRef::<Input>::new();
    let body = NodeRef::<Textarea>::new();
    let found = RwSignal::new(None::<(Glyph, Tone, &'static str)>);
    let look = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let read =
            |field: NodeRef<Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let (secret, timestamp, signature) = (read(secret), read(timestamp), read(signature));
        let body = body.get_untracked().map(|body| body.value()).unwrap_or_default();
        let is_whole = ![&secret, &timestamp, &signature].iter().any(|text| text.trim().is_empty());
        found.set(Some(if is_whole {
            said_of(check(&secret, &timestamp, &signature, &body))
        } else {
            (Glyph::Ring, Tone::Quiet, words().receiver().verify_incomplete)
        }));
    };
    let word = words().receiver();
    view! {
        <section aria-labelledby="verify-title">
            <h2 id="verify-title">{word.verify}</h2>
            <div class="panel padded form">
                <p class="text-ink-2">{word.verify_long}</p>
                <form class="form when-alive" on:submit=look>
                    {field("verify-secret", word.verify_secret, "password", secret)}
                    {field("verify-timestamp", word.verify_timestamp, "text", timestamp)}
                    {field("verify-signature", word.verify_signature, "text", signature)}
                    <label for="verify-body">{word.verify_body}</label>
                    <textarea id="verify-body" class="field code-field" rows="4" spellcheck="false" node_ref=body></textarea>
                    <button class="button" type="submit">{word.verify}</button>
                    <p role="status">
                        {move || found.get().map(|(glyph, tone, said)| view! {
                            <span class=tone.class()><Icon glyph/></span>" "{said}
                        }.into_any())}
                    </p>
                    <p class="text-ink-2">{word.verify_local}</p>
                </form>
            </div>
        </section>
    }
    .into_any()
}

fn field(id: &'static str, name: &'static str, kind: &'static str, field: NodeRef<Input>) -> impl IntoView {
    view! {
        <label for=id>{name}</label>
        <input id=id class="field code-field" type=kind autocomplete="off" spellcheck="false" node_ref=field/>
    }
    .into_any()
}

fn said_of(finding: Finding) -> (Glyph, Tone, &'static str) {
    let word = words().receiver();
    match finding {
        Finding::Good => (Glyph::Tick, Tone::Good, word.verify_good),
        Finding::NotHex => (Glyph::Warning, Tone::Warn, word.verify_not_hex),
        Finding::Newline => (Glyph::Warning, Tone::Warn, word.verify_newline),
        Finding::Spaced => (Glyph::Warning, Tone::Warn, word.verify_spaced),
        Finding::Decoded => (Glyph::Warning, Tone::Warn, word.verify_decoded),
        Finding::Bare => (Glyph::Warning, Tone::Warn, word.verify_bare),
        Finding::Wrong => (Glyph::Stop, Tone::Bad, word.verify_wrong),
    }
}
