//! `redeliver`: sends deliveries once more, by id or all that a filter finds, and waits for what becomes of them.

mod many;

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::filter::{Filter, Span};
use super::list::{result, show_hint};
use super::out::{Out, note, of_status, styled};
use super::when;
use clap::Args;
use serde_json::value::RawValue;
use std::time::Duration;
use wire::{Delivery, DeliveryId};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks redeliver dlv_01938c5f7a2b7c3d8e4f5a6b7c8d9e0f
  openclaw-webhooks redeliver --status failed --since 1h --dry-run
  openclaw-webhooks redeliver --status failed --endpoint crm --per-second 10 --yes

Status 1: one of them failed again. Each redelivery is one attempt, made now, paused endpoint or not.";

/// How long a delivery that was named is waited for: longer than any attempt takes.
const PATIENCE: Duration = Duration::from_secs(150);
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LAST_LOOK: Duration = Duration::from_millis(500);

/// What is sent again, and how.
#[derive(Debug, Args)]
pub(super) struct Redeliver {
    /// Deliveries by their ids
    #[arg(value_name = "ID", required_unless_present_any = ["status", "endpoint", "types", "reason", "since", "until"],
          conflicts_with_all = ["status", "endpoint", "types", "reason", "since", "until", "dry_run", "per_second"])]
    ids: Vec<DeliveryId>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    span: Span,
    /// Only say how many that would be
    #[arg(long)]
    dry_run: bool,
    /// At most so many a second
    #[arg(long, value_name = "N")]
    per_second: Option<f64>,
    /// Don't ask before many are sent
    #[arg(long, short)]
    yes: bool,
    /// Don't wait for what becomes of them
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(redeliver: Redeliver) -> Result<Verdict, Failure> {
    let client = Client::new(&redeliver.asking)?;
    let out = Out::new(redeliver.asking.json);
    if redeliver.ids.is_empty() {
        return many::run(&client, out, &redeliver).await;
    }
    for id in &redeliver.ids {
        let delivery: Box<RawValue> = client.post(&["deliveries", id.as_str(), "redeliver"], "").await?;
        if redeliver.no_wait {
            write_accepted(out, id, &delivery)?;
        }
    }
    let mut good = true;
    for id in redeliver.ids.iter().filter(|_| !redeliver.no_wait) {
        good &= wait(&client, out, id).await?;
    }
    Ok(Verdict::of(good))
}

fn write_accepted(out: Out, id: &DeliveryId, delivery: &RawValue) -> Result<(), Failure> {
    if out.is_json() {
        out.raw(delivery)?;
    } else {
        out.line(format!("{id}  is on its way"))?;
    }
    Ok(())
}

/// Waits until the delivery is finished and prints how; whether it was delivered.
pub(super) async fn wait(client: &Client, out: Out, id: &DeliveryId) -> Result<bool, Failure> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = FIRST_LOOK;
    loop {
        let object: Box<RawValue> = client.get(&["deliveries", id.as_str()], &[]).await?;
        let delivery: Delivery = serde_json::from_str(object.get())
            .map_err(|error| Failure::Problem(format!("the gateway's answer is unknown here: {error}")))?;
        if !delivery.status.is_open() {
            print(out, &object, &delivery)?;
            return Ok(delivery.status == wire::DeliveryStatus::Delivered);
        }
        if tokio::time::Instant::now() > deadline {
            note(format!(
                "{id} is still {}; `openclaw-webhooks show {id}` tells how it goes on",
                delivery.status
            ));
            return Ok(false);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

fn print(out: Out, object: &RawValue, delivery: &Delivery) -> Result<(), Failure> {
    if out.is_json() {
        return Ok(out.raw(object)?);
    }
    let status = styled(delivery.status.as_str(), of_status(delivery.status));
    out.line(format!("{}  {status}  {}", delivery.id, result(delivery, when::now())))?;
    Ok(show_hint(out, delivery.last_reason)?)
}
