//! One attempt: build the request, send it, and name what came of it.

use crate::clock::Clock;
use crate::config::EndpointConfig;
use crate::echo::Echoes;
use crate::gateway::new_delivery;
use crate::net::reason::{hint, of_status};
use crate::net::{Answer, Clients, Exchange, Failure, Limits, Outgoing};
use crate::outbound::{retry, sign, transform};
use crate::secret::{Masked, Secret};
use crate::store::{DueDelivery, Outcome, StoredEvent};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use wire::{
    Attempt, AttemptId, AttemptResult, DeliveryStatus, MASK, Reason, SeenResponse, SentRequest, Time,
    Timings, Trigger,
};

/// What requests of ours call themselves.
pub const USER_AGENT: &str = concat!("openclaw-webhooks/", env!("CARGO_PKG_VERSION"));
/// Of an answer's body at most this much is read and kept.
const BODY_KEPT: usize = 64 << 10;
/// Reading it may take this long.
const BODY_TIME: Duration = Duration::from_secs(5);

/// What every attempt needs.
#[derive(Clone, Debug)]
pub struct Deliverer {
    /// Make the requests.
    pub clients: Clients,
    /// Time, chance and ids.
    pub clock: Clock,
    /// This gateway's name.
    pub node_id: Arc<str>,
}

impl Deliverer {
    /// Makes one attempt for `due` and says how its delivery stands then. Never fails: what goes wrong is the
    /// outcome.
    pub async fn attempt(&self, config: &EndpointConfig, due: &DueDelivery) -> Outcome {
        let id: AttemptId = self.clock.new_id();
        let started_at = self.clock.now();
        let number = due.delivery.attempts + 1;
        let body = transform::body(config, &due.event.body);
        let same_body = config.transform.is_none() && config.redact.is_empty();
        let mut request = SentRequest::default();
        let prepared = prepare(config, due, number, started_at, body, &mut request)
            .and_then(|outgoing| Ok((outgoing, self.clients.get(config.tls.as_ref())?)));
        let exchange = match prepared {
            Ok((outgoing, client)) => {
                let limits = Limits {
                    headers: Duration::from_millis(config.timeout_ms),
                    body: BODY_TIME,
                    body_bytes: BODY_KEPT,
                };
                client.send(outgoing, limits).await
            }
            Err(failure) => {
                Exchange { timings: Timings::default(), remote_address: None, result: Err(failure) }
            }
        };
        let now = self.clock.now();
        let retry_after = match &exchange.result {
            Ok(answer) => answer
                .headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
                .and_then(|(_, value)| retry::retry_after(value, now)),
            Err(_) => None,
        };
        let mut attempt = record(id, due, number, started_at, request, exchange, &self.node_id);
        mask_echoes(config, &mut attempt);
        let delivery = self.after(config, due, &attempt, retry_after, now);
        Outcome {
            delivery,
            next_trigger: Trigger::Schedule,
            attempt: Arc::new(attempt),
            same_body,
            from: due.delivery.status,
        }
    }

    /// The delivery as it stands after `attempt`.
    fn after(
        &self,
        config: &EndpointConfig,
        due: &DueDelivery,
        attempt: &Attempt,
        retry_after: Option<i64>,
        now: Time,
    ) -> wire::Delivery {
        let next = match (attempt.reason, attempt.trigger) {
            // A redelivery or a test is one attempt, and its result is the delivery's.
            (None, _) | (Some(_), Trigger::Manual | Trigger::Test) => None,
            (Some(reason), Trigger::Schedule) => retry::next_attempt(
                config.retry,
                attempt.number,
                reason,
                retry_after,
                self.clock.chance(),
                now,
            ),
        };
        let status = match (attempt.result, next) {
            (AttemptResult::Delivered, _) => DeliveryStatus::Delivered,
            (AttemptResult::Failed, Some(_)) => DeliveryStatus::Retrying,
            (AttemptResult::Failed, None) => DeliveryStatus::Failed,
        };
        wire::Delivery {
            status,
            attempts: attempt.number,
            next_attempt_at: next,
            finished_at: (!status.is_open()).then_some(now),
            last_reason: attempt.reason,
            last_status_code: attempt.status_code,
            last_duration_ms: Some(attempt.timings.total),
            ..due.delivery.clone()
        }
    }
}

/// The request that `endpoint` would get for `event` as its first attempt now, secrets masked; or why there is none.
pub fn preview(config: &EndpointConfig, event: &Arc<StoredEvent>, now: Time) -> Result<SentRequest, Failure> {
    let delivery = wire::Delivery { id: wire::DeliveryId::made("preview"), ..new_delivery(config, event) };
    let due = DueDelivery { delivery, trigger: Trigger::Test, event: Arc::clone(event) };
    let mut shown = SentRequest::default();
    prepare(config, &due, 1, now, transform::body(config, &event.body), &mut shown)?;
    Ok(shown)
}

