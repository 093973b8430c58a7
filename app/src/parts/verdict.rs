//! The one thing to see from across the room: is everything well, and if not, what.

use super::{Icon, Tone, looks_of_state};
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use wire::EndpointState;

/// The worst of all endpoints' states, and how many have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst state; `Idle` where there is no endpoint.
    pub worst: EndpointState,
    /// How many endpoints have it.
    pub count: usize,
    /// How many endpoints are well or rest by someone's wish.
    pub well: usize,
    /// How many there are.
    pub all: usize,
}

impl Verdict {
    /// The verdict over these states.
    pub fn over(states: &[EndpointState]) -> Self {
        let count = |state| states.iter().filter(|known| **known == state).count();
        let worst = [
            EndpointState::Failing,
            EndpointState::Misconfigured,
            EndpointState::Degraded,
            EndpointState::Healthy,
        ]
        .into_iter()
        .find(|state| count(*state) > 0)
        .unwrap_or(EndpointState::Idle);
        let ill = count(EndpointState::Failing)
            + count(EndpointState::Misconfigured)
            + count(EndpointState::Degraded);
        Self { worst, count: count(worst), well: states.len() - ill, all: states.len() }
    }

    /// The verdict over the store's endpoints.
    pub fn of(store: Store) -> Self {
        let states: Vec<_> = store
            .endpoints
            .with(|cells| cells.iter().map(|cell| cell.endpoint.with(|endpoint| endpoint.state)).collect());
        Self::over(&states)
    }

    /// The verdict in words.
    pub fn text(self) -> String {
        match self.worst {
            EndpointState::Failing => (words().endpoints_failing)(self.count),
            EndpointState::Misconfigured => (words().endpoints_misconfigured)(self.count),
            EndpointState::Degraded => (words().endpoints_degraded)(self.count),
            EndpointState::Healthy => words().all_well.to_owned(),
            EndpointState::Paused | EndpointState::Idle if self.all == 0 => words().no_endpoints.to_owned(),
            EndpointState::Paused | EndpointState::Idle => words().nothing_sent.to_owned(),
        }
    }

    /// What the tab's title says before the product's name: nothing while all is well.
    pub fn alarm(self) -> String {
        match self.worst {
            EndpointState::Failing | EndpointState::Misconfigured => format!("✖ {}", self.text()),
            EndpointState::Degraded => format!("▲ {}", self.text()),
            EndpointState::Healthy | EndpointState::Paused | EndpointState::Idle => String::new(),
        }
    }
}

/// The verdict, large.
#[component]
pub fn VerdictBlock(
    /// The verdict.
    verdict: Memo<Verdict>,
) -> impl IntoView {
    let class = move || match looks_of_state(verdict.get().worst).1 {
        Tone::Good => "verdict verdict-good",
        Tone::Warn => "verdict verdict-warn",
        Tone::Bad => "verdict verdict-bad",
        Tone::Busy | Tone::Quiet => "verdict verdict-quiet",
    };
    view! {
        <div class=class role="status">
            {move || view! { <Icon glyph=looks_of_state(verdict.get().worst).0/> }}
            <div>
                <p class="verdict-text">{move || verdict.get().text()}</p>
                {move || (verdict.get().all > 0).then(|| view! {
                    <p class="verdict-detail">{(words().verdict_detail)(verdict.get().well, verdict.get().all)}</p>
                })}
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointState::{Degraded, Failing, Healthy, Idle, Misconfigured, Paused};

    #[test]
    fn the_worst_state_speaks_for_all() {
        let verdict = Verdict::over(&[Healthy, Degraded, Failing, Failing, Misconfigured, Paused]);
        assert_eq!((verdict.worst, verdict.count, verdict.well, verdict.all), (Failing, 2, 2, 6));
        assert_eq!(verdict.text(), "2 endpoints failing");
        assert_eq!(verdict.alarm(), "✖ 2 endpoints failing");
    }

    #[test]
    fn all_well_needs_one_that_is() {
        assert_eq!(Verdict::over(&[Healthy, Idle, Paused]).text(), "All endpoints well");
        assert_eq!(Verdict::over(&[Idle]).text(), "Nothing sent yet");
        assert_eq!(Verdict::over(&[]).text(), "No endpoints yet");
        assert_eq!(Verdict::over(&[Healthy]).alarm(), "");
    }
}
