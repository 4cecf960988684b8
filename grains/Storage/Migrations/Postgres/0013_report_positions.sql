-- The last report taken of each gateway and kind: a report that is sent again has no second effect, on whichever silo it arrives.
-- ended_at is for sessions only: when the gateway's lease ended. A gateway with open sessions has a row whose ended_at is null.
-- Locked first: a report that a silo of the build before commits between the copy and the end would count twice.
LOCK TABLE gateway_lease, delivery_report, api_request_batch IN ACCESS EXCLUSIVE MODE;

CREATE TABLE report_position (
    gateway_id text NOT NULL,
    kind text NOT NULL,
    number bigint NOT NULL,
    taken_at bigint NOT NULL,
    ended_at bigint,
    PRIMARY KEY (gateway_id, kind)
);

INSERT INTO report_position (gateway_id, kind, number, taken_at, ended_at)
SELECT gateway_id, 'sessions', sequence, coalesce(ended_at, CAST(extract(epoch FROM now()) * 1000 AS bigint)), ended_at
FROM gateway_lease;
INSERT INTO report_position (gateway_id, kind, number, taken_at)
SELECT gateway_id, 'deliveries', sequence, taken_at
FROM delivery_report;
INSERT INTO report_position (gateway_id, kind, number, taken_at)
SELECT gateway_id, 'usage', sequence, taken_at
FROM api_request_batch;

DROP TABLE gateway_lease;
DROP TABLE delivery_report;
DROP TABLE api_request_batch;
