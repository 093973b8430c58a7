//! `/api/v1/config`: what is in force, secrets masked.

use crate::gateway::Gateway;
use axum::Json;
use axum::extract::State;
use wire::{ConfigView, Reload};

/// The effective configuration and where each value comes from.
pub(super) async fn config(State(gateway): State<Gateway>) -> Json<ConfigView> {
    let config = &gateway.config;
    Json(ConfigView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: gateway.demo,
        file: config.file.as_ref().map(|file| file.display().to_string()),
        instance_id: config.server.instance_id.clone(),
        inbound_base_path: config.inbound.base_path.clone(),
        effective: config.effective.clone(),
        sources: config.sources.clone(),
        reload: Reload { at: gateway.configured_at, error: None },
    })
}
