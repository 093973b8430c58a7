//! `/api/v1/inbound` and `/api/v1/hits`: the paths that other systems post to, and what came; and those paths themselves.

use super::openapi::answers::{Missing, Stored, Unfit, Written};
use super::openapi::params::{self, Page};
use super::openapi::shapes::{Accepted, Replayed};
use super::query::{Named, Query, cursor};
use super::{access, peer};
use crate::gateway::Gateway;
use crate::inbound::receive::{self, Sender};
use crate::inbound::{accept, request};
use crate::problem::Problem;
use crate::store::{DeliveryFilter, HitFilter};
use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use wire::{Delivery, Event, Hit, HitDetail, HitId, Inbound, List, RunStatus};

/// What the list counts hits of.
const DAY_MS: i64 = 86_400_000;
/// Deliveries of one event that a hit's page shows.
const MOST_DELIVERIES: u32 = 200;

/// Takes a hit, which starts a run of the agent.
///
/// The path begins with `webhooks.inbound.basePath`; this is its default. JSON, a form (its fields become an object) or any
/// other text. Who may post is decided by the inbound endpoint's `verify`, not by the API's tokens; where that is `none`, by
/// the request's `Origin` and `Host`. Every hit is stored,
/// refused ones too, of which beyond some a minute the rest is counted.
#[utoipa::path(
    post,
    path = "/webhooks/inbound/{name}",
    operation_id = "postHit",
    tag = "Inbound",
    params(("name" = String, Path, description = "The inbound endpoint's name.", example = "deploy")),
    request_body(
        description = "Whatever the sender has to say; templates read it as `body`.",
        content(
            (Value = "application/json", example = json!({ "repo": "shop", "branch": "main", "status": "succeeded" })),
            (Value = "application/x-www-form-urlencoded"),
            (String = "text/plain")
        )
    ),
    responses(
        (status = 200, description = "It came before: the first hit's id, and no run. Or Slack's challenge, given back.", body = Accepted),
        (status = 202, description = "On disk; the run follows.", body = Accepted),
        (status = 400, description = "`incomplete_body` or `invalid_body`: it can't be read.", body = wire::Problem),
        (status = 401, description = "`not_verified`; the hit says why, the sender is not told.", body = wire::Problem),
        (status = 403, description = "`wrong_origin` or `not_loopback`: without a scheme none is taken from a page of another site, or, where there is no `adminToken`, under a name that is not this machine's.", body = wire::Problem),
        (status = 404, description = "`not_found`: there is no inbound endpoint of this name.", body = wire::Problem),
        (status = 405, description = "`method_not_allowed`: hits are posted.", body = wire::Problem),
        (status = 408, description = "`body_timeout`: the body did not come in time.", body = wire::Problem),
        (status = 413, description = "`payload_too_large`: more than `webhooks.retention.maxPayloadBytes`.", body = wire::Problem),
        (status = 429, description = "`too_many_hits`: come back after `Retry-After` seconds.", body = wire::Problem),
        (status = 500, description = "`database_failed`: the gateway's log says how.", body = wire::Problem),
        (status = 503, description = "`misconfigured`, `queue_full`, `storage_full`, `database_unavailable` or `stopping`: come back after `Retry-After` seconds.", body = wire::Problem)
    ),
)]
pub(super) async fn take(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let config = gateway.config();
    let name =
        request.uri().path().strip_prefix(&*config.inbound.base_path).and_then(|rest| rest.strip_prefix('/'));
    let Some(name) = name.filter(|name| config.inbound.enabled && !name.is_empty()).map(str::to_owned) else {
        return next.run(request).await;
    };
    let sender = Sender {
        address: peer::address(&gateway.server, &request)
            .map_or_else(String::new, |address| address.to_string()),
        unsigned: access::check_unsigned(&gateway.config().server, &request),
    };
    let (parts, body) = request.into_parts();
    receive::receive(&gateway, &name, sender, parts, body).await
}

/// The inbound endpoints, by name.
#[utoipa::path(
    get,
    path = "/inbound",
    operation_id = "listInbound",
    tag = "Inbound",
    params(Page),
    responses((status = 200, description = "A page.", body = List<Inbound>), Unfit, Stored),
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Inbound>>, Problem> {
    let config = gateway.config();
    let inbound = &config.inbound;
    let counts = gateway.questions.store.hit_counts(gateway.clock.now().plus_ms(-DAY_MS)).await?;
    let open = gateway.store.open_runs().await?;
    let of = |name: &str, status: RunStatus| {
        open.iter()
            .find(|(inbound, found, _)| inbound == name && *found == status)
            .map_or(0, |(.., count)| *count)
    };
    let items = inbound
        .endpoints
        .iter()
        .filter(|_| inbound.enabled)
        .map(|endpoint| Inbound {
            name: endpoint.name.to_string(),
            path: format!("{}/{}", inbound.base_path, endpoint.name),
            agent_id: endpoint.agent_id.clone(),
            template: endpoint.template_source.clone(),
            scheme: endpoint.verify.scheme.as_str().to_owned(),
            mode: request::mode(endpoint, config.agent.as_ref())
                .map_or("none", |mode| mode.as_str())
                .to_owned(),
            concurrency: endpoint.concurrency,
            rate_limit: endpoint.rate_limit,
            callback: endpoint.callback,
            fault: endpoint.fault.clone(),
            hits: counts.get(&*endpoint.name).copied().unwrap_or_default(),
            queued: of(&endpoint.name, RunStatus::Queued),
            running: of(&endpoint.name, RunStatus::Running),
        })
        .collect();
    Ok(Json(Query::new(query.as_deref()).page(items, |inbound| &inbound.name)?))
}

