//! A hit with its run, for people.

use super::{print_body, print_headers};
use crate::cli::end::Failure;
use crate::cli::list::{self, milliseconds, pair};
use crate::cli::out::{BOLD, Out, styled};
use crate::cli::plain;
use crate::cli::table::Table;
use crate::cli::when;
use std::io;
use wire::{Hit, HitDetail, Run};

pub(super) fn print(out: Out, detail: &HitDetail) -> Result<(), Failure> {
    print_hit(out, &detail.hit)?;
    for event in &detail.events {
        out.line("")?;
        out.line(format!("{}  {}", styled(event.id.as_str(), BOLD), event.event_type))?;
    }
    if !detail.deliveries.is_empty() {
        out.line("")?;
        list::print(out, &detail.deliveries)?;
    }
    Ok(())
}

fn print_hit(out: Out, hit: &Hit) -> io::Result<()> {
    let now = when::now();
    out.line(format!("{}  {}", styled(hit.id.as_str(), BOLD), hit.outcome))?;
    let mut table = Table::of_pairs();
    table.row(pair("inbound", &hit.inbound));
    table.row(pair("received", when::whole(hit.received_at, now)));
    table.row(pair("from", &hit.remote_address));
    table.row(pair("verification", hit.verification.as_str()));
    table.row(pair("answered", hit.status_code.to_string()));
    let others = [
        ("cause", hit.cause.as_deref()),
        ("duplicate of", hit.duplicate_of.as_ref().map(wire::Id::as_str)),
        ("replay of", hit.replay_of.as_ref().map(wire::Id::as_str)),
    ];
    for (word, text) in others {
        if let Some(text) = text {
            table.row(pair(word, text));
        }
    }
    if !hit.missing.is_empty() {
        table.row(pair("missing", hit.missing.join(", ")));
    }
    table.lines().iter().try_for_each(|line| out.line(line))?;
    out.line(format!("  {}", styled(plain::line(&format!("{} request", hit.method)), BOLD)))?;
    print_headers(out, &hit.headers)?;
    print_body(out, &hit.body)?;
    print_text(out, "prompt", hit.prompt.as_deref())?;
    hit.run.as_ref().map_or(Ok(()), |run| print_run(out, run))
}

fn print_run(out: Out, run: &Run) -> io::Result<()> {
    out.line("")?;
    out.line(format!("{}  {}", styled(run.id.as_str(), BOLD), run.status))?;
    let mut table = Table::of_pairs();
    table.row(pair("agent", format!("{} ({})", run.agent_id, run.mode)));
    if let Some(ms) = run.duration_ms {
        table.row(pair("took", milliseconds(ms.0)));
    }
    if let Some(model) = &run.model {
        table.row(pair("model", model));
    }
    if let Some(usage) = run.usage {
        table.row(pair("tokens", format!("{} read, {} written", usage.input_tokens, usage.output_tokens)));
    }
    if let Some(event) = &run.callback_event_id {
        table.row(pair("event", event.as_str()));
    }
    table.lines().iter().try_for_each(|line| out.line(line))?;
    print_text(out, "reply", run.reply.as_deref())?;
    print_text(out, "error", run.error.as_deref())
}

fn print_text(out: Out, word: &str, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    out.line(format!("  {}", styled(word, BOLD)))?;
    plain::lines(text).lines().try_for_each(|line| out.line(format!("    {line}")))
}
