//! A panel: a heading, what stands beside it, and a body that scrolls by itself.

use leptos::prelude::*;

/// A panel of the overview.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
#[component]
pub fn Panel(
    /// Its id in the page; its heading's is this with `-title`.
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// How many things it holds, where that helps.
    #[prop(optional, into)]
    count: Option<Signal<usize>>,
    /// What stands at the heading's right.
    #[prop(optional, into)]
    tools: ViewFn,
    /// Where its body is scrolled to, for those who watch that.
    #[prop(optional)]
    body: NodeRef<leptos::html::Div>,
    /// Called when its body is scrolled.
    #[prop(optional, into)]
    on_scroll: Option<Callback<()>>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let (named, titled) = (title_id.clone(), title_id.clone());
    view! {
        <section class="panel" id=id tabindex="-1" aria-labelledby=named>
            <div class="panel-head">
                <h2 id=titled>{title}</h2>
                {count.map(|count| view! { <span class="count">{count}</span> }.into_any())}
                <span class="grow"></span>
                {tools.run()}
            </div>
            <div
                class="panel-body"
                role="group"
                tabindex="0"
                aria-labelledby=title_id
                node_ref=body
                on:scroll=move |_| {
                    if let Some(on_scroll) = on_scroll {
                        on_scroll.run(());
                    }
                }
            >
                {children()}
            </div>
        </section>
    }
    .into_any()
}
