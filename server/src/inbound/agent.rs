//! The agent, as far as is known: there, away, or refusing; and how it is asked.

use super::answer::{self, Asked};
use super::request::AgentRequest;
use crate::config::AgentConfig;
use crate::echo::Echoes;
use crate::net::{Client, Exchange, Limits, Outgoing};
use crate::secret::Secret;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::{AgentState, Time};

/// An agent that is away is asked again after this, doubling to a minute.
const FIRST_WAIT_MS: i64 = 1000;
const LONGEST_WAIT_MS: i64 = 60_000;
/// No `Retry-After` makes us wait longer.
const LONGEST_RETRY_AFTER_MS: i64 = 600_000;
/// An outage of the agent's model provider holds its answer this much longer than it was told to take.
const GRACE: Duration = Duration::from_secs(95);
/// Of an answer so much is read, for so long.
const ANSWER_BYTES: usize = 4 << 20;
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// How long it may take to say how it does.
const CHECK_TIME: Duration = Duration::from_secs(10);

/// What is known of the agent.
#[derive(Debug)]
pub struct Agent(Mutex<Known>);

#[derive(Debug)]
struct Known {
    state: AgentState,
    reason: Option<String>,
    since: Time,
    failures: u32,
    /// While it is away or refuses: when it is asked again.
    until: Option<Time>,
    /// Whether one asks right now, to find out.
    probing: bool,
}

/// What changed, if anything that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed(pub bool);

impl Agent {
    /// Nothing is known yet.
    pub fn new(now: Time) -> Self {
        Self(Mutex::new(Known {
            state: AgentState::Unknown,
            reason: None,
            since: now,
            failures: 0,
            until: None,
            probing: false,
        }))
    }

    /// How it does, why, and since when.
    pub fn state(&self) -> (AgentState, Option<String>, Time) {
        let known = self.known();
        (known.state, known.reason.clone(), known.since)
    }

    /// Whether it may be asked now; if not, when (or, with `None`, once the one who asks is back). Of an agent that was
    /// away only one asks at first.
    pub fn admits(&self, now: Time) -> Result<(), Option<Time>> {
        let mut known = self.known();
        match known.until {
            None => Ok(()),
            Some(_) if known.probing => Err(None),
            Some(until) if until > now => Err(Some(until)),
            Some(_) => {
                known.probing = true;
                Ok(())
            }
        }
    }

    /// Someone who was admitted had nothing to ask.
    pub fn unasked(&self) {
        self.known().probing = false;
    }

    /// It answered as one that works.
    pub fn is_there(&self, now: Time) -> Changed {
        self.turn(AgentState::Ready, None, now)
    }

    /// It was not there, or refused; for a while nobody asks it.
    pub fn is_not(
        &self,
        state: AgentState,
        reason: String,
        retry_after_ms: Option<i64>,
        now: Time,
    ) -> Changed {
        let changed = self.turn(state, Some(reason), now);
        let mut known = self.known();
        // Several may have been under way when it went: that is one failure.
        if known.until.is_some_and(|until| until > now) {
            return changed;
        }
        let wait = (FIRST_WAIT_MS << known.failures.min(6)).min(LONGEST_WAIT_MS);
        known.failures += 1;
        known.until =
            Some(now.plus_ms(retry_after_ms.map_or(wait, |asked| asked.clamp(wait, LONGEST_RETRY_AFTER_MS))));
        changed
    }

    /// Its configuration changed: it is asked at once.
    pub fn forget(&self, now: Time) {
        *self.known() = Known {
            state: AgentState::Unknown,
            reason: None,
            since: now,
            failures: 0,
            until: None,
            probing: false,
        };
    }

    fn turn(&self, state: AgentState, reason: Option<String>, now: Time) -> Changed {
        let mut known = self.known();
        let changed = known.state != state || known.reason != reason;
        if known.state != state {
            known.since = now;
        }
        known.state = state;
        known.reason = reason;
        known.probing = false;
        if state == AgentState::Ready {
            known.failures = 0;
            known.until = None;
        }
        Changed(changed)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the agent, and waits for as long as it was given. Gives also how long to wait, if it says so, in ms.
pub async fn ask(
    client: &Client,
    agent: &AgentConfig,
    request: &AgentRequest,
    now: Time,
) -> (Asked, Option<i64>) {
    let chat = request.path.starts_with("/v1/");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &request.headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        else {
            return (
                Asked::Failed(answer::Told::default(), format!("{name} can't be sent as a header")),
                None,
            );
        };
        headers.insert(name, value);
    }
    let limits = Limits {
        headers: Duration::from_secs(request.timeout_seconds) + GRACE,
        body: ANSWER_TIME,
        body_bytes: ANSWER_BYTES,
    };
    let body = request.body.to_string().into();
    let exchange = match outgoing(agent, Method::POST, &request.path, headers, body) {
        Ok(outgoing) => client.send(outgoing, limits).await,
        Err(detail) => return (Asked::Failed(answer::Told::default(), detail), None),
    };
    match exchange.result {
        Ok(answer) => (answer::of(&answer, chat, &echoes(agent)), retry_after(&answer.headers, now)),
        Err(failure) => (answer::of_failure(failure.reason, failure.detail), None),
    }
}

/// What a check of the agent found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Why nothing can be given to it.
    pub problem: Option<(AgentState, String)>,
    /// The agents it has, where it says so.
    pub agents: Option<Vec<String>>,
}

