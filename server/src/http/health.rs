//! `/healthz` and `/readyz`: for whoever watches the process.

use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::extract::State;

/// The process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(super) async fn readyz(State(gateway): State<Gateway>) -> Result<&'static str, Problem> {
    gateway.store.ping().await?;
    Ok("ready\n")
}
