//! `/healthz` and `/readyz`: for whoever watches the process.

use super::openapi::answers::Written;
use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::extract::State;

/// The process runs.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "Gateway",
    responses((status = 200, description = "`ok`", body = String)),
)]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers, and the gateway is not about to end.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "Gateway",
    responses((status = 200, description = "`ready`", body = String), Written),
)]
pub(super) async fn readyz(State(gateway): State<Gateway>) -> Result<&'static str, Problem> {
    if *gateway.draining.borrow() {
        return Err(Problem::unavailable("stopping", "the gateway is stopping", 5));
    }
    gateway.store.ping().await?;
    Ok("ready\n")
}
