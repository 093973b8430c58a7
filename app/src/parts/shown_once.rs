//! A secret that is told this once.

use super::CopyButton;
use crate::words::words;
use leptos::prelude::*;

/// The secret, with a button that copies it.
#[component]
pub fn ShownOnce(
    /// It.
    secret: String,
) -> impl IntoView {
    view! {
        <div class="notice notice-good" data-shown-once="">
            <div>
                <strong>{words().making().shown_once}</strong>
                <div class="flex items-center gap-4">
                    <code class="id">{secret.clone()}</code>
                    <CopyButton text=Signal::stored(secret)/>
                </div>
            </div>
        </div>
    }
    .into_any()
}
