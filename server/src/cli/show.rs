//! `show`: one delivery, event or hit, with all that is known of it.

mod delivery;
mod event;
mod hit;

use super::client::{Asking, Client};
use super::end::{Failure, Verdict};
use super::out::{DIM, Out, styled};
use super::plain;
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::io;
use wire::Headers;

pub(super) const EXAMPLES: &str = "\
Examples:
  openclaw-webhooks show dlv_01938c5f7a2b7c3d8e4f5a6b7c8d9e0f
  openclaw-webhooks show evt_abc123def456 --json";

/// What is shown.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The id of a delivery (`dlv_…`), an event (`evt_…`, or its sender's own) or a hit (`hit_…`)
    #[arg(value_name = "ID")]
    id: String,
    /// Every attempt whole, not only the last
    #[arg(long)]
    attempts: bool,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(show: Show) -> Result<Verdict, Failure> {
    let client = Client::new(&show.asking)?;
    let out = Out::new(show.asking.json);
    let id = show.id.as_str();
    match kind(id) {
        Some("dlv") => {
            let Some(detail) = read(&client, out, "deliveries", id).await? else { return Ok(Verdict::Done) };
            delivery::print(out, &detail, show.attempts)?;
        }
        Some("hit") => {
            let Some(hit) = read(&client, out, "hits", id).await? else { return Ok(Verdict::Done) };
            hit::print(out, &hit)?;
        }
        Some("att") => return Err(inside("an attempt", "its delivery", "dlv_…")),
        Some("run") => return Err(inside("a run", "its hit", "hit_…")),
        Some("chk") => {
            let remedy = "the last check of an endpoint is shown by `openclaw-webhooks endpoints NAME`";
            return Err(Failure::Use(format!("a check isn't kept by its id; {remedy}")));
        }
        Some(_) | None => {
            let read =
                read(&client, out, "events", id).await.map_err(|failure| say_how_ids_look(failure, id));
            let Some(event) = read? else { return Ok(Verdict::Done) };
            event::print(&client, out, &event).await?;
        }
    }
    Ok(Verdict::Done)
}

/// No event of this id; was it meant for one? An event's id may be any its sender likes, the others' are the gateway's.
fn say_how_ids_look(failure: Failure, id: &str) -> Failure {
    match failure {
        Failure::Problem(text) if text.starts_with("Not Found") && !id.starts_with("evt_") => {
            Failure::Problem(format!(
                "{text}\n  A delivery's id is dlv_ and 32 hexadecimal digits, a hit's hit_ and 32; `openclaw-webhooks list` and `hits` show them."
            ))
        }
        failure => failure,
    }
}

/// The prefix of an id that a gateway made: 32 hexadecimal digits follow it. An event's id may be any its sender likes.
fn kind(id: &str) -> Option<&str> {
    let (prefix, unique) = id.split_once('_')?;
    (unique.len() == 32 && unique.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(prefix)
}

/// Reads the thing; for programs it is written at once, and nothing is left to show.
async fn read<T: DeserializeOwned>(
    client: &Client,
    out: Out,
    list: &str,
    id: &str,
) -> Result<Option<T>, Failure> {
    if out.is_json() {
        let object: Box<RawValue> = client.get(&[list, id], &[]).await?;
        out.raw(&object)?;
        return Ok(None);
    }
    client.get(&[list, id], &[]).await.map(Some)
}

fn inside(what: &str, of: &str, id: &str) -> Failure {
    Failure::Use(format!(
        "{what} is shown with {of}: give the id {id}, which `openclaw-webhooks list` and `hits` show"
    ))
}

/// Header lines, indented.
fn print_headers(out: Out, headers: &Headers) -> io::Result<()> {
    headers.iter().try_for_each(|(name, value)| {
        out.line(format!("    {} {}", styled(format!("{}:", plain::line(name)), DIM), plain::line(value)))
    })
}

/// A body, indented: JSON with line breaks, anything else as it is.
pub(super) fn print_body(out: Out, body: &str) -> io::Result<()> {
    let parsed: Option<Value> =
        serde_json::from_str(body).ok().filter(|value: &Value| value.is_object() || value.is_array());
    let pretty = parsed.and_then(|value| serde_json::to_string_pretty(&value).ok());
    plain::lines(pretty.as_deref().unwrap_or(body))
        .lines()
        .try_for_each(|line| out.line(format!("    {line}")))
}
