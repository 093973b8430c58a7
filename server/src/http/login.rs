//! Logging in: a token is exchanged for a cookie that lasts twelve hours.
//!
//! The cookie says the role and when it ends, under an HMAC keyed by the token: a login stores nothing, and a changed token
//! ends every session of it. A logout is stored, and told to the other gateways.

use super::access::{self, Role};
use super::audit::{self, Noted};
use super::guesses::Guesses;
use super::openapi::answers::Written;
use super::peer;
use super::query;
use crate::bodies::Room;
use crate::gateway::Gateway;
use crate::outbound::sign::hex;
use crate::problem::Problem;
use crate::store::{Logout, MOST_LOGOUTS};
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
use wire::Time;

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
    /// Sessions that were ended before their time, by their ids: all that the database has.
    ended: Mutex<HashMap<String, Logout>>,
    /// Wrong tokens.
    pub(super) guesses: Guesses,
    /// What the audit noted lately.
    pub(super) noted: Noted,
}

impl Sessions {
    /// Ends these sessions.
    pub(crate) fn end(&self, logouts: impl IntoIterator<Item = Logout>, now: Time) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.extend(logouts.into_iter().map(|logout| (logout.session.clone(), logout)));
        ended.retain(|_, logout| logout.until > now);
        for role in [Role::Viewer, Role::Admin].map(word) {
            let mut of_role: Vec<Time> =
                ended.values().filter(|logout| logout.role == role).map(|logout| logout.until).collect();
            if let Some(too_many) = of_role.len().checked_sub(MOST_LOGOUTS).filter(|more| *more > 0) {
                of_role.sort_unstable();
                let first = of_role[too_many];
                ended.retain(|_, logout| logout.role != role || logout.until >= first);
            }
        }
    }

    fn has_ended(&self, session: &str) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).contains_key(session)
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

/// Ends the session: the browser forgets its cookie, and the cookie is good for nothing any more, at no gateway.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logout",
    tag = "Access",
    responses((status = 204, description = "The cookie is gone."), Written),
)]
pub(super) async fn logout(State(gateway): State<Gateway>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = gateway.clock.now();
    // Also one that has ended here: it may not have been stored.
    if let Some(session) = session(&gateway, &headers, now.unix_seconds()) {
        let logout = Logout {
            session: session.id.to_owned(),
            role: word(session.role).to_owned(),
            until: Time(session.ends.saturating_mul(1000)),
        };
        gateway.sessions.end([logout.clone()], now);
        gateway.committer.logout(logout).await?;
    }
    Ok(with_cookie(&gateway, "", 0))
}

pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// What a cookie proves.
struct Session<'a> {
    id: &'a str,
    role: Role,
    /// When it ends by itself, in seconds since 1970.
    ends: i64,
}

/// The role that the request's cookie proves.
pub(super) fn role_of_cookie(gateway: &Gateway, headers: &HeaderMap, now: i64) -> Role {
    session(gateway, headers, now)
        .filter(|session| !gateway.sessions.has_ended(session.id))
        .map_or(Role::Nobody, |session| session.role)
}

/// The session of the request's cookie, whether it was logged out of or not.
fn session<'a>(gateway: &Gateway, headers: &'a HeaderMap, now: i64) -> Option<Session<'a>> {
    let parts: Vec<&str> = cookie(headers)?.splitn(4, '.').collect();
    let [said, ends, id, proof] = parts[..] else { return None };
    let ends = ends.parse::<i64>().ok().filter(|ends| *ends > now)?;
    access::tokens(&gateway.config().server)
        .find(|(role, secret)| {
            let expected = mac(secret.expose(), *role, ends, id);
            word(*role) == said
                && bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), proof.as_bytes()))
        })
        .map(|(role, _)| Session { id, role, ends })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_role_so_many_logouts_are_known_and_none_longer_than_its_session() {
        let logout = |session: &str, role: Role, until: i64| Logout {
            session: session.to_owned(),
            role: word(role).to_owned(),
            until: Time(until),
        };
        let sessions = Sessions::default();
        sessions.end([logout("admin", Role::Admin, 20), logout("first", Role::Viewer, 30)], Time(10));
        assert!(sessions.has_ended("admin") && sessions.has_ended("first") && !sessions.has_ended("other"));
        let most = (0..MOST_LOGOUTS).map(|number| logout(&number.to_string(), Role::Viewer, 40));
        sessions.end(most, Time(10));
        assert!(sessions.has_ended("admin") && sessions.has_ended("0") && !sessions.has_ended("first"));
        sessions.end([], Time(20));
        assert!(!sessions.has_ended("admin") && sessions.has_ended("0"));
    }
}
