//! The posters: each posts one event after another, and the same one again and again until it is accepted.

use crate::gateway::client;
use crate::{PATIENCE, within};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

const POSTERS: usize = 6;
/// Between two events of a poster. The receiver keeps up with this, whatever the machine: what is open stays little.
const PAUSE_MS: RangeInclusive<u64> = 4..=16;

pub(crate) struct Posters {
    /// The number and address of the last start.
    gateway: watch::Sender<(u32, String)>,
    stopping: Arc<AtomicBool>,
    tasks: JoinSet<Vec<String>>,
}

impl Posters {
    pub(crate) fn start(random: &mut StdRng) -> Self {
        let (gateway, stopping) = (watch::Sender::default(), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        for number in 0..POSTERS {
            let poster = Poster {
                number,
                random: StdRng::from_rng(random),
                client: client(),
                gateway: gateway.subscribe(),
            };
            tasks.spawn(poster.run(Arc::clone(&stopping)));
        }
        Self { gateway, stopping, tasks }
    }

    /// Tells of another start of the gateway.
    pub(crate) fn go_to(&self, life: u32, url: &str) {
        self.gateway.send_replace((life, url.to_owned()));
    }

    /// Has each end once its last event is accepted; gives the ids of all.
    pub(crate) async fn stop(self) -> HashSet<String> {
        self.stopping.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().flatten().collect()
    }
}

struct Poster {
    number: usize,
    random: StdRng,
    client: reqwest::Client,
    gateway: watch::Receiver<(u32, String)>,
}

impl Poster {
    async fn run(mut self, stopping: Arc<AtomicBool>) -> Vec<String> {
        let mut accepted = Vec::new();
        while !stopping.load(Ordering::Relaxed) {
            let id = format!("evt_{}_{}", self.number, accepted.len());
            self.post(&id).await;
            accepted.push(id);
            tokio::time::sleep(Duration::from_millis(self.random.random_range(PAUSE_MS))).await;
        }
        accepted
    }

    /// Posts to one start of the gateway after the other until one accepts.
    async fn post(&mut self, id: &str) {
        let (mut tried, mut failures) = (0, Vec::new());
        loop {
            // What fails was killed. If it was not, the next start is waited for in vain, and the failures tell why.
            let what = format!("after {failures:?} a gateway for {id}");
            let next = self.gateway.wait_for(|(life, _)| *life > tried);
            let (life, url) = within(PATIENCE, &what, next).await.unwrap().clone();
            tried = life;
            match self.answer(&url, id).await {
                Ok((status, answer)) => {
                    assert_eq!((status, &answer["id"]), (202, &json!(id)), "{answer}");
                    let known = answer["duplicate"] == true;
                    assert!(!known || !failures.is_empty(), "{id} is taken for a duplicate of nothing");
                    return;
                }
                // It may be stored or not: the same id again makes sure.
                Err(failure) => failures.push(failure.to_string()),
            }
        }
    }

    async fn answer(&self, url: &str, id: &str) -> Result<(u16, Value), reqwest::Error> {
        let event = json!({ "id": id, "type": "tool.called", "data": { "agentId": "main" } });
        let response = self.client.post(format!("{url}api/v1/events")).body(event.to_string()).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }
}
