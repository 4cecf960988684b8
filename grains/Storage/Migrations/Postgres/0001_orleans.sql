-- What Orleans' ADO.NET providers ask for: a table OrleansQuery with the SQL of 21 operations, each a single call without a
-- transaction around it. Table and column names are ours; query keys, parameter names and result columns are Orleans'.
-- Every operation is one statement, so it is atomic by itself.

CREATE TABLE OrleansQuery (
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);

CREATE TABLE membership_version (
    deployment_id text PRIMARY KEY,
    version integer NOT NULL
);

CREATE TABLE membership (
    deployment_id text NOT NULL,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    silo_name text NOT NULL,
    host_name text NOT NULL,
    status integer NOT NULL,
    proxy_port integer NOT NULL,
    suspect_times text,
    start_time timestamptz NOT NULL,
    iam_alive_time timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, address, port, generation)
);

-- The identity is the primary key: without it, two racing first writes would both insert and every later read would fail.
-- Orleans' NULL extension is stored as '', because a key treats NULLs as different. Its hashes are not needed.
CREATE TABLE grain_state (
    service_id text NOT NULL,
    grain_type text NOT NULL,
    grain_n0 bigint NOT NULL,
    grain_n1 bigint NOT NULL,
    grain_extension text NOT NULL,
    version integer NOT NULL,
    payload bytea,
    PRIMARY KEY (service_id, grain_type, grain_n0, grain_n1, grain_extension)
);

CREATE TABLE reminder (
    service_id text NOT NULL,
    grain_id text NOT NULL,
    reminder_name text NOT NULL,
    grain_hash integer NOT NULL,
    start_time timestamptz NOT NULL,
    period bigint NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (service_id, grain_id, reminder_name)
);

CREATE INDEX reminder_grain_hash ON reminder (service_id, grain_hash);

-- Membership. A silo's row changes only together with the table's version, and only from the version that was read.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $sql$
WITH made AS (
    INSERT INTO membership_version (deployment_id, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
SELECT EXISTS (SELECT 1 FROM made)
$sql$),

('InsertMembershipKey', $sql$
WITH won AS (
    UPDATE membership_version SET version = version + 1
    WHERE deployment_id = @DeploymentId AND version = @Version
        AND NOT EXISTS (SELECT 1 FROM membership WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1),
made AS (
    INSERT INTO membership (deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, iam_alive_time)
    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM won
    RETURNING 1)
SELECT EXISTS (SELECT 1 FROM made)
$sql$),

('UpdateMembershipKey', $sql$
WITH silo AS (
    SELECT 1 FROM membership WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation FOR UPDATE),
won AS (
    UPDATE membership_version SET version = version + 1 FROM silo
    WHERE deployment_id = @DeploymentId AND version = @Version
    RETURNING 1),
changed AS (
    UPDATE membership SET status = @Status, suspect_times = @SuspectTimes, iam_alive_time = @IAmAliveTime FROM won
    WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    RETURNING 1)
SELECT EXISTS (SELECT 1 FROM changed)
$sql$),

('UpdateIAmAlivetimeKey', $sql$
UPDATE membership SET iam_alive_time = @IAmAliveTime
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$sql$),

('MembershipReadRowKey', $sql$
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
    m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
    m.iam_alive_time AS IAmAliveTime, v.version AS Version
FROM membership_version v
LEFT JOIN membership m ON m.deployment_id = v.deployment_id
    AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
WHERE v.deployment_id = @DeploymentId
$sql$),

('MembershipReadAllKey', $sql$
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
    m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
    m.iam_alive_time AS IAmAliveTime, v.version AS Version
FROM membership_version v LEFT JOIN membership m ON m.deployment_id = v.deployment_id
WHERE v.deployment_id = @DeploymentId
$sql$),

('GatewaysQueryKey', $sql$
SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
FROM membership WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
$sql$),

('DeleteMembershipTableEntriesKey', $sql$
WITH silos AS (DELETE FROM membership WHERE deployment_id = @DeploymentId)
DELETE FROM membership_version WHERE deployment_id = @DeploymentId
$sql$),

('CleanupDefunctSiloEntriesKey', $sql$
DELETE FROM membership
WHERE deployment_id = @DeploymentId AND status = 6 AND iam_alive_time < @IAmAliveTime
$sql$),

('CleanupDefunctSiloEntryKey', $sql$
DELETE FROM membership
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    AND status = 6 AND start_time = @StartTime AND iam_alive_time = @IAmAliveTime
    AND coalesce(suspect_times, '') = coalesce(@SuspectTimes, '')
$sql$);

-- Grain state. The row's version is the grain's ETag; no row answered means that the ETag was stale.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $sql$
SELECT payload AS PayloadBinary, version AS Version FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '')
$sql$),

('WriteToStorageKey', $sql$
WITH made AS (
    INSERT INTO grain_state (service_id, grain_type, grain_n0, grain_n1, grain_extension, version, payload)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT DO NOTHING
    RETURNING version),
changed AS (
    UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '')
        AND version = @GrainStateVersion
    RETURNING version)
SELECT version AS NewGrainStateVersion FROM made UNION ALL SELECT version FROM changed
$sql$),

('ClearStorageKey', $sql$
UPDATE grain_state SET payload = NULL, version = version + 1
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '')
    AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
$sql$),

('DeleteStorageKey', $sql$
DELETE FROM grain_state
WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND grain_n0 = @GrainIdN0 AND grain_n1 = @GrainIdN1
    AND grain_extension = coalesce(@GrainIdExtensionString, '')
    AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion
$sql$);

-- Reminders. Hashes are unsigned in Orleans and compared as signed integers; the second range query is for ranges that wrap.

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $sql$
INSERT INTO reminder (service_id, grain_id, reminder_name, grain_hash, start_time, period, version)
VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
ON CONFLICT (service_id, grain_id, reminder_name) DO UPDATE SET
    grain_hash = excluded.grain_hash, start_time = excluded.start_time, period = excluded.period, version = reminder.version + 1
RETURNING version AS Version
$sql$),

('ReadReminderRowsKey', $sql$
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_id = @GrainId
$sql$),

('ReadReminderRowKey', $sql$
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName
$sql$),

('ReadRangeRows1Key', $sql$
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
$sql$),

('ReadRangeRows2Key', $sql$
SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
FROM reminder WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
$sql$),

('DeleteReminderRowKey', $sql$
WITH gone AS (
    DELETE FROM reminder
    WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName AND version = @Version
    RETURNING 1)
SELECT EXISTS (SELECT 1 FROM gone)
$sql$),

('DeleteReminderRowsKey', $sql$
DELETE FROM reminder WHERE service_id = @ServiceId
$sql$);
