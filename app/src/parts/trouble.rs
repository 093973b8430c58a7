//! What a page shows when the gateway gave no data: the way in, or what is wrong.

use super::{Bar, Glyph, Icon};
use crate::pages::{Login, NotFound};
use crate::shell::PageTitle;
use crate::words::words;
use leptos::prelude::*;
use wire::Problem;

/// The page for a problem, with the answer's status to match.
#[component]
pub fn Trouble(
    /// The problem.
    problem: Problem,
) -> impl IntoView {
    set_status(problem.status);
    match problem.status {
        401 => view! { <Login/> }.into_any(),
        404 => view! { <NotFound/> }.into_any(),
        _ => view! {
            <PageTitle text=Signal::stored(problem.title.clone())/>
            <Bar/>
            <main class="lone" id="log" tabindex="-1">
                <h1><Icon glyph=Glyph::Warning/>{words().trouble}</h1>
                <p>{problem.detail}</p>
                <p class="text-ink-2">{format!("{} {}", problem.status, problem.code)}</p>
                <p><a class="button" href="" rel="external">{words().try_again}</a></p>
            </main>
        }
        .into_any(),
    }
}

/// Gives the page that status.
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = axum::http::StatusCode::from_u16(status)
    {
        options.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
