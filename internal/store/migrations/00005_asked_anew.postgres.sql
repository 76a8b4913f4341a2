-- What a rule wants later of an item about which it was answered before is asked
-- anew, under a number of its own: one question of a rule and an item waits at a time,
-- beside any that were answered.
ALTER TABLE approvals DROP CONSTRAINT approvals_account_item_id_rule_key;
CREATE UNIQUE INDEX approvals_waiting ON approvals (account, item_id, rule) WHERE answer = '';
CREATE INDEX approvals_by_account ON approvals (account, id);
CREATE INDEX approvals_lapsed ON approvals (account, expires_at) WHERE answer = 'expired';

-- What was left waiting without a question is asked now, and lapses after two weeks.
INSERT INTO approvals (account, item_id, rule, approver, asked_at, mailed_at, token, expires_at, answer, answered_at, answered_by)
SELECT account, item_id, rule, approver, CAST(EXTRACT(EPOCH FROM now()) AS BIGINT) * 1000000, 0, '', (CAST(EXTRACT(EPOCH FROM now()) AS BIGINT) + 1209600) * 1000000, '', 0, ''
FROM approvals a WHERE answer <> '' AND EXISTS (
    SELECT 1 FROM steps s WHERE s.item_id = a.item_id AND s.rule = a.rule AND s.account = a.account AND s.state = 'parked');
