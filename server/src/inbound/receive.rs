//! Receiving: a request to an inbound endpoint is judged, stored, and answered once that is on disk; of those that are
//! refused so many are stored as [`refused`] has it.
//!
//! The order is origin (where nothing is verified), size, rate, verification, repetition. A sender whose request fails verification is told so in one text
//! for every cause; the cause stands on the hit.

use super::refused::{self, KEPT_OF_BODY, Place};
use super::{accept, body, verify};
use crate::bodies::Room;
use crate::config::{Config, InboundEndpoint, Scheme, masked_query};
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::store::NewHit;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::{Value, json};
use std::time::Duration;
use wire::{Headers, Hit, MASK, Outcome, Time, Verification};

/// Of a name that is not ours, or of a method or address, so much is kept.
const KEPT_OF_NAME: usize = 64;
/// So much memory the bodies of all hits together may take while they come and are judged, in KiB.
const BODIES_KIB: usize = 64 << 10;
static ROOM: Room = Room::new(BODIES_KIB);
/// A body must be here by then.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Who sends a request, as far as that shows before it is verified.
pub struct Sender {
    /// The other end's address.
    pub address: String,
    /// Whether it may start something where nothing is verified, or why not: any page in a browser can post here.
    pub unsigned: Result<(), Problem>,
}

/// Takes a request to the inbound endpoint `name`.
pub async fn receive(gateway: &Gateway, name: &str, sender: Sender, parts: Parts, body: Body) -> Response {
    let config = gateway.config();
    let endpoint = config.inbound.endpoints.iter().find(|endpoint| *endpoint.name == *name);
    let most = endpoint.map_or(KEPT_OF_BODY, |_| config.retention.max_payload_bytes);
    // The room is given back once the hit is answered. Whoever hangs up, or takes for ever, has not sent a hit.
    let body = match ROOM.read(body, most, BODY_TIME).await {
        Ok(body) => body,
        Err(unread) => return Problem::from(unread).into_response(),
    };
    let (bytes, whole) = (&body.bytes, body.whole);
    let now = gateway.clock.now();
    let mut hit = Hit {
        id: gateway.clock.new_id(),
        inbound: name.chars().take(KEPT_OF_NAME).collect(),
        received_at: now,
        remote_address: sender.address,
        method: parts.method.as_str().chars().take(KEPT_OF_NAME).collect(),
        query: parts.uri.query().filter(|query| !query.is_empty()).map(masked_query),
        headers: masked_headers(&parts.headers),
        body: String::from_utf8_lossy(bytes).into_owned(),
        body_truncated: !whole,
        headers_truncated: false,
        verification: Verification::None,
        outcome: Outcome::Accepted,
        cause: None,
        status_code: 202,
        duplicate_of: None,
        replay_of: None,
        prompt: None,
        missing: Vec::new(),
        run: None,
    };
    let judged = match sender.unsigned {
        Err(problem) if endpoint.is_some_and(|endpoint| endpoint.verify.scheme == Scheme::None) => {
            Err(Refusal::of_stranger(problem))
        }
        Ok(()) | Err(_) => judge(gateway, endpoint, &parts, bytes, whole, now),
    };
    match judged {
        Ok((endpoint, verification, body)) => {
            hit.verification = verification;
            take(gateway, &config, endpoint, hit, &parts.headers, body).await
        }
        Err(refusal) => refuse(gateway, endpoint.map_or("", |endpoint| &*endpoint.name), hit, *refusal).await,
    }
}

/// Why a hit is not taken: what the sender is told, and what stands on the hit.
struct Refusal {
    problem: Problem,
    status: u16,
    cause: String,
    verification: Verification,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, detail: &str) -> Box<Self> {
        Self::with(Problem::new(status, code, detail), status, detail.to_owned(), Verification::None)
    }

    fn of_stranger(problem: Problem) -> Box<Self> {
        let cause = problem.clone().into_wire().detail;
        Self::with(problem, StatusCode::FORBIDDEN, cause, Verification::None)
    }

    fn with(problem: Problem, status: StatusCode, cause: String, verification: Verification) -> Box<Self> {
        Box::new(Self { problem, status: status.as_u16(), cause, verification })
    }
}

type Judged<'a> = (&'a InboundEndpoint, Verification, Value);

