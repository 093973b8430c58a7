//! Changes that come one at a time, each a few statements that both databases take.

use super::{
    Logout, MadeEndpoint, Old, Pause, Redelivery, audit, endpoints, logouts, redeliveries, retention, runs,
};
use std::borrow::Cow;
use wire::{AuditEntry, Check, DeliveryId, EventId, HitId, Time};

/// A change that comes one at a time.
#[derive(Clone, Debug)]
pub enum Rare {
    /// An endpoint was paused or resumed.
    Pause(Pause),
    /// An endpoint was made or changed through the API.
    Define(MadeEndpoint),
    /// An endpoint of the API is defined no more.
    Remove(String),
    /// These deliveries, unless they are finished, are wanted no more since then.
    CancelOpen(Vec<DeliveryId>, Time),
    /// A health check came back.
    Check(Box<Check>),
    /// A redelivery of many was asked for, or got on.
    Redelivery(Box<Redelivery>),
    /// The redelivery of this id is through.
    Redelivered(String),
    /// These events, and their deliveries, belong to this hit.
    Link(Vec<EventId>, HitId),
    /// A session was logged out of.
    Logout(Logout),
    /// Somebody did something.
    Audit(Box<AuditEntry>),
    /// This is old enough to go.
    Forget(Old),
}

/// One statement with its values, in the order in which it first names them.
pub(super) struct Statement<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
}

/// A value of a column.
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    /// A text that may be absent.
    Maybe(Option<Cow<'a, str>>),
    Number(i64),
    /// A number that may be absent.
    MaybeNumber(Option<i64>),
    /// A fraction that may be absent.
    Fraction(Option<f64>),
    Flag(bool),
}

impl Rare {
    /// What it takes to store this, in order.
    ///
    /// `node` is the gateway that writes, where there are many.
    pub(super) fn statements<'a>(&'a self, node: Option<&'a str>) -> Vec<Statement<'a>> {
        let one = |sql, values| vec![Statement { sql, values }];
        match self {
            Self::Pause(pause) => one(
                endpoints::PUT_STATE,
                vec![
                    text(&pause.endpoint),
                    Value::Flag(pause.paused),
                    Value::Maybe(pause.reason.as_deref().map(Cow::Borrowed)),
                    Value::Number(pause.since.0),
                ],
            ),
            Self::Define(made) => one(
                endpoints::PUT_ENDPOINT,
                vec![
                    text(&made.name),
                    Value::Text(made.definition.to_string().into()),
                    Value::Number(made.changed_at.0),
                ],
            ),
            Self::Remove(name) => one(endpoints::DELETE_ENDPOINT, vec![text(name)]),
            Self::CancelOpen(deliveries, since) => deliveries
                .iter()
                .map(|id| Statement {
                    sql: endpoints::CANCEL_OPEN,
                    values: vec![Value::Number(since.0), text(id.as_str())],
                })
                .collect(),
            Self::Check(check) => one(
                endpoints::INSERT_CHECK,
                vec![
                    text(check.id.as_str()),
                    text(&check.endpoint),
                    Value::Number(check.at.0),
                    Value::Text(serde_json::to_string(check).unwrap_or_default().into()),
                ],
            ),
            Self::Redelivery(asked) => one(
                redeliveries::PUT_REDELIVERY,
                vec![
                    text(&asked.id),
                    Value::Text(serde_json::to_string(&asked.filter).unwrap_or_default().into()),
                    Value::Fraction(asked.per_second),
                    Value::Maybe(asked.reached.as_deref().map(Cow::Borrowed)),
                    Value::Maybe(node.map(Cow::Borrowed)),
                ],
            ),
            Self::Redelivered(id) => one(redeliveries::DELETE_REDELIVERY, vec![text(id)]),
            Self::Link(events, hit) => runs::link(events, hit),
            Self::Logout(logout) => one(
                logouts::INSERT_LOGOUT,
                vec![text(&logout.session), text(&logout.role), Value::Number(logout.until.0)],
            ),
            Self::Audit(entry) => one(
                audit::INSERT_AUDIT,
                vec![
                    text(&entry.id),
                    Value::Number(entry.at.0),
                    Value::Text(serde_json::to_string(entry).unwrap_or_default().into()),
                ],
            ),
            Self::Forget(old) => forget(old),
        }
    }
}

fn forget(old: &Old) -> Vec<Statement<'_>> {
    let mut statements: Vec<Statement<'_>> = old
        .events
        .iter()
        .flat_map(|event| {
            retention::DELETE_EVENT.map(|sql| Statement { sql, values: vec![text(event.as_str())] })
        })
        .collect();
    statements.extend(forget_beside(old));
    statements
}

/// What goes beside events.
pub(super) fn forget_beside(old: &Old) -> Vec<Statement<'_>> {
    let mut statements = vec![Statement {
        sql: retention::DELETE_CHECKS,
        values: vec![Value::Text(old.first_check().into())],
    }];
    statements.extend(
        retention::DELETE_HITS
            .map(|sql| Statement { sql, values: vec![Value::Text(old.first_hit().into())] }),
    );
    statements
        .push(Statement { sql: retention::DELETE_METERS, values: vec![Value::Number(old.minutes_before)] });
    let most = i64::try_from(logouts::MOST_LOGOUTS).unwrap_or(i64::MAX);
    statements.extend(old.logouts_by.map(|now| Statement {
        sql: logouts::DELETE_LOGOUTS,
        values: vec![Value::Number(now.0), Value::Number(most)],
    }));
    statements
}

pub(super) fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}
