//! One inbound hit as a trace: what came, what was made of it, what the agent did, and what went out.

mod arrival;
mod callback;
mod prompt;
mod run;

use crate::api;
use crate::parts::{Act, ActButton, Back, Bar, Glyph, Skeleton, Trouble, When, badge_of_hit};
use crate::shell::PageTitle;
use crate::state::Store;
use crate::words::words;
use arrival::Arrival;
use callback::Callback as CallbackStep;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use prompt::Prompt;
use run::RunStep;
use wire::{ConfigView, Hit, HitDetail, HitId, Problem};

/// The page of `/hits/:id`.
#[component]
pub fn HitPage() -> impl IntoView {
    let store = expect_context::<Store>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let detail = Resource::new(move || id.get(), move |id| store.fetching(fetch(id)));
    on_cleanup(move || store.trace.set(None));
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match detail.await {
                    Ok((detail, config)) => {
                        store.config.set(Some(config));
                        store.trace.set(Some(detail));
                        store.catch_up();
                        view! { <Trace/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

async fn fetch(id: String) -> Result<(HitDetail, ConfigView), Problem> {
    futures::try_join!(api::hit(&id), api::config())
}

#[component]
fn Trace() -> impl IntoView {
    let store = expect_context::<Store>();
    let hit = Memo::new(move |_| store.trace.with(|trace| trace.as_ref().map(|trace| trace.hit.clone())));
    // What never changes is read once.
    let first = hit.get_untracked()?;
    let title = (words().trace().title)(&first.inbound);
    let page = view! {
        <PageTitle text=Signal::stored(title.clone())/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <Back/>
            <Head first title hit/>
            <h2 class="sr-only">{words().trace().steps}</h2>
            <ol class="trace">
                <Arrival hit/>
                <Prompt hit/>
                <RunStep hit/>
                <CallbackStep hit/>
            </ol>
        </main>
    };
    Some(page.into_any())
}

#[component]
fn Head(
    /// The hit as it was when the page was made.
    first: Hit,
    title: String,
    hit: Memo<Option<Hit>>,
) -> impl IntoView {
    let status = move || hit.get().map(|hit| badge_of_hit(&hit));
    let link = |id: HitId| view! { <A href=format!("/hits/{id}")>{id.to_string()}</A> }.into_any();
    view! {
        <section class="panel detail-head">
            <div class="detail-title">
                {move || status()}
                <h1>{title}</h1>
                <span class="grow"></span>
                <Replay id=first.id.clone()/>
            </div>
            <dl class="facts facts-wide">
                <div><dt>{words().trace().received}</dt><dd><When time=first.received_at/></dd></div>
                <div><dt>{words().trace().from}</dt><dd class="figure">{first.remote_address}</dd></div>
                <div><dt>{words().trace().answered}</dt><dd class="figure">{first.status_code}</dd></div>
                {first.duplicate_of.map(|id| view! {
                    <div><dt>{words().trace().duplicate_of}</dt><dd class="id">{link(id)}</dd></div>
                }.into_any())}
                {first.replay_of.map(|id| view! {
                    <div><dt>{words().trace().replay_of}</dt><dd class="id">{link(id)}</dd></div>
                }.into_any())}
                <div><dt>{words().trace().hit_id}</dt><dd class="id">{first.id.to_string()}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// Starts a new run with the same body, and leads to it.
#[component]
fn Replay(id: HitId) -> impl IntoView {
    let new = RwSignal::new(None::<HitId>);
    let act = Callback::new(move |()| -> Act {
        let id = id.clone();
        Box::pin(async move {
            let replayed = api::replay(id.as_str()).await?;
            new.try_set(Some(replayed));
            Ok(words().trace().replayed.to_owned())
        })
    });
    view! {
        {move || new.get().map(|id| view! {
            <A href=format!("/hits/{id}")>{words().trace().show_new}</A>
        }.into_any())}
        <ActButton text=words().trace().replay busy=words().trace().replay_busy glyph=Glyph::Again act/>
    }
    .into_any()
}
