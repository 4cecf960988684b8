-- The channels' logs, and the notifications among the messages.
-- Times (…_at) are Unix milliseconds, UTC, in both databases, so that one SQL and one mapping serve both.

CREATE TABLE channel (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    epoch text NOT NULL,
    created_at bigint NOT NULL
);

-- Append-only. The wide columns stand first because PostgreSQL would pad them after a narrow one.
-- No foreign key: it would look up the channel once a row, and AppendAsync has just done so once a batch.
CREATE TABLE message (
    "offset" bigint NOT NULL,
    created_at bigint NOT NULL,
    channel_id integer NOT NULL,
    is_notification boolean NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (channel_id, "offset")
);

CREATE TABLE publish_key (
    channel_id integer NOT NULL,
    key text NOT NULL,
    first_offset bigint NOT NULL,
    count integer NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (channel_id, key)
);

CREATE INDEX publish_key_created_at ON publish_key (channel_id, created_at);

-- id is the offset in the channel "all": newest first is id descending.
CREATE TABLE notification (
    id bigint PRIMARY KEY,
    type text NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    severity text NOT NULL,
    priority text NOT NULL,
    icon text,
    action_url text,
    repo text,
    branch text,
    commit_sha text,
    metadata text,
    status text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    delivered_at bigint,
    read_at bigint
);

CREATE INDEX notification_status ON notification (status, id);
CREATE INDEX notification_severity ON notification (severity, id);
CREATE INDEX notification_created_at ON notification (created_at);
