//! The page around the dashboard: its head, its style sheet, and the script that brings it to life.

use crate::App;
use crate::choice::{Choice, Theme};
use crate::words::words;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title};

/// Where the page's files are, hashes included.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The style sheet.
    pub style: String,
    /// The module that starts the browser's half; absent where that was not built.
    pub start: Option<String>,
    /// What that module imports, to fetch along with it.
    pub glue: Vec<String>,
}

/// The whole document.
pub fn shell(site: Site) -> impl IntoView {
    #[cfg(feature = "ssr")]
    let choice = Choice::of_request();
    #[cfg(not(feature = "ssr"))]
    let choice = Choice::default();
    // Whatever is said on this page is said in this language.
    provide_context(choice);
    view! {
        <!DOCTYPE html>
        <html lang=choice.language.tag() data-theme=choice.theme.word()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                {bar_colours(choice.theme)}
                <link rel="stylesheet" href=site.style/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {site.glue.into_iter().map(|glue| view! { <link rel="modulepreload" href=glue fetchpriority="low"/> }.into_any()).collect_view()}
                {site.start.map(|start| view! { <script type="module" src=start fetchpriority="low"></script> }.into_any())}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The colour of the browser's own bar: as the system has it, unless one theme was chosen.
fn bar_colours(theme: Theme) -> impl IntoView {
    const LIGHT: &str = "#ffffff";
    const DARK: &str = "#131920";
    let colour = |colour: &'static str| leptos::html::meta().name("theme-color").content(colour);
    match theme {
        Theme::System => (
            colour(LIGHT).attr("media", "(prefers-color-scheme: light)"),
            colour(DARK).attr("media", "(prefers-color-scheme: dark)"),
        )
            .into_any(),
        Theme::Light => colour(LIGHT).into_any(),
        Theme::Dark => colour(DARK).into_any(),
    }
}

/// The page's name in the browser's tab.
#[expect(unreachable_pub, reason = "the component macro repeats `pub` on a function of its own")]
#[component]
pub fn PageTitle(
    /// What it shows.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    // A page that follows another of its kind is made before that one's title is taken away.
    let title = move || match text.try_get().unwrap_or_default() {
        text if text.is_empty() => words().product.to_owned(),
        text => format!("{text} · {}", words().product),
    };
    view! { <Title text=title/> }
}

/// Lets the style sheet show what only works with scripts.
#[cfg(feature = "hydrate")]
pub(crate) fn mark_alive() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("alive");
    }
}
