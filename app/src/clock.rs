//! The page's clock: none on the server, the gateway's time once a second in the browser.

use crate::state::Store;
use leptos::prelude::*;
use wire::Time;

/// The age of `time` in ms, once the page lives.
pub fn age_ms(store: Store, time: Time) -> Option<i64> {
    store.now.get().map(|now| now.ms_since(time))
}

/// What the browser's clock says.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far from 2^53")]
pub fn browser_time() -> Time {
    Time(js_sys::Date::now() as i64)
}

/// Lets the store's clock run.
#[cfg(feature = "hydrate")]
pub fn start(store: Store) {
    store.tick(browser_time());
    leptos::prelude::set_interval(move || store.tick(browser_time()), std::time::Duration::from_secs(1));
}
