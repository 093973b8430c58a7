//! The connection's state, always in sight: an operator must know whether what is shown still moves.

use super::{Glyph, Icon, Tone};
use crate::clock::page_time;
use crate::format::exact;
use crate::live::Connection;
use crate::state::Store;
use crate::words::words;
use leptos::prelude::*;

/// `Live`, `Reconnecting in 4 s`, `Offline`; without scripts, the time the page was made.
#[component]
pub fn ConnectionBadge() -> impl IntoView {
    let store = expect_context::<Store>();
    let looks = move || match store.connection.get() {
        Connection::Connecting => (Glyph::Clock, Tone::Quiet),
        Connection::Live => (Glyph::Waves, Tone::Good),
        Connection::Reconnecting(_) => (Glyph::Again, Tone::Warn),
        Connection::Offline => (Glyph::Cut, Tone::Bad),
    };
    let text = move || match store.connection.get() {
        Connection::Connecting => words().connecting.to_owned(),
        Connection::Live => words().live.to_owned(),
        Connection::Reconnecting(seconds) => (words().reconnecting)(seconds),
        Connection::Offline => words().offline.to_owned(),
    };
    let long = move || match store.connection.get() {
        Connection::Connecting => words().connecting_long,
        Connection::Live => words().live_long,
        Connection::Reconnecting(_) => words().reconnecting_long,
        Connection::Offline => words().offline_long,
    };
    // Read out when the state changes, not with every second of a countdown.
    let spoken = Memo::new(move |_| match store.connection.get() {
        Connection::Reconnecting(_) => (words().reconnecting)(0),
        Connection::Connecting | Connection::Live | Connection::Offline => text(),
    });
    view! {
        <span class="connection when-alive" title=long>
            <span class=move || looks().1.class() aria-hidden="true">
                {move || view! { <Icon glyph=looks().0/> }.into_any()}
                <span>{move || text()}</span>
            </span>
            <span class="sr-only" role="status">{spoken}</span>
        </span>
        <span class="connection when-still">
            {(words().as_of)(&exact(page_time()))}
        </span>
    }
    .into_any()
}
