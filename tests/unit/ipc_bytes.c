/* The control channel's bytes are those of a file: an old shell and a new enforcer of one version understand each other. */
#include "tests/unit/dyn_util.h"
#include "tests/unit/golden_bytes.h"
#include "tests/unit/ipc_samples.h"

#include "common/base/banned.h"

static void these(const char *name, const struct ipc_msg *m)
{
	static struct ipc_msg back;
	uint8_t bytes[IPC_MSG_MAX], again[IPC_MSG_MAX];
	size_t n = ipc_encode(m, bytes);
	struct err e = {0};

	golden_is("tests/unit/data/ipc-bytes.txt", name, bytes, n);
	is_int(ipc_decode(bytes, n, &back, &e), 0);
	is_int(ipc_encode(&back, again), n);
	ok(memcmp(bytes, again, n) == 0);
}

static void every_type_has_its_bytes(void)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		struct ipc_msg m = sample(types[i]);
		char name[32];
		if (types[i] == IPC_TRAFFIC_PAGE)
			m.u.traffic_page.n = 3;
		snprintf(name, sizeof name, "type-%u", types[i]);
		these(name, &m);
	}
}

static void main_modes_have_theirs(void)
{
	struct ipc_msg m = {.type = IPC_SAS_PAGE, .seq = 1};

	a_sas_page(false, &m.u.sas_page);
	these("main-modes", &m);
}

static void every_change_has_its_bytes(void)
{
	struct ipc_msg m = {.type = IPC_CHANGE, .seq = 2};

	m.u.change = dyn_mm(DYN_ADD, "M");
	these("change-mmpolicy", &m);
	m.u.change = dyn_qm(DYN_SET, "Qualität");
	these("change-qmpolicy", &m);
	m.u.change = (struct dyn_change){.op = DYN_DELETE, .kind = DYN_SA, .u.peer = {.family = IP_V6, .b = {0x20, 1, [15] = 7}}};
	these("change-associations", &m);
	m.u.change = (struct dyn_change){.op = DYN_DELETE_ALL, .kind = DYN_ALL};
	these("change-all", &m);
}

static void every_listing_has_its_bytes(void)
{
	struct dyn_change mm = dyn_mm(DYN_ADD, "M"), qm = dyn_qm(DYN_ADD, "Q");
	struct dyn_item items[] = {{.kind = DYN_MMPOLICY, .weight = 1, .u.mm = mm.u.mm}, {.kind = DYN_QMPOLICY, .dir = DYN_IN, .u.qm = qm.u.qm}};
	struct ipc_msg m;

	for (size_t i = 0; i < 2; i++) {
		size_t used = 0;
		m = (struct ipc_msg){.type = IPC_PAGE, .seq = 3, .u.page = {.kind = items[i].kind}};
		ok(ipc_page_add(&m.u.page, &used, &items[i]));
		these(i ? "page-qmpolicy" : "page-mmpolicy", &m);
	}
}

static const struct tap_case cases[] = {
	{"every type of message has its bytes", every_type_has_its_bytes},
	{"main modes have theirs", main_modes_have_theirs},
	{"every change has its bytes", every_change_has_its_bytes},
	{"every listing has its bytes", every_listing_has_its_bytes},
};
TAP_MAIN(cases)
