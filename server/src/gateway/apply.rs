//! Putting a configuration in force: at the start, when its file changed, and when the API made an endpoint.
//!
//! What is on its way goes on as it began. An endpoint that is gone sends nothing more, and what waits for it is
//! cancelled; one that is new takes up what waits for its name.

use super::{Current, Gateway};
use crate::config::{Config, ConfigErrors, EndpointConfig};
use crate::endpoints::{ByName, Definition, Endpoint};
use crate::live::feed::News;
use crate::outbound::lane;
use crate::problem::Problem;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc;
use wire::{Attempt, AuditEntry, Reload, Source};

/// Attempts read back for an endpoint that is new here or has another URL, to know how it did.
const ATTEMPTS_LOOKED_BACK: u32 = 20;
/// Deliveries cancelled in one commit, of each status: some milliseconds of the writer's time.
const CANCELLED_AT_ONCE: u32 = 500;

impl Gateway {
    /// Puts what was read from the changed file in force, or keeps the old and tells why.
    pub async fn reconfigure(&self, read: Result<Config, ConfigErrors>) -> Result<(), String> {
        let result = match read {
            Ok(config) => self.apply(config).await.map_err(|error| error.to_string()),
            Err(errors) => Err(errors.to_string()),
        };
        match &result {
            Ok(()) => {
                tracing::info!("The changed configuration is in force");
                self.config().tell_warnings();
            }
            Err(error) => {
                tracing::error!(%error, "The changed configuration is refused, the one before stays: {error}");
            }
        }
        let at = self.clock.now();
        self.current().reload = Reload { at, error: result.clone().err() };
        let entry = AuditEntry {
            id: self.audit_id(),
            at,
            who: "file".to_owned(),
            address: None,
            action: "reload".to_owned(),
            target: None,
            status_code: None,
            detail: result.clone().err(),
        };
        if let Err(error) = self.committer.audit(entry).await {
            tracing::error!(?error, "That the configuration was read again could not be noted");
        }
        self.tell_config();
        result
    }

    /// Puts `config` in force, together with the endpoints made through the API.
    pub(super) async fn apply(&self, config: Config) -> Result<(), StoreError> {
        let _one_at_a_time = self.changing.lock().await;
        for key in self.server.differs(&config.server) {
            tracing::warn!("webhooks.server.{key} changed; that takes a restart");
        }
        if config.network != self.config().network {
            self.clients().set_rules(config.network.rules());
        }
        self.define(&config).await?;
        let agent_changed = config.agent != self.config().agent;
        self.current().config = Arc::new(config);
        if agent_changed {
            self.desk.agent.forget(self.clock.now());
        }
        // There may be more places now, or another agent.
        self.desk.wake.notify_one();
        Ok(())
    }

    /// Takes up the endpoints that the API made, changed or removed.
    pub async fn define_again(&self) -> Result<(), Problem> {
        let _one_at_a_time = self.changing.lock().await;
        Ok(self.define(&self.config()).await?)
    }

    /// Brings the endpoints at work in line with their definitions.
    async fn define(&self, config: &Config) -> Result<(), StoreError> {
        let definitions = self.definitions(config).await?;
        let before = self.endpoints.all();
        let mut after = ByName::new();
        let mut begun = Vec::new();
        for definition in definitions {
            let name = Arc::clone(&definition.config.name);
            if let Some(endpoint) = before.get(&name) {
                let known = endpoint.definition();
                if *known != definition {
                    let attempts = if known.config.url.shown() == definition.config.url.shown() {
                        None
                    } else {
                        Some(self.last_attempts(&definition.config).await?)
                    };
                    endpoint.redefine(definition, attempts, self.clock.now());
                }
                after.insert(name, Arc::clone(endpoint));
            } else {
                if let Some(fault) = &definition.config.fault {
                    tracing::warn!(endpoint.name = %name, "{name} is misconfigured and sends nothing: {fault}");
                }
                let (endpoint, lane) = self.new_endpoint(definition).await?;
                after.insert(name, Arc::clone(&endpoint));
                begun.push((endpoint, lane));
            }
        }
        self.count_waiting(begun.iter().map(|(endpoint, _)| endpoint)).await?;
        let gone: Vec<_> =
            before.iter().filter(|(name, _)| !after.contains_key(*name)).map(|(_, gone)| gone).collect();
        self.endpoints.replace(after);
        for (endpoint, (tell, told)) in begun {
            let lane = lane::run(Arc::clone(&self.lane_tools), endpoint, tell, told);
            self.lanes.lock().unwrap_or_else(PoisonError::into_inner).spawn(lane);
        }
        for endpoint in gone {
            endpoint.remove();
            if let Err(problem) = self.cancel_open(&endpoint.name).await {
                let name = &endpoint.name;
                tracing::error!(endpoint.name = %name, ?problem, "What waits for {name} could not be cancelled");
            }
        }
        Ok(())
    }

