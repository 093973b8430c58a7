//! The agent that hits go to: whether it is there, since when, and the button that asks it now.

use super::{Act, ActButton, Glyph, Icon, Tone, When};
use crate::api;
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::{Agent, AgentState};

/// The agent's line; nothing where none is configured.
#[component]
pub fn AgentLine() -> impl IntoView {
    let store = expect_context::<Store>();
    let agent = Memo::new(move |_| store.config.with(|config| config.as_ref()?.agent.clone()));
    let is_there = Memo::new(move |_| agent.with(Option::is_some));
    view! { {move || is_there.get().then(|| view! { <Line agent/> }.into_any())} }
}

#[component]
fn Line(agent: Memo<Option<Agent>>) -> impl IntoView {
    let store = expect_context::<Store>();
    let state = Memo::new(move |_| {
        agent.with(|agent| agent.as_ref().map_or(AgentState::Unknown, |agent| agent.state))
    });
    let reason = Memo::new(move |_| agent.with(|agent| agent.as_ref()?.reason.clone()));
    let act = Callback::new(move |()| -> Act {
        Box::pin(async move {
            let found = api::check_agent().await?;
            let said = found.agents.as_ref().map(|names| (words().trace().agents)(&names.join(", ")));
            store.config.try_update(|config| {
                if let Some(config) = config {
                    config.agent = Some(found);
                }
            });
            Ok(said.unwrap_or_default())
        })
    });
    let badge = move || {
        let (glyph, tone) = looks_of_agent(state.get());
        view! {
            <span class=tone.class()>
                <Icon glyph/>
                <span>{words().openclaw}" "{(words().agent_state)(state.get())}</span>
            </span>
        }
    };
    let is_bad = move || matches!(state.get(), AgentState::Away | AgentState::Refusing);
    view! {
        <div class="agent" class:agent-bad=is_bad>
            <div class="agent-head">
                {move || badge()}
                <span class="text-ink-2">
                    {move || agent.get().map(|agent| view! { <When time=agent.since said=words().lasting/> }.into_any())}
                </span>
                <span class="grow"></span>
                <ActButton text=words().trace().check_now busy=words().trace().checking small=true act/>
            </div>
            {move || reason.get().map(|reason| view! { <p class="agent-why">{reason}</p> }.into_any())}
        </div>
    }
    .into_any()
}

/// The looks of an agent's state.
pub const fn looks_of_agent(state: AgentState) -> (Glyph, Tone) {
    match state {
        AgentState::Unknown => (Glyph::Ring, Tone::Quiet),
        AgentState::Ready => (Glyph::Tick, Tone::Good),
        AgentState::Away => (Glyph::Cut, Tone::Bad),
        AgentState::Refusing => (Glyph::Stop, Tone::Bad),
    }
}
