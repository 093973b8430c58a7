//! Attempts: the log of one delivery, and the last of each endpoint.

use super::{Store, StoreError, number, optional_word, reading, word};
use sqlx::FromRow;
use wire::{Attempt, DeliveryId, Headers, Ms, SeenResponse, SentRequest, Time, Timings};

#[derive(FromRow)]
pub(super) struct AttemptColumns {
    id: String,
    delivery_id: String,
    endpoint: String,
    number: i64,
    trigger_kind: String,
    started_at: i64,
    result: String,
    reason: Option<String>,
    detail: Option<String>,
    status_code: Option<i64>,
    dns: Option<i64>,
    connect: Option<i64>,
    tls: Option<i64>,
    ttfb: Option<i64>,
    body: Option<i64>,
    total: i64,
    remote_address: Option<String>,
    request_url: String,
    request_headers: String,
    request_body: String,
    response_headers: Option<String>,
    response_body: Option<String>,
    response_truncated: Option<bool>,
    node_id: String,
}

impl AttemptColumns {
    pub(super) fn attempt(self) -> Result<Attempt, StoreError> {
        let status_code = self.status_code.map(|code| number("a status code", code)).transpose()?;
        let reason = optional_word("a reason", self.reason.as_deref())?;
        let response = match (status_code, self.response_headers) {
            (Some(status_code), Some(headers)) => Some(SeenResponse {
                status_code,
                headers: headers_of(&headers)?,
                body: self.response_body.unwrap_or_default(),
                truncated: self.response_truncated.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Attempt {
            id: word("an attempt's id", &self.id)?,
            delivery_id: word("a delivery's id", &self.delivery_id)?,
            endpoint: self.endpoint,
            number: number("an attempt's number", self.number)?,
            trigger: word("a trigger", &self.trigger_kind)?,
            started_at: Time(self.started_at),
            result: word("a result", &self.result)?,
            reason,
            hint: reason.map(|reason| crate::net::reason::hint(reason).to_owned()),
            detail: self.detail,
            status_code,
            timings: Timings {
                dns: self.dns.map(Ms::from_micros),
                connect: self.connect.map(Ms::from_micros),
                tls: self.tls.map(Ms::from_micros),
                ttfb: self.ttfb.map(Ms::from_micros),
                body: self.body.map(Ms::from_micros),
                total: Ms::from_micros(self.total),
            },
            remote_address: self.remote_address,
            request: SentRequest {
                method: "POST".to_owned(),
                url: self.request_url,
                headers: headers_of(&self.request_headers)?,
                body: self.request_body,
            },
            response,
            node_id: self.node_id,
        })
    }
}

/// Header lines as one column holds them: a JSON array of pairs.
pub(super) fn headers_text(headers: &Headers) -> String {
    serde_json::to_string(headers).unwrap_or_default()
}

fn headers_of(text: &str) -> Result<Headers, StoreError> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Unreadable { what: "header lines", value: text.to_owned() })
}

const OF_DELIVERY: &str = "\
SELECT a.id, a.delivery_id, a.endpoint, a.number, a.trigger_kind, a.started_at, a.result, a.reason, a.detail,
       a.status_code, a.dns, a.connect, a.tls, a.ttfb, a.body, a.total, a.remote_address, a.request_url,
       a.request_headers, COALESCE(a.request_body, (SELECT body
                                                  FROM events
                                                  WHERE received_at = d.created_at AND id = d.event_id), '')
       AS request_body, a.response_headers,
       a.response_body, a.response_truncated, a.node_id
FROM attempts a
LEFT JOIN deliveries d ON d.id = a.delivery_id
WHERE a.delivery_id = $1
ORDER BY a.number";

/// Only those that are wanted are read whole.
const LAST_OF_ENDPOINT: &str = "\
WITH tried AS (
    SELECT a.id, a.delivery_id, a.number, a.trigger_kind, d.event_id, d.created_at
    FROM (
        SELECT id, event_id, created_at
        FROM (SELECT id, event_id, created_at, attempts FROM deliveries WHERE endpoint = $1 ORDER BY id DESC
              LIMIT 1000) AS newest
        WHERE attempts > 0
        UNION
        SELECT id, event_id, created_at
        FROM (SELECT id, event_id, created_at FROM deliveries WHERE status = 'retrying' AND endpoint = $1
              ORDER BY next_attempt_at DESC LIMIT $3) AS retrying
    ) AS d
    JOIN attempts a ON a.delivery_id = d.id
    WHERE a.request_url = $2
)
SELECT a.id, a.delivery_id, a.endpoint, a.number, a.trigger_kind, a.started_at, a.result, a.reason, a.detail,
       a.status_code, a.dns, a.connect, a.tls, a.ttfb, a.body, a.total, a.remote_address, a.request_url,
       a.request_headers, COALESCE(a.request_body, (SELECT body
                                                  FROM events
                                                  WHERE received_at = d.created_at AND id = d.event_id), '')
       AS request_body, a.response_headers,
       a.response_body, a.response_truncated, a.node_id
FROM (
    SELECT * FROM (SELECT * FROM tried WHERE trigger_kind = 'schedule' ORDER BY id DESC LIMIT $3) AS scheduled
    UNION
    SELECT * FROM (SELECT * FROM tried ORDER BY id DESC LIMIT 1) AS newest
) AS d
JOIN attempts a ON a.delivery_id = d.delivery_id AND a.number = d.number AND a.id = d.id
ORDER BY a.id DESC";

impl Store {
    /// Every attempt of a delivery, first to last.
    pub async fn attempts(&self, delivery: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        let rows: Vec<AttemptColumns> = reading!(self, pool => {
            sqlx::query_as(OF_DELIVERY).bind(delivery.as_str()).fetch_all(pool).await
        })?;
        rows.into_iter().map(AttemptColumns::attempt).collect()
    }

    /// The last attempts of an endpoint to this URL, newest first: at most `limit` by schedule, and the very last even if a
    /// person asked for it. As far as they belong to its last thousand deliveries or to one that is to be tried again: older
    /// ones say little about how it does.
    pub async fn last_attempts(
        &self,
        endpoint: &str,
        url: &str,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let rows: Vec<AttemptColumns> = reading!(self, pool => {
            let query = sqlx::query_as(LAST_OF_ENDPOINT).bind(endpoint).bind(url).bind(i64::from(limit));
            query.fetch_all(pool).await
        })?;
        rows.into_iter().map(AttemptColumns::attempt).collect()
    }
}
