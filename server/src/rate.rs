//! Rates: how often something may happen, for lanes and inbound endpoints.

use wire::{RateLimit, Time};

/// A token bucket: `burst` at once after a pause, `per_second` in the long run.
#[derive(Debug)]
pub struct Bucket {
    rate: Option<RateLimit>,
    tokens: f64,
    filled_at: Time,
}

impl Bucket {
    /// Full at the start.
    pub fn new(rate: Option<RateLimit>, now: Time) -> Self {
        Self { rate, tokens: rate.map_or(0.0, |rate| f64::from(rate.burst)), filled_at: now }
    }

    /// Goes by another rate from now on, if it is another.
    pub fn set_rate(&mut self, rate: Option<RateLimit>, now: Time) {
        if self.rate != rate {
            let tokens = self.rate.map(|_| self.tokens);
            *self = Self::new(rate, now);
            // What was used up stays used up.
            self.tokens = tokens.map_or(self.tokens, |tokens| tokens.min(self.tokens));
        }
    }

    /// Takes one token, or says when there will be one.
    pub fn take(&mut self, now: Time) -> Result<(), Time> {
        let Some(rate) = self.rate else { return Ok(()) };
        #[expect(clippy::cast_precision_loss, reason = "a pause of 285 000 years is exact enough")]
        let passed = now.ms_since(self.filled_at).max(0) as f64 / 1000.0;
        self.tokens = (self.tokens + passed * rate.per_second).min(f64::from(rate.burst));
        self.filled_at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, reason = "a wait for one token")]
        let wait = ((1.0 - self.tokens) / rate.per_second * 1000.0).ceil() as i64;
        Err(now.plus_ms(wait.max(1)))
    }
}
