//! The report: one figure a line.

use crate::receiver::Check;
use std::time::Duration;

pub(crate) fn machine() {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!("machine: {cores} cores, {}", model.trim_start_matches([':', ' ', '\t']));
    println!("load: 600-byte events, 64 connections, receiver, load and gateway all on this machine");
}

pub(crate) fn phase(what: &str) {
    println!("\n{what}");
}

pub(crate) fn rate(what: &str, per_second: f64, bare: Option<f64>) {
    match bare {
        Some(bare) => println!("{what}: {per_second:.0}/s, {:.2} of the bare client", per_second / bare),
        None => println!("{what}: {per_second:.0}/s"),
    }
}

pub(crate) fn latency(what: &str, sorted: &[Duration]) {
    let at = |permille: usize| {
        sorted[(sorted.len() * permille / 1000).min(sorted.len() - 1)].as_secs_f64() * 1000.0
    };
    println!("{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", at(500), at(950), at(990));
}

pub(crate) fn cpu(seconds_per_thousand: f64) {
    println!("the gateway's CPU: {seconds_per_thousand:.3} s for 1,000 events");
}

pub(crate) fn memory(megabytes: f64) {
    println!("the gateway's peak memory: {megabytes:.0} MB");
}

pub(crate) fn ledger(check: &Check) {
    let Check { events, missing, repeated } = check;
    println!("ledger: {events} events, {missing} missing, {repeated} repeated");
    assert!(*missing == 0 && *repeated == 0, "every event comes, once");
}
