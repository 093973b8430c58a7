//! What holds on either database: each case gets an empty store.

use bytestring::ByteString;
use server::store::{
    Change, DeliveryFilter, EventFilter, Logout, MOST_LOGOUTS, MeterRow, NewEvent, Old, Outcome, Pause, Rare,
    Store, StoreError, StoredEvent, write,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::{
    AcceptedEvent, Attempt, AttemptResult, Delivery, DeliveryId, DeliveryStatus, EventId, EventType, Ms,
    Reason, SeenResponse, SentRequest, Time, Timings, Trigger,
};

pub(crate) fn event(id: &str, deliveries: &[&str]) -> NewEvent {
    let id: EventId = id.parse().unwrap();
    let deliveries = deliveries
        .iter()
        .map(|delivery| Delivery {
            id: delivery.parse().unwrap(),
            event_id: id.clone(),
            event_type: EventType::MessageSent,
            endpoint: "crm".to_owned(),
            agent_id: Some("bot".to_owned()),
            status: DeliveryStatus::Pending,
            attempts: 0,
            max_attempts: 3,
            created_at: Time(1000),
            next_attempt_at: None,
            finished_at: None,
            last_reason: None,
            last_status_code: None,
            last_duration_ms: None,
            hit_id: None,
        })
        .collect();
    let event = StoredEvent {
        id,
        event_type: EventType::MessageSent,
        agent_id: Some("bot".to_owned()),
        timestamp: "2026-03-14T10:30:00Z".to_owned(),
        instance_id: "node-1".to_owned(),
        received_at: Time(1000),
        hit_id: None,
        agent_run_id: None,
        body: ByteString::from_static(r#"{"type":"message.sent","data":{"x":"50%_!"}}"#),
    };
    NewEvent { event: Arc::new(event), deliveries, trigger: Trigger::Schedule, left: Vec::new() }
}

fn answer(id: &str, deliveries: u64, duplicate: bool) -> AcceptedEvent {
    AcceptedEvent { id: id.parse().unwrap(), deliveries, duplicate }
}

pub(crate) async fn an_event_and_its_deliveries_are_read_back_as_written(store: Store) {
    let new = event("evt_1", &["dlv_1", "dlv_2"]);
    let answers = write(&store, &[Change::Accept(vec![new.clone()])], &[]).await.unwrap();
    assert_eq!(answers.events, [answer("evt_1", 2, false)]);
    assert_eq!(store.event(&new.event.id).await.unwrap().as_ref(), Some(&*new.event));
    let list = store.deliveries(&DeliveryFilter::default(), 50, None).await.unwrap();
    assert_eq!(list.items.iter().rev().collect::<Vec<_>>(), new.deliveries.iter().collect::<Vec<_>>());
    let pending = store.pending("crm", "", 10).await.unwrap();
    assert_eq!(pending.iter().map(|due| due.delivery.id.as_str()).collect::<Vec<_>>(), ["dlv_1", "dlv_2"]);
    assert_eq!(pending[0].event.body, new.event.body);
    assert_eq!(store.pending("crm", "dlv_1", 10).await.unwrap().len(), 1);
}

pub(crate) async fn of_one_id_the_first_is_stored_whether_in_one_commit_or_two(store: Store) {
    let changes = [
        Change::Accept(vec![event("evt_1", &["dlv_1"])]),
        Change::Accept(vec![event("evt_1", &["dlv_2"]), event("evt_2", &["dlv_3"])]),
    ];
    let answers = write(&store, &changes, &[]).await.unwrap();
    assert_eq!(
        answers.events,
        [answer("evt_1", 1, false), answer("evt_1", 1, true), answer("evt_2", 1, false)]
    );
    let answers = write(&store, &[Change::Accept(vec![event("evt_2", &["dlv_4"])])], &[]).await.unwrap();
    assert_eq!(answers.events, [answer("evt_2", 1, true)]);
    assert_eq!(store.delivery(&"dlv_4".parse::<DeliveryId>().unwrap()).await.unwrap(), None);
}

pub(crate) async fn many_rows_of_any_number_are_all_written(store: Store) {
    // One more than any multi-row statement takes, twice over.
    let events: Vec<NewEvent> =
        (0..193).map(|number| event(&format!("evt_{number}"), &[&format!("dlv_{number}")])).collect();
    let answers = write(&store, &[Change::Accept(events)], &[]).await.unwrap();
    assert!(
        answers
            .events
            .iter()
            .enumerate()
            .all(|(number, found)| *found == answer(&format!("evt_{number}"), 1, false))
    );
    assert_eq!(store.waiting().await.unwrap()[0].count, 193);
}

pub(crate) async fn a_text_is_found_by_its_characters_not_as_a_pattern(store: Store) {
    write(&store, &[Change::Accept(vec![event("evt_1", &["dlv_1"])])], &[]).await.unwrap();
    for (text, found) in [("50%_!", 1), ("message", 1), ("MESSAGE", 1), ("5_%", 0), ("!!", 0)] {
        let filter = EventFilter { text: Some(text.to_owned()), ..EventFilter::default() };
        assert_eq!(store.events(&filter, 50, None).await.unwrap().items.len(), found, "{text}");
    }
}

pub(crate) async fn a_pause_is_kept_as_it_was_last(store: Store) {
    let pause = |paused: bool| Pause { endpoint: "crm".to_owned(), paused, reason: None, since: Time(7) };
    write(&store, &[Change::Rare(Rare::Pause(pause(true)))], &[]).await.unwrap();
    write(&store, &[Change::Rare(Rare::Pause(pause(false)))], &[]).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), [pause(false)]);
}

