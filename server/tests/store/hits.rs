//! What holds of hits and runs on either database: each case gets an empty store.

use crate::cases::event;
use server::store::{Change, HitFilter, NewHit, Old, Rare, RunChange, Store, StoredRun, write};
use wire::{Hit, HitId, Outcome, Run, RunStatus, Time, Verification};

fn hit(id: &str, at: i64) -> Hit {
    Hit {
        id: id.parse().unwrap(),
        inbound: "deploy".to_owned(),
        received_at: Time(at),
        remote_address: "127.0.0.1".to_owned(),
        method: "POST".to_owned(),
        query: None,
        headers: vec![("content-type".into(), "text/plain".to_owned())],
        body: "배포 100%".to_owned(),
        body_truncated: false,
        headers_truncated: false,
        verification: Verification::Passed,
        outcome: Outcome::Accepted,
        cause: None,
        status_code: 202,
        duplicate_of: None,
        replay_of: None,
        prompt: Some("do".to_owned()),
        missing: Vec::new(),
        run: None,
    }
}

fn run(hit: &Hit) -> StoredRun {
    StoredRun {
        run: Run {
            id: hit.id.as_str().replace("hit_", "run_").parse().unwrap(),
            hit_id: hit.id.clone(),
            agent_id: "ops".to_owned(),
            mode: "hooks".to_owned(),
            status: RunStatus::Queued,
            attempts: 0,
            queued_at: hit.received_at,
            started_at: None,
            finished_at: None,
            duration_ms: None,
            reply: None,
            model: None,
            usage: None,
            error: None,
            agent_run_id: None,
            callback_event_id: None,
        },
        inbound: "deploy".to_owned(),
        request: "{}".to_owned(),
        callback: true,
        callback_due: None,
    }
}

fn new(id: &str, at: i64, key: Option<&str>) -> NewHit {
    let hit = hit(id, at);
    NewHit { run: Some(run(&hit)), repeat_key: key.map(str::to_owned), hit }
}

fn came(new: &NewHit) -> Change {
    Change::Hit(Box::new(new.clone()))
}

