// FOLDERS: daemon compile ike_channel ike_engine ike_codec ipc model base
/*
 * What ipsec-iked's *net* says, all the way to the shell: whatever the channel takes as a page of associations, as
 * counters or as an event becomes a message of the control socket that its decoder takes, too: a *net* that was taken
 * over cannot make the enforcer say what no shell understands.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enforcer/daemon/ike_view.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ike_heard heard;

static const char *policy_of(void *ctx, uint32_t rule)
{
	(void)ctx;
	return rule & 1 ? "Größe" : NULL;
}

/* Through bytes and back; the bytes of what came back are the same. */
static void must_travel(const struct ipc_msg *m)
{
	static uint8_t bytes[IPC_MSG_MAX], again[IPC_MSG_MAX];
	static struct ipc_msg back;
	struct err e = {0};
	size_t n = ipc_encode(m, bytes);

	if (ipc_decode(bytes, n, &back, &e) != 0 || ipc_encode(&back, again) != n || memcmp(bytes, again, n) != 0)
		abort();
}

static void page(const struct ikc_msg *in)
{
	static const struct ike_dates dates = {{5000000}, 1700000000};
	static struct ipc_msg out;
	uint64_t after = 7;

	memset(&out, 0, sizeof out);
	out.type = IPC_SAS_PAGE;
	out.u.sas_page.quick = in->type == IKC_QMSAS;
	if (out.u.sas_page.quick)
		ike_view_qmsas(&in->u.qmsas, &dates, after, policy_of, NULL, &out.u.sas_page.u.qm);
	else
		ike_view_mmsas(&in->u.mmsas, &dates, after, &out.u.sas_page.u.mm);
	must_travel(&out);
	ike_view_next(in, &after);
	ike_view_has_peer(in, NULL);
}

static void counts(const struct ikc_msg *in)
{
	static struct ipc_msg out;

	memset(&out, 0, sizeof out);
	out.type = IPC_COUNTS;
	ike_view_stats(&in->u.stats, &out.u.counts.stats);
	must_travel(&out);
}

static void event(const struct ikc_msg *in)
{
	static struct ipc_msg out;

	memset(&out, 0, sizeof out);
	out.type = IPC_STATE;
	ike_heard_event(&heard, &in->u.event);
	ike_heard_print(&heard, "running", out.u.state.ike, sizeof out.u.state.ike);
	must_travel(&out);
}

static const struct {
	uint16_t type;
	void (*run)(const struct ikc_msg *in);
} rows[] = {{IKC_MMSAS, page}, {IKC_QMSAS, page}, {IKC_COUNTS, counts}, {IKC_EVENT, event}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ikc_msg m;
	struct err e = {0};

	if (ikc_decode(data, size, IKC_NET, &m, &e) != 0)
		return 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].type == m.type)
			rows[i].run(&m);
	return 0;
}
