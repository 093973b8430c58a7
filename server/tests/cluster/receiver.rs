//! The receiver: keeps what came, from whom and when, and how much of it at once.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) id: String,
    pub(crate) at: Instant,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    /// While this holds, requests are taken and not answered.
    pub(crate) stalls: Arc<watch::Sender<bool>>,
    /// What it answers, and after how long.
    pub(crate) answer: Arc<Mutex<(StatusCode, Duration)>>,
}

#[derive(Default)]
struct Seen {
    arrivals: Vec<Arrival>,
    at_once: usize,
    most_at_once: usize,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            stalls: Arc::default(),
            answer: Arc::new(Mutex::new((StatusCode::OK, Duration::ZERO))),
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn answers(&self, status: StatusCode, after: Duration) {
        *self.answer.lock().unwrap() = (status, after);
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.seen.lock().unwrap().arrivals.clone()
    }

    pub(crate) fn at_once(&self) -> usize {
        self.seen.lock().unwrap().at_once
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most_at_once
    }
}

/// A request on its way; over when it is answered, or when its sender is gone.
struct Visit(Receiver);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.seen.lock().unwrap().at_once -= 1;
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, _body: Bytes) -> StatusCode {
    // A check carries no event.
    let Some(id) = headers.get("x-openclaw-event-id") else { return receiver.answer.lock().unwrap().0 };
    let id = id.to_str().unwrap().to_owned();
    let visit = {
        let mut seen = receiver.seen.lock().unwrap();
        seen.arrivals.push(Arrival { id, at: Instant::now() });
        seen.at_once += 1;
        seen.most_at_once = seen.most_at_once.max(seen.at_once);
        Visit(receiver.clone())
    };
    let (status, after) = *receiver.answer.lock().unwrap();
    tokio::time::sleep(after).await;
    let _ = receiver.stalls.subscribe().wait_for(|stalls| !stalls).await;
    drop(visit);
    status
}
