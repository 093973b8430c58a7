//! A gateway that holds everything that the document's examples name.

use crate::openclaw::OpenClaw;
use crate::support::{Gateway, Receiver};
use serde_json::{Value, json};

/// What the document's ids end in.
const UUID: &str = "019cebe2b3407c1e9f0a5d3b7e61c824";

pub(super) struct Seeded {
    pub(super) gateway: Gateway,
    delivery: String,
    hit: String,
}

impl Seeded {
    pub(super) async fn start() -> Self {
        let (receiver, openclaw) = (Receiver::healthy().await, OpenClaw::start().await);
        let gateway = Gateway::start(json!({
            "agent": openclaw.config("hooks"),
            "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}",
                "dispatch": { "mode": "none" } } } },
            "server": { "adminToken": "the-admin-token", "viewerToken": "the-viewer-token",
                "ingestToken": "the-ingest-token" },
        }))
        .await;
        let mut seeded = Self { gateway, delivery: String::new(), hit: String::new() };
        let endpoint =
            json!({ "name": "main-webhook", "url": receiver.url(), "events": ["*"], "secret": "s3cret" });
        seeded.must("/api/v1/endpoints", &endpoint).await;
        // Its delivery waits, whatever is done with it.
        seeded.must("/api/v1/endpoints/main-webhook/pause", &json!({})).await;
        let event = json!({ "id": format!("evt_{UUID}"), "type": "message.sent", "data": { "agentId": "support-bot" } });
        seeded.must("/api/v1/events", &event).await;
        let (_, deliveries) = seeded.ask("GET", "/api/v1/deliveries").await;
        seeded.delivery = deliveries["items"][0]["id"].as_str().unwrap().to_owned();
        let hit = seeded.must("/webhooks/inbound/deploy", &json!({ "repo": "shop" })).await;
        hit["id"].as_str().unwrap().clone_into(&mut seeded.hit);
        seeded
    }

    pub(super) async fn document(&self) -> Value {
        self.ask("GET", "/api/v1/openapi.json").await.1
    }

    /// A documented path with its parameters' values in their places.
    pub(super) fn url<'a>(&self, path: &str, value: impl Fn(&str) -> &'a str) -> String {
        let parts = path.split(['{', '}']).enumerate();
        let filled = parts.map(|(index, part)| if index % 2 == 0 { part } else { value(part) });
        let path: String = filled.collect();
        path.replace(&format!("dlv_{UUID}"), &self.delivery).replace(&format!("hit_{UUID}"), &self.hit)
    }

    pub(super) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.gateway.http.request(method.parse().unwrap(), self.gateway.url(path));
        request.bearer_auth("the-admin-token")
    }

    /// The cookie of a login with this token.
    pub(super) async fn cookie(&self, token: &str) -> String {
        let login = self.gateway.http.post(self.gateway.url("/api/v1/login"));
        let answer = login.json(&json!({ "token": token })).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(super) async fn ask(&self, method: &str, path: &str) -> (u16, Value) {
        read(self.request(method, path)).await
    }

    pub(super) async fn try_example(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.request(method, path);
        if path.starts_with("/api/v1/stream") {
            request = request
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            return (request.send().await.unwrap().status().as_u16(), Value::Null);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        read(request).await
    }

    async fn must(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.try_example("POST", path, Some(body)).await;
        assert!(status < 300, "{path}: {answer}");
        answer
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// Every example of a body; `None` where there is no body.
pub(super) fn bodies(operation: &Value) -> Vec<Option<Value>> {
    let media = &operation["requestBody"]["content"]["application/json"];
    if !media.is_object() {
        return vec![None];
    }
    let named = media["examples"].as_object().into_iter().flat_map(|named| named.values());
    let values: Vec<Option<Value>> =
        named.map(|example| &example["value"]).chain(media.get("example")).cloned().map(Some).collect();
    assert!(!values.is_empty(), "{} has no example of its body", operation["operationId"]);
    values
}

/// Without parameters, with each alone, and with all that are told.
pub(super) fn queries(parameters: &[Value]) -> Vec<String> {
    let each: Vec<String> = parameters
        .iter()
        .filter(|parameter| parameter["in"] == "query" && parameter.get("example").is_some())
        .map(|parameter| {
            let name = parameter["name"].as_str().unwrap();
            let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let one = |value: &Value| {
                form_urlencoded::Serializer::new(String::new()).append_pair(name, &words(value)).finish()
            };
            match &parameter["example"] {
                Value::Array(values) => values.iter().map(one).collect::<Vec<_>>().join("&"),
                value => one(value),
            }
        })
        .collect();
    let all = (each.len() > 1).then(|| each.join("&"));
    let asked = each.iter().cloned().chain(all).map(|query| format!("?{query}"));
    std::iter::once(String::new()).chain(asked).collect()
}
