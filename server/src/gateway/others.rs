//! What other gateways on the same database do: taken over into what this one keeps in memory, and shown to its watchers.

use super::Gateway;
use crate::live::feed::News;
use crate::outbound::lane::Message;
use crate::store::{StoreError, Told};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use wire::{DeliveryId, DeliveryStatus};

/// More rows than this are not shown one by one: watchers fetch anew.
const SHOWN_AT_ONCE: usize = 3000;
/// Minutes in which others may still be counting.
const MINUTES_COUNTED: i64 = 2;

impl Gateway {
    /// By what this gateway is known to the others from now on.
    pub fn new_node_id(&self) -> String {
        self.clock.new_id::<wire::kinds::Run>().as_str().replace("run_", "node_")
    }

    /// Takes over what others told, in the order in which each did. Gives whether watchers can have seen all of it: that this
    /// gateway is watched is known to the others only a moment later.
    pub async fn heard(&self, told: Vec<Told>) -> Result<bool, StoreError> {
        if told.iter().any(|told| told.defined)
            && let Err(problem) = self.define_again().await
        {
            tracing::error!(?problem, "Endpoints that another gateway made or changed could not be read");
            self.cluster.look();
        }
        if told.iter().any(|told| told.much) {
            self.cluster.look();
        }
        if told.iter().any(|told| !told.logouts.is_empty()) {
            self.sessions.end(told.iter().flat_map(|told| told.logouts.iter().cloned()), self.clock.now());
        }
        if told.iter().any(|told| told.queued) {
            self.desk.wake.notify_one();
        }
        self.note_last_attempts(&told);
        // Before the attempts: who resumed an endpoint had it tried, and what came of that is told along with it.
        let changed: BTreeSet<String> = told.iter().flat_map(|told| told.endpoints.iter().cloned()).collect();
        self.decided(&changed).await?;
        for told in &told {
            self.counted_and_due(told);
            for (name, attempts) in &told.attempts {
                if let Some(endpoint) = self.endpoints.get(name) {
                    endpoint.ended_elsewhere(attempts, self.clock.now());
                }
            }
        }
        if self.feed.is_watched() {
            self.show(&told).await?;
            return Ok(!told.iter().any(Told::leaves_out));
        }
        self.feed.skip();
        Ok(true)
    }

    fn counted_and_due(&self, told: &Told) {
        for (name, (pending, retrying)) in &told.open {
            if let Some(endpoint) = self.endpoints.get(name) {
                endpoint.open.moved(None, Some(DeliveryStatus::Pending), *pending);
                endpoint.open.moved(None, Some(DeliveryStatus::Retrying), *retrying);
                endpoint.changed.store(true, Ordering::Relaxed);
            }
        }
        for name in &told.left {
            if let Some(endpoint) = self.endpoints.get(name) {
                endpoint.tell(Message::Left);
            }
        }
        for (name, due) in &told.due {
            if let Some(endpoint) = self.endpoints.get(name) {
                endpoint.tell(Message::Due(*due));
            }
        }
    }

