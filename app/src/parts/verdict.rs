//! The one thing to see from across the room: is everything well, and if not, who isn't.

use super::{Glyph, Icon, Tone, When, looks_of_agent, looks_of_state};
use crate::clock::age_ms;
use crate::format::clock;
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;
use leptos_router::components::A;
use wire::{AgentState, EndpointState, Time};

/// A connection that is back before that was never gone for anyone.
const BLINK_MS: i64 = 3000;

/// The worst of all endpoints' states, and how many have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst state; `Idle` where there is no endpoint.
    pub worst: EndpointState,
    /// The endpoints that have it.
    pub names: Vec<String>,
    /// How many endpoints are well or rest by someone's wish.
    pub well: usize,
    /// How many there are.
    pub all: usize,
    /// The agent's state, where hits wait for it.
    pub agent: Option<AgentState>,
    /// Since when the worst is so.
    pub since: Option<Time>,
    /// Since when the gateway can't be reached, so that nothing else is known.
    pub lost: Option<Time>,
}

impl Verdict {
    /// The verdict over these states.
    pub fn over(states: &[(String, EndpointState)]) -> Self {
        let count = |state| states.iter().filter(|(_, known)| *known == state).count();
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
        let names =
            states.iter().filter(|(_, state)| *state == worst).map(|(name, _)| name.clone()).collect();
        Self {
            worst,
            names,
            well: states.len() - ill,
            all: states.len(),
            agent: None,
            since: None,
            lost: None,
        }
    }

    /// The verdict over the store's endpoints.
    pub fn of(store: Store) -> Self {
        let states: Vec<_> = store.endpoints.with(|cells| {
            cells
                .iter()
                .map(|cell| (cell.name.clone(), cell.endpoint.with(|endpoint| endpoint.state)))
                .collect()
        });
        let agent = store.config.with(|config| Some(config.as_ref()?.agent.as_ref()?.state));
        let is_bad = |state: &AgentState| matches!(state, AgentState::Away | AgentState::Refusing);
        let is_long = |at: &Time| age_ms(store, *at).is_some_and(|ms| ms >= BLINK_MS);
        let lost = store.lost_at.get().filter(is_long);
        let verdict = Self { agent: agent.filter(is_bad), lost, ..Self::over(&states) };
        let since = store.endpoints.with(|cells| {
            let worst = cells.iter().filter(|cell| verdict.to_look_at().contains(&cell.name));
            worst.map(|cell| cell.endpoint.with(|endpoint| endpoint.since)).min()
        });
        Self { since, ..verdict }
    }

    /// The agent that is not there, unless an endpoint needs a person first.
    fn agent_first(&self) -> Option<AgentState> {
        self.agent.filter(|_| !matches!(self.worst, EndpointState::Failing | EndpointState::Misconfigured))
    }

    fn looks(&self) -> (Glyph, Tone) {
        if self.lost.is_some() {
            return (Glyph::Cut, Tone::Bad);
        }
        self.agent_first().map_or_else(|| looks_of_state(self.worst), looks_of_agent)
    }

    /// The verdict in words.
    pub fn text(&self) -> String {
        if self.lost.is_some() {
            return words().lost.to_owned();
        }
        if let Some(state) = self.agent_first() {
            return said_of_agent(state);
        }
        match self.worst {
            EndpointState::Failing => self.said(words().one_failing, words().endpoints_failing),
            EndpointState::Misconfigured => {
                self.said(words().one_misconfigured, words().endpoints_misconfigured)
            }
            EndpointState::Degraded => self.said(words().one_degraded, words().endpoints_degraded),
            EndpointState::Healthy => words().all_well.to_owned(),
            EndpointState::Paused | EndpointState::Idle if self.all == 0 => words().no_endpoints.to_owned(),
            EndpointState::Paused | EndpointState::Idle => words().nothing_sent.to_owned(),
        }
    }

    /// One by its name, several by their number.
    fn said(&self, one: fn(&str) -> String, many: fn(usize) -> String) -> String {
        match self.names.as_slice() {
            [name] => one(name),
            names => many(names.len()),
        }
    }

    /// The endpoints to look at.
    fn to_look_at(&self) -> &[String] {
        match self.worst {
            _ if self.agent_first().is_some() || self.lost.is_some() => &[],
            EndpointState::Failing | EndpointState::Misconfigured | EndpointState::Degraded => &self.names,
            EndpointState::Healthy | EndpointState::Paused | EndpointState::Idle => &[],
        }
    }

