//! An empty panel: what would be here, and the line that puts it here.

use super::CopyButton;
use leptos::prelude::*;

/// An empty panel's content.
#[component]
pub fn Empty(
    /// What is not here.
    #[prop(into)]
    title: Signal<&'static str>,
    /// What to do about it.
    #[prop(optional, into)]
    text: Option<Signal<&'static str>>,
    /// A command line that does it.
    #[prop(optional, into)]
    line: Option<Signal<String>>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <div class="flex items-end justify-between gap-4">
                {text.map(|text| view! { <p class="text-ink-2">{text}</p> }.into_any())}
                {line.map(|line| view! { <CopyButton text=line/> }.into_any())}
            </div>
            {line.map(|line| view! { <pre class="snippet" tabindex="0"><code>{line}</code></pre> }.into_any())}
        </div>
    }
    .into_any()
}
