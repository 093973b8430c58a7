//! The live stream: one WebSocket a watcher, reading from the feed at its own pace.

use super::feed::Feed;
use super::room::Held;
use crate::config::Config;
use crate::gateway::Gateway;
use crate::http::openapi::params;
use crate::http::query::Query;
use crate::problem::Problem;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use http::StatusCode;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use wire::{Frame, StatsWindow};

/// At most one message in this time.
const PACE: Duration = Duration::from_millis(50);
/// At most so many frames in one message.
const FRAMES: usize = 1000;
const STATS_EVERY: Duration = Duration::from_secs(1);
const PING_EVERY: Duration = Duration::from_secs(20);
/// A watcher that takes nothing for this long is let go.
const SEND_TIME: Duration = Duration::from_secs(30);
/// A watcher has nothing long to say.
const LONGEST_MESSAGE: usize = 4096;

/// Where a watcher wants to go on.
#[derive(Debug)]
struct From {
    stream: Option<String>,
    after: Option<u64>,
}

/// Opens the live stream, a WebSocket: `hello` first, then every frame after `after`, or a `reset`.
///
/// Each message is a JSON array of `Frame`, at most one message in 50 ms. `seq` grows by one a frame. Whoever comes back
/// with `stream` and `after` gets what was missed, or a `reset`: then fetch the lists again.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "watch",
    tag = "Live stream",
    params(params::From),
    responses(
        (status = 101, description = "The stream begins."),
        (status = 422, description = "`invalid_parameter`", body = wire::Problem),
        (status = 426, description = "`websocket_required`: this was no WebSocket's handshake.", body = wire::Problem)
    ),
)]
pub async fn stream(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let from = From { stream: query.one("stream")?, after: query.one("after")? };
    query.end()?;
    let upgrade = upgrade.map_err(|rejection| {
        let detail = format!("this is a WebSocket: {rejection}");
        Problem::new(StatusCode::UPGRADE_REQUIRED, "websocket_required", detail)
    })?;
    let upgrade = upgrade.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    // Room for what a watcher says, which is next to nothing; the library's own is 128 KiB for each.
    let upgrade = upgrade.read_buffer_size(LONGEST_MESSAGE);
    let opened = gateway.config();
    Ok(upgrade.on_upgrade(move |socket| async move {
        // An error here is a watcher that went away.
        let _ = watch(&gateway, &opened, &from, socket).await;
    }))
}

async fn watch(
    gateway: &Gateway,
    opened: &Config,
    from: &From,
    socket: WebSocket,
) -> Result<(), axum::Error> {
    let (mut out, mut incoming) = socket.split();
    let feed = &gateway.feed;
    let mut changes = feed.changes();
    let mut held = feed.room().hold();
    let mut seq = hello(feed, from, &mut out).await?;
    let mut totals = interval(STATS_EVERY);
    totals.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ping = interval(PING_EVERY);
    let mut draining = gateway.draining.subscribe();
    let mut pace = Instant::now() + PACE;
    loop {
        let is_behind = *changes.borrow_and_update() != seq;
        tokio::select! {
            () = sleep_until(pace), if is_behind => {
                seq = send_news(feed, seq, &mut held, &mut out).await?;
                pace = Instant::now() + PACE;
            }
            more = changes.changed(), if !is_behind => {
                if more.is_err() {
                    return Ok(());
                }
            }
            _ = totals.tick() => {
                // Takes its turn with the news, so that the pace holds for both.
                sleep_until(pace).await;
                if opened.server.has_other_tokens(&gateway.config().server) {
                    // Who may watch still comes back at once.
                    let frame = CloseFrame { code: close_code::POLICY, reason: "the tokens were changed".into() };
                    return send(&mut out, Message::Close(Some(frame))).await;
                }
                let totals = feed.totals(|| text(&[Frame::Stats { stats: gateway.stats(StatsWindow::M5, None) }]));
                send(&mut out, Message::Text(totals)).await?;
                pace = Instant::now() + PACE;
            }
            () = async { drop(draining.wait_for(|draining| *draining).await) } => {
                // 1012: the service restarts. Who watches comes back then, or goes to another node.
                let frame = CloseFrame { code: close_code::RESTART, reason: "the gateway stops".into() };
                return send(&mut out, Message::Close(Some(frame))).await;
            }
            _ = ping.tick() => send(&mut out, Message::Ping(bytes::Bytes::new())).await?,
            message = incoming.next() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(()),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Says which stream this is, and where it goes on.
async fn hello(feed: &Feed, from: &From, out: &mut Out) -> Result<u64, axum::Error> {
    let now = feed.seq();
    let known = from.stream.as_deref() == Some(feed.id());
    let after = from.after.filter(|after| known && !feed.after(*after, 0).lost);
    let mut frames = vec![Frame::Hello {
        stream: feed.id().to_owned(),
        seq: now,
        resumed: after.is_some(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }];
    if after.is_none() && from.after.is_some() {
        frames.push(Frame::Reset { seq: now });
    }
    send(out, Message::Text(text(&frames))).await?;
    Ok(after.unwrap_or(now))
}

/// Sends what came after `seq`, and gives the last number sent.
async fn send_news(feed: &Feed, seq: u64, held: &mut Held<'_>, out: &mut Out) -> Result<u64, axum::Error> {
    let batch = feed.after(seq, FRAMES);
    if batch.lost {
        send(out, Message::Text(text(&[Frame::Reset { seq: batch.seq }]))).await?;
        return Ok(batch.seq);
    }
    let Some(first) = batch.texts.first() else { return Ok(seq) };
    let fitting = &batch.texts[..held.fitting(&batch.texts)];
    let (message, last) = match fitting.last() {
        Some(last) => {
            let texts: Vec<&str> = fitting.iter().map(|frame| frame.text()).collect();
            (Utf8Bytes::from(format!("[{}]", texts.join(","))), last.seq())
        }
        // It is there to be fetched, as everything is.
        None => (text(&[Frame::Reset { seq: first.seq() }]), first.seq()),
    };
    drop(batch);
    send(out, Message::Text(message)).await?;
    Ok(last)
}

type Out = SplitSink<WebSocket, Message>;

async fn send(out: &mut Out, message: Message) -> Result<(), axum::Error> {
    timeout(SEND_TIME, out.send(message)).await.map_err(axum::Error::new)?
}

fn text(frames: &[Frame]) -> Utf8Bytes {
    serde_json::to_string(frames).unwrap_or_default().into()
}
