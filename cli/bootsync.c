#include "cli/bootsync.h"

#include <unistd.h>

#include "common/boot/copy_file.h"
#include "common/base/banned.h"

/* What the file says, and what the store (in its open transaction, if any) asks for. */
struct copies {
	bool readable;
	struct bootcopy have, want;
};

static int look(struct session *s, struct copies *c, struct err *e)
{
	bool persistent = s->at == LOCATION_PERSISTENT;
	struct settings host, here;
	struct err unreadable = {0};
	enum dialect ignored;

	if (session_host(s, &host, &ignored, e) < 0 || store_settings(s->store, &here, e) < 0)
		return -1;
	c->readable = bootcopy_read(s->boot_dir, &c->have, &unreadable) >= 0;
	if (!c->readable)
		bootcopy_unknown(&c->have);
	/* Of the store that we do not work on the copy knows best: a shell there may be about to commit. */
	if (persistent && c->readable)
		host.assigned = c->have.assigned_local;
	bootcopy_make(&host, persistent ? here.assigned : c->readable && c->have.assigned_persistent, &c->want);
	/* A store that was deleted and made anew forgets it, the host does not. */
	c->want.ever_assigned |= here.ever_assigned || (c->readable && c->have.ever_assigned);
	return 0;
}

static bool is_exact(const struct copies *c)
{
	return c->readable && bootcopy_eq(&c->have, &c->want);
}

/* `e` becomes the given message with the reason of the system behind it. */
#define say_why(e, id, s)                                                                          \
	do {                                                                                       \
		int why_ = (e)->errno_;                                                            \
		*(e) = (struct err){0};                                                            \
		err_set_errno((e), why_, id, (s)->boot_dir);                                       \
	} while (0)

void bootsync_open(struct session *s)
{
	struct copies c;
	struct err ignored = {0};

	s->boot_pending = s->boot_dir && (look(s, &c, &ignored) < 0 || !is_exact(&c));
}

static int make_strict(struct session *s, struct err *e)
{
	struct bootcopy strict;
	struct copies c;

	if (look(s, &c, e) < 0)
		return -1;
	if (is_exact(&c))
		return 0;
	s->boot_pending = true;
	bootcopy_strictest(&c.have, &c.want, &strict);
	if (c.readable && bootcopy_eq(&c.have, &strict))
		return 0;
	if (bootcopy_write(s->boot_dir, &strict, e) < 0) {
		say_why(e, BOOT_COPY_REFUSED, s);
		return -1;
	}
	return 0;
}

/* Runs one of the two under the lock of the folder: a shell on the other store may be at it as well. */
static int locked(struct session *s, int (*step)(struct session *s, struct err *e), struct err *e)
{
	int lock = bootcopy_lock(s->boot_dir), rc = step(s, e);

	if (lock >= 0)
		close(lock);
	return rc;
}

int bootsync_prepare(struct session *s, struct err *e)
{
	if (!s->boot_dir || !store_boot_touched(s->store))
		return 0;
	return locked(s, make_strict, e);
}

/* The store's write lock is ours, and nothing of the store waits for a commit. */
static int make_exact(struct session *s, struct err *e)
{
	struct copies c;

	if (look(s, &c, e) < 0)
		return -1;
	if (is_exact(&c) || bootcopy_write(s->boot_dir, &c.want, e) == 0)
		return 0;
	say_why(e, BOOT_COPY_STRICT, s);
	return -1;
}

int bootsync_finish(struct session *s, struct err *e)
{
	struct err second = {0};

	if (!s->boot_dir || !s->boot_pending)
		return 0;
	s->boot_pending = false;
	if (store_cmd_begin(s->store, e) < 0)
		return -1;
	int rc = locked(s, make_exact, e);
	store_cmd_end(s->store, false, &second);
	/* In a group the lock would stay. */
	if (store_group_flush(s->store, &second) < 0 && rc == 0) {
		*e = second;
		rc = -1;
	}
	return rc;
}
