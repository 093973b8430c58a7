//! What the endpoint would be sent for an event, or why nothing.

use crate::api;
use crate::parts::{Act, ActButton, Glyph, HeaderLines, Icon, TextBlock, Tone};
use crate::words::words;
use leptos::html::Textarea;
use leptos::prelude::*;
use wire::Event;

/// The preview.
#[component]
pub fn Preview(
    /// The endpoint.
    name: String,
    /// Events to choose from, newest first.
    events: Vec<Event>,
) -> impl IntoView {
    let found = RwSignal::new(None::<api::Preview>);
    let text = NodeRef::<Textarea>::new();
    let offered: Vec<(String, String)> = events
        .into_iter()
        .map(|event| (format!("{} {}", event.event_type, event.timestamp), text_of(&event)))
        .collect();
    let at_first = offered.first().map_or_else(String::new, |(_, text)| text.clone());
    let texts: Vec<String> = offered.iter().map(|(_, text)| text.clone()).collect();
    let pick = move |event| {
        let picked =
            event_target_value(&event).parse().ok().and_then(|index: usize| texts.get(index).cloned());
        if let (Some(picked), Some(text)) = (picked, text.get_untracked()) {
            text.set_value(&picked);
        }
    };
    let act = Callback::new(move |()| -> Act {
        let name = name.clone();
        let event = text.get_untracked().map(|text| text.value()).unwrap_or_default();
        Box::pin(async move {
            found.set(None);
            found.set(Some(api::preview(&name, event).await?));
            Ok(String::new())
        })
    });
    view! {
        <section class="when-alive" aria-labelledby="preview-title">
            <h2 id="preview-title">{words().receiver().preview}</h2>
            <div class="panel padded form">
                <p class="text-ink-2">{words().receiver().preview_long}</p>
                {(!offered.is_empty()).then(|| view! {
                    <label for="preview-pick">{words().receiver().preview_pick}</label>
                    <select id="preview-pick" class="field" on:change=pick>
                        {offered
                            .into_iter()
                            .enumerate()
                            .map(|(index, (name, _))| view! { <option value=index>{name}</option> }.into_any())
                            .collect_view()}
                    </select>
                }.into_any())}
                <label for="preview-event">{words().receiver().preview_event}</label>
                <textarea id="preview-event" class="field code-field" rows="8" spellcheck="false" node_ref=text>
                    {at_first}
                </textarea>
                <ActButton
                    text=words().receiver().preview_try
                    busy=words().receiver().preview_busy
                    glyph=Glyph::Play
                    act
                />
                <div aria-live="polite">{move || found.get().map(shown)}</div>
            </div>
        </section>
    }
    .into_any()
}

/// An event as it would be posted.
fn text_of(event: &Event) -> String {
    let posted = serde_json::json!({
        "id": event.id, "type": event.event_type, "timestamp": event.timestamp, "instanceId": event.instance_id,
        "data": event.data,
    });
    serde_json::to_string_pretty(&posted).unwrap_or_default()
}

fn shown(found: api::Preview) -> impl IntoView {
    let (glyph, tone, said) = if found.matches {
        (Glyph::Tick, Tone::Good, words().receiver().matches)
    } else {
        (Glyph::Struck, Tone::Warn, words().receiver().no_match)
    };
    view! {
        <p>
            <span class=tone.class()><Icon glyph/><span>{said}</span></span>
            {found.why.map(|why| format!(": {why}"))}
        </p>
        {found.request.map(|request| view! {
            <p class="request-line"><strong>{request.method}</strong>" "{request.url}</p>
            <HeaderLines headers=request.headers/>
            <TextBlock title=words().body text=request.body/>
        }.into_any())}
    }
    .into_any()
}
