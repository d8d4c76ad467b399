// FOLDERS: dynamic ipc model base
/*
 * Bytes -> message -> bytes: whatever is accepted must encode to the very bytes it came from, in both
 * directions of the channel (one decoder serves both). Then what the two programs do with it: a state is
 * printed, a page built anew from its items, a change tried on a set of dynamic objects and undone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/ipc/ipc.h"
#include "enforcer/dynamic/dynset.h"
#include "tests/unit/dyn_util.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_state(const struct ipc_msg *m)
{
	struct buf b = {0};

	ipc_state_print(&m->u.state, &b);
	buf_free(&b);
}

/* What came in one packet fits a page. */
static void rebuild_page(const struct ipc_msg *m, const uint8_t *data, size_t size)
{
	static struct ipc_msg again;
	static uint8_t bytes[IPC_MSG_MAX];
	size_t used = 0;

	memset(&again, 0, sizeof again);
	again.type = IPC_PAGE;
	again.seq = m->seq;
	again.u.page.kind = m->u.page.kind;
	again.u.page.more = m->u.page.more;
	again.u.page.next = m->u.page.next;
	for (size_t i = 0; i < m->u.page.n; i++)
		if (!ipc_page_add(&again.u.page, &used, &m->u.page.v[i]))
			abort();
	if (ipc_encode(&again, bytes) != size || memcmp(bytes, data, size) != 0)
		abort();
}

static struct dynset *with_policies(void)
{
	struct dyn_change mm = dyn_mm(DYN_ADD, "M"), qm = dyn_qm(DYN_ADD, "Q");
	struct err e = {0};
	struct dynset *none = dynset_new(), *one = dynset_change(none, &mm, &e), *two = dynset_change(one, &qm, &e);

	dynset_free(none);
	dynset_free(one);
	return two;
}

static void try_change(const struct dyn_change *c)
{
	static struct dynset *before;
	struct dynset *after;
	struct err e = {0};

	if (!before)
		before = with_policies();
	after = dynset_change(before, c, &e);
	if (!after && e.kind == ERR_NONE)
		abort(); /* refused without a reason */
	if (dynset_count(before, DYN_MMPOLICY) != 1 || dynset_count(before, DYN_RULE) != 0)
		abort(); /* a set is never changed */
	dynset_free(after);
}

/* Of this version: else a new one would make every seed a message that is refused at its head. */
static size_t of_our_version(const uint8_t *data, size_t size, uint8_t out[IPC_MSG_MAX + 1])
{
	enum { VERSION_AT = 4 };

	if (size > IPC_MSG_MAX + 1)
		size = IPC_MSG_MAX + 1;
	memcpy(out, data, size);
	if (size >= IPC_HEAD_BYTES && out[VERSION_AT] < IPC_VERSION && out[VERSION_AT + 1] == 0)
		out[VERSION_AT] = IPC_VERSION;
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static struct ipc_msg m;
	static uint8_t again[IPC_MSG_MAX], data[IPC_MSG_MAX + 1];
	struct err e = {0};

	size = of_our_version(input, size, data);
	if (ipc_decode(data, size, &m, &e) != 0) {
		if (e.id != IPC_BAD)
			abort();
		return 0;
	}
	if (ipc_encode(&m, again) != size || memcmp(again, data, size) != 0)
		abort();
	if (m.type == IPC_STATE)
		print_state(&m);
	else if (m.type == IPC_PAGE)
		rebuild_page(&m, data, size);
	else if (m.type == IPC_CHANGE)
		try_change(&m.u.change);
	return 0;
}
