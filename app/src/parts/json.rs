//! JSON that can be folded and searched. Without scripts its first levels are open and the rest unfolds by the browser.

mod tree;

use crate::words::words;
use leptos::html::Div;
use leptos::prelude::*;
use serde_json::Value;
use tree::{Kind, Node, grow};

/// More than so much text is shown as it is: each line of a tree has a price.
const MOST_BYTES: usize = 200_000;
/// Levels that are open at first.
const OPEN_LEVELS: usize = 3;

/// The tree, with its search.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
#[component]
pub fn JsonTree(
    /// What it shows.
    value: Value,
) -> impl IntoView {
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    if text.len() > MOST_BYTES || !(value.is_object() || value.is_array()) {
        return view! { <pre class="code-block" tabindex="0"><code>{text}</code></pre> }.into_any();
    }
    let mut lines = Vec::new();
    let root = grow(None, &value, &mut lines);
    let lines = StoredValue::new(lines);
    let asked = RwSignal::new(String::new());
    // Which lines hold what is looked for; none while nothing is.
    let found = Memo::new(move |_| {
        let wanted = asked.get().trim().to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        lines.with_value(|lines| lines.iter().map(|line| line.contains(&wanted)).collect::<Vec<bool>>())
    });
    let said = move || {
        let found = found.get();
        (!found.is_empty()).then(|| (words().insight().found)(found.iter().filter(|hit| **hit).count()))
    };
    let place = NodeRef::<Div>::new();
    view! {
        <div>
            <div class="json-tools when-alive">
                <input
                    class="field"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    aria-label=words().insight().search
                    placeholder=words().insight().search
                    on:input=move |event| asked.set(event_target_value(&event))
                />
                <button class="button button-small" type="button" on:click=move |_| fold(place, false)>
                    {words().insight().unfold}
                </button>
                <button class="button button-small" type="button" on:click=move |_| fold(place, true)>
                    {words().insight().fold}
                </button>
                <span role="status" class="text-ink-2">{move || said()}</span>
            </div>
            <div class="json-tree code-block" role="group" tabindex="0" aria-label=words().event_json node_ref=place>
                {branch_or_leaf(root, found, 0)}
            </div>
        </div>
    }
    .into_any()
}

fn branch_or_leaf(node: Node, found: Memo<Vec<bool>>, depth: usize) -> AnyView {
    let Node { key, at, end, kind } = node;
    let is_hit = move || found.with(|found| found.get(at).copied().unwrap_or(false));
    let name = key.map(|key| view! { <span class="json-key">{key}</span>": " }.into_any());
    match kind {
        Kind::Leaf { text, class } => view! {
            <div class:json-hit=is_hit>{name}<span class=class>{text}</span></div>
        }
        .into_any(),
        Kind::Branch { ends, children } => {
            let holds = move || {
                found.with(|found| {
                    if found.is_empty() { depth < OPEN_LEVELS } else { found[at..end].iter().any(|hit| *hit) }
                })
            };
            let count = (words().insight().parts)(children.len());
            view! {
                <details class="json-branch" prop:open=holds open=depth < OPEN_LEVELS>
                    <summary class:json-hit=is_hit>
                        {name}{ends.0}<span class="json-count">" "{count}" "</span><span class="json-shut">{ends.1}</span>
                    </summary>
                    <div class="json-inside">
                        {children.into_iter().map(|child| branch_or_leaf(child, found, depth + 1)).collect_view()}
                    </div>
                    <div>{ends.1}</div>
                </details>
            }
            .into_any()
        }
    }
}

/// Folds everything inside, or unfolds it.
fn fold(place: NodeRef<Div>, shut: bool) {
    #[cfg(feature = "hydrate")]
    if let Some(place) = place.get_untracked()
        && let Ok(found) = place.query_selector_all("details details")
    {
        let branches = (0..found.length()).filter_map(|index| found.item(index));
        for branch in
            branches.filter_map(|node| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(node).ok())
        {
            let _ = if shut { branch.remove_attribute("open") } else { branch.set_attribute("open", "") };
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (place, shut);
}
