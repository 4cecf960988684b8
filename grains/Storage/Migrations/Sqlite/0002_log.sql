-- The channels' logs, and the notifications among the messages.
-- Times (…_at) are Unix milliseconds, UTC, in both databases, so that one SQL and one mapping serve both.

CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Append-only. Not WITHOUT ROWID: that would save the second tree and be faster for payloads of 100 bytes, but it keeps rows in an
-- index tree, whose pages split in halves: for payloads of 1,000 bytes, 4 times slower and 4.5 times larger (measured).
CREATE TABLE message (
    "offset" INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    is_notification INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (channel_id, "offset")
);

CREATE TABLE publish_key (
    channel_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    first_offset INTEGER NOT NULL,
    count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (channel_id, key)
);

CREATE INDEX publish_key_created_at ON publish_key (channel_id, created_at);

-- id is the offset in the channel "all": newest first is id descending.
CREATE TABLE notification (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    severity TEXT NOT NULL,
    priority TEXT NOT NULL,
    icon TEXT,
    action_url TEXT,
    repo TEXT,
    branch TEXT,
    commit_sha TEXT,
    metadata TEXT,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    delivered_at INTEGER,
    read_at INTEGER
);

CREATE INDEX notification_status ON notification (status, id);
CREATE INDEX notification_severity ON notification (severity, id);
CREATE INDEX notification_created_at ON notification (created_at);
