//! The page around the dashboard: its head, its style sheet, and the script that brings it to life.

use crate::App;
use crate::words::{Language, words};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title};

/// Where the page's files are, hashes included.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The style sheet.
    pub style: String,
    /// The module that starts the browser's half; absent where that was not built.
    pub start: Option<String>,
    /// The browser's half and its glue, to fetch early.
    pub preload: Option<(String, String)>,
}

/// The whole document.
pub fn shell(site: Site) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang=Language::default().tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#11161d"/>
                <link rel="stylesheet" href=site.style/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {site.preload.map(|(glue, wasm)| view! {
                    <link rel="modulepreload" href=glue/>
                    <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin="anonymous"/>
                })}
                {site.start.map(|start| view! { <script type="module" src=start></script> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
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