    /// Notes which attempt of each endpoint was the last that others told of, to be read when it is time.
    fn note_last_attempts(&self, told: &[Told]) {
        let mut noted = self.last_elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, attempts) in told.iter().flat_map(|told| &told.attempts) {
            if let Some(attempt) = attempts.last() {
                noted.insert(name.clone(), attempt.delivery.clone());
            }
        }
    }

    /// Reads the last attempt of each endpoint that others told of since.
    pub async fn read_last_attempts(&self) -> Result<(), StoreError> {
        let noted = std::mem::take(&mut *self.last_elsewhere.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            return Ok(());
        }
        let deliveries: Vec<DeliveryId> = noted.into_values().collect();
        for attempt in self.store.last_attempts_of(&deliveries).await? {
            if let Some(endpoint) = self.endpoints.get(&attempt.endpoint) {
                endpoint.attempted_elsewhere(attempt);
            }
        }
        Ok(())
    }

    /// Takes over pauses and checks of these endpoints.
    async fn decided(&self, names: &BTreeSet<String>) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        for pause in self.store.pauses().await?.into_iter().filter(|pause| names.contains(&pause.endpoint)) {
            if let Some(endpoint) = self.endpoints.get(&pause.endpoint) {
                endpoint.hear_pause(pause, self.clock.now());
            }
        }
        for name in names {
            if let Some(endpoint) = self.endpoints.get(name)
                && let Some(check) = self.store.last_check(name).await?
            {
                endpoint.checked(check);
            }
        }
        Ok(())
    }

    /// Shows watchers what others told.
    async fn show(&self, told: &[Told]) -> Result<(), StoreError> {
        let rows: usize = told
            .iter()
            .map(|told| told.events.len() + told.deliveries.len() + told.hits.len() + told.runs.len())
            .sum();
        if rows > SHOWN_AT_ONCE {
            self.feed.skip();
            return Ok(());
        }
        let mut news = Vec::new();
        let events: Vec<&str> =
            told.iter().flat_map(|told| &told.events).map(wire::EventId::as_str).collect();
        let counts = self.store.delivery_counts(events.iter().copied()).await?;
        for id in told.iter().flat_map(|told| &told.events) {
            if let Some(event) = self.store.event(id).await? {
                let counts = counts.get(id.as_str()).copied().unwrap_or_default();
                news.push(News::Event(Arc::new(event), counts));
            }
        }
        let attempted: Vec<DeliveryId> = told
            .iter()
            .flat_map(|told| told.attempts.values().flatten())
            .map(|told| told.delivery.clone())
            .collect();
        for attempt in self.store.last_attempts_of(&attempted).await? {
            news.push(News::Attempt(Arc::new(attempt)));
        }
        let ids: BTreeSet<DeliveryId> = told.iter().flat_map(|told| &told.deliveries).cloned().collect();
        for delivery in self.store.deliveries_of(&ids.into_iter().collect::<Vec<_>>()).await? {
            news.push(News::Delivery(Box::new(self.seen(delivery))));
        }
        for id in told.iter().flat_map(|told| &told.hits) {
            if let Some(hit) = self.store.hit(id).await? {
                news.push(News::Hit(Box::new(hit)));
            }
        }
        for hit in told.iter().flat_map(|told| &told.runs) {
            if let Some(stored) = self.store.run_of_hit(hit).await? {
                news.push(News::Run(Box::new(stored.run)));
            }
        }
        self.feed.publish(news);
        Ok(())
    }

    /// Reads what may have changed without this gateway hearing of it, and gives whether all of it could be read. Watchers fetch
    /// anew.
    pub async fn look_anew(&self) -> bool {
        let mut is_whole = true;
        if let Err(error) = self.count_anew().await {
            tracing::warn!(%error, "What waits could not be counted anew: {error}");
            is_whole = false;
        }
        if let Err(problem) = self.define_again().await {
            tracing::warn!(?problem, "The endpoints could not be read anew");
            is_whole = false;
        }
        let names: BTreeSet<String> = self.endpoints.all().keys().map(ToString::to_string).collect();
        if let Err(error) = self.decided(&names).await {
            tracing::warn!(%error, "The endpoints' pauses and checks could not be read anew: {error}");
            is_whole = false;
        }
        if let Err(error) = self.read_logouts().await {
            tracing::warn!(%error, "The sessions that were logged out of could not be read anew: {error}");
            is_whole = false;
        }
        for endpoint in self.endpoints.all().values() {
            endpoint.tell(Message::Look);
        }
        self.desk.wake.notify_one();
        self.desk.owing.notify_one();
        self.feed.skip();
        is_whole
    }

    /// Ends the sessions that were logged out of, here or elsewhere.
    pub(super) async fn read_logouts(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.sessions.end(self.store.logouts(now).await?, now);
        Ok(())
    }

    /// Counts what waits as the database has it: what is added up from what everybody tells drifts with each one who comes, and
    /// with each commit whose answer is lost. Gives whether it agreed; if not, something may have been told while it counted.
    pub async fn count_anew(&self) -> Result<bool, StoreError> {
        let mut open: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for waiting in self.store.waiting().await? {
            let open = open.entry(waiting.endpoint).or_default();
            let count = i64::try_from(waiting.count).unwrap_or(i64::MAX);
            if waiting.status == DeliveryStatus::Retrying {
                open.1 = count;
            } else {
                open.0 = count;
            }
        }
        let mut agreed = true;
        for (name, endpoint) in &*self.endpoints.all() {
            let (pending, retrying) = open.get(&**name).copied().unwrap_or_default();
            agreed &= endpoint.open.set(pending, retrying);
            endpoint.changed.store(true, Ordering::Relaxed);
        }
        if !agreed {
            self.cluster.doubt();
        }
        Ok(agreed)
    }

    /// Takes over what others counted of late.
    pub async fn hear_meters(&self) -> Result<(), StoreError> {
        if !self.cluster.has_others() {
            return Ok(());
        }
        let now = self.clock.now();
        let minute = now.0.div_euclid(60_000) - MINUTES_COUNTED + 1;
        let rows = self.store.meters_of_others(minute, &self.run).await?;
        self.meters().hear(&rows, now);
        Ok(())
    }
}
