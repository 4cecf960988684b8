-- The lives of the channels' logs. A log gets a new epoch when the database turns out to have lost messages that were acknowledged.
-- start_offset: the newest offset when the epoch began. lost_offset: the newest one that had been acknowledged before; null in a new log.
CREATE TABLE channel_epoch (
    channel_id INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    began_at bigint NOT NULL,
    start_offset bigint NOT NULL,
    lost_offset bigint,
    PRIMARY KEY (channel_id, epoch)
);

-- Another request under the same key has another hash. Null: not compared.
ALTER TABLE publish_key ADD COLUMN request_hash BLOB;

-- id is the offset in its channel, so only both together name a notification. SQLite cannot change a primary key.
ALTER TABLE notification RENAME TO notification_before;
DROP INDEX notification_status;
DROP INDEX notification_severity;
DROP INDEX notification_created_at;

CREATE TABLE notification (
    id INTEGER NOT NULL,
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
    read_at INTEGER,
    channel TEXT NOT NULL DEFAULT 'all',
    PRIMARY KEY (channel, id)
);

INSERT INTO notification (
    id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha, metadata, status, created_at, updated_at,
    delivered_at, read_at)
SELECT
    id, type, title, message, severity, priority, icon, action_url, repo, branch, commit_sha, metadata, status, created_at, updated_at,
    delivered_at, read_at
FROM notification_before;
DROP TABLE notification_before;

CREATE INDEX notification_status ON notification (status, id);
CREATE INDEX notification_severity ON notification (severity, id);
CREATE INDEX notification_created_at ON notification (created_at);
