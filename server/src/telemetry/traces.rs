//! Traces by OTLP: one for each event, from its acceptance to every attempt, however much later and after how many restarts.
//!
//! A trace's id, and that of its first span, follow from the event's id: so an attempt needs nothing but its event to find
//! its place, and nothing is stored. Spans are sent in batches, as OTLP's JSON over HTTP (OpenTelemetry Protocol 1.x); what
//! the collector does not take is dropped: deliveries never wait for it.

use crate::config::masked_plain_url;
use crate::net::{Client, Limits, Outgoing};
use crate::secret::{Masked, Secret};
use crate::store::{NewEvent, Outcome};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::mpsc;
use wire::{AttemptResult, EventId, Time};

/// Spans that may wait for the collector; more are dropped.
const WAITING: usize = 8192;
/// Spans in one request, and how long they gather.
const AT_ONCE: usize = 512;
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// The collector's time to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of its answer so much is read.
const ANSWER_BYTES: usize = 64 << 10;

/// Where traces go, in the words of the OpenTelemetry specification's environment variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces`.
    pub url: Masked,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, for a collector that asks who sends.
    pub headers: Vec<(String, Secret)>,
    /// `OTEL_SERVICE_NAME`.
    pub service: String,
}

impl TracesConfig {
    /// What the environment says; `None` where it names no collector.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let url = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| {
            given("OTEL_EXPORTER_OTLP_ENDPOINT").map(|url| format!("{}/v1/traces", url.trim_end_matches('/')))
        })?;
        let headers = given("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let headers = headers.split(',').filter_map(|pair| pair.split_once('='));
        let headers =
            headers.map(|(name, value)| (name.trim().to_owned(), Secret::new(value.trim()))).collect();
        let service = given("OTEL_SERVICE_NAME").unwrap_or_else(|| "openclaw-webhooks".to_owned());
        Some(Self { url: masked_plain_url(&url), headers, service })
    }
}

/// Takes spans; cheap to clone. Without a collector it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<mpsc::Sender<Value>>);

impl Traces {
    /// Sends to the collector that `config` names, from a task that ends with the last clone.
    pub fn start(config: Option<&TracesConfig>, instance_id: &str, client: &Client) -> Self {
        let Some(config) = config else { return Self(None) };
        let (spans, waiting) = mpsc::channel(WAITING);
        tracing::info!(url = %config.url, "Sending traces to {}", config.url);
        tokio::spawn(send_all(config.clone(), instance_id.to_owned(), client.clone(), waiting));
        Self(Some(spans))
    }

    /// An event was accepted, and was on disk then.
    pub fn accepted(&self, new: &NewEvent, now: Time) {
        let Some(spans) = &self.0 else { return };
        let event = &new.event;
        let (trace, root) = ids(&event.id);
        let attributes = attributes(&[
            ("event.id", event.id.as_str().into()),
            ("event.type", event.event_type.as_str().into()),
            ("event.deliveries", new.deliveries.len().into()),
        ]);
        // A collector that is slow costs spans, nothing else.
        let _ = spans.try_send(json!({
            "traceId": trace, "spanId": root, "name": format!("accept {}", event.event_type), "kind": 2,
            "startTimeUnixNano": nanos(event.received_at), "endTimeUnixNano": nanos(now), "attributes": attributes,
        }));
    }

    /// An attempt ended.
    pub fn attempted(&self, outcome: &Outcome) {
        let Some(spans) = &self.0 else { return };
        let (attempt, delivery) = (&outcome.attempt, &outcome.delivery);
        let (trace, root) = ids(&delivery.event_id);
        let mut known: Vec<(&str, Value)> = vec![
            ("delivery.id", delivery.id.as_str().into()),
            ("endpoint.name", attempt.endpoint.as_str().into()),
            ("attempt.number", attempt.number.into()),
            ("attempt.trigger", attempt.trigger.as_str().into()),
        ];
        known.extend(attempt.status_code.map(|code| ("http.response.status_code", code.into())));
        known.extend(attempt.reason.map(|reason| ("error.type", reason.as_str().into())));
        known.extend(
            attempt.remote_address.as_deref().map(|address| ("network.peer.address", address.into())),
        );
        let failed = attempt.result == AttemptResult::Failed;
        #[expect(clippy::cast_possible_truncation, reason = "an attempt takes minutes at most")]
        let took = (attempt.timings.total.0 * 1_000_000.0) as i64;
        let _ = spans.try_send(json!({
            "traceId": trace, "spanId": digest(attempt.id.as_str(), 8), "parentSpanId": root,
            "name": format!("deliver to {}", attempt.endpoint), "kind": 3,
            "startTimeUnixNano": nanos(attempt.started_at),
            "endTimeUnixNano": (i128::from(attempt.started_at.0) * 1_000_000 + i128::from(took)).to_string(),
            "attributes": attributes(&known),
            "status": { "code": if failed { 2 } else { 1 } },
        }));
    }
}

