-- Schema 1 of the policy store.
--
-- Identity is the guid; `id` is a row number that is never given to a second object. Names compare
-- without regard to ASCII case (NOCASE). Enumerations hold the numbers of common/model/model.h.
-- Times are seconds since 1970. Preshared keys are not here but in secrets.db, under `secret`.

PRAGMA application_id = 0x49505350; -- "IPSP": this file is ours

CREATE TABLE meta (
	id          INTEGER PRIMARY KEY CHECK (id = 1),
	counter     INTEGER NOT NULL, -- transactions that changed something
	next_filter INTEGER NOT NULL  -- ids of filters come from here, see `filter`
) STRICT;
INSERT INTO meta VALUES (1, 0, 1);

CREATE TABLE policy (
	id                INTEGER PRIMARY KEY AUTOINCREMENT,
	guid              BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
	name              TEXT NOT NULL UNIQUE COLLATE NOCASE
	                  CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	description       TEXT NOT NULL CHECK (length(CAST(description AS BLOB)) <= 1023),
	modified          INTEGER NOT NULL,
	mmpfs             INTEGER NOT NULL CHECK (mmpfs IN (0, 1)),
	assigned          INTEGER NOT NULL CHECK (assigned IN (0, 1)),
	qmpermm           INTEGER NOT NULL CHECK (qmpermm BETWEEN 0 AND 4294967295),
	mmlifetime_s      INTEGER NOT NULL CHECK (mmlifetime_s BETWEEN 0 AND 4294967295),
	pollinginterval_s INTEGER NOT NULL CHECK (pollinginterval_s BETWEEN 0 AND 4294967295)
) STRICT;
-- One policy is assigned at a time (semantics 1.4).
CREATE UNIQUE INDEX policy_assigned ON policy (assigned) WHERE assigned = 1;

CREATE TABLE policy_offer (
	policy INTEGER NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
	seq    INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 15),
	encr   INTEGER NOT NULL CHECK (encr BETWEEN 0 AND 255),
	integ  INTEGER NOT NULL CHECK (integ BETWEEN 0 AND 255),
	dh     INTEGER NOT NULL CHECK (dh BETWEEN 0 AND 255),
	PRIMARY KEY (policy, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE filterlist (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	guid        BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE
	            CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	description TEXT NOT NULL CHECK (length(CAST(description AS BLOB)) <= 1023),
	modified    INTEGER NOT NULL
) STRICT;

-- The one large table. Clustered by list in the order of adding, so that reading a list is one scan;
-- that rules out AUTOINCREMENT, hence meta.next_filter. The guid has no index: it is random, and
-- nothing looks a filter up by it, while an index would cost a third of the speed of adding.
-- src and dst: kind, then for an address or subnet family, prefix length and address, for a range
-- family, first and last address (store/st_filter.c).
CREATE TABLE filter (
	list        INTEGER NOT NULL REFERENCES filterlist (id) ON DELETE CASCADE,
	id          INTEGER NOT NULL,
	guid        BLOB NOT NULL CHECK (length(guid) = 16),
	description TEXT NOT NULL CHECK (length(description) <= 1023),
	mirrored    INTEGER NOT NULL CHECK (mirrored IN (0, 1)),
	protocol    INTEGER NOT NULL CHECK (protocol BETWEEN 0 AND 255),
	srcport     INTEGER NOT NULL CHECK (srcport BETWEEN 0 AND 65535),
	dstport     INTEGER NOT NULL CHECK (dstport BETWEEN 0 AND 65535),
	src         BLOB NOT NULL,
	dst         BLOB NOT NULL,
	src_dns     TEXT,
	dst_dns     TEXT,
	PRIMARY KEY (list, id)
) STRICT, WITHOUT ROWID;
-- What makes two filters the same one.
CREATE UNIQUE INDEX filter_same ON filter (list, src, dst, protocol, srcport, dstport, mirrored);

CREATE TABLE filteraction (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	guid        BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE
	            CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	description TEXT NOT NULL CHECK (length(CAST(description AS BLOB)) <= 1023),
	modified    INTEGER NOT NULL,
	action      INTEGER NOT NULL CHECK (action BETWEEN 0 AND 2),
	qmpfs       INTEGER NOT NULL CHECK (qmpfs IN (0, 1)),
	inpass      INTEGER NOT NULL CHECK (inpass IN (0, 1)),
	soft        INTEGER NOT NULL CHECK (soft IN (0, 1))
) STRICT;

CREATE TABLE filteraction_offer (
	filteraction INTEGER NOT NULL REFERENCES filteraction (id) ON DELETE CASCADE,
	seq          INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 15),
	ah           INTEGER NOT NULL CHECK (ah BETWEEN 0 AND 255),
	esp          INTEGER NOT NULL CHECK (esp IN (0, 1)),
	encr         INTEGER NOT NULL CHECK (encr BETWEEN 0 AND 255),
	integ        INTEGER NOT NULL CHECK (integ BETWEEN 0 AND 255),
	life_kb      INTEGER NOT NULL CHECK (life_kb BETWEEN 0 AND 4294967295),
	life_s       INTEGER NOT NULL CHECK (life_s BETWEEN 0 AND 4294967295),
	PRIMARY KEY (filteraction, seq)
) STRICT, WITHOUT ROWID;