/// The first attempt of a delivery, which failed.
pub(crate) fn failed_attempt(delivery: &str, body: &str) -> Attempt {
    Attempt {
        id: "att_1".parse().unwrap(),
        delivery_id: delivery.parse().unwrap(),
        endpoint: "crm".to_owned(),
        number: 1,
        trigger: Trigger::Schedule,
        started_at: Time(2000),
        result: AttemptResult::Failed,
        reason: Some(Reason::Http5xx),
        hint: Some(server::net::reason::hint(Reason::Http5xx).to_owned()),
        detail: Some("the receiver answered 503 Service Unavailable".to_owned()),
        status_code: Some(503),
        timings: Timings {
            connect: Some(Ms(0.1)),
            ttfb: Some(Ms(0.5)),
            total: Ms(0.75),
            ..Timings::default()
        },
        remote_address: Some("127.0.0.1:9".to_owned()),
        request: SentRequest {
            method: "POST".to_owned(),
            url: "http://127.0.0.1:9/".to_owned(),
            headers: vec![("X-Team".into(), "blue".to_owned())],
            body: body.to_owned(),
        },
        response: Some(SeenResponse {
            status_code: 503,
            headers: vec![("retry-after".into(), "5".to_owned())],
            body: "busy".to_owned(),
            truncated: false,
        }),
        node_id: "node-1".to_owned(),
    }
}

pub(crate) async fn an_outcome_replaces_how_its_delivery_stood(store: Store) {
    let new = event("evt_1", &["dlv_1", "dlv_2"]);
    write(&store, &[Change::Accept(vec![new.clone()])], &[]).await.unwrap();
    let attempt = failed_attempt("dlv_1", &new.event.body);
    let delivery = Delivery {
        status: DeliveryStatus::Retrying,
        attempts: 1,
        next_attempt_at: Some(Time(7000)),
        last_reason: Some(Reason::Http5xx),
        last_status_code: Some(503),
        last_duration_ms: Some(Ms(0.75)),
        ..new.deliveries[0].clone()
    };
    let outcome = Outcome {
        delivery: delivery.clone(),
        next_trigger: Trigger::Schedule,
        attempt: Arc::new(attempt.clone()),
        same_body: true,
        from: DeliveryStatus::Pending,
    };
    write(&store, &[Change::Outcome(Box::new(outcome))], &[]).await.unwrap();
    assert_eq!(store.delivery(&delivery.id).await.unwrap(), Some((delivery.clone(), Trigger::Schedule)));
    // The event's body, which was not stored twice, is there all the same.
    assert_eq!(store.attempts(&delivery.id).await.unwrap(), std::slice::from_ref(&attempt));
    let url = attempt.request.url.as_str();
    assert_eq!(store.last_attempts("crm", url, 5).await.unwrap(), std::slice::from_ref(&attempt));
    assert!(store.last_attempts("crm", "http://127.0.0.1:8/", 5).await.unwrap().is_empty());
    assert!(store.due("crm", Time(6999), 10).await.unwrap().is_empty());
    assert_eq!(store.due("crm", Time(7000), 10).await.unwrap()[0].delivery, delivery);
    assert_eq!(store.next_due("crm", Time(0)).await.unwrap(), Some(Time(7000)));
    assert_eq!(store.next_due("crm", Time(7000)).await.unwrap(), None);
    let counts = store.delivery_counts(std::iter::once("evt_1")).await.unwrap();
    assert_eq!((counts["evt_1"].total, counts["evt_1"].open), (2, 2));
}

