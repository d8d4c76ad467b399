/*
 * Opening: who may have written here, which schema is it, and with what settings do we work.
 *
 * A store is a folder (0700) with policy.db and secrets.db (0600). The policy of a host is as good as
 * the least trusted account that can write it, so a folder or file that others can write is refused,
 * not repaired: nobody knows what they put there.
 *
 * Read-only mode follows whatever is there: nothing yet, a new file, a replaced one. An absent store
 * is an empty one in memory, so that no reader needs a special case.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "store/schema.h"
#include "store/secrets.h"
#include "common/base/banned.h"

static const struct schema policy_schema = {
	.migrations = schema_policy,
	.n = &schema_policy_n,
	.application_id = 0x49505350,
	.wal = true,
	/* FULL: a commit is on disk when it returns. The cache holds the index of a large filter list. */
	.settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32000;"
		    "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304",
};

#define PERSISTENT "persistent" /* in the folder of the local store */

char *store_path(const char *dir, const char *file)
{
	size_t n = strlen(dir) + strlen(file) + 2;
	char *path = xcalloc(n, 1);

	snprintf(path, n, "%s/%s", dir, file);
	return path;
}

/* --- whose is it? ------------------------------------------------------------------------------- */

static int check_owner(const struct stat *sb, const char *path, mode_t forbidden, struct err *e)
{
	if ((sb->st_mode & forbidden) || (sb->st_uid != geteuid() && sb->st_uid != 0))
		return err_set(e, STORE_UNSAFE, path);
	return 0;
}

int db_check_file(const char *path, bool private, struct err *e)
{
	struct stat sb;

	/* Never opened for this: closing it again would drop SQLite's locks on it (POSIX locks). */
	if (lstat(path, &sb) < 0) {
		if (errno == ENOENT)
			return 0;
		return errno == EACCES ? err_set(e, STORE_DENIED, path)
				       : err_set_errno(e, errno, STORE_OPEN, path);
	}
	if (!S_ISREG(sb.st_mode))
		return err_set(e, STORE_DAMAGED, path, "not a regular file");
	return check_owner(&sb, path, private ? 077 : 022, e) < 0 ? -1 : 1;
}

/* A new directory entry survives a power cut only when the directory itself was synced. */
static void sync_parent(const char *path)
{
	char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (slash && slash != dir)
		*slash = '\0';
	int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

int db_make_file(const char *path, bool private, struct err *e)
{
	int there = db_check_file(path, private, e);

	if (there != 0)
		return there < 0 ? -1 : 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) /* another program was faster */
		return db_check_file(path, private, e) < 0 ? -1 : 0;
	if (fd < 0)
		return errno == EACCES || errno == EROFS ? err_set(e, STORE_DENIED, path)
							 : err_set_errno(e, errno, STORE_OPEN, path);
	/* The umask may have taken bits away. SQLite gives its -wal and -shm the mode of the database. */
	int bad = fchmod(fd, 0600) < 0 ? errno : 0;
	close(fd);
	if (bad)
		return err_set_errno(e, bad, STORE_OPEN, path);
	sync_parent(path);
	return 0;
}

char *store_persistent_dir(const char *dir)
{
	return store_path(dir, PERSISTENT);
}

/* The folder around that of a persistent store; NULL for any other. The caller frees it. */
static char *local_dir(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	if (!slash || slash == dir || strcmp(slash + 1, PERSISTENT) != 0)
		return NULL;
	char *parent = xstrdup(dir);
	parent[slash - dir] = '\0';
	return parent;
}

