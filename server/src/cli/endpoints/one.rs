//! One endpoint, for people.

use crate::cli::list::{milliseconds, pair};
use crate::cli::out::{BOLD, Out, of_state, styled};
use crate::cli::plain;
use crate::cli::table::Table;
use crate::cli::when;
use std::io;
use wire::{Attempt, Check, CircuitState, Endpoint, EventType, Retry, Window};

pub(super) fn print(out: Out, endpoint: &Endpoint) -> io::Result<()> {
    let now = when::now();
    let state = styled(endpoint.state.as_str(), of_state(endpoint.state));
    out.line(format!("{}  {state}", styled(plain::line(&endpoint.name), BOLD)))?;
    let mut table = Table::of_pairs();
    if let Some(reason) = &endpoint.state_reason {
        table.row(pair("because", reason));
    }
    table.row(pair("since", when::whole(endpoint.since, now)));
    table.row(pair("url", &endpoint.url));
    table.row(pair("defined by", endpoint.source.as_str()));
    table.row(pair("events", events(&endpoint.events)));
    if let Some(agents) = endpoint.filter.as_ref().and_then(|filter| filter.agent_ids.as_ref()) {
        table.row(pair("agents", agents.join(", ")));
    }
    let signing = if endpoint.signed { endpoint.signing.as_str() } else { "unsigned: there is no secret" };
    table.row(pair("signing", signing));
    table.row(pair("retry", retry(endpoint.retry)));
    let whose = if endpoint.in_flight == 1 { "its" } else { "their" };
    let queue = format!(
        "{} waiting, {} on {whose} way, {} held",
        endpoint.waiting, endpoint.in_flight, endpoint.held
    );
    table.row(pair("deliveries", queue));
    for (word, window) in [
        ("last 5 min", &endpoint.windows.m5),
        ("last hour", &endpoint.windows.h1),
        ("last day", &endpoint.windows.h24),
    ] {
        table.row(pair(word, figures(window)));
    }
    if endpoint.circuit.state != CircuitState::Closed {
        let until = endpoint.circuit.until.map(|until| format!(" until {}", when::whole(until, now)));
        table.row(pair("circuit", format!("{}{}", endpoint.circuit.state, until.unwrap_or_default())));
    }
    if let Some(attempt) = &endpoint.last_attempt {
        table.row(pair("last attempt", of_attempt(attempt)));
    }
    if let Some(check) = &endpoint.last_check {
        table.row(pair("last check", format!("{}, {}", of_check(check), when::around(check.at, now))));
    }
    table.lines().iter().try_for_each(|line| out.line(line))
}

fn events(events: &[EventType]) -> String {
    if events.len() == EventType::ALL.len() {
        return "all".to_owned();
    }
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(", ")
}

fn retry(retry: Retry) -> String {
    if retry.max_attempts == 1 {
        return "1 attempt".to_owned();
    }
    match retry.backoff_ms {
        Some(backoff) => format!("{} attempts, backoff from {backoff} ms", retry.max_attempts),
        None => format!("{} attempts, on the schedule of Standard Webhooks", retry.max_attempts),
    }
}

fn figures(window: &Window) -> String {
    let Some(rate) = window.success_rate else { return "nothing sent".to_owned() };
    let percentiles = [("p50", window.p50), ("p95", window.p95), ("p99", window.p99)];
    let percentiles: Vec<String> = percentiles
        .into_iter()
        .filter_map(|(name, ms)| Some(format!("{name} {}", milliseconds(ms?.0))))
        .collect();
    format!(
        "{:.1} % success ({} delivered, {} failed), {}",
        rate * 100.0,
        window.delivered,
        window.failed,
        percentiles.join(", ")
    )
}

fn of_attempt(attempt: &Attempt) -> String {
    let result = attempt.reason.map_or_else(|| attempt.result.to_string(), |reason| reason.to_string());
    let hint = attempt.hint.as_ref().map(|hint| format!(". {hint}")).unwrap_or_default();
    format!("{result}, {}{hint}", when::around(attempt.started_at, when::now()))
}

/// What a check found, in a few words.
pub(super) fn of_check(check: &Check) -> String {
    let took = milliseconds(check.timings.total.0);
    match (check.reachable, check.status_code, check.reason) {
        (true, Some(status), _) => format!("answers {status} in {took}"),
        (true, None, _) => format!("answers in {took}"),
        (false, Some(status), _) => format!("answers {status}: it fails itself"),
        (false, None, Some(reason)) => reason.to_string(),
        (false, None, None) => "not reachable".to_owned(),
    }
}
