-- To how many clients messages were sent: each from first_offset to last_offset to so many. What all gateways told of one range is one row.
-- span is the smallest power of 16 that is not shorter than the range, so that those around an offset are found without reading the many
-- that begin before it and end before it as well.
CREATE TABLE delivery (
    span bigint NOT NULL,
    first_offset bigint NOT NULL,
    last_offset bigint NOT NULL,
    clients bigint NOT NULL,
    PRIMARY KEY (span, first_offset, last_offset)
) WITHOUT ROWID;

-- The last report taken of every gateway: what makes a retry harmless, on whichever silo it lands.
CREATE TABLE delivery_report (
    gateway_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    taken_at bigint NOT NULL
);
