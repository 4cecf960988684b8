-- A log carries many channels. What was called a channel is a log: "all" has one of its own, every other channel shares one.
ALTER TABLE channel RENAME TO log;
ALTER INDEX channel_pkey RENAME TO log_pkey;
ALTER INDEX channel_name_key RENAME TO log_name_key;
ALTER TABLE channel_epoch RENAME TO log_epoch;
ALTER INDEX channel_epoch_pkey RENAME TO log_epoch_pkey;
ALTER TABLE log_epoch RENAME COLUMN channel_id TO log_id;
ALTER TABLE message RENAME COLUMN channel_id TO log_id;
ALTER TABLE publish_key RENAME COLUMN channel_id TO log_id;

-- The newest offset of a log that carries channels, and its fence: each commit moves it. Stays 0 in other logs, whose messages say it.
-- Half of each page is left free, so that the versions of a row that is updated many times per second stay in its page.
ALTER TABLE log ADD COLUMN head bigint NOT NULL DEFAULT 0;
ALTER TABLE log SET (fillfactor = 50);

-- How many logs carry channels. It never changes: ChannelName.LogOf depends on it.
CREATE TABLE log_layout (
    id integer PRIMARY KEY,
    logs integer NOT NULL
);

INSERT INTO log_layout (id, logs) VALUES (1, 16);

-- The partitions of channel_message. A bucket is a class of retention (its number modulo 8: 1 hour, 2 day, 3 week, 4 month) and a period.
-- Commits write to the newest bucket of a class, so a bucket is over when the next one of its class was opened.
CREATE TABLE channel_bucket (
    bucket integer PRIMARY KEY,
    opened_at bigint NOT NULL
);

INSERT INTO channel_bucket (bucket, opened_at)
SELECT 8 + class, CAST(extract(epoch FROM now()) * 1000 AS bigint) FROM generate_series(1, 4) AS class;

-- Up to which offset a log has dropped messages of a class.
CREATE TABLE log_dropped (
    log_id integer NOT NULL,
    class integer NOT NULL,
    dropped_to bigint NOT NULL,
    PRIMARY KEY (log_id, class)
);

-- The messages of all channels but "all". The bucket is in the key because a partitioned table asks for it. Channels are compared byte by byte:
-- a pattern is a range of names.
CREATE TABLE channel_message (
    "offset" bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    retracts bigint,
    log_id integer NOT NULL,
    bucket integer NOT NULL,
    is_notification boolean NOT NULL,
    is_retracted boolean NOT NULL DEFAULT false,
    channel text COLLATE "C" NOT NULL,
    key text,
    priority text,
    user_name text,
    payload bytea NOT NULL,
    PRIMARY KEY (log_id, "offset", bucket)
) PARTITION BY LIST (bucket);

CREATE INDEX channel_message_channel ON channel_message (channel, "offset");
CREATE INDEX channel_message_key ON channel_message (channel, key, "offset") WHERE key IS NOT NULL;

CREATE TABLE channel_message_9 PARTITION OF channel_message FOR VALUES IN (9);
CREATE TABLE channel_message_10 PARTITION OF channel_message FOR VALUES IN (10);
CREATE TABLE channel_message_11 PARTITION OF channel_message FOR VALUES IN (11);
CREATE TABLE channel_message_12 PARTITION OF channel_message FOR VALUES IN (12);

CREATE TRIGGER commit_durably BEFORE INSERT OR UPDATE ON channel_message EXECUTE FUNCTION commit_durably();

-- id is one number for all channels; in "all" it is the offset.
ALTER TABLE notification ADD COLUMN "offset" bigint NOT NULL DEFAULT 0;
UPDATE notification SET "offset" = id;
CREATE INDEX notification_id ON notification (id);
