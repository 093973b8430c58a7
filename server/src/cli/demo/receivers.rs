//! The demo's receivers: one that answers, one that takes its time, one that often fails, and one that is not there.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};
use rand::Rng;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where they are.
pub(super) struct Receivers {
    /// The first three, by path: `/healthy`, `/slow`, `/flaky`.
    pub(super) address: SocketAddr,
    /// Where nobody listens.
    pub(super) nobody: SocketAddr,
}

pub(super) async fn start() -> std::io::Result<Receivers> {
    let router = Router::new()
        .route("/healthy", post(healthy))
        .route("/slow", post(slow))
        .route("/flaky", post(flaky));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // A port that was free a moment ago, and that nobody was told of.
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Receivers { address, nobody })
}

async fn healthy() -> impl IntoResponse {
    pause(3, 25).await;
    axum::Json(serde_json::json!({ "stored": true }))
}

async fn slow() -> impl IntoResponse {
    pause(700, 2600).await;
    StatusCode::NO_CONTENT
}

async fn flaky() -> Response {
    pause(10, 90).await;
    match chance() {
        lot if lot < 0.55 => axum::Json(serde_json::json!({ "ticket": "updated" })).into_response(),
        lot if lot < 0.80 => {
            (StatusCode::SERVICE_UNAVAILABLE, "the ticket database is busy\n").into_response()
        }
        lot if lot < 0.95 => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")], "slow down\n").into_response()
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, r#"{"error":"no queue of this name"}"#).into_response(),
    }
}

async fn pause(shortest_ms: u64, longest_ms: u64) {
    let ms = rand::rng().random_range(shortest_ms..longest_ms);
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn chance() -> f64 {
    rand::rng().random()
}
