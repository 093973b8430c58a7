-- The same tables and columns as in PostgreSQL. Times are milliseconds since 1970, durations microseconds.

CREATE TABLE events (
    id          TEXT   NOT NULL PRIMARY KEY,
    event_type  TEXT   NOT NULL,
    agent_id    TEXT,
    timestamp   TEXT   NOT NULL,
    instance_id TEXT   NOT NULL,
    received_at BIGINT NOT NULL,
    hit_id      TEXT,
    -- The agent's own id of the run, by which its events are known.
    agent_run_id TEXT,
    -- The event as accepted: what receivers get, byte for byte.
    body        TEXT   NOT NULL
);
CREATE INDEX events_by_time ON events (received_at, id);
-- Where events stand in a table a day, their ids have one of their own. Here it is the same one.
CREATE VIEW event_ids AS SELECT id, received_at FROM events;
CREATE INDEX events_by_hit ON events (hit_id) WHERE hit_id IS NOT NULL;
CREATE INDEX events_by_agent_run ON events (agent_run_id) WHERE agent_run_id IS NOT NULL;

CREATE TABLE deliveries (
    id               TEXT   NOT NULL PRIMARY KEY,
    event_id         TEXT   NOT NULL,
    event_type       TEXT   NOT NULL,
    agent_id         TEXT,
    endpoint         TEXT   NOT NULL,
    status           TEXT   NOT NULL,
    -- What makes the next attempt happen.
    next_trigger     TEXT   NOT NULL,
    attempts         BIGINT NOT NULL,
    max_attempts     BIGINT NOT NULL,
    -- When its event was received.
    created_at       BIGINT NOT NULL,
    next_attempt_at  BIGINT,
    finished_at      BIGINT,
    last_reason      TEXT,
    last_status_code BIGINT,
    last_duration    BIGINT,
    hit_id           TEXT
) WITHOUT ROWID; -- short rows that come in the order of their ids: one tree less to write
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id);
-- Only what is not finished stands in these two, so they stay small.
CREATE INDEX deliveries_pending ON deliveries (endpoint, id) WHERE status = 'pending';
CREATE INDEX deliveries_retrying ON deliveries (endpoint, next_attempt_at) WHERE status = 'retrying';
CREATE INDEX deliveries_failed ON deliveries (id) WHERE status = 'failed';

-- Looked up by delivery only, so its ids have no index of their own.
CREATE TABLE attempts (
    id                 TEXT    NOT NULL,
    delivery_id        TEXT    NOT NULL,
    endpoint           TEXT    NOT NULL,
    number             BIGINT  NOT NULL,
    trigger_kind       TEXT    NOT NULL,
    started_at         BIGINT  NOT NULL,
    result             TEXT    NOT NULL,
    reason             TEXT,
    detail             TEXT,
    status_code        BIGINT,
    dns                BIGINT,
    connect            BIGINT,
    tls                BIGINT,
    ttfb               BIGINT,
    body               BIGINT,
    total              BIGINT  NOT NULL,
    remote_address     TEXT,
    request_url        TEXT    NOT NULL,
    request_headers    TEXT    NOT NULL,
    -- Absent where it is the event's body.
    request_body       TEXT,
    response_headers   TEXT,
    response_body      TEXT,
    response_truncated BOOLEAN,
    node_id            TEXT    NOT NULL
);
CREATE INDEX attempts_by_delivery ON attempts (delivery_id, number);

-- What a person or a receiver's 410 decided about an endpoint, over and above its configuration.
CREATE TABLE endpoint_states (
    endpoint TEXT    NOT NULL PRIMARY KEY,
    paused   BOOLEAN NOT NULL,
    reason   TEXT,
    since    BIGINT  NOT NULL
);

-- Endpoints made through the API; the file's are in the file.
CREATE TABLE endpoints (
    name       TEXT   NOT NULL PRIMARY KEY,
    -- The configuration as JSON, with the keys that the file has.
    definition TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);

-- What health checks found.
CREATE TABLE checks (
    id       TEXT   NOT NULL PRIMARY KEY,
    endpoint TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    -- The check as JSON.
    found    TEXT   NOT NULL
);
CREATE INDEX checks_by_endpoint ON checks (endpoint, id);

-- Counts of one minute for one endpoint (or, named '', of accepted events), by one run of one gateway.
CREATE TABLE meters (
    minute   BIGINT NOT NULL,
    run      TEXT   NOT NULL,
    endpoint TEXT   NOT NULL,
    counts   TEXT   NOT NULL,
    PRIMARY KEY (minute, run, endpoint)
);

-- Redeliveries of many that are not through yet.
CREATE TABLE redeliveries (
    id         TEXT NOT NULL PRIMARY KEY,
    -- Which deliveries, as JSON.
    filter     TEXT NOT NULL,
    per_second DOUBLE PRECISION,
    -- The last delivery that was looked at: those before it come next.
    reached    TEXT
);

-- Requests to inbound endpoints, refused ones too.
CREATE TABLE hits (
    id          TEXT   NOT NULL PRIMARY KEY,
    inbound     TEXT   NOT NULL,
    outcome     TEXT   NOT NULL,
    received_at BIGINT NOT NULL,
    -- By what a repeat is known; absent where there is nothing, and once a day has passed.
    repeat_key  TEXT,
    -- The hit as JSON, without its run.
    hit         TEXT   NOT NULL
);
CREATE INDEX hits_by_inbound ON hits (inbound, id);
CREATE UNIQUE INDEX hits_by_repeat_key ON hits (inbound, repeat_key) WHERE repeat_key IS NOT NULL;

-- The agent's tasks that hits started.
CREATE TABLE runs (
    id           TEXT    NOT NULL PRIMARY KEY,
    hit_id       TEXT    NOT NULL,
    inbound      TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    -- Whether an event is to carry the answer out.
    callback     BOOLEAN NOT NULL,
    -- While that is owed: until when the agent's own is waited for.
    callback_due BIGINT,
    agent_run_id TEXT,
    -- What the agent is asked, the same each time.
    request      TEXT    NOT NULL,
    -- The run as JSON.
    run          TEXT    NOT NULL
);
CREATE INDEX runs_by_hit ON runs (hit_id);
CREATE INDEX runs_by_agent_run ON runs (agent_run_id) WHERE agent_run_id IS NOT NULL;
-- Only what is not finished stands in these three, so they stay small.
CREATE INDEX runs_queued ON runs (inbound, id) WHERE status = 'queued';
CREATE INDEX runs_running ON runs (id) WHERE status = 'running';
CREATE INDEX runs_owing ON runs (callback_due) WHERE callback_due IS NOT NULL;

-- Who changed what, and who tried. Kept whatever the retention.
CREATE TABLE audit (
    id    TEXT   NOT NULL PRIMARY KEY,
    at    BIGINT NOT NULL,
    -- The entry as JSON.
    entry TEXT   NOT NULL
);
