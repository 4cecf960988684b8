-- What an API key may be used for, blank separated. Those made before could do both.

ALTER TABLE api_key ADD COLUMN scopes text NOT NULL DEFAULT 'publish read';
