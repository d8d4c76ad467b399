-- Schema 1 of the secrets file: the texts of preshared keys, each under the guid that a row of
-- rule_auth in the policy store names.
PRAGMA application_id = 0x49505353; -- "IPSS"

CREATE TABLE secret (
	id   BLOB PRIMARY KEY CHECK (length(id) = 16),
	text TEXT NOT NULL CHECK (length(CAST(text AS BLOB)) <= 1023)
) STRICT, WITHOUT ROWID;
