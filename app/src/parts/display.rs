//! How the page looks and speaks: theme and language.

use super::{Glyph, Icon, Sheets};
use crate::choice::{Theme, ThemeNow, speak};
use crate::rest::{Late, Rest};
use crate::words::{Language, words};
use leptos::prelude::*;

/// The two choices, each a row of radio buttons.
#[component]
pub fn Display(
    /// Where on the page, as each place has buttons of its own.
    place: &'static str,
) -> impl IntoView {
    let now = expect_context::<ThemeNow>();
    let word = words().console();
    let themes = Theme::ALL.map(|theme| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=format!("theme-{place}")
                    prop:checked=move || now.0.get() == theme
                    on:change=move |_| now.set(theme)
                />
                {(word.theme_of)(theme)}
            </label>
        }
        .into_any()
    });
    let languages = Language::ALL.map(|language| {
        view! {
            <label class="choice" lang=language.tag()>
                <input
                    type="radio"
                    name=format!("language-{place}")
                    prop:checked=move || Language::in_use() == language
                    on:change=move |_| speak(language)
                />
                {language.name()}
            </label>
        }
        .into_any()
    });
    view! {
        <fieldset class="choices choices-row when-alive"><legend>{word.theme}</legend>{themes}</fieldset>
        <fieldset class="choices choices-row when-alive"><legend>{word.language}</legend>{languages}</fieldset>
    }
    .into_any()
}

/// The same in the bar, and the way to the sheet of keys.
#[component]
pub fn DisplayMenu() -> impl IntoView {
    let sheets = expect_context::<Sheets>();
    view! {
        <details class="menu bar-menu when-alive">
            <summary aria-label=words().display title=words().display><Icon glyph=Glyph::Half/></summary>
            <div class="menu-body form">
                <Late what=Rest::Display/>
                <button class="button button-small" type="button" on:click=move |_| sheets.open(sheets.help)>
                    {words().keys}" "<kbd>"?"</kbd>
                </button>
            </div>
        </details>
    }
    .into_any()
}
