//! `/api/v1/stats`: totals, percentiles and a time series of one window.

use super::openapi::answers::Unfit;
use super::openapi::params::Window;
use super::query::Query;
use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{RawQuery, State};
use wire::{Stats, StatsWindow};

/// The totals of `window` (`5m`, `1h`, `24h` or `7d`; `5m` when absent), of every endpoint or of one.
#[utoipa::path(
    get,
    path = "/stats",
    operation_id = "getStats",
    tag = "Gateway",
    params(Window),
    responses((status = 200, description = "The totals.", body = Stats), Unfit),
)]
pub(super) async fn stats(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
) -> Result<Json<Stats>, Problem> {
    let mut query = Query::new(query.as_deref());
    let window: Option<StatsWindow> = query.one("window")?;
    let endpoint: Option<String> = query.one("endpoint")?;
    query.end()?;
    Ok(Json(gateway.stats(window.unwrap_or_default(), endpoint.as_deref())))
}
