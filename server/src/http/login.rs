//! Logging in: a token is exchanged for a cookie that lasts twelve hours.
//!
//! The cookie says the role and when it ends, under an HMAC keyed by the token: nothing is stored here, and a
//! changed token ends every session of it.

use super::access::{self, Role};
use super::audit::{self, Noted};
use super::guesses::Guesses;
use super::peer;
use super::query;
use crate::bodies::Room;
use crate::gateway::Gateway;
use crate::outbound::sign::hex;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use sha2::Sha256;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

pub(super) const COOKIE: &str = "openclaw_webhooks";
const LASTS_SECONDS: i64 = 12 * 3600;
/// Of a body: anybody may post one.
const MOST_BYTES: usize = 4096;
/// And all of them together may take so much memory while they come, in KiB.
const BODIES_KIB: usize = 4 << 10;
static ROOM: Room = Room::new(BODIES_KIB);

/// What one gateway knows of logins.
#[derive(Debug, Default)]
pub struct Sessions {
    /// Sessions that were ended before their time, and when that would have been. One whose cookie is thrown away while
    /// the gateway is not there, or at another node, lasts its twelve hours.
    ended: Mutex<HashMap<String, i64>>,
    /// Wrong tokens.
    pub(super) guesses: Guesses,
    /// What the audit noted lately.
    pub(super) noted: Noted,
}

impl Sessions {
    fn end(&self, cookie: &str, ends: i64, now: i64) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, ends| *ends > now);
        ended.insert(cookie.to_owned(), ends);
    }

    fn has_ended(&self, cookie: &str) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).contains_key(cookie)
    }
}

/// What opens the dashboard.
#[derive(Deserialize, ToSchema)]
pub(super) struct Login {
    /// `adminToken` or `viewerToken`.
    token: String,
}

/// Exchanges a token for a cookie.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "login",
    tag = "Access",
    request_body(content = Login, example = json!({ "token": "the-admin-token" })),
    responses(
        (status = 204, description = "The cookie is set.", headers(("Set-Cookie" = String, description = "HttpOnly, SameSite=Strict, for 12 hours."))),
        (status = 401, description = "`wrong_token`: it is not known here, or opens no page.", body = wire::Problem),
        (status = 408, description = "`body_timeout`: the body did not come in time.", body = wire::Problem),
        (status = 413, description = "`payload_too_large`: the body is larger than is taken.", body = wire::Problem),
        (status = 422, description = "`invalid_login`: the body is not `{\"token\": \"…\"}` under `Content-Type: application/json`.", body = wire::Problem),
        (status = 503, description = "`queue_full`: come back after `Retry-After` seconds.", body = wire::Problem),
        (status = 429, description = "`too_many_logins`: ten tokens from this address were wrong; come back after `Retry-After` seconds.", body = wire::Problem)
    ),
)]
pub(super) async fn login(
    State(gateway): State<Gateway>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let now = gateway.clock.now();
    let peer = peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.0.ip().to_canonical());
    let address = peer::behind_proxies(&gateway.server, peer, &headers);
    gateway.sessions.guesses.check(address, now)?;
    let body = query::whole(&ROOM, body, MOST_BYTES, "").await?;
    // Again: many may have come while this body was on its way.
    gateway.sessions.guesses.check(address, now)?;
    // Only under its own type, which no form of another site can send.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let login = Some(&body)
        .filter(|_| kind.to_ascii_lowercase().starts_with("application/json"))
        .and_then(|body| serde_json::from_slice::<Login>(body).ok())
        .ok_or_else(|| {
            Problem::unprocessable("invalid_login", "token", "is required: post {\"token\": \"…\"}")
        })?;
    let role = access::role_of(&gateway.config().server, &login.token);
    // The ingest token is for programs that post: it opens no page.
    if !matches!(role, Role::Viewer | Role::Admin) {
        gateway.sessions.guesses.login_failed(address, now);
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong_token", "this token is not known here"));
    }
    let ends = now.unix_seconds() + LASTS_SECONDS;
    let session = hex(&rand::random::<[u8; 12]>());
    let value = format!("{}.{ends}.{session}.{}", word(role), mac(&login.token, role, ends, &session));
    audit::note_login(&gateway, word(role), address).await;
    Ok(with_cookie(&gateway, &value, LASTS_SECONDS))
}

/// Ends the session: the browser forgets its cookie, and the cookie is good for nothing any more.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logout",
    tag = "Access",
    responses((status = 204, description = "The cookie is gone.")),
)]
pub(super) async fn logout(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    let now = gateway.clock.now().unix_seconds();
    if let Some((value, ends)) = cookie(&headers).and_then(|value| Some((value, ends(value)?)))
        && role_of_cookie(&gateway, &headers, now) != Role::Nobody
    {
        gateway.sessions.end(value, ends, now);
    }
    with_cookie(&gateway, "", 0)
}

pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// When a cookie ends by itself, in seconds since 1970.
fn ends(value: &str) -> Option<i64> {
    value.split('.').nth(1)?.parse().ok()
}

/// The role that the request's cookie proves.
pub(super) fn role_of_cookie(gateway: &Gateway, headers: &HeaderMap, now: i64) -> Role {
    let Some(value) = cookie(headers) else { return Role::Nobody };
    if gateway.sessions.has_ended(value) {
        return Role::Nobody;
    }
    let parts: Vec<&str> = value.splitn(4, '.').collect();
    let [said, ends, session, proof] = parts[..] else { return Role::Nobody };
    let Ok(ends) = ends.parse::<i64>() else { return Role::Nobody };
    if ends <= now {
        return Role::Nobody;
    }
    access::tokens(&gateway.config().server)
        .find(|(role, secret)| {
            let expected = mac(secret.expose(), *role, ends, session);
            word(*role) == said
                && bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), proof.as_bytes()))
        })
        .map_or(Role::Nobody, |(role, _)| role)
}

fn with_cookie(gateway: &Gateway, value: &str, lasts: i64) -> Response {
    let is_https =
        gateway.config().server.public_url.as_ref().is_some_and(|url| url.value().starts_with("https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={lasts}{secure}");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}

fn mac(token: &str, role: Role, ends: i64, session: &str) -> String {
    // HMAC takes a key of any length (RFC 2104), so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else { return String::new() };
    mac.update(format!("session.{}.{ends}.{session}", word(role)).as_bytes());
    hex(&mac.finalize().into_bytes())
}

pub(super) const fn word(role: Role) -> &'static str {
    match role {
        Role::Nobody => "nobody",
        Role::Ingest => "ingest",
        Role::Viewer => "viewer",
        Role::Admin => "admin",
    }
}
