//! Events: reading them back, one or a page.

use super::{Store, StoreError, anywhere, number, reading, sqlite::safe, word};
use bytestring::ByteString;
use sqlx::FromRow;
use std::collections::HashMap;
use std::ops::Range;
use wire::{DeliveryCounts, Event, EventId, EventType, HitId, List, Time};

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// The agent, where the event names one.
    pub agent_id: Option<String>,
    /// When it happened, in the sender's words.
    pub timestamp: String,
    /// Which OpenClaw it came from.
    pub instance_id: String,
    /// When it was accepted.
    pub received_at: Time,
    /// The hit whose callback this is.
    pub hit_id: Option<HitId>,
    /// The agent's own id of the run it belongs to, where the event names one.
    pub agent_run_id: Option<String>,
    /// The event as accepted, byte for byte.
    pub body: ByteString,
}

impl StoredEvent {
    /// The event as the API shows it.
    pub fn shown(&self, deliveries: DeliveryCounts) -> Event {
        #[derive(Default, serde::Deserialize)]
        struct Data {
            data: serde_json::Value,
        }
        let Data { data } = read_json(&self.body).unwrap_or_default();
        Event {
            id: self.id.clone(),
            event_type: self.event_type,
            timestamp: self.timestamp.clone(),
            instance_id: self.instance_id.clone(),
            data,
            received_at: self.received_at,
            deliveries,
        }
    }
}

/// Reads an event's text, in which half of a surrogate pair may stand alone (as JavaScript writes a text that was cut
/// within a character): it becomes the replacement character.
pub fn read_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let mended = without_lone_surrogates(text);
        if mended == text { Err(error) } else { serde_json::from_str(&mended) }
    })
}

fn without_lone_surrogates(text: &str) -> String {
    let code = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        match (code(at), code(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => {
                mended.push_str(&text[at..at + 12]);
                at += 12;
            }
            (Some(0xD800..=0xDFFF), _) => {
                mended.push('\u{fffd}');
                at += 6;
            }
            // An escaped backslash is taken whole: what follows it is no escape.
            _ if text[at..].starts_with("\\\\") => {
                mended.push_str("\\\\");
                at += 2;
            }
            _ => {
                mended.push(character);
                at += character.len_utf8();
            }
        }
    }
    mended
}

#[derive(FromRow)]
pub(super) struct EventColumns {
    id: String,
    event_type: String,
    agent_id: Option<String>,
    timestamp: String,
    instance_id: String,
    received_at: i64,
    hit_id: Option<String>,
    agent_run_id: Option<String>,
    body: String,
}

impl EventColumns {
    pub(super) fn event(self) -> Result<StoredEvent, StoreError> {
        Ok(StoredEvent {
            id: word("an event's id", &self.id)?,
            event_type: word("an event type", &self.event_type)?,
            agent_id: self.agent_id,
            timestamp: self.timestamp,
            instance_id: self.instance_id,
            received_at: Time(self.received_at),
            hit_id: super::optional_word("a hit's id", self.hit_id.as_deref())?,
            agent_run_id: self.agent_run_id,
            body: self.body.into(),
        })
    }
}

/// Which events a list holds. Empty means all.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only these types.
    pub types: Vec<EventType>,
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Only those that hold this text.
    pub text: Option<String>,
    /// Only from here on.
    pub since: Option<Time>,
    /// Only before this.
    pub until: Option<Time>,
}

const ONE: &str = "\
SELECT id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body
FROM events
WHERE id = $1 AND received_at = (SELECT received_at FROM event_ids WHERE event_ids.id = $1)";

const OF_HIT: &str = "\
SELECT id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body
FROM events
WHERE hit_id = $1
ORDER BY received_at, id";

const PAGE: &str = "\
SELECT id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body
FROM events
WHERE ";

const NEWEST: &str = "\
SELECT received_at
FROM events
ORDER BY received_at DESC
LIMIT 1";

