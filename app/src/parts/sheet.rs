//! A sheet over the page: the browser keeps the focus inside, and Esc closes it.

use crate::words::words;
use leptos::html::Dialog;
use leptos::prelude::*;

/// The sheet; what it holds is made when it opens.
#[component]
pub fn Sheet(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    title: &'static str,
    /// The id of its heading.
    id: &'static str,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let (is_open, Some(dialog)) = (open.get(), dialog.get()) else { return };
        if is_open && !dialog.open() {
            let _ = dialog.show_modal();
            // What it holds may come a moment later.
            if !focus_first(&dialog) {
                request_animation_frame(move || {
                    focus_first(&dialog);
                });
            }
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog class="sheet" node_ref=dialog aria-labelledby=id on:close=move |_| open.set(false)>
            {move || open.get().then(|| view! {
                <div class="sheet-head">
                    <h2 id=id>{title}</h2>
                    <span class="grow"></span>
                    <button class="button button-small" type="button" on:click=move |_| open.set(false)>
                        {words().close}
                    </button>
                </div>
                {children()}
            }.into_any())}
        </dialog>
    }
    .into_any()
}

/// Gives the focus to what is to have it, if that is there.
fn focus_first(dialog: &leptos::web_sys::HtmlDialogElement) -> bool {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(first)) = dialog.query_selector("[data-first]")
        && let Some(first) = wasm_bindgen::JsCast::dyn_ref::<web_sys::HtmlElement>(&first)
    {
        return first.focus().is_ok();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = dialog;
    false
}
