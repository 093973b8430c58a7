//! Parts of a page that come to life one after the other, each in a turn of its own: the browser draws and answers in between.
//! As it comes, a page has them all.

use leptos::prelude::*;

/// Such a part, on the page as it comes.
#[cfg(not(feature = "hydrate"))]
#[component]
pub fn Later(
    /// What comes to life.
    children: Children,
) -> impl IntoView {
    view! { <div class="later">{children()}</div> }.into_any()
}

/// Such a part, in the browser. On a page that was gone to from another there is nothing to wait for.
#[cfg(feature = "hydrate")]
#[component]
pub fn Later(
    /// What comes to life.
    children: Children,
) -> impl IntoView {
    if expect_context::<crate::state::Store>().lives.get_value() {
        return view! { <div class="later">{children()}</div> }.into_any();
    }
    let standing = Standing::new();
    let view = standing.view("later");
    set_timeout(move || standing.live(children), std::time::Duration::ZERO);
    view
}

/// A part that stands on the page, and does not live yet.
#[cfg(feature = "hydrate")]
pub(crate) struct Standing {
    place: NodeRef<leptos::html::Div>,
    owner: Owner,
    living: StoredValue<Option<(Owner, <AnyView as Render>::State)>, LocalStorage>,
}

#[cfg(feature = "hydrate")]
impl Standing {
    pub(crate) fn new() -> Self {
        Self {
            place: NodeRef::new(),
            owner: Owner::current().unwrap_or_default().child(),
            living: StoredValue::new_local(None),
        }
    }

    /// What stands there stays.
    pub(crate) fn view(&self, class: &'static str) -> AnyView {
        view! { <div class=class node_ref=self.place inner_html=""></div> }.into_any()
    }

    /// Brings it to life; all that it shows must still be as it was when the page was made.
    fn live(self, view: impl FnOnce() -> AnyView) {
        use leptos::tachys::hydration::Cursor;
        use leptos::tachys::view::PositionState;

        // The visitor may have left the page already.
        let Some(place) = self.place.try_get_untracked().flatten() else { return };
        let state =
            self.owner.with(|| view().hydrate::<true>(&Cursor::new(place.into()), &PositionState::default()));
        let _ = self.living.try_set_value(Some((self.owner, state)));
    }

    /// Puts what lives in its place.
    pub(crate) fn give_way(self, view: impl FnOnce() -> Option<AnyView>) {
        let Some(place) = self.place.try_get_untracked().flatten() else { return };
        let Some(mut state) = self.owner.with(|| Some(view()?.build())) else { return };
        let had_focus = place.contains(document().active_element().as_deref());
        place.set_inner_html("");
        place.set_class_name("later");
        state.mount(&place, None);
        // Whoever was in there stays near.
        if had_focus && let Ok(Some(first)) = place.query_selector("a, button, input, [tabindex]") {
            let _ = wasm_bindgen::JsCast::dyn_into(first).map(|first: web_sys::HtmlElement| first.focus());
        }
        let _ = self.living.try_set_value(Some((self.owner, state)));
    }
}
