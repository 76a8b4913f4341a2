-- What the mailbox knows of its past, and what waits for its time or for a
-- person.

-- One row for each message that came or was sent: enough to follow threads, to
-- know senders, and to tell what other rules would have made of it. Facts are
-- those of headers and structure; they are empty where they have grown old. Bodies
-- are not here, and nothing is of a confidential message.
CREATE TABLE messages (
    id          IDENTITY,
    account     TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    outgoing    BIGINT NOT NULL,              -- 1: written by the account
    message_id  TEXT   NOT NULL,
    thread      TEXT   NOT NULL,
    base        TEXT   NOT NULL,              -- hash of the subject without Re: and the like
    sender      TEXT   NOT NULL,
    recipients  TEXT   NOT NULL,              -- addresses with a space between
    folder      TEXT   NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uid         BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    to_me       BIGINT NOT NULL,
    automatic   BIGINT NOT NULL,
    seen        BIGINT NOT NULL,              -- read by a person
    replied     BIGINT NOT NULL,
    asks        BIGINT NOT NULL,              -- 0 unknown, 1 no, 2 yes
    facts       TEXT   NOT NULL,
    UNIQUE (account, key, outgoing)
);

CREATE INDEX messages_by_message_id ON messages (account, message_id);
CREATE INDEX messages_by_thread ON messages (account, thread);
CREATE INDEX messages_by_base ON messages (account, base, received_at);
CREATE INDEX messages_by_time ON messages (account, received_at);
CREATE INDEX messages_by_sender ON messages (account, sender, received_at);

CREATE TABLE senders (
    account    TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    received   BIGINT NOT NULL,
    seen       BIGINT NOT NULL,
    replied    BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_sent  BIGINT NOT NULL,
    PRIMARY KEY (account, email)
);

CREATE TABLE muted (
    account TEXT NOT NULL,
    thread  TEXT NOT NULL,
    PRIMARY KEY (account, thread)
);

-- How far the past of a folder has been read: everything below up_to is known.
CREATE TABLE scans (
    account     TEXT   NOT NULL,
    folder      TEXT   NOT NULL,
    uidvalidity BIGINT NOT NULL,
    up_to       BIGINT NOT NULL,
    ended       BIGINT NOT NULL,
    PRIMARY KEY (account, folder)
);

-- The keys of seenBefore, as hashes.
CREATE TABLE seen (
    account TEXT   NOT NULL,
    word    TEXT   NOT NULL,
    key     TEXT   NOT NULL,                  -- of the message
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account, word, key)
);

-- When each rule with run: was last followed.
CREATE TABLE schedules (
    account TEXT   NOT NULL,
    rule    TEXT   NOT NULL,
    ran_at  BIGINT NOT NULL,
    PRIMARY KEY (account, rule)
);

-- What waits for a person: the parked steps of one rule on one item.
CREATE TABLE approvals (
    id          IDENTITY,
    account     TEXT   NOT NULL,
    item_id     BIGINT NOT NULL REFERENCES items (id),
    rule        TEXT   NOT NULL,
    approver    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    mailed_at   BIGINT NOT NULL,
    token       TEXT   NOT NULL,              -- hashes of what was mailed, newest first
    expires_at  BIGINT NOT NULL,
    answer      TEXT   NOT NULL,              -- approve, refuse, expired, or empty
    answered_at BIGINT NOT NULL,
    answered_by TEXT   NOT NULL,              -- terminal or mail
    UNIQUE (account, item_id, rule)
);

-- What this installation alone knows: the seal of the mail it writes.
CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