/// A page of hits, newest first.
#[utoipa::path(
    get,
    path = "/hits",
    operation_id = "listHits",
    tag = "Inbound",
    params(params::Hits, Page),
    responses((status = 200, description = "A page.", body = List<Hit>), Unfit, Stored),
)]
pub(super) async fn hits(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Hit>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let now = gateway.clock.now();
    let filter = HitFilter {
        inbounds: query.many("inbound")?,
        outcomes: query.many("outcome")?,
        text: query.one("q")?,
        since: query.time("since", now)?,
        until: query.time("until", now)?,
    };
    let limit = query.limit()?;
    let after: Option<HitId> = cursor(query.one("cursor")?)?;
    query.end()?;
    let _place = gateway.questions.place(filter.text.is_some()).await?;
    Ok(Json(gateway.questions.store.hits(&filter, limit, after.as_ref().map(HitId::as_str)).await?))
}

/// One hit with its run, and the events and deliveries that belong to it.
#[utoipa::path(
    get,
    path = "/hits/{id}",
    operation_id = "getHit",
    tag = "Inbound",
    params(("id" = HitId, Path, description = "The hit's id.", example = "hit_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses((status = 200, description = "The hit.", body = HitDetail), Missing, Stored),
)]
pub(super) async fn hit(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<Json<HitDetail>, Problem> {
    let hit = find(&gateway, &id).await?;
    let (mut events, mut deliveries): (Vec<Event>, Vec<Delivery>) = (Vec::new(), Vec::new());
    for event in gateway.store.events_of_hit(&hit.id).await? {
        let filter = DeliveryFilter { event_id: Some(event.id.to_string()), ..DeliveryFilter::default() };
        let of_event = gateway.store.deliveries(&filter, MOST_DELIVERIES, None).await?.items;
        deliveries.extend(of_event.into_iter().rev().map(|delivery| gateway.seen(delivery)));
        let counts = gateway.store.delivery_counts(std::iter::once(event.id.as_str())).await?;
        events.push(event.shown(counts.get(event.id.as_str()).copied().unwrap_or_default()));
    }
    Ok(Json(HitDetail { hit, events, deliveries }))
}

/// Starts a new run with the same body.
#[utoipa::path(
    post,
    path = "/hits/{id}/replay",
    operation_id = "replayHit",
    tag = "Inbound",
    params(("id" = HitId, Path, description = "The hit's id.", example = "hit_019cebe2b3407c1e9f0a5d3b7e61c824")),
    responses(
        (status = 202, description = "A hit of its own is on disk; its run follows.", body = Replayed),
        (status = 409, description = "`inbound_gone`, `not_verified`, `body_cut` or `invalid_body`: it can't be replayed.", body = wire::Problem),
        Missing,
        Written
    ),
)]
pub(super) async fn replay(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let hit = find(&gateway, &id).await?;
    let replayed = accept::replay(&gateway, hit).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": replayed, "status": "accepted", "replayOf": id }))))
}

/// The agent as far as is known.
#[utoipa::path(
    get,
    path = "/agent",
    operation_id = "getAgent",
    tag = "Inbound",
    responses(
        (status = 200, description = "The agent.", body = wire::Agent),
        (status = 404, description = "`no_agent` is configured.", body = wire::Problem)
    ),
)]
pub(super) async fn agent(State(gateway): State<Gateway>) -> Result<Json<wire::Agent>, Problem> {
    gateway.agent().map(Json).ok_or_else(no_agent)
}

/// Asks the agent how it does.
#[utoipa::path(
    post,
    path = "/agent/check",
    operation_id = "checkAgent",
    tag = "Inbound",
    responses(
        (status = 200, description = "The agent, as it is now.", body = wire::Agent),
        (status = 404, description = "`no_agent` is configured.", body = wire::Problem)
    ),
)]
pub(super) async fn check_agent(State(gateway): State<Gateway>) -> Result<Json<wire::Agent>, Problem> {
    gateway.check_agent().await.map(Json).ok_or_else(no_agent)
}

fn no_agent() -> Problem {
    let detail = "no agent is configured: webhooks.agent says where OpenClaw is";
    Problem::new(StatusCode::NOT_FOUND, "no_agent", detail)
}

async fn find(gateway: &Gateway, id: &str) -> Result<Hit, Problem> {
    let missing = || Problem::not_found("hit", id);
    let id: HitId = id.parse().map_err(|_| missing())?;
    gateway.store.hit(&id).await?.ok_or_else(missing)
}
