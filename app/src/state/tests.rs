//! The store's promises: one row a delivery, newest first, nothing moved under the reader's eyes.

use super::*;
use serde_json::json;
use wire::{Delivery, DeliveryStatus, EndpointState, List, Reason};

fn delivery(number: u32, status: DeliveryStatus) -> Delivery {
    let created = Time(1_773_480_000_000 + i64::from(number));
    serde_json::from_value(json!({
        "id": format!("dlv_{number:08}"), "eventId": "evt_1", "eventType": "message.sent", "endpoint": "crm",
        "status": status, "attempts": 1, "maxAttempts": 3, "createdAt": created,
    }))
    .unwrap()
}

fn frame(delivery: Delivery) -> Frame {
    Frame::Delivery { seq: 1, delivery }
}

fn shown(store: &Store) -> Vec<String> {
    store.rows.with_untracked(|log| log.rows().iter().map(|row| row.id.to_string()).collect())
}

fn with_store(test: impl FnOnce(Store)) {
    let owner = Owner::new();
    owner.with(|| test(Store::new()));
}

#[test]
fn a_new_delivery_is_on_top_and_a_known_one_stays_where_it_is() {
    with_store(|store| {
        store.apply(vec![
            frame(delivery(1, DeliveryStatus::Pending)),
            frame(delivery(2, DeliveryStatus::Pending)),
            frame(delivery(1, DeliveryStatus::Delivered)),
        ]);
        assert_eq!(shown(&store), ["dlv_00000002", "dlv_00000001"]);
        let last = store.rows.with_untracked(|log| log.rows()[1].delivery.get_untracked());
        assert_eq!(last.status, DeliveryStatus::Delivered);
    });
}

#[test]
fn what_could_not_be_asked_for_is_not_shown_in_part() {
    with_store(|store| {
        let problem = json!({
            "type": "about:blank", "title": "too slow", "status": 503, "code": "too_slow", "detail": "Ask for less.",
        });
        store.log_trouble.set(Some(serde_json::from_value(problem).unwrap()));
        store.apply(vec![frame(delivery(1, DeliveryStatus::Pending))]);
        assert!(shown(&store).is_empty());
        store.load_deliveries(List { items: vec![delivery(1, DeliveryStatus::Delivered)], next: None });
        assert_eq!(shown(&store), ["dlv_00000001"]);
        assert_eq!(store.log_trouble.get_untracked(), None);
    });
}

#[test]
fn the_log_keeps_the_newest_five_hundred() {
    with_store(|store| {
        store.apply((0..700).map(|number| frame(delivery(number, DeliveryStatus::Delivered))).collect());
        let shown = shown(&store);
        assert_eq!((shown.len(), shown[0].as_str()), (500, "dlv_00000699"));
        // One that left is new again when it changes, and as old as it was: it is not shown.
        store.apply(vec![frame(delivery(3, DeliveryStatus::Failed))]);
        assert_eq!(
            store.rows.with_untracked(|log| log.rows().last().unwrap().id.to_string()),
            "dlv_00000200"
        );
    });
}

#[test]
fn what_lies_behind_the_last_row_waits_for_its_page() {
    with_store(|store| {
        store.apply(vec![frame(delivery(5, DeliveryStatus::Pending))]);
        store.has_older.set(true);
        for paused in [false, true] {
            store.pause(paused);
            store.apply(vec![frame(delivery(3, DeliveryStatus::Delivered))]);
            assert_eq!((shown(&store).len(), store.fresh.get_untracked()), (1, 0));
        }
        store.pause(false);
        store.has_older.set(false);
        store.apply(vec![frame(delivery(3, DeliveryStatus::Delivered))]);
        assert_eq!(shown(&store), ["dlv_00000005", "dlv_00000003"]);
    });
}

#[test]
fn while_paused_rows_change_but_none_comes() {
    with_store(|store| {
        store.apply(vec![frame(delivery(1, DeliveryStatus::Delivering))]);
        store.pause(true);
        store.apply(vec![
            frame(delivery(2, DeliveryStatus::Pending)),
            frame(delivery(2, DeliveryStatus::Delivered)),
            frame(delivery(1, DeliveryStatus::Failed)),
        ]);
        assert_eq!((shown(&store).len(), store.fresh.get_untracked()), (1, 1));
        let known = store.rows.with_untracked(|log| log.rows()[0].delivery.get_untracked());
        assert_eq!(known.status, DeliveryStatus::Failed);
        store.pause(false);
        assert_eq!(shown(&store), ["dlv_00000002", "dlv_00000001"]);
        assert_eq!(store.fresh.get_untracked(), 0);
    });
}

