-- What is set in a namespace of channels; null: not set. 0 as a limit: set to no limit.
CREATE TABLE namespace (
    name text NOT NULL PRIMARY KEY,
    subscribe text,
    publish text,
    retention text,
    history_limit integer,
    presence text,
    message_bytes integer,
    publishes_per_second integer
);

-- One row, written with every change of the table above: gateways ask for it once per second.
CREATE TABLE namespace_version (
    id integer PRIMARY KEY,
    version text NOT NULL
);

INSERT INTO namespace_version (id, version) VALUES (1, '');

-- The names and patterns of channels that an API key is limited to, blank separated. Null: not limited.
ALTER TABLE api_key ADD COLUMN channels text;
