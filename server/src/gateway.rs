//! The gateway: everything that one process shares, built once and cloned.

mod apply;
mod made;
mod others;

use crate::clock::Clock;
use crate::cluster::{self, Cluster};
use crate::committer::{self, CommitError, Committer};
use crate::config::{self, Config, EndpointConfig, ServerConfig};
use crate::endpoints::{Endpoint, Endpoints};
use crate::http::Sessions;
use crate::inbound::{self, Desk, callback};
use crate::live::feed::{Feed, News};
use crate::meters::Meters;
use crate::net::{self, Client, Clients, Resolver};
use crate::outbound::deliver::Deliverer;
use crate::outbound::{lane, redeliver, sample, subscribe};
use crate::problem::Problem;
use crate::store::{DeliveryFilter, LONGEST, NewEvent, Questions, Store, StoreError, StoredEvent};
use crate::telemetry::{Telemetry, Traces};
use crate::vault::Vault;
use http::StatusCode;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use wire::{
    AcceptedEvent, ConfigView, Delivery, DeliveryStatus, EventType, HitId, Reload, Stats, StatsWindow,
    Trigger,
};

/// Endpoints whose figures changed are told to watchers this often.
const ENDPOINTS_TOLD_EVERY_MS: i64 = 500;
/// At the end, attempts on their way have this long to come back.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);

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
    /// Whether this is the demo.
    pub demo: bool,
    /// How the gateway itself was set at the start. What takes no restart, tokens and `publicUrl`, is asked of [`Gateway::config`].
    pub server: ServerConfig,
    /// What can change while it runs.
    current: RwLock<Current>,
    /// One change of the configuration at a time.
    changing: tokio::sync::Mutex<()>,
    /// Every lane that was started.
    lanes: Mutex<JoinSet<()>>,
    lane_tools: Arc<lane::Tools>,
    /// The database.
    pub store: Store,
    /// The same for what people and programs ask.
    pub questions: Questions,
    /// Time, chance and ids.
    pub clock: Clock,
    /// What watchers see.
    pub feed: Feed,
    /// Counts and latencies.
    pub meters: Arc<Mutex<Meters>>,
    /// The same for Prometheus.
    pub telemetry: Arc<Telemetry>,
    /// The endpoints.
    pub endpoints: Endpoints,
    /// The one writer.
    pub committer: Committer,
    agent_client: net::Client,
    /// Logins.
    pub sessions: Sessions,
    /// Places for redeliveries of many.
    pub redelivering: Arc<Semaphore>,
    /// What hits share.
    pub desk: Desk,
    /// This gateway among others on the same database.
    pub cluster: Arc<Cluster>,
    /// By what its counts are known.
    run: String,
    /// The delivery of each endpoint that another gateway attempted last, until it is read.
    last_elsewhere: Mutex<BTreeMap<String, wire::DeliveryId>>,
    /// Seals what the database keeps of the API's endpoints.
    vault: Vault,
    /// Whether the log has said that secrets lie open in the database.
    told_of_plain: AtomicBool,
    /// Whether it is about to end.
    pub draining: watch::Sender<bool>,
    /// Events that a sender could not keep, by its own count.
    pub dropped: AtomicU64,
}

/// The configuration in force, and how the last reading of its file went.
#[derive(Debug)]
struct Current {
    config: Arc<Config>,
    reload: Reload,
}