/// Builds the request, or says why there is none; `shown` becomes what is kept of it, secrets masked.
fn prepare(
    config: &EndpointConfig,
    due: &DueDelivery,
    number: u32,
    now: Time,
    body: Result<Bytes, String>,
    shown: &mut SentRequest,
) -> Result<Outgoing, Failure> {
    "POST".clone_into(&mut shown.method);
    config.url.shown().clone_into(&mut shown.url);
    if let Some(fault) = &config.fault {
        return Err(Failure { reason: Reason::Misconfigured, detail: fault.clone() });
    }
    let body = match body {
        Ok(body) => body,
        Err(detail) => return Err(Failure { reason: Reason::TransformError, detail }),
    };
    let misconfigured = |detail: String| Failure { reason: Reason::Misconfigured, detail };
    let mut headers = HeaderMap::with_capacity(16 + config.headers.len());
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let mut unsendable = None;
    shown.headers.reserve(12 + config.headers.len());
    // `seen` is what is kept of `value`, if that is not all of it.
    let mut add = |name: Cow<'static, str>, value: String, seen: Option<String>| {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            (Ok(name), Ok(value)) => drop(headers.append(name, value)),
            _ => unsendable = Some(name.to_string()),
        }
        shown.headers.push((name, seen.unwrap_or(value)));
    };
    let mut plain = |name: &'static str, value: String| add(Cow::Borrowed(name), value, None);
    plain("Content-Type", "application/json".to_owned());
    plain("User-Agent", USER_AGENT.to_owned());
    if let Some(secret) = &config.secret {
        let previous: Vec<&str> = config
            .previous_secrets
            .iter()
            .filter(|previous| previous.until > now)
            .map(|previous| previous.secret.expose())
            .collect();
        let keys = sign::Keys { secret: secret.expose(), previous: &previous, signing: config.signing };
        for (name, value) in sign::headers(keys, due.event.id.as_str(), now, &body) {
            plain(name, value);
        }
    }
    plain("X-OpenClaw-Timestamp", now.unix_seconds().to_string());
    plain("X-OpenClaw-Event", due.event.event_type.to_string());
    plain("X-OpenClaw-Event-Id", due.event.id.to_string());
    plain("X-OpenClaw-Delivery", due.delivery.id.to_string());
    plain("X-OpenClaw-Attempt", number.to_string());

    for (name, value) in &config.headers {
        add(Cow::Owned(name.clone()), value.value().to_owned(), Some(value.shown().to_owned()));
    }
    if let Some(name) = unsendable {
        return Err(misconfigured(format!("the header {name} can't be sent")));
    }
    let uri = match Uri::try_from(config.url.value()) {
        Ok(uri) => uri,
        Err(error) => return Err(misconfigured(format!("the url can't be called: {error}"))),
    };
    shown.body = String::from_utf8_lossy(&body).into_owned();
    for hidden in &config.transform_hidden {
        shown.body = shown.body.replace(hidden.expose(), MASK);
    }
    Ok(Outgoing { method: Method::POST, uri, headers, body })
}

/// Puts an attempt together from what was sent and what came of it.
fn record(
    id: AttemptId,
    due: &DueDelivery,
    number: u32,
    started_at: Time,
    request: SentRequest,
    exchange: Exchange,
    node_id: &str,
) -> Attempt {
    let (reason, detail, response) = match exchange.result {
        Ok(answer) => {
            let reason = of_status(answer.status);
            let detail = reason.map(|_| format!("the receiver answered {}", status_words(answer.status)));
            (reason, detail, Some(seen(answer)))
        }
        Err(failure) => (Some(failure.reason), Some(failure.detail), None),
    };
    Attempt {
        id,
        delivery_id: due.delivery.id.clone(),
        endpoint: due.delivery.endpoint.clone(),
        number,
        trigger: due.trigger,
        started_at,
        result: if reason.is_none() { AttemptResult::Delivered } else { AttemptResult::Failed },
        reason,
        hint: reason.map(|reason| hint(reason).to_owned()),
        detail,
        status_code: response.as_ref().map(|response| response.status_code),
        timings: exchange.timings,
        remote_address: exchange.remote_address.map(|address| address.to_string()),
        request,
        response,
        node_id: node_id.to_owned(),
    }
}

/// A receiver may send back what it got: secrets are masked in what is kept of its answer too.
fn mask_echoes(config: &EndpointConfig, attempt: &mut Attempt) {
    let Some(response) = &mut attempt.response else { return };
    let secrets = config.secret.iter().chain(config.previous_secrets.iter().map(|previous| &previous.secret));
    let carried = config.headers.iter().map(|(_, value)| value).chain([&config.url]);
    let hidden = secrets.chain(&config.transform_hidden).map(Secret::expose);
    let echoes = Echoes::of(hidden.chain(carried.flat_map(Masked::hidden_parts)));
    echoes.mask(&mut response.body);
    if response.truncated {
        echoes.mask_end(&mut response.body);
    }
    response.headers.iter_mut().for_each(|(_, value)| echoes.mask(value));
}

fn status_words(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// An answer as it is kept: text without NUL (which a PostgreSQL text can't hold), credentials masked.
fn seen(answer: Answer) -> SeenResponse {
    let headers = answer
        .headers
        .into_iter()
        .map(|(name, value)| {
            let secret = ["set-cookie", "authorization", "www-authenticate"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret));
            (Cow::Owned(name), if secret { MASK.to_owned() } else { value })
        })
        .collect();
    SeenResponse {
        status_code: answer.status,
        headers,
        body: String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}"),
        truncated: answer.truncated,
    }
}
