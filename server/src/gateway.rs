//! The gateway: everything that one process shares, built once and cloned.

use crate::clock::Clock;
use crate::committer::{self, CommitError, Committer};
use crate::config::{self, Config};
use crate::endpoints::{Endpoint, Endpoints};
use crate::live::feed::{Feed, News};
use crate::meters::Meters;
use crate::net::{self, AddressRules, Client, Resolver};
use crate::outbound::deliver::Deliverer;
use crate::outbound::{lane, subscribe};
use crate::problem::Problem;
use crate::store::{NewEvent, Store, StoreError, StoredEvent};
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use wire::{AcceptedEvent, Delivery, DeliveryStatus, Stats, StatsWindow, Time};

/// Endpoints whose figures changed are told to watchers this often.
const ENDPOINTS_TOLD_EVERY_MS: i64 = 500;
/// At the end, attempts on their way have this long to come back.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);
/// Attempts read back at the start, to know how an endpoint did.
const ATTEMPTS_LOOKED_BACK: u32 = 20;

/// The gateway; cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Shared>);

impl Deref for Gateway {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What everything works with.
#[derive(Debug)]
pub struct Shared {
    /// The configuration in force.
    pub config: Config,
    /// Whether this is the demo.
    pub demo: bool,
    /// When the configuration was read.
    pub configured_at: Time,
    /// The database.
    pub store: Store,
    /// Time, chance and ids.
    pub clock: Clock,
    /// What watchers see.
    pub feed: Feed,
    /// Counts and latencies.
    pub meters: Arc<Mutex<Meters>>,
    /// The endpoints.
    pub endpoints: Endpoints,
    /// The one writer.
    pub committer: Committer,
    /// Events that a sender could not keep, by its own count.
    pub dropped: AtomicU64,
}

/// The tasks of a gateway, to be stopped in order.
#[derive(Debug)]
pub struct Running {
    lanes: Vec<JoinHandle<()>>,
    committer: oneshot::Receiver<()>,
    teller: JoinHandle<()>,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system.
    #[error("can't start a thread: {0}")]
    Thread(std::io::Error),
    /// The HTTP client.
    #[error("can't make HTTPS requests: {0}")]
    Client(String),
}

impl Gateway {
    /// Opens the database, takes up what earlier runs left, and starts every lane.
    pub async fn start(config: Config, clock: Clock, demo: bool) -> Result<(Self, Running), StartError> {
        let store = Store::open(config.server.database.value()).await?;
        let rules = AddressRules::new(config.network.allow.iter().map(allowed));
        let client =
            Client::new(rules, Resolver::System).map_err(|error| StartError::Client(error.to_string()))?;
        if let Some(newest) = store.newest_delivery().await? {
            clock.ids_after(&newest);
        }
        let now = clock.now();
        let run = clock.new_id::<wire::kinds::Run>().as_str().replace("run_", "node_");
        let feed = Feed::new(&run, clock.clone());
        let rows = store.meters(Meters::oldest_minute(now)).await?;
        let meters = Arc::new(Mutex::new(Meters::new(&run, &rows)));
        let (committer, requests) = committer::new();

        let mut endpoints = Vec::new();
        let mut lanes = Vec::new();
        let mut pauses: HashMap<String, _> =
            store.pauses().await?.into_iter().map(|pause| (pause.endpoint.clone(), pause)).collect();
        for endpoint in &config.endpoints {
            let (tell, told) = mpsc::unbounded_channel();
            let last = store.last_attempts(&endpoint.name, ATTEMPTS_LOOKED_BACK).await?;
            let pause = pauses.remove(&*endpoint.name);
            endpoints.push(Arc::new(Endpoint::new(endpoint.clone(), pause, last, tell.clone(), now)));
            lanes.push((tell, told));
        }
        for waiting in store.waiting().await? {
            if let Some(endpoint) =
                endpoints.iter().find(|endpoint| *endpoint.config.name == waiting.endpoint)
            {
                let count = i64::try_from(waiting.count).unwrap_or(i64::MAX);
                endpoint.open.moved(None, Some(waiting.status), count);
            }
        }
        let gateway = Self(Arc::new(Shared {
            demo,
            configured_at: now,
            store,
            clock,
            feed,
            meters,
            endpoints: Endpoints::new(endpoints.iter().cloned()),
            committer,
            dropped: AtomicU64::new(0),
            config,
        }));
        let running = gateway.run(client, endpoints, lanes, requests)?;
        gateway.warn_of_orphans().await?;
        Ok((gateway, running))
    }

    fn run(
        &self,
        client: Client,
        endpoints: Vec<Arc<Endpoint>>,
        lanes: Vec<(mpsc::UnboundedSender<lane::Message>, mpsc::UnboundedReceiver<lane::Message>)>,
        requests: committer::Requests,
    ) -> Result<Running, StartError> {
        let tools = committer::Tools {
            store: self.store.clone(),
            clock: self.clock.clone(),
            feed: self.feed.clone(),
            meters: Arc::clone(&self.meters),
        };
        let committer =
            committer::start(tools, self.endpoints.clone(), requests).map_err(StartError::Thread)?;
        let tools = Arc::new(lane::Tools {
            store: self.store.clone(),
            committer: self.committer.clone(),
            deliverer: Deliverer {
                client,
                clock: self.clock.clone(),
                node_id: self.config.server.instance_id.as_str().into(),
            },
            feed: self.feed.clone(),
        });
        let lanes = endpoints
            .into_iter()
            .zip(lanes)
            .map(|(endpoint, (tell, told))| tokio::spawn(lane::run(Arc::clone(&tools), endpoint, tell, told)))
            .collect();
        let teller = tokio::spawn(tell_endpoints(self.clone()));
        Ok(Running { lanes, committer, teller })
    }

