//! A button that copies a text.

use crate::words::words;
use leptos::prelude::*;

/// Copies `text`, and says so for a moment.
#[component]
pub fn CopyButton(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// What it says.
    #[prop(default = words().copy)]
    said: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            // The promise is refused without a secure context; then the text is there to be selected.
            let clipboard = window().navigator().clipboard();
            let done = clipboard.write_text(&text.get_untracked());
            leptos::task::spawn_local(async move {
                if wasm_bindgen_futures::JsFuture::from(done).await.is_ok() {
                    copied.set(true);
                    set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
                }
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (text, copied);
    };
    view! {
        <button class="button button-small when-alive" type="button" on:click=copy>
            {move || if copied.get() { words().copied } else { said }}
        </button>
    }
    .into_any()
}
