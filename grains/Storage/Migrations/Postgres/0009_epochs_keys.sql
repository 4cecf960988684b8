-- The lives of the channels' logs. A log gets a new epoch when the database turns out to have lost messages that were acknowledged.
-- start_offset: the newest offset when the epoch began. lost_offset: the newest one that had been acknowledged before; null in a new log.
CREATE TABLE channel_epoch (
    channel_id integer NOT NULL,
    epoch text NOT NULL,
    began_at bigint NOT NULL,
    start_offset bigint NOT NULL,
    lost_offset bigint,
    PRIMARY KEY (channel_id, epoch)
);

-- Another request under the same key has another hash. Null: not compared.
ALTER TABLE publish_key ADD COLUMN request_hash bytea;

-- id is the offset in its channel, so only both together name a notification.
ALTER TABLE notification ADD COLUMN channel text NOT NULL DEFAULT 'all';
ALTER TABLE notification DROP CONSTRAINT notification_pkey;
ALTER TABLE notification ADD PRIMARY KEY (channel, id);
