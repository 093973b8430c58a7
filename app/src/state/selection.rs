//! The rows of the log that were picked out, to be sent again together.

use super::Log;
use leptos::prelude::*;
use std::collections::HashSet;
use wire::DeliveryId;

/// The gateway takes so many named deliveries at once.
pub const MOST_SELECTED: usize = 500;

/// The picked rows.
#[derive(Clone, Copy)]
pub struct Selection {
    ids: RwSignal<HashSet<DeliveryId>>,
    /// Where a range begins: at the row that was picked last.
    anchor: StoredValue<Option<DeliveryId>>,
    rows: RwSignal<Log>,
}

impl Selection {
    pub(super) fn new(rows: RwSignal<Log>) -> Self {
        Self { ids: RwSignal::new(HashSet::new()), anchor: StoredValue::new(None), rows }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.ids.with(HashSet::len)
    }

    /// Whether this one is among them.
    pub fn has(self, id: &DeliveryId) -> bool {
        self.ids.with(|ids| ids.contains(id))
    }

    /// All of them, without watching them.
    pub fn ids(self) -> Vec<DeliveryId> {
        self.ids.with_untracked(|ids| ids.iter().cloned().collect())
    }

    /// Picks a row or lets it go; or, as a range, picks all from the last one to this.
    pub fn pick(self, id: &DeliveryId, range: bool) {
        let from = self.anchor.get_value().filter(|_| range);
        self.anchor.set_value(Some(id.clone()));
        self.ids.update(|ids| match from.and_then(|from| self.between(&from, id)) {
            Some(these) => ids.extend(these),
            None if ids.remove(id) => {}
            None => drop(ids.insert(id.clone())),
        });
    }

    /// Lets all go; tells whether there were any.
    pub fn clear(self) -> bool {
        self.anchor.set_value(None);
        let some = self.ids.with_untracked(|ids| !ids.is_empty());
        if some {
            self.ids.update(HashSet::clear);
        }
        some
    }

    /// The rows from one to the other, both included, while both are on display.
    fn between(self, one: &DeliveryId, other: &DeliveryId) -> Option<Vec<DeliveryId>> {
        self.rows.with_untracked(|log| {
            let rows = log.rows();
            let place = |id: &DeliveryId| rows.iter().position(|row| row.id == *id);
            let (one, other) = (place(one)?, place(other)?);
            Some(rows[one.min(other)..=one.max(other)].iter().map(|row| row.id.clone()).collect())
        })
    }
}