/// The tasks of a gateway, to be stopped in order.
#[derive(Debug)]
pub struct Running {
    committer: oneshot::Receiver<()>,
    /// What asks the agent.
    asking: JoinHandle<()>,
    /// What runs beside, and stops at once.
    beside: JoinSet<()>,
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
        store.check_copied().await?;
        let client = Client::new(config.network.rules(), Resolver::System)
            .map_err(|error| StartError::Client(error.to_string()))?;
        let agent_client = Client::anywhere().map_err(|error| StartError::Client(error.to_string()))?;
        let newest = store.newest_delivery().await?;
        if let Some(newest) = &newest {
            clock.ids_after(newest);
        }
        let now = clock.now();
        let run: String = clock.new_id::<wire::kinds::Run>().as_str().replace("run_", "node_");
        let feed = Feed::new(&run, clock.clone());
        let rows = store.meters(Meters::oldest_minute(now)).await?;
        let meters = Arc::new(Mutex::new(Meters::new(&run, &rows)));
        let telemetry = Arc::new(Telemetry::new());
        let endpoints = Endpoints::default();
        let cluster = Arc::new(match &store {
            Store::Sqlite { .. } => Cluster::alone(),
            Store::Postgres { .. } => Cluster::many(&run, config.server.role != config::Role::Api),
        });
        cluster::join(&store, &cluster, &config.server.instance_id).await?;
        let (committer, requests) = committer::new(newest);
        let tools = committer::Tools {
            store: store.clone(),
            clock: clock.clone(),
            feed: feed.clone(),
            meters: Arc::clone(&meters),
            traces: Traces::start(config.traces.as_ref(), &config.server.instance_id, &agent_client),
            telemetry: Arc::clone(&telemetry),
            cluster: Arc::clone(&cluster),
        };
        let committing = committer::start(tools, &endpoints, &requests).map_err(StartError::Thread)?;
        let lane_tools = Arc::new(lane::Tools {
            store: store.clone(),
            committer: committer.clone(),
            deliverer: Deliverer {
                clients: Clients::new(client),
                clock: clock.clone(),
                node_id: config.server.instance_id.as_str().into(),
            },
            feed: feed.clone(),
            cluster: Arc::clone(&cluster),
        });
        let gateway = Self(Arc::new(Shared {
            demo,
            server: config.server.clone(),
            current: RwLock::new(Current {
                config: Arc::new(config.clone()),
                reload: Reload { at: now, error: None },
            }),
            changing: tokio::sync::Mutex::default(),
            lanes: Mutex::default(),
            lane_tools,
            questions: store.questions(LONGEST),
            store,
            clock,
            feed,
            meters,
            telemetry,
            endpoints,
            committer,
            agent_client: agent_client.clone(),
            sessions: Sessions::default(),
            redelivering: Arc::new(Semaphore::new(redeliver::MANY_AT_ONCE)),
            desk: Desk::new(now),
            cluster,
            run,
            last_elsewhere: Mutex::default(),
            vault: config.vault.clone(),
            draining: watch::Sender::new(false),
            dropped: AtomicU64::new(0),
            told_of_plain: AtomicBool::new(false),
        }));
        gateway.read_logouts().await?;
        gateway.seal_all().await?;
        gateway.apply(config).await?;
        gateway.warn_of_orphans().await?;
        redeliver::go_on(&gateway).await?;
        let asking = tokio::spawn(inbound::ask::run(gateway.clone(), agent_client));
        let mut beside = JoinSet::new();
        beside.spawn(callback::run(gateway.clone()));
        beside.spawn(tell_endpoints(gateway.clone()));
        beside.spawn(crate::health::run(gateway.clone()));
        beside.spawn(crate::retention::run(gateway.clone()));
        beside.spawn(cluster::beat(gateway.clone()));
        beside.spawn(cluster::look(gateway.clone()));
        beside.spawn(cluster::hear(gateway.clone()));
        beside.spawn(cluster::listen(gateway.clone()));
        Ok((gateway, Running { committer: committing, asking, beside }))
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// How the last reading of the file went.
    pub fn reload(&self) -> Reload {
        self.current.read().unwrap_or_else(PoisonError::into_inner).reload.clone()
    }

    /// Stores events and the deliveries that their subscribers get; returns when they are on disk.
    pub async fn accept(&self, events: Vec<StoredEvent>) -> Result<Vec<AcceptedEvent>, Problem> {
        let events = events.into_iter().map(|event| self.new_event(event)).collect();
        self.committer.accept(events).await.map_err(Problem::from)
    }

