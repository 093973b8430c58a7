//! What the page shows: filled once by the lists, then kept up to date frame by frame.

#[cfg(feature = "hydrate")]
mod calm;
mod endpoints;
#[cfg(feature = "hydrate")]
mod errands;
mod events;
mod filter;
mod hits;
mod log;
mod meanwhile;
mod paging;
mod selection;

pub use endpoints::{EndpointCell, Receiver};
#[cfg(feature = "hydrate")]
pub(crate) use errands::Errand;
pub use events::OpenEvent;
pub use filter::Filter;
pub use hits::HitCell;
pub use log::{Ask, Log, Row};
pub use selection::{MOST_SELECTED, Selection};

use crate::api::Snapshot;
use crate::live::Connection;
use endpoints::{order_of, put_endpoint, sort_endpoints};
use hits::cell_of_hit;
use leptos::prelude::*;
use wire::{Attempt, ConfigView, DeliveryDetail, Endpoint, Frame, HitDetail, Inbound, Problem, Stats, Time};

/// Everything on display, as signals: a change touches what shows it and nothing else.
#[derive(Clone, Copy)]
pub struct Store {
    /// Whether the page has come to life.
    pub lives: StoredValue<bool>,
    /// Whether the lists were loaded.
    pub ready: RwSignal<bool>,
    /// How the page is connected.
    pub connection: RwSignal<Connection>,
    /// Since when it is broken.
    pub lost_at: RwSignal<Option<Time>>,
    /// The gateway's time, once a second; none on the server and until the page lives.
    pub now: RwSignal<Option<Time>>,
    /// Endpoints, worst first.
    pub endpoints: RwSignal<Vec<EndpointCell>>,
    /// Deliveries, newest first. A signal of its own, for a long log must not be copied with each change.
    pub rows: RwSignal<Log>,
    /// Whether new deliveries are kept back.
    pub paused: RwSignal<bool>,
    /// How many are.
    pub fresh: RwSignal<usize>,
    /// The rows that were picked out.
    pub selection: Selection,
    /// Which deliveries are shown.
    pub filter: RwSignal<Filter>,
    /// Why the deliveries that it shows could not be had.
    pub log_trouble: RwSignal<Option<Problem>>,
    /// Hits, newest first.
    pub hits: RwSignal<Vec<HitCell>>,
    /// Where hits can be posted.
    pub inbound: RwSignal<Vec<Inbound>>,
    /// Totals of five minutes.
    pub stats: RwSignal<Stats>,
    /// The configuration.
    pub config: RwSignal<Option<ConfigView>>,
    /// The address of the gateway, as the visitor reaches it.
    pub origin: RwSignal<String>,
    /// The delivery on display alone.
    pub open: RwSignal<Option<DeliveryDetail>>,
    /// The event on display alone, with its deliveries.
    pub event: RwSignal<Option<OpenEvent>>,
    /// The hit on display alone, with all that came of it.
    pub trace: RwSignal<Option<HitDetail>>,
    /// The endpoint on display alone, with the newest deliveries to it.
    pub receiver: RwSignal<Option<Receiver>>,
    /// Whether the counts of inbound endpoints are being fetched.
    recount: StoredValue<bool>,
    /// Whether there are older deliveries than those on display.
    pub has_older: RwSignal<bool>,
    /// Whether deliveries are being fetched.
    fetching_older: StoredValue<bool>,
    /// What came while a page was fetched.
    meanwhile: StoredValue<meanwhile::Meanwhile>,
    /// What waits for the next moment.
    #[cfg(feature = "hydrate")]
    calm: StoredValue<calm::Calm>,
    /// The gateway's clock less the browser's, in ms.
    skew: StoredValue<i64>,
}

impl Store {
    /// An empty one.
    pub fn new() -> Self {
        let rows = RwSignal::new(Log::default());
        Self {
            lives: StoredValue::new(false),
            ready: RwSignal::new(false),
            connection: RwSignal::new(Connection::default()),
            lost_at: RwSignal::new(None),
            now: RwSignal::new(None),
            endpoints: RwSignal::new(Vec::new()),
            rows,
            paused: RwSignal::new(false),
            fresh: RwSignal::new(0),
            selection: Selection::new(rows),
            filter: RwSignal::new(Filter::default()),
            log_trouble: RwSignal::new(None),
            hits: RwSignal::new(Vec::new()),
            inbound: RwSignal::new(Vec::new()),
            stats: RwSignal::new(Stats::default()),
            config: RwSignal::new(None),
            origin: RwSignal::new(String::new()),
            open: RwSignal::new(None),
            event: RwSignal::new(None),
            trace: RwSignal::new(None),
            receiver: RwSignal::new(None),
            recount: StoredValue::new(false),
            has_older: RwSignal::new(false),
            fetching_older: StoredValue::new(false),
            meanwhile: StoredValue::new(meanwhile::Meanwhile::default()),
            #[cfg(feature = "hydrate")]
            calm: StoredValue::new(calm::Calm::default()),
            skew: StoredValue::new(0),
        }
    }