    /// Cancels what waits for an endpoint, in steps so small that others hardly notice.
    pub(super) async fn cancel_open(&self, name: &str) -> Result<(), Problem> {
        loop {
            let open = self.store.open_deliveries(name, CANCELLED_AT_ONCE).await?;
            if open.is_empty() {
                return Ok(());
            }
            self.committer.cancel_open(open, self.clock.now()).await?;
        }
    }

    /// The file's endpoints, and the API's where the file has none of that name.
    async fn definitions(&self, config: &Config) -> Result<Vec<Definition>, StoreError> {
        let of_file = |config: &EndpointConfig| Definition { config: config.clone(), source: Source::File };
        let mut definitions: Vec<Definition> = config.endpoints.iter().map(of_file).collect();
        for made in self.made_endpoints().await? {
            if config.endpoint(&made.name).is_some() {
                let name = &made.name;
                tracing::warn!(endpoint.name = %name, "{name} was made through the API and is in the file too: the file wins");
                continue;
            }
            match EndpointConfig::from_json(&made.definition) {
                Ok(config) => definitions.push(Definition { config, source: Source::Api }),
                Err(problems) => {
                    let name = &made.name;
                    tracing::error!(endpoint.name = %name, ?problems, "{name} in the database can't be read and is left out");
                }
            }
        }
        Ok(definitions)
    }

    async fn new_endpoint(&self, definition: Definition) -> Result<(Arc<Endpoint>, Ends), StoreError> {
        let name = Arc::clone(&definition.config.name);
        let pause = self.store.pauses().await?.into_iter().find(|pause| *pause.endpoint == *name);
        let attempts = self.last_attempts(&definition.config).await?;
        let check = self.store.last_check(&name).await?;
        let (tell, told) = mpsc::unbounded_channel();
        let now = self.clock.now();
        let endpoint = Endpoint::new(definition, pause, attempts, check, tell.clone(), now);
        if let Some(at) = self.meters().last_of(&name, now) {
            endpoint.counted(at);
        }
        Ok((Arc::new(endpoint), (tell, told)))
    }

    /// The last attempts to the endpoint as it is in this configuration, newest first.
    async fn last_attempts(&self, config: &EndpointConfig) -> Result<Vec<Attempt>, StoreError> {
        self.store.last_attempts(&config.name, config.url.shown(), ATTEMPTS_LOOKED_BACK).await
    }

    /// Counts what waits on disk for endpoints that are new here.
    async fn count_waiting<'a>(
        &self,
        endpoints: impl Iterator<Item = &'a Arc<Endpoint>>,
    ) -> Result<(), StoreError> {
        let new: HashMap<&str, &Arc<Endpoint>> =
            endpoints.map(|endpoint| (&*endpoint.name, endpoint)).collect();
        if new.is_empty() {
            return Ok(());
        }
        for waiting in self.store.waiting().await? {
            if let Some(endpoint) = new.get(waiting.endpoint.as_str()) {
                let count = i64::try_from(waiting.count).unwrap_or(i64::MAX);
                endpoint.open.moved(None, Some(waiting.status), count);
            }
        }
        Ok(())
    }

    /// Tells watchers what is in force now.
    pub(crate) fn tell_config(&self) {
        if self.feed.is_watched() {
            self.feed.publish([News::Config(Box::new(self.config_view()))]);
        } else {
            self.feed.skip();
        }
    }

    fn current(&self) -> std::sync::RwLockWriteGuard<'_, Current> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both ends of a lane's messages.
type Ends = (mpsc::UnboundedSender<lane::Message>, mpsc::UnboundedReceiver<lane::Message>);
