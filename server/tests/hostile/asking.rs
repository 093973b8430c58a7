//! Who asks for what takes long to find.

use crate::gateway::{Gateway, event};
use crate::turn;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A search through texts of which each takes long to compare, by several at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_that_take_for_ever() {
    let _turn = turn().await;
    let gateway = Gateway::start().await;
    let body = event(&"a".repeat(250_000)).to_string();
    for _ in 0..200 {
        let answer =
            gateway.http.post(gateway.url("/api/v1/events")).body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }
    let others = gateway.others();
    let begun = Instant::now();
    let path = format!("/api/v1/events?q={}b", "a".repeat(1000));
    let search = async || {
        let answer =
            gateway.http.get(gateway.url(&path)).timeout(Duration::from_mins(1)).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap(), begun.elapsed())
    };
    let searching = async { tokio::join!(search(), search()) };
    let mut searching = std::pin::pin!(searching);
    let mut slowest = Duration::ZERO;
    let answers = loop {
        tokio::select! {
            answers = &mut searching => break answers,
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                let asked = Instant::now();
                let answer = gateway.http.get(gateway.url("/api/v1/deliveries?limit=5")).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                slowest = slowest.max(asked.elapsed());
            }
        }
    };
    for (status, problem, took) in [answers.0, answers.1] {
        assert_eq!((status, problem["code"].as_str()), (503, Some("too_slow")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("narrow it by since and until"), "{problem}");
        // A step may be the comparison of one whole text.
        assert!(took < Duration::from_secs(20), "{took:?}");
    }
    assert!(slowest < Duration::from_secs(2), "other lists are answered meanwhile: {slowest:?}");
    gateway.stood(others, "two searches that take for ever", 150).await;
}
