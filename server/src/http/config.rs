//! `/api/v1/config`: what is in force, secrets masked.

use crate::gateway::Gateway;
use axum::Json;
use axum::extract::State;
use wire::ConfigView;

/// The effective configuration and where each value comes from.
#[utoipa::path(
    get,
    path = "/config",
    operation_id = "getConfig",
    tag = "Gateway",
    responses((status = 200, description = "The configuration, secrets masked.", body = ConfigView)),
)]
pub(super) async fn config(State(gateway): State<Gateway>) -> Json<ConfigView> {
    Json(gateway.config_view())
}