    /// What the tab's title says before the product's name: nothing while all is well.
    pub fn alarm(&self) -> String {
        match self.worst {
            _ if self.agent_first().is_some() || self.lost.is_some() => format!("✖ {}", self.text()),
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
    let class = move || match verdict.with(Verdict::looks).1 {
        Tone::Good => "verdict verdict-good",
        Tone::Warn => "verdict verdict-warn",
        Tone::Bad => "verdict verdict-bad",
        Tone::Busy | Tone::Quiet => "verdict verdict-quiet",
    };
    view! {
        <div class=class>
            {move || view! { <Icon glyph=verdict.with(Verdict::looks).0/> }.into_any()}
            <div>
                <p class="verdict-text" role="status">
                    {move || verdict.with(|verdict| match verdict.to_look_at() {
                        [name] => {
                            let (href, text) = (format!("/endpoints/{name}"), verdict.text());
                            view! { <A href=href>{text}</A> }.into_any()
                        }
                        _ => verdict.text().into_any(),
                    })}
                </p>
                {move || verdict.with(links)}
                {move || match verdict.get() {
                    Verdict { lost: Some(at), .. } => view! {
                        <p class="verdict-detail">{(words().lost_long)(&clock(at))}</p>
                    }
                    .into_any(),
                    Verdict { all: 0, .. } => ().into_any(),
                    Verdict { well, all, since, .. } => view! {
                        <p class="verdict-detail">
                            {since.map(|since| view! { <When time=since said=words().lasting/>" · " }.into_any())}
                            {(words().verdict_detail)(well, all)}
                            {verdict.with(also)}
                        </p>
                    }
                    .into_any(),
                }}
            </div>
        </div>
    }
    .into_any()
}

/// An agent that is not there, where an endpoint comes first.
fn also(verdict: &Verdict) -> Option<String> {
    let state = verdict.agent.filter(|_| verdict.agent_first().is_none())?;
    Some(format!(" · {}", said_of_agent(state)))
}

fn said_of_agent(state: AgentState) -> String {
    format!("{} {}", words().openclaw, (words().agent_state)(state))
}

/// So many are named.
const MOST_NAMES: usize = 3;

/// Where several need a look: a link to each.
fn links(verdict: &Verdict) -> Option<impl IntoView + use<>> {
    let names = verdict.to_look_at();
    let more = names.len().saturating_sub(MOST_NAMES);
    let links: Vec<_> = names
        .iter()
        .take(MOST_NAMES)
        .map(|name| {
            let (href, name) = (format!("/endpoints/{name}"), name.clone());
            view! { <A href=href>{name}</A>" " }.into_any()
        })
        .collect();
    (names.len() > 1).then(|| {
        view! {
            <p>{links}{(more > 0).then(|| (words().verdict_more)(more))}</p>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointState::{Degraded, Failing, Healthy, Idle, Misconfigured, Paused};

    fn over(states: &[EndpointState]) -> Verdict {
        let named: Vec<_> =
            states.iter().enumerate().map(|(index, state)| (format!("e{index}"), *state)).collect();
        Verdict::over(&named)
    }

    #[test]
    fn the_worst_state_speaks_for_all() {
        let verdict = over(&[Healthy, Degraded, Failing, Failing, Misconfigured, Paused]);
        assert_eq!((verdict.worst, verdict.well, verdict.all), (Failing, 2, 6));
        assert_eq!(verdict.names, ["e2", "e3"]);
        assert_eq!(verdict.text(), "2 endpoints failing");
        assert_eq!(verdict.alarm(), "✖ 2 endpoints failing");
    }

    #[test]
    fn an_agent_that_is_away_is_said_unless_an_endpoint_is_worse() {
        let away = |states: &[EndpointState]| Verdict { agent: Some(AgentState::Away), ..over(states) };
        assert_eq!(away(&[Healthy]).text(), "OpenClaw away");
        assert_eq!(away(&[Degraded]).alarm(), "✖ OpenClaw away");
        assert_eq!(away(&[Failing]).text(), "e0 failing");
        assert_eq!(also(&away(&[Failing])).as_deref(), Some(" · OpenClaw away"));
        assert_eq!(also(&away(&[Healthy])), None);
    }

    #[test]
    fn one_that_fails_is_named() {
        assert_eq!(over(&[Healthy, Failing]).text(), "e1 failing");
        assert_eq!(over(&[Healthy, Failing]).to_look_at(), ["e1"]);
        assert!(over(&[Healthy]).to_look_at().is_empty());
    }

    #[test]
    fn all_well_needs_one_that_is() {
        assert_eq!(over(&[Healthy, Idle, Paused]).text(), "All endpoints well");
        assert_eq!(over(&[Idle]).text(), "Nothing sent yet");
        assert_eq!(over(&[]).text(), "No endpoints yet");
        assert_eq!(over(&[Healthy]).alarm(), "");
    }
}