/// Asks it how it does: `/healthz`, `/readyz` and, where it lets us, which agents it has.
pub async fn check(client: &Client, agent: &AgentConfig) -> Found {
    let echoes = echoes(agent);
    for path in ["/healthz", "/readyz"] {
        match get(client, agent, path, HeaderMap::new()).await.result {
            Ok(answer) if answer.status < 300 => {}
            Ok(answer) => {
                let says = echoes.read(&answer.body).0.chars().take(300).collect::<String>();
                let reason = format!("{path} answers HTTP {}: {says}", answer.status);
                return Found { problem: Some((AgentState::Away, reason)), agents: None };
            }
            Err(failure) => {
                return Found { problem: Some((AgentState::Away, failure.detail)), agents: None };
            }
        }
    }
    let answer = get(client, agent, "/v1/models", HeaderMap::new()).await.result.ok();
    let models = answer.filter(|answer| answer.status == 200).and_then(|answer| {
        let json: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let ids = json["data"]
            .as_array()?
            .iter()
            .filter_map(|model| model["id"].as_str()?.strip_prefix("openclaw/"));
        // Only now: a token may be called `openclaw` too.
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        for id in &mut ids {
            echoes.mask(id);
        }
        Some(ids)
    });
    Found { problem: None, agents: models }
}

/// What the agent is told in confidence, and what it says must not show.
fn echoes(agent: &AgentConfig) -> Echoes {
    Echoes::of(agent.token.iter().map(Secret::expose).chain(agent.url.hidden_parts()))
}

async fn get(client: &Client, agent: &AgentConfig, path: &str, headers: HeaderMap) -> Exchange {
    let limits = Limits { headers: CHECK_TIME, body: CHECK_TIME, body_bytes: ANSWER_BYTES };
    match outgoing(agent, Method::GET, path, headers, Bytes::new()) {
        Ok(outgoing) => client.send(outgoing, limits).await,
        Err(detail) => Exchange {
            timings: wire::Timings::default(),
            remote_address: None,
            result: Err(crate::net::Failure { reason: wire::Reason::Misconfigured, detail }),
        },
    }
}

fn outgoing(
    agent: &AgentConfig,
    method: Method,
    path: &str,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Outgoing, String> {
    let uri = Uri::try_from(format!("{}{path}", agent.url.value().trim_end_matches('/')))
        .map_err(|error| format!("webhooks.agent.url can't be called: {error}"))?;
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(crate::outbound::deliver::USER_AGENT));
    if let Some(token) = &agent.token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| "webhooks.agent.token can't be sent as a header".to_owned())?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(Outgoing { method, uri, headers, body })
}

fn retry_after(headers: &[(String, String)], now: Time) -> Option<i64> {
    let (_, value) = headers.iter().find(|(name, _)| name == "retry-after")?;
    crate::outbound::retry::retry_after(value, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_is_away_is_asked_by_one_at_growing_times() {
        let (agent, start) = (Agent::new(Time(0)), Time(0));
        assert_eq!(agent.admits(start), Ok(()));
        assert_eq!(agent.admits(start), Ok(()));
        let away = |at: Time| {
            agent.is_not(AgentState::Away, "nobody there".to_owned(), None, at);
            agent.admits(at).unwrap_err().unwrap()
        };
        let mut now = start;
        for wait in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
            let until = away(now);
            assert_eq!(until, now.plus_ms(wait));
            assert_eq!(agent.admits(now), Err(Some(until)));
            now = until;
            assert_eq!(agent.admits(now), Ok(()));
            // The others wait for what the one finds.
            assert_eq!(agent.admits(now), Err(None));
        }
        assert_eq!(agent.is_there(now), Changed(true));
        assert_eq!(agent.is_there(now), Changed(false));
        assert_eq!(agent.admits(now), Ok(()));
        assert_eq!(away(now), now.plus_ms(1000));
    }

    #[test]
    fn it_may_ask_for_more_time_but_not_for_ever() {
        let agent = Agent::new(Time(0));
        let away = |wait| {
            agent.is_not(AgentState::Away, String::new(), Some(wait), Time(0));
            agent.admits(Time(0)).unwrap_err().unwrap()
        };
        assert_eq!(away(5000), Time(5000));
        agent.forget(Time(0));
        assert_eq!(away(i64::MAX), Time(600_000));
        agent.forget(Time(0));
        assert_eq!(away(0), Time(1000));
        // Another that was under way at the same time changes nothing.
        assert_eq!(away(9000), Time(1000));
    }
}
