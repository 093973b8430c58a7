//! The way of a hit to the agent, and of its answer out.
//!
//! 1. [`receive`]: a request to an inbound endpoint is measured, counted, verified and stored; only then is it answered.
//!    [`refused`]: so much is kept of what is not taken.
//! 2. [`verify`]: whether it comes from who holds the secret.
//! 3. [`accept`]: [`body`] and [`render`] make the prompt, and hit and run are stored together.
//! 4. [`request`]: what the agent is asked, made once.
//! 5. [`ask`]: runs wait on disk, each inbound endpoint has its own places, and the agent is asked; [`agent`] knows how
//!    the agent does, [`answer`] what it means by its answer.
//! 6. [`callback`]: the answer becomes an event, the agent's own or one made here, and goes the way of
//!    [`outbound`](crate::outbound).

pub mod accept;
pub mod agent;
pub mod answer;
pub mod ask;
pub mod body;
pub mod callback;
pub mod receive;
pub mod refused;
pub mod render;
pub mod request;
pub mod verify;

use crate::rate::Bucket;
use agent::Agent;
use refused::Refused;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;
use wire::{RateLimit, Time};

/// The plugin counts as present so long after it was last heard from.
const PLUGIN_PRESENT_MS: i64 = 600_000;

/// What all hits share in memory.
#[derive(Debug)]
pub struct Desk {
    /// The agent, as far as is known.
    pub agent: Agent,
    /// Something may be asked that could not be before.
    pub wake: Notify,
    /// A callback is owed that was not before.
    pub owing: Notify,
    /// One run at a time is settled, or it could get two callbacks.
    pub settling: tokio::sync::Mutex<()>,
    /// Which refused hits are kept.
    pub refused: Refused,
    buckets: Mutex<HashMap<String, Bucket>>,
    plugin_heard_at: AtomicI64,
}

impl Desk {
    /// An empty desk.
    pub fn new(now: Time) -> Self {
        Self {
            agent: Agent::new(now),
            wake: Notify::new(),
            owing: Notify::new(),
            settling: tokio::sync::Mutex::default(),
            refused: Refused::default(),
            buckets: Mutex::default(),
            plugin_heard_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether one more hit to this inbound endpoint is within its rate; or when one will be.
    fn admit(&self, inbound: &str, rate: Option<RateLimit>, now: Time) -> Result<(), Time> {
        if rate.is_none() {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(inbound.to_owned()).or_insert_with(|| Bucket::new(rate, now));
        bucket.set_rate(rate, now);
        bucket.take(now)
    }

    /// Notes that OpenClaw's plugin posted something.
    pub fn note_plugin(&self, now: Time) {
        self.plugin_heard_at.store(now.0, Ordering::Relaxed);
    }

    /// Whether the plugin is there to send an event of its own.
    pub fn has_plugin(&self, now: Time) -> bool {
        now.0.saturating_sub(self.plugin_heard_at.load(Ordering::Relaxed)) < PLUGIN_PRESENT_MS
    }
}
