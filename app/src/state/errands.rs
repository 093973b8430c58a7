//! What a page that lives asks the gateway for by itself. None of it is needed before that, so it comes with the rest.

use super::{Filter, Log, Store};
use crate::api;
use crate::rest;
use leptos::prelude::*;
use wire::{Delivery, DeliveryId, List, Problem};

/// Rows that are fetched at most to keep a place further back.
const FURTHEST: usize = 2000;

/// What is to be fetched.
#[derive(Clone, Copy)]
pub(crate) enum Errand {
    /// Everything on display.
    All,
    /// What a new configuration may have changed.
    Configured,
    /// The counts of inbound endpoints.
    Counts,
    /// The open hit.
    Trace,
}

impl Errand {
    /// Fetches it.
    pub(crate) async fn run(self, store: &Store) -> Result<(), Problem> {
        match self {
            Self::All => store.fetch_all().await?,
            Self::Configured => store.fetch_configured().await?,
            Self::Counts => store.inbound.set(api::inbound().await?),
            Self::Trace => store.fetch_trace().await?,
        }
        Ok(())
    }
}

impl Store {
    /// Fetches everything on display again.
    pub async fn fetch(&self) -> Result<(), Problem> {
        rest::run(Errand::All, self).await
    }

    /// Fetches something; what can't be fetched now comes with the next change or connection.
    pub(super) fn send_for(self, errand: Errand) {
        leptos::task::spawn_local(async move {
            let under_way = rest::run(errand, &self);
            if matches!(errand, Errand::All) {
                // Asked for where frames come faster than they can be kept.
                let _ = under_way.await;
            } else if self.fetching(under_way).await.is_ok() {
                self.catch_up();
            }
        });
    }

    async fn fetch_all(self) -> Result<(), Problem> {
        // What waits to be shown is older than the lists.
        self.calm.update_value(super::calm::Calm::forget);
        if self.ready.get_untracked() {
            let filter = self.filter.get_untracked();
            let mut snapshot = api::snapshot(&filter).await?;
            self.reach_back(&filter, &mut snapshot.deliveries).await?;
            self.load(snapshot, &filter);
        } else {
            self.config.set(Some(api::config().await?));
            self.fetch_configured().await?;
        }
        if let Some(id) = self.open_delivery() {
            let detail = api::delivery(id.as_str()).await?;
            // The visitor may have gone to another meanwhile.
            if self.open_delivery() == Some(id) {
                self.open.set(Some(detail));
            }
        }
        if let Some(id) = self.event.with_untracked(|open| open.as_ref().map(|open| open.event.id.clone())) {
            let deliveries = api::deliveries_of(id.as_str()).await?;
            self.event.update(|open| {
                if let Some(open) = open.as_mut().filter(|open| open.event.id == id) {
                    open.deliveries = deliveries;
                }
            });
        }
        if let Some(name) = self.open_receiver() {
            let (endpoint, deliveries) = api::endpoint(&name).await?;
            if self.open_receiver() == Some(name) {
                self.show_receiver(endpoint, deliveries);
            }
        }
        self.fetch_trace().await
    }

    async fn fetch_configured(self) -> Result<(), Problem> {
        let (endpoints, inbound) = futures::join!(api::endpoints(), api::inbound());
        inbound.map(|inbound| self.inbound.set(inbound))?;
        self.load_endpoints(endpoints?);
        Ok(())
    }

    async fn fetch_trace(self) -> Result<(), Problem> {
        let Some(id) = self.open_hit() else { return Ok(()) };
        let trace = api::hit(id.as_str()).await?;
        if self.open_hit() == Some(id) {
            self.trace.set(Some(trace));
        }
        Ok(())
    }

    /// Adds to the newest page what stands behind it, as far as the log is being read: the place would be lost with its rows.
    async fn reach_back(&self, filter: &Filter, page: &mut List<Delivery>) -> Result<(), Problem> {
        let is_read = self.paused.get_untracked() && self.filter.with_untracked(|now| now == filter);
        let Some(oldest) = self.rows.with_untracked(Log::oldest).filter(|_| is_read) else { return Ok(()) };
        while page.next.is_some() && page.items.len() < FURTHEST {
            let Some(last) = page.items.last().filter(|_| page.items.iter().all(|row| row.id != oldest))
            else {
                break;
            };
            let more = api::older_deliveries(filter, last.id.clone().as_str()).await?;
            page.items.extend(more.items);
            page.next = more.next;
        }
        Ok(())
    }

    fn open_delivery(&self) -> Option<DeliveryId> {
        self.open.with_untracked(|open| open.as_ref().map(|open| open.delivery.id.clone()))
    }

    fn open_receiver(&self) -> Option<String> {
        self.receiver.with_untracked(|open| open.as_ref().map(|open| open.cell.name.clone()))
    }
}