const COUNTS: &str = "\
SELECT event_id, status, COUNT(*) AS count
FROM deliveries
WHERE event_id IN (";

const DAY_MS: i64 = 86_400_000;
/// Days that are looked through at once, before it is all the rest.
const MOST_DAYS: i64 = 2048;

impl Store {
    /// The event of this id.
    pub async fn event(&self, id: &EventId) -> Result<Option<StoredEvent>, StoreError> {
        let row: Option<EventColumns> =
            reading!(self, pool => sqlx::query_as(ONE).bind(id.as_str()).fetch_optional(pool).await)?;
        row.map(EventColumns::event).transpose()
    }

    /// The events that belong to a hit, oldest first.
    pub async fn events_of_hit(&self, hit: &HitId) -> Result<Vec<StoredEvent>, StoreError> {
        let rows: Vec<EventColumns> =
            reading!(self, pool => sqlx::query_as(OF_HIT).bind(hit.as_str()).fetch_all(pool).await)?;
        rows.into_iter().map(EventColumns::event).collect()
    }

    /// A page of events, newest first. A cursor is `<received at>_<id>`.
    pub async fn events(
        &self,
        filter: &EventFilter,
        limit: u32,
        after: Option<(Time, &str)>,
    ) -> Result<List<Event>, StoreError> {
        let wanted = limit as usize + 1;
        let mut rows: Vec<EventColumns> = Vec::new();
        for times in self.windows(filter, after.map(|(time, _)| time)).await? {
            rows.extend(self.received(filter, &times, wanted - rows.len(), after).await?);
            if rows.len() == wanted {
                break;
            }
        }
        let more = rows.len() > limit as usize;
        let events: Vec<StoredEvent> =
            rows.into_iter().take(limit as usize).map(EventColumns::event).collect::<Result<_, _>>()?;
        let next = events.last().filter(|_| more).map(|last| format!("{}_{}", last.received_at.0, last.id));
        let counts = self.delivery_counts(events.iter().map(|event| event.id.as_str())).await?;
        let shown =
            |event: &StoredEvent| event.shown(counts.get(event.id.as_str()).copied().unwrap_or_default());
        Ok(List { items: events.iter().map(shown).collect(), next })
    }

    /// The times to look through for a page, one after another. Where events have a table a day, a question for all of them
    /// reads each day up to the first that fits: so the last day comes first, and then always twice as many.
    async fn windows(&self, filter: &EventFilter, from: Option<Time>) -> Result<Vec<Range<i64>>, StoreError> {
        let since = filter.since.map_or(i64::MIN, |since| since.0);
        let until = filter.until.map_or(i64::MAX, |until| until.0);
        let all = since..until;
        let Self::Postgres { read, .. } = self else { return Ok(vec![all]) };
        let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_optional(read).await?;
        let Some(newest) = newest else { return Ok(Vec::new()) };
        let mut end = from.map_or(newest, |from| from.0.min(newest)).saturating_add(1).min(until);
        let mut windows = Vec::new();
        let mut days = 1;
        while end > since {
            let last_day = (end - 1).div_euclid(DAY_MS);
            let start = if days < MOST_DAYS { (last_day + 1 - days) * DAY_MS } else { since };
            windows.push(start.max(since)..end);
            end = start;
            days *= 2;
        }
        Ok(windows)
    }

    /// So many events of these times, newest first.
    async fn received(
        &self,
        filter: &EventFilter,
        times: &Range<i64>,
        limit: usize,
        after: Option<(Time, &str)>,
    ) -> Result<Vec<EventColumns>, StoreError> {
        Ok(reading!(self, pool => {
            let mut query = sqlx::QueryBuilder::new(PAGE);
            query.push("received_at >= ").push_bind(times.start);
            query.push(" AND received_at < ").push_bind(times.end);
            if !filter.types.is_empty() {
                query.push(" AND event_type IN (");
                let mut types = query.separated(", ");
                for event_type in &filter.types {
                    types.push_bind(event_type.as_str());
                }
                query.push(")");
            }
            if let Some(agent_id) = &filter.agent_id {
                query.push(" AND agent_id = ").push_bind(agent_id);
            }
            if let Some(text) = &filter.text {
                query.push(" AND LOWER(body) LIKE ").push_bind(anywhere(text)).push(" ESCAPE '!'");
            }
            if let Some((time, id)) = after {
                query.push(" AND (received_at, id) < (").push_bind(time.0);
                query.push(", ").push_bind(id.to_owned()).push(")");
            }
            query.push(" ORDER BY received_at DESC, id DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(pool).await
        })?)
    }

    /// How the deliveries of each of these events stand.
    pub async fn delivery_counts<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, DeliveryCounts>, StoreError> {
        let ids: Vec<&str> = ids.collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        let sql = format!("{COUNTS}{}) GROUP BY event_id, status", places.join(", "));
        let rows: Vec<(String, String, i64)> = reading!(self, pool => {
            let mut query = sqlx::query_as(safe(sql));
            for id in ids {
                query = query.bind(id);
            }
            query.fetch_all(pool).await
        })?;
        let mut counts: HashMap<String, DeliveryCounts> = HashMap::new();
        for (event_id, status, count) in rows {
            let count: u64 = number("a count", count)?;
            let status: wire::DeliveryStatus = word("a delivery status", &status)?;
            let of_event = counts.entry(event_id).or_default();
            of_event.total += count;
            match status {
                wire::DeliveryStatus::Delivered => of_event.delivered += count,
                wire::DeliveryStatus::Failed => of_event.failed += count,
                wire::DeliveryStatus::Cancelled => {}
                wire::DeliveryStatus::Pending
                | wire::DeliveryStatus::Delivering
                | wire::DeliveryStatus::Retrying
                | wire::DeliveryStatus::Held => of_event.open += count,
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_the_replacement_character() {
        let read = |text: &str| read_json::<String>(text).unwrap();
        assert_eq!(read(r#""cut \ud83d""#), "cut \u{fffd}");
        assert_eq!(read(r#""\udd0d whole \ud83d\udd0d""#), "\u{fffd} whole 🔍");
        assert_eq!(read(r#""\\ud83d stays, \ud83d goes""#), "\\ud83d stays, \u{fffd} goes");
        assert!(read_json::<String>("{").is_err());
    }
}