    /// The same for events that were posted: those of a run are brought together with it.
    pub async fn accept_posted(&self, mut events: Vec<StoredEvent>) -> Result<Vec<AcceptedEvent>, Problem> {
        callback::link(self, &mut events).await?;
        let hits: BTreeSet<HitId> = events.iter().filter_map(|event| event.hit_id.clone()).collect();
        let accepted = self.accept(events).await?;
        if !hits.is_empty() {
            tokio::spawn(callback::settle_all(self.clone(), hits));
        }
        Ok(accepted)
    }

    /// Whether any hit is answered by a chat.
    pub fn has_chats(&self) -> bool {
        let config = self.config();
        let asked = |endpoint| inbound::request::mode(endpoint, config.agent.as_ref());
        config.inbound.endpoints.iter().any(|endpoint| asked(endpoint) == Some(config::DispatchMode::Chat))
    }

    /// The agent as far as is known; `None` without one.
    pub fn agent(&self) -> Option<wire::Agent> {
        let config = self.config();
        let agent = config.agent.as_ref()?;
        let (state, reason, since) = self.desk.agent.state();
        let (url, mode) = (agent.url.shown().to_owned(), agent.mode.as_str().to_owned());
        Some(wire::Agent { url, mode, state, reason, since, agents: None })
    }

    /// Asks the agent how it does, and goes by what it says.
    pub async fn check_agent(&self) -> Option<wire::Agent> {
        let config = self.config();
        let found = inbound::agent::check(&self.agent_client, config.agent.as_ref()?).await;
        let (known, now) = (&self.desk.agent, self.clock.now());
        let changed = match found.problem {
            Some((state, reason)) => known.is_not(state, reason, None, now),
            // It is up; whether it takes the token is seen when it is asked.
            None if known.state().0 == wire::AgentState::Refusing => inbound::agent::Changed(false),
            None => known.is_there(now),
        };
        if changed == inbound::agent::Changed(true) {
            self.tell_config();
        }
        self.desk.wake.notify_one();
        self.agent().map(|agent| wire::Agent { agents: found.agents, ..agent })
    }

    pub(crate) fn new_event(&self, event: StoredEvent) -> NewEvent {
        let deliveries = self
            .endpoints
            .all()
            .values()
            .map(|endpoint| endpoint.definition())
            .filter(|definition| subscribe::wants(&definition.config, &event).is_ok())
            .map(|definition| new_delivery(&definition.config, &event))
            .collect();
        NewEvent { event: Arc::new(event), deliveries, trigger: Trigger::Schedule, left: Vec::new() }
    }

    /// Sends `endpoint` a sample event, whatever it subscribes to and however it stands.
    pub async fn test(&self, endpoint: &Endpoint, event_type: EventType) -> Result<Delivery, Problem> {
        let event = sample::event(event_type, &self.server.instance_id, &self.clock);
        let id = event.id.clone();
        let delivery = Delivery { max_attempts: 1, ..new_delivery(&endpoint.definition().config, &event) };
        let new = NewEvent {
            event: Arc::new(event),
            deliveries: vec![delivery],
            trigger: Trigger::Test,
            left: Vec::new(),
        };
        self.committer.accept(vec![new]).await?;
        let filter = DeliveryFilter { event_id: Some(id.to_string()), ..DeliveryFilter::default() };
        let delivery = self.store.deliveries(&filter, 1, None).await?.items.pop();
        delivery
            .map(|delivery| self.seen(delivery))
            .ok_or_else(|| Problem::not_found("delivery", id.as_str()))
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
        endpoint.shown(self.meters().seen(&endpoint.name, now), now)
    }

    /// The totals of a window, of one endpoint or of all.
    pub fn stats(&self, window: StatsWindow, only: Option<&str>) -> Stats {
        let now = self.clock.now();
        let dropped = self.dropped.load(Ordering::Relaxed);
        let waiting = self.endpoints.waiting(only, now);
        Stats { dropped, ..self.meters().stats(window, only, now, waiting) }
    }

    /// The clients that go by the rules in force.
    pub fn clients(&self) -> &Clients {
        &self.lane_tools.deliverer.clients
    }

