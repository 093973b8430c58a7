//! What health checks of the endpoint found, newest first.

use crate::api;
use crate::parts::{Act, ActButton, Glyph, Icon, Tone, When, rows, said_of};
use crate::words::words;
use leptos::prelude::*;
use wire::{Check, Endpoint, List};

/// The list; what is checked while the page is open comes on top.
#[component]
pub fn Checks(
    /// The endpoint's name.
    name: String,
    /// It.
    endpoint: Signal<Endpoint>,
    /// The newest checks.
    first: List<Check>,
) -> impl IntoView {
    let name = StoredValue::new(name);
    let next = RwSignal::new(first.next);
    let checks = RwSignal::new(first.items);
    let last = Memo::new(move |_| endpoint.with(|endpoint| endpoint.last_check.clone()));
    Effect::new(move |_| {
        if let Some(last) = last.get() {
            checks.maybe_update(|checks| {
                let is_new = checks.iter().all(|check| check.id != last.id);
                if is_new {
                    checks.insert(0, last);
                }
                is_new
            });
        }
    });
    let older = Callback::new(move |()| -> Act {
        Box::pin(async move {
            let page = api::checks(&name.get_value(), next.get_untracked().as_deref()).await?;
            checks.try_update(|checks| checks.extend(page.items));
            next.try_set(page.next);
            Ok(String::new())
        })
    });
    view! {
        <section aria-labelledby="checks-title">
            <h2 id="checks-title">{words().insight().checks}</h2>
            <div class="panel padded">
                {move || checks.with(Vec::is_empty).then(|| view! {
                    <p class="text-ink-2">{words().insight().no_checks}</p>
                }.into_any())}
                <ol class="checks">
                    {rows(
                        move || checks.get(),
                        |check| check.id.to_string(),
                        |check| view! { <li>{line(&check)}</li> },
                    )}
                </ol>
                {move || next.get().map(|_| view! {
                    <ActButton text=words().insight().older small=true act=older/>
                }.into_any())}
            </div>
        </section>
    }
    .into_any()
}

fn line(check: &Check) -> impl IntoView + use<> {
    let (glyph, tone) = if check.reachable { (Glyph::Tick, Tone::Good) } else { (Glyph::Stop, Tone::Bad) };
    view! {
        <span class=tone.class()><Icon glyph/><span>{said_of(check)}</span></span>
        <span class="text-ink-2"><When time=check.at/></span>
    }
    .into_any()
}
