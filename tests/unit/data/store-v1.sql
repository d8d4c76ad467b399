-- A store of schema 1 with every kind of row. Never edited: later programs must read it as store-v1.txt says.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
	id          INTEGER PRIMARY KEY CHECK (id = 1),
	counter     INTEGER NOT NULL, -- transactions that changed something
	next_filter INTEGER NOT NULL  -- ids of filters come from here, see `filter`
) STRICT;
INSERT INTO meta VALUES(1,18,11);
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
INSERT INTO policy VALUES(1,X'b8eb447964ce44a09f4714edcad0c6bb','策略 ''one''','first',1795478792,1,1,3,28800,10800);
INSERT INTO policy VALUES(2,X'139a57200ea845b986c71725d43e50ca','two','',1795478792,0,0,0,28800,10800);
CREATE TABLE policy_offer (
	policy INTEGER NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
	seq    INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 15),
	encr   INTEGER NOT NULL CHECK (encr BETWEEN 0 AND 255),
	integ  INTEGER NOT NULL CHECK (integ BETWEEN 0 AND 255),
	dh     INTEGER NOT NULL CHECK (dh BETWEEN 0 AND 255),
	PRIMARY KEY (policy, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO policy_offer VALUES(1,0,2,2,2);
INSERT INTO policy_offer VALUES(1,1,1,1,1);
INSERT INTO policy_offer VALUES(2,0,2,2,2);
CREATE TABLE filterlist (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	guid        BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
	name        TEXT NOT NULL UNIQUE COLLATE NOCASE
	            CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	description TEXT NOT NULL CHECK (length(CAST(description AS BLOB)) <= 1023),
	modified    INTEGER NOT NULL
) STRICT;
INSERT INTO filterlist VALUES(1,X'ab9d03d3b4d34b94baf97acf1fc5f2e4','telnet','',1795478792);
INSERT INTO filterlist VALUES(2,X'8ff0dc85edb543308fcfbfae7bfab7cf','empty','',1795478792);
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
INSERT INTO "filter" VALUES(1,1,X'245500242b274551a02667d4d2153ea8','d',0,6,0,23,X'00',X'01',NULL,NULL);
INSERT INTO "filter" VALUES(1,2,X'446f62bbbe0e4aafb8f59883428f38cb','',1,6,1,23,X'01',X'04',NULL,NULL);
INSERT INTO "filter" VALUES(1,3,X'cfa41d7637714050988a9ba71f160303','d',1,6,2,23,X'04',X'05',NULL,NULL);
INSERT INTO "filter" VALUES(1,4,X'40207577573947d082f8b1e72bc7d28d','',0,6,3,23,X'05',X'06',NULL,NULL);
INSERT INTO "filter" VALUES(1,5,X'cb4dc07359b1458c954866109db6cf7c','d',1,6,4,23,X'06',X'07',NULL,NULL);
INSERT INTO "filter" VALUES(1,6,X'8771a4284e6b46b084edad4de425515a','',1,6,5,23,X'07',X'0204080a000000',NULL,NULL);
INSERT INTO "filter" VALUES(1,7,X'c4fd885e019246e3886297d4c38bb3be','d',0,6,6,23,X'0204080a000000',X'02064020010db8000000000000000000000000',NULL,NULL);
INSERT INTO "filter" VALUES(1,8,X'cd419c3f23424c3285e82df2c9afe902','',1,6,7,23,X'02064020010db8000000000000000000000000',X'03040102030401020309',NULL,NULL);
INSERT INTO "filter" VALUES(1,9,X'9855e87076fa45a1b88f70ffd01ac55b','d',1,6,8,23,X'03040102030401020309',X'020420c0000201',NULL,'host.example');
INSERT INTO "filter" VALUES(1,10,X'1d3b731d726a4a3e9a25462c4bc3000d','',0,6,9,23,X'020420c0000201',X'00','host.example',NULL);
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
INSERT INTO filteraction VALUES(1,X'06a49dcbdd914ea8a69642bb5ef65c40','drop','',1795478792,1,0,0,0);
INSERT INTO filteraction VALUES(2,X'5266d6721c3e4a3a801a21c73e44b361','secure','',1795478792,2,1,0,1);
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
INSERT INTO filteraction_offer VALUES(2,0,0,1,2,2,100000,3600);
INSERT INTO filteraction_offer VALUES(2,1,1,0,0,0,0,0);
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
INSERT INTO rule VALUES(1,1,X'cb5caf43e60d45f88e772393d86ebb48',1,NULL,'',1795478792,1,0,NULL,NULL,NULL,0);
INSERT INTO rule VALUES(2,2,X'fdea19c5e1374cababe7cc9cfa0be5a7',1,NULL,'',1795478792,1,0,NULL,NULL,NULL,0);
INSERT INTO rule VALUES(3,1,X'02b5a6827ca945e788c009f2a317a8ec',0,'block it','',1795478792,1,0,NULL,1,1,0);
INSERT INTO rule VALUES(4,1,X'f3a3f2cf5f6e4f67b408bb6cdc06480d',0,'tunnel','',1795478792,0,1,X'c0000209',2,2,0);
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
INSERT INTO rule_offer VALUES(1,0,0,1,2,1,0,0);
INSERT INTO rule_offer VALUES(2,0,0,1,2,1,0,0);
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
INSERT INTO rule_auth VALUES(1,0,0,0,0,NULL,NULL);
INSERT INTO rule_auth VALUES(2,0,0,0,0,NULL,NULL);
INSERT INTO rule_auth VALUES(3,0,0,0,0,NULL,NULL);
INSERT INTO rule_auth VALUES(4,0,1,0,0,NULL,X'421f53b6e40043148bb63537f81e8f7b');
INSERT INTO rule_auth VALUES(4,1,2,1,1,'C=US,O=x',NULL);
INSERT INTO rule_auth VALUES(4,2,0,0,0,NULL,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('policy',2);
INSERT INTO sqlite_sequence VALUES('rule',4);
INSERT INTO sqlite_sequence VALUES('filterlist',2);
INSERT INTO sqlite_sequence VALUES('filteraction',2);
CREATE UNIQUE INDEX policy_assigned ON policy (assigned) WHERE assigned = 1;
CREATE UNIQUE INDEX filter_same ON filter (list, src, dst, protocol, srcport, dstport, mirrored);
CREATE UNIQUE INDEX rule_default ON rule (policy) WHERE is_default = 1;
CREATE INDEX rule_filterlist ON rule (filterlist);
CREATE INDEX rule_filteraction ON rule (filteraction);
CREATE INDEX rule_auth_secret ON rule_auth (secret) WHERE secret IS NOT NULL;
COMMIT;
PRAGMA application_id = 0x49505350;
PRAGMA user_version = 1;
