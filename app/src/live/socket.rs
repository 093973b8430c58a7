//! The browser's end of the live stream: connects, reads, notices silence, waits, and goes on where it was.

use super::{Connection, Cursor, Place, Received, concerns_the_hidden, is_for_the_hidden, parse, wait_ms};
use crate::api;
use crate::state::Store;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, FusedFuture, FutureExt, select};
use futures::{StreamExt, pin_mut};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::Frame;

/// The stream sends totals every second; so long without a word, the line is dead.
const SILENCE_MS: u32 = 10_000;

/// Messages kept while the lists are on their way; a page that waits longer than this starts anew.
const MOST_KEPT: usize = 2000;

/// How a connection ended.
enum End {
    /// By itself; whether it was live before.
    Lost(bool),
    /// The page was hidden, left things out, and is looked at again: what is missing comes with a new one.
    Behind,
}

/// Keeps `store` up to date for as long as the page lives.
pub fn start(store: Store) {
    let mut wakes = wakes();
    leptos::task::spawn_local(async move {
        let mut cursor = Cursor::at(place_of_page());
        let mut failures = 0;
        loop {
            match read(&store, &mut cursor, &mut wakes).await {
                End::Behind => continue,
                End::Lost(true) => failures = 0,
                End::Lost(false) => {}
            }
            if matches!(api::signed_out().await, Ok(true)) {
                reload();
                return;
            }
            pause(&store, wait_ms(failures, js_sys::Math::random()), &mut wakes).await;
            failures += 1;
        }
    });
}

/// Reads one connection to its end.
async fn read(store: &Store, cursor: &mut Cursor, wakes: &mut UnboundedReceiver<()>) -> End {
    let Ok(socket) = WebSocket::open(&address(&cursor.path())) else { return End::Lost(false) };
    let mut socket = socket.fuse();
    let mut was_live = false;
    let mut heard_at = None;
    let mut fetching = futures::future::Fuse::terminated();
    let mut kept: Vec<Vec<Frame>> = Vec::new();
    // The page was hidden and left something out.
    let mut missed = false;
    let end = loop {
        let silence = TimeoutFuture::new(SILENCE_MS).fuse();
        pin_mut!(silence);
        let message = loop {
            futures::select! {
                message = socket.next() => break message,
                fetched = fetching => {
                    // Without the lists, what was kept is of no use: the next connection fetches anew, and waits as after one
                    // that never lived.
                    if Result::is_err(&fetched) {
                        missed = true;
                        was_live = false;
                    }
                    if missed {
                        break None;
                    }
                    for frames in kept.drain(..) {
                        store.apply(frames);
                    }
                }
                _ = wakes.next() => if missed && !document().hidden() {
                    cursor.forget();
                    return End::Behind;
                },
                () = silence => break None,
            }
        };
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Bytes(_))) => continue,
            Some(Err(_)) | None => break End::Lost(was_live),
        };
        was_live = true;
        heard_at = store.now.get_untracked();
        if store.connection.get_untracked() != Connection::Live {
            store.connection.set(Connection::Live);
            store.lost_at.set(None);
        }
        let hidden = document().hidden() && fetching.is_terminated();
        if hidden && !concerns_the_hidden(&text) {
            missed = true;
            continue;
        }
        let Received { mut frames, refetch } = cursor.receive(parse(&text));
        if hidden {
            let all = frames.len();
            frames.retain(is_for_the_hidden);
            missed |= refetch || frames.len() < all;
        } else if refetch {
            kept.clear();
            let store = *store;
            fetching = async move { store.fetch().await }.boxed_local().fuse();
        }
        if fetching.is_terminated() {
            store.apply(frames);
        } else if kept.len() < MOST_KEPT {
            kept.push(frames);
        } else {
            break End::Lost(was_live);
        }
    };
    if missed || !fetching.is_terminated() {
        cursor.forget();
    }
    // What came last is what the page shows.
    if heard_at.is_some() {
        store.lost_at.set(heard_at);
    }
    end
}

/// Waits, with the seconds left on display, until the time is over or something says that now is better.
async fn pause(store: &Store, ms: u32, wakes: &mut UnboundedReceiver<()>) {
    while wakes.try_recv().is_ok() {}
    let mut left = ms;
    if store.lost_at.get_untracked().is_none() {
        store.lost_at.set(store.now.get_untracked());
    }
    while left > 0 {
        let online = window().navigator().on_line();
        store.connection.set(if online {
            Connection::Reconnecting(left.div_ceil(1000))
        } else {
            Connection::Offline
        });
        // Without a network only its return is worth a try.
        let step = if left.is_multiple_of(1000) { 1000 } else { left % 1000 };
        match select(TimeoutFuture::new(step), wakes.next()).await {
            Either::Left(_) if online => left -= step,
            Either::Left(_) => {}
            Either::Right(_) => break,
        }
    }
    store.connection.set(Connection::Reconnecting(0));
}

/// Tells of the moments at which waiting longer makes no sense: the network is back, or someone looks.
fn wakes() -> UnboundedReceiver<()> {
    let (wake, wakes) = unbounded();
    let online = wake.clone();
    // Both listeners live as long as the page.
    let _online = window_event_listener(leptos::ev::online, move |_| {
        let _ = online.unbounded_send(());
    });
    let _seen = window_event_listener_untyped("visibilitychange", move |_| {
        let _ = wake.unbounded_send(());
    });
    wakes
}

/// Where the stream stood when this page was made.
fn place_of_page() -> Option<Place> {
    let bar = document().query_selector("[data-place]").ok()??;
    Place::parse(&bar.get_attribute("data-place")?)
}

fn address(path: &str) -> String {
    let origin = window().location().origin().unwrap_or_default();
    format!("{}{path}", origin.replacen("http", "ws", 1))
}

fn reload() {
    let _ = window().location().reload();
}
