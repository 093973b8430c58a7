//! One life of the gateway: the real program, started on the folder that the life before left behind.

use crate::{CONCURRENCY, PATIENCE, within};
use serde_json::json;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use wire::{Delivery, List};

const LOG: &str = "gateway.log";
/// Between two looks at the list of what waits.
const LOOKS_EVERY: Duration = Duration::from_millis(10);

pub(crate) struct Gateway {
    pub(crate) url: String,
    /// Killed when this is dropped.
    process: Child,
}

impl Gateway {
    pub(crate) async fn start(folder: &Path, life: u32, receiver: &str) -> Self {
        let config = folder.join("openclaw.json5");
        std::fs::write(&config, webhooks(folder, life, receiver).to_string()).unwrap();
        let log = File::options().append(true).create(true).open(folder.join(LOG)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
            .args(["serve", "--config"])
            .arg(&config)
            .env_remove("OPENCLAW_WEBHOOKS_LOG")
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = within(PATIENCE, "the gateway's address", lines.next_line()).await.unwrap();
        let url = first.as_deref().and_then(|line| line.strip_prefix("Listening on "));
        let log = || std::fs::read_to_string(folder.join(LOG)).unwrap();
        let url = url.unwrap_or_else(|| panic!("start {life} failed: {first:?}\n{}", log())).to_owned();
        Self { url, process }
    }

    /// SIGKILL; returns once the process is gone, and its lock on the database with it.
    pub(crate) async fn kill(mut self) {
        let early = self.process.try_wait().unwrap();
        assert!(early.is_none(), "it ended before it was killed: {early:?}");
        within(PATIENCE, "the end of a killed process", self.process.kill()).await.unwrap();
    }

    /// The events of the newest deliveries that are shown as delivered.
    pub(crate) async fn delivered(&self) -> Vec<String> {
        let delivered = self.deliveries("status=delivered&limit=500").await;
        delivered.into_iter().map(|delivery| delivery.event_id.to_string()).collect()
    }

    /// Waits until no delivery is waiting or on its way.
    pub(crate) async fn nothing_waits(&self) {
        // All at once, for a delivery may go from one to another between two requests.
        const OPEN: &str = "status=pending&status=retrying&status=held&status=delivering";
        let started = Instant::now();
        loop {
            let open = self.deliveries(OPEN).await;
            if open.is_empty() {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "after {PATIENCE:?} these still wait: {open:#?}");
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    async fn deliveries(&self, query: &str) -> Vec<Delivery> {
        let request = client().get(format!("{}api/v1/deliveries?{query}", self.url));
        let response = request.send().await.unwrap().error_for_status().unwrap();
        response.json::<List<Delivery>>().await.unwrap().items
    }
}

/// One that speaks to this machine alone, whatever the environment says of proxies.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// What all lives together logged beside information.
pub(crate) fn complaints(folder: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(folder.join(LOG)).unwrap();
    log.lines().filter(|line| !line.contains(r#""level":"INFO""#)).map(str::to_owned).collect()
}

/// Each life puts its number on what it sends: the receiver may read a request after its sender was killed.
fn webhooks(folder: &Path, life: u32, receiver: &str) -> serde_json::Value {
    json!({ "webhooks": {
        "endpoints": [{
            "name": "ledger", "url": receiver, "events": ["*"], "concurrency": CONCURRENCY,
            "headers": { "X-Life": life.to_string() },
        }],
        "server": {
            "listen": "127.0.0.1:0",
            "database": format!("sqlite://{}", folder.join("gateway.db").display()),
        },
        "network": { "allow": ["127.0.0.1"] },
    } })
}
