//! What a page that lives asks the gateway for by itself. None of it is needed before that, so it comes with the rest.

use super::{Filter, Log, Store};
use crate::api;
use crate::rest;
use leptos::prelude::*;
use wire::{Delivery, List, Problem};

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
            Self::Configured => {
                let (endpoints, inbound) = futures::join!(api::endpoints(), api::inbound());
                inbound.map(|inbound| store.inbound.set(inbound))?;
                store.load_endpoints(endpoints?);
            }
            Self::Counts => store.inbound.set(api::inbound().await?),
            Self::Trace => {
                let Some(id) = store.open_hit() else { return Ok(()) };
                let trace = api::hit(id.as_str()).await?;
                if store.open_hit() == Some(id) {
                    store.trace.set(Some(trace));
                }
            }
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
            let _ = rest::run(errand, &self).await;
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
        }
        if let Some(id) = self.open.with_untracked(|open| open.as_ref().map(|open| open.delivery.id.clone()))
        {
            self.open.set(Some(api::delivery(id.as_str()).await?));
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
            self.show_receiver(endpoint, deliveries);
        }
        if let Some(id) = self.open_hit() {
            self.trace.set(Some(api::hit(id.as_str()).await?));
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

    fn open_receiver(&self) -> Option<String> {
        self.receiver.with_untracked(|open| open.as_ref().map(|open| open.cell.name.clone()))
    }
}
