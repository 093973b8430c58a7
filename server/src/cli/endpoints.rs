//! `endpoints`, and what is done with one: `check`, `test`, `pause`, `resume`.

mod one;
mod work;

pub(super) use work::{Named, Test, check, pause, resume, test};

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::list::{milliseconds, newest};
use super::out::{Out, note, of_state};
use super::table::{Cell, Table};
use super::when;
use clap::Args;
use serde_json::value::RawValue;
use wire::{Endpoint, Window};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks endpoints
  openclaw-webhooks endpoints crm
  openclaw-webhooks endpoints --json";

pub(super) const CHECK: &str = "\
Examples:
  openclaw-webhooks check crm
  openclaw-webhooks check crm --json

Status 1: it is not reachable.";

pub(super) const TEST: &str = "\
Examples:
  openclaw-webhooks test crm
  openclaw-webhooks test crm --type error.occurred

The sample's data.test is true. Status 1: it was not delivered.";

pub(super) const PAUSE: &str = "\
Examples:
  openclaw-webhooks pause crm

What is to be sent is held until `resume`, and nothing of it is lost.";

pub(super) const RESUME: &str = "\
Examples:
  openclaw-webhooks resume crm

An endpoint that is failing is tried at once: its next delivery goes out, and if it arrives, what was held follows.";

/// More than a configuration has.
const MOST: usize = 10_000;

/// Which endpoint.
#[derive(Debug, Args)]
pub(super) struct Endpoints {
    /// One endpoint, with all that is known of it
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(endpoints: Endpoints) -> Result<Verdict, Failure> {
    let client = Client::new(&endpoints.asking)?;
    let out = Out::new(endpoints.asking.json);
    let objects: Vec<Box<RawValue>> = match &endpoints.name {
        Some(name) => vec![client.get(&["endpoints", name], &[]).await?],
        None => newest(&client, &["endpoints"], &[], MOST).await?,
    };
    if out.is_json() {
        objects.iter().try_for_each(|endpoint| out.raw(endpoint))?;
        return Ok(Verdict::Done);
    }
    let read: Result<Vec<Endpoint>, _> =
        objects.iter().map(|endpoint| serde_json::from_str(endpoint.get())).collect();
    let read = read.map_err(|error| {
        Failure::Problem(format!("the gateway speaks of an endpoint in a way that is unknown here: {error}"))
    })?;
    match &read[..] {
        [endpoint] if endpoints.name.is_some() => one::print(out, endpoint)?,
        [] => note("There is no endpoint: the configuration has them under webhooks.endpoints."),
        all => table(all).lines().iter().try_for_each(|line| out.line(line))?,
    }
    Ok(Verdict::Done)
}

fn table(endpoints: &[Endpoint]) -> Table {
    let now = when::now();
    let mut table = Table::new(&[
        "NAME",
        "STATE",
        "DELIVERED 1H",
        "FAILED 1H",
        "P95 1H",
        "WAITING",
        "HELD",
        "LAST ATTEMPT",
        "URL",
    ]);
    for endpoint in endpoints {
        let hour = &endpoint.windows.h1;
        let last = endpoint.last_attempt.as_ref().map(|attempt| when::around(attempt.started_at, now));
        table.row([
            (&endpoint.name).into(),
            Cell::styled(endpoint.state.as_str(), of_state(endpoint.state)),
            hour.delivered.to_string().into(),
            hour.failed.to_string().into(),
            p95(hour).into(),
            endpoint.waiting.to_string().into(),
            endpoint.held.to_string().into(),
            last.unwrap_or_else(|| "never".to_owned()).into(),
            (&endpoint.url).into(),
        ]);
    }
    table
}

fn p95(window: &Window) -> String {
    window.p95.map(|ms| milliseconds(ms.0)).unwrap_or_default()
}
