//! The gateway under load: the real program, a process of its own, on a real disk.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Clock ticks a second in `/proc/<pid>/stat`, on every Linux there is.
const TICKS: f64 = 100.0;

/// What the gateway is to deliver to.
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) events: &'static str,
    pub(crate) concurrency: usize,
}

pub(crate) struct Gateway {
    pub(crate) url: String,
    process: Child,
    /// Removed with everything in it once the process is gone.
    _folder: TempDir,
}

impl Gateway {
    pub(crate) fn start(endpoints: &[Endpoint]) -> Self {
        Self::start_with(endpoints, &json!({}))
    }

    /// The same with more in its configuration.
    pub(crate) fn start_with(endpoints: &[Endpoint], more: &Value) -> Self {
        Self::start_on(None, endpoints, more)
    }

    /// The same on this database, if not on a file of its own.
    pub(crate) fn start_on(database: Option<&str>, endpoints: &[Endpoint], more: &Value) -> Self {
        // Beside the program, not in the folder for temporary files, which may be memory.
        let program = env!("CARGO_BIN_EXE_openclaw-webhooks");
        let beside = std::path::Path::new(program).parent().expect("a folder");
        let folder = tempfile::tempdir_in(beside).expect("a folder");
        let mut config = json!({ "webhooks": {
            "endpoints": endpoints.iter().map(|endpoint| json!({
                "name": endpoint.name, "url": format!("http://{}/", endpoint.address), "events": [endpoint.events],
                "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "concurrency": endpoint.concurrency,
            })).collect::<Vec<_>>(),
            "server": {
                "listen": "127.0.0.1:0",
                "database": database.map_or_else(
                    || format!("sqlite://{}", folder.path().join("bench.db").display()),
                    ToOwned::to_owned,
                ),
            },
            "network": { "allow": ["127.0.0.1"] },
        } });
        for (key, value) in more.as_object().into_iter().flatten() {
            config["webhooks"][key] = value.clone();
        }
        let file = folder.path().join("openclaw.json5");
        std::fs::write(&file, config.to_string()).expect("the configuration");
        let mut process = Command::new(program)
            .args(["serve", "--config"])
            .arg(&file)
            .stdout(Stdio::piped())
            // What it logs is not what is measured; an error shows in the ledger.
            .stderr(Stdio::null())
            .spawn()
            .expect("the gateway");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("its first line");
        let url = line.trim().strip_prefix("Listening on ").expect("its address").to_owned();
        Self { url, process, _folder: folder }
    }

    /// Processor time so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Posts to one of its resources.
    pub(crate) async fn post(&self, path: &str) {
        let response = reqwest::Client::new().post(format!("{}api/v1/{path}", self.url)).send().await;
        assert!(response.expect("an answer").status().is_success(), "{path}");
    }

    /// The most memory it ever held.
    pub(crate) fn peak_memory_mb(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
