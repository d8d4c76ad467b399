/* A copy of the policies for one who wants to try something without doing it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/internal.h"
#include "common/base/banned.h"

/* One statement and one moment, whoever writes meanwhile; the copy has no log of its own. */
static int copy_into(struct dbh *h, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_exec(h->db, "PRAGMA query_only = OFF", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(h->db, "VACUUM INTO ?1", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_DONE)
		rc = SQLITE_OK;
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : db_fail(h, rc, e);
}

int store_copy(const char *from, const char *to, struct err *e)
{
	struct store *st = store_open(from, STORE_READ_ONLY, e);
	char *path = store_path(to, "policy.db");
	int rc = -1;

	if (st) {
		mode_t old = umask(0077);
		rc = st->present ? copy_into(&st->h, path, e) : 0;
		umask(old);
	}
	store_close(st);
	free(path);
	return rc;
}
