-- Times are Unix milliseconds, UTC.

CREATE TABLE audit (
    id integer PRIMARY KEY AUTOINCREMENT,
    at bigint NOT NULL,
    who text NOT NULL,
    act text NOT NULL,
    target text NOT NULL,
    address text NOT NULL
);

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_who ON audit (who, id);
