//! Input that nobody would send: a target for every reader of what comes from outside, led by the code that it reaches.
//!
//! One program, one target a run: `FUZZ_TARGET` names it, `scripts/fuzz.sh` builds and runs them all. An input is text
//! that a person can read and write, the stream's bytes aside: the seeds in `seeds/` show each target's form. A target
//! that returns is content; what it finds it panics with. How long an input may take is for the fuzzer to watch.

#![no_main]

mod body;
mod config;
mod filter;
mod frames;
mod gateway;
mod ingest;
mod lists;
mod parts;
mod prompt;
mod stream;
mod transform;
mod verify;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Tries one input.
type Target = fn(&[u8]);

/// Each target by its name.
const TARGETS: [(&str, Target); 10] = [
    ("config", config::fuzz),
    ("prompt", prompt::fuzz),
    ("transform", transform::fuzz),
    ("verify", verify::fuzz),
    ("body", body::fuzz),
    ("ingest", ingest::fuzz),
    ("lists", lists::fuzz),
    ("stream", stream::fuzz),
    ("frames", frames::fuzz),
    ("filter", filter::fuzz),
];

#[expect(clippy::disallowed_methods, reason = "which one is for who runs it to say, in no configuration")]
static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let known: Vec<&str> = TARGETS.iter().map(|(known, _)| *known).collect();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET names none of {}", known.join(", "))).1
});

fuzz_target!(|input: &[u8]| TARGET(input));
