-- One row: the key that the grid signs its own client tokens with ('' until the first is made), and the version of the list of
-- revocations. Whoever adds a revocation counts the version up first, and so waits for the commit of the one before.
CREATE TABLE client_token (
    id integer PRIMARY KEY,
    signing_key text NOT NULL,
    version bigint NOT NULL
);

INSERT INTO client_token (id, signing_key, version) VALUES (1, '', 0);

-- A revoked token (its jti), or a user whose tokens up to a time are revoked.
CREATE TABLE client_token_revocation (
    is_user boolean NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL,
    revoked_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (is_user, subject)
);

CREATE UNIQUE INDEX client_token_revocation_version ON client_token_revocation (version);
CREATE INDEX client_token_revocation_expires ON client_token_revocation (expires_at);

-- For keeping the newest so many.
CREATE INDEX audit_token_issue ON audit (id) WHERE act = 'token.issue';

-- The user of a client token that the connection was opened with.
ALTER TABLE session ADD COLUMN user_id text;
