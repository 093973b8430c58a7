//! What the dashboard makes the gateway do; each answers with what the gateway said.

use super::{Method, ask, segment, send};
use serde::Deserialize;
use serde_json::json;
use wire::{Agent, HitId, Problem};

/// Signs in; the answer sets the cookie.
pub async fn login(token: &str) -> Result<(), Problem> {
    let body = json!({ "token": token }).to_string();
    send(Method::Post, "/api/v1/login", Some(body)).await.map(drop)
}

/// Sends a delivery again.
pub async fn redeliver(id: &str) -> Result<(), Problem> {
    send(Method::Post, &format!("/api/v1/deliveries/{}/redeliver", segment(id)), None).await.map(drop)
}

/// Starts a new run with the same body; gives the new hit's id.
pub async fn replay(id: &str) -> Result<HitId, Problem> {
    #[derive(Deserialize)]
    struct Replayed {
        id: HitId,
    }
    let path = format!("/api/v1/hits/{}/replay", segment(id));
    ask::<Replayed>(Method::Post, &path, None).await.map(|replayed| replayed.id)
}

/// Asks the agent now how it does.
pub async fn check_agent() -> Result<Agent, Problem> {
    ask(Method::Post, "/api/v1/agent/check", None).await
}
