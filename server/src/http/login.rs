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
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use utoipa::ToSchema;
use wire::Time;

pub(super) const COOKIE: &str = "openclaw_webhooks";
const LASTS_SECONDS: i64 = 12 * 3600;
/// Of a body: anybody may post one.
const MOST_BYTES: usize = 4096;
/// And all of them together may take so much memory while they come, in KiB.
const BODIES_KIB: usize = 4 << 10;
static ROOM: Room = Room::new(BODIES_KIB);

/// Sessions that were ended before their time, by role, end and id; and whether that is known to be stored.
type Ended = HashMap<String, BTreeMap<(Time, String), bool>>;

/// What one gateway knows of logins.
#[derive(Debug, Default)]
pub struct Sessions {
    ended: Mutex<Ended>,
    /// Wrong tokens.
    pub(super) guesses: Guesses,
    /// What the audit noted lately.
    pub(super) noted: Noted,
}

impl Sessions {
    /// Ends these sessions, which the database has as ended.
    pub(crate) fn end(&self, logouts: impl IntoIterator<Item = Logout>, now: Time) {
        for logout in logouts {
            self.end_one(logout, true, now);
        }
    }

    fn end_one(&self, logout: Logout, is_stored: bool, now: Time) {
        let mut ended = self.ended();
        let of_role = ended.entry(logout.role).or_default();
        *of_role.entry((logout.until, logout.session)).or_default() |= is_stored;
        while of_role.len() > MOST_LOGOUTS
            || of_role.first_key_value().is_some_and(|((until, _), _)| *until <= now)
        {
            of_role.pop_first();
        }
    }

    /// Whether the session has ended; and if so, whether that is known to be stored.
    fn has_ended(&self, session: &Session<'_>) -> Option<bool> {
        let logout = session.logout();
        self.ended().get(&logout.role)?.get(&(logout.until, logout.session)).copied()
    }

    fn ended(&self) -> MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
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
    Ok(with_cookie(&gateway, &value, LASTS_SECONDS, StatusCode::NO_CONTENT))
}

/// Ends the session: the browser forgets its cookie, and the cookie is good for nothing any more, at no gateway. Where that
/// could not be stored the browser forgets it all the same.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logout",
    tag = "Access",
    responses((status = 204, description = "The cookie is gone."), Written),
)]
pub(super) async fn logout(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    let now = gateway.clock.now();
    let mut answer = StatusCode::NO_CONTENT.into_response();
    // Also one that has ended here, as long as it may not have been stored.
    if let Some(session) = session(&gateway, &headers, now.unix_seconds())
        && gateway.sessions.has_ended(&session) != Some(true)
    {
        let logout = session.logout();
        gateway.sessions.end_one(logout.clone(), false, now);
        match gateway.committer.logout(logout.clone()).await {
            Ok(()) => gateway.sessions.end_one(logout, true, now),
            Err(error) => answer = Problem::from(error).into_response(),
        }
    }
    // Whatever came of it: who sits here next finds nothing.
    with_cookie(&gateway, "", 0, answer)
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

impl Session<'_> {
    /// What is stored once it is logged out of.
    fn logout(&self) -> Logout {
        Logout {
            session: self.id.to_owned(),
            role: word(self.role).to_owned(),
            until: Time(self.ends.saturating_mul(1000)),
        }
    }
}

/// The role that the request's cookie proves.
pub(super) fn role_of_cookie(gateway: &Gateway, headers: &HeaderMap, now: i64) -> Role {
    session(gateway, headers, now)
        .filter(|session| gateway.sessions.has_ended(session).is_none())
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

fn with_cookie(gateway: &Gateway, value: &str, lasts: i64, answer: impl IntoResponse) -> Response {
    let is_https =
        gateway.config().server.public_url.as_ref().is_some_and(|url| url.value().starts_with("https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={lasts}{secure}");
    ([(header::SET_COOKIE, cookie)], answer).into_response()
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
        let sessions = Sessions::default();
        let (admin, first, other) =
            (of("admin", Role::Admin, 20), of("first", Role::Viewer, 30), of("other", Role::Viewer, 30));
        sessions.end([admin.logout(), first.logout()], Time(10_000));
        assert_eq!(
            [&admin, &first, &other].map(|session| sessions.has_ended(session)),
            [Some(true), Some(true), None]
        );
        let most: Vec<String> = (0..MOST_LOGOUTS).map(|number| format!("{number:05}")).collect();
        let most: Vec<Session<'_>> = most.iter().map(|id| of(id, Role::Viewer, 40)).collect();
        sessions.end(most.iter().map(Session::logout), Time(10_000));
        assert_eq!(
            [&admin, &first, &most[0]].map(|session| sessions.has_ended(session)),
            [Some(true), None, Some(true)]
        );
        let later = of("later", Role::Admin, 50);
        sessions.end([later.logout()], Time(20_000));
        assert_eq!([&admin, &later].map(|session| sessions.has_ended(session)), [None, Some(true)]);
    }

    #[test]
    fn what_is_known_to_be_stored_stays_so() {
        let (sessions, one) = (Sessions::default(), of("one", Role::Admin, 20));
        for (is_stored, known) in [(false, false), (true, true), (false, true)] {
            sessions.end_one(one.logout(), is_stored, Time(0));
            assert_eq!(sessions.has_ended(&one), Some(known));
        }
    }

    const fn of(id: &str, role: Role, ends: i64) -> Session<'_> {
        Session { id, role, ends }
    }
}
