-- Times are Unix milliseconds, UTC.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    who text NOT NULL,
    act text NOT NULL,
    target text NOT NULL,
    address text NOT NULL
);

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_who ON audit (who, id);
