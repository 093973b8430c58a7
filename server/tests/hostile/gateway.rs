//! The gateway as a process of its own, with a receiver; and what may be asked of it while it is attacked.

use crate::health;
use axum::Router;
use axum::extract::State;
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Everything that is waited for comes within this time, or the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Others are answered within this time, each time.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// They are watched at least so long.
const SHORTEST: Duration = Duration::from_secs(2);
/// Between two of their requests.
const PAUSE: Duration = Duration::from_millis(25);
/// What a gateway takes that nobody attacks, generously: an unoptimised one, and its databases' caches.
const QUIET_MIB: u64 = 120;

const LOG: &str = "log";
/// Nobody writes more than so much into it, whatever they do. Most of it tells of refused hits, of which some are kept.
const LOG_BYTES: usize = 100_000;

type Arrived = Arc<Mutex<HashSet<String>>>;

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    process: Child,
    arrived: Arrived,
    folder: TempDir,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        // Each attacker has thousands of sockets, and the gateway as many: as far as this machine allows.
        rlimit::increase_nofile_limit(u64::MAX).unwrap();
        let (arrived, folder) = (Arrived::default(), tempfile::tempdir().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(arrive).with_state(Arc::clone(&arrived));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = json!({ "webhooks": {
            "endpoints": [{ "name": "ledger", "url": &receiver, "events": ["*"], "concurrency": 32 }],
            "inbound": { "endpoints": { "deploy": { "agentId": "ops", "template": "{{body.repo}}" } } },
            "server": { "listen": "127.0.0.1:0", "database": format!("sqlite://{}", folder.path().join("g.db").display()) },
            "network": { "allow": ["127.0.0.1"] },
        } });
        let file = folder.path().join("openclaw.json5");
        std::fs::write(&file, config.to_string()).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
            .args(["serve", "--config"])
            .arg(&file)
            .env_remove("OPENCLAW_WEBHOOKS_LOG")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.path().join(LOG)).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let address =
            line.strip_prefix("Listening on http://").unwrap().trim_end_matches('/').parse().unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { address, http, process, arrived, folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A connection of the attacker with this number: each has an address of its own.
    pub(crate) async fn connect(&self, attacker: u8) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // The less the system keeps, the more the gateway would have to.
        socket.set_recv_buffer_size(4096)?;
        socket.bind((Ipv4Addr::new(127, 0, 1, attacker), 0).into())?;
        socket.connect(self.address).await
    }

    /// The most memory that it ever had, in MiB.
    pub(crate) fn most_memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
    }

    /// From now on others ask how it does, and post events.
    pub(crate) fn others(&self) -> Others {
        let stop = watch::Sender::new(false);
        let asking = {
            let (stop, gateway) = (stop.subscribe(), self.address);
            // A thread of its own, which waits for nothing that attackers do.
            std::thread::spawn(move || {
                let beside = health::bare_server();
                let mut times = Vec::new();
                while !*stop.borrow() {
                    times.push(health::ask_both(gateway, beside));
                    std::thread::sleep(PAUSE);
                }
                times
            })
        };
        let posting = {
            let (http, url, stop) = (self.http.clone(), self.url("/api/v1/events"), stop.subscribe());
            tokio::spawn(async move {
                let mut accepted = HashSet::new();
                while !*stop.borrow() {
                    let answer = http.post(&url).body(event("x").to_string()).send().await.unwrap();
                    assert_eq!(answer.status(), 202);
                    let answer: Value = answer.json().await.unwrap();
                    accepted.insert(answer["id"].as_str().unwrap().to_owned());
                    tokio::time::sleep(PAUSE).await;
                }
                accepted
            })
        };
        Others { begun: Instant::now(), stop, asking, posting }
    }

    /// How the others fared, and what it took: at most so much memory beyond what it takes in peace.
    pub(crate) async fn stood(&self, others: Others, what: &str, more_mib: u64) {
        tokio::time::sleep(SHORTEST.saturating_sub(others.begun.elapsed())).await;
        others.stop.send_replace(true);
        let times = tokio::task::spawn_blocking(|| others.asking.join().unwrap()).await.unwrap();
        let accepted = others.posting.await.unwrap();
        let begun = Instant::now();
        let missing = || {
            let arrived = self.arrived.lock().unwrap();
            accepted.iter().filter(|id| !arrived.contains(*id)).count()
        };
        while missing() > 0 {
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: {} of {} events did not arrive",
                missing(),
                accepted.len()
            );
            tokio::time::sleep(PAUSE).await;
        }
        let (slowest, beside) = times.iter().max().copied().unwrap();
        // What a bare server on this machine takes at the same moment is none of the gateway's.
        let more = times.iter().map(|(gateway, beside)| gateway.saturating_sub(*beside)).max().unwrap();
        let memory = self.most_memory_mib();
        println!(
            "{what}: {} asked, the slowest answer after {slowest:?} (a bare server's {beside:?}); {} events arrived; {memory} MiB at most",
            times.len(),
            accepted.len()
        );
        let log = std::fs::read_to_string(self.folder.path().join(LOG)).unwrap();
        assert!(log.len() < LOG_BYTES, "{what}: {} bytes of log: {}", log.len(), &log[log.len() - 2000..]);
        assert!(times.len() > 5 && accepted.len() > 5, "{what}: too short to tell");
        assert!(more < ANSWERS_WITHIN, "{what}: {more:?}");
        assert!(memory < QUIET_MIB + more_mib, "{what}: {memory} MiB");
    }
}

/// Those who have nothing to do with the attack.
pub(crate) struct Others {
    begun: Instant,
    stop: watch::Sender<bool>,
    /// What the gateway took, and what a bare server took at the same moment.
    asking: std::thread::JoinHandle<Vec<(Duration, Duration)>>,
    posting: JoinHandle<HashSet<String>>,
}

pub(crate) fn event(text: &str) -> Value {
    json!({ "type": "tool.called", "data": { "agentId": "main", "text": text } })
}

async fn arrive(State(arrived): State<Arrived>, headers: HeaderMap) {
    if let Some(id) = headers.get("x-openclaw-event-id") {
        arrived.lock().unwrap().insert(id.to_str().unwrap().to_owned());
    }
}
