-- A log carries many channels. What was called a channel is a log: "all" has one of its own, every other channel shares one.
ALTER TABLE channel RENAME TO log;
ALTER TABLE channel_epoch RENAME TO log_epoch;
ALTER TABLE log_epoch RENAME COLUMN channel_id TO log_id;
ALTER TABLE message RENAME COLUMN channel_id TO log_id;
ALTER TABLE publish_key RENAME COLUMN channel_id TO log_id;

-- The newest offset of a log that carries channels, and its fence: each commit moves it. Stays 0 in other logs, whose messages say it.
ALTER TABLE log ADD COLUMN head INTEGER NOT NULL DEFAULT 0;

-- How many logs carry channels. It never changes: ChannelName.LogOf depends on it. One, because SQLite has one writer.
CREATE TABLE log_layout (
    id INTEGER PRIMARY KEY,
    logs INTEGER NOT NULL
);

INSERT INTO log_layout (id, logs) VALUES (1, 1);

-- A bucket is a class of retention (its number modulo 8: 1 hour, 2 day, 3 week, 4 month) and a period. Commits write to the newest bucket of a
-- class, so a bucket is over when the next one of its class was opened.
CREATE TABLE channel_bucket (
    bucket INTEGER PRIMARY KEY,
    opened_at INTEGER NOT NULL
);

INSERT INTO channel_bucket (bucket, opened_at)
SELECT 8 + value, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM json_each('[1, 2, 3, 4]');

-- Up to which offset a log has dropped messages of a class. swept_to: up to which it has been searched for them.
CREATE TABLE log_dropped (
    log_id INTEGER NOT NULL,
    class INTEGER NOT NULL,
    dropped_to INTEGER NOT NULL,
    swept_to INTEGER NOT NULL,
    PRIMARY KEY (log_id, class)
);

-- The messages of all channels but "all". Channels are compared byte by byte: a pattern is a range of names. There is one log, so the offset alone
-- is the key, and SQLite's own number of the row: one tree less, and twice as many messages per second.
CREATE TABLE channel_message (
    "offset" INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    retracts INTEGER,
    log_id INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    is_notification INTEGER NOT NULL,
    is_retracted INTEGER NOT NULL DEFAULT 0,
    channel TEXT NOT NULL,
    key TEXT,
    priority TEXT,
    user_name TEXT,
    payload BLOB NOT NULL
);

CREATE INDEX channel_message_channel ON channel_message (channel, "offset");
CREATE INDEX channel_message_key ON channel_message (channel, key, "offset") WHERE key IS NOT NULL;

-- id is one number for all channels; in "all" it is the offset.
ALTER TABLE notification ADD COLUMN "offset" INTEGER NOT NULL DEFAULT 0;
UPDATE notification SET "offset" = id;
CREATE INDEX notification_id ON notification (id);
