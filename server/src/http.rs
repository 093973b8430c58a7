//! The HTTP side: the API under `/api/v1`, the live stream, health, and (with the feature `ui`) the dashboard.

mod access;
mod audit;
pub(crate) mod browsers;
mod config;
mod deliveries;
mod docs;
mod endpoints;
mod events;
mod guesses;
mod health;
mod inbound;
mod login;
mod metrics;
pub(crate) mod openapi;
mod peer;
pub(crate) mod query;
mod redeliveries;
mod stats;

#[cfg(feature = "ui")]
mod assets;
#[cfg(feature = "ui")]
mod pages;

pub use login::Sessions;

use crate::config::Role;
use crate::gateway::Gateway;
use crate::live::stream;
use crate::problem::Problem;
use axum::Router;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Everything that this gateway answers.
pub fn router(gateway: &Gateway) -> Router {
    if gateway.server.role == Role::Worker {
        return probes_and_metrics(gateway);
    }
    let api = api(gateway);
    let others = probes().split_for_parts().0.with_state(gateway.clone());
    #[cfg(feature = "ui")]
    let others = others.merge(pages::router(api.clone(), gateway.feed.clone()));
    others
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::only_known_hosts))
        .merge(api)
        // Before everything else: what is posted there is judged by its signature, not by its token. Where nothing is signed it
        // still asks whether a page of another site sends it.
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), inbound::take))
}

/// All that a gateway answers which only sends.
fn probes_and_metrics(gateway: &Gateway) -> Router {
    let metrics = OpenApiRouter::new()
        .routes(routes!(metrics::metrics))
        .split_for_parts()
        .0
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::check))
        .with_state(gateway.clone());
    let probes = probes().split_for_parts().0.with_state(gateway.clone());
    probes
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::only_known_hosts))
        .merge(metrics)
        .fallback(unknown)
}

/// The API alone, which the dashboard's pages also call in process.
fn api(gateway: &Gateway) -> Router {
    described()
        .split_for_parts()
        .0
        .route("/api/{*rest}", axum::routing::any(unknown))
        .layer(axum::middleware::from_fn_with_state(gateway.clone(), access::check))
        .with_state(gateway.clone())
}

/// Every route of the API, each with the note that describes it: what is served and what is described are one list.
fn described() -> OpenApiRouter<Gateway> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(events::post, events::list))
        .routes(routes!(events::one))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::one))
        .routes(routes!(deliveries::redeliver))
        .routes(routes!(deliveries::cancel))
        .routes(routes!(redeliveries::ask))
        .routes(routes!(endpoints::list, endpoints::make))
        .routes(routes!(endpoints::one, endpoints::change, endpoints::remove))
        .routes(routes!(endpoints::pause))
        .routes(routes!(endpoints::resume))
        .routes(routes!(endpoints::check))
        .routes(routes!(endpoints::checks))
        .routes(routes!(endpoints::test))
        .routes(routes!(endpoints::secrets::rotate_secret))
        .routes(routes!(endpoints::secrets::reveal))
        .routes(routes!(endpoints::preview))
        .routes(routes!(inbound::list))
        .routes(routes!(inbound::hits))
        .routes(routes!(inbound::hit))
        .routes(routes!(inbound::replay))
        .routes(routes!(inbound::agent))
        .routes(routes!(inbound::check_agent))
        .routes(routes!(stats::stats))
        .routes(routes!(audit::list))
        .routes(routes!(config::config))
        .routes(routes!(stream::stream))
        .routes(routes!(login::login))
        .routes(routes!(login::logout))
        .routes(routes!(openapi::openapi));
    let (v1, document) = v1.split_for_parts();
    // What nothing answers belongs to the API's own prefix, and to no description.
    let v1 = v1.fallback(unknown).method_not_allowed_fallback(wrong_method);
    OpenApiRouter::new()
        .nest("/api/v1", OpenApiRouter::from(v1).merge(OpenApiRouter::with_openapi(document)))
        .routes(routes!(docs::page))
        .routes(routes!(docs::style))
        .routes(routes!(metrics::metrics))
}

/// What a load balancer asks.
fn probes() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz))
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
