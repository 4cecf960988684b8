-- Where each account has logged in from lately: failures elsewhere do not lock it out there.
CREATE TABLE sign_in_network (
    account_id bigint NOT NULL,
    network text NOT NULL,
    succeeded_at bigint NOT NULL,
    PRIMARY KEY (account_id, network)
);

-- attempted, done or refused: an act is written down before it begins, and how it ended after it. Entries from before were written after it.
ALTER TABLE audit ADD COLUMN outcome text NOT NULL DEFAULT 'done';
-- Failed logins of one account and network are one entry a minute.
ALTER TABLE audit ADD COLUMN times bigint NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX audit_login_failed ON audit (at, who, address) WHERE act = 'login.failed';
CREATE INDEX audit_login ON audit (id) WHERE act = 'login';

-- A link leads to the web. Schedules from before may hold others, which ran in the pages that showed them.
UPDATE schedule SET notification = json_set(notification, '$.ActionUrl', NULL)
WHERE lower(json_extract(notification, '$.ActionUrl')) NOT LIKE 'http://%'
    AND lower(json_extract(notification, '$.ActionUrl')) NOT LIKE 'https://%';
