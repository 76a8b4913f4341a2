-- The journal. All times are microseconds since 1970 in UTC, 0 where there is
-- none. IDENTITY is the one word that differs by database: see migrate.go.

CREATE TABLE accounts (
    name  TEXT   NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL              -- grows with each change of owner; fences every write
);

CREATE TABLE runs (
    id         IDENTITY,
    account    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    args       TEXT   NOT NULL,
    rules_hash TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    total      BIGINT NOT NULL,
    done       BIGINT NOT NULL,
    message    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL
);

CREATE INDEX runs_by_account ON runs (account, id);

CREATE TABLE cursors (
    account     TEXT   NOT NULL,
    folder      TEXT   NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uidnext     BIGINT NOT NULL,
    modseq      BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (account, folder)
);

-- There is no index on message_id: it would cost every message a write at a
-- random page, and explain can read one account's items from end to end.
CREATE TABLE items (
    id          IDENTITY,
    account     TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    occurrence  BIGINT NOT NULL,
    message_id  TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    sender      TEXT   NOT NULL,
    date        BIGINT NOT NULL,
    folder      TEXT   NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uid         BIGINT NOT NULL,
    UNIQUE (account, key, occurrence)
);

CREATE TABLE steps (
    id               IDENTITY,
    run_id           BIGINT NOT NULL REFERENCES runs (id),
    item_id          BIGINT NOT NULL REFERENCES items (id),
    account          TEXT   NOT NULL,
    rule             TEXT   NOT NULL,
    rules_hash       TEXT   NOT NULL,
    action           TEXT   NOT NULL,
    arg              TEXT   NOT NULL,
    state            TEXT   NOT NULL,
    op               TEXT   NOT NULL,
    from_folder      TEXT   NOT NULL,
    from_uidvalidity BIGINT NOT NULL,
    from_uid         BIGINT NOT NULL,
    at_folder        TEXT   NOT NULL,
    at_uidvalidity   BIGINT NOT NULL,
    at_uid           BIGINT NOT NULL,
    attempts         BIGINT NOT NULL,
    not_before       BIGINT NOT NULL,
    reason           TEXT   NOT NULL,
    undoes           BIGINT NOT NULL,
    planned_at       BIGINT NOT NULL,
    done_at          BIGINT NOT NULL,
    facts            TEXT   NOT NULL,
    UNIQUE (item_id, rule, action, undoes)
);

CREATE INDEX steps_by_account ON steps (account, id);
CREATE INDEX steps_by_run ON steps (run_id);
-- What is still to do, by the change that it is: equal ones are done together.
CREATE INDEX steps_open ON steps (account, op) WHERE state IN ('planned', 'started');