pub(crate) async fn a_repeat_within_a_day_is_known_and_starts_nothing(store: Store) {
    let first = new("hit_1", 1000, Some("a"));
    // Twice in one commit, and once more in another.
    let changes = [came(&first), came(&new("hit_2", 1001, Some("a"))), came(&new("hit_3", 1002, None))];
    let answers = write(&store, &changes, &[]).await.unwrap();
    let first_id: HitId = "hit_1".parse().unwrap();
    assert_eq!(answers.repeats, [None, Some(first_id.clone()), None]);
    let answers = write(&store, &[came(&new("hit_4", 1003, Some("a")))], &[]).await.unwrap();
    assert_eq!(answers.repeats, [Some(first_id.clone())]);
    let repeated = store.hit(&"hit_4".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((repeated.outcome, repeated.status_code), (Outcome::Duplicate, 200));
    assert_eq!((repeated.duplicate_of, repeated.run, repeated.prompt), (Some(first_id), None, None));
    // A day later the same key is something new; and the key of another inbound endpoint always was.
    let mut elsewhere = new("hit_5", 1004, Some("a"));
    "other".clone_into(&mut elsewhere.hit.inbound);
    let later = new("hit_6", 1000 + 86_400_000, Some("a"));
    let answers = write(&store, &[came(&elsewhere), came(&later)], &[]).await.unwrap();
    assert_eq!(answers.repeats, [None, None]);
    assert_eq!(store.queued_runs("deploy", 10).await.unwrap().len(), 4);
}

pub(crate) async fn hits_are_found_with_their_runs(store: Store) {
    let first = new("hit_1", 1000, None);
    let mut refused = new("hit_2", 2000, None);
    refused.hit.outcome = Outcome::Refused;
    refused.run = None;
    write(&store, &[came(&first), came(&refused)], &[]).await.unwrap();
    let all = store.hits(&HitFilter::default(), 1, None).await.unwrap();
    assert_eq!((all.items[0].id.as_str(), all.next.as_deref()), ("hit_2", Some("hit_2")));
    let rest = store.hits(&HitFilter::default(), 1, all.next.as_deref()).await.unwrap();
    assert_eq!(rest.items[0], Hit { run: first.run.clone().map(|stored| stored.run), ..first.hit.clone() });
    assert_eq!(rest.next, None);
    let refused = HitFilter { outcomes: vec![Outcome::Refused], ..HitFilter::default() };
    assert_eq!(store.hits(&refused, 9, None).await.unwrap().items.len(), 1);
    let text = HitFilter { text: Some("100%".to_owned()), ..HitFilter::default() };
    assert_eq!(store.hits(&text, 9, None).await.unwrap().items.len(), 2);
    let counts = store.hit_counts(Time(0)).await.unwrap()["deploy"];
    assert_eq!((counts.accepted, counts.refused, counts.duplicate), (1, 1, 0));
}

pub(crate) async fn a_run_and_its_callback_are_stored_together(store: Store) {
    let first = new("hit_1", 1000, None);
    write(&store, &[came(&first)], &[]).await.unwrap();
    let mut ended = first.run.unwrap();
    ended.run.status = RunStatus::Succeeded;
    ended.run.agent_run_id = Some("chatcmpl_1".to_owned());
    ended.callback_due = Some(Time(5000));
    write(
        &store,
        &[Change::Run(Box::new(RunChange { stored: ended.clone(), callback: None, is_asking: false }))],
        &[],
    )
    .await
    .unwrap();
    assert_eq!(store.run_of_hit(&ended.run.hit_id).await.unwrap(), Some(ended.clone()));
    assert_eq!(store.next_owing_run().await.unwrap(), Some(Time(5000)));
    assert_eq!(store.owing_runs(Time(4999), 10).await.unwrap(), []);
    assert_eq!(store.owing_runs(Time(5000), 10).await.unwrap(), [ended.clone()]);
    assert_eq!(store.hit_of_agent_run("chatcmpl_1").await.unwrap(), Some(ended.run.hit_id.clone()));

    let callback = event("evt_1", &["dlv_1"]);
    ended.run.callback_event_id = Some("evt_1".parse().unwrap());
    ended.callback_due = None;
    let change = RunChange { stored: ended.clone(), callback: Some(callback), is_asking: false };
    let answers = write(&store, &[Change::Run(Box::new(change))], &[]).await.unwrap();
    assert_eq!(answers.events.len(), 1);
    assert_eq!(store.run_of_hit(&ended.run.hit_id).await.unwrap(), Some(ended.clone()));
    assert_eq!(store.next_owing_run().await.unwrap(), None);

    let link = Rare::Link(vec!["evt_1".parse().unwrap()], ended.run.hit_id.clone());
    write(&store, &[Change::Rare(link)], &[]).await.unwrap();
    let events = store.events_of_hit(&ended.run.hit_id).await.unwrap();
    assert_eq!(events[0].id.as_str(), "evt_1");
}

pub(crate) async fn old_hits_go_with_their_runs_unless_they_are_still_to_run(store: Store) {
    let day = 86_400_000;
    let old = |id: &str| new(&format!("hit_{day:012x}{id}"), day, None);
    let (waiting, mut done) = (old("a"), old("b"));
    done.run.as_mut().unwrap().run.status = RunStatus::Failed;
    write(&store, &[came(&waiting), came(&done)], &[]).await.unwrap();
    let before = Old { events: Vec::new(), before: Time(day + 1), minutes_before: 0, logouts_by: None };
    write(&store, &[Change::Rare(Rare::Forget(before))], &[]).await.unwrap();
    let left = store.hits(&HitFilter::default(), 9, None).await.unwrap().items;
    assert_eq!(left.iter().map(|hit| &hit.id).collect::<Vec<_>>(), [&waiting.hit.id]);
    assert_eq!(store.run_of_hit(&done.hit.id).await.unwrap(), None);
}
