//! The beat: renews this gateway's lease every second, ends those that did not renew theirs, and sees who is there.

use super::{Cluster, LEASE};
use crate::gateway::Gateway;
use crate::outbound::{lane, redeliver};
use crate::store::{Store, StoreError};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_secs(1);
/// What was told is kept so long; who has not heard it by then looks at everything anew.
const TOLD_KEPT_MS: i64 = 60_000;
/// Beats between two looks for what belongs to nobody, and for what was told long ago.
const TIDY_EVERY: u64 = 30;
/// Whoever holds this lock of the database leads.
const LEAD_LOCK: i64 = 0x6f70_656e_636c_6177;

/// Takes a place among the gateways before anything is taken in.
pub async fn join(store: &Store, cluster: &Cluster, instance_id: &str) -> Result<(), StoreError> {
    let Some(node) = cluster.node() else { return Ok(()) };
    let began = Instant::now();
    store.join(&node, instance_id, cluster.works(), lease_ms()).await?;
    store.end_expired().await?;
    cluster.saw(&store.nodes(lease_ms()).await?, began);
    Ok(())
}

/// Gives the place up: what is left of what this gateway had is free at once.
pub async fn leave(store: &Store, cluster: &Cluster) {
    let Some(node) = cluster.node() else { return };
    if let Err(error) = store.leave(&node).await {
        tracing::warn!(%error, "The others find out only by its lease that this gateway is gone: {error}");
        return;
    }
    // They need not wait for their next beat.
    let _ = store.hint().await;
}

/// Beats, for ever.
pub async fn run(gateway: Gateway) {
    let mut beats = Beats { gateway, leading: None, count: 0, failed_at: None };
    if beats.gateway.cluster.node().is_none() {
        return;
    }
    loop {
        tokio::time::sleep(BEAT).await;
        if let Err(error) = beats.beat().await {
            if beats.failed_at.is_none() {
                tracing::error!(%error, "The lease could not be renewed, nothing is sent until it is: {error}");
            }
            beats.failed_at = Some(Instant::now());
        }
    }
}

struct Beats {
    gateway: Gateway,
    /// The session that holds the lead.
    leading: Option<PgConnection>,
    count: u64,
    failed_at: Option<Instant>,
}

impl Beats {
    async fn beat(&mut self) -> Result<(), StoreError> {
        let gateway = self.gateway.clone();
        let (store, cluster) = (&gateway.store, &gateway.cluster);
        let Some(node) = cluster.node() else { return Ok(()) };
        let began = Instant::now();
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
            self.look_around().await?;
        }
        self.lead().await;
        self.count += 1;
        if self.count.is_multiple_of(TIDY_EVERY) && cluster.leads() {
            store.forget_told(TOLD_KEPT_MS).await?;
            if store.free_orphans().await? > 0 {
                self.look_around().await?;
            }
        }
        self.gateway.hear_meters().await
    }

    /// The others ended this gateway: nothing of what it has in memory is its own any more.
    async fn begin_again(&self, before: &str) -> Result<(), StoreError> {
        let gateway = &self.gateway;
        let node = gateway.new_node_id();
        tracing::warn!(
            before,
            node,
            "This gateway did not renew its lease in time; it begins anew as {node}"
        );
        gateway.cluster.begin_as(&node);
        for endpoint in gateway.endpoints.all().values() {
            endpoint.tell(lane::Message::Fenced);
        }
        gateway.store.join(&node, &gateway.server.instance_id, gateway.cluster.works(), lease_ms()).await
    }

    /// Somebody came or went: shares are others now, and something may be free.
    async fn look_around(&self) -> Result<(), StoreError> {
        for endpoint in self.gateway.endpoints.all().values() {
            endpoint.tell(lane::Message::Look);
        }
        self.gateway.desk.wake.notify_one();
        self.gateway.look_anew().await;
        redeliver::go_on(&self.gateway).await
    }

    /// Keeps the lead, or takes it if it is free.
    async fn lead(&mut self) {
        let cluster = &self.gateway.cluster;
        if !cluster.works() {
            return;
        }
        if let Some(session) = &mut self.leading {
            if session.ping().await.is_ok() {
                return;
            }
            self.leading = None;
            cluster.set_leads(false);
        }
        match take_lead(&self.gateway.store, cluster.node().as_deref()).await {
            Ok(Some(session)) => {
                self.leading = Some(session);
                cluster.set_leads(true);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "Who leads could not be asked: {error}"),
        }
    }
}

/// A session that holds the lead, if nobody else's does. It bears the gateway's name, by which the others end it together
/// with the gateway.
async fn take_lead(store: &Store, node: Option<&str>) -> Result<Option<PgConnection>, sqlx::Error> {
    let (Store::Postgres { read: pool, .. }, Some(node)) = (store, node) else { return Ok(None) };
    let options = pool.connect_options();
    let mut session = PgConnection::connect_with(&options.as_ref().clone().application_name(node)).await?;
    let taken: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LEAD_LOCK).fetch_one(&mut session).await?;
    if taken {
        return Ok(Some(session));
    }
    session.close().await?;
    Ok(None)
}

fn lease_ms() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
}
