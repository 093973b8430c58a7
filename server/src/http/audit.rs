//! `/api/v1/audit`: who changed what, and who tried; noted in one place, for every resource alike.

use super::access::Role;
use super::login;
use super::openapi::answers::{Stored, Unfit};
use super::openapi::params::Page;
use super::query::Query;
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::rate::Bucket;
use axum::Json;
use axum::extract::{RawQuery, State};
use http::{Method, StatusCode};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use wire::{AuditEntry, List, RateLimit, Time};

/// Of each role the audit notes so many refusals at once after a pause, so many a minute in the long run; and apart from
/// them as many logins and logouts.
const NOTED_AT_ONCE: u32 = 60;
const NOTED_A_MINUTE: u32 = 6;

/// What the audit noted lately of that which anybody, or any token, could repeat for ever: by role, and whether it was done.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashMap<(&'static str, bool), Bucket>>);

impl Noted {
    fn has_room(&self, who: &'static str, is_done: bool, now: Time) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = RateLimit { per_second: f64::from(NOTED_A_MINUTE) / 60.0, burst: NOTED_AT_ONCE };
        noted.entry((who, is_done)).or_insert_with(|| Bucket::new(Some(rate), now)).take(now).is_ok()
    }
}

/// A page of the audit, newest first.
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "listAudit",
    tag = "Gateway",
    params(Page),
    responses((status = 200, description = "A page.", body = List<AuditEntry>), Unfit, Stored),
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<AuditEntry>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let limit = query.limit()?;
    let after: Option<String> = query.one("cursor")?;
    query.end()?;
    Ok(Json(gateway.questions.store.audit(limit, after.as_deref()).await?))
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) who: &'static str,
    pub(super) address: Option<IpAddr>,
}

/// What changes nothing that people decide, and events, which have a log of their own: noted only where a role refuses it.
const NOTED_IF_REFUSED: &[&str] = &["read", "post_events", "preview", "unknown"];

/// What a request is about: the action's word, and what it is done to.
pub(super) fn action(method: &Method, path: &str) -> Option<(&'static str, Option<String>)> {
    let parts: Vec<&str> = path.strip_prefix("/api/v1/").unwrap_or(path).split('/').collect();
    let of = |target: &str| Some(target.to_owned());
    Some(match (method.as_str(), &parts[..]) {
        ("POST", ["login"]) => ("login", None),
        ("POST", ["logout"]) => ("logout", None),
        ("POST", ["redeliveries"]) => ("redeliver_many", None),
        ("POST", ["deliveries", id, "redeliver"]) => ("redeliver", of(id)),
        ("POST", ["deliveries", id, "cancel"]) => ("cancel", of(id)),
        ("POST", ["hits", id, "replay"]) => ("replay", of(id)),
        ("POST", ["agent", "check"]) => ("check_agent", None),
        ("POST", ["endpoints"]) => ("make_endpoint", None),
        ("PATCH", ["endpoints", name]) => ("change_endpoint", of(name)),
        ("DELETE", ["endpoints", name]) => ("remove_endpoint", of(name)),
        ("POST", ["endpoints", name, "pause"]) => ("pause", of(name)),
        ("POST", ["endpoints", name, "resume"]) => ("resume", of(name)),
        ("POST", ["endpoints", name, "check"]) => ("check", of(name)),
        ("POST", ["endpoints", name, "test"]) => ("test", of(name)),
        ("POST", ["endpoints", name, "reveal"]) => ("reveal_secret", of(name)),
        ("POST", ["endpoints", name, "rotate-secret"]) => ("rotate_secret", of(name)),
        ("POST", ["endpoints", name, "preview"]) => ("preview", of(name)),
        ("POST", ["events"]) => ("post_events", None),
        ("GET" | "HEAD", _) => ("read", of(path)),
        ("POST" | "PUT" | "PATCH" | "DELETE", _) => ("unknown", of(path)),
        _ => return None,
    })
}

/// Notes what was done, once it is known how that was answered. Strangers are noted only where they tried to log in; while
/// an address has to wait, nothing that comes from there. Refusals, logins and logouts are noted so many of a role that
/// nobody fills the disk; what a token of its right may change is noted always.
pub(super) async fn note(
    gateway: &Gateway,
    caller: Caller,
    (action, target): (&'static str, Option<String>),
    status: StatusCode,
) {
    // That one worked is noted where it is known whom it let in.
    if action == "login" && status.is_success() {
        return;
    }
    let is_stranger = caller.who == login::word(Role::Nobody);
    if is_stranger && (action != "login" || status == StatusCode::TOO_MANY_REQUESTS) {
        return;
    }
    let is_refused = status == StatusCode::FORBIDDEN && caller.who != "local";
    if NOTED_IF_REFUSED.contains(&action) && !is_refused {
        return;
    }
    // How much a redelivery would be is only a question.
    if action == "redeliver_many" && status == StatusCode::OK {
        return;
    }
    let is_done = status.is_success();
    let is_bounded = !is_done || matches!(action, "login" | "logout");
    if is_bounded && !gateway.sessions.noted.has_room(caller.who, is_done, gateway.clock.now()) {
        return;
    }
    write(gateway, caller, (action, target), status, None).await;
}

/// Notes that a token opened a session of this role.
pub(super) async fn note_login(gateway: &Gateway, who: &'static str, address: IpAddr) {
    if gateway.sessions.noted.has_room(who, true, gateway.clock.now()) {
        let caller = Caller { who, address: Some(address) };
        write(gateway, caller, ("login", None), StatusCode::NO_CONTENT, None).await;
    }
}

/// Notes, once, that an address has to wait for the wrong tokens that it showed: what it sends meanwhile is not noted.
pub(super) async fn note_lockout(gateway: &Gateway, address: IpAddr) {
    let who = login::word(Role::Nobody);
    if gateway.sessions.noted.has_room(who, false, gateway.clock.now()) {
        let caller = Caller { who, address: Some(address) };
        let detail = Some("too many wrong tokens came from this address".to_owned());
        write(gateway, caller, ("login", None), StatusCode::TOO_MANY_REQUESTS, detail).await;
    }
}

async fn write(
    gateway: &Gateway,
    caller: Caller,
    (action, target): (&'static str, Option<String>),
    status: StatusCode,
    detail: Option<String>,
) {
    let entry = AuditEntry {
        id: gateway.audit_id(),
        at: gateway.clock.now(),
        who: caller.who.to_owned(),
        address: caller.address.map(|address| address.to_string()),
        action: action.to_owned(),
        target: target.map(|target| target.chars().take(128).collect()),
        status_code: Some(status.as_u16()),
        detail,
    };
    if let Err(error) = gateway.committer.audit(entry).await {
        tracing::error!(?error, "What {} did ({action}) could not be noted", caller.who);
    }
}