    /// What is in force, secrets masked, as the API shows it.
    pub fn config_view(&self) -> ConfigView {
        let config = self.config();
        ConfigView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: self.demo,
            file: config.file.as_ref().map(|file| file.display().to_string()),
            instance_id: self.server.instance_id.clone(),
            inbound_base_path: config.inbound.base_path.clone(),
            effective: config.effective.clone(),
            sources: config.sources.clone(),
            agent: self.agent(),
            sealed: self.vault.is_closed(),
            reload: self.reload(),
        }
    }

    /// The id of a new entry of the audit.
    pub fn audit_id(&self) -> String {
        self.clock.new_id::<wire::kinds::Check>().as_str().replace("chk_", "aud_")
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
    /// Runs `task` until the gateway stops.
    pub fn beside(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.beside.spawn(task);
    }

    /// Starts nothing more, waits up to 10 s for the attempts on their way, and commits what they brought.
    pub async fn stop(mut self, gateway: &Gateway) {
        for endpoint in gateway.endpoints.all().values() {
            endpoint.tell(lane::Message::Stop);
        }
        let lanes = std::mem::take(&mut *gateway.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        let asking = self.asking.abort_handle();
        let ended = async { tokio::join!(lanes.join_all(), self.asking) };
        if tokio::time::timeout(LAST_ATTEMPTS, ended).await.is_err() {
            tracing::warn!("Some attempts or runs did not come back in time; the next start sees to them");
            asking.abort();
        }
        self.beside.shutdown().await;
        gateway.committer.stop().await;
        let _ = self.committer.await;
        cluster::leave(&gateway.store, &gateway.cluster).await;
        gateway.questions.close().await;
        gateway.store.close().await;
    }
}

/// A delivery of `event` that is not stored yet.
pub(crate) fn new_delivery(endpoint: &EndpointConfig, event: &StoredEvent) -> Delivery {
    Delivery {
        id: wire::DeliveryId::made("new"), // the committer numbers it
        event_id: event.id.clone(),
        event_type: event.event_type,
        endpoint: endpoint.name.to_string(),
        agent_id: event.agent_id.clone(),
        status: DeliveryStatus::Pending,
        attempts: 0,
        max_attempts: endpoint.retry.max_attempts,
        created_at: event.received_at,
        next_attempt_at: None,
        finished_at: None,
        last_reason: None,
        last_status_code: None,
        last_duration_ms: None,
        hit_id: event.hit_id.clone(),
    }
}

/// Tells watchers of endpoints whose figures changed: not at every attempt, but soon.
async fn tell_endpoints(gateway: Gateway) {
    let mut told = HashMap::new();
    loop {
        gateway.clock.sleep_until(gateway.clock.now().plus_ms(ENDPOINTS_TOLD_EVERY_MS)).await;
        let endpoints = gateway.endpoints.all();
        told.retain(|name, _| endpoints.contains_key(name));
        for endpoint in endpoints.values() {
            // Time alone changes some of it: a circuit's wait ends, a failure is forgiven, figures are of the last minutes.
            let now = gateway.clock.now();
            let outlook = (endpoint.outlook(now), endpoint.minute(now));
            if told.insert(Arc::clone(&endpoint.name), outlook) != Some(outlook) {
                endpoint.changed.store(true, Ordering::Relaxed);
            }
        }
        let changed: Vec<News> = endpoints
            .values()
            .filter(|endpoint| endpoint.changed.swap(false, Ordering::Relaxed))
            .map(|endpoint| News::Endpoint(Box::new(gateway.endpoint(endpoint))))
            .collect();
        // Asked each time, so that one who watched a quiet gateway and left is awaited from then on.
        let is_watched = gateway.feed.is_watched();
        if !changed.is_empty() {
            if is_watched {
                gateway.feed.publish(changed);
            } else {
                gateway.feed.skip();
            }
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
            CommitError::Elsewhere => Self::new(
                StatusCode::CONFLICT,
                "being_delivered",
                "another gateway has it right now; try again in some seconds",
            ),
            CommitError::Store(error) => error.into(),
        }
    }
}
