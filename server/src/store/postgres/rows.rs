//! PostgreSQL: the rows that come by the thousand, all of them in one statement, a column an array. One statement is one
//! way to the server and back, and commits by itself.

use super::super::StoredEvent;
use super::super::attempts::headers_text;
use sqlx::postgres::PgConnection;
use std::collections::HashSet;
use wire::{Attempt, Delivery, DeliveryStatus, HitId, Ms, Reason, Trigger};

/// What one commit writes of them.
pub(super) struct Rows<'a> {
    /// Events, none of which is stored already.
    pub(super) events: Vec<&'a StoredEvent>,
    /// Their deliveries.
    pub(super) new: Vec<DeliveryRow<'a>>,
    /// Deliveries that stand differently.
    pub(super) changed: Vec<DeliveryRow<'a>>,
    /// Attempts, and whether the body of each is the event's. Those of deliveries that are another's are left out.
    pub(super) attempts: Vec<(&'a Attempt, bool)>,
}

/// A delivery as it now stands, and what makes its next attempt happen.
pub(super) struct DeliveryRow<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) next_trigger: Trigger,
    /// Whether the writing gateway has it from now on.
    pub(super) is_claimed: bool,
    /// How it stood before. Where nobody has it, it is changed only if it stands so still; `None`, of an attempt that ended:
    /// only by who has it, and if no later attempt is known: whoever was ended and came back may have it a second time.
    pub(super) from: Option<DeliveryStatus>,
}

/// What is told the others along with the rows: by whom, its number, and the text.
pub(super) type Telling<'a> = (&'a str, i64, &'a str);

/// A gateway that the others have ended, and that does not know it yet, claims nothing: it would wait for nobody.
/// What was cancelled with its endpoint while an attempt was on its way may end by that, and is not tried again.
/// `IS TRUE` keeps the attempts from being joined: without hash joins all that changed would be gone through for each.
const PUT: &str = "\
WITH new_ids AS (
    INSERT INTO event_ids (id, received_at)
    SELECT * FROM UNNEST($1::TEXT[], $6::BIGINT[])
), new_events AS (
    INSERT INTO events (id, event_type, agent_id, timestamp, instance_id, received_at, hit_id, agent_run_id, body)
    SELECT * FROM UNNEST($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::BIGINT[], $7::TEXT[],
                         $8::TEXT[], $9::TEXT[])
), new_deliveries AS (
    INSERT INTO deliveries (id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts,
                            max_attempts, created_at, hit_id, claim_id)
    SELECT id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts, created_at,
           hit_id, CASE WHEN EXISTS (SELECT FROM nodes WHERE nodes.id = $36) THEN claim_id END
    FROM UNNEST($10::TEXT[], $11::TEXT[], $12::TEXT[], $13::TEXT[], $14::TEXT[], $15::TEXT[], $16::TEXT[],
                $17::BIGINT[], $18::BIGINT[], $19::BIGINT[], $20::TEXT[], $21::TEXT[])
         AS new (id, event_id, event_type, agent_id, endpoint, status, next_trigger, attempts, max_attempts,
                 created_at, hit_id, claim_id)
), told AS (
    INSERT INTO stream (node_id, number, at, told)
    SELECT node_id, number, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT), told
    FROM UNNEST($22::TEXT[], $23::BIGINT[], $24::TEXT[]) AS row (node_id, number, told)
), changed AS (
    UPDATE deliveries
    SET status = now.status, next_trigger = now.next_trigger, attempts = now.attempts,
        next_attempt_at = now.next_attempt_at, finished_at = now.finished_at, last_reason = now.last_reason,
        last_status_code = now.last_status_code, last_duration = now.last_duration,
        claim_id = CASE WHEN now.claim_id IS NOT NULL AND EXISTS (SELECT FROM nodes WHERE nodes.id = $36)
                        THEN now.claim_id END
    FROM UNNEST($25::TEXT[], $26::TEXT[], $27::TEXT[], $28::BIGINT[], $29::BIGINT[], $30::BIGINT[], $31::TEXT[],
                $32::BIGINT[], $33::BIGINT[], $34::TEXT[], $35::TEXT[])
         AS now (id, status, next_trigger, attempts, next_attempt_at, finished_at, last_reason, last_status_code,
                 last_duration, claim_id, stood)
    WHERE deliveries.id = now.id
      AND ($36::TEXT IS NULL
           OR (deliveries.claim_id = $36
               AND (now.stood IS NOT NULL
                    OR (deliveries.attempts = now.attempts - 1
                        AND (deliveries.status <> 'cancelled' OR now.status <> 'retrying'))))
           OR (deliveries.status = now.stood AND deliveries.attempts = now.attempts
               AND (deliveries.claim_id IS NULL OR deliveries.status NOT IN ('pending', 'retrying'))))
    RETURNING deliveries.id
), new_attempts AS (
    INSERT INTO attempts (id, delivery_id, endpoint, number, trigger_kind, started_at, result, reason, detail,
                          status_code, dns, connect, tls, ttfb, body, total, remote_address, request_url,
                          request_headers, request_body, response_headers, response_body, response_truncated,
                          node_id)
    SELECT *
    FROM UNNEST($37::TEXT[], $38::TEXT[], $39::TEXT[], $40::BIGINT[], $41::TEXT[], $42::BIGINT[], $43::TEXT[],
                $44::TEXT[], $45::TEXT[], $46::BIGINT[], $47::BIGINT[], $48::BIGINT[], $49::BIGINT[],
                $50::BIGINT[], $51::BIGINT[], $52::BIGINT[], $53::TEXT[], $54::TEXT[], $55::TEXT[],
                $56::TEXT[], $57::TEXT[], $58::TEXT[], $59::BOOLEAN[], $60::TEXT[])
         AS attempt (id, delivery_id)
    WHERE (attempt.delivery_id IN (SELECT id FROM changed)) IS TRUE
)
SELECT id FROM changed";

