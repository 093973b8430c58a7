//! The event log on display: what the filter shows, page by page, and kept still while someone reads.

use super::{Filter, Log, Store};
use crate::api;
use leptos::prelude::*;
use wire::{Delivery, List, Problem};

impl Store {
    /// Shows the deliveries of another filter.
    pub async fn refilter(&self, filter: Filter) {
        let is_another = self.filter.with_untracked(|now| *now != filter);
        if is_another {
            self.selection.clear();
        }
        self.filter.set(filter.clone());
        let deliveries = self.fetching(api::deliveries(&filter)).await;
        // Another click may have been faster than this answer.
        if self.filter.with_untracked(|now| *now != filter) {
            return;
        }
        match deliveries {
            Ok(deliveries) if is_another => self.load_deliveries(deliveries),
            Ok(deliveries) => self.load_deliveries_again(deliveries),
            // The rows of another filter can't stand for those of this one.
            Err(problem) if is_another => {
                self.load_deliveries(List { items: Vec::new(), next: None });
                self.log_trouble.set(Some(problem));
            }
            // What can't be fetched now comes with the next change or connection.
            Err(_) => return,
        }
        self.catch_up();
    }

    /// Fetches the page of deliveries behind the oldest one on display, once at a time.
    pub async fn older(&self) -> Result<(), Problem> {
        let oldest = self.rows.with_untracked(Log::oldest).filter(|_| self.has_older.get_untracked());
        let Some(cursor) = oldest.filter(|_| !self.fetching_older.get_value()) else { return Ok(()) };
        self.fetching_older.set_value(true);
        let filter = self.filter.get_untracked();
        let page = api::older_deliveries(&filter, cursor.as_str()).await;
        self.fetching_older.set_value(false);
        let page = page?;
        if self.filter.with_untracked(|now| *now == filter) {
            self.rows.update(|log| log.append(page.items));
            // Set without need, it would draw the button anew.
            if page.next.is_none() {
                self.has_older.set(false);
            }
        }
        Ok(())
    }

    /// Keeps new deliveries back, so that what is being read stays where it is, or lets them in.
    pub fn pause(&self, paused: bool) {
        if self.paused.get_untracked() == paused {
            return;
        }
        self.paused.set(paused);
        if !paused {
            self.rows.update(Log::let_in);
            self.note_trimmed();
            self.fresh.set(0);
        }
    }

    /// Rows that left can be fetched again.
    fn note_trimmed(&self) {
        let mut trimmed = false;
        self.rows.maybe_update(|log| {
            trimmed = log.take_trimmed();
            false
        });
        if trimmed && !self.has_older.get_untracked() {
            self.has_older.set(true);
        }
    }

    /// Asks the gateway for what the filter shows now, at most once a second and not under the reader's eyes.
    fn filter_again(&self) {
        if self.paused.get_untracked() || self.fetching_older.get_value() {
            return;
        }
        self.fetching_older.set_value(true);
        #[cfg(feature = "hydrate")]
        {
            let store = *self;
            leptos::task::spawn_local(async move {
                gloo_timers::future::TimeoutFuture::new(1000).await;
                store.fetching_older.set_value(false);
                let filter = store.filter.get_untracked();
                if !store.paused.get_untracked() {
                    store.refilter(filter).await;
                }
            });
        }
    }

    /// Takes changed and new deliveries into the log, as far as the filter shows them.
    pub(super) fn log_deliveries(&self, deliveries: Vec<Delivery>) {
        let filter = self.filter.get_untracked();
        let is_in_trouble = self.log_trouble.with_untracked(Option::is_some);
        if filter.needs_the_gateway() || is_in_trouble {
            self.filter_again();
        }
        if is_in_trouble {
            // A few rows alone would look like all there are.
            return;
        }
        let paused = self.paused.get_untracked();
        let more_behind = self.has_older.get_untracked();
        self.rows.maybe_update(|log| log.apply(deliveries, &filter, paused, more_behind));
        self.note_trimmed();
        let fresh = self.rows.with_untracked(Log::fresh);
        if self.fresh.get_untracked() != fresh {
            self.fresh.set(fresh);
        }
    }

    pub(super) fn load_deliveries(&self, page: List<Delivery>) {
        self.log_trouble.set(None);
        self.rows.update(|log| log.load(page.items));
        self.has_older.set(page.next.is_some());
        self.fresh.set(0);
    }

    /// Shows the same deliveries as they are now; what is read stays where it is.
    pub(super) fn load_deliveries_again(&self, page: List<Delivery>) {
        if !self.paused.get_untracked() {
            self.load_deliveries(page);
            return;
        }
        self.log_trouble.set(None);
        self.rows.update(|log| log.load_behind(page.items));
        self.has_older.set(page.next.is_some());
        self.fresh.set(self.rows.with_untracked(Log::fresh));
    }
}