    /// Takes the lists as they are now; the deliveries are those of `filter`.
    pub fn load(&self, snapshot: Snapshot, filter: &Filter) {
        self.load_endpoints(snapshot.endpoints);
        // Who chose another filter meanwhile has asked for its deliveries.
        if self.filter.with_untracked(|now| now == filter) {
            self.load_deliveries_again(snapshot.deliveries);
        }
        self.hits.set(snapshot.hits.into_iter().map(cell_of_hit).collect());
        self.inbound.set(snapshot.inbound);
        self.stats.set(snapshot.stats);
        self.config.set(Some(snapshot.config));
        self.origin.set(snapshot.origin);
        self.ready.set(true);
    }

    /// Applies a message of the stream: at once, or with those of the next moment where many come.
    pub fn apply(&self, frames: Vec<Frame>) {
        self.keep(&frames);
        #[cfg(feature = "hydrate")]
        let frames = self.calm_down(frames);
        self.apply_now(frames);
    }

    fn apply_now(&self, frames: Vec<Frame>) {
        let mut deliveries = Vec::new();
        for frame in frames {
            match frame {
                Frame::Delivery { delivery, .. } => deliveries.push(delivery),
                Frame::Attempt { attempt, .. } => self.apply_attempt(attempt),
                Frame::Endpoint { endpoint, .. } => self.apply_endpoint(endpoint),
                Frame::Hit { hit, .. } => self.apply_hit(hit),
                Frame::Run { run, .. } => self.apply_run(run),
                Frame::Config { config, .. } => self.apply_config(config),
                Frame::Stats { stats } => self.apply_stats(stats),
                Frame::Event { event, .. } => self.apply_event(&event),
                // The connection's own.
                Frame::Hello { .. } | Frame::Reset { .. } => {}
            }
        }
        if deliveries.is_empty() {
            return;
        }
        self.trace_deliveries(&deliveries);
        self.receiver_deliveries(&deliveries);
        self.event_deliveries(&deliveries);
        self.open.maybe_update(|open| {
            let change = open.as_mut().and_then(|open| {
                let newest = deliveries.iter().rev().find(|delivery| delivery.id == open.delivery.id)?;
                open.delivery = newest.clone();
                Some(())
            });
            change.is_some()
        });
        self.log_deliveries(deliveries);
    }

    /// Moves the clock on.
    pub fn tick(&self, browser: Time) {
        self.now.set(Some(browser.plus_ms(self.skew.get_value())));
    }

    /// Shows these endpoints and no others.
    pub fn load_endpoints(&self, endpoints: Vec<Endpoint>) {
        let mut cells = self.endpoints.get_untracked();
        cells.retain(|cell| endpoints.iter().any(|endpoint| endpoint.name == cell.name));
        for endpoint in endpoints {
            put_endpoint(&mut cells, endpoint);
        }
        sort_endpoints(&mut cells);
        self.endpoints.set(cells);
    }

    /// Takes one endpoint as it is now.
    pub(crate) fn apply_endpoint(&self, endpoint: Endpoint) {
        let mut cells = self.endpoints.get_untracked();
        let before = order_of(&cells);
        put_endpoint(&mut cells, endpoint);
        sort_endpoints(&mut cells);
        if order_of(&cells) != before {
            self.endpoints.set(cells);
        }
    }

    fn apply_attempt(&self, attempt: Attempt) {
        self.open.maybe_update(|open| {
            let Some(open) = open.as_mut().filter(|open| open.delivery.id == attempt.delivery_id) else {
                return false;
            };
            match open.attempt_log.iter_mut().find(|known| known.id == attempt.id) {
                Some(known) => *known = attempt,
                None => open.attempt_log.push(attempt),
            }
            true
        });
    }

    /// A new configuration may have taken endpoints away, which no frame tells.
    fn apply_config(&self, config: ConfigView) {
        self.config.set(Some(config));
        #[cfg(feature = "hydrate")]
        self.send_for(Errand::Configured);
    }

    fn apply_stats(&self, stats: Stats) {
        #[cfg(feature = "hydrate")]
        self.skew.set_value(stats.at.ms_since(crate::clock::browser_time()));
        self.stats.set(stats);
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