#[test]
fn while_paused_a_list_that_is_fetched_again_brings_no_row_before_those_that_are_read() {
    with_store(|store| {
        let list = |numbers: &[u32]| {
            let items = numbers.iter().map(|&number| delivery(number, DeliveryStatus::Delivered)).collect();
            List { items, next: None }
        };
        store.load_deliveries(list(&[2, 1]));
        store.pause(true);
        store.load_deliveries_again(list(&[4, 3, 2, 1]));
        assert_eq!((shown(&store).len(), store.fresh.get_untracked()), (2, 2));
        // One of them changes before it is shown.
        store.apply(vec![frame(delivery(4, DeliveryStatus::Failed))]);
        assert_eq!(store.fresh.get_untracked(), 2);
        store.pause(false);
        assert_eq!(shown(&store).len(), 4);
        let newest = store.rows.with_untracked(|log| log.rows()[0].delivery.get_untracked());
        assert_eq!(newest.status, DeliveryStatus::Failed);
        // After a long absence nothing of what was read is in the list.
        store.pause(true);
        store.load_deliveries_again(list(&[9, 8]));
        assert_eq!(shown(&store), ["dlv_00000009", "dlv_00000008"]);
    });
}

#[test]
fn a_filter_takes_in_what_matches_and_lets_go_of_what_no_longer_does() {
    with_store(|store| {
        store.filter.set(Filter::only(DeliveryStatus::Failed));
        store.apply(vec![
            frame(delivery(1, DeliveryStatus::Failed)),
            frame(delivery(2, DeliveryStatus::Delivered)),
            frame(delivery(3, DeliveryStatus::Failed)),
        ]);
        assert_eq!(shown(&store), ["dlv_00000003", "dlv_00000001"]);
        // The visitor sent the first one again, and sees what comes of it; the other one leaves.
        store.rows.with_untracked(|log| log.rows()[1].ask.set(Ask::Sent));
        store.apply(vec![
            frame(delivery(1, DeliveryStatus::Delivered)),
            frame(delivery(3, DeliveryStatus::Delivered)),
        ]);
        assert_eq!(shown(&store), ["dlv_00000001"]);
        let ask = store.rows.with_untracked(|log| log.rows()[0].ask.get_untracked());
        assert_eq!(ask, Ask::Done);
    });
}

#[test]
fn the_answer_to_a_wish_and_the_stream_may_come_in_either_order() {
    let answered_first =
        Ask::Busy.answered(Ok(())).seen(DeliveryStatus::Delivering).seen(DeliveryStatus::Failed);
    let stream_first = Ask::Busy.seen(DeliveryStatus::Failed).answered(Ok(()));
    assert_eq!((answered_first, stream_first), (Ask::Done, Ask::Done));
    assert_eq!(Ask::Busy.answered(Err("No.".into())), Ask::Refused("No.".into()));
}

#[test]
fn the_open_delivery_gets_its_attempts() {
    with_store(|store| {
        let attempt: Attempt = serde_json::from_value(json!({
            "id": "att_1", "deliveryId": "dlv_00000001", "endpoint": "crm", "number": 1, "trigger": "schedule",
            "startedAt": Time(0), "result": "failed", "reason": Reason::Timeout, "timings": {"total": 15000.0},
            "request": {"method": "POST", "url": "https://crm.example/", "headers": [], "body": ""}, "nodeId": "n",
        }))
        .unwrap();
        let detail = serde_json::from_value(json!({
            "id": "dlv_00000001", "eventId": "evt_1", "eventType": "message.sent", "endpoint": "crm",
            "status": "delivering", "attempts": 0, "maxAttempts": 3, "createdAt": Time(0), "attemptLog": [],
            "event": {"id": "evt_1", "type": "message.sent", "timestamp": "t", "instanceId": "n", "data": {},
                "receivedAt": Time(0), "deliveries": {"total": 1, "delivered": 0, "failed": 0, "open": 1}},
        }));
        store.open.set(Some(detail.unwrap()));
        store.apply(vec![
            Frame::Attempt { seq: 1, attempt: attempt.clone() },
            Frame::Attempt { seq: 2, attempt: Attempt { delivery_id: "dlv_2".parse().unwrap(), ..attempt } },
            frame(delivery(1, DeliveryStatus::Failed)),
        ]);
        let open = store.open.get_untracked().unwrap();
        assert_eq!((open.attempt_log.len(), open.delivery.status), (1, DeliveryStatus::Failed));
    });
}

