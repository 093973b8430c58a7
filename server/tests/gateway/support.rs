//! What the tests share: a gateway on a port and a file of its own, a receiver that answers as it is told, and a
//! watcher of the live stream, by which tests wait for what they expect instead of sleeping.

#[path = "../common/postgres.rs"]
#[expect(dead_code, reason = "the tests of many gateways use the rest")]
mod postgres;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode};
use postgres::Server as Postgres;
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::{Config, ConfigSource};
use server::listen::Server;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use wire::{Delivery, DeliveryDetail, DeliveryStatus, Frame, List, Time};

/// Everything that is waited for comes within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gateway under test.
pub(crate) struct Gateway {
    pub(crate) server: Server,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Clock,
    folder: TempDir,
    pub(crate) webhooks: Value,
    /// Runs as long as a gateway is on it.
    #[expect(dead_code, reason = "held")]
    postgres: Option<Arc<Postgres>>,
}

impl Gateway {
    /// Starts one whose `webhooks` block is this, with what every test needs filled in.
    pub(crate) async fn start(webhooks: Value) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), webhooks, Clock::system()).await
    }

    /// The same on a clock that stands still.
    pub(crate) async fn start_at(webhooks: Value, clock: Clock) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), webhooks, clock).await
    }

    /// Starts one that sends traces to a collector.
    pub(crate) async fn start_traced(webhooks: Value, collector: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            |name: &str| (name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").then(|| collector.to_owned());
        Self::try_start(folder, webhooks, Clock::system(), environment).await.unwrap()
    }

    /// Starts one whose endpoints stand in a file of their own.
    pub(crate) async fn start_including(file: &str) -> Self {
        Self::start_with(file, json!({})).await
    }

    /// The same with more in the `webhooks` block.
    pub(crate) async fn start_with(file: &str, mut webhooks: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("included.json5"), file).unwrap();
        webhooks["$include"] = json!("./included.json5");
        Self::start_in(folder, webhooks, Clock::system()).await
    }

    async fn start_in(folder: TempDir, webhooks: Value, clock: Clock) -> Self {
        Self::try_start(folder, webhooks, clock, environment).await.unwrap()
    }

    async fn try_start(
        folder: TempDir,
        webhooks: Value,
        clock: Clock,
        environment: impl Fn(&str) -> Option<String> + Send,
    ) -> Result<Self, String> {
        let file = folder.path().join("openclaw.json5");
        let postgres = on_postgres(folder.path());
        std::fs::write(&file, whole(&webhooks, folder.path()).to_string()).unwrap();
        let config = Config::load(&ConfigSource::Named(file), &environment).unwrap();
        let server = Server::start(config, clock.clone(), false).await?;
        Ok(Self { server, http: reqwest::Client::new(), clock, folder, webhooks, postgres })
    }

    /// Starts one that finds more variables than every test's gateway does.
    pub(crate) async fn start_given(webhooks: Value, given: &[(&str, &str)]) -> Self {
        let environment = |name: &str| {
            let more = given.iter().find(|(key, _)| *key == name);
            more.map(|(_, value)| (*value).to_owned()).or_else(|| environment(name))
        };
        let folder = tempfile::tempdir().unwrap();
        Self::try_start(folder, webhooks, Clock::system(), environment).await.unwrap()
    }

    /// A copy of its database, byte for byte.
    pub(crate) fn back_up(&self) -> Vec<u8> {
        let copy = self.folder.path().join("copy.db");
        server::store::back_up(self.server.gateway.server.database.value(), &copy).unwrap();
        std::fs::read(copy).unwrap()
    }

    /// Stops it and starts another on the same file.
    pub(crate) async fn restart(self) -> Self {
        self.server.stop().await;
        Self::start_in(self.folder, self.webhooks, self.clock).await
    }

    /// The same with a key that seals what the database keeps; a message where it does not start.
    pub(crate) async fn restart_sealed(self, key: &str) -> Result<Self, String> {
        self.server.stop().await;
        let environment = |name: &str| {
            if name == "OPENCLAW_WEBHOOKS_KEY" { Some(key.to_owned()) } else { environment(name) }
        };
        Self::try_start(self.folder, self.webhooks, self.clock, environment).await
    }

    /// The endpoints' definitions as they lie in the database.
    pub(crate) async fn stored_definitions(&self) -> Vec<Value> {
        let made = self.server.gateway.store.made_endpoints().await.unwrap();
        made.into_iter().map(|made| made.definition).collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let response = self.http.post(self.url(path)).body(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.http.patch(self.url(path)).body(body.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn delete(&self, path: &str) -> u16 {
        self.http.delete(self.url(path)).send().await.unwrap().status().as_u16()
    }

    /// Puts changes of its file in force from now on.
    pub(crate) fn watch_file(&mut self) {
        let file = self.folder.path().join("openclaw.json5");
        self.server.watch(ConfigSource::Named(file), |_| None);
    }

    /// Writes another `webhooks` block into its file.
    pub(crate) fn write_file(&self, webhooks: &Value) {
        let text = whole(webhooks, self.folder.path()).to_string();
        std::fs::write(self.folder.path().join("openclaw.json5"), text).unwrap();
    }

    /// Writes another `webhooks` block into its file, and puts it in force.
    pub(crate) async fn reload(&self, webhooks: &Value) {
        self.write_file(webhooks);
        let file = self.folder.path().join("openclaw.json5");
        let config = Config::load(&ConfigSource::Named(file), &|_| None);
        self.server.gateway.reconfigure(config).await.unwrap();
    }

    /// Writes a whole file, as it is, and puts it in force; or the fault that refuses it.
    pub(crate) async fn reload_whole(&self, text: &Value) -> Result<(), String> {
        let file = self.file();
        std::fs::write(&file, text.to_string()).unwrap();
        let config = Config::load(&ConfigSource::Named(file), &environment);
        self.server.gateway.reconfigure(config).await
    }

    /// Its file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("openclaw.json5")
    }

    /// Posts an event that must be accepted, and gives its id.
    pub(crate) async fn event(&self, event: &Value) -> String {
        let (status, answer) = self.post("/api/v1/events", event.to_string()).await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.http.get(self.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn status(&self, path: &str) -> (u16, Value) {
        let response = self.http.get(self.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn deliveries(&self, query: &str) -> Vec<Delivery> {
        let list: List<Delivery> =
            serde_json::from_value(self.get(&format!("/api/v1/deliveries?{query}")).await).unwrap();
        list.items
    }

    pub(crate) async fn delivery(&self, id: &str) -> DeliveryDetail {
        serde_json::from_value(self.get(&format!("/api/v1/deliveries/{id}")).await).unwrap()
    }

    pub(crate) async fn watch(&self) -> Watcher {
        self.watch_from("").await
    }

    pub(crate) async fn watch_from(&self, query: &str) -> Watcher {
        self.watch_with(query, None).await
    }

    pub(crate) async fn watch_as(&self, token: &str) -> Watcher {
        self.watch_with("", Some(token)).await
    }

    async fn watch_with(&self, query: &str, token: Option<&str>) -> Watcher {
        let url = format!("ws://{}/api/v1/stream{query}", self.server.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert(http::header::AUTHORIZATION, value);
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut watcher = Watcher { socket, waiting: VecDeque::new(), texts: Vec::new() };
        assert!(matches!(watcher.peek().await, Frame::Hello { .. }), "hello comes first");
        watcher
    }
}

/// The file in a gateway's folder that says where its database is, if that is none of SQLite.
const DATABASE: &str = "database";

/// The tests' one PostgreSQL server, with a database for the gateway of this folder; where the environment asks for that.
fn on_postgres(folder: &Path) -> Option<Arc<Postgres>> {
    static SERVER: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
    std::env::var_os("OPENCLAW_WEBHOOKS_TEST_POSTGRES")?;
    let mut running = SERVER.lock().unwrap();
    let server = running.upgrade().unwrap_or_else(|| {
        Arc::new(Postgres::start(tempfile::tempdir().unwrap(), &["fsync=off", "max_connections=300"]))
    });
    *running = Arc::downgrade(&server);
    drop(running);
    if !folder.join(DATABASE).exists() {
        let name = folder.file_name().unwrap().to_str().unwrap().trim_start_matches('.');
        std::fs::write(folder.join(DATABASE), server.create(name)).unwrap();
    }
    Some(server)
}

fn whole(webhooks: &Value, folder: &Path) -> Value {
    let mut webhooks = webhooks.clone();
    let database = std::fs::read_to_string(folder.join(DATABASE))
        .unwrap_or_else(|_| format!("sqlite://{}", folder.join("gateway.db").display()));
    let server = json!({
        "listen": "127.0.0.1:0",
        "database": database,
        "instanceId": "node-1"
    });
    let block = webhooks.as_object_mut().unwrap();
    match block.get_mut("server").and_then(Value::as_object_mut) {
        Some(given) => given.extend(server.as_object().unwrap().clone()),
        None => drop(block.insert("server".to_owned(), server)),
    }
    block.entry("network").or_insert_with(|| json!({ "allow": ["127.0.0.1"] }));
    match block.remove("$include") {
        Some(include) => json!({ "$include": include, "webhooks": webhooks }),
        None => json!({ "webhooks": webhooks }),
    }
}

/// The variables that every test's gateway finds.
fn environment(name: &str) -> Option<String> {
    (name == "CRM_API_KEY").then(|| "key-of-the-crm".to_owned())
}

/// A watcher of the live stream.
pub(crate) struct Watcher {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Frame>,
    /// Every message as it came.
    pub(crate) texts: Vec<String>,
}

impl Watcher {
    /// The next frame.
    pub(crate) async fn next(&mut self) -> Frame {
        self.peek().await;
        self.waiting.pop_front().unwrap()
    }

    async fn peek(&mut self) -> &Frame {
        while self.waiting.is_empty() {
            let message =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message in time");
            if let Message::Text(text) = message.expect("an open stream").unwrap() {
                let frames: Vec<Frame> = serde_json::from_str(&text).unwrap();
                assert!(!frames.is_empty(), "a message holds at least one frame");
                self.waiting.extend(frames);
                self.texts.push(text.to_string());
            }
        }
        &self.waiting[0]
    }

    /// Waits for the end of the stream, and gives the reason.
    pub(crate) async fn ends(&mut self) -> String {
        let end = async {
            loop {
                if let Message::Close(frame) = self.socket.next().await.expect("a word of farewell").unwrap()
                {
                    return frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                }
            }
        };
        tokio::time::timeout(PATIENCE, end).await.expect("an end in time")
    }

    /// Waits for a delivery of this status and gives it.
    pub(crate) async fn delivery(&mut self, status: DeliveryStatus) -> Delivery {
        self.find(|frame| match frame {
            Frame::Delivery { delivery, .. } if delivery.status == status => Some(delivery),
            _ => None,
        })
        .await
    }

    /// Waits for the frame of which `of` makes something.
    pub(crate) async fn find<T>(&mut self, of: impl Fn(Frame) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = of(self.next().await) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the frame in time")
    }

    pub(crate) async fn close(mut self) {
        self.socket.close(None).await.unwrap();
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }
}

/// A request as a receiver got it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("the header {name}")).to_str().unwrap()
    }
}

/// How a receiver answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub u16, pub Vec<(&'static str, String)>, pub String);

impl From<u16> for Answer {
    fn from(status: u16) -> Self {
        Self(status, Vec::new(), String::new())
    }
}

/// A receiver: answers the first requests as it was told, and 200 from then on.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<watch::Sender<Vec<Received>>>,
    /// While this holds, requests are taken and not answered.
    pub(crate) holds: Arc<watch::Sender<bool>>,
}

impl Receiver {
    pub(crate) async fn start(answers: impl IntoIterator<Item = impl Into<Answer>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            answers: Arc::new(Mutex::new(answers.into_iter().map(Into::into).collect())),
            received: Arc::default(),
            holds: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// One that answers 200 to everything.
    pub(crate) async fn healthy() -> Self {
        Self::start(Vec::<u16>::new()).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers so after all that it was told before.
    pub(crate) fn answer_next(&self, status: u16) {
        self.answers.lock().unwrap().push_back(status.into());
    }

    /// Waits until it has got so many requests, and gives them all.
    pub(crate) async fn got(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.subscribe();
        let enough = received.wait_for(|received| received.len() >= count);
        tokio::time::timeout(PATIENCE, enough).await.expect("the requests in time").unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.received.borrow().len()
    }
}

async fn take(State(receiver): State<Receiver>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    receiver.received.send_modify(|received| received.push(Received { headers: parts.headers, body }));
    let _ = receiver.holds.subscribe().wait_for(|holds| !holds).await;
    let answer = receiver.answers.lock().unwrap().pop_front().unwrap_or(Answer::from(200));
    let mut response = (StatusCode::from_u16(answer.0).unwrap(), answer.2).into_response();
    for (name, value) in answer.1 {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A clock that stands at a known time.
pub(crate) fn standing_clock() -> Clock {
    Clock::manual(Time(1_773_484_200_000)) // 2026-03-14T10:30:00Z
}

/// An event of this type by this agent.
pub(crate) fn event(event_type: &str, agent: &str) -> Value {
    json!({ "type": event_type, "data": { "agentId": agent, "message": { "content": "hello" } } })
}
