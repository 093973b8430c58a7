//! Rows as the keyboard sees them: the browser's own focus stands on a row's link, so that Enter opens it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A list whose rows can be walked.
const LIST: &str = "[data-rows]";
/// A row's link.
const LINK: &str = "a[data-row]";
/// The log's head stays above its rows, so high in px.
const HEAD_PX: f64 = 24.0;

/// Moves the focus to the next row, or the one before; the first in sight where none has it.
pub(super) fn step(down: bool) {
    let focused = document().active_element();
    let list = focused.as_ref().and_then(|focused| focused.closest(LIST).ok().flatten());
    let Some(list) = list.or_else(|| find("#log [data-rows]")).or_else(|| find(LIST)) else { return };
    let links = all(&list, LINK);
    let row = focused.as_ref().and_then(|focused| focused.closest("li").ok().flatten());
    let place = row.and_then(|row| links.iter().position(|link| row.contains(Some(link))));
    let next = match place {
        Some(place) if down => links.get(place + 1),
        Some(place) => place.checked_sub(1).and_then(|place| links.get(place)),
        None => first_in_sight(&list, &links),
    };
    if let Some(next) = next {
        let _ = next.focus();
    }
}

fn first_in_sight<'a>(list: &Element, links: &'a [HtmlElement]) -> Option<&'a HtmlElement> {
    let body = list.closest(".panel-body").ok().flatten();
    let top = body.map_or(0.0, |body| body.get_bounding_client_rect().top() + HEAD_PX);
    links.iter().find(|link| link.get_bounding_client_rect().top() >= top).or(links.first())
}

/// The delivery whose row has the focus, and the row.
pub(super) fn focused_delivery() -> Option<(String, Element)> {
    let row = document().active_element()?.closest("[data-delivery]").ok()??;
    Some((row.get_attribute("data-delivery")?, row))
}

/// The delivery that the page is about, and where it stands.
pub(super) fn delivery_of_page() -> Option<(String, Element)> {
    let head = find(".detail-head[data-delivery]")?;
    Some((head.get_attribute("data-delivery")?, head))
}

/// Gives the first row below `place` the focus, or `place` itself, as soon as it is there.
pub(super) fn focus_soon(place: impl Into<String>) {
    let place = place.into();
    leptos::task::spawn_local(async move {
        for _ in 0..40 {
            if let Some(place) = find(&place) {
                let first = all(&place, LINK).into_iter().next();
                if let Some(first) = first.or_else(|| place.dyn_into().ok()) {
                    let _ = first.focus();
                    return;
                }
            }
            gloo_timers::future::TimeoutFuture::new(50).await;
        }
    });
}

/// Tells the names that are cut in the row below the mouse by its link's title; one that is whole needs none.
pub(crate) fn name_whole(event: &leptos::ev::MouseEvent) {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(Some(row)) = element.closest("li.row") else { return };
    let Ok(Some(link)) = row.query_selector(LINK) else { return };
    let names = all(&row, ".row-to > .truncate");
    let is_cut = names.iter().any(|name| name.scroll_width() > name.client_width());
    let _ = if is_cut {
        let names: Vec<String> = names.iter().filter_map(|name| name.text_content()).collect();
        link.set_attribute("title", &names.join(" · "))
    } else {
        link.remove_attribute("title")
    };
}

pub(super) fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

pub(super) fn all(place: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = place.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}
