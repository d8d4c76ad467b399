#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ipc/ipc.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static void swallow(void *ctx, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
}

static void report(void *ctx, const char *text, size_t n)
{
	const struct check *c = ctx;

	c->out(c->io_ctx, text, n);
}

/* The enforcer is not told: what passed the grammar would have been accepted, as far as one can know. */
static int ask(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	(void)s, (void)want, (void)e;
	m->type = want;
	memset(&m->u, 0, sizeof m->u);
	return 0;
}

/* No other host is asked either. */
static int no_ssh(struct session *s, const char *const *argv, const char *input, int *status, struct err *e)
{
	(void)s, (void)argv, (void)input, (void)e;
	*status = 0;
	return 0;
}

/* In memory where there is such a place: the copy may be large, and is gone in a moment. */
static int make_folder(struct check *c, struct err *e)
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || strlen(tmp) > sizeof c->dir - 24)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(c->dir, sizeof c->dir, "%s/ipsecsh-check.XXXXXX", tmp);
	if (mkdtemp(c->dir))
		return 0;
	err_set_errno(e, errno, FILE_WRITE, c->dir);
	c->dir[0] = '\0';
	return -1;
}

static int copy_stores(const char *from, const char *to, struct err *e)
{
	char *from2 = store_persistent_dir(from), *to2 = store_persistent_dir(to);
	int rc = store_copy(from, to, e);

	if (rc == 0 && mkdir(to2, 0700) < 0)
		rc = err_set_errno(e, errno, FILE_WRITE, to2);
	if (rc == 0)
		rc = store_copy(from2, to2, e);
	free(from2);
	free(to2);
	return rc;
}

int check_begin(struct session *s, struct check *c, struct err *e)
{
	*c = (struct check){.out = s->out, .io_ctx = s->io_ctx};
	if (make_folder(c, e) < 0)
		return -1;
	if (copy_stores(s->state_dir, c->dir, e) < 0) {
		check_end(c);
		return -1;
	}
	s->state_dir = c->dir;
	s->boot_dir = NULL;
	s->checking = true;
	s->report = report;
	s->report_ctx = c;
	s->out = swallow;
	s->changed = NULL;
	s->ask = ask;
	s->ssh = no_ssh;
	s->person = false;
	return 0;
}

static void remove_store(const char *dir)
{
	static const char *const files[] = {"policy.db", "policy.db-wal", "policy.db-shm", "secrets.db",
	    "secrets.db-journal"};
	char path[128];

	for (size_t i = 0; i < N_OF(files); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

void check_end(struct check *c)
{
	char *persistent;

	if (!c->dir[0])
		return;
	persistent = store_persistent_dir(c->dir);
	remove_store(persistent);
	remove_store(c->dir);
	free(persistent);
	c->dir[0] = '\0';
}
