//! The event log's rows: newest first, each with a signal of its own, at most so many.

use super::Filter;
use leptos::prelude::*;
use std::collections::HashMap;
use wire::{Delivery, DeliveryId, DeliveryStatus};

/// Rows on display while none are fetched from further back; older ones leave.
const MOST_ROWS: usize = 500;

/// How far a visitor's wish to send a delivery again has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ask {
    /// Not asked.
    #[default]
    Idle,
    /// On its way to the gateway.
    Busy,
    /// The gateway took it.
    Sent,
    /// It was sent, and ended.
    Done,
    /// The gateway refused it, in its own words.
    Refused(String),
}

impl Ask {
    /// After the gateway answered.
    #[must_use]
    pub fn answered(self, answer: Result<(), String>) -> Self {
        match (self, answer) {
            (_, Err(why)) => Self::Refused(why),
            // The stream can be faster than the answer.
            (Self::Done, Ok(())) => Self::Done,
            (_, Ok(())) => Self::Sent,
        }
    }

    /// After the delivery changed.
    #[must_use]
    pub fn seen(self, status: DeliveryStatus) -> Self {
        match self {
            Self::Busy | Self::Sent if !status.is_open() => Self::Done,
            same => same,
        }
    }
}

/// One row of the log.
#[derive(Clone)]
pub struct Row {
    /// The delivery's id.
    pub id: DeliveryId,
    /// How it is now.
    pub delivery: ArcRwSignal<Delivery>,
    /// Whether someone here wants it sent again.
    pub ask: ArcRwSignal<Ask>,
}

impl Row {
    fn new(delivery: Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            delivery: ArcRwSignal::new(delivery),
            ask: ArcRwSignal::new(Ask::Idle),
        }
    }

    fn set(&self, delivery: Delivery) {
        let ask = self.ask.get_untracked();
        let seen = ask.clone().seen(delivery.status);
        if seen != ask {
            self.ask.set(seen);
        }
        if self.delivery.with_untracked(|known| *known != delivery) {
            self.delivery.set(delivery);
        }
    }

    /// Whether a filter leaves it: it matches, or the visitor just acted on it and wants to see what comes of it.
    fn stays(&self, filter: &Filter) -> bool {
        self.delivery.with_untracked(|delivery| filter.shows(delivery))
            || self.ask.with_untracked(|ask| *ask != Ask::Idle)
    }
}

/// The rows and those kept back.
#[derive(Default)]
pub struct Log {
    rows: Vec<Row>,
    by_id: HashMap<DeliveryId, Row>,
    kept: HashMap<DeliveryId, Delivery>,
    fresh: usize,
    /// Rows that were fetched from further back, and stay.
    older: usize,
    /// Whether rows left at the end since someone asked.
    trimmed: bool,
}

impl Log {
    /// The rows, newest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The last row's delivery.
    pub fn oldest(&self) -> Option<DeliveryId> {
        self.rows.last().map(|row| row.id.clone())
    }

    /// Whether rows left at the end since this was asked last.
    pub fn take_trimmed(&mut self) -> bool {
        std::mem::take(&mut self.trimmed)
    }

    /// How many are kept back.
    pub fn fresh(&self) -> usize {
        self.fresh
    }

    /// Shows these and no others; rows that stay keep their signals.
    pub fn load(&mut self, deliveries: Vec<Delivery>) {
        let mut known = std::mem::take(&mut self.by_id);
        self.kept.clear();
        self.fresh = 0;
        self.older = deliveries.len().saturating_sub(MOST_ROWS);
        self.rows.clear();
        for delivery in deliveries {
            let row = known.remove(&delivery.id).map_or_else(
                || Row::new(delivery.clone()),
                |row| {
                    row.set(delivery.clone());
                    row
                },
            );
            self.by_id.insert(row.id.clone(), row.clone());
            self.rows.push(row);
        }
        self.rows.sort_by_cached_key(newest_first);
    }

    /// The same while someone reads: what is newer than the rows that were there is kept back, unless all of it is.
    pub fn load_behind(&mut self, deliveries: Vec<Delivery>) {
        let newest = self.rows.first().map(newest_first);
        self.load(deliveries);
        let newer = newest.map_or(0, |newest| self.rows.partition_point(|row| newest_first(row) < newest));
        if newer == self.rows.len() {
            return;
        }
        for row in self.rows.drain(..newer) {
            self.by_id.remove(&row.id);
            self.kept.insert(row.id, row.delivery.get_untracked());
        }
        self.fresh = newer;
    }

