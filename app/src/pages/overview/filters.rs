//! The event log's filters.

use crate::state::Filter;
use crate::words::words;
use leptos::prelude::*;

/// The filters, as links: the address holds which one is on.
#[component]
pub fn Filters(
    /// The one that is on.
    filter: Memo<Filter>,
) -> impl IntoView {
    view! {
        <nav class="chips" aria-label=words().filter>
            {Filter::OFFERED
                .into_iter()
                .map(|offered| {
                    let (href, text) = match offered {
                        Filter::All => ("/".to_owned(), words().filter_all),
                        Filter::Only(status) => (format!("/?status={status}"), (words().status)(status)),
                    };
                    view! {
                        <a
                            class="chip"
                            href=href
                            aria-current=move || (filter.get() == offered).then_some("true")
                        >
                            {text}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
    .into_any()
}
