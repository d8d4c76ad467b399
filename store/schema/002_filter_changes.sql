-- Schema 2: a reader that knows the store as of an earlier counter can ask which filters came and went.
-- New filters tell themselves by their id; the ones that are gone are kept here for a while.

-- The last transaction that changed more than which filters existing lists hold.
ALTER TABLE meta ADD COLUMN structure INTEGER NOT NULL DEFAULT 0;
-- filter_gone is complete for the transactions after this one.
ALTER TABLE meta ADD COLUMN gone_after INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET structure = counter, gone_after = counter;

-- counter: of the transaction that deleted it; the rest as in `filter`.
CREATE TABLE filter_gone (
	counter     INTEGER NOT NULL,
	list        INTEGER NOT NULL,
	id          INTEGER NOT NULL,
	guid        BLOB NOT NULL,
	description TEXT NOT NULL,
	mirrored    INTEGER NOT NULL,
	protocol    INTEGER NOT NULL,
	srcport     INTEGER NOT NULL,
	dstport     INTEGER NOT NULL,
	src         BLOB NOT NULL,
	dst         BLOB NOT NULL,
	src_dns     TEXT,
	dst_dns     TEXT,
	PRIMARY KEY (counter, list, id)
) STRICT, WITHOUT ROWID;
