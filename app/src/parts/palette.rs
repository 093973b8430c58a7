//! The commands: every page, endpoint and action by its name.

mod commands;

use super::sheet::Sheet;
use super::{Glyph, Icon, Sheets};
use crate::api;
use crate::choice::ThemeNow;
use crate::state::Store;
use crate::words::words;
use commands::{Command, Do, commands, fitting, perform};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// So many are shown at once.
const MOST_SHOWN: usize = 60;

/// The button that opens them.
#[component]
pub fn PaletteButton() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    view! {
        <button
            class="button button-small palette-button when-alive"
            type="button"
            aria-haspopup="dialog"
            on:click=move |_| sheets.open(sheets.palette)
        >
            <Icon glyph=Glyph::Search/>
            <span>{words().commands}</span>
            <kbd>"Ctrl K"</kbd>
        </button>
    }
    .into_any()
}

/// The sheet with the commands.
#[component]
pub fn Palette() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    let store = expect_context::<Store>();
    // Not every page has the endpoints.
    Effect::new(move |_| {
        if sheets.palette.get() {
            leptos::task::spawn_local(async move {
                if let Ok(endpoints) = api::endpoints().await {
                    store.load_endpoints(endpoints);
                }
            });
        }
    });
    view! {
        <Sheet open=sheets.palette title=words().commands id="palette-title">
            <Choose/>
        </Sheet>
    }
    .into_any()
}

#[component]
fn Choose() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    let store = expect_context::<Store>();
    let theme = expect_context::<ThemeNow>();
    let navigate = use_navigate();
    let asked = RwSignal::new(String::new());
    let place = RwSignal::new(0_usize);
    let all = Memo::new(move |_| commands(&store));
    let shown = Memo::new(move |_| {
        let found = all.with(|all| asked.with(|asked| fitting(all, asked)));
        found.into_iter().take(MOST_SHOWN).collect::<Vec<Command>>()
    });
    let run = StoredValue::new_local(move |command: Command| {
        sheets.palette.set(false);
        match command.act {
            Do::Go(path) => navigate(&path, NavigateOptions::default()),
            Do::Keys => sheets.help.set(true),
            act => perform(act, &store, theme, sheets),
        }
    });
    let run_at = move |index: usize| {
        if let Some(command) = shown.with_untracked(|shown| shown.get(index).cloned()) {
            run.with_value(|run| run(command));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let last = shown.with_untracked(Vec::len).saturating_sub(1);
        let now = place.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => place.set(if now >= last { 0 } else { now + 1 }),
            "ArrowUp" => place.set(if now == 0 { last } else { now - 1 }),
            "Enter" if !event.is_composing() => run_at(now),
            _ => return,
        }
        event.prevent_default();
        show(place.get_untracked());
    };
    let type_in = move |event| {
        asked.set(event_target_value(&event));
        place.set(0);
    };
    let option = move |(index, command): (usize, Command)| {
        view! {
            <li
                id=format!("command-{index}")
                class="command"
                role="option"
                aria-selected=move || (place.get() == index).to_string()
                on:click=move |_| run_at(index)
            >
                {command.name}
            </li>
        }
    };
    let is_empty = move || shown.with(Vec::is_empty);
    view! {
        <input
            class="field palette-field"
            type="text"
            role="combobox"
            autocomplete="off"
            spellcheck="false"
            data-first=""
            aria-label=words().console().command
            placeholder=words().console().command_example
            aria-expanded="true"
            aria-controls="commands"
            aria-autocomplete="list"
            aria-activedescendant=move || (!is_empty()).then(|| format!("command-{}", place.get()))
            on:input=type_in
            on:keydown=on_key
        />
        <ul id="commands" class="commands" role="listbox" aria-label=words().commands>
            {move || shown.get().into_iter().enumerate().map(option).collect_view()}
        </ul>
        <p role="status" class="text-ink-2">{move || is_empty().then_some(words().console().command_none)}</p>
    }
    .into_any()
}

/// Scrolls the chosen command into sight.
fn show(index: usize) {
    #[cfg(feature = "hydrate")]
    if let Some(chosen) = document().get_element_by_id(&format!("command-{index}")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        chosen.scroll_into_view_with_scroll_into_view_options(&options);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = index;
}
