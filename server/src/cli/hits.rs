//! `hits`: the latest requests to inbound endpoints.

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::filter::{Span, of_words};
use super::list::newest;
use super::out::{BAD, DIM, GOOD, Out, WAITS, note};
use super::table::{Cell, Table};
use super::when;
use clap::Args;
use serde_json::value::RawValue;
use wire::{Hit, Outcome, RunStatus};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks hits --recent 50
  openclaw-webhooks hits --inbound deploy --outcome refused --since 1h
  openclaw-webhooks hits --json";

/// Which hits, and how many.
#[derive(Debug, Args)]
pub(super) struct Hits {
    /// How many, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    recent: u32,
    /// Of this inbound endpoint
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Which hits")]
    inbound: Vec<String>,
    /// What became of them
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',', value_parser = of_words(Outcome::ALL, Outcome::as_str),
          help_heading = "Which hits")]
    outcome: Vec<Outcome>,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(hits: Hits) -> Result<Verdict, Failure> {
    let client = Client::new(&hits.asking)?;
    let out = Out::new(hits.asking.json);
    let mut query = hits.span.query();
    query.extend(hits.inbound.iter().map(|name| ("inbound", name.clone())));
    query.extend(hits.outcome.iter().map(|outcome| ("outcome", outcome.to_string())));
    if out.is_json() {
        let hits: Vec<Box<RawValue>> = newest(&client, &["hits"], &query, hits.recent as usize).await?;
        hits.iter().try_for_each(|hit| out.raw(hit))?;
        return Ok(Verdict::Done);
    }
    let hits: Vec<Hit> = newest(&client, &["hits"], &query, hits.recent as usize).await?;
    if hits.is_empty() {
        note(if query.is_empty() { "No hit yet." } else { "No hit is like that." });
        return Ok(Verdict::Done);
    }
    table(&hits).lines().iter().try_for_each(|line| out.line(line))?;
    Ok(Verdict::Done)
}

fn table(hits: &[Hit]) -> Table {
    let now = when::now();
    let mut table = Table::new(&["ID", "OUTCOME", "INBOUND", "VERIFICATION", "RECEIVED", "RUN", "CAUSE"]);
    for hit in hits {
        let outcome = match hit.outcome {
            Outcome::Accepted => GOOD,
            Outcome::Refused => BAD,
            Outcome::Duplicate => DIM,
        };
        let error = hit.run.as_ref().and_then(|run| run.error.as_deref());
        table.row([
            hit.id.as_str().into(),
            Cell::styled(hit.outcome.as_str(), outcome),
            (&hit.inbound).into(),
            hit.verification.as_str().into(),
            when::around(hit.received_at, now).into(),
            hit.run.as_ref().map_or_else(|| "".into(), |run| run_cell(run.status)),
            hit.cause.as_deref().or(error).unwrap_or_default().into(),
        ]);
    }
    table
}

fn run_cell(status: RunStatus) -> Cell {
    let style = match status {
        RunStatus::Succeeded | RunStatus::Accepted => GOOD,
        RunStatus::Failed => BAD,
        RunStatus::Queued | RunStatus::Running => WAITS,
    };
    Cell::styled(status.as_str(), style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hit_is_a_row() {
        let hit = |outcome: &str, more: serde_json::Value| -> Hit {
            let mut hit = json!({
                "id": "hit_1", "inbound": "deploy", "receivedAt": "2026-03-14T10:30:00.000Z", "remoteAddress": "127.0.0.1:1",
                "method": "POST", "headers": [], "body": "{}", "bodyTruncated": false, "verification": "passed",
                "outcome": outcome, "statusCode": 202, "missing": [],
            });
            hit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value(hit).unwrap()
        };
        let run = json!({ "run": {
            "id": "run_1", "hitId": "hit_1", "agentId": "a", "mode": "hooks", "status": "failed", "attempts": 1,
            "queuedAt": "2026-03-14T10:30:00.000Z", "error": "the agent\u{1b}[31m is away",
        } });
        let hits = [hit("accepted", run), hit("refused", json!({ "cause": "signature" }))];
        let lines: Vec<String> =
            table(&hits).lines().iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        let received = when::around(hits[0].received_at, when::now());
        assert_eq!(
            lines[1..],
            [
                format!(
                    "hit_1  accepted  deploy   passed        {received}  failed  the agent\\x1b[31m is away"
                ),
                format!("hit_1  refused   deploy   passed        {received}          signature"),
            ]
        );
    }
}
