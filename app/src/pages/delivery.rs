//! One delivery: where it stands, what to do about it, every attempt, and the event it carries.

use crate::api;
use crate::format::tries;
use crate::parts::{
    Act, ActButton, AskButton, AttemptCard, Back, Bar, Glyph, JsonTree, Left, ReasonLine, Skeleton,
    StatusBadge, Trouble, When, rows,
};
use crate::shell::PageTitle;
use crate::state::{Ask, Store};
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use wire::{
    Attempt, AttemptId, ConfigView, Delivery, DeliveryDetail, DeliveryId, DeliveryStatus, Event, Problem,
};

/// The page of `/deliveries/:id`.
#[component]
pub fn DeliveryPage() -> impl IntoView {
    let store = expect_context::<Store>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let detail = Resource::new(move || id.get(), move |id| store.fetching(fetch(id)));
    on_cleanup(move || store.open.set(None));
    view! {
        <Suspense fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match detail.await {
                    Ok((detail, config)) => {
                        store.config.set(Some(config));
                        store.open.set(Some(detail));
                        store.catch_up();
                        view! { <Detail/> }.into_any()
                    }
                    Err(problem) => view! { <Trouble problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

async fn fetch(id: String) -> Result<(DeliveryDetail, ConfigView), Problem> {
    futures::try_join!(api::delivery(&id), api::config())
}

#[component]
fn Detail() -> impl IntoView {
    let store = expect_context::<Store>();
    let delivery =
        Memo::new(move |_| store.open.with(|open| open.as_ref().map(|open| open.delivery.clone())));
    let event = store.open.with_untracked(|open| open.as_ref().map(|open| open.event.clone()));
    let title =
        Signal::derive(move || delivery.get().map(|delivery| title_of(&delivery)).unwrap_or_default());
    view! {
        <PageTitle text=title/>
        <Bar/>
        <main class="detail" id="log" tabindex="-1">
            <Back/>
            <Head delivery/>
            <div class="detail-columns">
                <Attempts/>
                {event.map(|event| view! { <EventSide event/> }.into_any())}
            </div>
        </main>
    }
    .into_any()
}

fn title_of(delivery: &Delivery) -> String {
    (words().delivery_title)(delivery.event_type.as_str(), &delivery.endpoint)
}

#[component]
fn Head(delivery: Memo<Option<Delivery>>) -> impl IntoView {
    let ask = ArcRwSignal::new(Ask::Idle);
    Effect::new({
        let ask = ask.clone();
        move |_| {
            if let Some(delivery) = delivery.get() {
                let seen = ask.get_untracked().seen(delivery.status);
                if seen != ask.get_untracked() {
                    ask.set(seen);
                }
            }
        }
    });
    // What never changes is read once, so that nothing of it (the button, and with it the focus) is made anew.
    let first = delivery.get_untracked()?;
    let title = title_of(&first);
    let of_event = format!("/events/{}", api::segment(first.event_id.as_str()));
    let now = move || delivery.get();
    let status = Memo::new(move |_| now().map_or(first.status, |delivery| delivery.status));
    let reason = Memo::new(move |_| now().and_then(|delivery| delivery.last_reason));
    let code = Memo::new(move |_| now().and_then(|delivery| delivery.last_status_code));
    let tried = move || now().map(|delivery| tries(delivery.attempts, delivery.max_attempts));
    let next = Memo::new(move |_| {
        now()
            .filter(|_| status.get() == DeliveryStatus::Retrying)
            .and_then(|delivery| delivery.next_attempt_at)
    });
    let finished = Memo::new(move |_| now().and_then(|delivery| delivery.finished_at));
    let hint = move || {
        let failed = matches!(status.get(), DeliveryStatus::Failed | DeliveryStatus::Retrying);
        reason.get().filter(|_| failed).map(|reason| view! { <p>{(words().hint)(reason)}</p> }.into_any())
    };
    let delivered = {
        let title = title.clone();
        move || (status.get() == DeliveryStatus::Delivered).then(|| title.clone())
    };
    let head = view! {
        <section class="panel detail-head" data-delivery=first.id.to_string() data-delivered=delivered>
            <div class="detail-title">
                <StatusBadge status/>
                <h1>{title.clone()}</h1>
                <ReasonLine reason code/>
                <span class="grow"></span>
                <Cancel id=first.id.clone() status/>
                <AskButton id=first.id.clone() label=title ask/>
            </div>
            {move || hint()}
            <dl class="facts facts-wide">
                <div><dt>{words().attempts}</dt><dd>{move || tried()}</dd></div>
                {move || next.get().map(|next| view! {
                    <div><dt>{words().next_attempt}</dt><dd><Left until=Some(next)/></dd></div>
                }.into_any())}
                <div><dt>{words().created}</dt><dd><When time=first.created_at/></dd></div>
                {move || finished.get().map(|finished| view! {
                    <div><dt>{words().finished}</dt><dd><When time=finished/></dd></div>
                }.into_any())}
                {first.agent_id.map(|agent| view! { <div><dt>{words().agent}</dt><dd>{agent}</dd></div> }.into_any())}
                {first.hit_id.map(|hit| view! {
                    <div><dt>{words().hit}</dt><dd class="id"><A href=format!("/hits/{hit}")>{hit.to_string()}</A></dd></div>
                }.into_any())}
                <div><dt>{words().delivery_id}</dt><dd class="id">{first.id.to_string()}</dd></div>
                <div>
                    <dt>{words().event_id}</dt>
                    <dd class="id"><A href=of_event>{first.event_id.to_string()}</A></dd>
                </div>
                <div>
                    <dt>{words().column_endpoint}</dt>
                    <dd><A href=format!("/endpoints/{}", first.endpoint)>{first.endpoint.clone()}</A></dd>
                </div>
            </dl>
        </section>
    };
    Some(head.into_any())
}

/// Ends a delivery that waits.
#[component]
fn Cancel(id: DeliveryId, status: Memo<DeliveryStatus>) -> impl IntoView {
    let waits = Memo::new(move |_| {
        matches!(status.get(), DeliveryStatus::Pending | DeliveryStatus::Retrying | DeliveryStatus::Held)
    });
    let act = Callback::new(move |()| -> Act {
        let id = id.clone();
        Box::pin(async move { api::cancel(id.as_str()).await.map(|_| words().cancelled.to_owned()) })
    });
    view! {
        {move || {
            waits.get().then(|| {
                view! {
                    <ActButton text=words().cancel busy=words().cancelling glyph=Glyph::Struck act/>
                }.into_any()
            })
        }}
    }
}

#[component]
fn Attempts() -> impl IntoView {
    let store = expect_context::<Store>();
    // Newest first: the last one is why someone came.
    let attempts = Memo::new(move |_| {
        let mut log: Vec<Attempt> =
            store.open.with(|open| open.as_ref().map(|open| open.attempt_log.clone()).unwrap_or_default());
        log.reverse();
        log
    });
    // Asked as each card is made: one that comes while the page is open is the newest then.
    let is_newest = move |id: &AttemptId| {
        attempts.with_untracked(|log| log.first().is_some_and(|attempt| attempt.id == *id))
    };
    let before = move |attempt: &Attempt| {
        attempts.with_untracked(|log| log.iter().find(|known| known.number < attempt.number).cloned())
    };
    view! {
        <section aria-labelledby="attempts-title">
            <h2 id="attempts-title">{words().attempts}</h2>
            {move || attempts.with(Vec::is_empty).then(|| view! { <p class="text-ink-2">{words().no_attempts}</p> }.into_any())}
            {rows(
                move || attempts.get(),
                |attempt| attempt.id.to_string(),
                move |attempt| view! { <AttemptCard open=is_newest(&attempt.id) before=before(&attempt) attempt/> },
            )}
        </section>
    }
    .into_any()
}

#[component]
fn EventSide(event: Event) -> impl IntoView {
    view! {
        <section aria-labelledby="event-title">
            <h2 id="event-title">{words().event_json}</h2>
            <div class="panel event-panel">
                <dl class="facts">
                    <div><dt>{words().event_type}</dt><dd>{event.event_type.as_str()}</dd></div>
                    <div><dt>{words().happened}</dt><dd>{event.timestamp}</dd></div>
                    <div><dt>{words().instance}</dt><dd>{event.instance_id}</dd></div>
                </dl>
                <JsonTree value=event.data/>
            </div>
        </section>
    }
    .into_any()
}
