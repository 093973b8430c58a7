//! Sending again everything that the filter shows: first how much that is, then the button that does it.

use crate::api;
use crate::format::count;
use crate::parts::{Act, ActButton, Glyph};
use crate::state::{Filter, Store};
use crate::words::words;
use leptos::html::Input;
use leptos::prelude::*;
use wire::{DeliveryStatus, Problem};

/// Offered where the filter names failed or cancelled deliveries in words that the gateway can act on.
#[component]
pub fn RedeliverMany(
    /// What is shown.
    filter: Memo<Filter>,
) -> impl IntoView {
    let is_offered = Memo::new(move |_| filter.with(can_be_sent));
    // What was counted, for the filter it was counted for.
    let counted = RwSignal::new(None::<(Filter, u64)>);
    Effect::new(move |_| {
        filter.track();
        counted.set(None);
    });
    view! {
        {move || {
            is_offered.get().then(|| {
                view! {
                    <Count filter counted/>
                    {move || counted.get().map(|(filter, matched)| view! { <Sure filter matched counted/> }.into_any())}
                }.into_any()
            })
        }}
    }
}

/// Whether what the filter shows has ended badly.
fn can_be_sent(filter: &Filter) -> bool {
    let ended =
        |status: &DeliveryStatus| matches!(status, DeliveryStatus::Failed | DeliveryStatus::Cancelled);
    !filter.statuses.is_empty() && filter.statuses.iter().all(ended) && filter.wrong.is_empty()
}

#[component]
fn Count(filter: Memo<Filter>, counted: RwSignal<Option<(Filter, u64)>>) -> impl IntoView {
    let store = expect_context::<Store>();
    let act = Callback::new(move |()| -> Act {
        let filter = filter.get_untracked();
        Box::pin(async move {
            let found = ask(&store, &filter, None, true).await?;
            counted.set(Some((filter, found.matched)));
            Ok(String::new())
        })
    });
    view! { <ActButton text=words().many busy=words().many_counting glyph=Glyph::Again small=true act/> }
        .into_any()
}

#[component]
fn Sure(filter: Filter, matched: u64, counted: RwSignal<Option<(Filter, u64)>>) -> impl IntoView {
    let store = expect_context::<Store>();
    let rate = NodeRef::<Input>::new();
    let done = RwSignal::new(None::<String>);
    let line = filter.line();
    let act = Callback::new(move |()| -> Act {
        let filter = filter.clone();
        let per_second = rate.get_untracked().and_then(|rate| rate.value().parse().ok());
        Box::pin(async move {
            let found = ask(&store, &filter, per_second, false).await?;
            done.set(Some((words().many_queued)(&count(found.queued))));
            Ok(String::new())
        })
    });
    view! {
        <div class="many" role="group" aria-label=words().many>
            {move || match done.get() {
                Some(said) => view! { <p role="status">{said}</p> }.into_any(),
                None => view! {
                    <p role="status">{(words().many_matched)(&count(matched), &line)}</p>
                    {(matched > 0).then(|| view! {
                        <label>
                            {words().many_rate}" "
                            <input
                                class="field many-rate"
                                type="number"
                                min="0.1"
                                step="any"
                                placeholder=words().many_rate_none
                                node_ref=rate
                            />
                        </label>
                        <ActButton text=words().many_go busy=words().redelivering glyph=Glyph::Again act/>
                    }.into_any())}
                }
                .into_any(),
            }}
            <button class="button" type="button" on:click=move |_| counted.set(None)>{words().close}</button>
        </div>
    }
    .into_any()
}

async fn ask(
    store: &Store,
    filter: &Filter,
    per_second: Option<f64>,
    only_count: bool,
) -> Result<api::Found, Problem> {
    let now = store.now.get_untracked().unwrap_or_default();
    api::redeliver_many(filter, now, per_second, only_count).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_badly_and_can_be_named_is_offered() {
        let offered = |line: &str| can_be_sent(&Filter::of_line(line));
        assert!(offered("status:failed") && offered("status:failed endpoint:crm since:1h"));
        assert!(!offered("") && !offered("endpoint:crm") && !offered("status:delivered"));
        assert!(offered("status:failed \"text\"") && offered("status:failed agent:hr"));
    }
}
