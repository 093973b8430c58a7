//! The rows that were picked out: how many, and sending them again after their number was shown.

use crate::api;
use crate::format::count;
use crate::parts::{Act, ActButton, Glyph};
use crate::state::{Filter, MOST_SELECTED, Store};
use crate::words::words;
use leptos::prelude::*;

/// Nothing until a row is picked.
#[component]
pub fn Selected(
    /// What is shown.
    filter: Memo<Filter>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let selection = store.selection;
    let some = Memo::new(move |_| selection.count() > 0);
    // What was counted; another choice or another filter makes it stale.
    let counted = RwSignal::new(None::<u64>);
    Effect::new(move |_| {
        filter.track();
        selection.count();
        counted.set(None);
    });
    view! { {move || some.get().then(|| view! { <Chosen counted/> }.into_any())} }
}

#[component]
fn Chosen(counted: RwSignal<Option<u64>>) -> impl IntoView {
    let selection = expect_context::<Store>().selection;
    let word = words().console();
    let number = move || u64::try_from(selection.count()).unwrap_or(u64::MAX);
    let fits = Memo::new(move |_| selection.count() <= MOST_SELECTED);
    let ask = Callback::new(move |()| -> Act {
        let ids = selection.ids();
        Box::pin(async move {
            let found = api::redeliver_these(&ids, true).await?;
            counted.try_set(Some(found.matched));
            Ok(String::new())
        })
    });
    view! {
        <div class="many" role="group" aria-label=move || (word.selected)(&count(number()))>
            <p role="status">{move || (word.selected)(&count(number()))}</p>
            {move || match (fits.get(), counted.get()) {
                (false, _) => view! { <p class="refusal">{word.selected_most}</p> }.into_any(),
                (true, None) => view! {
                    <ActButton
                        text=word.redeliver_selected
                        busy=word.selected_count
                        glyph=Glyph::Again
                        small=true
                        act=ask
                    />
                }
                .into_any(),
                (true, Some(matched)) => view! { <Sure matched/> }.into_any(),
            }}
            <button class="button button-small" type="button" on:click=move |_| { selection.clear(); }>
                {word.clear}
            </button>
        </div>
    }
    .into_any()
}

/// The button that does it.
#[component]
fn Sure(matched: u64) -> impl IntoView {
    let selection = expect_context::<Store>().selection;
    let sheets = expect_context::<crate::parts::Sheets>();
    let act = Callback::new(move |()| -> Act {
        let ids = selection.ids();
        Box::pin(async move {
            let found = api::redeliver_these(&ids, false).await?;
            sheets.say((words().many_queued)(&count(found.queued)));
            selection.clear();
            Ok(String::new())
        })
    });
    view! {
        <p role="status">{(words().console().selected_matched)(&count(matched))}</p>
        {(matched > 0).then(|| view! {
            <ActButton text=words().many_go busy=words().redelivering glyph=Glyph::Again small=true act/>
        }.into_any())}
    }
    .into_any()
}
