//! `send`: posts events from a file: one object, `{"events":[…]}`, or a line each.

mod batch;
mod read;

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::out::{Out, note};
use super::progress;
use batch::{Batch, Reply};
use clap::Args;
use indicatif::ProgressBar;
use read::Events;
use std::path::PathBuf;
use std::time::Duration;
use wire::AcceptedEvent;

pub(super) const EXAMPLES: &str = r#"Examples:
  openclaw-webhooks send event.json
  openclaw-webhooks send events.jsonl
  echo '{"type":"message.sent","data":{"agentId":"my-agent"}}' | openclaw-webhooks send -

A file of lines goes out in batches of at most 1,000 events; each batch is accepted whole or not at
all. When the gateway is full, send waits as long as it asks for."#;

/// Bytes of a file for which a bar is worth its line.
const LONG: u64 = 1 << 20;
/// How often a gateway that is full is asked again.
const TRIES: u32 = 20;

/// What is sent.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// An event, {"events":[…]}, or an event in each line; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// What was accepted so far.
#[derive(Debug, Default)]
struct Sum {
    events: u64,
    duplicates: u64,
    deliveries: u64,
    last: Option<AcceptedEvent>,
}

pub(super) async fn run(send: Send) -> Result<Verdict, Failure> {
    let client = Client::new(&send.asking)?;
    let out = Out::new(send.asking.json);
    let mut events = Events::open(&send.file)?;
    let bar = events.size().filter(|size| *size >= LONG).map_or_else(ProgressBar::hidden, progress::bar);
    let mut sum = Sum::default();
    while let Some(batch) = events.next_batch()? {
        let accepted = match post(&client, &batch, &bar).await {
            Ok(accepted) => accepted,
            Err(failure) => return Err(after(failure, &batch, &sum)),
        };
        for event in accepted {
            if out.is_json() {
                out.object(&event)?;
            }
            sum.events += 1;
            sum.duplicates += u64::from(event.duplicate);
            sum.deliveries += event.deliveries;
            sum.last = Some(event);
        }
        bar.set_position(events.bytes_read());
        bar.set_message(format!("{} events", sum.events));
    }
    bar.finish_and_clear();
    if !out.is_json() {
        out.line(words(&sum))?;
    }
    Ok(Verdict::Done)
}

/// Posts a batch, again when the gateway has no room for it.
async fn post(client: &Client, batch: &Batch, bar: &ProgressBar) -> Result<Vec<AcceptedEvent>, Failure> {
    let mut tries = 0;
    loop {
        match batch.post(client).await? {
            Reply::Accepted(events) => return Ok(events),
            Reply::Full(seconds, problem) => {
                tries += 1;
                if tries == TRIES {
                    return Err(problem);
                }
                bar.suspend(|| note(format!("The gateway has no room: waiting {seconds} s.")));
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
        }
    }
}

/// Says how far it came.
fn after(failure: Failure, batch: &Batch, sum: &Sum) -> Failure {
    let place = batch.place();
    let so_far = match sum.events {
        0 => "Nothing was accepted.".to_owned(),
        events => {
            format!("{events} events before {place} were accepted; what comes from there on was not sent.")
        }
    };
    match failure {
        Failure::Problem(text) => Failure::Problem(format!("{text}\n  {so_far}")),
        Failure::Use(text) => Failure::Use(format!("{text}\n  {so_far}")),
        Failure::Unreachable(text) => Failure::Unreachable(format!("{text}\n  {so_far}")),
        Failure::Unread => Failure::Unread,
    }
}

fn words(sum: &Sum) -> String {
    let to = |deliveries: u64| {
        if deliveries == 1 { "1 delivery".to_owned() } else { format!("{deliveries} deliveries") }
    };
    match (sum.events, &sum.last) {
        (0, _) | (_, None) => "There was no event to send.".to_owned(),
        (1, Some(event)) if event.duplicate => {
            format!("{} was accepted before: nothing was stored", event.id)
        }
        (1, Some(event)) => format!("{} was accepted: {}", event.id, to(event.deliveries)),
        (events, Some(_)) => {
            let duplicates = match sum.duplicates {
                0 => String::new(),
                duplicates => format!(", {duplicates} of them before"),
            };
            format!("{events} events were accepted{duplicates}: {}", to(sum.deliveries))
        }
    }
}
