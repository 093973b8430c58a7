//! The agent: takes a second for each task, and keeps which came.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const WORKS_FOR: Duration = Duration::from_secs(1);

pub(crate) struct Agent {
    pub(crate) address: SocketAddr,
    /// How often each task came, by its key.
    tasks: Tasks,
}

type Tasks = Arc<Mutex<HashMap<String, usize>>>;

impl Agent {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let tasks = Tasks::default();
        let router = Router::new().route("/hooks/agent", post(take)).with_state(Arc::clone(&tasks));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, tasks }
    }

    /// Returns once so many tasks came, and says how many of them came more than once.
    pub(crate) async fn wait_for(&self, count: usize, patience: Duration) -> usize {
        let started = Instant::now();
        loop {
            if let Ok(tasks) = self.tasks.lock()
                && tasks.len() >= count
            {
                return tasks.values().filter(|times| **times > 1).count();
            }
            assert!(started.elapsed() < patience, "some tasks never came");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn take(State(tasks): State<Tasks>, headers: HeaderMap) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().expect("a key").to_owned();
    *tasks.lock().expect("the tasks").entry(key).or_default() += 1;
    tokio::time::sleep(WORKS_FOR).await;
    Json(json!({ "ok": true, "runId": "r", "completion": { "status": "ok", "replyDisposition": "visible" } }))
}
