//! What is wrong with an endpoint, what would help, and when its circuit tries again; nothing where all is well.

use super::{Act, ActButton, Left};
use crate::api;
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::{AttemptResult, CircuitState, Endpoint, EndpointState};

/// What is wrong with it.
#[component]
pub fn EndpointIll(
    /// With which.
    endpoint: Signal<Endpoint>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let name = endpoint.with_untracked(|endpoint| endpoint.name.clone());
    let is_failing = Memo::new(move |_| endpoint.with(|endpoint| endpoint.state == EndpointState::Failing));
    let trouble = Memo::new(move |_| endpoint.with(trouble_of));
    let circuit = Memo::new(move |_| endpoint.with(|endpoint| endpoint.circuit));
    let until = Memo::new(move |_| endpoint.with(|endpoint| endpoint.circuit.until));
    // Who resumes an endpoint wants it tried.
    let act = Callback::new(move |()| -> Act {
        let name = endpoint.with_untracked(|endpoint| endpoint.name.clone());
        Box::pin(async move {
            let endpoint = api::pause_endpoint(&name, false).await?;
            let nothing_waits = endpoint.waiting + endpoint.in_flight + endpoint.held == 0;
            store.apply_endpoint(endpoint);
            Ok(if nothing_waits { words().nothing_waits.to_owned() } else { String::new() })
        })
    });
    view! {
        {move || trouble.get().map(|ill| {
            let title = ill.whole();
            view! {
                <p class="endpoint-why" class:endpoint-why-moves=ill.moves title=title>
                    <strong>{ill.what}</strong>
                    {ill.hint.map(|hint| view! { " "<span>{hint}</span> }.into_any())}
                </p>
            }.into_any()
        })}
        {move || (circuit.get().state != CircuitState::Closed).then(|| view! {
            <p class="endpoint-circuit">
                {(words().circuit)(circuit.get().state, circuit.get().failures)}
                {until.get().map(|_| ", ")}
                <Left until said=words().circuit_tries/>
                {(circuit.get().state == CircuitState::Open && is_failing.get()).then(|| view! {
                    " "<ActButton text=words().try_now busy=words().trying small=true label=name.clone() act/>
                }.into_any())}
            </p>
        }.into_any())}
    }
    .into_any()
}

/// What is wrong with an endpoint.
#[derive(Clone, Debug, PartialEq)]
struct Ill {
    /// In words.
    what: String,
    /// What would help.
    hint: Option<String>,
    /// Whether the next attempt may change it.
    moves: bool,
}

impl Ill {
    /// All of it, where it may be cut.
    fn whole(&self) -> Option<String> {
        let hint = self.hint.as_deref().unwrap_or_default();
        self.moves.then(|| format!("{} {hint}", self.what).trim_end().to_owned())
    }
}

/// The state's own reason, else the last attempt's; nothing where all is well.
fn trouble_of(endpoint: &Endpoint) -> Option<Ill> {
    match endpoint.state {
        EndpointState::Healthy | EndpointState::Idle => return None,
        EndpointState::Degraded
        | EndpointState::Failing
        | EndpointState::Paused
        | EndpointState::Misconfigured => {}
    }
    let failed = endpoint.last_attempt.as_ref().filter(|attempt| attempt.result == AttemptResult::Failed);
    let reason = failed.and_then(|attempt| attempt.reason);
    let told = reason.map(|reason| match failed.and_then(|attempt| attempt.status_code) {
        Some(code) => format!("{code} {}.", (words().reason)(reason)),
        None => format!("{}.", (words().reason)(reason)),
    });
    let own = || {
        let reason = endpoint.state_reason.as_ref()?;
        Some((words().state_reason)(reason).unwrap_or_else(|| reason.clone()))
    };
    let what = match endpoint.state {
        EndpointState::Paused | EndpointState::Misconfigured => own().or(told),
        _ => told.or_else(own),
    }?;
    let hint = match endpoint.state {
        EndpointState::Failing | EndpointState::Degraded => {
            reason.map(|reason| (words().hint)(reason).to_owned())
        }
        _ => None,
    };
    Some(Ill { what, hint, moves: endpoint.state == EndpointState::Degraded })
}
