//! What is done with one endpoint: asking it, sending it a sample, pausing and resuming it.

use super::one::of_check;
use crate::cli::client::{Asking, Client};
use crate::cli::end::{Failure, Verdict};
use crate::cli::filter::of_words;
use crate::cli::out::{BAD, GOOD, Out, note, of_state, styled};
use crate::cli::plain;
use crate::cli::redeliver;
use clap::Args;
use serde_json::json;
use serde_json::value::RawValue;
use wire::{Check, Delivery, Endpoint, EventType};

/// Which endpoint.
#[derive(Debug, Args)]
pub(in crate::cli) struct Named {
    /// The endpoint's name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    asking: Asking,
}

/// Which endpoint, and what it is sent.
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    #[command(flatten)]
    named: Named,
    /// The sample's event type; else the first that the endpoint wants
    #[arg(long = "type", value_name = "TYPE", value_parser = of_words(EventType::ALL, EventType::as_str))]
    event_type: Option<EventType>,
}

/// Asks the endpoint whether it answers; no event is sent.
pub(in crate::cli) async fn check(named: Named) -> Result<Verdict, Failure> {
    let client = Client::new(&named.asking)?;
    let out = Out::new(named.asking.json);
    let object: Box<RawValue> = client.post(&["endpoints", &named.name, "check"], "").await?;
    let check: Check = read(&object)?;
    if out.is_json() {
        out.raw(&object)?;
    } else {
        let style = if check.reachable { GOOD } else { BAD };
        out.line(format!("{}: {}", plain::line(&check.endpoint), styled(of_check(&check), style)))?;
        if let Some(hint) = &check.hint {
            out.line(format!("  {}", plain::line(hint)))?;
        }
    }
    Ok(Verdict::of(check.reachable))
}

/// Sends the endpoint a signed sample event, and waits for what becomes of it.
pub(in crate::cli) async fn test(test: Test) -> Result<Verdict, Failure> {
    let Test { named, event_type } = test;
    let client = Client::new(&named.asking)?;
    let out = Out::new(named.asking.json);
    let body = event_type.map_or_else(|| json!({}), |event_type| json!({ "type": event_type }));
    let delivery: Delivery = client.post(&["endpoints", &named.name, "test"], body.to_string()).await?;
    redeliver::wait(&client, out, &delivery.id).await.map(Verdict::of)
}

/// Holds the endpoint's deliveries.
pub(in crate::cli) async fn pause(named: Named) -> Result<Verdict, Failure> {
    set(named, "pause").await
}

/// Sends what was held.
pub(in crate::cli) async fn resume(named: Named) -> Result<Verdict, Failure> {
    set(named, "resume").await
}

async fn set(named: Named, action: &str) -> Result<Verdict, Failure> {
    let client = Client::new(&named.asking)?;
    let out = Out::new(named.asking.json);
    let object: Box<RawValue> = client.post(&["endpoints", &named.name, action], "").await?;
    if out.is_json() {
        out.raw(&object)?;
        return Ok(Verdict::Done);
    }
    let endpoint: Endpoint = read(&object)?;
    let state = styled(endpoint.state.as_str(), of_state(endpoint.state));
    out.line(format!("{}: {state}", plain::line(&endpoint.name)))?;
    if let Some(reason) = &endpoint.state_reason {
        note(format!("  {}", plain::line(reason)));
    }
    Ok(Verdict::Done)
}

fn read<T: serde::de::DeserializeOwned>(object: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(object.get())
        .map_err(|error| Failure::Problem(format!("the gateway's answer is unknown here: {error}")))
}
