//! One attempt: what went out, what came back, where the time went, and why it failed.

use super::difference::difference;
use super::{CopyButton, Glyph, HeaderLines, Icon, ReasonLine, TextBlock, Tone, Waterfall, When};
use crate::curl;
use crate::format::span;
use crate::words::{Language, words};
use leptos::prelude::*;
use wire::{Attempt, AttemptResult, SeenResponse, SentRequest};

/// An attempt; the last one is open.
#[component]
pub fn AttemptCard(
    /// The attempt.
    attempt: Attempt,
    /// Whether its details are shown at first.
    open: bool,
    /// The one before it.
    before: Option<Attempt>,
) -> impl IntoView {
    let (glyph, tone) = match attempt.result {
        AttemptResult::Delivered => (Glyph::Tick, Tone::Good),
        AttemptResult::Failed => (Glyph::Stop, Tone::Bad),
    };
    let why = attempt.reason.map(words().reason);
    let hint = hint_of(&attempt);
    let detail = detail_of(&attempt);
    let attempt_now = attempt.clone();
    view! {
        <details class="attempt" open=open>
            <summary>
                <h3>{(words().attempt_number)(attempt.number)}</h3>
                <span class=tone.class()><Icon glyph/><span>{(words().result)(attempt.result)}</span></span>
                <ReasonLine reason=attempt.reason code=attempt.status_code/>
                <span class="grow"></span>
                <span class="text-ink-2">{(words().trigger)(attempt.trigger)}</span>
                <span class="figure">{span(attempt.timings.total)}</span>
                <span class="text-ink-2"><When time=attempt.started_at/></span>
            </summary>
            {(attempt.result == AttemptResult::Failed).then(|| view! {
                <p class="notice notice-bad">
                    <Icon glyph=Glyph::Stop/>
                    <span>
                        <strong>{why}</strong>
                        {detail.map(|detail| format!(": {detail}"))}
                        {hint.map(|hint| view! { <br/>{hint} }.into_any())}
                    </span>
                </p>
            }.into_any())}
            {before.map(|before| difference(&before, &attempt_now))}
            <div class="attempt-body">
                <section>
                    <h4>{words().timings}</h4>
                    <Waterfall timings=attempt.timings/>
                    <dl class="facts facts-wide">
                        {attempt.remote_address.map(|address| view! {
                            <div><dt>{words().remote}</dt><dd class="figure">{address}</dd></div>
                        }.into_any())}
                        <div><dt>{words().node}</dt><dd>{attempt.node_id}</dd></div>
                    </dl>
                </section>
                {request(attempt.request)}
                {response(attempt.response)}
            </div>
        </details>
    }
    .into_any()
}

/// What would help: in the gateway's own words, which are English, or in the catalogue's.
fn hint_of(attempt: &Attempt) -> Option<String> {
    let told = attempt.hint.clone().filter(|_| Language::in_use() == Language::English);
    told.or_else(|| attempt.reason.map(|reason| (words().hint)(reason).to_owned()))
        .or_else(|| attempt.hint.clone())
}

/// The gateway's own words on it, which are English: in another language not where they say a status code alone, which
/// stands above.
fn detail_of(attempt: &Attempt) -> Option<String> {
    let says_code =
        |detail: &String| attempt.status_code.is_some() && detail.starts_with("the receiver answered ");
    attempt.detail.clone().filter(|detail| Language::in_use() == Language::English || !says_code(detail))
}

fn request(request: SentRequest) -> impl IntoView {
    let curl = curl::of_request(&request);
    view! {
        <section>
            <h4 class="head-line">
                {words().request}
                <CopyButton text=Signal::stored(curl) said=words().copy_curl/>
            </h4>
            <p class="request-line"><strong>{request.method}</strong>" "{request.url}</p>
            <HeaderLines headers=request.headers/>
            <TextBlock title=words().body text=request.body/>
        </section>
    }
    .into_any()
}

fn response(response: Option<SeenResponse>) -> impl IntoView {
    view! {
        <section>
            <h4>{words().response}</h4>
            {match response {
                None => view! { <p class="text-ink-2">{words().no_response}</p> }.into_any(),
                Some(response) => {
                    view! {
                        <p class="request-line"><strong>{response.status_code}</strong></p>
                        <HeaderLines headers=response.headers/>
                        <TextBlock title=words().body text=response.body cut=response.truncated/>
                    }
                    .into_any()
                }
            }}
        </section>
    }
    .into_any()
}
