//! The endpoint that `listen` makes at the gateway for as long as it runs.

use crate::cli::client::Client;
use crate::cli::end::Failure;
use crate::cli::out::note;
use crate::cli::plain;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;
use wire::{Check, EventType};

/// Bytes of a secret that is made here: 192 bits.
const SECRET_BYTES: usize = 24;

/// A secret for one run.
pub(super) fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>()))
}

/// An endpoint of ours.
pub(super) struct Registered {
    client: Client,
    name: String,
}

impl Registered {
    /// Makes it. The name must be free.
    pub(super) async fn make(
        client: Client,
        name: &str,
        url: &Url,
        secret: Option<&str>,
        events: &[EventType],
    ) -> Result<Self, Failure> {
        let events = if events.is_empty() { json!(["*"]) } else { json!(events) };
        let mut endpoint = json!({ "name": name, "url": url.as_str(), "events": events });
        if let Some(secret) = secret {
            endpoint["secret"] = secret.into();
        }
        let _: Value = client.post(&["endpoints"], endpoint.to_string()).await?;
        let name = name.to_owned();
        note(format!(
            "Registered the endpoint {name} at {} until this ends: events go to {url}",
            client.base()
        ));
        Ok(Self { client, name })
    }

    /// Has the gateway ask us, and says whether it reaches us.
    pub(super) async fn look(&self) {
        let check: Result<Check, _> = self.client.post(&["endpoints", &self.name, "check"], "").await;
        let words = match check {
            Ok(check) if check.reachable => "Connected: the gateway reaches this receiver.".to_owned(),
            Ok(check) => format!(
                "NOT connected: the gateway does not reach this receiver ({}). {}",
                check.reason.map_or_else(|| "no good answer".to_owned(), |reason| reason.to_string()),
                plain::line(&check.hint.unwrap_or_default())
            ),
            Err(Failure::Problem(text) | Failure::Use(text) | Failure::Unreachable(text)) => {
                format!("Whether the gateway reaches this receiver is not known: {text}")
            }
            Err(Failure::Unread) => return,
        };
        note(words);
    }

    /// Removes it; what waits for it is cancelled.
    pub(super) async fn remove(self) -> Result<(), Failure> {
        let url = self.client.url(&["endpoints", &self.name], &[]);
        let remedy =
            format!("The endpoint {} may still be there; remove it with: curl -X DELETE {url}", self.name);
        let add = |text: String| format!("{text}\n  {remedy}");
        match self.client.delete(&["endpoints", &self.name]).await {
            Ok(()) => {
                note(format!("Removed the endpoint {}.", self.name));
                Ok(())
            }
            Err(Failure::Problem(text)) => Err(Failure::Problem(add(text))),
            Err(Failure::Unreachable(text)) => Err(Failure::Unreachable(add(text))),
            Err(failure @ (Failure::Use(_) | Failure::Unread)) => Err(failure),
        }
    }
}
