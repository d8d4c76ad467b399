// FOLDERS: remote kernel dynamic diff compile ipc model ike_channel ike_engine ike_codec base
// LIBS: -lmnl
/*
 * What a member of the group can say to the enforcer, down to the process with the privilege: bodies of changes, each behind
 * its length (2 bytes), go into one set of dynamic objects; the set is compiled, compared with what the kernel holds, and
 * asked of the other process in memory. Whatever the socket takes, that process may be asked for: a question out of bounds
 * would end the enforcer.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ipc/ipc.h"
#include "enforcer/compile/lower_ike.h"
#include "enforcer/dynamic/dynset.h"
#include "enforcer/remote/check.h"
#include "tests/unit/remote_bed.h"
#include "tests/unit/world.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct packets_out out;
static struct packets_in in;

static void ask(struct tape *t, uint8_t type)
{
	*t = (struct tape){.n = 0};
	out.send = tape_send;
	in.recv = tape_recv;
	out.ctx = in.ctx = t;
	packets_begin(&out, type, 1);
}

/* The other process reads the question; it goes on with `why`, what its check says of it. */
static void deliver(void)
{
	if (packets_end(&out) != 0 || packets_open(&in) != 1)
		abort();
}

static void may_be_asked(struct tape *t, const char *why)
{
	if (packets_close(&in) != 0 || why)
		abort();
	tape_free(t);
}

static void ask_xfrm(const struct ops *o, size_t first, size_t n)
{
	struct remote_xfrm x;
	struct tape t;

	ask(&t, REMOTE_XFRM);
	remote_put_xfrm(&out.w, o, first, n, false, NULL);
	deliver();
	remote_get_xfrm(&in.r, &x);
	may_be_asked(&t, check_xfrm(&x.o, x.undo));
	remote_xfrm_free(&x);
}

static void ask_nft(struct ops o, size_t first, size_t n)
{
	struct ops back;
	struct tape t;

	o.nft_first = first;
	o.nft_n = n;
	ask(&t, REMOTE_NFT);
	remote_put_nft(&out.w, &o);
	deliver();
	remote_get_nft(&in.r, &back);
	may_be_asked(&t, check_nft(&back));
	ops_free(&back);
}

static void ask_ike(const struct kstate *s, struct ike_profile *p)
{
	struct xfrm_pol *pols = xcalloc(s->nxfrm + 1, sizeof *pols);
	struct kernel_ike a = {.pols = pols, .profile = p};
	struct remote_ike back;
	struct err e = {0};
	struct tape t;

	for (size_t i = 0; i < s->nxfrm; i++)
		if (s->xfrm[i].pol.kind == XFRM_K_PROTECT && s->xfrm[i].pol.reqid)
			pols[a.npols++] = s->xfrm[i].pol;
	ask(&t, REMOTE_IKE);
	if (remote_put_ike(&out.w, &a, &e) != 0)
		abort();
	deliver();
	remote_get_ike(&in.r, &back);
	may_be_asked(&t, check_ike(&back.a));
	remote_ike_free(&back);
	free(pols);
}

/* As the enforcer does after a change. */
static void put_in_force(const struct dynset *set, const struct facts *facts, struct kstate *have)
{
	struct dyn_rules rules = dynset_rules(set);
	const struct plan_sources sources = {.dynamic = &rules};
	size_t nmm = dynset_count(set, DYN_MMPOLICY), nqm = dynset_count(set, DYN_QMPOLICY);
	const struct dyn_mmpolicy **mm = xcalloc(nmm + 1, sizeof *mm);
	const struct dyn_qmpolicy **qm = xcalloc(nqm + 1, sizeof *qm);
	struct err e = {0};
	struct plan plan;
	struct ops o;

	for (size_t i = 0; i < nmm; i++)
		mm[i] = dynset_mmpolicy(set, i);
	for (size_t i = 0; i < nqm; i++)
		qm[i] = dynset_qmpolicy(set, i);
	if (plan_compile_sources(&sources, facts, &plan, &e) == 0) {
		const struct ike_dynamic dynamic = {.rules = rules, .mm = mm, .qm = qm, .nmm = nmm, .nqm = nqm};
		struct ike_profile *profile = lower_ike(&plan, facts, &dynamic);
		if (plan_diff(&plan, have, &o, &e) != 0)
			abort();
		ask_xfrm(&o, 0, o.nft_first);
		for (size_t at = o.nft_first, n; (n = ops_transaction(&o, at)) > 0; at += n)
			ask_nft(o, at, n);
		ask_xfrm(&o, o.nft_first + o.nft_n, o.n - o.nft_first - o.nft_n);
		kstate_apply(have, &o, 0, o.n);
		ask_ike(have, profile);
		ike_profile_free(profile);
		ops_free(&o);
		plan_free(&plan);
	}
	free(mm);
	free(qm);
}

/* A message with that body. */
static bool read_change(const uint8_t *body, size_t n, struct ipc_msg *m)
{
	static const uint8_t head[IPC_HEAD_BYTES] = {'I', 'P', 'C', '1', IPC_VERSION, 0, IPC_CHANGE};
	uint8_t bytes[IPC_MSG_MAX];
	struct err e = {0};

	memcpy(bytes, head, sizeof head);
	bytes[8] = (uint8_t)n;
	bytes[9] = (uint8_t)(n >> 8);
	memcpy(bytes + sizeof head, body, n);
	return ipc_decode(bytes, sizeof head + n, m, &e) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ipc_msg m;
	struct dynset *set = dynset_new();
	struct kstate have = {0};
	struct facts facts;

	host_facts(&facts);
	for (int changes = 0; size > 2 && changes < 8; changes++) {
		size_t n = (size_t)data[0] | (size_t)data[1] << 8;
		struct dynset *next = NULL;
		struct err e = {0};
		n = n > size - 2 ? size - 2 : n;
		if (n <= IPC_BODY_MAX && read_change(data + 2, n, &m))
			next = dynset_change(set, &m.u.change, &e);
		if (next) {
			dynset_free(set);
			set = next;
			put_in_force(set, &facts, &have);
		}
		data += 2 + n;
		size -= 2 + n;
	}
	dynset_free(set);
	kstate_free(&have);
	facts_free(&facts);
	return 0;
}
