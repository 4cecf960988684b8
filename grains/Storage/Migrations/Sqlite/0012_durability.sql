-- One row that is written when nobody else writes, so that a full disk or a file that is gone is found before somebody publishes.
CREATE TABLE storage_probe (
    id integer NOT NULL PRIMARY KEY,
    written_at bigint NOT NULL
);
