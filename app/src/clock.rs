//! The page's clock: none on the server, the gateway's time once a second in the browser.

use crate::state::Store;
use leptos::prelude::*;
use wire::Time;

/// The age of `time` in ms, once the page lives.
pub fn age_ms(store: Store, time: Time) -> Option<i64> {
    store.now.get().map(|now| now.ms_since(time))
}

/// When the page was made: said on it as long as no script moves it on.
#[cfg(not(feature = "hydrate"))]
pub fn page_time() -> Time {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Time(i64::try_from(since_1970.as_millis()).unwrap_or_default())
}

/// The page that lives does not say it.
#[cfg(feature = "hydrate")]
pub fn page_time() -> Time {
    browser_time()
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
    let tick = move || {
        if !document().hidden() {
            store.tick(browser_time());
        }
    };
    leptos::prelude::set_interval(tick, std::time::Duration::from_secs(1));
    // As long as the page.
    std::mem::forget(window_event_listener_untyped("visibilitychange", move |_| tick()));
}
