//! `list`: the latest deliveries.

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::filter::{Filter, Span};
use super::out::{BOLD, DIM, Out, note, of_status, styled};
use super::plain;
use super::table::{Cell, Table};
use super::when;
use crate::net::reason::hint;
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::io;
use wire::{Delivery, DeliveryStatus, Reason, Time};

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks list --recent 20
  openclaw-webhooks list --status failed --since 1h
  openclaw-webhooks list --endpoint crm --reason timeout,http_5xx --json";

/// The most that the API gives at once.
const PAGE: usize = 500;

/// Which deliveries, and how many.
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    recent: u32,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(list: List) -> Result<Verdict, Failure> {
    let client = Client::new(&list.asking)?;
    let out = Out::new(list.asking.json);
    let query = [list.filter.query(), list.span.query()].concat();
    if out.is_json() {
        let deliveries: Vec<Box<RawValue>> =
            newest(&client, &["deliveries"], &query, list.recent as usize).await?;
        if deliveries.is_empty() {
            look_for(&client, &list.filter.endpoint).await?;
        }
        deliveries.iter().try_for_each(|delivery| out.raw(delivery))?;
        return Ok(Verdict::Done);
    }
    let deliveries: Vec<Delivery> = newest(&client, &["deliveries"], &query, list.recent as usize).await?;
    if deliveries.is_empty() {
        look_for(&client, &list.filter.endpoint).await?;
        note(if query.is_empty() { "No delivery yet." } else { "No delivery is like that." });
    } else {
        print(out, &deliveries)?;
    }
    Ok(Verdict::Done)
}

/// A mistyped name must not pass for an endpoint without such deliveries. One that was removed may have others.
async fn look_for(client: &Client, endpoints: &[String]) -> Result<(), Failure> {
    for name in endpoints {
        let any: Vec<Delivery> = newest(client, &["deliveries"], &[("endpoint", name.clone())], 1).await?;
        if any.is_empty() {
            client.get::<wire::Endpoint>(&["endpoints", name], &[]).await?;
        }
    }
    Ok(())
}

/// The newest items of a list, as many as are wanted, page by page.
pub(super) async fn newest<T: DeserializeOwned>(
    client: &Client,
    path: &[&str],
    query: &[(&str, String)],
    wanted: usize,
) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let mut cursor = None;
    while items.len() < wanted {
        let mut query = query.to_vec();
        query.push(("limit", (wanted - items.len()).min(PAGE).to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: wire::List<T> = client.get(path, &query).await?;
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(items)
}

/// Deliveries as a table, and what the reasons in it mean.
pub(super) fn print(out: Out, deliveries: &[Delivery]) -> Result<(), Failure> {
    let now = when::now();
    let mut table = Table::new(&["ID", "STATUS", "ATTEMPTS", "ENDPOINT", "TYPE", "CREATED", "RESULT"]);
    for delivery in deliveries {
        table.row([
            delivery.id.as_str().into(),
            Cell::styled(delivery.status.as_str(), of_status(delivery.status)),
            tries(delivery).into(),
            (&delivery.endpoint).into(),
            delivery.event_type.as_str().into(),
            when::around(delivery.created_at, now).into(),
            result(delivery, now).into(),
        ]);
    }
    table.lines().iter().try_for_each(|line| out.line(line))?;
    let reasons: BTreeSet<_> = deliveries.iter().filter_map(|delivery| delivery.last_reason).collect();
    if !reasons.is_empty() {
        out.line("")?;
    }
    for reason in reasons {
        out.line(format!("{} {}", styled(format!("{reason}:"), BOLD), styled(hint(reason), DIM)))?;
    }
    Ok(())
}

/// Attempts made, of those that it may take by itself; a redelivery is one more.
fn tries(delivery: &Delivery) -> String {
    let (made, most) = (delivery.attempts, delivery.max_attempts);
    if made > most { made.to_string() } else { format!("{made}/{most}") }
}

/// What a failed attempt's reason means.
pub(super) fn show_hint(out: Out, reason: Option<Reason>) -> io::Result<()> {
    reason.map_or(Ok(()), |reason| out.line(format!("  {}", styled(hint(reason), DIM))))
}

/// How the last attempt ended, and when the next one comes.
pub(super) fn result(delivery: &Delivery, now: Time) -> String {
    let mut parts = Vec::new();
    match (delivery.last_reason, delivery.last_status_code) {
        (Some(reason), Some(status)) => parts.push(format!("{reason} ({status})")),
        (Some(reason), None) => parts.push(reason.to_string()),
        (None, Some(status)) => parts.push(status.to_string()),
        (None, None) => {}
    }
    parts.extend(delivery.last_duration_ms.map(|ms| format!("in {}", milliseconds(ms.0))));
    let result = parts.join(" ");
    match delivery.next_attempt_at.filter(|_| delivery.status == DeliveryStatus::Retrying) {
        Some(next) => format!("{result}, again {}", when::around(next, now)),
        None => result,
    }
}

/// A duration for people: `0.4 ms`, `87 ms`, `2.3 s`.
pub(super) fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// A word and what it stands for, for lists of both.
pub(super) fn pair(word: &str, text: impl AsRef<str>) -> [Cell; 3] {
    ["".into(), Cell::styled(word, DIM), plain::line(text.as_ref()).into()]
}
