//! `/api/v1/endpoints`: how each receiver does; pausing and resuming.

use super::query::{Named, Query};
use crate::endpoints::Endpoint;
use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::store::Pause;
use axum::Json;
use axum::extract::{RawQuery, State};
use std::sync::Arc;
use wire::List;

/// The endpoints, by name.
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<wire::Endpoint>>, Problem> {
    let items = gateway.endpoints.iter().map(|endpoint| gateway.endpoint(endpoint)).collect();
    Ok(Json(Query::new(query.as_deref()).page(items, |endpoint| &endpoint.name)?))
}

/// One endpoint.
pub(super) async fn one(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    Ok(Json(gateway.endpoint(find(&gateway, &name)?)))
}

/// Holds an endpoint's deliveries until it is resumed.
pub(super) async fn pause(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    set(&gateway, &name, true).await
}

/// Sends what was held, oldest first.
pub(super) async fn resume(
    State(gateway): State<Gateway>,
    Named(name): Named,
) -> Result<Json<wire::Endpoint>, Problem> {
    set(&gateway, &name, false).await
}

async fn set(gateway: &Gateway, name: &str, paused: bool) -> Result<Json<wire::Endpoint>, Problem> {
    let endpoint = find(gateway, name)?;
    let reason = paused.then(|| "paused by a person".to_owned());
    let since = gateway.clock.now();
    gateway.committer.pause(Pause { endpoint: name.to_owned(), paused, reason, since }).await?;
    Ok(Json(gateway.endpoint(endpoint)))
}

fn find<'gateway>(gateway: &'gateway Gateway, name: &str) -> Result<&'gateway Arc<Endpoint>, Problem> {
    gateway.endpoints.get(name).ok_or_else(|| Problem::not_found("endpoint", name))
}
