//! A page of deliveries, and the filters that narrow it.

use super::DeliveryColumns;
use crate::store::{Store, StoreError, anywhere, reading};
use serde::{Deserialize, Serialize};
use wire::{Delivery, DeliveryId, DeliveryStatus, EventType, List, Reason, Time};

/// Which deliveries a list holds. Empty means all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DeliveryFilter {
    /// Only these statuses, as people see them.
    pub statuses: Vec<DeliveryStatus>,
    /// The endpoints whose waiting deliveries are seen as `held`.
    #[serde(skip)]
    pub holding: Vec<String>,
    /// The deliveries that are seen as `delivering`.
    #[serde(skip)]
    pub on_their_way: Vec<DeliveryId>,
    /// Only these.
    #[serde(default)]
    pub ids: Vec<DeliveryId>,
    /// Only to these endpoints.
    pub endpoints: Vec<String>,
    /// Only of events of these types.
    pub types: Vec<EventType>,
    /// Only of this agent's events.
    pub agent_id: Option<String>,
    /// Only of this event.
    pub event_id: Option<String>,
    /// Only those whose last attempt failed for one of these reasons.
    pub reasons: Vec<Reason>,
    /// Only those whose event holds this text, or whose own or event's id is it.
    pub text: Option<String>,
    /// Only from here on.
    pub since: Option<Time>,
    /// Only before this.
    pub until: Option<Time>,
}

const PAGE: &str = "\
SELECT id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts, created_at,
       next_attempt_at, finished_at, last_reason, last_status_code, last_duration, hit_id
FROM deliveries
WHERE 1 = 1";

const COUNT: &str = "\
SELECT COUNT(*)
FROM deliveries
WHERE 1 = 1";

const HOLDS_TEXT: &str = "\
EXISTS (SELECT 1
        FROM events
        WHERE events.received_at = deliveries.created_at AND events.id = deliveries.event_id
          AND LOWER(events.body) LIKE ";

/// `column IN (words)`, or `NOT IN`.
struct Among<'a> {
    column: &'static str,
    negated: bool,
    words: Vec<&'a str>,
}

/// What a seen status means for the stored columns. What an endpoint holds, and what is on its way, is not stored
/// as such: it changes for many deliveries at once, or twice within a millisecond.
fn seen_as(status: DeliveryStatus, filter: &DeliveryFilter) -> Vec<Among<'_>> {
    let stored = |statuses: &[DeliveryStatus]| Among {
        column: "status",
        negated: false,
        words: statuses.iter().map(|status| status.as_str()).collect(),
    };
    let held = |negated| Among {
        column: "endpoint",
        negated,
        words: filter.holding.iter().map(String::as_str).collect(),
    };
    let on_its_way = |negated| Among {
        column: "id",
        negated,
        words: filter.on_their_way.iter().map(DeliveryId::as_str).collect(),
    };
    let waiting = [DeliveryStatus::Pending, DeliveryStatus::Retrying];
    match status {
        DeliveryStatus::Delivering => vec![stored(&waiting), on_its_way(false)],
        DeliveryStatus::Held => vec![stored(&waiting), held(false), on_its_way(true)],
        DeliveryStatus::Pending | DeliveryStatus::Retrying => {
            vec![stored(&[status]), held(true), on_its_way(true)]
        }
        DeliveryStatus::Delivered | DeliveryStatus::Failed | DeliveryStatus::Cancelled => {
            vec![stored(&[status])]
        }
    }
}

/// Adds a filter's conditions to a query over either database.
macro_rules! narrow {
    ($query:ident, $filter:expr) => {
        let filter: &DeliveryFilter = $filter;
        let plain = [
            Among {
                column: "id",
                negated: false,
                words: filter.ids.iter().map(DeliveryId::as_str).collect(),
            },
            Among {
                column: "endpoint",
                negated: false,
                words: filter.endpoints.iter().map(String::as_str).collect(),
            },
            Among {
                column: "event_type",
                negated: false,
                words: filter.types.iter().map(|word| word.as_str()).collect(),
            },
            Among {
                column: "last_reason",
                negated: false,
                words: filter.reasons.iter().map(|word| word.as_str()).collect(),
            },
        ];
        let statuses: Vec<Vec<Among<'_>>> =
            filter.statuses.iter().map(|status| seen_as(*status, filter)).collect();
        macro_rules! among {
            ($among:expr) => {
                // No word is among none, and each is outside of none.
                if $among.words.is_empty() {
                    $query.push(if $among.negated { "1 = 1" } else { "1 = 0" });
                } else {
                    $query.push($among.column).push(if $among.negated { " NOT IN (" } else { " IN (" });
                    let mut list = $query.separated(", ");
                    for word in &$among.words {
                        list.push_bind((*word).to_owned());
                    }
                    $query.push(")");
                }
            };
        }
        for among in plain.iter().filter(|among| !among.words.is_empty()) {
            $query.push(" AND ");
            among!(among);
        }
        if !statuses.is_empty() {
            $query.push(" AND (1 = 0");
            for parts in &statuses {
                $query.push(" OR (1 = 1");
                for part in parts {
                    $query.push(" AND ");
                    among!(part);
                }
                $query.push(")");
            }
            $query.push(")");
        }
        if let Some(agent_id) = &filter.agent_id {
            $query.push(" AND agent_id = ").push_bind(agent_id);
        }
        if let Some(event_id) = &filter.event_id {
            $query.push(" AND event_id = ").push_bind(event_id);
        }
        if let Some(text) = &filter.text {
            $query.push(" AND (id = ").push_bind(text).push(" OR event_id = ").push_bind(text);
            $query.push(" OR ").push(HOLDS_TEXT).push_bind(anywhere(text)).push(" ESCAPE '!'))");
        }
        if let Some(since) = filter.since {
            $query.push(" AND created_at >= ").push_bind(since.0);
        }
        if let Some(until) = filter.until {
            $query.push(" AND created_at < ").push_bind(until.0);
        }
    };
}

impl Store {
    /// A page of deliveries, newest first. A cursor is the last one's id.
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: u32,
        after: Option<&str>,
    ) -> Result<List<Delivery>, StoreError> {
        let rows: Vec<DeliveryColumns> = reading!(self, pool => {
            let mut query = sqlx::QueryBuilder::new(PAGE);
            narrow!(query, filter);
            if let Some(after) = after {
                query.push(" AND id < ").push_bind(after.to_owned());
            }
            query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            query.build_query_as().fetch_all(pool).await
        })?;
        let more = rows.len() > limit as usize;
        let items = rows
            .into_iter()
            .take(limit as usize)
            .map(|row| row.delivery().map(|(delivery, _)| delivery))
            .collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(List { items, next })
    }

    /// How many deliveries a filter finds.
    pub async fn count_deliveries(&self, filter: &DeliveryFilter) -> Result<u64, StoreError> {
        let count: i64 = reading!(self, pool => {
            let mut query = sqlx::QueryBuilder::new(COUNT);
            narrow!(query, filter);
            query.build_query_scalar().fetch_one(pool).await
        })?;
        Ok(count.unsigned_abs())
    }
}
