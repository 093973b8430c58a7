-- Many gateways on one database: who has what, who is there, and what they tell each other. Only additions: a gateway
-- that knows nothing of them goes on working.

-- The gateway that has it; absent while nobody does.
ALTER TABLE deliveries ADD COLUMN claim_id TEXT COLLATE "C";
ALTER TABLE runs ADD COLUMN claim_id TEXT COLLATE "C";
ALTER TABLE redeliveries ADD COLUMN claim_id TEXT COLLATE "C";

-- Gateways that run. Each renews its row; one that does not in time loses what it has to the others.
CREATE TABLE nodes (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    instance_id TEXT    NOT NULL,
    -- Whether it delivers, or only takes in.
    works       BOOLEAN NOT NULL,
    -- Whether somebody watches its stream.
    watched     BOOLEAN NOT NULL,
    -- By the database's clock.
    begun_at    BIGINT  NOT NULL,
    until       BIGINT  NOT NULL
);

-- What gateways tell each other of their commits, in the order of each one's own numbers, for some seconds. Lost in a
-- crash of the database, after which everybody looks anew.
CREATE UNLOGGED TABLE stream (
    node_id TEXT COLLATE "C" NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    told    TEXT   NOT NULL,
    PRIMARY KEY (node_id, number)
);

-- The last migration that a gateway must know to work with these tables.
CREATE TABLE schema_needs (
    migration BIGINT NOT NULL
);
INSERT INTO schema_needs (migration) VALUES (1);

-- What waits changes all the time: its dead rows are cleared early.
ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
                            autovacuum_vacuum_cost_delay = 1, fillfactor = 80);
ALTER TABLE stream SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
ALTER TABLE nodes SET (autovacuum_vacuum_threshold = 100, fillfactor = 50);
