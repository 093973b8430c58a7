//! A request as it arrives: verified, passed on, printed and answered.

use super::forward::Forward;
use super::show::{Arrived, Forwarded, Printer};
use crate::cli::end::Failure;
use crate::cli::verify::{Signed, WINDOW_SECONDS, fits};
use crate::cli::when;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;
use wire::{Ms, Time, Verification};

/// As much as the gateway ever sends.
const MOST_BYTES: usize = 16 << 20;
/// What a sender goes by, of the answer of where it is forwarded to.
const KEPT: [HeaderName; 2] = [header::CONTENT_TYPE, header::RETRY_AFTER];

/// What receives.
pub(super) struct Receiver {
    pub(super) secret: Option<String>,
    pub(super) forward: Option<Forward>,
    pub(super) printer: Printer,
    /// Told when nobody reads what is printed.
    pub(super) unread: watch::Sender<bool>,
}

pub(super) fn router(receiver: Receiver) -> Router {
    Router::new().fallback(receive).layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(Arc::new(receiver))
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // A health check asks whether somebody is there.
    if method == Method::HEAD || method == Method::OPTIONS || (method == Method::GET && body.is_empty()) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let at = when::now();
    let verified = verify(receiver.secret.as_deref(), &headers, &body, at);
    let (response, forwarded) = match &verified {
        Err(cause) => (refusal(cause), None),
        Ok(_) => answer(&receiver, method.clone(), &headers, body.clone()).await,
    };
    let (verification, cause) = match verified {
        Ok(verification) => (verification, None),
        Err(cause) => (Verification::Failed, Some(cause)),
    };
    let arrived = Arrived {
        at,
        method: &method,
        path: &uri,
        headers: &headers,
        body: &body,
        verification,
        cause,
        forwarded,
        answered: response.status().as_u16(),
    };
    if receiver.printer.print(&arrived).is_err() {
        let _ = receiver.unread.send(true);
    }
    response
}

/// Whether the request is what the secret signed, and no repeat; the error says why not.
fn verify(secret: Option<&str>, headers: &HeaderMap, body: &[u8], now: Time) -> Result<Verification, String> {
    let Some(secret) = secret else { return Ok(Verification::None) };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let openclaw = text("x-openclaw-signature").zip(Some("x-openclaw-timestamp"));
    let Some((signature, timestamp)) =
        openclaw.or_else(|| text("webhook-signature").zip(Some("webhook-timestamp")))
    else {
        return Err(
            "it is not signed: there is neither X-OpenClaw-Signature nor webhook-signature".to_owned()
        );
    };
    let Some(timestamp) = text(timestamp).and_then(|seconds| seconds.parse::<i64>().ok()) else {
        return Err(format!("the header {timestamp} with the time in seconds is missing"));
    };
    let id = text("webhook-id");
    match fits(secret, &Signed { id, timestamp, signature, body }) {
        Ok(true) if (now.unix_seconds() - timestamp).abs() > WINDOW_SECONDS => {
            Err("it was signed more than 5 minutes from now".to_owned())
        }
        Ok(true) => Ok(Verification::Passed),
        Ok(false) => Err("the signature is not that of this secret and body".to_owned()),
        Err(Failure::Use(text) | Failure::Problem(text)) => Err(text),
        Err(Failure::Unreachable(_) | Failure::Unread) => Err("it can't be verified".to_owned()),
    }
}

fn refusal(cause: &str) -> Response {
    (StatusCode::UNAUTHORIZED, format!("{cause}\n")).into_response()
}

/// The answer to a request that may pass: that of where it is forwarded to, or our own.
async fn answer(
    receiver: &Receiver,
    method: Method,
    headers: &HeaderMap,
    body: Bytes,
) -> (Response, Option<Forwarded>) {
    let Some(forward) = &receiver.forward else { return (StatusCode::OK.into_response(), None) };
    let started = Instant::now();
    match forward.pass_on(method, headers, body).await {
        Ok(answer) => {
            let took = Ms(started.elapsed().as_secs_f64() * 1000.0);
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = (status, answer.body).into_response();
            for name in KEPT {
                response.headers_mut().remove(&name);
                response.headers_mut().extend(answer.headers.get(&name).cloned().map(|value| (name, value)));
            }
            (
                response,
                Some(Forwarded { status_code: Some(answer.status), duration_ms: Some(took), error: None }),
            )
        }
        Err(error) => {
            let text = format!("not forwarded: {error}\n");
            let forwarded = Forwarded { status_code: None, duration_ms: None, error: Some(error) };
            ((StatusCode::BAD_GATEWAY, text).into_response(), Some(forwarded))
        }
    }
}