-- The default response rule has neither name nor list nor action, but offers of its own.
CREATE TABLE rule (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	policy        INTEGER NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
	guid          BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
	is_default    INTEGER NOT NULL CHECK (is_default IN (0, 1)),
	name          TEXT COLLATE NOCASE
	              CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	description   TEXT NOT NULL CHECK (length(CAST(description AS BLOB)) <= 1023),
	modified      INTEGER NOT NULL,
	active        INTEGER NOT NULL CHECK (active IN (0, 1)),
	conntype      INTEGER NOT NULL CHECK (conntype BETWEEN 0 AND 2),
	tunnel        BLOB CHECK (length(tunnel) IN (4, 16)),
	filterlist    INTEGER REFERENCES filterlist (id),
	filteraction  INTEGER REFERENCES filteraction (id),
	default_qmpfs INTEGER NOT NULL CHECK (default_qmpfs IN (0, 1)),
	UNIQUE (policy, name),
	CHECK (is_default = (name IS NULL)),
	CHECK (is_default = (filterlist IS NULL)),
	CHECK (is_default = (filteraction IS NULL))
) STRICT;
CREATE UNIQUE INDEX rule_default ON rule (policy) WHERE is_default = 1;
CREATE INDEX rule_filterlist ON rule (filterlist);
CREATE INDEX rule_filteraction ON rule (filteraction);

CREATE TABLE rule_offer (
	rule    INTEGER NOT NULL REFERENCES rule (id) ON DELETE CASCADE,
	seq     INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 15),
	ah      INTEGER NOT NULL CHECK (ah BETWEEN 0 AND 255),
	esp     INTEGER NOT NULL CHECK (esp IN (0, 1)),
	encr    INTEGER NOT NULL CHECK (encr BETWEEN 0 AND 255),
	integ   INTEGER NOT NULL CHECK (integ BETWEEN 0 AND 255),
	life_kb INTEGER NOT NULL CHECK (life_kb BETWEEN 0 AND 4294967295),
	life_s  INTEGER NOT NULL CHECK (life_s BETWEEN 0 AND 4294967295),
	PRIMARY KEY (rule, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_auth (
	rule          INTEGER NOT NULL REFERENCES rule (id) ON DELETE CASCADE,
	seq           INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 15),
	kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
	certmap       INTEGER NOT NULL CHECK (certmap IN (0, 1)),
	excludecaname INTEGER NOT NULL CHECK (excludecaname IN (0, 1)),
	ca            TEXT CHECK (length(CAST(ca AS BLOB)) <= 1023),
	secret        BLOB CHECK (length(secret) = 16),
	PRIMARY KEY (rule, seq),
	CHECK ((kind = 1) = (secret IS NOT NULL)),
	CHECK ((kind = 2) = (ca IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_auth_secret ON rule_auth (secret) WHERE secret IS NOT NULL;
