/* What the tests of enforcer/sas share: a scripted IKE, the fake kernel, and a plan that negotiates. */
#ifndef TESTS_SAS_BED_H
#define TESTS_SAS_BED_H

#include "enforcer/kernel/sad.h"
#include "enforcer/sas/sas.h"
#include "ike/engine/algorithm.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/tap.h"

static struct world w;
static struct facts fs;
static struct plan pl;
static struct ike_profile *pr;
static struct kernel *k;
static struct sad *sad;
static struct sas *s;

/* What was sent to IKE. */
static struct ikc_msg heard[64];
static size_t nheard;

static inline void hear(void *ctx, const struct ikc_msg *m)
{
	(void)ctx;
	if (nheard < N_OF(heard))
		heard[nheard++] = *m;
}

/* The next answer. */
static inline struct ikc_result say(uint16_t type, struct ikc_msg m)
{
	m.type = type;
	m.seq = 7;
	nheard = 0;
	sas_take(s, &m);
	if (nheard != 1 || heard[0].type != IKC_RESULT || heard[0].seq != 7)
		return (struct ikc_result){.ok = false, .spi = 99};
	return heard[0].u.result;
}

/* Why IKE is told that it ended; IKE_OK: it is not. */
static inline enum ike_failure why_ended(const struct ike_sa_id *id)
{
	enum ike_failure why = IKE_OK;
	struct ikc_msg m;

	for (; sas_owes(s, &m); sas_told(s)) {
		const struct ike_sa_id *got = &m.u.cmd.u.expire.sa;
		if (m.type == IKC_EXPIRE && got->spi == id->spi && ip_eq(&got->dst, &id->dst))
			why = m.u.cmd.u.expire.why;
	}
	return why;
}

static inline bool is_owed(const struct ike_sa_id *id)
{
	return why_ended(id) != IKE_OK;
}

static inline size_t associations(void)
{
	size_t n;

	sad_fake_sas(sad, &n);
	return n;
}

static inline size_t granted_policies(void)
{
	const struct kstate *st = kernel_fake_state(k);
	size_t n = 0;

	for (size_t i = 0; i < st->nxfrm; i++)
		n += kpol_is_granted(&st->xfrm[i]);
	return n;
}

/* Compiles the world, brings the kernel to it as *policy* would, and says what IKE may have. */
static inline int enforce(void)
{
	static struct xfrm_pol pols[512];
	struct kernel_report rep;
	struct ip mine[8];
	struct kstate now;
	struct err e = {0};
	struct kernel_ike a = {.pols = pols, .locals = mine};
	struct ops o;
	int rc;

	plan_free(&pl);
	ike_profile_free(pr);
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	pr = ike_world_profile(&w, &pl, &fs);
	is_int(kernel_scan(k, &now, &e), 0);
	is_int(plan_diff(&pl, &now, &o, &e), 0);
	is_int(kernel_apply(k, &o, &now, &rep, &e), 0);
	ops_free(&o);
	for (size_t i = 0; i < now.nxfrm; i++)
		if (now.xfrm[i].pol.kind == XFRM_K_PROTECT)
			pols[a.npols++] = now.xfrm[i].pol;
	kstate_free(&now);
	for (size_t i = 0; i < fs.naddrs; i++)
		if (fs.ifs[fs.addrs[i].iface].kind != IF_LOOPBACK)
			mine[a.nlocals++] = fs.addrs[i].ip;
	a.profile = pr;
	rc = kernel_ike(k, &a, &e);
	is_str(e.text, "");
	return rc;
}

static inline void plan_fails(void)
{
	struct kernel_report rep;
	struct kstate now;
	struct err e = {0};
	struct plan next;
	struct ops o;

	is_int(world_compile(&w, &fs, &next, &e), 0);
	is_int(kernel_scan(k, &now, &e), 0);
	is_int(plan_diff(&next, &now, &o, &e), 0);
	is_int(kernel_apply(k, &o, &now, &rep, &e), -1);
	ops_free(&o);
	kstate_free(&now);
	plan_free(&next);
}

/* The world as it is now in force, and IKE connected. */
static inline void start_world(void)
{
	k = kernel_fake_open();
	sad = sad_fake_open(k);
	s = sas_new(sad, hear, NULL);
	kernel_hook(k, &(struct kernel_hooks){.ctx = s, .allow = sas_allow, .hold = sas_hold,
	    .sums = sas_sums, .uses = sas_uses, .soft_anew = sas_soft_anew});
	nheard = 0;
	is_int(enforce(), 0);
	sas_connected(s, true);
}

