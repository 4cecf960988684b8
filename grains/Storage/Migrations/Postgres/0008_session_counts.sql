-- How many rows retention has taken, so that those that are left need not be counted: the list of connections tells their number.

-- Nobody may write between the count and the first deletion that is counted.
LOCK TABLE session IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE session_day IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE session_day ADD COLUMN swept bigint NOT NULL DEFAULT 0;
ALTER TABLE session_day ADD COLUMN swept_errors bigint NOT NULL DEFAULT 0;

WITH stored AS (SELECT day, count(*) AS sessions, count(*) FILTER (WHERE status = 'error') AS errors FROM session GROUP BY day)
UPDATE session_day SET
    swept = opened - coalesce((SELECT sessions FROM stored WHERE stored.day = session_day.day), 0),
    swept_errors = errors - coalesce((SELECT stored.errors FROM stored WHERE stored.day = session_day.day), 0);

-- Counted here, whoever deletes: during a rolling upgrade also silos do that know nothing of these columns. In the order of days, as the reports
-- write them, so that none of the two waits for the other in a circle.
CREATE FUNCTION session_swept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO session_day (day, swept, swept_errors)
    SELECT day, count(*), count(*) FILTER (WHERE status = 'error') FROM gone GROUP BY day ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        swept = session_day.swept + excluded.swept,
        swept_errors = session_day.swept_errors + excluded.swept_errors;
    RETURN NULL;
END
$$;

CREATE TRIGGER session_swept AFTER DELETE ON session
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION session_swept();
