-- What Orleans' ADO.NET providers ask for: a table OrleansQuery with the SQL of 21 operations, each a single call without a
-- transaction around it. Table and column names are ours; query keys, parameter names and result columns are Orleans'.
-- No operation may contain BEGIN and COMMIT: Orleans would leave a transaction open on the pooled connection when a statement in
-- between fails, and lock everybody out. What takes two tables is done by one statement and a trigger.

CREATE TABLE OrleansQuery (
    QueryKey TEXT PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE membership_version (
    deployment_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL
);

-- Times are text as the provider binds a DateTime, yyyy-MM-dd HH:mm:ss.FFFFFFF, which compares correctly.
CREATE TABLE membership (
    deployment_id TEXT NOT NULL,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    silo_name TEXT NOT NULL,
    host_name TEXT NOT NULL,
    status INTEGER NOT NULL,
    proxy_port INTEGER NOT NULL,
    suspect_times TEXT,
    start_time TEXT NOT NULL,
    iam_alive_time TEXT NOT NULL,
    PRIMARY KEY (deployment_id, address, port, generation)
);

CREATE TRIGGER membership_inserted AFTER INSERT ON membership
BEGIN
    UPDATE membership_version SET version = version + 1 WHERE deployment_id = new.deployment_id;
END;

-- Not when the silo just says that it is alive: that must leave the version alone.
CREATE TRIGGER membership_updated AFTER UPDATE OF status, suspect_times ON membership
BEGIN
    UPDATE membership_version SET version = version + 1 WHERE deployment_id = new.deployment_id;
END;

-- The identity is the primary key: without it, two racing first writes would both insert and every later read would fail.
-- Orleans' NULL extension is stored as '', because a key treats NULLs as different. Its hashes are not needed.
CREATE TABLE grain_state (
    service_id TEXT NOT NULL,
    grain_type TEXT NOT NULL,
    grain_n0 INTEGER NOT NULL,
    grain_n1 INTEGER NOT NULL,
    grain_extension TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload BLOB,
    PRIMARY KEY (service_id, grain_type, grain_n0, grain_n1, grain_extension)
);

CREATE TABLE reminder (
    service_id TEXT NOT NULL,
    grain_id TEXT NOT NULL,
    reminder_name TEXT NOT NULL,
    grain_hash INTEGER NOT NULL,
    start_time TEXT NOT NULL,
    period INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (service_id, grain_id, reminder_name)
);

CREATE INDEX reminder_grain_hash ON reminder (service_id, grain_hash);

-- Membership. A silo's row changes only together with the table's version, and only from the version that was read.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
INSERT INTO membership_version (deployment_id, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING;
SELECT changes()
'),

('InsertMembershipKey', '
INSERT INTO membership (deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, iam_alive_time)
SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
FROM membership_version WHERE deployment_id = @DeploymentId AND version = @Version
ON CONFLICT DO NOTHING;
SELECT changes()
'),

('UpdateMembershipKey', '
UPDATE membership SET status = @Status, suspect_times = @SuspectTimes, iam_alive_time = @IAmAliveTime
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    AND EXISTS (SELECT 1 FROM membership_version WHERE deployment_id = @DeploymentId AND version = @Version);
SELECT changes()
'),

('UpdateIAmAlivetimeKey', '
UPDATE membership SET iam_alive_time = @IAmAliveTime
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
'),

('MembershipReadRowKey', '
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
    m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
    m.iam_alive_time AS IAmAliveTime, v.version AS Version
FROM membership_version v
LEFT JOIN membership m ON m.deployment_id = v.deployment_id
    AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE v.deployment_id = @DeploymentId
'),

('MembershipReadAllKey', '
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
    m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
    m.iam_alive_time AS IAmAliveTime, v.version AS Version
FROM membership_version v LEFT JOIN membership m ON m.deployment_id = v.deployment_id
WHERE v.deployment_id = @DeploymentId
'),

('GatewaysQueryKey', '
SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
FROM membership WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
'),

('DeleteMembershipTableEntriesKey', '
DELETE FROM membership WHERE deployment_id = @DeploymentId;
DELETE FROM membership_version WHERE deployment_id = @DeploymentId
'),

('CleanupDefunctSiloEntriesKey', '
DELETE FROM membership
WHERE deployment_id = @DeploymentId AND status = 6 AND iam_alive_time < @IAmAliveTime
'),

('CleanupDefunctSiloEntryKey', '
DELETE FROM membership
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    AND status = 6 AND start_time = @StartTime AND iam_alive_time = @IAmAliveTime
    AND coalesce(suspect_times, '''') = coalesce(@SuspectTimes, '''')
');

-- Grain state. The row's version is the grain's ETag; no row answered means that the ETag was stale.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
SELECT payload AS PayloadBinary, version AS Version FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '''')
'),

('WriteToStorageKey', '
INSERT INTO grain_state (service_id, grain_type, grain_n0, grain_n1, grain_extension, version, payload)
SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), 1, @PayloadBinary
WHERE @GrainStateVersion IS NULL
ON CONFLICT DO NOTHING
RETURNING version AS NewGrainStateVersion;
UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
'),

('ClearStorageKey', '
UPDATE grain_state SET payload = NULL, version = version + 1
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
'),

('DeleteStorageKey', '
DELETE FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '''')
    AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion
');

-- Reminders. Hashes are unsigned in Orleans and compared as signed integers; the second range query is for ranges that wrap.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', '
INSERT INTO reminder (service_id, grain_id, reminder_name, grain_hash, start_time, period, version)
VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
ON CONFLICT (service_id, grain_id, reminder_name) DO UPDATE SET
    grain_hash = excluded.grain_hash, start_time = excluded.start_time, period = excluded.period, version = reminder.version + 1
RETURNING version AS Version
'),

('ReadReminderRowsKey', '
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_id = @GrainId
'),

('ReadReminderRowKey', '
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName
'),

('ReadRangeRows1Key', '
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
'),

('ReadRangeRows2Key', '
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
'),

('DeleteReminderRowKey', '
DELETE FROM reminder
WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName AND version = @Version;
SELECT changes()
'),

('DeleteReminderRowsKey', '
DELETE FROM reminder WHERE service_id = @ServiceId
');
