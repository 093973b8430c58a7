//! What the dashboard makes the gateway do; each answers with what the gateway said.

use super::{Method, ask, segment, send};
use crate::state::Filter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::{Agent, Check, Delivery, DeliveryId, Endpoint, EventType, HitId, Problem, SentRequest, Time};

/// Signs in; the answer sets the cookie.
pub async fn login(token: &str) -> Result<(), Problem> {
    let body = json!({ "token": token }).to_string();
    send(Method::Post, "/api/v1/login", Some(body)).await.map(drop)
}

/// Signs out; the answer takes the cookie away.
pub async fn logout() -> Result<(), Problem> {
    send(Method::Post, "/api/v1/logout", None).await.map(drop)
}

/// Ends a delivery that waits.
pub async fn cancel(id: &str) -> Result<Delivery, Problem> {
    ask(Method::Post, &format!("/api/v1/deliveries/{}/cancel", segment(id)), None).await
}

/// Sends a delivery again.
pub async fn redeliver(id: &str) -> Result<(), Problem> {
    send(Method::Post, &format!("/api/v1/deliveries/{}/redeliver", segment(id)), None).await.map(drop)
}

/// What a redelivery of many found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// Deliveries that match.
    pub matched: u64,
    /// Those that go out again.
    pub queued: u64,
}

/// Sends everything again that `filter` shows, at most so many a second; or only counts it.
pub async fn redeliver_many(
    filter: &Filter,
    now: Time,
    per_second: Option<f64>,
    only_count: bool,
) -> Result<Found, Problem> {
    let mut asked = json!({ "dryRun": only_count });
    let mut set = |name: &str, value: Value| {
        if value.as_array().is_none_or(|list| !list.is_empty()) {
            asked[name] = value;
        }
    };
    set("status", json!(filter.statuses));
    set("endpoint", json!(filter.endpoints));
    set("type", json!(filter.types));
    set("reason", json!(filter.reasons));
    for (name, value) in [("agentId", &filter.agent), ("eventId", &filter.event), ("q", &filter.text)] {
        if let Some(value) = value {
            set(name, value.as_str().into());
        }
    }
    if let Some(since) = filter.since_at(now) {
        set("since", since.to_string().into());
    }
    if let Some(per_second) = per_second {
        set("perSecond", per_second.into());
    }
    ask(Method::Post, "/api/v1/redeliveries", Some(asked.to_string())).await
}

/// Sends these again, at most 500; or only counts them.
pub async fn redeliver_these(ids: &[DeliveryId], only_count: bool) -> Result<Found, Problem> {
    let asked = json!({ "ids": ids, "dryRun": only_count });
    ask(Method::Post, "/api/v1/redeliveries", Some(asked.to_string())).await
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

/// What an endpoint would be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Whether it would be sent at all.
    pub matches: bool,
    /// Why not.
    pub why: Option<String>,
    /// The request.
    pub request: Option<SentRequest>,
}

/// Asks an endpoint now whether it answers.
pub async fn check_endpoint(name: &str) -> Result<Check, Problem> {
    ask(Method::Post, &format!("/api/v1/endpoints/{}/check", segment(name)), None).await
}

/// Sends an endpoint a sample event: of this type, or of the first that it wants.
pub async fn test_endpoint(name: &str, event_type: Option<EventType>) -> Result<Delivery, Problem> {
    let body = event_type.map_or_else(|| json!({}), |event_type| json!({ "type": event_type })).to_string();
    ask(Method::Post, &format!("/api/v1/endpoints/{}/test", segment(name)), Some(body)).await
}

/// Holds an endpoint's deliveries back, or lets them out.
pub async fn pause_endpoint(name: &str, pause: bool) -> Result<Endpoint, Problem> {
    let verb = if pause { "pause" } else { "resume" };
    ask(Method::Post, &format!("/api/v1/endpoints/{}/{verb}", segment(name)), None).await
}

/// Makes an endpoint of its definition.
pub async fn make_endpoint(definition: &Value) -> Result<Endpoint, Problem> {
    ask(Method::Post, "/api/v1/endpoints", Some(definition.to_string())).await
}

/// Changes an endpoint that was made here.
pub async fn change_endpoint(name: &str, patch: &Value) -> Result<Endpoint, Problem> {
    ask(Method::Patch, &format!("/api/v1/endpoints/{}", segment(name)), Some(patch.to_string())).await
}

/// Removes an endpoint that was made here.
pub async fn remove_endpoint(name: &str) -> Result<(), Problem> {
    send(Method::Delete, &format!("/api/v1/endpoints/{}", segment(name)), None).await.map(drop)
}

/// Gives an endpoint that was made here a new secret: the only time it is told.
pub async fn rotate_secret(name: &str) -> Result<String, Problem> {
    #[derive(Deserialize)]
    struct Rotated {
        secret: String,
    }
    let path = format!("/api/v1/endpoints/{}/rotate-secret", segment(name));
    ask::<Rotated>(Method::Post, &path, None).await.map(|rotated| rotated.secret)
}

/// Tells the secret of an endpoint that was made here; the audit keeps that it was asked.
pub async fn reveal_secret(name: &str) -> Result<String, Problem> {
    #[derive(Deserialize)]
    struct Revealed {
        secret: String,
    }
    let path = format!("/api/v1/endpoints/{}/reveal", segment(name));
    ask::<Revealed>(Method::Post, &path, None).await.map(|revealed| revealed.secret)
}

/// What an endpoint would be sent for an event (as text, or `{"eventId":…}`).
pub async fn preview(name: &str, event: String) -> Result<Preview, Problem> {
    ask(Method::Post, &format!("/api/v1/endpoints/{}/preview", segment(name)), Some(event)).await
}
