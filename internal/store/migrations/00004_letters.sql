-- What the mails to the executive are made of, and what may be decided by
-- answering them.

-- What a message says, in a few sentences, for the agenda: not the message. Nothing
-- is here of a confidential one.
CREATE TABLE gists (
    account     TEXT   NOT NULL,
    key         TEXT   NOT NULL,              -- of the message
    outgoing    BIGINT NOT NULL,              -- 1: written by the account
    received_at BIGINT NOT NULL,
    wanted      BIGINT NOT NULL,              -- 1: a language model is still to be asked
    body        TEXT   NOT NULL,              -- JSON
    PRIMARY KEY (account, key, outgoing)
);

CREATE INDEX gists_by_time ON gists (account, received_at);
CREATE INDEX gists_wanted ON gists (account) WHERE wanted = 1;
-- Few messages promise something or name a deadline, and those are looked for far
-- back. The words are those of the queries.
CREATE INDEX gists_promising ON gists (account, received_at) WHERE body LIKE '%"promises":%';
CREATE INDEX gists_dated ON gists (account, received_at) WHERE body LIKE '%"deadline":%';

-- The mails that were written: the agenda of a date, a digest, a review. The step
-- of the journal says whether it was sent; here is what stood in it, for --why, and
-- how the calendar was, so that the next one can say what has changed.
CREATE TABLE letters (
    account  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,                 -- agenda, review, digest evening, …
    date     TEXT   NOT NULL,                 -- local, 2026-12-08
    made_at  BIGINT NOT NULL,                 -- what had happened by then stands in it
    body     TEXT   NOT NULL,                 -- JSON
    PRIMARY KEY (account, kind, date)
);

CREATE INDEX letters_by_time ON letters (account, kind, made_at);

-- What may be decided by answering a mail, once.
CREATE TABLE offers (
    id          IDENTITY,
    account     TEXT   NOT NULL,
    key         TEXT   NOT NULL,              -- of the line, the same from one mail to the next
    body        TEXT   NOT NULL,              -- JSON: what may be chosen
    token       TEXT   NOT NULL,              -- hash of what it was mailed with
    made_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    answer      TEXT   NOT NULL,              -- what was chosen, or empty
    answered_at BIGINT NOT NULL,
    answered_by TEXT   NOT NULL,              -- address
    until       BIGINT NOT NULL               -- of a snooze
);

CREATE INDEX offers_by_token ON offers (account, token);
CREATE INDEX offers_by_until ON offers (account, until) WHERE until > 0;

-- What a language model answered, so that it is asked once.
CREATE TABLE answers (
    key      TEXT   NOT NULL PRIMARY KEY,     -- hash of all that it was asked
    value    TEXT   NOT NULL,
    asked_at BIGINT NOT NULL
);

-- What has ended since the letter before, and what stands in the agenda until it is
-- due, whenever it was planned.
CREATE INDEX steps_by_end ON steps (account, done_at) WHERE done_at > 0;
CREATE INDEX steps_due ON steps (account, id) WHERE op LIKE '%"due":%';
