//! What a page shows when the gateway gave no data: the way in, or what is wrong.

use super::{Bar, Glyph, Icon};
#[cfg(feature = "hydrate")]
use crate::live::Connection;
use crate::pages::{Login, NotFound};
use crate::shell::PageTitle;
#[cfg(feature = "hydrate")]
use crate::state::Store;
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
        _ => {
            // Said by this page and not by the gateway, which is not there.
            let away = problem.code == "unreachable";
            #[cfg(feature = "hydrate")]
            if away {
                reload_when_back();
            }
            let title = if away { words().lost } else { words().trouble };
            let code = (!away).then(|| format!("{} {}", problem.status, problem.code));
            view! {
                <PageTitle text=Signal::stored(title.to_owned())/>
                <Bar/>
                <main class="lone" id="log" tabindex="-1">
                    <h1><Icon glyph=Glyph::Warning/>{title}</h1>
                    <p>{if away { words().comes_back.to_owned() } else { problem.detail }}</p>
                    {code.map(|code| view! { <p class="text-ink-2">{code}</p> }.into_any())}
                    <p><a class="button" href="" rel="external">{words().try_again}</a></p>
                </main>
            }
            .into_any()
        }
    }
}

/// The gateway draws the page as soon as it is there again.
#[cfg(feature = "hydrate")]
fn reload_when_back() {
    let connection = expect_context::<Store>().connection;
    Effect::new(move |was_live: Option<bool>| {
        let is_live = connection.get() == Connection::Live;
        if is_live && was_live == Some(false) {
            let _ = window().location().reload();
        }
        is_live
    });
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