#[test]
fn the_worst_endpoint_is_first() {
    with_store(|store| {
        let endpoint = |name: &str, state: EndpointState| {
            let endpoint = serde_json::from_value(json!({
                "name": name, "url": "https://crm.example/", "source": "file", "enabled": true, "state": state,
                "since": Time(0), "events": [], "headers": {}, "signing": "openclaw", "signed": true,
                "retry": {"maxAttempts": 3}, "timeoutMs": 1, "concurrency": 1, "waiting": 0, "inFlight": 0, "held": 0,
                "windows": {"5m": {"delivered": 0, "failed": 0}, "1h": {"delivered": 0, "failed": 0},
                    "24h": {"delivered": 0, "failed": 0}},
                "circuit": {"state": "closed", "failures": 0},
            }));
            Frame::Endpoint { seq: 1, endpoint: endpoint.unwrap() }
        };
        store.apply(vec![
            endpoint("a", EndpointState::Healthy),
            endpoint("b", EndpointState::Healthy),
            endpoint("b", EndpointState::Failing),
        ]);
        let names = store.endpoints.with_untracked(|cells| order_of(cells));
        assert_eq!(names, ["b", "a"]);
    });
}

#[test]
fn a_range_goes_from_the_last_pick_to_this_one() {
    with_store(|store| {
        store.apply((1..=5).map(|number| frame(delivery(number, DeliveryStatus::Failed))).collect());
        let id = |number: u32| format!("dlv_{number:08}").parse().unwrap();
        store.selection.pick(&id(4), false);
        store.selection.pick(&id(2), true);
        assert_eq!(store.selection.count(), 3);
        assert!(store.selection.has(&id(3)) && !store.selection.has(&id(5)));
        store.selection.pick(&id(3), false);
        assert!(!store.selection.has(&id(3)));
        assert!(store.selection.clear() && !store.selection.clear());
        // A range from nowhere is one row.
        store.selection.pick(&id(1), true);
        assert_eq!(store.selection.count(), 1);
    });
}

/// Runs `fetch` as far as it goes.
fn poll<F: Future>(fetch: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    fetch.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn what_happens_while_a_page_is_fetched_is_not_lost_on_it() {
    with_store(|store| {
        let (answer, answered) = futures::channel::oneshot::channel();
        let mut fetch = std::pin::pin!(store.fetching(answered));
        assert!(poll(fetch.as_mut()).is_pending());
        // The gateway answers with the list as it is; a change comes before its answer.
        let list = vec![delivery(1, DeliveryStatus::Pending)];
        store.apply(vec![
            frame(delivery(1, DeliveryStatus::Delivered)),
            frame(delivery(2, DeliveryStatus::Pending)),
        ]);
        answer.send(list).unwrap();
        let std::task::Poll::Ready(Ok(items)) = poll(fetch.as_mut()) else { panic!("answered") };
        store.load_deliveries(List { items, next: None });
        assert_eq!(shown(&store), ["dlv_00000001"]);
        store.catch_up();
        assert_eq!(shown(&store), ["dlv_00000002", "dlv_00000001"]);
        let first = store.rows.with_untracked(|log| log.rows()[1].delivery.get_untracked());
        assert_eq!(first.status, DeliveryStatus::Delivered);
    });
}

#[test]
fn a_fetch_that_nobody_waits_for_keeps_nothing() {
    with_store(|store| {
        {
            let mut fetch = std::pin::pin!(store.fetching(std::future::pending::<()>()));
            assert!(poll(fetch.as_mut()).is_pending());
        }
        store.apply(vec![frame(delivery(1, DeliveryStatus::Pending))]);
        store.load_deliveries(List { items: Vec::new(), next: None });
        store.catch_up();
        assert!(shown(&store).is_empty());
    });
}
