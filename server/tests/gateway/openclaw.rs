//! A stand-in for OpenClaw's two ways to ask an agent, with the answers that a real one was seen to give.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const TOKEN: &str = "agent-token";

/// A request as the agent got it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Task {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("the header {name}")).to_str().unwrap()
    }
}

/// The stand-in: answers the first tasks as it was told, and well from then on.
#[derive(Clone)]
pub(crate) struct OpenClaw {
    pub(crate) address: SocketAddr,
    tasks: Arc<watch::Sender<Vec<Task>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    /// While this holds, tasks are taken and not answered.
    pub(crate) works: Arc<watch::Sender<bool>>,
}

impl OpenClaw {
    pub(crate) async fn start() -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn start_at(listener: TcpListener) -> Self {
        let openclaw = Self {
            address: listener.local_addr().unwrap(),
            tasks: Arc::default(),
            answers: Arc::default(),
            works: Arc::default(),
        };
        let router = Router::new()
            .route("/healthz", get(async || axum::Json(json!({ "ok": true, "status": "live" }))))
            .route("/readyz", get(async || axum::Json(json!({ "ready": true, "failing": [] }))))
            .route("/v1/models", get(async || {
                axum::Json(json!({ "object": "list", "data": [{ "id": "openclaw" }, { "id": "openclaw/devops-agent" }] }))
            }))
            .route("/{*path}", post(take))
            .with_state(openclaw.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        openclaw
    }

    pub(crate) fn config(&self, mode: &str) -> Value {
        json!({ "url": format!("http://{}", self.address), "token": TOKEN, "mode": mode })
    }

    /// Answers so to the next task that has none yet.
    pub(crate) fn answer_next(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    /// Waits until it has got so many tasks, and gives them all.
    pub(crate) async fn got(&self, count: usize) -> Vec<Task> {
        let mut tasks = self.tasks.subscribe();
        let enough = tasks.wait_for(|tasks| tasks.len() >= count);
        tokio::time::timeout(Duration::from_secs(20), enough)
            .await
            .expect("the tasks in time")
            .unwrap()
            .clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.tasks.borrow().len()
    }
}

async fn take(
    State(openclaw): State<OpenClaw>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get("authorization").is_none_or(|given| given != &format!("Bearer {TOKEN}")) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    let json: Value = serde_json::from_slice(&body).unwrap();
    let mut number = 0;
    openclaw.tasks.send_modify(|tasks| {
        tasks.push(Task { path: format!("/{path}"), headers, body });
        number = tasks.len();
    });
    let _ = openclaw.works.subscribe().wait_for(|works| !works).await;
    let told = openclaw.answers.lock().unwrap().pop_front();
    if let Some((status, body)) = told {
        return (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response();
    }
    let answer = if path == "hooks/agent" {
        json!({ "ok": true, "runId": format!("http-{number}"),
            "completion": { "status": "ok", "replyDisposition": "visible", "delivered": false } })
    } else {
        let said = json["messages"][0]["content"].as_str().unwrap().lines().nth(2).unwrap().to_owned();
        json!({ "id": format!("chatcmpl_{number}"), "object": "chat.completion", "model": json["model"],
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": format!("reply: {said}") },
                "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 111, "completion_tokens": 22, "total_tokens": 133 } })
    };
    axum::Json(answer).into_response()
}
