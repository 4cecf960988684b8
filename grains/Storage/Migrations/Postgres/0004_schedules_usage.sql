-- Times are Unix milliseconds, UTC.

-- A token names the version of its user's row: what changes it ends every token issued before.
ALTER TABLE account ADD COLUMN token_version bigint NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN disabled_at bigint;
ALTER TABLE account ADD COLUMN last_login_at bigint;
-- 1: the password is the one that everybody can read in the documentation.
ALTER TABLE account ADD COLUMN default_password bigint NOT NULL DEFAULT 0;

-- notification is JSON; title stands beside it to be searched. An active schedule, and no other, has a next run.
CREATE TABLE schedule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    title text NOT NULL,
    notification text NOT NULL,
    kind text NOT NULL,
    at bigint,
    cron text,
    time_zone text,
    missed text NOT NULL,
    status text NOT NULL,
    next_run_at bigint,
    last_run_at bigint,
    last_run_status text,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE INDEX schedule_due ON schedule (next_run_at) WHERE next_run_at IS NOT NULL;

-- A row is written before its notification is published (status started), and finished after.
CREATE TABLE schedule_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_id bigint NOT NULL,
    scheduled_for bigint NOT NULL,
    started_at bigint NOT NULL,
    cause text NOT NULL,
    status text NOT NULL,
    notification_id bigint,
    error text
);

-- Each run once in the grid, whoever else believes to be the scheduler; what a person asks for may be asked for again.
CREATE UNIQUE INDEX schedule_run_once ON schedule_run (schedule_id, scheduled_for) WHERE cause <> 'manual';
CREATE INDEX schedule_run_history ON schedule_run (schedule_id, id);
CREATE INDEX schedule_run_open ON schedule_run (id) WHERE status = 'started';
CREATE INDEX schedule_run_age ON schedule_run (started_at);

CREATE TABLE api_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    who text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    route text NOT NULL,
    status bigint NOT NULL,
    duration_us bigint NOT NULL,
    address text NOT NULL,
    user_agent text NOT NULL
);

CREATE INDEX api_request_at ON api_request (at, id);
CREATE INDEX api_request_who ON api_request (who, at);
CREATE INDEX api_request_status ON api_request (status, at);

-- The charts come from here: they need not read the rows above, and they outlive them.
CREATE TABLE api_request_day (
    day text NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    duration_us bigint NOT NULL,
    longest_us bigint NOT NULL,
    PRIMARY KEY (day, method, route)
);

-- The last batch taken of every gateway: what makes a retry harmless, on whichever silo it lands.
CREATE TABLE api_request_batch (
    gateway_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    taken_at bigint NOT NULL
);
