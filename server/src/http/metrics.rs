//! `/metrics`: for Prometheus.

use super::openapi::answers::Stored;
use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;

/// Of the `OpenMetrics` format.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted and measured.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Gateway",
    responses((status = 200, description = "In the OpenMetrics format.", body = String, content_type = "application/openmetrics-text"), Stored),
)]
pub(super) async fn metrics(State(gateway): State<Gateway>) -> Result<impl IntoResponse, Problem> {
    let open_runs = gateway.store.open_runs().await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], gateway.telemetry.text(&gateway, &open_runs)))
}
