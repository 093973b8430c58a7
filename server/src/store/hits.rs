//! Hits: storing them once, and reading them back, one or a page.

use super::runs::StoredRun;
use super::{Store, StoreError, anywhere, reading, sqlite::safe};
use std::collections::HashMap;
use wire::{Hit, HitCounts, HitId, List, Outcome, Run, Time};

/// A hit, the run it starts, and by what a repeat of it is known.
#[derive(Clone, Debug)]
pub struct NewHit {
    /// The hit, as it is if it came for the first time.
    pub hit: Hit,
    /// The sender's own id of it.
    pub repeat_key: Option<String>,
    /// What it starts.
    pub run: Option<StoredRun>,
}

impl NewHit {
    /// The hit as it stands if `first` came before with the same key.
    pub fn repeating(&self, first: HitId) -> Hit {
        Hit {
            outcome: Outcome::Duplicate,
            status_code: 200,
            duplicate_of: Some(first),
            prompt: None,
            missing: Vec::new(),
            ..self.hit.clone()
        }
    }
}

/// Repeats are known for a day.
pub(super) const REPEATS_KNOWN_MS: i64 = 86_400_000;

/// A key whose day has passed is free again.
pub(super) const FREE_KEY: &str = "\
UPDATE hits
SET repeat_key = NULL
WHERE inbound = $1 AND repeat_key = $2 AND received_at <= $3";

pub(super) const INSERT_HIT: &str = "\
INSERT INTO hits (id, inbound, outcome, received_at, repeat_key, hit)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (inbound, repeat_key) WHERE repeat_key IS NOT NULL DO NOTHING";

pub(super) const HOLDER_OF_KEY: &str = "\
SELECT id
FROM hits
WHERE inbound = $1 AND repeat_key = $2";

/// Which hits a list holds. Empty means all.
#[derive(Clone, Debug, Default)]
pub struct HitFilter {
    /// Only to these inbound endpoints.
    pub inbounds: Vec<String>,
    /// Only with these outcomes.
    pub outcomes: Vec<Outcome>,
    /// Only those that hold this text.
    pub text: Option<String>,
    /// Only from here on.
    pub since: Option<Time>,
    /// Only before this.
    pub until: Option<Time>,
}

const ONE: &str = "\
SELECT hit
FROM hits
WHERE id = $1";

const PAGE: &str = "\
SELECT hit
FROM hits
WHERE 1 = 1";

const COUNTS: &str = "\
SELECT inbound, outcome, COUNT(*)
FROM hits
WHERE id >= $1
GROUP BY inbound, outcome";

impl Store {
    /// The hit of this id, with its run.
    pub async fn hit(&self, id: &HitId) -> Result<Option<Hit>, StoreError> {
        let row: Option<String> =
            reading!(self, pool => sqlx::query_scalar(ONE).bind(id.as_str()).fetch_optional(pool).await)?;
        let Some(row) = row else { return Ok(None) };
        let mut hit = read(row)?;
        hit.run = self.run_of_hit(id).await?.map(|stored| stored.run);
        Ok(Some(hit))
    }

    /// A page of hits with their runs, newest first.
    pub async fn hits(
        &self,
        filter: &HitFilter,
        limit: u32,
        after: Option<&str>,
    ) -> Result<List<Hit>, StoreError> {
        let rows: Vec<String> = reading!(self, pool => {
            let mut query = sqlx::QueryBuilder::new(PAGE);
            if !filter.inbounds.is_empty() {
                query.push(" AND inbound IN (");
                let mut names = query.separated(", ");
                for name in &filter.inbounds {
                    names.push_bind(name);
                }
                query.push(")");
            }
            if !filter.outcomes.is_empty() {
                query.push(" AND outcome IN (");
                let mut outcomes = query.separated(", ");
                for outcome in &filter.outcomes {
                    outcomes.push_bind(outcome.as_str());
                }
                query.push(")");
            }
            if let Some(text) = &filter.text {
                query.push(" AND LOWER(hit) LIKE ").push_bind(anywhere(text)).push(" ESCAPE '!'");
            }
            if let Some(since) = filter.since {
                query.push(" AND id >= ").push_bind(first_id(since));
            }
            if let Some(until) = filter.until {
                query.push(" AND id < ").push_bind(first_id(until));
            }
            if let Some(after) = after {
                query.push(" AND id < ").push_bind(after.to_owned());
            }
            query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            query.build_query_scalar().fetch_all(pool).await
        })?;
        let more = rows.len() > limit as usize;
        let mut items: Vec<Hit> =
            rows.into_iter().take(limit as usize).map(read).collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        let mut runs = self.runs_of_hits(items.iter().map(|hit| hit.id.as_str())).await?;
        for hit in &mut items {
            hit.run = runs.remove(hit.id.as_str());
        }
        Ok(List { items, next })
    }

    /// How many hits each inbound endpoint got since then.
    pub async fn hit_counts(&self, since: Time) -> Result<HashMap<String, HitCounts>, StoreError> {
        let rows: Vec<(String, String, i64)> = reading!(self, pool => {
            sqlx::query_as(COUNTS).bind(first_id(since)).fetch_all(pool).await
        })?;
        let mut counts: HashMap<String, HitCounts> = HashMap::new();
        for (inbound, outcome, count) in rows {
            let count: u64 = super::number("a count", count)?;
            let of_one = counts.entry(inbound).or_default();
            match super::word("an outcome", &outcome)? {
                Outcome::Accepted => of_one.accepted += count,
                Outcome::Refused => of_one.refused += count,
                Outcome::Duplicate => of_one.duplicate += count,
            }
        }
        Ok(counts)
    }

    async fn runs_of_hits(
        &self,
        ids: impl Iterator<Item = &str>,
    ) -> Result<HashMap<String, Run>, StoreError> {
        let ids: Vec<&str> = ids.collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        let sql = format!("SELECT hit_id, run FROM runs WHERE hit_id IN ({})", places.join(", "));
        let rows: Vec<(String, String)> = reading!(self, pool => {
            let mut query = sqlx::query_as(safe(sql));
            for id in ids {
                query = query.bind(id);
            }
            query.fetch_all(pool).await
        })?;
        rows.into_iter().map(|(hit_id, run)| Ok((hit_id, super::runs::read_run(run)?))).collect()
    }
}

/// Ids begin with their time.
fn first_id(time: Time) -> String {
    format!("hit_{:012x}", time.0.max(0))
}

fn read(hit: String) -> Result<Hit, StoreError> {
    serde_json::from_str(&hit).map_err(|_| StoreError::Unreadable { what: "a hit", value: hit })
}
