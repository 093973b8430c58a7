//! The endpoints in force: each one's configuration, and how it does right now.

mod condition;
mod endpoint;
mod open;

pub use endpoint::{Definition, Endpoint};

use crate::config::instead_of;
use crate::problem::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use wire::{DeliveryId, DeliveryTotals, Time};

/// Every endpoint by its name, as they are now: a change of the configuration changes them.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(Arc<RwLock<Arc<ByName>>>);

/// Endpoints by their names.
pub type ByName = BTreeMap<Arc<str>, Arc<Endpoint>>;

impl Endpoints {
    /// The endpoint of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Endpoint>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The endpoint of this name, or what to say where there is none.
    pub fn find(&self, name: &str) -> Result<Arc<Endpoint>, Problem> {
        self.get(name).ok_or_else(|| {
            let all = self.all();
            let known: Vec<&str> = all.keys().map(|name| &**name).collect();
            Problem::not_found("endpoint", &format!("{name}{}", instead_of(name, &known)))
        })
    }

    /// All of them, by name.
    pub fn all(&self) -> Arc<ByName> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in their place.
    pub fn replace(&self, endpoints: ByName) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(endpoints);
    }

    /// The names of those whose deliveries wait for the endpoint itself.
    pub fn holding(&self, now: Time) -> Vec<String> {
        self.all()
            .values()
            .filter(|endpoint| endpoint.holds(now))
            .map(|endpoint| endpoint.name.to_string())
            .collect()
    }

    /// The deliveries for which an attempt is on its way.
    pub fn on_their_way(&self) -> Vec<DeliveryId> {
        let ids = |endpoint: &Arc<Endpoint>| endpoint.on_their_way().iter().cloned().collect::<Vec<_>>();
        self.all().values().flat_map(ids).collect()
    }

    /// How the open deliveries stand: one endpoint's, or all.
    pub fn waiting(&self, only: Option<&str>, now: Time) -> DeliveryTotals {
        let mut totals = DeliveryTotals::default();
        for endpoint in self.all().values().filter(|endpoint| only.is_none_or(|only| *endpoint.name == *only))
        {
            let (pending, retrying) = (endpoint.open.pending(), endpoint.open.retrying());
            if endpoint.holds(now) {
                totals.held += pending + retrying;
            } else {
                totals.pending += pending;
                totals.retrying += retrying;
            }
        }
        totals
    }
}
