//! The first step: what came, and whether it was believed.

use crate::parts::{Glyph, HeaderLines, Icon, Step, TextBlock, Tone};
use crate::words::words;
use leptos::prelude::*;
use wire::{Hit, Outcome, Verification};

/// The request as it came.
#[component]
pub fn Arrival(hit: Memo<Option<Hit>>) -> impl IntoView {
    let looks = Signal::derive(move || {
        let outcome = hit.get()?.outcome;
        let (glyph, tone) = match outcome {
            Outcome::Accepted => (Glyph::Tick, Tone::Good),
            Outcome::Refused => (Glyph::Stop, Tone::Bad),
            Outcome::Duplicate => (Glyph::Struck, Tone::Quiet),
        };
        Some((glyph, tone, (words().outcome)(outcome)))
    });
    // A request does not change.
    let content = hit.get_untracked().map(content);
    view! { <Step id="step-hit" title=words().trace().step_hit looks>{content}</Step> }.into_any()
}

fn content(hit: Hit) -> impl IntoView {
    let (glyph, tone) = match hit.verification {
        Verification::Passed => (Glyph::Tick, Tone::Good),
        Verification::Failed => (Glyph::Stop, Tone::Bad),
        Verification::None => (Glyph::Ring, Tone::Quiet),
    };
    view! {
        {hit.cause.map(|cause| view! {
            <p class="notice notice-bad">
                <Icon glyph=Glyph::Stop/>
                <span><strong>{words().trace().cause_refused}</strong>": "{cause}</span>
            </p>
        }.into_any())}
        <p class="request-line">
            <strong>{hit.method}</strong>" "{hit.inbound}
            {hit.query.map(|query| format!("?{query}"))}
            <span class=tone.class()><Icon glyph/><span>{(words().verification)(hit.verification)}</span></span>
        </p>
        <details class="fold">
            <summary>{words().headers}<span class="text-ink-2">" "{hit.headers.len()}</span></summary>
            <HeaderLines headers=hit.headers/>
        </details>
        <TextBlock title=words().body text=readable(hit.body, hit.body_truncated) cut=hit.body_truncated/>
    }
    .into_any()
}

/// JSON on its own lines; anything else, and what was cut, as it came.
fn readable(body: String, cut: bool) -> String {
    if cut {
        return body;
    }
    serde_json::from_str::<serde_json::Value>(&body)
        .ok()
        .filter(|value| value.is_object() || value.is_array())
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn only_whole_json_is_laid_out() {
        assert_eq!(readable(r#"{"b":1,"a":[]}"#.into(), false), "{\n  \"b\": 1,\n  \"a\": []\n}");
        assert_eq!(readable(r#"{"b":1}"#.into(), true), r#"{"b":1}"#);
        assert_eq!(readable("a=1&b=2".into(), false), "a=1&b=2");
        assert_eq!(readable("7".into(), false), "7");
    }
}
