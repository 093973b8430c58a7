//! A delivery with its attempts, for people.

use super::{print_body, print_headers};
use crate::cli::list::{milliseconds, pair};
use crate::cli::out::{BAD, BOLD, DIM, GOOD, Out, of_status, styled};
use crate::cli::plain;
use crate::cli::table::Table;
use crate::cli::when;
use std::io;
use wire::{Attempt, AttemptResult, DeliveryDetail, Timings, Trigger};

/// Prints the delivery, its attempts in a line each, and the last one (or, `whole`, every one) with request and answer.
pub(in crate::cli) fn print(out: Out, detail: &DeliveryDetail, whole: bool) -> io::Result<()> {
    let delivery = &detail.delivery;
    let now = when::now();
    let status = styled(delivery.status.as_str(), of_status(delivery.status));
    out.line(format!("{}  {status}", styled(delivery.id.as_str(), BOLD)))?;
    let mut table = Table::of_pairs();
    table.row(pair("endpoint", &delivery.endpoint));
    table.row(pair("event", format!("{}  {}", delivery.event_id, delivery.event_type)));
    if let Some(agent) = &delivery.agent_id {
        table.row(pair("agent", agent));
    }
    if let Some(hit) = &delivery.hit_id {
        table.row(pair("hit", hit.as_str()));
    }
    table.row(pair("attempts", format!("{} of {}", delivery.attempts, delivery.max_attempts)));
    table.row(pair("created", when::whole(delivery.created_at, now)));
    if let Some(next) = delivery.next_attempt_at {
        table.row(pair("next attempt", when::whole(next, now)));
    }
    if let Some(finished) = delivery.finished_at {
        table.row(pair("finished", when::whole(finished, now)));
    }
    table.lines().iter().try_for_each(|line| out.line(line))?;
    let last = detail.attempt_log.len().saturating_sub(1);
    for (index, attempt) in detail.attempt_log.iter().enumerate() {
        out.line("")?;
        print_attempt(out, attempt)?;
        if whole || index == last {
            print_exchange(out, attempt)?;
        }
    }
    Ok(())
}

fn print_attempt(out: Out, attempt: &Attempt) -> io::Result<()> {
    let result = match attempt.result {
        AttemptResult::Delivered => styled("delivered", GOOD),
        AttemptResult::Failed => styled(attempt.reason.map_or("failed", wire::Reason::as_str), BAD),
    };
    let trigger = match attempt.trigger {
        Trigger::Schedule => "",
        Trigger::Manual => ", by hand",
        Trigger::Test => ", a test",
    };
    let at = when::whole(attempt.started_at, when::now());
    let head = styled(format!("Attempt {}{trigger}", attempt.number), BOLD);
    out.line(format!("{head}  {result}  {at}"))?;
    out.line(format!("  {}", styled(timings(&attempt.timings), DIM)))?;
    if let Some(detail) = &attempt.detail {
        out.line(format!("  {}", plain::line(detail)))?;
    }
    if let Some(hint) = &attempt.hint {
        out.line(format!("  {}", plain::line(hint)))?;
    }
    Ok(())
}

fn print_exchange(out: Out, attempt: &Attempt) -> io::Result<()> {
    let request = &attempt.request;
    let to = attempt.remote_address.as_ref().map(|address| format!("  ({address})")).unwrap_or_default();
    let line = format!("{} {}{to}", request.method, request.url);
    out.line(format!("  {}", styled(plain::line(&line), BOLD)))?;
    print_headers(out, &request.headers)?;
    print_body(out, &request.body)?;
    let Some(response) = &attempt.response else { return Ok(()) };
    out.line(format!("  {}", styled(format!("answered {}", response.status_code), BOLD)))?;
    print_headers(out, &response.headers)?;
    print_body(out, &response.body)?;
    if response.truncated {
        out.line(format!("    {}", styled("(there was more, which was not read)", DIM)))?;
    }
    Ok(())
}

/// Where the time went: `12 ms (connect 0.3 ms, ttfb 11 ms)`.
pub(in crate::cli) fn timings(timings: &Timings) -> String {
    let phases = [
        ("dns", timings.dns),
        ("connect", timings.connect),
        ("tls", timings.tls),
        ("ttfb", timings.ttfb),
        ("body", timings.body),
    ];
    let phases: Vec<String> =
        phases.into_iter().filter_map(|(name, ms)| Some(format!("{name} {}", milliseconds(ms?.0)))).collect();
    let total = milliseconds(timings.total.0);
    if phases.is_empty() { total } else { format!("{total} ({})", phases.join(", ")) }
}
