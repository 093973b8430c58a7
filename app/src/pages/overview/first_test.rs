//! For whoever has no event yet: which to begin with, and a button that sends it as a test.

use crate::api;
use crate::parts::{Act, ActButton, Glyph};
use crate::words::words;
use leptos::prelude::*;
use wire::EventType;

/// The first event to send, and to which endpoint: the commonest where one takes it, otherwise what the first takes at all.
pub(super) fn first_of(
    endpoints: impl Iterator<Item = (String, Vec<EventType>)>,
) -> Option<(String, EventType)> {
    let common = EventType::MessageReceived;
    let mut first = None;
    for (name, types) in endpoints {
        if types.contains(&common) {
            return Some((name, common));
        }
        first = first.or_else(|| types.first().map(|event_type| (name, *event_type)));
    }
    first
}

/// The button.
#[component]
pub fn FirstTest(
    /// The endpoint.
    name: String,
    /// What it takes.
    event_type: EventType,
) -> impl IntoView {
    let word = words().receiver();
    let label = name.clone();
    let act = Callback::new(move |()| -> Act {
        let name = name.clone();
        Box::pin(async move {
            api::test_endpoint(&name, Some(event_type)).await.map(|_| words().receiver().tested.to_owned())
        })
    });
    view! { <ActButton text=word.test busy=word.testing glyph=Glyph::Arrow label act/> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_event_is_one_that_an_endpoint_takes() {
        let of = |endpoints: &[(&str, &[EventType])]| {
            first_of(endpoints.iter().map(|(name, types)| ((*name).to_owned(), types.to_vec())))
                .map(|(name, event_type)| format!("{name} {}", event_type.as_str()))
        };
        let (called, received) = (EventType::ToolCalled, EventType::MessageReceived);
        assert_eq!(of(&[("a", &[called]), ("b", &[called, received])]).unwrap(), "b message.received");
        assert_eq!(of(&[("a", &[]), ("b", &[called]), ("c", &[])]).unwrap(), "b tool.called");
        assert_eq!(of(&[("a", &[])]), None);
        assert_eq!(of(&[]), None);
    }
}
