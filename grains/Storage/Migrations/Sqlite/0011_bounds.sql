-- Who shares the bound of stored sessions. IPv6 addresses of before stay what they are: only new ones are taken by their /64.
ALTER TABLE session ADD COLUMN network text NOT NULL DEFAULT '';
UPDATE session SET network = ip_address;
CREATE INDEX session_by_network ON session (network, id) WHERE disconnected_at IS NOT NULL;

-- What callers without a login asked for: sums, however many requests there were.
CREATE TABLE api_anonymous (
    minute bigint NOT NULL,
    address text NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    status bigint NOT NULL,
    requests bigint NOT NULL,
    duration_us bigint NOT NULL,
    longest_us bigint NOT NULL,
    PRIMARY KEY (minute, address, method, route, status)
) WITHOUT ROWID;

INSERT INTO api_anonymous (minute, address, method, route, status, requests, duration_us, longest_us)
SELECT at - at % 60000, address, method, route, status, count(*), sum(duration_us), max(duration_us)
FROM api_request WHERE who = '-' AND NOT (method = 'POST' AND status < 400)
GROUP BY at - at % 60000, address, method, route, status;

DELETE FROM api_request WHERE who = '-' AND NOT (method = 'POST' AND status < 400);
