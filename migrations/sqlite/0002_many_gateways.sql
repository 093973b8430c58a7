-- The same columns as in PostgreSQL, where many gateways share one database; here there is one, and they stay empty.
ALTER TABLE deliveries ADD COLUMN claim_id TEXT;
ALTER TABLE runs ADD COLUMN claim_id TEXT;
ALTER TABLE redeliveries ADD COLUMN claim_id TEXT;

-- The last migration that a gateway must know to work with these tables.
CREATE TABLE schema_needs (
    migration BIGINT NOT NULL
);
INSERT INTO schema_needs (migration) VALUES (1);
