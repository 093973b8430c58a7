//! `/api/v1/inbound` and `/api/v1/hits`: the paths that other systems post to, and what came; and those paths themselves.

use super::peer;
use super::query::{Named, Query, cursor};
use crate::gateway::Gateway;
use crate::inbound::{accept, receive, request};
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

/// Takes requests to `<basePath>/<name>`, and lets all others pass.
pub(super) async fn take(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let config = gateway.config();
    let name =
        request.uri().path().strip_prefix(&*config.inbound.base_path).and_then(|rest| rest.strip_prefix('/'));
    let Some(name) = name.filter(|name| config.inbound.enabled && !name.is_empty()).map(str::to_owned) else {
        return next.run(request).await;
    };
    let from =
        peer::address(&gateway.server, &request).map_or_else(String::new, |address| address.to_string());
    let (parts, body) = request.into_parts();
    receive::receive(&gateway, &name, from, parts, body).await
}

/// The inbound endpoints, by name.
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Inbound>>, Problem> {
    let config = gateway.config();
    let inbound = &config.inbound;
    let counts = gateway.store.hit_counts(gateway.clock.now().plus_ms(-DAY_MS)).await?;
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
    Ok(Json(gateway.store.hits(&filter, limit, after.as_ref().map(HitId::as_str)).await?))
}

/// One hit with its run, and the events and deliveries that belong to it.
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
pub(super) async fn replay(
    State(gateway): State<Gateway>,
    Named(id): Named,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let hit = find(&gateway, &id).await?;
    let replayed = accept::replay(&gateway, hit).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": replayed, "status": "accepted", "replayOf": id }))))
}

/// The agent as far as is known.
pub(super) async fn agent(State(gateway): State<Gateway>) -> Result<Json<wire::Agent>, Problem> {
    gateway.agent().map(Json).ok_or_else(no_agent)
}

/// Asks the agent how it does.
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
