//! The question before a delivery that has arrived is sent once more.

use super::Sheets;
use super::sheet::Sheet;
use crate::words::words;
use leptos::prelude::*;

/// The sheet; the first button does it, and has the focus.
#[component]
pub fn SureSheet() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    let open = sheets.sure;
    let word = words().console();
    let yes = move |_| {
        open.set(false);
        sheets.redeliver(sheets.about().0);
    };
    view! {
        <Sheet open title=word.again id="sure-title">
            <p>{move || (word.again_sure)(&sheets.about().1)}</p>
            <div class="actions sheet-actions">
                <button class="button" type="button" data-first="" on:click=yes>{word.again_yes}</button>
                <button class="button" type="button" on:click=move |_| open.set(false)>{word.again_no}</button>
            </div>
        </Sheet>
    }
    .into_any()
}
