-- How many rows retention has taken, so that those that are left need not be counted: the list of connections tells their number.

ALTER TABLE session_day ADD COLUMN swept bigint NOT NULL DEFAULT 0;
ALTER TABLE session_day ADD COLUMN swept_errors bigint NOT NULL DEFAULT 0;

WITH stored AS (SELECT day, count(*) AS sessions, count(*) FILTER (WHERE status = 'error') AS errors FROM session GROUP BY day)
UPDATE session_day SET
    swept = opened - coalesce((SELECT sessions FROM stored WHERE stored.day = session_day.day), 0),
    swept_errors = errors - coalesce((SELECT stored.errors FROM stored WHERE stored.day = session_day.day), 0);

-- Counted here, whoever deletes.
CREATE TRIGGER session_swept AFTER DELETE ON session
BEGIN
    UPDATE session_day SET swept = swept + 1, swept_errors = swept_errors + (OLD.status = 'error') WHERE day = OLD.day;
END;