fn judge<'a>(
    gateway: &Gateway,
    endpoint: Option<&'a InboundEndpoint>,
    parts: &Parts,
    bytes: &[u8],
    whole: bool,
    now: Time,
) -> Result<Judged<'a>, Box<Refusal>> {
    let Some(endpoint) = endpoint else {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no inbound endpoint of this name",
        ));
    };
    if parts.method != Method::POST {
        let detail = "hits are posted: use the method POST";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail));
    }
    if let Some(fault) = &endpoint.fault {
        // What is missing is nobody's business but that of who runs the gateway.
        let problem = Problem::unavailable("misconfigured", "this inbound endpoint is not set up yet", 60);
        return Err(Refusal::with(
            problem,
            StatusCode::SERVICE_UNAVAILABLE,
            fault.clone(),
            Verification::None,
        ));
    }
    if !whole {
        let most = gateway.config().retention.max_payload_bytes;
        let detail = format!("the body is larger than {most} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", &detail));
    }
    if let Err(again) = gateway.desk.admit(&endpoint.name, endpoint.rate_limit, now) {
        let seconds = u32::try_from(again.ms_since(now).max(0) / 1000 + 1).unwrap_or(1);
        let detail = "more hits came than this inbound endpoint takes; come back later";
        let problem = Problem::busy("too_many_hits", detail, seconds);
        return Err(Refusal::with(
            problem,
            StatusCode::TOO_MANY_REQUESTS,
            detail.to_owned(),
            Verification::None,
        ));
    }
    let verified = verify::verify(&endpoint.verify, &parts.headers, bytes, now);
    let verification = verified.map_err(|cause| {
        let status = StatusCode::UNAUTHORIZED;
        let problem = Problem::new(status, "not_verified", "the request could not be verified");
        Refusal::with(problem, status, cause, Verification::Failed)
    })?;
    let body = body::read(&parts.headers, bytes).map_err(|cause| {
        let status = StatusCode::BAD_REQUEST;
        Refusal::with(Problem::new(status, "invalid_body", &*cause), status, cause, verification)
    })?;
    Ok((endpoint, verification, body))
}

/// `inbound` is empty where the name is not ours.
async fn refuse(gateway: &Gateway, inbound: &str, hit: Hit, refusal: Refusal) -> Response {
    let Refusal { problem, status, cause, verification } = refusal;
    match gateway.desk.refused.place(inbound, hit.received_at) {
        Place::Kept => {
            let hit = Hit {
                verification,
                outcome: Outcome::Refused,
                cause: Some(cause),
                status_code: status,
                ..refused::cut(hit)
            };
            tracing::info!(hit.id = %hit.id, inbound.name = %hit.inbound, hit.status = status, "Refused {}: {}", hit.id, hit.cause.as_deref().unwrap_or_default());
            if let Err(error) = gateway.committer.hit(NewHit { hit, repeat_key: None, run: None }).await {
                return Problem::from(error).into_response();
            }
        }
        Place::LeftOut { first } => {
            gateway.telemetry.hit_left_out(inbound);
            if first {
                tokio::spawn(refused::tell(gateway.clone(), inbound.to_owned()));
            }
        }
    }
    let mut response = problem.into_response();
    if status == 405 {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

async fn take(
    gateway: &Gateway,
    config: &Config,
    endpoint: &InboundEndpoint,
    mut hit: Hit,
    headers: &HeaderMap,
    body: Value,
) -> Response {
    let scheme = endpoint.verify.scheme;
    let challenge =
        body["challenge"].as_str().filter(|_| scheme == Scheme::Slack && body["type"] == "url_verification");
    if let Some(challenge) = challenge.map(str::to_owned) {
        hit.status_code = 200;
        hit.cause =
            Some("Slack asked whether this is the right address, and got its challenge back".to_owned());
        return match gateway.committer.hit(NewHit { hit, repeat_key: None, run: None }).await {
            Ok(_) => Json(json!({ "challenge": challenge })).into_response(),
            Err(error) => Problem::from(error).into_response(),
        };
    }
    let repeat_key = verify::repeat_key(scheme, headers, &body);
    match accept::store(gateway, config, endpoint, hit, body, repeat_key).await {
        Ok((id, None)) => {
            (StatusCode::ACCEPTED, Json(json!({ "id": id, "status": "accepted" }))).into_response()
        }
        Ok((_, Some(first))) => {
            Json(json!({ "id": first, "status": "accepted", "duplicate": true })).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// The headers in their order, names in lower case, with the values of those masked that carry secrets.
fn masked_headers(headers: &HeaderMap) -> Headers {
    headers
        .iter()
        .map(|(name, value)| {
            let shown = if crate::config::is_sensitive(name.as_str()) {
                MASK.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned().into(), shown)
        })
        .collect()
}