static int make_folder(const char *dir, struct err *e)
{
	if (mkdir(dir, 0700) == 0) {
		if (chmod(dir, 0700) < 0)
			return err_set_errno(e, errno, STORE_OPEN, dir);
		sync_parent(dir);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	return errno == EACCES || errno == EROFS ? err_set(e, STORE_DENIED, dir)
						 : err_set_errno(e, errno, STORE_OPEN, dir);
}

static int make_folders(const char *dir, struct err *e)
{
	char *around = local_dir(dir);
	int rc = around ? make_folder(around, e) : 0;

	free(around);
	return rc < 0 ? -1 : make_folder(dir, e);
}

/* 1: safe; 0: not there; -1. */
static int check_one_folder(const char *dir, struct err *e)
{
	struct stat sb;

	if (stat(dir, &sb) < 0) {
		if (errno == ENOENT)
			return 0;
		return errno == EACCES ? err_set(e, STORE_DENIED, dir)
				       : err_set_errno(e, errno, STORE_OPEN, dir);
	}
	if (!S_ISDIR(sb.st_mode))
		return err_set_errno(e, ENOTDIR, STORE_OPEN, dir);
	return check_owner(&sb, dir, 022, e) < 0 ? -1 : 1;
}

/* Who can write the folder around can put another one in its place. */
static int check_folder(const char *dir, struct err *e)
{
	char *around = local_dir(dir);
	int rc = around ? check_one_folder(around, e) : 1;

	free(around);
	return rc <= 0 ? rc : check_one_folder(dir, e);
}

/* --- one database file -------------------------------------------------------------------------- */

static int exec(struct dbh *h, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(h->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_fail(h, rc, e);
}

/* The schema number of the file; 0 for a file with nothing in it. */
static int schema_version(struct dbh *h, const struct schema *schema, int *version, struct err *e)
{
	/* One statement, one moment: another program may be just making this store. */
	static const char sql[] = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)"
				  " FROM pragma_user_version, pragma_application_id";
	int64_t v = 0, id = 0, objects = 0;
	sqlite3_stmt *s = NULL;

	int rc = sqlite3_prepare_v2(h->db, sql, -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		v = sqlite3_column_int64(s, 0);
		id = sqlite3_column_int64(s, 1);
		objects = sqlite3_column_int64(s, 2);
	}
	sqlite3_finalize(s);
	if (rc != SQLITE_ROW)
		return db_fail(h, rc, e);
	if (v < 0 || (v == 0 && objects > 0) || (v > 0 && id != schema->application_id))
		return err_set(e, STORE_DAMAGED, h->path, "it is not a policy store");
	if (v > *schema->n)
		return err_set(e, STORE_NEWER, h->path, (int)v, *schema->n);
	*version = (int)v;
	return 0;
}

static int migrate_from(struct dbh *h, const struct schema *schema, int version, struct err *e)
{
	char done[64];

	for (; version < *schema->n; version++)
		if (exec(h, schema->migrations[version], e) < 0)
			return -1;
	snprintf(done, sizeof done, "PRAGMA user_version = %d", version);
	return exec(h, done, e);
}

static int migrate(struct dbh *h, const struct schema *schema, struct err *e)
{
	int version;

	if (schema_version(h, schema, &version, e) < 0)
		return -1;
	if (version == *schema->n)
		return 0;
	if (exec(h, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	/* Asked again under the lock: another program may have done it meanwhile. */
	if (schema_version(h, schema, &version, e) < 0 || migrate_from(h, schema, version, e) < 0 ||
	    exec(h, "COMMIT", e) < 0) {
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}

/* Changing the journal mode needs the file alone, and does not always wait for that by itself. */
static int use_wal(struct dbh *h, struct err *e)
{
	enum { PAUSE_MS = 10 };
	int rc = SQLITE_OK;

	for (int waited = 0; waited <= STORE_BUSY_MS; waited += PAUSE_MS) {
		rc = sqlite3_exec(h->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((rc & 0xFF) != SQLITE_BUSY && (rc & 0xFF) != SQLITE_LOCKED)
			break;
		sqlite3_sleep(PAUSE_MS);
	}
	/* Kept after the last close: a reader without the right to make files needs them to be there. */
	int keep = 1;
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(h->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	return rc == SQLITE_OK ? 0 : db_fail(h, rc, e);
}

static int connect(struct dbh *h, const char *path, int flags, struct err *e)
{
	h->path = xstrdup(path);
	/* Statistics nobody asks for cost a lock per allocation. Refused, without harm, after the first time. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	int rc = sqlite3_open_v2(path, &h->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return db_fail(h, rc, e);
	sqlite3_busy_timeout(h->db, STORE_BUSY_MS);
	/* A damaged or hostile file must not make SQLite run code or write outside its tables. */
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return exec(h, "PRAGMA cell_size_check = ON", e);
}

static int set_up(struct dbh *h, const struct schema *schema, bool write, struct err *e)
{
	int version;

	if (write) {
		if ((schema->wal && use_wal(h, e) < 0) || exec(h, schema->settings, e) < 0)
			return -1;
		return migrate(h, schema, e);
	}
	if (exec(h, "PRAGMA query_only = ON", e) < 0)
		return -1;
	if (schema_version(h, schema, &version, e) < 0) {
		/* Only the making of a store uses a rollback journal: it was interrupted, nothing is in it. */
		if (!schema->wal || sqlite3_extended_errcode(h->db) != SQLITE_READONLY_ROLLBACK)
			return -1;
		*e = (struct err){0};
		return 1;
	}
	if (version > 0 && version < *schema->n)
		return err_set(e, STORE_OLDER, h->path, version, *schema->n);
	return version == 0;
}

int db_open(struct dbh *h, const char *path, const struct schema *schema, bool write, struct err *e)
{
	/* After a crash a rollback journal can only be played back by one who may write. */
	int flags = write || !schema->wal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int rc = connect(h, path, flags, e);

	if (rc == 0)
		rc = set_up(h, schema, write, e);
	if (rc != 0)
		db_close(h);
	return rc;
}

void db_close(struct dbh *h)
{
	for (size_t i = 0; i < SQL_N; i++)
		sqlite3_finalize(h->stmts[i]);
	sqlite3_close(h->db);
	free(h->path);
	*h = (struct dbh){0};
}

/* --- the store ---------------------------------------------------------------------------------- */

static int open_for_writing(struct store *st, const char *path, struct err *e)
{
	if (make_folders(st->dir, e) < 0 || check_folder(st->dir, e) < 0 || db_make_file(path, false, e) < 0)
		return -1;
	return db_open(&st->h, path, &policy_schema, true, e);
}

/* An empty store, to read from while there is none. */
static int open_nothing(struct store *st, struct err *e)
{
	static const struct schema in_memory = {
		.migrations = schema_policy,
		.n = &schema_policy_n,
		.application_id = 0x49505350,
		.settings = "PRAGMA foreign_keys = ON",
	};

	st->present = false;
	return db_open(&st->h, ":memory:", &in_memory, true, e);
}

static int open_for_reading(struct store *st, const char *path, struct err *e)
{
	struct stat sb;
	int there = check_folder(st->dir, e);

	if (there > 0)
		there = db_check_file(path, false, e);
	if (there < 0)
		return -1;
	if (there == 0 || stat(path, &sb) < 0)
		return st->h.db ? 0 : open_nothing(st, e);
	db_close(&st->h);
	int rc = db_open(&st->h, path, &policy_schema, false, e);
	if (rc != 0) /* 1: a writer is just making it */
		return rc < 0 ? -1 : open_nothing(st, e);
	st->present = true;
	st->dev = sb.st_dev;
	st->ino = sb.st_ino;
	return 0;
}

int store_attach(struct store *st, struct err *e)
{
	struct stat sb;

	if (st->mode == STORE_RW)
		return 0;
	char *path = store_path(st->dir, "policy.db");
	bool there = stat(path, &sb) == 0;
	int rc = 0;
	if (st->h.db && st->present && !(there && sb.st_dev == st->dev && sb.st_ino == st->ino))
		db_close(&st->h);
	if (!st->h.db || (there && !st->present))
		rc = open_for_reading(st, path, e);
	free(path);
	return rc;
}

struct store *store_open(const char *dir, enum store_mode mode, struct err *e)
{
	struct store *st = xcalloc(1, sizeof *st);
	char *path = store_path(dir, "policy.db");

	st->dir = xstrdup(dir);
	st->mode = mode;
	int rc = mode == STORE_RW ? open_for_writing(st, path, e) : store_attach(st, e);
	free(path);
	if (rc == 0)
		return st;
	store_close(st);
	return NULL;
}

bool store_is_there(const struct store *st)
{
	return st->mode == STORE_RW || st->present;
}

void store_close(struct store *st)
{
	struct err ignored = {0};

	if (!st)
		return;
	while (st->tx.depth > 0)
		store_cmd_end(st, false, &ignored);
	store_group_end(st, &ignored);
	secrets_close(st);
	db_close(&st->h);
	free(st->dir);
	free(st);
}
