//! The receiver: up all the time, takes everything, often slowly, and keeps a ledger of what came when.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::HeaderMap;
use rand::Rng;
use rand::rngs::StdRng;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Every second answer takes so long, so that kills meet requests on their way.
const SLOW_MS: RangeInclusive<u64> = 5..=40;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) id: String,
    /// Which start of the gateway sent it.
    pub(crate) life: u32,
    #[expect(dead_code, reason = "shown when an event came too often")]
    at: Instant,
    /// `None` when its sender was gone before.
    answered: Option<Instant>,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
    /// While this holds, requests are taken and not answered.
    pub(crate) stalls: Arc<watch::Sender<bool>>,
}

struct Ledger {
    random: StdRng,
    arrivals: Vec<Arrival>,
    /// By the start that sent them: what a killed one sent does not count among the next one's.
    in_flight: HashMap<u32, usize>,
    most_in_flight: usize,
}

impl Receiver {
    pub(crate) async fn start(random: StdRng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ledger = Ledger { random, arrivals: Vec::new(), in_flight: HashMap::new(), most_in_flight: 0 };
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            ledger: Arc::new(Mutex::new(ledger)),
            stalls: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Requests of this start that have no answer yet.
    pub(crate) fn in_flight(&self, life: u32) -> usize {
        self.ledger.lock().unwrap().in_flight.get(&life).copied().unwrap_or(0)
    }

    /// The most that one start had on its way at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.ledger.lock().unwrap().most_in_flight
    }

    /// Everything that came, in its order.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.ledger.lock().unwrap().arrivals.clone()
    }
}

/// The body is read first: a request that was cut off before its end has not arrived.
async fn take(State(receiver): State<Receiver>, headers: HeaderMap, _body: Bytes) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).expect("a header");
    let (id, life) = (header("x-openclaw-event-id").to_owned(), header("x-life").parse().unwrap());
    let (visit, slow) = receiver.ledger.lock().unwrap().enter(id, life, &receiver);
    if let Some(slow) = slow {
        tokio::time::sleep(slow).await;
    }
    let _ = receiver.stalls.subscribe().wait_for(|stalls| !stalls).await;
    visit.answer();
}

impl Ledger {
    fn enter(&mut self, id: String, life: u32, receiver: &Receiver) -> (Visit, Option<Duration>) {
        self.arrivals.push(Arrival { id, life, at: Instant::now(), answered: None });
        let in_flight = self.in_flight.entry(life).or_default();
        *in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(*in_flight);
        let slow = self.random.random::<bool>().then(|| self.random.random_range(SLOW_MS));
        let visit = Visit { receiver: receiver.clone(), life, index: self.arrivals.len() - 1 };
        (visit, slow.map(Duration::from_millis))
    }
}

/// A request in flight; dropped when it is answered, or when its sender is gone.
struct Visit {
    receiver: Receiver,
    life: u32,
    index: usize,
}

impl Visit {
    fn answer(self) {
        self.receiver.ledger.lock().unwrap().arrivals[self.index].answered = Some(Instant::now());
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(in_flight) = self.receiver.ledger.lock().unwrap().in_flight.get_mut(&self.life) {
            *in_flight -= 1;
        }
    }
}
