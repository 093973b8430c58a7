//! Hits that come to many gateways: the agent is asked once for each, by no more at once than one gateway would; and what a
//! gateway that died was asking is asked again by another, under the same key.

use crate::database_server;
use crate::gateway::{Gateway, Place};
use crate::postgres::Server;
use crate::until;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long it takes until a gateway that came is known to all.
const SETTLED: Duration = Duration::from_millis(6500);
const HITS: usize = 24;

/// What the agent was asked.
#[derive(Clone, Default)]
struct Agent {
    /// How often, by the key.
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Now, and at most.
    at_once: Arc<Mutex<(usize, usize)>>,
    /// While this holds, it works and does not answer.
    stalls: Arc<watch::Sender<bool>>,
}

impl Agent {
    async fn start() -> (Self, Value) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let agent = Self::default();
        let router = Router::new().route("/hooks/agent", post(ask)).with_state(agent.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (agent, json!({ "url": url, "token": "token" }))
    }

    fn asked(&self) -> BTreeMap<String, usize> {
        self.asked.lock().unwrap().clone()
    }
}

/// Over when it is answered, or when who asked is gone.
struct Visit(Agent);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.at_once.lock().unwrap().0 -= 1;
    }
}

async fn ask(State(agent): State<Agent>, headers: HeaderMap) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    *agent.asked.lock().unwrap().entry(key).or_default() += 1;
    let visit = {
        let mut at_once = agent.at_once.lock().unwrap();
        at_once.0 += 1;
        at_once.1 = at_once.1.max(at_once.0);
        Visit(agent.clone())
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _ = agent.stalls.subscribe().wait_for(|stalls| !stalls).await;
    drop(visit);
    Json(json!({ "ok": true, "runId": "r", "completion": { "status": "ok", "replyDisposition": "visible" } }))
}

/// Waits until the run of each of these hits came to a good end, as this gateway shows it.
async fn all_succeed(gateway: &Gateway, hits: &BTreeSet<String>) {
    for hit in hits {
        until("a run's good end", async || {
            (gateway.get(&format!("hits/{hit}")).await["run"]["status"] == "succeeded").then_some(())
        })
        .await;
    }
}

async fn place(server: &Server, database: &str) -> (Agent, Place) {
    let (agent, config) = Agent::start().await;
    let mut place = Place::new(server.create(database), json!([]));
    place.more = json!({
        "agent": config,
        "inbound": { "endpoints": { "deploy": {
            "agentId": "ops", "template": "{{body.number}}", "concurrency": 3, "callback": false,
        } } },
    });
    (agent, place)
}

#[tokio::test]
async fn the_agent_is_asked_once_for_each_hit() {
    let server = database_server();
    let (agent, place) = place(&server, "runs").await;
    let [one, two] = [place.start("one").await, place.start("two").await];
    tokio::time::sleep(SETTLED).await;
    let mut hits = BTreeSet::new();
    for number in 0..HITS {
        let gateway = if number % 2 == 0 { &one } else { &two };
        hits.insert(gateway.hit("deploy", &json!({ "number": number })).await);
    }
    all_succeed(&one, &hits).await;
    all_succeed(&two, &hits).await;
    let asked = agent.asked();
    assert_eq!(asked.keys().collect::<Vec<_>>(), hits.iter().collect::<Vec<_>>());
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    assert!(agent.at_once.lock().unwrap().1 <= 3, "more at once than the endpoint may have");
}

#[tokio::test]
async fn what_a_gateway_that_died_was_asking_is_asked_again() {
    let server = database_server();
    let (agent, place) = place(&server, "asking").await;
    agent.stalls.send_replace(true);
    let one = place.start("one").await;
    let hit = one.hit("deploy", &json!({ "number": 1 })).await;
    until("that it is asked for", async || agent.asked().contains_key(&hit).then_some(())).await;
    let two = place.start("two").await;
    one.kill().await;
    until("that it is asked for again", async || (agent.asked()[&hit] == 2).then_some(())).await;
    agent.stalls.send_replace(false);
    all_succeed(&two, &BTreeSet::from([hit])).await;
}
