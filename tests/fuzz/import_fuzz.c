// FOLDERS: cli store ipc compile boot model base
// LIBS: -lsqlite3
/*
 * Reaches importpolicy from the bytes of a file on, and dump: what was read can be written, what was written
 * can be read again, and comes out the same. The store is a temporary one; each input is one transaction that
 * is undone, so the disk sees nothing. Dictionary: tools/words fuzz.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "cli/dump.h"
#include "cli/import.h"
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

static struct session *session;

static void forget(void)
{
	cli_free(session);
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->text);
	abort();
}

static void begin(void)
{
	struct err e = {0};

	session = cli_new();
	if (!session_store(session, STORE_RW, &e))
		die("store", &e);
	atexit(forget);
}

static int import_bytes(const void *bytes, size_t n, struct err *e)
{
	int rc, fd = memfd_create("import", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	rc = import_fd(session, fd, "input", e);
	close(fd);
	return rc;
}

/* Everything stays in d->text. */
static int keep(void *ctx, struct buf *text, struct err *e)
{
	(void)ctx, (void)text, (void)e;
	return 0;
}

/* The store as text; freed by the caller. */
static struct buf dump(void)
{
	struct dump d = {.flush = keep};
	struct err e = {0};
	struct policyset *ps = store_snapshot(session->store, &e);

	if (!ps || dump_policies(ps, false, DIALECT_LINUX, &d, &e) < 0 || dump_settings(&ps->settings, &d, &e) < 0)
		die("dump", &e);
	policyset_free(ps);
	return d.text;
}

static void again(void)
{
	struct buf first = dump(), second;
	struct err e = {0};

	if (import_bytes(first.data, first.len, &e) < 0)
		die("a dump is refused", &e);
	second = dump();
	if (strcmp(buf_text(&first), buf_text(&second)) != 0)
		abort();
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0}, second = {0};

	if (!session)
		begin();
	if (store_cmd_begin(session->store, &e) < 0)
		die("begin", &e);
	if (import_bytes(data, size, &e) == 0)
		again();
	else if (!*e.text || e.id == BUG)
		die("a failure without a word, or of ours", &e);
	if (store_cmd_end(session->store, false, &second) < 0)
		die("end", &second);
	arena_reset(&session->arena);
	buf_clear(&cli_out);
	buf_clear(&cli_err);
	return 0;
}