    /// Adds deliveries from further back.
    pub fn append(&mut self, deliveries: Vec<Delivery>) {
        let new: Vec<Row> = deliveries
            .into_iter()
            .filter(|delivery| !self.by_id.contains_key(&delivery.id))
            .map(Row::new)
            .collect();
        self.older += new.len();
        self.insert(new);
    }

    /// Takes changed and new deliveries; tells whether the rows themselves are others now.
    /// One behind the last row comes with its page, where `more_behind`: put there now, it would hide those between.
    pub fn apply(
        &mut self,
        deliveries: Vec<Delivery>,
        filter: &Filter,
        keep_back: bool,
        more_behind: bool,
    ) -> bool {
        let mut new = Vec::new();
        let mut leaves = false;
        for delivery in deliveries {
            if let Some(row) = self.by_id.get(&delivery.id) {
                row.set(delivery);
                // Which text an event holds only the gateway knows; it shows what it found.
                leaves |= !filter.needs_the_gateway() && !row.stays(filter);
            } else if more_behind && self.is_behind(&delivery) {
                // It comes with its page.
            } else if keep_back {
                self.keep_back(delivery, filter);
            } else if filter.shows(&delivery) {
                let row = Row::new(delivery);
                self.by_id.insert(row.id.clone(), row.clone());
                new.push(row);
            }
        }
        let moved = leaves || !new.is_empty();
        if leaves {
            self.rows.retain(|row| row.stays(filter));
            new.retain(|row| row.stays(filter));
            self.by_id.retain(|_, row| row.stays(filter));
        }
        if moved {
            self.insert(new);
        }
        moved
    }

    /// Shows what was kept back. Whoever is at the top again has read what was fetched from further back.
    pub fn let_in(&mut self) {
        self.fresh = 0;
        self.older = 0;
        let new = self.kept.drain().map(|(_, delivery)| Row::new(delivery)).collect();
        self.insert(new);
    }

    fn is_behind(&self, delivery: &Delivery) -> bool {
        let place = std::cmp::Reverse((delivery.created_at, delivery.id.clone()));
        self.rows.last().is_some_and(|last| newest_first(last) < place)
    }

    fn keep_back(&mut self, delivery: Delivery, filter: &Filter) {
        if !filter.shows(&delivery) {
            if self.kept.remove(&delivery.id).is_some() {
                self.fresh = self.fresh.saturating_sub(1);
            }
            return;
        }
        if self.kept.insert(delivery.id.clone(), delivery).is_none() {
            self.fresh += 1;
        }
        // A page left alone for hours keeps no more than it will show.
        if self.kept.len() > 2 * MOST_ROWS {
            let mut newest: Vec<Delivery> = self.kept.drain().map(|(_, delivery)| delivery).collect();
            newest
                .sort_by_cached_key(|delivery| std::cmp::Reverse((delivery.created_at, delivery.id.clone())));
            newest.truncate(MOST_ROWS);
            self.kept = newest.into_iter().map(|delivery| (delivery.id.clone(), delivery)).collect();
        }
    }

    /// Puts rows in their places: mostly all before the others or all behind, which costs what they are, not what is there.
    fn insert(&mut self, mut new: Vec<Row>) {
        new.sort_by_cached_key(newest_first);
        for row in &new {
            self.by_id.insert(row.id.clone(), row.clone());
        }
        if let (Some(newest), Some(oldest)) = (new.first(), new.last()) {
            let behind = self.rows.last().is_none_or(|last| newest_first(last) <= newest_first(newest));
            let before = self.rows.first().is_some_and(|first| newest_first(oldest) <= newest_first(first));
            if before {
                self.rows.splice(0..0, new);
            } else {
                self.rows.extend(new);
                if !behind {
                    self.rows.sort_by_cached_key(newest_first);
                }
            }
        }
        let most = MOST_ROWS + self.older;
        self.trimmed |= self.rows.len() > most;
        for gone in self.rows.drain(most.min(self.rows.len())..) {
            self.by_id.remove(&gone.id);
        }
    }
}

fn newest_first(row: &Row) -> std::cmp::Reverse<(wire::Time, DeliveryId)> {
    std::cmp::Reverse((row.delivery.with_untracked(|delivery| delivery.created_at), row.id.clone()))
}
