//! The beat: renews this gateway's lease every second, ends those that did not renew theirs, and sees who is there.

use super::moment::Moment;
use super::{Cluster, LEASE};
use crate::gateway::Gateway;
use crate::outbound::lane;
use crate::store::{Store, StoreError};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_secs(1);
/// What was told is kept so long; who has not heard it by then looks at everything anew.
const TOLD_KEPT_MS: i64 = 60_000;
/// Beats between two looks for what belongs to nobody, and for what was told long ago.
const TIDY_EVERY: u64 = 30;
/// Whoever holds this lock of the database leads.
const LEAD_LOCK: i64 = 0x6f70_656e_636c_6177;

/// Takes a place among the gateways before anything is taken in. Nobody is ended yet: after a time without the database all
/// leases are old, and the others are about to renew theirs.
pub async fn join(store: &Store, cluster: &Cluster, instance_id: &str) -> Result<(), StoreError> {
    let Some(node) = cluster.node() else { return Ok(()) };
    let began = Moment::now();
    store.join(&node, instance_id, cluster.works(), lease_ms()).await?;
    cluster.saw(&store.nodes(lease_ms()).await?, began);
    Ok(())
}

/// Gives the place up: what is left of what this gateway had is free at once.
pub async fn leave(store: &Store, cluster: &Cluster) {
    let Some(node) = cluster.node() else { return };
    if let Err(error) = store.leave(&node).await {
        tracing::warn!(%error, "The others find out only by its lease that this gateway is gone: {error}");
    }
}

/// Beats, for ever.
pub async fn run(gateway: Gateway) {
    let mut beats = Beats { gateway, session: None, count: 0, failed_at: Some(Instant::now()) };
    if beats.gateway.cluster.node().is_none() {
        return;
    }
    loop {
        tokio::time::sleep(BEAT).await;
        let beat = tokio::time::timeout(LEASE, beats.beat()).await;
        if let Err(error) = beat.unwrap_or(Err(StoreError::Away(sqlx::Error::PoolTimedOut))) {
            if beats.failed_at.is_none() {
                tracing::error!(%error, "The lease could not be renewed, nothing is sent until it is: {error}");
            }
            beats.failed_at = Some(Instant::now());
        }
    }
}

struct Beats {
    gateway: Gateway,
    /// The session that holds the lead, or asks for it.
    session: Option<PgConnection>,
    count: u64,
    failed_at: Option<Instant>,
}

impl Beats {
    async fn beat(&mut self) -> Result<(), StoreError> {
        let gateway = self.gateway.clone();
        let (store, cluster) = (&gateway.store, &gateway.cluster);
        let Some(node) = cluster.node() else { return Ok(()) };
        let began = Moment::now();
        let is_fenced = !store.renew(&node, lease_ms(), self.gateway.feed.is_watched()).await?;
        if is_fenced {
            self.begin_again(&node).await?;
        }
        // After a time without the database all leases are old; that others are back is seen within another one.
        if self.failed_at.is_none_or(|failed| failed.elapsed() > LEASE) {
            self.failed_at = None;
            let ended = store.end_expired().await?;
            if ended > 0 {
                tracing::warn!(
                    ended,
                    "{ended} gateways did not renew their leases; what they had is taken over"
                );
            }
        }
        let changed = cluster.saw(&store.nodes(lease_ms()).await?, began);
        if changed || is_fenced {
            self.look_around();
        }
        self.lead().await;
        self.count += 1;
        if self.count.is_multiple_of(TIDY_EVERY) {
            // Also where nobody leads, because all of them only take in.
            store.forget_told(TOLD_KEPT_MS).await?;
        }
        if self.count.is_multiple_of(TIDY_EVERY) && cluster.leads() && store.free_orphans().await? > 0 {
            self.look_around();
        }
        gateway.read_last_attempts().await?;
        gateway.hear_meters().await
    }

    /// The others ended this gateway: nothing of what it has in memory is its own any more.
    async fn begin_again(&mut self, before: &str) -> Result<(), StoreError> {
        // It bears the old name, and may hold the lead under it.
        self.session = None;
        let gateway = &self.gateway;
        gateway.cluster.end();
        let node = gateway.new_node_id();
        // Whatever is stored under the new name from its first moment on is its own; and under the old one nothing is.
        let (instance, works) = (&gateway.server.instance_id, gateway.cluster.works());
        gateway.store.join(&node, instance, works, lease_ms()).await?;
        gateway.cluster.begin_as(&node);
        tracing::warn!(
            before,
            node,
            "This gateway did not renew its lease in time; it begins anew as {node}"
        );
        // They see by the name that what they have is not theirs any more.
        for endpoint in gateway.endpoints.all().values() {
            endpoint.tell(lane::Message::Look);
        }
        Ok(())
    }

    /// Somebody came or went: shares are others now, and something may be free.
    fn look_around(&self) {
        // Before the database is asked for anything: a part that shrank is kept to at once.
        for endpoint in self.gateway.endpoints.all().values() {
            endpoint.tell(lane::Message::Look);
        }
        self.gateway.cluster.look();
    }

    /// Keeps the lead, or takes it if it is free.
    async fn lead(&mut self) {
        let cluster = Arc::clone(&self.gateway.cluster);
        let Some(node) = cluster.node().filter(|_| cluster.works()) else { return };
        match self.asked_for_lead(&node, cluster.leads()).await {
            Ok(leads) => cluster.set_leads(leads),
            Err(error) => {
                // The lock went with the session.
                self.session = None;
                cluster.set_leads(false);
                tracing::debug!(%error, "Who leads could not be asked: {error}");
            }
        }
    }

    /// Whether this gateway leads from now on. Its session bears its name, by which the others end it together with the
    /// gateway.
    async fn asked_for_lead(&mut self, node: &str, leads: bool) -> Result<bool, sqlx::Error> {
        let Store::Postgres { read, .. } = &self.gateway.store else { return Ok(false) };
        let session = match &mut self.session {
            Some(session) => session,
            empty => {
                let options = read.connect_options().as_ref().clone().application_name(node);
                empty.insert(PgConnection::connect_with(&options).await?)
            }
        };
        if leads {
            session.ping().await?;
            return Ok(true);
        }
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LEAD_LOCK).fetch_one(session).await
    }
}

fn lease_ms() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
}
