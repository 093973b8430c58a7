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
    use leptos::tachys::hydration::Cursor;
    use leptos::tachys::view::PositionState;

    if expect_context::<crate::state::Store>().lives.get_value() {
        return view! { <div class="later">{children()}</div> }.into_any();
    }
    let place = NodeRef::<leptos::html::Div>::new();
    let owner = Owner::current().unwrap_or_default().child();
    let living = StoredValue::new_local(None);
    let live = move || {
        // The visitor may have left the page already.
        let Some(place) = place.try_get_untracked().flatten() else { return };
        let state =
            owner.with(|| children().hydrate::<true>(&Cursor::new(place.into()), &PositionState::default()));
        let _ = living.try_set_value(Some((owner, state)));
    };
    set_timeout(live, std::time::Duration::ZERO);
    // What stands there stays.
    view! { <div class="later" node_ref=place inner_html=""></div> }.into_any()
}