    /// Stores events and the deliveries that their subscribers get; returns when they are on disk.
    pub async fn accept(&self, events: Vec<StoredEvent>) -> Result<Vec<AcceptedEvent>, Problem> {
        let events = events.into_iter().map(|event| self.new_event(event)).collect();
        self.committer.accept(events).await.map_err(Problem::from)
    }

    fn new_event(&self, event: StoredEvent) -> NewEvent {
        let deliveries = self
            .endpoints
            .iter()
            .filter(|endpoint| subscribe::wants(&endpoint.config, &event).is_ok())
            .map(|endpoint| Delivery {
                id: wire::DeliveryId::made("new"), // the committer numbers it
                event_id: event.id.clone(),
                event_type: event.event_type,
                endpoint: endpoint.config.name.to_string(),
                agent_id: event.agent_id.clone(),
                status: DeliveryStatus::Pending,
                attempts: 0,
                max_attempts: endpoint.config.retry.max_attempts,
                created_at: event.received_at,
                next_attempt_at: None,
                finished_at: None,
                last_reason: None,
                last_status_code: None,
                last_duration_ms: None,
                hit_id: event.hit_id.clone(),
            })
            .collect();
        NewEvent { event: Arc::new(event), deliveries }
    }

    /// The delivery as people see it: on its way, or held by its endpoint, neither of which is stored.
    pub fn seen(&self, mut delivery: Delivery) -> Delivery {
        let Some(endpoint) = self.endpoints.get(&delivery.endpoint) else { return delivery };
        if delivery.status.is_open() && endpoint.is_on_its_way(&delivery.id) {
            delivery.status = DeliveryStatus::Delivering;
            return delivery;
        }
        endpoint.seen(delivery, self.clock.now())
    }

    /// The endpoint as the API shows it.
    pub fn endpoint(&self, endpoint: &Endpoint) -> wire::Endpoint {
        let now = self.clock.now();
        endpoint.shown(self.meters().windows(&endpoint.config.name, now), now)
    }

    /// The totals of a window.
    pub fn stats(&self, window: StatsWindow) -> Stats {
        let now = self.clock.now();
        self.meters().stats(window, now, self.endpoints.waiting(now))
    }

    /// Notes that a sender lost events before it could post them.
    pub fn note_dropped(&self, count: u64) {
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deliveries wait for endpoints that are no longer configured: they stay on disk, and the log says so.
    async fn warn_of_orphans(&self) -> Result<(), StoreError> {
        let waited_for: BTreeSet<String> = self.store.endpoints_waited_for().await?.into_iter().collect();
        for name in waited_for.into_iter().filter(|name| self.endpoints.get(name).is_none()) {
            tracing::warn!(endpoint.name = %name, "Deliveries wait for {name}, which is no longer configured");
        }
        Ok(())
    }
}

impl Running {
    /// Starts nothing more, waits up to 10 s for the attempts on their way, and commits what they brought.
    pub async fn stop(self, gateway: &Gateway) {
        for endpoint in gateway.endpoints.iter() {
            endpoint.tell(lane::Message::Stop);
        }
        let lanes = async {
            for lane in self.lanes {
                let _ = lane.await;
            }
        };
        if tokio::time::timeout(LAST_ATTEMPTS, lanes).await.is_err() {
            tracing::warn!("Some attempts did not come back in time; the next start makes them again");
        }
        self.teller.abort();
        let _ = self.teller.await;
        gateway.committer.stop().await;
        let _ = self.committer.await;
        gateway.store.close().await;
    }
}

fn allowed(entry: &config::Allow) -> net::Allow {
    match entry {
        config::Allow::Host(host) => net::Allow::Host(host.clone()),
        config::Allow::Net(net) => net::Allow::Net(*net),
    }
}

/// Tells watchers of endpoints whose figures changed: not at every attempt, but soon.
async fn tell_endpoints(gateway: Gateway) {
    let mut told = HashMap::new();
    loop {
        gateway.clock.sleep_until(gateway.clock.now().plus_ms(ENDPOINTS_TOLD_EVERY_MS)).await;
        for endpoint in gateway.endpoints.iter() {
            // Time alone changes some of it: a circuit's wait ends, a failure is forgiven.
            let outlook = endpoint.outlook(gateway.clock.now());
            if told.insert(endpoint.config.name.clone(), outlook) != Some(outlook) {
                endpoint.changed.store(true, Ordering::Relaxed);
            }
        }
        let changed: Vec<News> = gateway
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.changed.swap(false, Ordering::Relaxed))
            .map(|endpoint| News::Endpoint(Box::new(gateway.endpoint(endpoint))))
            .collect();
        if changed.is_empty() {
            continue;
        }
        if gateway.feed.is_watched() {
            gateway.feed.publish(changed);
        } else {
            gateway.feed.skip();
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Busy => {
                Self::unavailable("queue_full", "too many requests wait for the disk; nothing was stored", 1)
            }
            CommitError::Stopping => {
                Self::unavailable("stopping", "the gateway is stopping; nothing was stored", 5)
            }
            CommitError::Store(error) => error.into(),
        }
    }
}
