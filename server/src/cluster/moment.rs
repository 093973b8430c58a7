//! A moment by two clocks: the steady one stands still while a machine sleeps, and the other can be set.

use std::time::{Duration, Instant, SystemTime};

/// Until when a lease is in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    /// This one.
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), wall: wall() }
    }

    /// So much later.
    pub(super) fn after(self, time: Duration) -> Self {
        Self { steady: self.steady + time, wall: self.wall + time }
    }

    /// Whether it is over by either clock: to wait for the next beat costs little, to go on after a lease may send twice.
    pub(super) fn is_over(self) -> bool {
        self.steady <= Instant::now() || self.wall <= wall()
    }
}

#[expect(clippy::disallowed_methods, reason = "a lease is over when it is, whatever clock a test runs by")]
fn wall() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_slept_knows_that_its_lease_is_over() {
        let (now, second) = (Moment::now(), Duration::from_secs(1));
        assert!(now.is_over());
        assert!(!now.after(60 * second).is_over());
        let slept = Moment { wall: now.wall - second, ..now.after(60 * second) };
        assert!(slept.is_over(), "the steady clock stood still");
        let set_back = Moment { wall: now.wall + 60 * second, steady: now.steady };
        assert!(set_back.is_over(), "the other was set back");
    }
}
