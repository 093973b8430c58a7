//! `/api/v1/inbound` and `/api/v1/hits`: the paths that other systems post to, and what came.

use super::query::Query;
use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{RawQuery, State};
use wire::{Hit, Inbound, List};

/// The inbound endpoints, by name.
pub(super) async fn list(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Inbound>>, Problem> {
    let config = gateway.config();
    let inbound = &config.inbound;
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
        })
        .collect();
    Ok(Json(Query::new(query.as_deref()).page(items, |inbound| &inbound.name)?))
}

/// A page of hits, newest first.
pub(super) async fn hits(RawQuery(query): RawQuery) -> Result<Json<List<Hit>>, Problem> {
    let mut query = Query::new(query.as_deref());
    query.limit()?;
    let _: Option<String> = query.one("cursor")?;
    query.end()?;
    Ok(Json(List { items: Vec::new(), next: None }))
}
