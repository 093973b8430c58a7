//! Header lines, as sent or as they came.

use crate::words::words;
use leptos::prelude::*;
use wire::Headers;

/// The lines, in their order.
#[component]
pub fn HeaderLines(
    /// Them.
    headers: Headers,
) -> impl IntoView {
    view! {
        <p class="part-head">{words().headers}</p>
        <pre class="code-block" tabindex="0">
            <code>
                {headers
                    .into_iter()
                    .map(|(name, value)| view! { <span class="header-name">{name}</span>": "{value}"\n" }.into_any())
                    .collect_view()}
            </code>
        </pre>
    }
    .into_any()
}