impl Rows<'_> {
    /// Writes all of them, with what is told of them. Gives the changed deliveries that are the gateway's to change, or
    /// `None` if that is all of them.
    pub(super) async fn put(
        &self,
        connection: &mut PgConnection,
        node: Option<&str>,
        telling: Option<Telling<'_>>,
    ) -> Result<Option<HashSet<String>>, sqlx::Error> {
        if self.is_empty() && telling.is_none() {
            return Ok(None);
        }
        let Self { events, new, changed, attempts } = self;
        let claim = |row: &DeliveryRow<'_>| node.filter(|_| row.is_claimed).map(ToOwned::to_owned);
        let micros = |of: fn(&wire::Timings) -> Option<Ms>| {
            column(attempts, |(attempt, _)| of(&attempt.timings).map(Ms::micros))
        };
        let response = |of: fn(&wire::SeenResponse) -> String| {
            column(attempts, |(attempt, _)| attempt.response.as_ref().map(of))
        };
        let changed_ids: Vec<String> = sqlx::query_scalar(PUT)
            .bind(column(events, |event| event.id.as_str()))
            .bind(column(events, |event| event.event_type.as_str()))
            .bind(column(events, |event| event.agent_id.as_deref()))
            .bind(column(events, |event| event.timestamp.as_str()))
            .bind(column(events, |event| event.instance_id.as_str()))
            .bind(column(events, |event| event.received_at.0))
            .bind(column(events, |event| event.hit_id.as_ref().map(HitId::as_str)))
            .bind(column(events, |event| event.agent_run_id.as_deref()))
            .bind(column(events, |event| &*event.body))
            .bind(column(new, |row| row.delivery.id.as_str()))
            .bind(column(new, |row| row.delivery.event_id.as_str()))
            .bind(column(new, |row| row.delivery.event_type.as_str()))
            .bind(column(new, |row| row.delivery.agent_id.as_deref()))
            .bind(column(new, |row| row.delivery.endpoint.as_str()))
            .bind(column(new, |row| row.delivery.status.as_str()))
            .bind(column(new, |row| row.next_trigger.as_str()))
            .bind(column(new, |row| i64::from(row.delivery.attempts)))
            .bind(column(new, |row| i64::from(row.delivery.max_attempts)))
            .bind(column(new, |row| row.delivery.created_at.0))
            .bind(column(new, |row| row.delivery.hit_id.as_ref().map(HitId::as_str)))
            .bind(column(new, claim))
            .bind(column(telling.as_slice(), |(node, ..)| *node))
            .bind(column(telling.as_slice(), |(_, number, _)| *number))
            .bind(column(telling.as_slice(), |(.., text)| *text))
            .bind(column(changed, |row| row.delivery.id.as_str()))
            .bind(column(changed, |row| row.delivery.status.as_str()))
            .bind(column(changed, |row| row.next_trigger.as_str()))
            .bind(column(changed, |row| i64::from(row.delivery.attempts)))
            .bind(column(changed, |row| row.delivery.next_attempt_at.map(|time| time.0)))
            .bind(column(changed, |row| row.delivery.finished_at.map(|time| time.0)))
            .bind(column(changed, |row| row.delivery.last_reason.map(Reason::as_str)))
            .bind(column(changed, |row| row.delivery.last_status_code.map(i64::from)))
            .bind(column(changed, |row| row.delivery.last_duration_ms.map(Ms::micros)))
            .bind(column(changed, claim))
            .bind(column(changed, |row| row.from.map(DeliveryStatus::as_str)))
            .bind(node)
            .bind(column(attempts, |(attempt, _)| attempt.id.as_str()))
            .bind(column(attempts, |(attempt, _)| attempt.delivery_id.as_str()))
            .bind(column(attempts, |(attempt, _)| attempt.endpoint.as_str()))
            .bind(column(attempts, |(attempt, _)| i64::from(attempt.number)))
            .bind(column(attempts, |(attempt, _)| attempt.trigger.as_str()))
            .bind(column(attempts, |(attempt, _)| attempt.started_at.0))
            .bind(column(attempts, |(attempt, _)| attempt.result.as_str()))
            .bind(column(attempts, |(attempt, _)| attempt.reason.map(Reason::as_str)))
            .bind(column(attempts, |(attempt, _)| attempt.detail.as_deref()))
            .bind(column(attempts, |(attempt, _)| attempt.status_code.map(i64::from)))
            .bind(micros(|timings| timings.dns))
            .bind(micros(|timings| timings.connect))
            .bind(micros(|timings| timings.tls))
            .bind(micros(|timings| timings.ttfb))
            .bind(micros(|timings| timings.body))
            .bind(column(attempts, |(attempt, _)| attempt.timings.total.micros()))
            .bind(column(attempts, |(attempt, _)| attempt.remote_address.as_deref()))
            .bind(column(attempts, |(attempt, _)| attempt.request.url.as_str()))
            .bind(column(attempts, |(attempt, _)| headers_text(&attempt.request.headers)))
            .bind(column(attempts, |(attempt, same)| (!same).then_some(attempt.request.body.as_str())))
            .bind(response(|response| headers_text(&response.headers)))
            .bind(response(|response| response.body.clone()))
            .bind(column(attempts, |(attempt, _)| {
                attempt.response.as_ref().map(|response| response.truncated)
            }))
            .bind(column(attempts, |(attempt, _)| attempt.node_id.as_str()))
            .fetch_all(connection)
            .await?;
        Ok((changed_ids.len() < changed.len()).then(|| changed_ids.into_iter().collect()))
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.new.is_empty() && self.changed.is_empty() && self.attempts.is_empty()
    }
}

/// One column of many rows, as an array parameter takes it.
pub(super) fn column<'rows, Row, Value>(rows: &'rows [Row], of: impl Fn(&'rows Row) -> Value) -> Vec<Value> {
    rows.iter().map(of).collect()
}
