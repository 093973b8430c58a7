//! A whole gateway in this process, with its database in a folder of its own, for what can't be asked without one.

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::gateway::{Gateway, Running};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// The one gateway of this process.
pub(crate) static GATEWAY: LazyLock<Fuzzed> = LazyLock::new(Fuzzed::start);

pub(crate) struct Fuzzed {
    /// One thread, so that an input reaches the same code each time.
    runtime: Runtime,
    router: axum::Router,
    _running: Running,
    _folder: TempDir,
}

impl Fuzzed {
    fn start() -> Self {
        let runtime =
            Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"));
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let database = format!("sqlite://{}", folder.path().join("fuzz.db").display());
        let webhooks = json!({ "webhooks": {
            // Disabled: nothing is sent anywhere.
            "endpoints": [{ "name": "crm", "url": "https://a.example", "events": ["*"], "enabled": false }],
            "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}" } } },
            "server": { "database": database, "listen": "127.0.0.1:0" },
        } });
        let config = Config::parse(&webhooks.to_string(), Path::new("/nowhere/openclaw.json5"), &|_| None);
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        let started = runtime.block_on(Gateway::start(config, Clock::system(), false));
        let (gateway, running) = started.unwrap_or_else(|error| panic!("{error}"));
        let router = server::http::router(&gateway);
        let fuzzed = Self { runtime, router, _running: running, _folder: folder };
        for count in 0..3 {
            let event = json!({ "type": "message.sent", "data": { "agentId": "main", "count": count } });
            let (status, answer) = fuzzed.ask("POST", "/api/v1/events", &event.to_string());
            assert_eq!(status, 202, "{answer}");
            let hit = fuzzed.ask("POST", "/webhooks/inbound/deploy", r#"{"repo":"shop"}"#);
            assert_eq!(hit.0, 202, "{}", hit.1);
        }
        fuzzed
    }

    /// What it answers, and that it is what every answer of the API is: JSON, a problem with a word where it refuses, and no
    /// fault of its own.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(target).header("host", "localhost");
        let request = request.body(Body::from(body.to_owned())).unwrap_or_else(|error| panic!("{error}"));
        let (status, bytes) = self.runtime.block_on(async {
            let answer = self.answer(request).await;
            let (parts, body) = answer.into_parts();
            (parts.status, body.collect().await.unwrap_or_else(|error| panic!("{error}")).to_bytes())
        });
        let text = String::from_utf8_lossy(&bytes);
        assert!(!status.is_server_error(), "{method} {target}: {status}: {text}");
        let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{target}: {error}: {text}"));
        (status, value)
    }

    pub(crate) async fn answer(&self, mut request: Request) -> Response<Body> {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}
