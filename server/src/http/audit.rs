//! `/api/v1/audit`: who changed what, and who tried; noted in one place, for every resource alike.

use super::access::Role;
use super::login;
use super::openapi::answers::{Stored, Unfit};
use super::openapi::params::Page;
use super::query::Query;
use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{RawQuery, State};
use http::{Method, StatusCode};
use std::net::IpAddr;
use wire::{AuditEntry, List};

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

/// What a request changes: the action's word, and what it is done to. `None` for what changes nothing, and for events,
/// which have a log of their own.
pub(super) fn action(method: &Method, path: &str) -> Option<(&'static str, Option<String>)> {
    let parts: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
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
        _ => return None,
    })
}

/// Notes what was done, once it is known how that was answered. Strangers are noted only where they tried to log in, and
/// so many of them that nobody fills the disk; while an address has to wait, nothing that comes from there.
pub(super) async fn note(
    gateway: &Gateway,
    caller: Caller,
    (action, target): (&'static str, Option<String>),
    status: StatusCode,
) {
    let now = gateway.clock.now();
    if caller.who == "nobody" {
        let is_untold = action != "login" || status == StatusCode::TOO_MANY_REQUESTS;
        if is_untold || !(status.is_success() || gateway.sessions.guesses.is_noted(now)) {
            return;
        }
    }
    // How much a redelivery would be is only a question.
    if action == "redeliver_many" && status == StatusCode::OK {
        return;
    }
    write(gateway, caller, (action, target), status, None).await;
}

/// Notes, once, that an address has to wait for the wrong tokens that it showed: what it sends meanwhile is not noted.
pub(super) async fn note_lockout(gateway: &Gateway, address: IpAddr) {
    if gateway.sessions.guesses.is_noted(gateway.clock.now()) {
        let caller = Caller { who: login::word(Role::Nobody), address: Some(address) };
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
