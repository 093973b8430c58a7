//! The way in: a token, kept by the browser as a cookie that scripts can't read.

use crate::parts::{Glyph, Icon};
use crate::shell::PageTitle;
use crate::words::words;
use leptos::html::Input;
use leptos::prelude::*;

/// How far signing in has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    Asking,
    Busy,
    Refused(String),
}

/// The form.
#[component]
pub fn Login() -> impl IntoView {
    let progress = RwSignal::new(Progress::Asking);
    let token = NodeRef::<Input>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(token) = token.get_untracked() else { return };
        if progress.get_untracked() != Progress::Busy {
            progress.set(Progress::Busy);
            leptos::task::spawn_local(sign_in(token.value(), progress));
        }
    };
    view! {
        <PageTitle text=Signal::stored(words().login_title.to_owned())/>
        <main class="lone login">
            <h1><Icon glyph=Glyph::Claw/>{words().product}</h1>
            <p class="text-ink-2">{words().login_text}</p>
            <p class="when-dead">{words().login_script}</p>
            <form class="when-alive" on:submit=submit>
                <label for="token">{words().login_token}</label>
                <input
                    id="token"
                    type="password"
                    autocomplete="current-password"
                    required
                    autofocus
                    node_ref=token
                    aria-describedby="login-why"
                />
                <button class="button button-main" type="submit">
                    {move || if progress.get() == Progress::Busy { words().login_busy } else { words().login_button }}
                </button>
                <p id="login-why" class="refusal" role="alert">
                    {move || match progress.get() {
                        Progress::Refused(why) => Some(why),
                        Progress::Asking | Progress::Busy => None,
                    }}
                </p>
            </form>
        </main>
    }
    .into_any()
}

/// Signs in and loads the page again, this time with the cookie.
async fn sign_in(token: String, progress: RwSignal<Progress>) {
    match crate::api::login(&token).await {
        Ok(()) => {
            let _ = window().location().reload();
        }
        Err(problem) => progress.set(Progress::Refused(problem.detail)),
    }
}
