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

/// What scrolls in a panel.
#[cfg(feature = "hydrate")]
const SCROLLS: &str = ".panel-body";

/// So long until it is looked again whether the visitor's finger is off.
#[cfg(feature = "hydrate")]
const AGAIN: std::time::Duration = std::time::Duration::from_millis(50);

#[cfg(feature = "hydrate")]
fn find(place: &web_sys::Element, what: &str) -> Option<web_sys::Element> {
    place.query_selector(what).ok().flatten()
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
    pub(crate) fn give_way(self, view: impl FnOnce() -> Option<AnyView> + 'static) {
        let Some(place) = self.place.try_get_untracked().flatten() else { return };
        // A click that began on what stands there is to end on it.
        if place.matches(":active").unwrap_or(false) {
            set_timeout(move || self.give_way(view), AGAIN);
            return;
        }
        let Some(mut state) = self.owner.with(|| Some(view()?.build())) else { return };
        let focused = document().active_element().filter(|focused| place.contains(Some(focused)));
        let scrolled = find(&place, SCROLLS).map_or(0, |body| body.scroll_top());
        place.set_inner_html("");
        place.set_class_name("later");
        state.mount(&place, None);
        if let Some(body) = find(&place, SCROLLS) {
            body.set_scroll_top(scrolled);
        }
        // Whoever was in there stays there, or near.
        if let Some(focused) = focused {
            let same =
                focused.get_attribute("href").and_then(|to| find(&place, &format!("a[href=\"{to}\"]")));
            if let Some(next) = same.or_else(|| find(&place, "a, button, input, [tabindex]")) {
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                let _ = wasm_bindgen::JsCast::dyn_into(next)
                    .map(|next: web_sys::HtmlElement| next.focus_with_options(&options));
            }
        }
        let _ = self.living.try_set_value(Some((self.owner, state)));
    }
}
