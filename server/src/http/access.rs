//! Access: who may do what, decided in one place before any handler runs.
//!
//! Without an `adminToken` the gateway is bound to loopback and open to it, but only under loopback's own names: a
//! page of another site that makes a name of its own point here is refused by its `Host` and `Origin`. With
//! tokens, each resource asks for a role.

use super::audit::{self, Caller};
use super::{login, peer};
use crate::config::ServerConfig;
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::secret::Secret;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// What a client may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Nothing but log in.
    Nobody,
    /// Post events. Not below `Viewer`: who posts may not read.
    Ingest,
    /// Read everything.
    Viewer,
    /// Everything.
    Admin,
}

/// The role that a resource asks for.
pub(super) fn needed(method: &Method, path: &str) -> Role {
    match (method.as_str(), path) {
        // The last two describe the product, not this gateway; and a browser that isn't logged in could send no token.
        (_, "/api/v1/login" | "/api/v1/logout" | "/api/docs" | "/api/docs/style.css") => Role::Nobody,
        ("POST", "/api/v1/events") => Role::Ingest,
        ("GET" | "HEAD", _) => Role::Viewer,
        _ => Role::Admin,
    }
}

pub(super) fn may(role: Role, needed: Role) -> bool {
    match needed {
        Role::Nobody => true,
        Role::Ingest => matches!(role, Role::Ingest | Role::Admin),
        Role::Viewer => matches!(role, Role::Viewer | Role::Admin),
        Role::Admin => role == Role::Admin,
    }
}

/// Lets an API request through, or says why not.
pub(super) async fn check(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let action = audit::action(request.method(), path_of(&request));
    let address = peer::address(&gateway.server, &request);
    let (who, decided) = decide(&gateway, &request);
    let response = match decided {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            let mut response = problem.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    };
    if let Some(address) = address
        && matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS)
        && gateway.sessions.guesses.has_begun(address, gateway.clock.now())
    {
        audit::note_lockout(&gateway, address).await;
    }
    if let Some(action) = action {
        audit::note(&gateway, Caller { who, address }, action, response.status()).await;
    }
    response
}

/// Nested routers see the path without the prefix; the whole one is kept beside it.
fn path_of(request: &Request) -> &str {
    request.extensions().get::<axum::extract::OriginalUri>().map_or(request.uri().path(), |uri| uri.0.path())
}

/// Who asks, and whether they may. What an address shows that has to wait is not looked at: whoever asks from there is
/// nobody, here and in the audit, or how long an answer takes would tell what a token is worth.
fn decide(gateway: &Gateway, request: &Request) -> (&'static str, Result<(), Problem>) {
    let nobody = login::word(Role::Nobody);
    let config = gateway.config();
    if let Err(problem) = check_form(&config.server, request) {
        return (nobody, Err(problem));
    }
    // Without tokens everyone on this machine may do everything.
    if config.server.admin_token.is_none() {
        // Again, for the token may be gone only since it was looked for.
        return match check_host(&config.server, request) {
            Ok(()) => ("local", Ok(())),
            Err(problem) => (nobody, Err(problem)),
        };
    }
    let needed = needed(request.method(), path_of(request));
    match judged(gateway, request) {
        Ok(role) => (login::word(role), allow(role, needed)),
        Err(_) if needed == Role::Nobody => (nobody, Ok(())),
        Err(problem) => (nobody, Err(problem)),
    }
}

/// What can be said of a request before anybody looks at its token: under which name it came, from whose page, and how.
fn check_form(server: &ServerConfig, request: &Request) -> Result<(), Problem> {
    check_host(server, request)?;
    let (method, uri) = (request.method(), request.uri());
    let path = path_of(request);
    let query = uri.query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "token" || name == "access_token") {
        let detail =
            "a token in a query string ends up in logs; send the header Authorization: Bearer <token>";
        return Err(Problem::bad_request("token_in_query", detail));
    }
    let changes =
        !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path == "/api/v1/stream";
    if changes || server.admin_token.is_none() {
        check_origin(server, request)?;
    }
    Ok(())
}

fn allow(role: Role, needed: Role) -> Result<(), Problem> {
    if may(role, needed) {
        Ok(())
    } else if role == Role::Nobody {
        let detail = "send the header Authorization: Bearer <token>, or log in";
        Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail))
    } else {
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "this token is not for that; the adminToken is"))
    }
}

/// The role of what the request shows, unless too much was wrong that came from its address.
fn judged(gateway: &Gateway, request: &Request) -> Result<Role, Problem> {
    let headers = request.headers();
    let shown = match headers.get(header::AUTHORIZATION) {
        Some(value) => bearer(value),
        None => login::cookie(headers),
    };
    // A page that was asked for over no connection shows what its own request showed, which was judged.
    let (Some(shown), Some(address)) = (shown, peer::address(&gateway.server, request)) else {
        return Ok(role(gateway, headers));
    };
    let (guesses, now) = (&gateway.sessions.guesses, gateway.clock.now());
    guesses.check_shown(address, shown, now)?;
    let role = role(gateway, headers);
    if role == Role::Nobody {
        guesses.was_wrong(address, shown, now);
    } else {
        guesses.was_right(address, shown);
    }
    Ok(role)
}

