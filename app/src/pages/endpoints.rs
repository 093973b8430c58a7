//! Every endpoint, and the form that adds one.

mod add;

use crate::api;
use crate::parts::{Bar, EndpointRow, Skeleton, Trouble, WindowFigures, rows};
use crate::shell::PageTitle;
use crate::state::Store;
use crate::words::words;
use add::Add;
use leptos::prelude::*;
use wire::{ConfigView, Endpoint, Problem};

/// The page of `/endpoints`.
#[component]
pub fn Endpoints() -> impl IntoView {
    let store = expect_context::<Store>();
    let loaded = Resource::new(|| (), move |()| store.fetching(fetch()));
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok((endpoints, config)) => {
                        store.config.set(Some(config));
                        store.load_endpoints(endpoints);
                        store.catch_up();
                        view! { <All/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

async fn fetch() -> Result<(Vec<Endpoint>, ConfigView), Problem> {
    futures::try_join!(api::endpoints(), api::config())
}

#[component]
fn All() -> impl IntoView {
    let store = expect_context::<Store>();
    view! {
        <PageTitle text=Signal::stored(words().making().title.to_owned())/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <h1 class="page-title">{words().making().title}</h1>
            <div class="detail-columns">
                <section class="panel self-start" aria-labelledby="endpoints-title">
                    <h2 id="endpoints-title" class="sr-only">{words().endpoints}</h2>
                    <ul data-rows="">
                        {rows(
                            move || store.endpoints.get(),
                            |cell| cell.name.clone(),
                            |cell| view! { <EndpointRow cell windows=|endpoint| view! { <WindowFigures endpoint/> }.into_any()/> },
                        )}
                    </ul>
                    {move || store.endpoints.with(Vec::is_empty).then(|| view! {
                        <p class="padded">{words().no_endpoints}</p>
                    }.into_any())}
                </section>
                <Add/>
            </div>
        </main>
    }
    .into_any()
}
