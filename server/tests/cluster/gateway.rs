//! A gateway among others: the real program, by the name that its attempts bear.

use crate::{PATIENCE, until};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use wire::{Delivery, DeliveryDetail, List};

/// The database and the folder of configurations and logs that the gateways of a test share.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) database: String,
    pub(crate) endpoints: Value,
    /// What else stands in the configuration.
    pub(crate) more: Value,
    /// Who has to show a token, if anybody has.
    pub(crate) admin_token: Option<&'static str>,
}

pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) url: String,
    http: reqwest::Client,
    log: PathBuf,
    /// Killed when this is dropped.
    process: Child,
}

impl Place {
    pub(crate) fn new(database: String, endpoints: Value) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database, endpoints, more: json!({}), admin_token: None }
    }

    pub(crate) async fn start(&self, name: &str) -> Gateway {
        self.start_as(name, "all").await
    }

    /// Writes the configuration of a gateway.
    pub(crate) fn configure(&self, name: &str) -> PathBuf {
        let config = self.folder.path().join(format!("{name}.json5"));
        std::fs::write(&config, self.webhooks(name).to_string()).unwrap();
        config
    }

    pub(crate) async fn start_as(&self, name: &str, role: &str) -> Gateway {
        let config = self.configure(name);
        let log = self.folder.path().join(format!("{name}.log"));
        let stderr = File::options().append(true).create(true).open(&log).unwrap();
        let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_openclaw-webhooks"))
            .args(["serve", "--role", role, "--config"])
            .arg(&config)
            .env_remove("OPENCLAW_WEBHOOKS_LOG")
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        let url = first.as_deref().and_then(|line| line.strip_prefix("Listening on "));
        let url = url.unwrap_or_else(|| panic!("{name} did not start\n{}", read(&log))).to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
        Gateway { name: name.to_owned(), url, http, log, process }
    }

    fn webhooks(&self, name: &str) -> Value {
        let mut config = json!({ "webhooks": {
            "endpoints": self.endpoints,
            "server": { "listen": "127.0.0.1:0", "database": self.database, "instanceId": name },
            "network": { "allow": ["127.0.0.1"] },
        } });
        if let Some(token) = self.admin_token {
            config["webhooks"]["server"]["adminToken"] = json!(token);
        }
        for (key, value) in self.more.as_object().into_iter().flatten() {
            config["webhooks"][key] = value.clone();
        }
        config
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}

impl Gateway {
    /// Posts an event of this id; whether it was accepted.
    pub(crate) async fn try_post(&self, id: &str) -> bool {
        let event = json!({
            "id": id, "type": "message.sent", "timestamp": "2026-01-01T00:00:00.000Z",
            "data": { "message": { "role": "assistant", "content": id } },
        });
        let sent = self.http.post(format!("{}api/v1/events", self.url)).json(&event).send().await;
        sent.is_ok_and(|response| response.status() == 202)
    }

    pub(crate) async fn post(&self, id: &str) {
        assert!(self.try_post(id).await, "{} did not accept {id}\n{}", self.name, self.log());
    }

    /// Posts to an inbound endpoint, and gives the hit's id.
    pub(crate) async fn hit(&self, inbound: &str, body: &Value) -> String {
        let sent = self.http.post(format!("{}webhooks/inbound/{inbound}", self.url)).json(body).send().await;
        let answer: Value = sent.unwrap().json().await.unwrap();
        answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(crate) async fn ask(&self, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}api/v1/{path}", self.url)).json(&body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}api/v1/{path}", self.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// Signs in, and gives the cookie.
    pub(crate) async fn login(&self, token: &str) -> String {
        let login = self.http.post(format!("{}api/v1/login", self.url)).json(&json!({ "token": token }));
        let answer = login.send().await.unwrap();
        assert_eq!(answer.status(), 204);
        answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// Logs out: the answer's status, and whether the browser is to forget the cookie.
    pub(crate) async fn logout(&self, cookie: &str) -> (u16, bool) {
        let logout = self.http.post(format!("{}api/v1/logout", self.url)).header("Cookie", cookie);
        let answer = logout.send().await.unwrap();
        let set = answer.headers().get("set-cookie").map_or("", |set| set.to_str().unwrap());
        (answer.status().as_u16(), set.contains("openclaw_webhooks=;") && set.contains("Max-Age=0"))
    }

    /// The status of a request that shows this cookie.
    pub(crate) async fn with_cookie(&self, method: reqwest::Method, path: &str, cookie: &str) -> u16 {
        let request =
            self.http.request(method, format!("{}api/v1/{path}", self.url)).header("Cookie", cookie);
        request.send().await.unwrap().status().as_u16()
    }

    /// Whether it answers, in time, that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}readyz", self.url)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    /// The status of any path.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn deliveries(&self, query: &str) -> Vec<Delivery> {
        let found = self.get(&format!("deliveries?limit=500&{query}")).await;
        serde_json::from_value::<List<Delivery>>(found).unwrap().items
    }

    /// The one delivery of an event, with its attempts.
    pub(crate) async fn delivery_of(&self, event: &str) -> DeliveryDetail {
        let id = self.deliveries(&format!("eventId={event}")).await.pop().unwrap().id;
        serde_json::from_value(self.get(&format!("deliveries/{id}")).await).unwrap()
    }

    /// Waits until nothing waits, as the database has it.
    pub(crate) async fn nothing_waits(&self) {
        const OPEN: &str = "status=pending&status=retrying&status=held&status=delivering";
        until("that nothing waits", async || self.deliveries(OPEN).await.is_empty().then_some(())).await;
    }

    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(mut self) {
        self.signal("TERM");
        tokio::time::timeout(PATIENCE, self.process.wait()).await.unwrap().unwrap();
    }

    /// `STOP`, `CONT` or `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }
}
