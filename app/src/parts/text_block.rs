//! A text as it is: a body, a prompt, a reply.

use crate::format::size;
use crate::words::words;
use leptos::prelude::*;

/// A heading with the text's size, and the text.
#[component]
pub fn TextBlock(
    /// What it is.
    title: &'static str,
    /// It.
    text: String,
    /// Whether there was more of it.
    #[prop(optional)]
    cut: bool,
) -> impl IntoView {
    let long = size(text.len());
    view! {
        <p class="part-head">{title}<span class="text-ink-2">" "{long}</span></p>
        {if text.is_empty() {
            view! { <p class="text-ink-2">{words().body_empty}</p> }.into_any()
        } else {
            view! { <pre class="code-block" tabindex="0"><code>{text}</code></pre> }.into_any()
        }}
        {cut.then(|| view! { <p class="text-ink-2">{words().body_cut}</p> }.into_any())}
    }
    .into_any()
}
