//! `/healthz` and `/readyz`: for whoever watches the process.

use crate::gateway::Gateway;
use crate::problem::Problem;
use axum::extract::State;

/// The process runs.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers, and the gateway is not about to end.
pub(super) async fn readyz(State(gateway): State<Gateway>) -> Result<&'static str, Problem> {
    if *gateway.draining.borrow() {
        return Err(Problem::unavailable("stopping", "the gateway is stopping", 5));
    }
    gateway.store.ping().await?;
    Ok("ready\n")
}
