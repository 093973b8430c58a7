-- Sessions that were logged out of, until they would have ended by themselves; by their ids, of which nobody makes a cookie.
CREATE TABLE logouts (
    session TEXT   NOT NULL PRIMARY KEY,
    role    TEXT   NOT NULL,
    until   BIGINT NOT NULL
);
