-- What a rule wants later of an item about which it was answered before is asked
-- anew, under a number of its own: one question of a rule and an item waits at a time,
-- beside any that were answered.
CREATE TABLE approvals_anew (
    id          IDENTITY,
    account     TEXT   NOT NULL,
    item_id     BIGINT NOT NULL REFERENCES items (id),
    rule        TEXT   NOT NULL,
    approver    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    mailed_at   BIGINT NOT NULL,
    token       TEXT   NOT NULL,              -- hashes of what was mailed, newest first
    expires_at  BIGINT NOT NULL,
    answer      TEXT   NOT NULL,              -- approve, refuse, expired, withdrawn, or empty
    answered_at BIGINT NOT NULL,
    answered_by TEXT   NOT NULL               -- terminal or mail
);

INSERT INTO approvals_anew SELECT id, account, item_id, rule, approver, asked_at, mailed_at, token, expires_at, answer, answered_at, answered_by FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_anew RENAME TO approvals;
CREATE UNIQUE INDEX approvals_waiting ON approvals (account, item_id, rule) WHERE answer = '';
CREATE INDEX approvals_by_account ON approvals (account, id);
CREATE INDEX approvals_lapsed ON approvals (account, expires_at) WHERE answer = 'expired';

-- What was left waiting without a question is asked now, and lapses after two weeks.
INSERT INTO approvals (account, item_id, rule, approver, asked_at, mailed_at, token, expires_at, answer, answered_at, answered_by)
SELECT account, item_id, rule, approver, unixepoch() * 1000000, 0, '', (unixepoch() + 1209600) * 1000000, '', 0, ''
FROM approvals a WHERE answer <> '' AND EXISTS (
    SELECT 1 FROM steps s WHERE s.item_id = a.item_id AND s.rule = a.rule AND s.account = a.account AND s.state = 'parked');
