//! The live stream: numbered without gap, resumed without loss, reset when it must be.

use crate::support::{Gateway, Receiver, event};
use serde_json::json;
use wire::{DeliveryStatus, Frame};

async fn start() -> Gateway {
    let receiver = Receiver::healthy().await;
    Gateway::start(json!({ "endpoints": [{ "name": "crm", "url": receiver.url(), "events": ["*"] }] })).await
}

fn seq(frame: &Frame) -> Option<u64> {
    match frame {
        Frame::Event { seq, .. }
        | Frame::Delivery { seq, .. }
        | Frame::Attempt { seq, .. }
        | Frame::Endpoint { seq, .. }
        | Frame::Hit { seq, .. }
        | Frame::Run { seq, .. }
        | Frame::Config { seq, .. } => Some(*seq),
        Frame::Hello { .. } | Frame::Stats { .. } | Frame::Reset { .. } => None,
    }
}

#[tokio::test]
async fn an_event_is_seen_from_arrival_to_delivery() {
    let gateway = start().await;
    let mut watcher = gateway.watch().await;
    let Frame::Hello { resumed, seq: start, .. } = watcher.next().await else { panic!("hello") };
    assert!(!resumed);
    gateway.event(&event("tool.called", "main")).await;
    let mut kinds = Vec::new();
    let mut last = start;
    loop {
        let frame = watcher.next().await;
        if let Some(seq) = seq(&frame) {
            assert_eq!(seq, last + 1, "numbers grow by one");
            last = seq;
        }
        match frame {
            Frame::Event { event, .. } => {
                assert_eq!(event.deliveries.open, 1);
                kinds.push("event".to_owned());
            }
            Frame::Delivery { delivery, .. } => kinds.push(delivery.status.to_string()),
            Frame::Attempt { attempt, .. } => {
                assert_eq!(attempt.status_code, Some(200));
                kinds.push("attempt".to_owned());
            }
            _ => {}
        }
        if kinds.last().is_some_and(|kind| kind == "delivered") {
            break;
        }
    }
    assert_eq!(kinds, ["event", "pending", "delivering", "attempt", "delivered"]);
    watcher.find(|frame| matches!(frame, Frame::Endpoint { .. }).then_some(())).await;
    watcher
        .find(|frame| match frame {
            Frame::Stats { stats } if stats.deliveries.delivered == 1 => Some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed() {
    let gateway = start().await;
    let mut watcher = gateway.watch().await;
    let Frame::Hello { stream, seq: start, .. } = watcher.next().await else { panic!("hello") };
    watcher.close().await;
    let id = gateway.event(&event("tool.called", "main")).await;

    let mut watcher = gateway.watch_from(&format!("?stream={stream}&after={start}")).await;
    let Frame::Hello { resumed, .. } = watcher.next().await else { panic!("hello") };
    assert!(resumed);
    let Frame::Event { seq, event } = watcher.find(|frame| seq(&frame).map(|_| frame)).await else {
        panic!("event")
    };
    assert_eq!((seq, event.id.as_str()), (start + 1, id.as_str()));
    watcher.delivery(DeliveryStatus::Delivered).await;
}

#[tokio::test]
async fn another_stream_or_a_number_of_the_future_is_reset() {
    let gateway = start().await;
    let mut watcher = gateway.watch().await;
    let Frame::Hello { stream, .. } = watcher.next().await else { panic!("hello") };
    for query in ["?stream=node_other&after=0".to_owned(), format!("?stream={stream}&after=999")] {
        let mut watcher = gateway.watch_from(&query).await;
        let Frame::Hello { resumed, seq, .. } = watcher.next().await else { panic!("hello") };
        assert!(!resumed);
        assert_eq!(watcher.next().await, Frame::Reset { seq });
    }
    // What a watcher says is not asked for and does no harm.
    watcher.send("{\"kind\":\"hello\"}").await;
    watcher.find(|frame| matches!(frame, Frame::Stats { .. }).then_some(())).await;
}
