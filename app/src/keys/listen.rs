//! Listens for keys as long as the page lives.

use super::rows::{all, delivery_of_page, find, focus_soon, focused_delivery, step};
use super::{Key, meaning};
use crate::parts::Sheets;
use crate::state::Store;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// So long after a `g` the next letter still belongs to it, in ms.
const GO_MS: f64 = 1500.0;

/// Starts listening.
pub(crate) fn start(store: &Store, sheets: Sheets) {
    let (store, navigate) = (*store, use_navigate());
    let go_at = StoredValue::new(f64::NEG_INFINITY);
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if event.is_composing() || event.default_prevented() {
            return;
        }
        let held = event.ctrl_key() || event.meta_key();
        if held && !event.alt_key() && !event.shift_key() && is_letter_k(&event) {
            event.prevent_default();
            if sheets.palette.get_untracked() {
                sheets.palette.set(false);
            } else {
                sheets.open(sheets.palette);
            }
            return;
        }
        if held || event.alt_key() || find("dialog[open]").is_some() {
            return;
        }
        // What is typed for a sheet that is on its way is nobody else's.
        if event.key() != "Escape" && sheets.is_one_open() {
            return;
        }
        let typing = target_of(&event).filter(is_field);
        if let Some(field) = typing {
            if event.key() == "Escape" {
                let _ = field.blur();
            }
            return;
        }
        let now = event.time_stamp();
        let after_go = now - go_at.get_value() < GO_MS;
        go_at.set_value(f64::NEG_INFINITY);
        let Some(key) = meaning(after_go, &event.key(), &event.code()) else { return };
        if key == Key::Go {
            go_at.set_value(now);
            return;
        }
        let go = |path: &str| navigate(path, NavigateOptions::default());
        if act(key, &store, sheets, &go) {
            event.prevent_default();
        }
    });
    // As long as the page.
    std::mem::forget(handle);
}

/// Does what the key asks for; tells whether there was anything to do.
fn act(key: Key, store: &Store, sheets: Sheets, go: &dyn Fn(&str)) -> bool {
    let on_overview = || find("main.overview").is_some();
    match key {
        Key::Search => {
            if find("main input[type=search]").is_none() {
                go("/");
            }
            focus_soon("main input[type=search]");
        }
        Key::Down => step(true),
        Key::Up => step(false),
        Key::Redeliver => return redeliver(sheets),
        Key::Select | Key::SelectTo => return select(store, key == Key::SelectTo),
        Key::Go => {}
        Key::Endpoints => {
            go("/endpoints");
            focus_soon("main.detail [data-rows]");
        }
        Key::Log | Key::Inbound => {
            if !on_overview() {
                go("/");
            }
            focus_soon(if key == Key::Log { "section#log" } else { "section#inbound" });
        }
        Key::Settings => go("/settings"),
        Key::Help => sheets.open(sheets.help),
        Key::Close => return sheets.close() || close_menus() || store.selection.clear() || go_back(),
    }
    true
}

fn select(store: &Store, range: bool) -> bool {
    let Some((id, row)) = focused_delivery() else { return false };
    // Only the log's rows can be picked.
    if row.query_selector(".row-pick").ok().flatten().is_none() {
        return false;
    }
    id.parse().map(|id| store.selection.pick(&id, range)).is_ok()
}

/// Sends the focused row again, or what the page is about; what has arrived already, only after a question.
fn redeliver(sheets: Sheets) -> bool {
    let Some((id, place)) = focused_delivery().or_else(delivery_of_page) else { return false };
    if let Some(what) = place.get_attribute("data-delivered") {
        sheets.ask_again(id, what);
        return true;
    }
    let button = place.query_selector("[data-redeliver]").ok().flatten();
    match button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        Some(button) => button.click(),
        None => sheets.redeliver(id),
    }
    true
}

fn close_menus() -> bool {
    let Some(page) = document().body() else { return false };
    let open = all(&page, "details.menu[open]");
    for menu in &open {
        let _ = menu.remove_attribute("open");
        if let Some(handle) = all(menu, "summary").first() {
            let _ = handle.focus();
        }
    }
    !open.is_empty()
}

/// Follows the link by which a page says where it belongs; not while something would be lost: a secret that is shown this
/// once, or what was typed.
fn go_back() -> bool {
    if find("main [data-shown-once]").is_some() || document().body().is_some_and(|page| is_typed_in(&page)) {
        return false;
    }
    let Some(link) = find("main .detail-back a").and_then(|link| link.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    let left = window().location().pathname();
    link.click();
    // To the row that led here, so that the next one is a key away.
    if let Ok(left) = left {
        focus_soon(format!("[data-rows] a[data-row][href=\"{left}\"]"));
    }
    true
}

fn is_typed_in(page: &HtmlElement) -> bool {
    let inputs =
        all(page, "main form input:not([type=checkbox]):not([type=radio])").into_iter().any(|field| {
            field.dyn_into::<HtmlInputElement>().is_ok_and(|field| field.value() != field.default_value())
        });
    let areas = all(page, "main form textarea").into_iter().any(|field| {
        field
            .dyn_into::<HtmlTextAreaElement>()
            .is_ok_and(|field| field.default_value().is_ok_and(|before| before != field.value()))
    });
    inputs || areas
}

fn is_letter_k(event: &KeyboardEvent) -> bool {
    event.key().eq_ignore_ascii_case("k") || (!event.key().is_ascii() && event.code() == "KeyK")
}

fn target_of(event: &KeyboardEvent) -> Option<HtmlElement> {
    event.target()?.dyn_into().ok()
}

/// Whether keys are letters there.
fn is_field(element: &HtmlElement) -> bool {
    const FIELDS: &str = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
    AsRef::<Element>::as_ref(element).matches(FIELDS).unwrap_or(false)
}
