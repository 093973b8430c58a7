//! What a gateway tells the others of a commit: which rows changed, and what that means for what they keep in memory.

use super::{Answers, Change, Logout, Outcome, Rare};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use wire::{DeliveryId, DeliveryStatus, EventId, HitId, Reason, Time, Trigger};

/// Attempts of one endpoint that are told of one commit while nobody watches: the others look back no further.
const LAST_ATTEMPTS: usize = 20;

/// What a commit changed.
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own to be told")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Told {
    /// Whether the next four are told: while somebody watches another gateway.
    #[serde(skip_serializing_if = "is_false")]
    pub in_full: bool,
    /// Events that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// Deliveries that stand differently.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<DeliveryId>,
    /// Hits that came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<HitId>,
    /// Hits whose runs stand differently.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<HitId>,
    /// The last attempts of each endpoint, in their order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attempts: BTreeMap<String, Vec<AttemptTold>>,
    /// By how much the open deliveries of each endpoint grew: pending, and retrying.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<String, (i64, i64)>,
    /// Endpoints with deliveries that were left to whoever takes them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<String>,
    /// When the next retry of each endpoint falls due.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub due: BTreeMap<String, Time>,
    /// Endpoints whose pause or check changed.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub endpoints: BTreeSet<String>,
    /// Sessions that were logged out of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logouts: Vec<Logout>,
    /// Whether endpoints were made, changed or removed.
    #[serde(skip_serializing_if = "is_false")]
    pub defined: bool,
    /// Whether there are hits whose runs wait for anybody.
    #[serde(skip_serializing_if = "is_false")]
    pub queued: bool,
    /// Whether more changed than is told.
    #[serde(skip_serializing_if = "is_false")]
    pub much: bool,
}

/// An attempt, as far as it tells how its endpoint does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptTold {
    /// Its delivery.
    pub delivery: DeliveryId,
    /// When it ended, by its gateway's clock.
    pub at: Time,
    /// What made it happen.
    pub trigger: Trigger,
    /// Where it went, by the mark of its URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<u32>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// By what gateways tell each other of a URL, which itself would be long: they only ask whether it is theirs.
pub fn mark_of(url: &str) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(url).into();
    u32::from_be_bytes([a, b, c, d])
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks that way")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Told {
    /// That something changed, and nothing of what.
    pub fn anything() -> Self {
        Self { much: true, defined: true, queued: true, ..Self::default() }
    }

    /// What these changes mean for the others, given what came of them. `in_full` while somebody watches another gateway.
    pub(super) fn of(changes: &[Change], answers: &Answers, in_full: bool) -> Self {
        let mut told = Self { in_full, ..Self::default() };
        let mut accepted = answers.events.iter();
        for (place, change) in changes.iter().enumerate() {
            for new in change.events() {
                if accepted.next().is_none_or(|answer| answer.duplicate) {
                    continue;
                }
                if in_full {
                    told.events.push(new.event.id.clone());
                }
                for delivery in &new.deliveries {
                    told.moved(&delivery.endpoint, None, Some(DeliveryStatus::Pending));
                    if new.left.contains(&delivery.id) {
                        told.left.insert(delivery.endpoint.clone());
                    }
                    if in_full {
                        told.deliveries.push(delivery.id.clone());
                    }
                }
            }
            if answers.refused.contains(&place) || answers.known.contains(&place) {
                continue;
            }
            match change {
                Change::Accept(_) => {}
                Change::Outcome(outcome) => told.outcome(outcome, in_full),
                Change::Delivery(due, from) => {
                    told.moved(&due.delivery.endpoint, Some(*from), Some(due.delivery.status));
                    told.left.insert(due.delivery.endpoint.clone());
                    if in_full {
                        told.deliveries.push(due.delivery.id.clone());
                    }
                }
                Change::Cancel(delivery, from) => {
                    told.moved(&delivery.endpoint, Some(*from), Some(delivery.status));
                    if in_full {
                        told.deliveries.push(delivery.id.clone());
                    }
                }
                Change::Hit(new) => {
                    told.queued |= new.run.is_some();
                    if in_full {
                        told.hits.push(new.hit.id.clone());
                    }
                }
                Change::Run(change) => {
                    told.queued |= change.stored.run.status == wire::RunStatus::Queued;
                    if in_full {
                        told.runs.push(change.stored.run.hit_id.clone());
                    }
                }
                Change::Rare(rare) => told.rare(rare),
            }
        }
        told
    }

    /// Whether there was something to show that is not told.
    pub fn leaves_out(&self) -> bool {
        !self.in_full && (self.queued || !self.open.is_empty() || !self.attempts.is_empty())
    }

    /// As it is stored.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self { in_full: self.in_full, ..Self::default() }
    }

    fn outcome(&mut self, outcome: &Outcome, in_full: bool) {
        let delivery = &outcome.delivery;
        self.moved(&delivery.endpoint, Some(outcome.from), Some(delivery.status));
        if let Some(next) = delivery.next_attempt_at {
            let due = self.due.entry(delivery.endpoint.clone()).or_insert(next);
            *due = (*due).min(next);
        }
        let attempts = self.attempts.entry(delivery.endpoint.clone()).or_default();
        if attempts.len() == LAST_ATTEMPTS && !in_full {
            attempts.remove(0);
        }
        let attempt = &outcome.attempt;
        attempts.push(AttemptTold {
            delivery: delivery.id.clone(),
            at: attempt.ended_at(),
            trigger: attempt.trigger,
            url: Some(mark_of(&attempt.request.url)),
            reason: attempt.reason,
        });
        if in_full {
            self.deliveries.push(delivery.id.clone());
        }
    }

    fn moved(&mut self, endpoint: &str, from: Option<DeliveryStatus>, to: Option<DeliveryStatus>) {
        let by = |status| i64::from(to == Some(status)) - i64::from(from == Some(status));
        let (pending, retrying) = (by(DeliveryStatus::Pending), by(DeliveryStatus::Retrying));
        if (pending, retrying) != (0, 0) {
            let open = self.open.entry(endpoint.to_owned()).or_default();
            *open = (open.0 + pending, open.1 + retrying);
        }
    }

    fn rare(&mut self, rare: &Rare) {
        match rare {
            Rare::Pause(pause) => drop(self.endpoints.insert(pause.endpoint.clone())),
            Rare::Check(check) => drop(self.endpoints.insert(check.endpoint.clone())),
            Rare::Define(_) | Rare::Remove(_) => self.defined = true,
            Rare::CancelOpen(..) => self.much = true,
            Rare::Logout(logout) => self.logouts.push(logout.clone()),
            Rare::Link(..)
            | Rare::Audit(_)
            | Rare::Redelivery(_)
            | Rare::Redelivered(_)
            | Rare::Forget(_) => {}
        }
    }
}
