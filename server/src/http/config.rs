//! `/api/v1/config`: what is in force, secrets masked.

use crate::gateway::Gateway;
use axum::Json;
use axum::extract::State;
use wire::ConfigView;

/// The effective configuration and where each value comes from.
pub(super) async fn config(State(gateway): State<Gateway>) -> Json<ConfigView> {
    Json(gateway.config_view())
}
