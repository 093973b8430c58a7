//! What is copied: every table and column but those that say which gateway has what.

/// A kind of value.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Fraction,
    Flag,
}

use Kind::{Flag, Fraction, Number, Text};

/// A table, and what of it is copied: all but which gateway has what.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
}

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "events",
        columns: &[
            ("id", Text),
            ("event_type", Text),
            ("agent_id", Text),
            ("timestamp", Text),
            ("instance_id", Text),
            ("received_at", Number),
            ("hit_id", Text),
            ("agent_run_id", Text),
            ("body", Text),
        ],
    },
    Table { name: "event_ids", columns: &[("id", Text), ("received_at", Number)] },
    Table {
        name: "deliveries",
        columns: &[
            ("id", Text),
            ("event_id", Text),
            ("event_type", Text),
            ("agent_id", Text),
            ("endpoint", Text),
            ("status", Text),
            ("next_trigger", Text),
            ("attempts", Number),
            ("max_attempts", Number),
            ("created_at", Number),
            ("next_attempt_at", Number),
            ("finished_at", Number),
            ("last_reason", Text),
            ("last_status_code", Number),
            ("last_duration", Number),
            ("hit_id", Text),
        ],
    },
    Table {
        name: "attempts",
        columns: &[
            ("id", Text),
            ("delivery_id", Text),
            ("endpoint", Text),
            ("number", Number),
            ("trigger_kind", Text),
            ("started_at", Number),
            ("result", Text),
            ("reason", Text),
            ("detail", Text),
            ("status_code", Number),
            ("dns", Number),
            ("connect", Number),
            ("tls", Number),
            ("ttfb", Number),
            ("body", Number),
            ("total", Number),
            ("remote_address", Text),
            ("request_url", Text),
            ("request_headers", Text),
            ("request_body", Text),
            ("response_headers", Text),
            ("response_body", Text),
            ("response_truncated", Flag),
            ("node_id", Text),
        ],
    },
    Table {
        name: "endpoint_states",
        columns: &[("endpoint", Text), ("paused", Flag), ("reason", Text), ("since", Number)],
    },
    Table { name: "endpoints", columns: &[("name", Text), ("definition", Text), ("changed_at", Number)] },
    Table { name: "checks", columns: &[("id", Text), ("endpoint", Text), ("at", Number), ("found", Text)] },
    Table {
        name: "meters",
        columns: &[("minute", Number), ("run", Text), ("endpoint", Text), ("counts", Text)],
    },
    Table {
        name: "redeliveries",
        columns: &[("id", Text), ("filter", Text), ("per_second", Fraction), ("reached", Text)],
    },
    Table {
        name: "hits",
        columns: &[
            ("id", Text),
            ("inbound", Text),
            ("outcome", Text),
            ("received_at", Number),
            ("repeat_key", Text),
            ("hit", Text),
        ],
    },
    Table {
        name: "runs",
        columns: &[
            ("id", Text),
            ("hit_id", Text),
            ("inbound", Text),
            ("status", Text),
            ("callback", Flag),
            ("callback_due", Number),
            ("agent_run_id", Text),
            ("request", Text),
            ("run", Text),
        ],
    },
    Table { name: "logouts", columns: &[("session", Text), ("role", Text), ("until", Number)] },
    Table { name: "audit", columns: &[("id", Text), ("at", Number), ("entry", Text)] },
];

impl Kind {
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Text => "TEXT",
            Number => "BIGINT",
            Fraction => "DOUBLE PRECISION",
            Flag => "BOOLEAN",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use std::collections::BTreeSet;

    const COLUMNS: &str = "\
SELECT tables.name || '.' || columns.name
FROM sqlite_master AS tables
JOIN PRAGMA_TABLE_INFO(tables.name) AS columns
WHERE tables.type IN ('table', 'view')";

    #[tokio::test]
    async fn everything_is_copied_but_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
        let Store::Sqlite { read, .. } = &store else { panic!("SQLite") };
        let there: Vec<String> = sqlx::query_scalar(COLUMNS).fetch_all(read).await.unwrap();
        let is_ours = |column: &String| {
            let own = ["_sqlx_migrations.", "sqlite_", "schema_needs."];
            !own.iter().any(|own| column.starts_with(own)) && !column.ends_with(".claim_id")
        };
        let there: BTreeSet<String> = there.into_iter().filter(is_ours).collect();
        let columns = TABLES
            .iter()
            .flat_map(|table| table.columns.iter().map(|(column, _)| format!("{}.{column}", table.name)));
        assert_eq!(columns.collect::<BTreeSet<_>>(), there);
    }
}
