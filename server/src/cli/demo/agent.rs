//! The demo's agent: answers chats as OpenClaw does, after a moment, each with a sentence. It knows nothing and does nothing.

use axum::Json;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// What it wants to see.
pub(super) const TOKEN: &str = "demo-agent";
/// The agent that it has.
pub(super) const NAME: &str = "devops-agent";

/// What it says where something failed, and where not.
const SORRY: [&str; 2] = [
    "I looked into it: one test timed out and passes when it is run again. I started the pipeline once more.",
    "It failed in the last step, after the images were built. I wrote to whoever merged last.",
];
const GLAD: [&str; 3] = [
    "Noted, and the team knows. Nothing else to do.",
    "All checks are green since. I closed the deployment's ticket.",
    "Good. I have put it into the release notes of today.",
];

pub(super) async fn start() -> std::io::Result<SocketAddr> {
    let router = Router::new()
        .route("/healthz", get(async || Json(json!({ "ok": true, "status": "live" }))))
        .route("/readyz", get(async || Json(json!({ "ready": true, "failing": [] }))))
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(chat));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn models(headers: HeaderMap) -> Response {
    if !knows(&headers) {
        return stranger();
    }
    let models = json!([{ "id": "openclaw" }, { "id": format!("openclaw/{NAME}") }]);
    Json(json!({ "object": "list", "data": models })).into_response()
}

async fn chat(headers: HeaderMap, Json(asked): Json<Value>) -> Response {
    if !knows(&headers) {
        return stranger();
    }
    let ms = rand::rng().random_range(1000..2500);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    let prompt = asked["messages"][0]["content"].as_str().unwrap_or_default();
    let reply = reply(prompt);
    // Of four letters a token, as a model counts them roughly.
    let (given, said) = (prompt.len() / 4, reply.len() / 4);
    Json(json!({
        "id": format!("chatcmpl_{:016x}", rand::rng().random::<u64>()),
        "object": "chat.completion",
        "model": asked["model"],
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": reply }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": given, "completion_tokens": said, "total_tokens": given + said },
    }))
    .into_response()
}

fn reply(prompt: &str) -> &'static str {
    let sentences = if prompt.contains("failed") { &SORRY[..] } else { &GLAD };
    sentences.choose(&mut rand::rng()).copied().unwrap_or(GLAD[0])
}

fn knows(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|given| given == format!("Bearer {TOKEN}").as_str())
}

fn stranger() -> Response {
    (StatusCode::UNAUTHORIZED, "Unauthorized").into_response()
}
