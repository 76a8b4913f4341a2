-- An index of PostgreSQL takes no more than 2,704 bytes of a row, and what a step does may
-- quote a subject, or have a whole template.
DROP INDEX steps_open;
CREATE INDEX steps_open ON steps (account, md5(op)) WHERE state IN ('planned', 'started');
