//! The gateway, killed again and again while events stream in: whatever it accepted arrives, and only what was on its
//! way at a kill arrives once more.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod gateway;
mod posters;
mod receiver;

use gateway::Gateway;
use posters::Posters;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use receiver::{Arrival, Receiver};
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

const KILLS: u32 = 20;
/// What the endpoint may have on its way at once.
const CONCURRENCY: usize = 16;
/// In so many of the lives the receiver takes requests and answers none, from a random point on.
const STALLS: f64 = 0.3;
/// How long events stream in before a kill.
const LIFE_MS: RangeInclusive<u64> = 50..=400;
/// The whole test takes a fraction of this.
const WHOLE: Duration = Duration::from_secs(55);
/// Everything that is waited for comes within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test]
async fn twenty_kills_lose_nothing_and_repeat_only_what_was_on_its_way() {
    let seed = seed();
    println!("CRASH_SEED={seed} draws the same numbers again");
    within(WHOLE, "the end of the whole test", run(StdRng::seed_from_u64(seed))).await;
}

async fn run(mut random: StdRng) {
    let started = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(StdRng::from_rng(&mut random)).await;
    let posters = Posters::start(&mut random);
    let (mut interrupted, mut shown) = (0, HashMap::new());
    for life in 1..=KILLS {
        let gateway = Gateway::start(folder.path(), life, &receiver.url()).await;
        posters.go_to(life, &gateway.url);
        let stalls = random.random_bool(STALLS);
        let length = random.random_range(LIFE_MS);
        let look = random.random_range(0..=length);
        tokio::time::sleep(Duration::from_millis(look)).await;
        for id in gateway.delivered().await {
            shown.entry(id).or_insert(life);
        }
        // While it stalls, accepted events wait on disk alone.
        receiver.stalls.send_replace(stalls);
        tokio::time::sleep(Duration::from_millis(length - look)).await;
        interrupted += receiver.in_flight(life);
        gateway.kill().await;
        receiver.stalls.send_replace(false);
    }
    let gateway = Gateway::start(folder.path(), KILLS + 1, &receiver.url()).await;
    posters.go_to(KILLS + 1, &gateway.url);
    tokio::time::sleep(Duration::from_millis(random.random_range(LIFE_MS))).await;
    let accepted = posters.stop().await;
    gateway.nothing_waits().await;
    gateway.kill().await;

    let arrivals = receiver.arrivals();
    let again = arrivals.len().saturating_sub(accepted.len());
    println!(
        "{KILLS} kills in {:?}: {} events accepted, {interrupted} requests cut off, {again} repeats",
        started.elapsed(),
        accepted.len()
    );
    assert!(interrupted > 0, "no kill met a request on its way: this run has shown nothing");
    assert!(!shown.is_empty(), "no delivery was ever shown as delivered");
    verify(&accepted, &arrivals, &shown);
    assert!(receiver.most_in_flight() <= CONCURRENCY, "{} at once", receiver.most_in_flight());
    assert_eq!(gateway::complaints(folder.path()), [""; 0], "the log has nothing but information");
}

/// `shown` has the first start that showed each event as delivered.
fn verify(accepted: &HashSet<String>, arrivals: &[Arrival], shown: &HashMap<String, u32>) {
    let arrived: HashSet<String> = arrivals.iter().map(|arrival| arrival.id.clone()).collect();
    let lost: Vec<_> = accepted.difference(&arrived).collect();
    assert!(lost.is_empty(), "accepted with 202 and never delivered: {lost:?}");
    let strange: Vec<_> = arrived.difference(accepted).collect();
    assert!(strange.is_empty(), "delivered and never posted: {strange:?}");

    let mut seen = HashSet::new();
    for arrival in arrivals {
        let all = || arrivals.iter().filter(|other| other.id == arrival.id).collect::<Vec<_>>();
        // Only a kill is a reason to send an event again, for the receiver takes each.
        assert!(seen.insert((&arrival.id, arrival.life)), "twice without a kill between: {:#?}", all());
        let shown = shown.get(&arrival.id).filter(|shown| arrival.life > **shown);
        assert!(shown.is_none(), "shown as delivered in life {shown:?}, and sent again later: {:#?}", all());
    }

    // A kill repeats what was sent and whose outcome was not written yet. Without an answer are at most CONCURRENCY.
    // Outcomes that wait for the next commit hold no place any more, so they come on top, and alone the concurrency
    // is no bound for them. But there are some only while the receiver answers, and then the posters' pace takes fewer
    // than half of the places on average: what is left of the places over all kills has room for these too.
    let (repeats, most) = (arrivals.len() - arrived.len(), KILLS as usize * CONCURRENCY);
    assert!(repeats <= most, "{repeats} repeats, and {KILLS} kills explain at most {most}");
}

/// Waits for what must come within `patience`.
async fn within<T>(patience: Duration, what: &str, awaited: impl Future<Output = T>) -> T {
    let Ok(came) = tokio::time::timeout(patience, awaited).await else {
        panic!("{what} did not come within {patience:?}")
    };
    came
}

fn seed() -> u64 {
    let given = std::env::var_os("CRASH_SEED").map(|text| text.to_str().and_then(|text| text.parse().ok()));
    given.map_or_else(rand::random, |number| number.expect("CRASH_SEED is a whole number"))
}
