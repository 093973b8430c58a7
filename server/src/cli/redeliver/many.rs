//! Redelivering all that a filter finds: how many that are, whether they are meant, and how it goes.

use super::Redeliver;
use crate::cli::client::Client;
use crate::cli::end::{Failure, Verdict};
use crate::cli::out::{Out, note};
use crate::cli::progress;
use crate::cli::stream::Stream;
use crate::cli::when;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;
use tokio::time::timeout;
use wire::{Attempt, AttemptResult, Trigger};

/// An attempt and its answer may take two minutes; after a longer silence nothing more comes.
const SILENCE: Duration = Duration::from_secs(150);

/// The gateway's answer.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Found {
    matched: u64,
    queued: u64,
}

pub(super) async fn run(client: &Client, out: Out, asked: &Redeliver) -> Result<Verdict, Failure> {
    let body = |dry_run: bool| body(asked, dry_run).to_string();
    let found: Found = client.post(&["redeliveries"], body(true)).await?;
    if asked.dry_run {
        let nothing = "nothing was sent";
        write(out, found, &format!("{} would go out again; {nothing}", deliveries(found.matched)))?;
        return Ok(Verdict::Done);
    }
    if found.matched == 0 {
        write(out, found, "No delivery is like that.")?;
        return Ok(Verdict::Done);
    }
    if found.matched > 1 && !asked.yes && !is_meant(found.matched)? {
        return Err(Failure::Problem("nothing was sent".to_owned()));
    }
    // Watching begins before there is anything to see.
    let watching = if asked.no_wait { None } else { Some(Stream::open(client, None).await?) };
    let found: Found = client.post(&["redeliveries"], body(false)).await?;
    let whose = if found.queued == 1 { "its" } else { "their" };
    write(out, found, &format!("{} on {whose} way", deliveries(found.queued)))?;
    match watching {
        Some(stream) => watch(stream, out, found.queued).await,
        None => Ok(Verdict::Done),
    }
}

fn body(asked: &Redeliver, dry_run: bool) -> Value {
    let now = when::now();
    let mut body = json!({ "dryRun": dry_run });
    let filter = &asked.filter;
    let time = |when: &Option<when::When>| when.as_ref().map(|when| json!(when.seen_from(now)));
    let keys = [
        ("status", (!filter.status.is_empty()).then(|| json!(filter.status))),
        ("endpoint", (!filter.endpoint.is_empty()).then(|| json!(filter.endpoint))),
        ("type", (!filter.types.is_empty()).then(|| json!(filter.types))),
        ("reason", (!filter.reason.is_empty()).then(|| json!(filter.reason))),
        ("since", time(&asked.span.since)),
        ("until", time(&asked.span.until)),
        ("perSecond", asked.per_second.map(|rate| json!(rate))),
    ];
    for (key, value) in keys {
        if let Some(value) = value {
            body[key] = value;
        }
    }
    body
}

fn write(out: Out, found: Found, words: &str) -> io::Result<()> {
    if out.is_json() { out.object(&found) } else { out.line(words) }
}

fn deliveries(count: u64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

/// Asks a person at a terminal; anyone else has said so by the command.
fn is_meant(count: u64) -> io::Result<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(true);
    }
    eprint!("Send {} again? [y/N] ", deliveries(count));
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Counts the attempts that are seen, until there are as many as were queued.
async fn watch(mut stream: Stream, out: Out, queued: u64) -> Result<Verdict, Failure> {
    let bar = progress::bar(queued);
    let (mut delivered, mut failed) = (0, 0);
    while delivered + failed < queued {
        let Ok(Ok(frame)) = timeout(SILENCE, stream.next()).await else { break };
        if frame.kind == "reset" {
            break;
        }
        let attempt = frame.attempt.and_then(|attempt| serde_json::from_str::<Attempt>(attempt.get()).ok());
        match attempt.filter(|attempt| attempt.trigger == Trigger::Manual).map(|attempt| attempt.result) {
            Some(AttemptResult::Delivered) => delivered += 1,
            Some(AttemptResult::Failed) => failed += 1,
            None => continue,
        }
        bar.set_position(delivered + failed);
        bar.set_message(format!("{} of {queued}; Ctrl+C ends watching, not the gateway", delivered + failed));
    }
    bar.finish_and_clear();
    let unseen = queued - (delivered + failed);
    if unseen > 0 {
        note(format!(
            "{} went out of sight; the gateway goes on with them, and `list` shows them",
            deliveries(unseen)
        ));
    }
    if !out.is_json() {
        out.line(format!("{delivered} delivered, {failed} failed again"))?;
    }
    Ok(Verdict::of(failed == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        assert!(is_yes("y\n") && is_yes(" YES "));
        assert!(!is_yes("") && !is_yes("\n") && !is_yes("n") && !is_yes("yeah"));
    }
}