/// The role of the request's token or cookie.
fn role(gateway: &Gateway, headers: &HeaderMap) -> Role {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => bearer(value).map_or(Role::Nobody, |token| role_of(&gateway.config().server, token)),
        None => login::role_of_cookie(gateway, headers, gateway.clock.now().unix_seconds()),
    }
}

/// The token of `Authorization: Bearer <token>`.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The role of a token; every token is compared, each in constant time.
pub(super) fn role_of(server: &ServerConfig, token: &str) -> Role {
    let mut role = Role::Nobody;
    for (candidate, secret) in tokens(server) {
        if bool::from(secret.expose().as_bytes().ct_eq(token.as_bytes())) {
            role = candidate;
        }
    }
    role
}

/// Every token that is set, with its role.
pub(super) fn tokens(server: &ServerConfig) -> impl Iterator<Item = (Role, &Secret)> {
    [
        (Role::Ingest, &server.ingest_token),
        (Role::Viewer, &server.viewer_token),
        (Role::Admin, &server.admin_token),
    ]
    .into_iter()
    .filter_map(|(role, secret)| secret.as_ref().map(|secret| (role, secret)))
}

/// Without an `adminToken`: only loopback clients, and only under loopback's names.
pub(super) async fn only_known_hosts(
    State(gateway): State<Gateway>,
    request: Request,
    next: Next,
) -> Response {
    match check_host(&gateway.config().server, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_host(server: &ServerConfig, request: &Request) -> Result<(), Problem> {
    if server.admin_token.is_some() {
        return Ok(());
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    // A page that asks the API in process has no peer: its own request was judged.
    if peer.is_none_or(|peer| peer.to_canonical().is_loopback())
        && host(request).is_some_and(is_loopback_name)
    {
        return Ok(());
    }
    let detail = "without webhooks.server.adminToken this gateway answers only its own machine, as 127.0.0.1 or \
                  localhost; set a token to open it to others";
    Err(Problem::new(StatusCode::FORBIDDEN, "not_loopback", detail))
}

/// The name that the request came under: HTTP/2 says it in `:authority`, and need not send `Host`.
fn host(request: &Request) -> Option<&str> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| request.uri().authority().map(Authority::as_str))
}

/// A hit that nothing signs comes from no page but our own. Nor does `Host` say whose a page is: a site may have a name of
/// its own point here, and so be what it says.
pub(super) fn check_unsigned(server: &ServerConfig, request: &Request) -> Result<(), Problem> {
    check_host(server, request)?;
    let Some((origin, authority)) = origin(request.headers()) else { return Ok(()) };
    if is_loopback_name(authority) || is_public(server, origin) { Ok(()) } else { Err(wrong_origin(origin)) }
}

/// A request that changes something comes from a page of ours, or from no page at all.
fn check_origin(server: &ServerConfig, request: &Request) -> Result<(), Problem> {
    let Some((origin, authority)) = origin(request.headers()) else { return Ok(()) };
    let allowed = if server.admin_token.is_none() {
        is_loopback_name(authority)
    } else {
        host(request) == Some(authority) || is_public(server, origin)
    };
    if allowed { Ok(()) } else { Err(wrong_origin(origin)) }
}

/// Whose page a browser says that it sends for, whole and without its scheme.
fn origin(headers: &HeaderMap) -> Option<(&str, &str)> {
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or_default();
    Some((origin, origin.split_once("://").map_or("", |(_, authority)| authority)))
}

fn is_public(server: &ServerConfig, origin: &str) -> bool {
    server.public_url.as_ref().is_some_and(|url| url.value().trim_end_matches('/') == origin)
}

fn wrong_origin(origin: &str) -> Problem {
    let detail = format!(
        "a page of {origin} may not do this; if it is this gateway's own, set webhooks.server.publicUrl"
    );
    Problem::new(StatusCode::FORBIDDEN, "wrong_origin", detail)
}

/// Whether a `Host` (with or without port) is a name of this machine for itself.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if port.is_empty() || port.starts_with(':') => name,
            _ => return false,
        },
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopbacks_own_names_are_loopback() {
        for good in
            ["localhost", "LOCALHOST:8787", "127.0.0.1", "127.0.0.1:80", "127.8.8.8:1", "[::1]", "[::1]:8787"]
        {
            assert!(is_loopback_name(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "[::1].evil",
            "10.0.0.1",
        ] {
            assert!(!is_loopback_name(bad), "{bad}");
        }
    }

    #[test]
    fn each_resource_has_its_role() {
        let cases = [
            (Method::POST, "/api/v1/events", Role::Ingest),
            (Method::GET, "/api/v1/events", Role::Viewer),
            (Method::GET, "/api/v1/stream", Role::Viewer),
            (Method::POST, "/api/v1/deliveries/dlv_1/redeliver", Role::Admin),
            (Method::POST, "/api/v1/login", Role::Nobody),
            (Method::GET, "/api/docs", Role::Nobody),
            (Method::GET, "/api/v1/openapi.json", Role::Viewer),
            (Method::DELETE, "/api/v1/endpoints/x", Role::Admin),
        ];
        for (method, path, role) in cases {
            assert_eq!(needed(&method, path), role, "{method} {path}");
        }
        assert!(!may(Role::Ingest, Role::Viewer) && !may(Role::Viewer, Role::Ingest));
        assert!(may(Role::Admin, Role::Ingest) && may(Role::Admin, Role::Viewer));
    }
}
