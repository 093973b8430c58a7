//! The endpoint's configuration as it is in force, secrets masked.

use crate::format::span;
use crate::words::words;
use leptos::prelude::*;
use wire::{Endpoint, EventType, Ms, Source};

/// The configuration.
#[component]
pub fn Configuration(endpoint: Signal<Endpoint>) -> impl IntoView {
    // The same until someone edits it; figures change all the time.
    let shown = Memo::new(move |_| rows(&endpoint.get()));
    let source = Memo::new(move |_| endpoint.with(|endpoint| endpoint.source));
    view! {
        <section aria-labelledby="configuration-title">
            <h2 id="configuration-title">{words().receiver().configuration}</h2>
            <div class="panel padded">
                <dl class="facts">
                    {move || {
                        shown
                            .get()
                            .into_iter()
                            .map(|(name, value, is_code)| view! {
                                <div>
                                    <dt>{name}</dt>
                                    <dd>
                                        {if is_code {
                                            view! { <pre class="code-block" tabindex="0"><code>{value}</code></pre> }
                                                .into_any()
                                        } else {
                                            value.into_any()
                                        }}
                                    </dd>
                                </div>
                            }.into_any())
                            .collect_view()
                    }}
                </dl>
                {move || (source.get() == Source::File).then(|| view! {
                    <p class="text-ink-2">{words().receiver().in_file}</p>
                }.into_any())}
            </div>
        </section>
    }
    .into_any()
}

/// Name, value, and whether the value is code.
fn rows(endpoint: &Endpoint) -> Vec<(&'static str, String, bool)> {
    let word = words().receiver();
    let wants = if endpoint.events.len() == EventType::ALL.len() {
        word.all_events.to_owned()
    } else {
        endpoint.events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
    };
    let retry = match endpoint.retry.backoff_ms {
        None => (word.retry_schedule)(endpoint.retry.max_attempts),
        Some(wait) => (word.retry_backoff)(endpoint.retry.max_attempts, &ms(wait)),
    };
    let mut rows = vec![(word.url, endpoint.url.clone(), false), (word.wants, wants, false)];
    if let Some(agents) = endpoint.filter.as_ref().and_then(|filter| filter.agent_ids.as_ref()) {
        rows.push((word.agents_only, agents.join(", "), false));
    }
    if let Some(transform) = &endpoint.transform {
        rows.push((word.transform, serde_json::to_string_pretty(transform).unwrap_or_default(), true));
    }
    if !endpoint.headers.is_empty() {
        let lines: Vec<String> = endpoint
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default()))
            .collect();
        rows.push((word.extra_headers, lines.join("\n"), true));
    }
    let signing = if endpoint.signed { (word.signing_of)(endpoint.signing) } else { words().unsigned };
    rows.extend([
        (word.signing, signing.to_owned(), false),
        (word.retry, retry, false),
        (word.timeout, ms(endpoint.timeout_ms), false),
        (word.at_once, endpoint.concurrency.to_string(), false),
    ]);
    if let Some(rate) = endpoint.rate_limit {
        rows.push((word.rate, (word.rate_of)(&crate::format::rate(rate.per_second), rate.burst), false));
    }
    rows
}

#[expect(clippy::cast_precision_loss, reason = "no wait has 2^53 ms")]
fn ms(ms: u64) -> String {
    span(Ms(ms as f64))
}
