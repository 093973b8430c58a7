//! What an overview needs not at once: the other pages, the sheets over all of them, menus, and what asks the API. In the
//! browser all that is a file of its own, fetched once the first page lives, so that what is opened and left open lives sooner.

#[cfg(feature = "hydrate")]
mod browser;

use crate::pages::{
    DeliveryPage, EndpointPage, Endpoints, EventPage, FirstTest, HitPage, Hits, RedeliverMany, Selected,
    Settings, Views,
};
use crate::parts::{Display, EndpointActions, Overlays};
use crate::state::{EndpointCell, Filter};
use leptos::prelude::*;
use wire::EventType;

#[cfg(feature = "hydrate")]
pub(crate) use browser::{Late, needed, page, part, run, send, snapshot};

/// One of them.
#[derive(Clone)]
pub(crate) enum Rest {
    Delivery,
    Endpoints,
    Endpoint,
    Event,
    Hit,
    Settings,
    Overlays,
    Display,
    Hits,
    FirstTest(String, EventType),
    EndpointActions(EndpointCell),
    Views(Memo<Filter>),
    RedeliverMany(Memo<Filter>),
    Selected(Memo<Filter>),
}

fn draw(what: Rest) -> AnyView {
    match what {
        Rest::Delivery => view! { <DeliveryPage/> }.into_any(),
        Rest::Endpoints => view! { <Endpoints/> }.into_any(),
        Rest::Endpoint => view! { <EndpointPage/> }.into_any(),
        Rest::Event => view! { <EventPage/> }.into_any(),
        Rest::Hit => view! { <HitPage/> }.into_any(),
        Rest::Settings => view! { <Settings/> }.into_any(),
        Rest::Overlays => view! { <Overlays/> }.into_any(),
        Rest::Display => view! { <Display place="bar"/> }.into_any(),
        Rest::Hits => view! { <Hits/> }.into_any(),
        Rest::FirstTest(name, event_type) => view! { <FirstTest name event_type/> }.into_any(),
        Rest::EndpointActions(cell) => view! { <EndpointActions cell/> }.into_any(),
        Rest::Views(filter) => view! { <Views filter/> }.into_any(),
        Rest::RedeliverMany(filter) => view! { <RedeliverMany filter/> }.into_any(),
        Rest::Selected(filter) => view! { <Selected filter/> }.into_any(),
    }
}

/// What an overview shows.
#[cfg(not(feature = "hydrate"))]
pub(crate) async fn snapshot(filter: Filter) -> Result<crate::api::Snapshot, wire::Problem> {
    crate::api::snapshot(&filter).await
}

/// One of the pages.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn page(what: Rest) -> AnyView {
    draw(what)
}

/// What stands on no page as it comes.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn part(_what: Rest) -> AnyView {
    view! { {move || None::<AnyView>} }.into_any()
}

/// What stands on a page as it comes.
#[cfg(not(feature = "hydrate"))]
#[component]
pub fn Late(what: Rest) -> impl IntoView {
    view! { <div class="later waits">{draw(what)}</div> }.into_any()
}
