-- Schema 2: settings of the host (dynamic set config), as text under their names. What was never set has no
-- row, so its default may change with the program.
CREATE TABLE setting (
	name  TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
	value TEXT NOT NULL CHECK (length(CAST(value AS BLOB)) <= 4096)
) STRICT, WITHOUT ROWID;