pub(crate) async fn the_last_attempts_are_those_by_schedule_and_the_very_last(store: Store) {
    let new = event("evt_1", &["dlv_1"]);
    write(&store, &[Change::Accept(vec![new.clone()])], &[]).await.unwrap();
    let mut all = Vec::new();
    let triggers = [Trigger::Schedule, Trigger::Schedule, Trigger::Manual, Trigger::Test];
    for (number, trigger) in (1..).zip(triggers) {
        let id = format!("att_{number}").parse().unwrap();
        let attempt = Attempt { id, number, trigger, ..failed_attempt("dlv_1", &new.event.body) };
        let outcome = Outcome {
            delivery: Delivery { attempts: number, ..new.deliveries[0].clone() },
            next_trigger: Trigger::Schedule,
            attempt: Arc::new(attempt.clone()),
            same_body: true,
            from: DeliveryStatus::Pending,
        };
        write(&store, &[Change::Outcome(Box::new(outcome))], &[]).await.unwrap();
        all.insert(0, attempt);
    }
    let url = all[0].request.url.clone();
    let ids = async |limit| {
        let last = store.last_attempts("crm", &url, limit).await.unwrap();
        last.into_iter().map(|attempt| attempt.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(5).await, ["att_4", "att_2", "att_1"]);
    assert_eq!(ids(1).await, ["att_4", "att_2"], "what people ask for pushes nothing out");
}

pub(crate) async fn filters_speak_of_what_people_see(store: Store) {
    write(&store, &[Change::Accept(vec![event("evt_1", &["dlv_1", "dlv_2"])])], &[]).await.unwrap();
    let count = async |status: DeliveryStatus, holding: &[&str], on_their_way: &[&str]| {
        let filter = DeliveryFilter {
            statuses: vec![status],
            holding: holding.iter().map(ToString::to_string).collect(),
            on_their_way: on_their_way.iter().map(|id| id.parse().unwrap()).collect(),
            ..DeliveryFilter::default()
        };
        store.deliveries(&filter, 50, None).await.unwrap().items.len()
    };
    assert_eq!(count(DeliveryStatus::Pending, &[], &[]).await, 2);
    assert_eq!(count(DeliveryStatus::Pending, &[], &["dlv_1"]).await, 1);
    assert_eq!(count(DeliveryStatus::Delivering, &[], &["dlv_1"]).await, 1);
    assert_eq!(count(DeliveryStatus::Delivering, &[], &[]).await, 0);
    assert_eq!(count(DeliveryStatus::Pending, &["crm"], &[]).await, 0);
    assert_eq!(count(DeliveryStatus::Held, &["crm"], &["dlv_1"]).await, 1);
    assert_eq!(count(DeliveryStatus::Held, &["other"], &[]).await, 0);
}

fn row(minute: i64, counts: &str) -> MeterRow {
    MeterRow { minute, run: "node_1".to_owned(), endpoint: "crm".to_owned(), counts: counts.to_owned() }
}

pub(crate) async fn a_minutes_counts_are_replaced_by_newer_ones(store: Store) {
    write(&store, &[], &[row(1, "{}"), row(2, "{}")]).await.unwrap();
    write(&store, &[], &[row(2, "{\"given_up\":1}")]).await.unwrap();
    assert_eq!(store.meters(2).await.unwrap(), [row(2, "{\"given_up\":1}")]);
    assert_eq!(store.meters(0).await.unwrap().len(), 2);
}

pub(crate) async fn what_is_old_goes_with_all_that_hangs_on_it_unless_it_is_still_to_be_sent(store: Store) {
    let (done, open) = (event("evt_done", &["dlv_1"]), event("evt_open", &["dlv_2"]));
    write(&store, &[Change::Accept(vec![done.clone(), open])], &[row(5, "{}"), row(9, "{}")]).await.unwrap();
    let finished = Delivery {
        status: DeliveryStatus::Delivered,
        finished_at: Some(Time(1500)),
        ..done.deliveries[0].clone()
    };
    write(&store, &[Change::Cancel(Box::new(finished), DeliveryStatus::Pending)], &[]).await.unwrap();
    assert_eq!(store.old_events(Time(1000), 10).await.unwrap(), []);
    let events = store.old_events(Time(1001), 10).await.unwrap();
    assert_eq!(events, ["evt_done".parse::<EventId>().unwrap()]);
    // Asked for again, what is open stays even if it was named.
    let named = ["evt_done", "evt_open"].map(|id| id.parse().unwrap()).to_vec();
    let old = Old { events: named, before: Time(0), minutes_before: 9, logouts_by: None };
    write(&store, &[Change::Rare(Rare::Forget(old))], &[]).await.unwrap();
    assert_eq!(store.event(&events[0]).await.unwrap(), None);
    let left = store.deliveries(&DeliveryFilter::default(), 50, None).await.unwrap().items;
    assert_eq!(left.iter().map(|delivery| delivery.id.as_str()).collect::<Vec<_>>(), ["dlv_2"]);
    assert_eq!(store.meters(0).await.unwrap(), [row(9, "{}")]);
}

pub(crate) async fn a_logout_is_kept_as_long_as_its_session_would_last_and_so_many_of_a_role(store: Store) {
    let logout = |session: &str, role: &str, until: i64| {
        let (session, role) = (session.to_owned(), role.to_owned());
        Logout { session, role, until: Time(until) }
    };
    let written = |logout: &Logout| Change::Rare(Rare::Logout(logout.clone()));
    let forgotten = |now| {
        let old = Old { events: Vec::new(), before: Time(0), minutes_before: 0, logouts_by: Some(Time(now)) };
        [Change::Rare(Rare::Forget(old))]
    };
    let [short, long, admin] =
        [logout("a", "viewer", 100), logout("b", "viewer", 200), logout("c", "admin", 150)];
    // Who logs out twice has logged out.
    for logout in [&short, &long, &admin, &short] {
        write(&store, &[written(logout)], &[]).await.unwrap();
    }
    assert_eq!(store.logouts(Time(0)).await.unwrap(), [long.clone(), admin.clone(), short]);
    assert_eq!(store.logouts(Time(100)).await.unwrap(), [long.clone(), admin.clone()]);
    write(&store, &forgotten(100), &[]).await.unwrap();
    assert_eq!(store.logouts(Time(0)).await.unwrap(), [long, admin.clone()]);

    let many: Vec<Logout> =
        (0..MOST_LOGOUTS).map(|number| logout(&format!("d{number}"), "viewer", 1000)).collect();
    write(&store, &many.iter().map(written).collect::<Vec<_>>(), &[]).await.unwrap();
    write(&store, &forgotten(0), &[]).await.unwrap();
    let left = store.logouts(Time(0)).await.unwrap();
    assert_eq!(left.len(), MOST_LOGOUTS + 1);
    assert_eq!(left.last(), Some(&admin), "another role's stay, and of this one those that last longest");
    assert!(left.iter().all(|logout| logout.session != "b"));
}

/// An endless question ends in time, over and over, and the connections that it held answer the next.
pub(crate) async fn a_question_that_takes_too_long_is_ended(store: Store) {
    const LONGEST: Duration = Duration::from_millis(200);
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    let questions = store.questions(LONGEST);
    for _ in 0..3 {
        let ask = async || -> Result<i64, StoreError> {
            let answer = match &questions.store {
                Store::Sqlite { read, .. } => sqlx::query_scalar(ENDLESS).fetch_one(read).await,
                Store::Postgres { read, .. } => {
                    sqlx::query_scalar("SELECT 1::bigint FROM pg_sleep(100)").fetch_one(read).await
                }
            };
            Ok(answer?)
        };
        let begun = Instant::now();
        // As many as there are connections.
        let answers = tokio::join!(ask(), ask(), ask(), ask());
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            assert!(matches!(answer, Err(StoreError::Slow)), "{answer:?}");
        }
        assert!(begun.elapsed() >= LONGEST && begun.elapsed() < LONGEST * 20, "{:?}", begun.elapsed());
        questions.store.events(&EventFilter::default(), 1, None).await.unwrap();
    }
    // Two search at once; the third waits for its turn, and not for ever.
    let (first, _second) = (questions.place(true).await.unwrap(), questions.place(true).await.unwrap());
    assert!(matches!(questions.place(true).await, Err(StoreError::Slow)));
    assert!(questions.place(false).await.unwrap().is_none());
    drop(first);
    questions.place(true).await.unwrap();
    questions.close().await;
    store.ping().await.unwrap();
}
