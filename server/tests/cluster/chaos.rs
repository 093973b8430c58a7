//! Three gateways while they are killed, put to sleep, cut off from each other's news and from the database.

use crate::database_server;
use crate::gateway::{Gateway, Place};
use crate::receiver::{Arrival, Receiver};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use sqlx::Connection;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;

/// What the endpoint may have on its way at once, over all gateways.
const CONCURRENCY: usize = 12;
/// Longer than a lease.
const SLEEP: Duration = Duration::from_millis(6500);
const NAMES: [&str; 3] = ["one", "two", "three"];
const POSTERS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Kill,
    Sleep,
    RestartDatabase,
    CutListeners,
}

/// Each of them, and then some more.
const MISHAPS: [Mishap; 8] = [
    Mishap::Kill,
    Mishap::CutListeners,
    Mishap::Sleep,
    Mishap::Kill,
    Mishap::RestartDatabase,
    Mishap::Kill,
    Mishap::CutListeners,
    Mishap::Kill,
];

/// An outcome is on disk this long after its request came, unless something happens meanwhile.
const STORED_WITHIN: Duration = Duration::from_secs(1);

type Gateways = Arc<Vec<RwLock<Option<Gateway>>>>;

#[tokio::test]
async fn every_202_is_delivered_whatever_happens_to_whom() {
    let given = std::env::var_os("CLUSTER_SEED").and_then(|text| text.to_str()?.parse().ok());
    let seed: u64 = given.unwrap_or_else(rand::random);
    println!("CLUSTER_SEED={seed} draws the same numbers again");
    let mut random = StdRng::seed_from_u64(seed);
    let server = database_server();
    let receiver = Receiver::start().await;
    receiver.answers(http::StatusCode::OK, Duration::from_millis(10));
    let database = server.create("chaos");
    let place = Place::new(
        database.clone(),
        json!([{ "name": "ledger", "url": receiver.url(), "events": ["*"], "concurrency": CONCURRENCY }]),
    );
    let mut started = Vec::new();
    for name in NAMES {
        started.push(RwLock::new(Some(place.start(name).await)));
    }
    let gateways: Gateways = Arc::new(started);
    let accepted = Arc::new(Mutex::new(HashSet::new()));
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let posters: Vec<_> = (0..POSTERS)
        .map(|poster| {
            tokio::spawn(post(
                poster,
                Arc::clone(&gateways),
                Arc::clone(&accepted),
                Arc::clone(&stop),
                random.random(),
            ))
        })
        .collect();
    let began = Instant::now();
    let mut happened = Vec::new();
    for mishap in MISHAPS {
        tokio::time::sleep(Duration::from_millis(random.random_range(300..1200))).await;
        let victim = random.random_range(0..NAMES.len());
        println!("{:?} {mishap:?} {}", began.elapsed(), NAMES[victim]);
        let from = Instant::now();
        match mishap {
            Mishap::Kill => {
                let gateway = gateways[victim].write().await.take().unwrap();
                gateway.kill().await;
                tokio::time::sleep(Duration::from_millis(random.random_range(0..1500))).await;
                *gateways[victim].write().await = Some(place.start(NAMES[victim]).await);
            }
            Mishap::Sleep => {
                gateways[victim].read().await.as_ref().unwrap().signal("STOP");
                tokio::time::sleep(SLEEP).await;
                gateways[victim].read().await.as_ref().unwrap().signal("CONT");
            }
            Mishap::RestartDatabase => server.restart(),
            Mishap::CutListeners => cut_listeners(&database).await,
        }
        happened.push((mishap, from, Instant::now()));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for poster in posters {
        poster.await.unwrap();
    }
    gateways[0].read().await.as_ref().unwrap().nothing_waits().await;
    let accepted = std::mem::take(&mut *accepted.lock().unwrap());
    let arrivals = receiver.arrivals();
    let arrived: HashSet<&str> = arrivals.iter().map(|arrival| arrival.id.as_str()).collect();
    let lost: Vec<_> = accepted.iter().filter(|id| !arrived.contains(id.as_str())).collect();
    println!(
        "{} accepted, {} arrivals, {} repeats",
        accepted.len(),
        arrivals.len(),
        arrivals.len() - arrived.len()
    );
    assert!(lost.is_empty(), "accepted with 202 and never delivered: {lost:?}");
    assert!(accepted.len() > 200, "only {} were accepted: this run has shown little", accepted.len());
    assert_only_what_was_on_its_way_repeats(&arrivals, &happened);
}

/// Each mishap can repeat what was on its way then, or whose outcome was not on disk yet, and nothing else. To lose the news of
/// each other is no reason.
fn assert_only_what_was_on_its_way_repeats(arrivals: &[Arrival], happened: &[(Mishap, Instant, Instant)]) {
    let mut earlier: HashMap<&str, Instant> = HashMap::new();
    let mut repeats = vec![0; happened.len()];
    for Arrival { id, at } in arrivals {
        let Some(before) = earlier.insert(id, *at) else { continue };
        let explains = |(mishap, from, until): &(Mishap, Instant, Instant)| {
            *mishap != Mishap::CutListeners
                && before + STORED_WITHIN >= *from
                && before <= *until + STORED_WITHIN
        };
        let place = happened.iter().position(explains);
        let place = place.unwrap_or_else(|| panic!("{id} came again, and nothing had happened to it"));
        repeats[place] += 1;
    }
    let most = 2 * CONCURRENCY;
    assert!(
        repeats.iter().all(|repeats| *repeats <= most),
        "{repeats:?} repeats, of {most} each can explain"
    );
}

/// Posts event after event, each until some gateway has accepted it.
async fn post(
    poster: usize,
    gateways: Gateways,
    accepted: Arc<Mutex<HashSet<String>>>,
    stop: Arc<std::sync::atomic::AtomicBool>,
    seed: u64,
) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut number = 0;
    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
        number += 1;
        let id = format!("evt_{poster}_{number}");
        loop {
            let gateway = &gateways[random.random_range(0..NAMES.len())];
            let was_accepted = match &*gateway.read().await {
                Some(gateway) => {
                    // One that sleeps answers when it wakes up; somebody else is quicker.
                    let tried = tokio::time::timeout(Duration::from_millis(800), gateway.try_post(&id)).await;
                    tried.unwrap_or(false)
                }
                None => false,
            };
            if was_accepted {
                accepted.lock().unwrap().insert(id);
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..15))).await;
    }
}

/// Ends the sessions through which gateways hear of each other.
async fn cut_listeners(database: &str) {
    let mut session = sqlx::PgConnection::connect(database).await.unwrap();
    let cut: i64 = sqlx::query_scalar(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'",
    )
    .fetch_one(&mut session)
    .await
    .unwrap();
    assert!(cut > 0, "nobody listened");
}
