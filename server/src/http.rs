//! The HTTP side: the API under `/api/v1`, the live stream, health, and (with the feature `ui`) the dashboard.

mod access;
mod audit;
mod config;
mod deliveries;
mod endpoints;
mod events;
mod health;
mod inbound;
mod login;
mod metrics;
mod peer;
pub(crate) mod query;
mod redeliveries;
mod stats;

#[cfg(feature = "ui")]
mod assets;
#[cfg(feature = "ui")]
mod pages;

pub use login::Sessions;

use crate::gateway::Gateway;
use crate::live::stream;
use crate::problem::Problem;
use axum::Router;
use axum::routing::{get, post};
use http::StatusCode;

/// Everything that this gateway answers.
pub fn router(gateway: &Gateway) -> Router {
    let api = api(gateway);
    let others = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(gateway.clone());
    #[cfg(feature = "ui")]
    let others = others.merge(pages::router(api.clone()));
    others
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::only_known_hosts))
        .merge(api)
        // Before everything else: what is posted there is judged by its signature, not by who sends it.
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), inbound::take))
}

/// The API alone, which the dashboard's pages also call in process.
fn api(gateway: &Gateway) -> Router {
    let v1 = Router::new()
        .route("/events", post(events::post).get(events::list))
        .route("/events/{id}", get(events::one))
        .route("/deliveries", get(deliveries::list))
        .route("/deliveries/{id}", get(deliveries::one))
        .route("/deliveries/{id}/redeliver", post(deliveries::redeliver))
        .route("/deliveries/{id}/cancel", post(deliveries::cancel))
        .route("/redeliveries", post(redeliveries::ask))
        .route("/endpoints", get(endpoints::list).post(endpoints::make))
        .route("/endpoints/{name}", get(endpoints::one).patch(endpoints::change).delete(endpoints::remove))
        .route("/endpoints/{name}/pause", post(endpoints::pause))
        .route("/endpoints/{name}/resume", post(endpoints::resume))
        .route("/endpoints/{name}/check", post(endpoints::check))
        .route("/endpoints/{name}/test", post(endpoints::test))
        .route("/endpoints/{name}/rotate-secret", post(endpoints::rotate_secret))
        .route("/endpoints/{name}/preview", post(endpoints::preview))
        .route("/inbound", get(inbound::list))
        .route("/hits", get(inbound::hits))
        .route("/hits/{id}", get(inbound::hit))
        .route("/hits/{id}/replay", post(inbound::replay))
        .route("/agent", get(inbound::agent))
        .route("/agent/check", post(inbound::check_agent))
        .route("/stats", get(stats::stats))
        .route("/audit", get(audit::list))
        .route("/config", get(config::config))
        .route("/stream", get(stream::stream))
        .route("/login", post(login::login))
        .route("/logout", post(login::logout))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method);
    Router::new()
        .nest("/api/v1", v1)
        .route("/metrics", get(metrics::metrics))
        .route("/api/{*rest}", axum::routing::any(unknown))
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::check))
        .with_state(gateway.clone())
}

async fn unknown(uri: http::Uri) -> Problem {
    Problem::not_found("resource", uri.path())
}

async fn wrong_method(method: http::Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not for this resource; the header Allow lists what is"),
    )
}
