//! What an endpoint's definition is filled in with: URL, events, and the rest as JSON.

use crate::words::words;
use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use serde_json::{Map, Value};
use wire::EventType;

/// The fields' places on the page.
#[derive(Clone, Copy)]
pub struct Fields {
    /// The URL.
    pub url: NodeRef<Input>,
    /// Everything else, as JSON.
    pub more: NodeRef<Textarea>,
    /// The events that are wanted.
    pub events: RwSignal<Vec<EventType>>,
}

impl Fields {
    /// Fields that want these events.
    pub fn new(events: Vec<EventType>) -> Self {
        Self { url: NodeRef::new(), more: NodeRef::new(), events: RwSignal::new(events) }
    }

    /// What was filled in, or what is wrong with the JSON.
    pub fn definition(self) -> Result<Map<String, Value>, String> {
        let more = self.more.get_untracked().map(|more| more.value()).unwrap_or_default();
        let mut definition: Map<String, Value> = if more.trim().is_empty() {
            Map::new()
        } else {
            serde_json::from_str(&more).map_err(|error| (words().making().more_wrong)(&error.to_string()))?
        };
        let url = self.url.get_untracked().map(|url| url.value()).unwrap_or_default();
        definition.insert("url".to_owned(), url.trim().into());
        let events = self.events.get_untracked();
        let events = if events.len() == EventType::ALL.len() {
            Value::from(vec!["*"])
        } else {
            events.iter().map(|event| Value::from(event.as_str())).collect()
        };
        definition.insert("events".to_owned(), events);
        Ok(definition)
    }
}

/// The fields.
#[component]
pub fn DefinitionFields(
    /// Their places.
    fields: Fields,
    /// The URL at first.
    #[prop(optional, into)]
    url: String,
    /// What the JSON is for.
    hint: &'static str,
) -> impl IntoView {
    let toggle = move |event_type: EventType| {
        fields.events.update(|events| match events.iter().position(|known| *known == event_type) {
            Some(place) => drop(events.remove(place)),
            None => events.push(event_type),
        });
    };
    view! {
        <label for="field-url">{words().making().url}</label>
        <input
            id="field-url"
            class="field code-field"
            type="url"
            required
            placeholder="https://"
            value=url
            node_ref=fields.url
        />
        <fieldset class="choices">
            <legend>{words().making().events}</legend>
            {EventType::ALL
                .iter()
                .map(|event_type| {
                    let event_type = *event_type;
                    let is_on = move || fields.events.with(|events| events.contains(&event_type));
                    view! {
                        <label class="choice">
                            <input type="checkbox" prop:checked=is_on on:change=move |_| toggle(event_type)/>
                            {event_type.as_str()}
                        </label>
                    }.into_any()
                })
                .collect_view()}
        </fieldset>
        <label for="field-more">{words().making().more}</label>
        <textarea
            id="field-more"
            class="field code-field"
            rows="4"
            spellcheck="false"
            placeholder="{}"
            aria-describedby="field-more-hint"
            node_ref=fields.more
        ></textarea>
        <p id="field-more-hint" class="text-ink-2">{hint}</p>
    }
    .into_any()
}

/// What is wrong with what was filled in, told without asking the gateway.
pub fn unfit(detail: String) -> wire::Problem {
    wire::Problem {
        kind: "about:blank".to_owned(),
        title: "unfit".to_owned(),
        status: 422,
        code: "unfit".to_owned(),
        detail,
        field: None,
        errors: Vec::new(),
    }
}