/// The ids of an event's trace and of its first span.
fn ids(event: &EventId) -> (String, String) {
    (digest(event.as_str(), 16), digest(&format!("accept {event}"), 8))
}

fn digest(text: &str, bytes: usize) -> String {
    crate::outbound::sign::hex(&Sha256::digest(text.as_bytes())[..bytes])
}

fn nanos(time: Time) -> String {
    (i128::from(time.0) * 1_000_000).to_string()
}

fn attributes(known: &[(&str, Value)]) -> Value {
    let one = |(key, value): &(&str, Value)| {
        let value = match value {
            Value::String(text) => json!({ "stringValue": text }),
            number => json!({ "intValue": number.to_string() }),
        };
        json!({ "key": key, "value": value })
    };
    known.iter().map(one).collect()
}

async fn send_all(
    config: TracesConfig,
    instance_id: String,
    client: Client,
    mut waiting: mpsc::Receiver<Value>,
) {
    let resource = attributes(&[
        ("service.name", config.service.as_str().into()),
        ("service.version", env!("CARGO_PKG_VERSION").into()),
        ("service.instance.id", instance_id.as_str().into()),
    ]);
    let mut failing = false;
    let mut spans = Vec::with_capacity(AT_ONCE);
    while waiting.recv_many(&mut spans, AT_ONCE).await > 0 {
        if spans.len() < AT_ONCE {
            tokio::time::sleep(GATHERED_FOR).await;
            while spans.len() < AT_ONCE
                && let Ok(span) = waiting.try_recv()
            {
                spans.push(span);
            }
        }
        let body = json!({ "resourceSpans": [{ "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": { "name": "openclaw-webhooks" }, "spans": spans }] }] });
        let sent = send(&client, &config, body.to_string()).await;
        if let Err(error) = &sent {
            // Once, not once a second.
            if !failing {
                tracing::warn!(%error, spans = spans.len(), "The collector of traces takes none; they are dropped: {error}");
            }
        }
        failing = sent.is_err();
        spans.clear();
    }
}

async fn send(client: &Client, config: &TracesConfig, body: String) -> Result<(), String> {
    let uri = Uri::try_from(config.url.value()).map_err(|error| error.to_string())?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &config.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let limits = Limits { headers: PATIENCE, body: PATIENCE, body_bytes: ANSWER_BYTES };
    let outgoing = Outgoing { method: Method::POST, uri, headers, body: body.into() };
    match client.send(outgoing, limits).await.result {
        Ok(answer) if answer.status < 300 => Ok(()),
        Ok(answer) => Err(format!("it answers HTTP {}", answer.status)),
        Err(failure) => Err(failure.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_collector() {
        let of = |given: &[(&str, &str)]| {
            TracesConfig::of(&|name| {
                given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), None);
        let config = of(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=b, c=d=e"),
        ]);
        let config = config.unwrap();
        assert_eq!(
            (config.url.value(), config.service.as_str()),
            ("http://c:4318/v1/traces", "openclaw-webhooks")
        );
        let headers: Vec<(&str, &str)> =
            config.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(headers, [("a", "b"), ("c", "d=e")]);
        let whole =
            of(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/x"), ("OTEL_SERVICE_NAME", "hooks")])
                .unwrap();
        assert_eq!((whole.url.value(), whole.service.as_str()), ("http://c/x", "hooks"));
    }

    #[test]
    fn what_the_collector_asks_for_is_not_shown() {
        let config = TracesConfig::of(&|name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("https://user:s3cret@c.example".to_owned()),
            "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-team=s3cret".to_owned()),
            _ => None,
        });
        let config = config.unwrap();
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        assert_eq!(config.url.to_string(), "https://user:••••@c.example/v1/traces");
        assert_eq!(config.url.value(), "https://user:s3cret@c.example/v1/traces");
    }

    #[test]
    fn a_trace_is_known_by_its_events_id() {
        let (trace, root) = ids(&"evt_1".parse().unwrap());
        assert_eq!((trace.len(), root.len()), (32, 16));
        assert_eq!(ids(&"evt_1".parse().unwrap()), (trace.clone(), root));
        assert_ne!(ids(&"evt_2".parse().unwrap()).0, trace);
    }
}
