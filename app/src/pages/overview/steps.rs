//! The rows in the page. Many new ones are made in steps, each in a turn of its own: the browser draws and answers in between.

use super::slice::Slice;
use crate::state::{Filter, Row, Store};
use leptos::prelude::*;
use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

/// Rows that are made in one step.
const STEP: usize = 10;

/// What `slice` holds of the log: at once where few rows are new, or where the slice or the filter is another, and else on its
/// way there.
pub fn rows_in(slice: RwSignal<Slice>) -> RwSignal<Vec<Row>> {
    let store = expect_context::<Store>();
    let wanted = move || {
        let Slice { from, to } = slice.get();
        store.rows.with(|log| log.rows().iter().skip(from).take(to - from).cloned().collect::<Vec<_>>())
    };
    let first = untrack(wanted);
    let steps = Steps {
        drawn: RwSignal::new(first.clone()),
        wanted: StoredValue::new(first),
        under_way: StoredValue::new(false),
    };
    Effect::new(move |before: Option<(Slice, Filter)>| {
        let now = (slice.get(), store.filter.get_untracked());
        steps.want(wanted(), before.as_ref() != Some(&now));
        now
    });
    steps.drawn
}

#[derive(Clone, Copy)]
struct Steps {
    drawn: RwSignal<Vec<Row>>,
    wanted: StoredValue<Vec<Row>>,
    under_way: StoredValue<bool>,
}

impl Steps {
    fn want(self, rows: Vec<Row>, at_once: bool) {
        self.wanted.set_value(rows.clone());
        if at_once {
            self.drawn.set(rows);
        } else if self.under_way.get_value() {
            // The next step goes there.
        } else if self.drawn.with_untracked(|drawn| part_way(drawn, &rows, |row| &row.id)).is_some() {
            self.under_way.set_value(true);
            set_timeout(move || self.step(), Duration::ZERO);
        } else {
            self.drawn.set(rows);
        }
    }

    fn step(self) {
        // The page may have been left.
        let Some(wanted) = self.wanted.try_get_value() else { return };
        if let Some(rows) = self.drawn.with_untracked(|drawn| part_way(drawn, &wanted, |row| &row.id)) {
            self.drawn.set(rows);
            set_timeout(move || self.step(), Duration::ZERO);
        } else {
            self.under_way.set_value(false);
            self.drawn.set(wanted);
        }
    }
}

/// As much of what is wanted as one step makes, in front of what is drawn; none where one step makes all of it.
fn part_way<T: Clone, K: Hash + Eq + ?Sized>(
    drawn: &[T],
    wanted: &[T],
    key: impl Fn(&T) -> &K,
) -> Option<Vec<T>> {
    let known: HashSet<&K> = drawn.iter().map(&key).collect();
    let mut new = 0;
    let end = wanted.iter().position(|row| {
        new += usize::from(!known.contains(key(row)));
        new > STEP
    })?;
    let front = &wanted[..end];
    let in_front: HashSet<&K> = front.iter().map(&key).collect();
    let behind = drawn.iter().filter(|row| !in_front.contains(key(row)));
    Some(front.iter().chain(behind).take(wanted.len()).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(mut drawn: Vec<u32>, wanted: &[u32]) -> Vec<Vec<u32>> {
        let mut steps = Vec::new();
        while let Some(rows) = part_way(&drawn, wanted, |row| row) {
            drawn.clone_from(&rows);
            steps.push(rows);
        }
        steps
    }

    #[test]
    fn few_new_rows_are_made_at_once() {
        let drawn: Vec<u32> = (0..20).rev().collect();
        let wanted: Vec<u32> = (10..30).rev().collect();
        assert!(steps(drawn, &wanted).is_empty());
        assert!(steps(vec![1, 2], &[]).is_empty());
    }

    #[test]
    fn many_are_made_from_the_top_a_few_at_a_time() {
        let drawn: Vec<u32> = (0..25).rev().collect();
        let wanted: Vec<u32> = (100..125).rev().collect();
        let steps = steps(drawn.clone(), &wanted);
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0], [&wanted[..10], &drawn[..15]].concat());
        assert_eq!(steps[1], [&wanted[..20], &drawn[..5]].concat());
    }

    #[test]
    fn rows_that_stay_are_in_the_page_once() {
        let drawn: Vec<u32> = (0..25).rev().collect();
        let wanted: Vec<u32> = (12..37).rev().collect();
        let steps = steps(drawn, &wanted);
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0], [&wanted[..10], &(10..25).rev().collect::<Vec<u32>>()[..]].concat());
    }
}
