-- The mirror of the calendars: what the server last said of each event, so that
-- rules can look at a day without asking, and a restart does not read everything
-- anew. Of a private event there are times and ids, and no words.

CREATE TABLE calendars (
    account  TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    zone     TEXT   NOT NULL,
    role     TEXT   NOT NULL,
    main     BIGINT NOT NULL,                 -- 1: the primary one
    token    TEXT   NOT NULL,                 -- asks for what has changed since
    asked    TEXT   NOT NULL,                 -- hash of the question that the token is good for
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- starts_at and ends_at bound when the event, or any instance of the series, can
-- take place, wherever the reader is: an all-day event has a different midnight in
-- each zone. Nothing in SQL follows a recurrence rule.
CREATE TABLE events (
    account   TEXT   NOT NULL,
    calendar  TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    uid       TEXT   NOT NULL,                -- hash of the iCalUID, which may have any length
    series    TEXT   NOT NULL,                -- of a changed instance: id of its series
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    status    TEXT   NOT NULL,
    body      TEXT   NOT NULL,                -- JSON
    PRIMARY KEY (account, calendar, id)
);

CREATE INDEX events_by_end ON events (account, ends_at);
CREATE INDEX events_by_uid ON events (account, uid);
CREATE INDEX events_by_series ON events (account, series) WHERE series <> '';
