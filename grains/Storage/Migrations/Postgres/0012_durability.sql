-- One row that is written when nobody else writes, so that a full disk or a lost primary is found before somebody publishes.
CREATE TABLE storage_probe (
    id integer PRIMARY KEY,
    written_at bigint NOT NULL
);

-- What writes these tables are single statements, Orleans' and those that append messages, without a transaction that could be set up before. A
-- role, a database or a server may say synchronous_commit = off: they must be durable all the same. What is stricter than "on" stays.
CREATE FUNCTION commit_durably() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER commit_durably BEFORE INSERT ON message EXECUTE FUNCTION commit_durably();
CREATE TRIGGER commit_durably BEFORE INSERT OR UPDATE OR DELETE ON grain_state EXECUTE FUNCTION commit_durably();
CREATE TRIGGER commit_durably BEFORE INSERT OR UPDATE OR DELETE ON reminder EXECUTE FUNCTION commit_durably();
CREATE TRIGGER commit_durably BEFORE INSERT OR UPDATE OR DELETE ON membership EXECUTE FUNCTION commit_durably();
CREATE TRIGGER commit_durably BEFORE INSERT OR UPDATE OR DELETE ON membership_version EXECUTE FUNCTION commit_durably();
