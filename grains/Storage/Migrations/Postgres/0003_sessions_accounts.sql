-- Times are Unix milliseconds, UTC.

CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id text NOT NULL UNIQUE,
    gateway_id text NOT NULL,
    ip_address text NOT NULL,
    user_agent text NOT NULL,
    protocol text NOT NULL,
    status text NOT NULL,
    day text NOT NULL,
    connected_at bigint NOT NULL,
    disconnected_at bigint,
    last_ping_at bigint,
    sent bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    errors bigint NOT NULL DEFAULT 0,
    last_error text,
    reason text
);

CREATE INDEX session_by_status ON session (status, id);
CREATE INDEX session_open ON session (gateway_id) WHERE status = 'connected';
CREATE INDEX session_ended ON session (disconnected_at) WHERE disconnected_at IS NOT NULL;

-- All totals come from here, so they survive the retention of the rows above. A session counts on the day it was opened.
CREATE TABLE session_day (
    day text PRIMARY KEY,
    opened bigint NOT NULL DEFAULT 0,
    ended bigint NOT NULL DEFAULT 0,
    errors bigint NOT NULL DEFAULT 0,
    sent bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    duration_ms bigint NOT NULL DEFAULT 0
);

-- The last report taken of every gateway: what makes a retry harmless, on whichever silo it lands.
-- A gateway with open sessions has a row here whose ended_at is null.
CREATE TABLE gateway_lease (
    gateway_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    ended_at bigint
);

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    prefix text NOT NULL,
    hash text NOT NULL UNIQUE,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint,
    revoked_at bigint
);