/* Rule 1: me <> 10.0.0.0/24 and me <> 10.7.0.7, TCP, ESP or AH; rule 4: me <> 10.7.0.7, soft; rule 5: who asks is answered. */
static inline void start(void)
{
	struct endpoint subnet = net("10.0.0.0", 24), host = net("10.7.0.7", 32);
	struct filter *f;

	host_facts(&fs);
	world_init(&w, 5);
	for (size_t i = 0; i < 5; i++)
		w.actions[i].action = ACTION_NEGOTIATE;
	f = world_filter(&w, 0, &me, &subnet);
	f->mirrored = true;
	f->protocol = PROTO_TCP;
	f = world_filter(&w, 0, &me, &host);
	f->mirrored = true;
	f->protocol = PROTO_TCP;
	w.actions[3].soft = true;
	world_filter(&w, 3, &me, &host)->mirrored = true;
	ike_world_equip(&w);
	w.rules[4] = (struct rule){.id = 5, .active = true, .is_default = true, .default_offers = ike_qm_words("AH[SHA1]"),
	    .auth = {.n = 1, .v = {{.kind = AUTH_PSK}}}};
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1]:100000k/3600s AH[SHA1]:100000k/3600s");
	start_world();
}

static inline void stop(void)
{
	sas_free(s);
	sad->ops->close(sad);
	kernel_close(k);
	plan_free(&pl);
	ike_profile_free(pr);
	facts_free(&fs);
	pl = (struct plan){0};
	pr = NULL;
}

static inline const struct ike_rule *rule_to(uint32_t rule, const char *remote)
{
	const struct ip peer = ip(remote);

	for (size_t i = 0; i < pr->nrules; i++)
		if (pr->rules[i].rule == rule && pr->rules[i].sel.local.net.b[1] == 0 &&
		    ip_in_prefix(&peer, &pr->rules[i].sel.remote.net, pr->rules[i].sel.remote.plen))
			return &pr->rules[i];
	return NULL;
}

/* What IKE agreed on by that rule with 10.0.0.9; offer 0: ESP, 1: AH. */
static inline struct ikc_msg association(size_t offer, bool outbound, uint32_t spi)
{
	const struct ike_rule *r = rule_to(1, "10.0.0.9");
	struct ip here = r->sel.local.net, peer = ip("10.0.0.9");
	bool ah = r->qm->offers[offer].has_ah;
	struct ike_sa sa = {.outbound = outbound, .reqid = r->reqid, .rule = r->rule, .filter = r->filter, .sel = r->sel,
	    .replay_window = 64, .hard_s = 3600, .hard_bytes = 1 << 20,
	    .id = {outbound ? here : peer, outbound ? peer : here, ah ? IKE_PROTO_AH : IKE_PROTO_ESP, spi},
	    .cipher = ah ? IKE_ENC_NULL : IKE_ENC_3DES, .hash = CRYPTO_SHA1, .enc_key_len = ah ? 0 : 24, .auth_key_len = 20};

	sa.sel.remote = (struct ip_prefix){peer, 32};
	return (struct ikc_msg){.u.sa = sa};
}

static inline struct ikc_msg ask_spi(size_t offer)
{
	struct ikc_msg m = association(offer, false, 0);
	struct ike_sa sa = m.u.sa;

	return (struct ikc_msg){.u.get_spi = {.src = sa.id.src, .dst = sa.id.dst, .protocol = sa.id.protocol, .reqid = sa.reqid}};
}

/* A pair of that offer; its SPIs. */
struct two {
	struct ike_sa_id in, out;
};
static inline struct two negotiate(size_t offer, uint32_t theirs)
{
	struct ikc_result r = say(IKC_GET_SPI, ask_spi(offer));
	struct ikc_msg in = association(offer, false, r.spi), out = association(offer, true, theirs);

	ok(r.ok);
	ok(say(IKC_SA_ADD, in).ok);
	ok(say(IKC_SA_ADD, out).ok);
	return (struct two){in.u.sa.id, out.u.sa.id};
}

static inline void del(const struct two *p)
{
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p->in});
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p->out});
}
/* What the next event says that its association has carried. */
static struct sad_usage last_words;

static inline void event(enum sad_event_kind kind, const struct ike_sa_id *id, bool hard, uint32_t reqid)
{
	struct sad_event ev = {.kind = (uint8_t)kind, .reqid = reqid, .used = last_words};

	if (kind == SAD_EXPIRE) {
		ev.cmd = (struct ike_cmd){.kind = IKE_CMD_EXPIRE};
		ev.cmd.u.expire.sa = *id;
		ev.cmd.u.expire.why = hard ? IKE_FAIL_QM_EXPIRED : IKE_OK;
	} else if (kind == SAD_ACQUIRE) {
		ev.cmd = (struct ike_cmd){.kind = IKE_CMD_ACQUIRE};
		ev.cmd.u.acquire.reqid = reqid;
	} else if (kind == SAD_MAPPING) {
		ev.cmd = (struct ike_cmd){.kind = IKE_CMD_MAPPING};
		ev.cmd.u.mapping.sa = *id;
	} else if (id) {
		ev.id = *id;
	}
	nheard = 0;
	sad_fake_event(sad, &ev);
	sas_events(s);
}

#endif
