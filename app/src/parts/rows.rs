//! Rows that stay as they are while others come and go. One function for all lists: what keeps them is much code, which would
//! be there once for each kind of row.

use leptos::prelude::*;
use std::sync::Arc;

/// A row, and what it is known by.
struct Entry {
    key: String,
    row: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A row for each of what `each` gives, made anew only where none has its key.
pub fn rows<T, V>(
    each: impl Fn() -> Vec<T> + Send + 'static,
    key: impl Fn(&T) -> String + Send + 'static,
    row: impl Fn(T) -> V + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    V: IntoView + 'static,
{
    let row = Arc::new(row);
    let entry = move |item: T| {
        let (key, row) = (key(&item), Arc::clone(&row));
        Entry { key, row: Box::new(move || row(item).into_any()) }
    };
    kept(Box::new(move || each().into_iter().map(&entry).collect()))
}

fn kept(each: Box<dyn Fn() -> Vec<Entry> + Send>) -> AnyView {
    view! { <For each key=|entry| entry.key.clone() children=|entry: Entry| (entry.row)()/> }.into_any()
}
