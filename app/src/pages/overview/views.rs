//! Views of the log: filters with a name. Some are always there, the others are kept in this browser.

use crate::parts::{CopyButton, rows};
use crate::state::{Filter, Store};
use crate::words::words;
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::components::A;
use serde::{Deserialize, Serialize};
use wire::DeliveryStatus;

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    name: String,
    /// As the query line has it.
    line: String,
}

/// The menu.
#[component]
pub fn Views(
    /// What is shown.
    filter: Memo<Filter>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let word = words().console();
    let saved = RwSignal::new(Vec::<Saved>::new());
    // The server knows none.
    Effect::new(move |_| saved.set(kept::read()));
    let change = move |change: &dyn Fn(&mut Vec<Saved>)| {
        saved.update(|saved| change(saved));
        saved.with_untracked(|saved| kept::write(saved));
    };
    let name = NodeRef::<Input>::new();
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = name.get_untracked() else { return };
        let view = Saved { name: field.value().trim().to_owned(), line: filter.with_untracked(Filter::line) };
        if !view.name.is_empty() {
            field.set_value("");
            change(&|saved| {
                saved.retain(|known| known.name != view.name);
                saved.push(view.clone());
            });
        }
    };
    let always = [
        (words().filter_all, String::new()),
        ((words().status)(DeliveryStatus::Failed), "status:failed".to_owned()),
        ((words().status)(DeliveryStatus::Retrying), "status:retrying".to_owned()),
        ((words().status)(DeliveryStatus::Held), "status:held".to_owned()),
        (word.last_hour, "since:1h".to_owned()),
    ];
    let link = move |name: String, line: &str| {
        let wanted = Filter::of_line(line);
        let href = wanted.href();
        let is_on = Memo::new(move |_| filter.with(|filter| *filter == wanted));
        view! { <A href=href attr:aria-current=move || is_on.get().then_some("true")>{name}</A> }
    };
    let address = Signal::derive(move || format!("{}{}", store.origin.get(), filter.with(Filter::href)));
    view! {
        <details class="menu views when-alive">
            <summary class="button button-small">{word.views}</summary>
            <div class="menu-body">
                <ul class="view-list">
                    {always.map(|(name, line)| view! { <li>{link(name.to_owned(), &line)}</li> }.into_any())}
                    {rows(move || saved.get(), |saved| format!("{}\n{}", saved.name, saved.line), move |view| view! {
                        <li>
                            {link(view.name.clone(), &view.line)}
                            <button
                                class="button button-small"
                                type="button"
                                aria-label=(word.view_remove)(&view.name)
                                on:click=move |_| change(&|saved| saved.retain(|known| known.name != view.name))
                            >
                                "×"
                            </button>
                        </li>
                    })}
                </ul>
                <form class="view-form" on:submit=save>
                    <input
                        class="field"
                        type="text"
                        maxlength="60"
                        required
                        aria-label=word.view_name
                        placeholder=word.view_name
                        node_ref=name
                    />
                    <button class="button button-small" type="submit">{word.view_save}</button>
                </form>
                <p class="text-ink-2">{word.views_here}</p>
                <CopyButton text=address said=word.copy_link/>
            </div>
        </details>
    }
    .into_any()
}

/// Where the browser keeps them.
mod kept {
    use super::Saved;

    #[cfg(feature = "hydrate")]
    const PLACE: &str = "openclaw-webhooks.views";

    /// Those that are kept; none where the browser keeps nothing.
    pub(super) fn read() -> Vec<Saved> {
        #[cfg(feature = "hydrate")]
        if let Some(text) = storage().and_then(|storage| storage.get_item(PLACE).ok().flatten()) {
            return serde_json::from_str(&text).unwrap_or_default();
        }
        Vec::new()
    }

    pub(super) fn write(views: &[Saved]) {
        #[cfg(feature = "hydrate")]
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(views)) {
            let _ = storage.set_item(PLACE, &text);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = views;
    }

    #[cfg(feature = "hydrate")]
    fn storage() -> Option<web_sys::Storage> {
        leptos::prelude::window().local_storage().ok().flatten()
    }
}
