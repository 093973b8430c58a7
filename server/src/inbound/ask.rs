//! Asking the agent: runs wait on disk, oldest first, and each inbound endpoint has its own places.
//!
//! A run is on disk as `running` before the agent is asked, so that a gateway that ends in between knows: a hook is
//! asked again, because OpenClaw knows the repeat by its `Idempotency-Key`; a chat is not, because it would run twice.

use super::agent::{self, Changed};
use super::answer::{Asked, Told};
use super::callback;
use super::request::AgentRequest;
use crate::committer::CommitError;
use crate::config::{Config, InboundEndpoint};
use crate::gateway::Gateway;
use crate::net::Client;
use crate::problem::Problem;
use crate::store::{StoreError, StoredRun};
use futures_util::future::join_all;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::task::JoinSet;
use wire::{AgentState, Ms, RunId, RunStatus, Time};

/// Places of an inbound endpoint that is no longer configured: what it accepted runs all the same.
const PLACES_OF_GONE: u32 = 1;
/// After the database failed to answer, when to ask again.
const ASK_AGAIN_MS: i64 = 1000;
/// Among many gateways, what waits is looked for so often even if nobody tells.
const POLL_MS: i64 = 15_000;

/// Asks for every run in its turn, until the gateway stops and the last is back.
pub async fn run(gateway: Gateway, client: Client) {
    if !gateway.cluster.works() {
        return;
    }
    while let Err(error) = take_up(&gateway).await {
        tracing::error!(?error, "Reading the runs of an earlier start failed, and will be tried again");
        gateway.clock.sleep_until(gateway.clock.now().plus_ms(ASK_AGAIN_MS)).await;
    }
    let mut places = Places::default();
    let mut asking = Asking::new();
    let mut draining = gateway.draining.subscribe();
    loop {
        let stopping = *draining.borrow_and_update();
        if stopping && asking.is_empty() {
            return;
        }
        let wake = if stopping {
            None
        } else {
            start(&gateway, &client, &mut places, &mut asking).await.unwrap_or_else(|error| {
                places.in_doubt = true;
                tracing::error!(%error, "Reading the runs that wait failed: {error}");
                Some(gateway.clock.now().plus_ms(ASK_AGAIN_MS))
            })
        };
        let sleep = async {
            match wake {
                Some(wake) => gateway.clock.sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = asking.join_next() => places.free(ended.ok()),
            () = gateway.desk.wake.notified() => {}
            Ok(()) = draining.changed() => {}
            () = sleep => {}
        }
        while let Some(ended) = asking.try_join_next() {
            places.free(ended.ok());
        }
    }
}

/// The runs that are being asked for: each gives its inbound endpoint and id when it is through.
type Asking = JoinSet<(String, RunId)>;

/// How many runs are being asked for, by inbound endpoint; and how many may be.
#[derive(Default)]
struct Places {
    taken: HashMap<String, u32>,
    most: BTreeMap<String, u32>,
    /// By which configuration.
    config: Option<Arc<Config>>,
    /// The runs that are being asked for.
    asked: HashSet<RunId>,
    /// Whether some may bear this gateway's name without being among them: what was to be stored of them was not.
    in_doubt: bool,
}

impl Places {
    /// Counts anew if another configuration is in force.
    async fn count(&mut self, gateway: &Gateway) -> Result<(), StoreError> {
        let config = gateway.config();
        if self.config.as_ref().is_some_and(|counted| Arc::ptr_eq(counted, &config)) {
            return Ok(());
        }
        let of_endpoint = |endpoint: &InboundEndpoint| (endpoint.name.to_string(), endpoint.concurrency);
        self.most = config.inbound.endpoints.iter().map(of_endpoint).collect();
        for (inbound, status, _) in gateway.store.open_runs().await? {
            if status == RunStatus::Queued {
                self.most.entry(inbound).or_insert(PLACES_OF_GONE);
            }
        }
        self.config = Some(config);
        Ok(())
    }

    fn free(&mut self, ended: Option<(String, RunId)>) {
        let Some((inbound, run)) = ended else { return };
        self.asked.remove(&run);
        if let Some(taken) = self.taken.get_mut(&inbound) {
            *taken -= 1;
        }
    }
}

/// What was under way when an earlier run of the gateway ended, or at a gateway that is gone.
async fn take_up(gateway: &Gateway) -> Result<(), Problem> {
    let running = match gateway.cluster.node() {
        Some(node) => gateway.store.claim_running_runs(&node).await?,
        None => gateway.store.running_runs().await?,
    };
    for mut stored in running {
        if stored.run.mode == "hooks" {
            stored.run.status = RunStatus::Queued;
            gateway.committer.asked(stored).await?;
        } else {
            let error = "the gateway ended while the agent worked; a chat is not asked twice";
            finish(gateway, stored, RunStatus::Failed, Told::default(), Some(error.to_owned())).await?;
        }
    }
    Ok(())
}

/// Starts all that may go now. Gives the time at which to look again, if only time can change something.
async fn start(
    gateway: &Gateway,
    client: &Client,
    places: &mut Places,
    asking: &mut Asking,
) -> Result<Option<Time>, StoreError> {
    if gateway.config().agent.is_none() {
        return Ok(None);
    }
    let node = gateway.cluster.node();
    if let Some(node) = &node {
        if !gateway.cluster.may_begin() {
            return Ok(Some(gateway.clock.now().plus_ms(ASK_AGAIN_MS)));
        }
        if places.in_doubt {
            let held: Vec<RunId> = places.asked.iter().cloned().collect();
            gateway.store.free_unheld_runs(node, &held).await?;
            places.in_doubt = false;
        }
        if let Err(error) = take_up(gateway).await {
            places.in_doubt = true;
            tracing::error!(?error, "Runs of a gateway that is gone could not be taken over");
        }
    }
    places.count(gateway).await?;
    for (inbound, most) in &places.most {
        let most = gateway.cluster.places(inbound, *most);
        let taken = places.taken.entry(inbound.clone()).or_default();
        let free = most.saturating_sub(*taken);
        if free == 0 {
            continue;
        }
        let (mut begun, mut wait) = (Vec::new(), None);
        let queued = match &node {
            Some(node) => gateway.store.claim_queued_runs(node, inbound, free).await?,
            None => gateway.store.queued_runs(inbound, free).await?,
        };
        let mut queued = queued.into_iter();
        for stored in queued.by_ref() {
            if let Err(until) = gateway.desk.agent.admits(gateway.clock.now()) {
                wait = Some(until);
                let rest: Vec<RunId> =
                    std::iter::once(stored.run.id).chain(queued.map(|stored| stored.run.id)).collect();
                if let Some(node) = &node {
                    gateway.store.let_runs_go(node, &rest).await?;
                }
                break;
            }
            begun.push(begin(gateway, stored));
        }
        // Once they are on disk as running, nobody finds them among those that wait.
        for (stored, committed) in join_all(begun).await {
            let id = stored.run.id.clone();
            if let Err(error) = committed {
                gateway.desk.agent.unasked();
                places.in_doubt = true;
                tracing::error!(run.id = %id, ?error, "That {id} is asked for could not be stored");
                continue;
            }
            *taken += 1;
            places.asked.insert(id.clone());
            let (gateway, client, inbound) = (gateway.clone(), client.clone(), inbound.clone());
            asking.spawn(async move {
                if let Err(error) = ask(&gateway, &client, stored).await {
                    tracing::error!(run.id = %id, ?error, "How {id} stands could not be stored");
                }
                (inbound, id)
            });
        }
        if let Some(until) = wait {
            return Ok(until);
        }
    }
    let now = gateway.clock.now();
    Ok(match node {
        Some(_) if places.in_doubt => Some(now.plus_ms(ASK_AGAIN_MS)),
        Some(_) => Some(now.plus_ms(POLL_MS)),
        None => None,
    })
}

/// Puts on disk that a run is being asked for.
async fn begin(gateway: &Gateway, mut stored: StoredRun) -> (StoredRun, Result<(), CommitError>) {
    stored.run.status = RunStatus::Running;
    stored.run.attempts += 1;
    stored.run.started_at.get_or_insert(gateway.clock.now());
    let committed = gateway.committer.asked(stored.clone()).await;
    (stored, committed)
}

async fn ask(gateway: &Gateway, client: &Client, stored: StoredRun) -> Result<(), Problem> {
    let config = gateway.config();
    let Some(agent) = &config.agent else {
        return requeue(gateway, stored, "webhooks.agent is no longer configured".to_owned()).await;
    };
    let began = gateway.clock.now();
    let request: Result<AgentRequest, _> = serde_json::from_str(&stored.request);
    let (asked, retry_after) = match request {
        Ok(request) => agent::ask(client, agent, &request, began).await,
        Err(error) => {
            (Asked::Failed(Told::default(), format!("the stored request can't be read: {error}")), None)
        }
    };
    let now = gateway.clock.now();
    let known = &gateway.desk.agent;
    let waits = |state, reason: &str| known.is_not(state, reason.to_owned(), retry_after, now);
    // What is known of the agent comes first: who hears of the run may ask for that.
    let (changed, ended) = match asked {
        Asked::Away(reason) => (waits(AgentState::Away, &reason), requeue(gateway, stored, reason).await),
        Asked::Refused(reason) => {
            (waits(AgentState::Refusing, &reason), requeue(gateway, stored, reason).await)
        }
        Asked::Done(told) => {
            (known.is_there(now), finish(gateway, stored, RunStatus::Succeeded, told, None).await)
        }
        Asked::Taken(told) => {
            (known.is_there(now), finish(gateway, stored, RunStatus::Accepted, told, None).await)
        }
        Asked::Failed(told, error) => {
            (known.is_there(now), finish(gateway, stored, RunStatus::Failed, told, Some(error)).await)
        }
    };
    if changed == Changed(true) {
        gateway.tell_config();
    }
    ended
}

/// The agent did not take it: it waits for the agent in its old place, with the reason on it.
async fn requeue(gateway: &Gateway, mut stored: StoredRun, reason: String) -> Result<(), Problem> {
    tracing::warn!(run.id = %stored.run.id, "{} waits: {reason}", stored.run.id);
    stored.run.status = RunStatus::Queued;
    stored.run.error = Some(reason);
    Ok(gateway.committer.asked(stored).await?)
}

/// The run ended; what it owes is paid by [`callback`].
async fn finish(
    gateway: &Gateway,
    mut stored: StoredRun,
    status: RunStatus,
    told: Told,
    error: Option<String>,
) -> Result<(), Problem> {
    let now = gateway.clock.now();
    let run = &mut stored.run;
    run.status = status;
    run.finished_at = Some(now);
    #[expect(clippy::cast_precision_loss, reason = "a run of 285 000 years is exact enough")]
    let lasted = run.started_at.map(|started| Ms(now.ms_since(started).max(0) as f64));
    run.duration_ms = lasted;
    run.error = error;
    run.agent_run_id = told.agent_run_id.or(run.agent_run_id.take());
    run.reply = told.reply;
    run.model = told.model;
    run.usage = told.usage;
    tracing::info!(run.id = %run.id, run.status = %status, "{} of {}: {status}", run.id, stored.inbound);
    gateway.telemetry.run_ended(&stored.inbound, status);
    if stored.callback && status != RunStatus::Accepted {
        stored.callback_due = Some(callback::due(gateway, now));
    }
    let hit = stored.run.hit_id.clone();
    gateway.committer.asked(stored).await?;
    callback::settle(gateway, &hit).await
}
