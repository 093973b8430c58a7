//! The sheet of keys.

use super::sheet::Sheet;
use crate::words::words;
use leptos::prelude::*;

/// Every key, and what it does.
#[component]
pub fn KeySheet(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let word = words().console();
    let keys: [(&[&str], &str); 13] = [
        (&["/"], word.key_search),
        (&["j", "k"], word.key_move),
        (&["Enter"], word.key_open),
        (&["r"], word.key_redeliver),
        (&["x"], word.key_select),
        (&["Shift x"], word.key_range),
        (&["g e"], word.key_endpoints),
        (&["g l"], word.key_log),
        (&["g i"], word.key_inbound),
        (&["g s"], word.key_settings),
        (&["Ctrl K"], word.key_commands),
        (&["?"], word.key_help),
        (&["Esc"], word.key_close),
    ];
    view! {
        <Sheet open title=words().keys id="keys-title">
            <dl class="keys">
                {keys.map(|(keys, does)| view! {
                    <div>
                        <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd>" " }.into_any()).collect_view()}</dt>
                        <dd>{does}</dd>
                    </div>
                }.into_any())}
            </dl>
            <p class="text-ink-2">{word.keys_long}</p>
        </Sheet>
    }
    .into_any()
}
