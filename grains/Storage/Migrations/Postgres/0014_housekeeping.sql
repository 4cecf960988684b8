-- One row: the silo that does the housekeeping of the whole grid, and until when. Nobody yet.
CREATE TABLE housekeeping (
    id integer PRIMARY KEY,
    holder text NOT NULL,
    expires_at bigint NOT NULL
);

INSERT INTO housekeeping (id, holder, expires_at) VALUES (1, '', 0);
