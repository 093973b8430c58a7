//! Doubts: what may have been taken for this gateway and come to nobody's hands is freed once all that is on its way has come.

use super::ASK_AGAIN_MS;
use wire::Time;

/// Whatever else is on its way has come by then.
pub(super) const DOUBT_MS: i64 = 15_000;

/// When to free. However often something is in doubt, the first of it is freed in its time, and what came since with the
/// last of that.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    next: Option<Time>,
    then: Option<Time>,
}

impl Doubts {
    pub(super) fn note(&mut self, now: Time) {
        let place = if self.next.is_none() { &mut self.next } else { &mut self.then };
        *place = Some(now.plus_ms(DOUBT_MS));
    }

    pub(super) const fn next(&self) -> Option<Time> {
        self.next
    }

    pub(super) fn is_due(&self, now: Time) -> bool {
        self.next.is_some_and(|at| at <= now)
    }

    pub(super) fn freed(&mut self) {
        self.next = self.then.take();
    }

    pub(super) fn failed(&mut self, now: Time) {
        self.next = Some(now.plus_ms(ASK_AGAIN_MS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_of_doubts_does_not_put_off_the_first() {
        let mut doubts = Doubts::default();
        let mut freed = Vec::new();
        for second in 0..=40 {
            let now = Time(second * 1000);
            if doubts.is_due(now) {
                freed.push(second);
                doubts.freed();
            }
            if second <= 20 {
                doubts.note(now);
            }
        }
        assert_eq!(freed, [15, 29, 35], "each within twice its time, and the last of all");
        assert_eq!(doubts.next(), None);
    }

    #[test]
    fn what_could_not_be_freed_is_tried_again() {
        let mut doubts = Doubts::default();
        doubts.note(Time(0));
        doubts.failed(Time(DOUBT_MS));
        assert!(!doubts.is_due(Time(DOUBT_MS)));
        assert!(doubts.is_due(Time(DOUBT_MS + ASK_AGAIN_MS)));
    }
}
