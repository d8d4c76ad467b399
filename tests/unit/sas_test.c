/* What IKE asks of *kernel*: a scripted IKE, the fake kernel, and packets that meet what was granted. */

#include "enforcer/kernel/sad.h"
#include "enforcer/sas/sas.h"
#include "ike/engine/algorithm.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

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

static void hear(void *ctx, const struct ikc_msg *m)
{
	(void)ctx;
	if (nheard < N_OF(heard))
		heard[nheard++] = *m;
}

/* The next answer. */
static struct ikc_result say(uint16_t type, struct ikc_msg m)
{
	m.type = type;
	m.seq = 7;
	nheard = 0;
	sas_take(s, &m);
	if (nheard != 1 || heard[0].type != IKC_RESULT || heard[0].seq != 7)
		return (struct ikc_result){.ok = false, .spi = 99};
	return heard[0].u.result;
}

static bool is_owed(const struct ike_sa_id *id)
{
	struct ikc_msg m;
	bool found = false;

	while (sas_owes(s, &m)) {
		const struct ike_sa_id *got = &m.u.cmd.u.expire.sa;
		found |= m.type == IKC_EXPIRE && m.u.cmd.u.expire.hard && got->spi == id->spi && ip_eq(&got->dst, &id->dst);
		sas_told(s);
	}
	return found;
}

static size_t associations(void)
{
	size_t n;

	sad_fake_sas(sad, &n);
	return n;
}

static size_t granted_policies(void)
{
	const struct kstate *st = kernel_fake_state(k);
	size_t n = 0;

	for (size_t i = 0; i < st->nxfrm; i++)
		n += kpol_is_granted(&st->xfrm[i]);
	return n;
}

/* Compiles the world, brings the kernel to it as *policy* would, and says what IKE may have. */
static int enforce(void)
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

static void plan_fails(void)
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

/* Rule 1: me <> 10.0.0.0/24 and me <> 10.7.0.7, TCP, ESP or AH; rule 4: me <> 10.7.0.7, soft; rule 5: who asks is answered. */
static void start(void)
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
	k = kernel_fake_open();
	sad = sad_fake_open(k);
	s = sas_new(sad, hear, NULL);
	kernel_hook(k, &(struct kernel_hooks){.ctx = s, .allow = sas_allow, .hold = sas_hold,
	    .sums = sas_sums, .uses = sas_uses, .soft_anew = sas_soft_anew});
	nheard = 0;
	is_int(enforce(), 0);
	sas_connected(s, true);
}

static void stop(void)
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

static const struct ike_rule *rule_to(uint32_t rule, const char *remote)
{
	const struct ip peer = ip(remote);

	for (size_t i = 0; i < pr->nrules; i++)
		if (pr->rules[i].rule == rule && pr->rules[i].sel.local.net.b[1] == 0 &&
		    ip_in_prefix(&peer, &pr->rules[i].sel.remote.net, pr->rules[i].sel.remote.plen))
			return &pr->rules[i];
	return NULL;
}

/* What IKE agreed on by that rule with 10.0.0.9; offer 0: ESP, 1: AH. */
static struct ikc_msg association(size_t offer, bool outbound, uint32_t spi)
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

static struct ikc_msg ask_spi(size_t offer)
{
	struct ikc_msg m = association(offer, false, 0);
	struct ike_sa sa = m.u.sa;

	return (struct ikc_msg){.u.get_spi = {.src = sa.id.src, .dst = sa.id.dst, .protocol = sa.id.protocol, .reqid = sa.reqid}};
}

/* A pair of that offer; its SPIs. */
struct two {
	struct ike_sa_id in, out;
};
static struct two negotiate(size_t offer, uint32_t theirs)
{
	struct ikc_result r = say(IKC_GET_SPI, ask_spi(offer));
	struct ikc_msg in = association(offer, false, r.spi), out = association(offer, true, theirs);

	ok(r.ok);
	ok(say(IKC_SA_ADD, in).ok);
	ok(say(IKC_SA_ADD, out).ok);
	return (struct two){in.u.sa.id, out.u.sa.id};
}

static void del(const struct two *p)
{
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p->in});
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p->out});
}

/* --- associations -------------------------------------------------------------------------------------------------- */

static void a_pair_comes_and_goes(void)
{
	struct ikc_msg unknown;
	struct ikc_result r;
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	is_int(associations(), 2);
	is_int(granted_policies(), 0); /* the plan's own is of that kind */
	r = say(IKC_SA_QUERY, (struct ikc_msg){.u.sa_id = p.out});
	ok(r.ok && r.bytes == 0x5555 && r.packets == 1);
	unknown = (struct ikc_msg){.u.sa_id = p.out};
	unknown.u.sa_id.spi++;
	ok(!say(IKC_SA_QUERY, unknown).ok);
	del(&p);
	is_int(associations(), 0);
	is_int(sas_count(s), 0);
	ok(!is_owed(&p.out)); /* IKE knows */
	stop();
}

static void what_is_not_granted_is_not_done(void)
{
	struct ikc_msg m;
	struct ikc_result r;

	start();
	m = ask_spi(0);
	m.u.get_spi.reqid++;
	ok(!say(IKC_GET_SPI, m).ok);
	m = association(0, true, 0x777);
	m.u.sa.sel.remote = (struct ip_prefix){ip("10.0.0.0"), 8};
	ok(!say(IKC_SA_ADD, m).ok);
	m = association(0, false, 0x777); /* an SPI that nobody reserved */
	ok(!say(IKC_SA_ADD, m).ok);
	is_int(associations(), 0);
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_GET_SPI, ask_spi(0)).ok);
	r = say(IKC_GET_SPI, ask_spi(0));
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_SA_ADD, association(0, false, r.spi)).ok);
	ok(say(IKC_SA_ADD, association(0, false, r.spi)).ok); /* the SPI is still its own */
	is_int(sas_refused(s), 5);
	nheard = 0;
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = {.dst = ip("10.0.0.9"), .spi = 1}});
	is_int(nheard, 0);
	stop();
}

/* The kernel wants exactly a policy's templates: AH needs one of its own, as long as it lives. */
static void another_kind_brings_its_policy(void)
{
	struct fake_packet p = {.out = true, .family = IP_V4, .src = ip("10.0.0.1"), .dst = ip("10.0.0.9"), .protocol = PROTO_TCP,
	    .sport = 40000, .dport = 23, .hop_limit = 64, .iface = "eth0", .have_sa = PROTECT_AH};
	struct two a, b;

	start();
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_DROPPED);
	a = negotiate(1, 0x6666);
	is_int(granted_policies(), 2);
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_PROTECTED);
	p.dst = ip("10.0.0.8"); /* of others the plan's policy holds */
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_DROPPED);
	b = negotiate(1, 0x6667);
	is_int(granted_policies(), 2);
	del(&a);
	is_int(granted_policies(), 2);
	is_int(enforce(), 0); /* a scan and a diff do not see them */
	is_int(granted_policies(), 2);
	del(&b);
	is_int(granted_policies(), 0);
	sad_fake_refuse(sad, 0);
	stop();
}

static void a_policy_that_cannot_be_put_up_is_no_association(void)
{
	struct ikc_msg m;

	start();
	m = association(1, true, 0x888);
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_SA_ADD, m).ok);
	is_int(associations(), 0);
	is_int(granted_policies(), 0);
	ok(say(IKC_SA_ADD, m).ok);
	stop();
}

static void a_peer_behind_a_nat_moves(void)
{
	struct ikc_msg m, v;
	struct ike_end here = {ip("10.0.0.1"), 4500}, there = {ip("10.0.0.9"), 1024};
	struct kernel_sa_sums sums;
	struct ikc_result r;
	struct err e = {0};
	size_t n;

	start();
	r = say(IKC_GET_SPI, ask_spi(0));
	m = association(0, false, r.spi);
	m.u.sa.udp_encap = true;
	m.u.sa.encap_sport = 4500;
	m.u.sa.encap_dport = 4500;
	ok(say(IKC_SA_ADD, m).ok);
	v = (struct ikc_msg){.type = IKC_SA_MOVE, .u.move = {m.u.sa.id, here, there}};
	sad_fake_carry(sad, &m.u.sa.id, &(struct sad_usage){.bytes = 100});
	sas_take(s, &v);
	is_int(kernel_sa_sums(k, &sums, &e), 0);
	is_int(sums.v[KERNEL_SUM_RECEIVED], 100); /* before; the kernel counts anew */
	is_int(sad_fake_sas(sad, &n)->encap_sport, 1024);
	is_int(n, 1);
	v.u.move.remote.port = 1025;
	sad_fake_refuse(sad, 1); /* it went, and did not come back */
	sas_take(s, &v);
	is_int(associations(), 0);
	is_int(sas_count(s), 0);
	ok(is_owed(&m.u.sa.id));
	stop();
}

/* --- what the kernel tells ------------------------------------------------------------------------------------------- */

/* What the next event says that its association has carried. */
static struct sad_usage last_words;

static void event(enum sad_event_kind kind, const struct ike_sa_id *id, bool hard, uint32_t reqid)
{
	struct sad_event ev = {.kind = (uint8_t)kind, .reqid = reqid, .used = last_words};

	if (kind == SAD_EXPIRE) {
		ev.cmd = (struct ike_cmd){.kind = IKE_CMD_EXPIRE};
		ev.cmd.u.expire.sa = *id;
		ev.cmd.u.expire.hard = hard;
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

static void only_events_of_what_is_ours_are_passed_on(void)
{
	struct ike_sa_id strange = {ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x1234};
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	event(SAD_ACQUIRE, NULL, false, PLAN_REQID_BASE + 1);
	ok(nheard == 1 && heard[0].type == IKC_ACQUIRE);
	event(SAD_ACQUIRE, NULL, false, 17);
	is_int(nheard, 0);
	event(SAD_EXPIRE, &p.out, false, 0);
	ok(nheard == 1 && heard[0].type == IKC_EXPIRE && !heard[0].u.cmd.u.expire.hard);
	event(SAD_MAPPING, &p.in, false, 0);
	ok(nheard == 1 && heard[0].type == IKC_MAPPING);
	event(SAD_EXPIRE, &strange, true, 0);
	event(SAD_MAPPING, &strange, false, 0);
	event(SAD_GONE, &strange, false, 0);
	ok(nheard == 0 && !is_owed(&strange));
	event(SAD_EXPIRE, &p.out, true, 0);
	ok(is_owed(&p.out));
	event(SAD_GONE, &p.in, false, 0);
	ok(is_owed(&p.in));
	is_int(sas_count(s), 0);
	stop();
}

static void what_waited_for_keys_goes_when_they_are_there(void)
{
	struct ikc_msg failed = {.type = IKC_ACQUIRE_DONE, .u.acquire_done = {.acquire = 7, .why = IKE_FAIL_TIMED_OUT}};
	struct ikc_msg done = {.type = IKC_ACQUIRE_DONE, .u.acquire_done = {.acquire = 8}};

	start();
	sas_take(s, &failed);
	is_int(sad_fake_released(sad), 0);
	sas_take(s, &done);
	is_int(sad_fake_released(sad), 8);
	done.u.acquire_done = (struct ikc_acquire_done){9, IKE_FAIL_LOAD_SOFT_SA};
	sas_take(s, &done);
	is_int(sad_fake_released(sad), 9);
	is_int(sas_refused(s), 0);
	stop();
}

/* The kernel's requests as IKE hears them when it comes. */
static size_t asked_when_it_comes(uint32_t *first)
{
	struct ikc_msg m;
	size_t n = 0;

	sas_connected(s, false);
	sas_connected(s, true);
	for (; sas_owes(s, &m); sas_told(s))
		if (m.type == IKC_ACQUIRE && n++ == 0)
			*first = m.u.cmd.u.acquire.acquire;
	return n;
}

static void acquire(uint32_t number)
{
	struct sad_event ev = {.kind = SAD_ACQUIRE, .reqid = PLAN_REQID_BASE + 1, .cmd = {.kind = IKE_CMD_ACQUIRE}};

	ev.cmd.u.acquire.acquire = number;
	sad_fake_event(sad, &ev);
	sas_events(s);
}

static void what_nobody_answered_is_asked_of_the_next_ike(void)
{
	struct ikc_msg done = {.type = IKC_ACQUIRE_DONE, .u.acquire_done = {.acquire = 5, .why = IKE_OK}};
	uint32_t first = 0;

	start();
	sas_connected(s, false);
	acquire(5);
	ok(asked_when_it_comes(&first) == 1 && first == 5);
	acquire(6);
	sas_take(s, &done);
	done.u.acquire_done = (struct ikc_acquire_done){6, IKE_FAIL_TIMED_OUT};
	sas_take(s, &done); /* another daemon may do better */
	ok(asked_when_it_comes(&first) == 1 && first == 6);
	sad_fake_pass(sad, DUR_S(20));
	acquire(7);
	is_int(asked_when_it_comes(&first), 2);
	sad_fake_pass(sad, DUR_S(10)); /* the kernel asks again of itself then */
	ok(asked_when_it_comes(&first) == 1 && first == 7);
	for (uint32_t i = 0; i < 5000; i++)
		acquire(100 + i);
	ok(asked_when_it_comes(&first) == 1024 && first == 100 + 5000 - 1024);
	stop();
}

/* A reserved SPI that gets no keys expires too; IKE gave it up long before. */
static void a_reservation_ends_in_silence(void)
{
	struct ike_sa_id id;
	struct ikc_msg m;
	struct ikc_result r;

	start();
	r = say(IKC_GET_SPI, ask_spi(0));
	m = association(0, false, r.spi);
	id = m.u.sa.id;
	event(SAD_EXPIRE, &id, true, 0);
	ok(nheard == 0 && !is_owed(&id));
	is_int(sas_count(s), 0);
	stop();
}

static void a_flush_is_noticed(void)
{
	struct two p, q;

	start();
	p = negotiate(0, 0x5555);
	q = negotiate(1, 0x6666);
	sad_fake_drop(sad, &p.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	ok(is_owed(&p.out));
	is_int(sas_count(s), 3);
	sad_fake_drop(sad, &q.in);
	sad_fake_drop(sad, &q.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	is_int(granted_policies(), 0);
	is_int(sas_count(s), 1);
	stop();
}

static void flushed_policies_come_back(void)
{
	struct kstate empty = {.table = KTABLE_OURS};

	start();
	negotiate(1, 0x6666);
	kernel_fake_set(k, &empty);
	is_int(granted_policies(), 0);
	event(SAD_POLICIES_LOST, NULL, false, 0);
	is_int(granted_policies(), 2);
	stop();
}

/* --- begin, end, another plan --------------------------------------------------------------------------------------- */

static void what_was_granted_stays_while_ike_is_away(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	sas_connected(s, false);
	is_int(associations(), 2);
	event(SAD_ACQUIRE, NULL, false, PLAN_REQID_BASE + 1);
	is_int(nheard, 0); /* nobody is there */
	event(SAD_EXPIRE, &p.out, true, 0);
	sas_connected(s, true);
	ok(is_owed(&p.out));
	is_int(sas_count(s), 1);
	stop();
}

static void what_nobody_granted_goes_when_ike_comes(void)
{
	struct ikc_msg old;
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	old = association(0, true, 0x999);
	sad_fake_put(sad, &old.u.sa);
	sas_connected(s, false);
	is_int(associations(), 3);
	sas_connected(s, true);
	is_int(associations(), 2);
	ok(is_owed(&old.u.sa.id));
	ok(!is_owed(&p.out));
	stop();
}

static void another_plan_ends_what_it_does_not_allow(void)
{
	struct two p, q;

	start();
	p = negotiate(0, 0x5555);
	q = negotiate(1, 0x6666);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1]:100000k/3600s");
	is_int(enforce(), 0);
	ok(is_owed(&q.out) && !is_owed(&p.out));
	is_int(associations(), 2);
	is_int(granted_policies(), 0);
	w.rules[0].active = false;
	is_int(enforce(), 0);
	is_int(associations(), 0);
	ok(is_owed(&p.out));
	stop();
}

/* --- in clear ---------------------------------------------------------------------------------------------------------- */

static enum fake_fate fate(bool out, uint8_t protocol, const char *peer)
{
	struct fake_packet p = {.out = out, .family = IP_V4, .src = out ? ip("10.0.0.1") : ip(peer),
	    .dst = out ? ip(peer) : ip("10.0.0.1"), .protocol = protocol, .sport = 40000, .dport = 40001, .hop_limit = 64,
	    .iface = "eth0"};

	return fake_verdict(kernel_fake_state(k), &p);
}

static struct ikc_msg soft(uint64_t id)
{
	const struct ike_rule *r = rule_to(4, "10.7.0.7");

	return (struct ikc_msg){.u.soft = {.id = id, .sel = r->sel, .reqid = r->reqid, .life = DUR_S(60)}};
}

static void is_open(bool want)
{
	is_int(fate(true, PROTO_UDP, "10.7.0.7") == FAKE_CLEAR, want);
	is_int(fate(false, PROTO_UDP, "10.7.0.7") == FAKE_CLEAR, want);
	/* Never: another rule between the same two, and another host of the same rule's kind. */
	is_int(fate(true, PROTO_TCP, "10.7.0.7"), FAKE_DROPPED);
	is_int(fate(false, PROTO_TCP, "10.7.0.7"), FAKE_DROPPED);
	is_int(fate(true, PROTO_TCP, "10.0.0.9"), FAKE_DROPPED);
}

static void clear_traffic_is_of_that_pair_and_rule_only(void)
{
	struct ikc_result r;

	start();
	is_open(false);
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_open(true);
	is_int(granted_policies(), 2);
	r = say(IKC_SOFT_QUERY, soft(1));
	ok(r.ok && r.packets == 7 && !mono_is_never(r.last_use));
	ok(!say(IKC_SOFT_ADD, soft(1)).ok);
	sas_take(s, &(struct ikc_msg){.type = IKC_SOFT_DEL, .u.soft = soft(1).u.soft});
	is_open(false);
	is_int(granted_policies(), 0);
	ok(!say(IKC_SOFT_QUERY, soft(1)).ok);
	for (size_t refuse = 1; refuse <= 1; refuse++) {
		sad_fake_refuse(sad, refuse);
		ok(!say(IKC_SOFT_ADD, soft(2)).ok);
		is_open(false);
		is_int(granted_policies(), 0);
	}
	stop();
}

static void clear_traffic_outlives_a_new_table_and_ends_in_time(void)
{
	struct kernel_report rep;
	struct kstate now;
	struct err e = {0};
	struct ops o;
	struct plan nothing = {0};

	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_int(kernel_scan(k, &now, &e), 0);
	is_int(plan_diff(&nothing, &now, &o, &e), 0);
	is_int(kernel_apply(k, &o, &now, &rep, &e), 0); /* somebody removed all of ours, and it is put up again */
	ops_free(&o);
	kstate_free(&now);
	is_int(enforce(), 0);
	is_open(true);
	sad_fake_pass(sad, DUR_S(60));
	event(SAD_POLICIES_LOST, NULL, false, 0); /* the kernel ended its policies */
	is_open(false);
	is_int(granted_policies(), 0);
	ok(!say(IKC_SOFT_QUERY, soft(1)).ok);
	stop();
}

/* Between two plans, and while all policies are gone, nftables alone forbids: no pair is excepted then. */
static void while_policies_change_nothing_is_in_clear(void)
{
	struct sad_event flush = {.kind = SAD_POLICIES_LOST, .flush = true};
	struct err e = {0};

	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_int(kernel_hold(k, &e), 0);
	is_open(false);
	ok(say(IKC_SOFT_ADD, soft(2)).ok); /* which waits as well */
	sas_soft_anew(s);
	is_open(false);
	is_int(enforce(), 0);
	is_open(true);
	sad_fake_event(sad, &flush);
	sas_events(s);
	is_open(false);
	is_int(enforce(), 0);
	is_open(true);
	w.rules[0].active = false; /* a change that fails half-way */
	kernel_fake_fault(k, FAKE_FAULT_DIE, 0);
	plan_fails();
	is_int(fate(true, PROTO_UDP, "10.7.0.7"), FAKE_DROPPED);
	stop();
}

static void another_plan_ends_clear_traffic(void)
{
	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	w.actions[3].soft = false;
	is_int(enforce(), 0);
	is_open(false);
	is_int(granted_policies(), 0);
	stop();
}

/* --- what was carried ------------------------------------------------------------------------------------------------ */

static void carries(const struct ike_sa_id *id, uint64_t bytes, uint64_t packets)
{
	sad_fake_carry(sad, id, &(struct sad_usage){.bytes = bytes, .packets = packets});
}

static uint64_t sum(enum kernel_sa_sum which)
{
	struct kernel_sa_sums all;
	struct err e = {0};

	is_int(kernel_sa_sums(k, &all, &e), 0);
	return all.v[which];
}

static void sums_are(const struct kernel_sa_sums *want)
{
	for (enum kernel_sa_sum i = 0; i < KERNEL_SUMS; i++)
		is_int(sum(i), want->v[i]);
}

static void each_sum_counts_what_it_says(void)
{
	struct two esp, ah;

	start();
	sums_are(&(struct kernel_sa_sums){.v = {0}});
	esp = negotiate(0, 0x5555);
	ah = negotiate(1, 0x6666);
	sad_fake_carry(sad, &esp.in, &(struct sad_usage){.bytes = 1000, .packets = 10, .replayed = 2, .forged = 3});
	carries(&esp.out, 500, 5);
	sad_fake_carry(sad, &ah.in, &(struct sad_usage){.bytes = 70, .packets = 7, .replayed = 20, .forged = 30});
	carries(&ah.out, 60, 6);
	ok(say(IKC_GET_SPI, ask_spi(0)).ok);
	sums_are(&(struct kernel_sa_sums){.v = {[KERNEL_SUM_ESP_SENT] = 500, [KERNEL_SUM_ESP_RECEIVED] = 1000,
	    [KERNEL_SUM_AH_SENT] = 60, [KERNEL_SUM_AH_RECEIVED] = 70, [KERNEL_SUM_SENT] = 560, [KERNEL_SUM_RECEIVED] = 1070,
	    [KERNEL_SUM_NUMBERED] = 17, [KERNEL_SUM_REPLAYED] = 22, [KERNEL_SUM_FORGED] = 33, [KERNEL_SUM_PAIRS] = 2,
	    [KERNEL_SUM_WAITING] = 1}});
	stop();
}

/* However an association ends: by IKE, in time, by another's hand, with the plan, or unseen. */
static void sums_do_not_fall_when_associations_end(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 1);
	carries(&p.out, 10, 1);
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	carries(&p.in, 150, 2); /* since it was read */
	del(&p);
	is_int(sum(KERNEL_SUM_RECEIVED), 150);
	is_int(sum(KERNEL_SUM_SENT), 10);
	is_int(sum(KERNEL_SUM_PAIRS), 0);

	p = negotiate(0, 0x5555); /* the name of before: it begins at 0 */
	carries(&p.in, 1000, 1);
	carries(&p.out, 7, 1);
	is_int(sum(KERNEL_SUM_SENT), 17);
	last_words = (struct sad_usage){.bytes = 2000, .packets = 2};
	sad_fake_drop(sad, &p.in);
	event(SAD_EXPIRE, &p.in, true, 0);
	is_int(sum(KERNEL_SUM_RECEIVED), 2150);
	last_words.bytes = 27;
	sad_fake_drop(sad, &p.out);
	event(SAD_GONE, &p.out, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 37);

	p = negotiate(0, 0x6666);
	carries(&p.out, 50, 1);
	is_int(sum(KERNEL_SUM_SENT), 87);
	sad_fake_drop(sad, &p.out);
	is_int(sum(KERNEL_SUM_SENT), 87); /* between its end and the word of it */
	last_words.bytes = 60;
	event(SAD_GONE, &p.out, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 97);

	p = negotiate(0, 0x7777);
	carries(&p.out, 40, 1);
	is_int(sum(KERNEL_SUM_SENT), 137);
	sad_fake_drop(sad, &p.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	is_int(sum(KERNEL_SUM_SENT), 137); /* what was read last */
	stop();
}

static void sums_outlive_the_plan_that_they_were_of(void)
{
	struct two p;

	start();
	p = negotiate(1, 0x5555);
	carries(&p.in, 100, 1);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1]:100000k/3600s");
	is_int(enforce(), 0);
	is_int(associations(), 0);
	is_int(sum(KERNEL_SUM_AH_RECEIVED), 100);
	stop();
}

/* A deletion that is refused ends nothing, and counts nothing twice. */
static void what_stays_is_counted_once(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 1);
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	sad_fake_refuse(sad, 1);
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = p.in});
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	sad_fake_put(sad, &(struct ike_sa){.id = {ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x4321}}); /* a stranger's */
	is_int(sum(KERNEL_SUM_RECEIVED), 100);
	stop();
}

static void one_association_tells_what_it_carried(void)
{
	struct ike_sa_id ids[3];
	struct kernel_sa_use uses[3];
	struct err e = {0};
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	carries(&p.in, 100, 3);
	ids[0] = p.in;
	ids[1] = (struct ike_sa_id){ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x4321};
	sad_fake_put(sad, &(struct ike_sa){.id = ids[1]}); /* is there, and was not granted */
	ids[2] = p.out;
	sad_fake_drop(sad, &p.out); /* was granted, and is not there */
	is_int(kernel_sa_uses(k, ids, 3, uses, &e), 0);
	ok(uses[0].known && uses[0].bytes == 100 && uses[0].packets == 3);
	ok(!uses[1].known && uses[1].bytes == 0 && !uses[2].known);
	stop();
}

static const struct tap_case cases[] = {
    {"a pair comes and goes", a_pair_comes_and_goes},
    {"what waited for keys goes when they are there, or when it may go in clear", what_waited_for_keys_goes_when_they_are_there},
    {"what is not granted is not done", what_is_not_granted_is_not_done},
    {"another kind brings its policy", another_kind_brings_its_policy},
    {"a policy that cannot be put up is no association", a_policy_that_cannot_be_put_up_is_no_association},
    {"a peer behind a NAT moves", a_peer_behind_a_nat_moves},
    {"only events of what is ours are passed on", only_events_of_what_is_ours_are_passed_on},
    {"what nobody answered is asked of the next IKE", what_nobody_answered_is_asked_of_the_next_ike},
    {"a reservation ends in silence", a_reservation_ends_in_silence},
    {"a flush is noticed", a_flush_is_noticed},
    {"flushed policies come back", flushed_policies_come_back},
    {"what was granted stays while IKE is away", what_was_granted_stays_while_ike_is_away},
    {"what nobody granted goes when IKE comes", what_nobody_granted_goes_when_ike_comes},
    {"another plan ends what it does not allow", another_plan_ends_what_it_does_not_allow},
    {"clear traffic is of that pair and rule only", clear_traffic_is_of_that_pair_and_rule_only},
    {"clear traffic outlives a new table and ends in time", clear_traffic_outlives_a_new_table_and_ends_in_time},
    {"while policies change nothing is in clear", while_policies_change_nothing_is_in_clear},
    {"another plan ends clear traffic", another_plan_ends_clear_traffic},
    {"each sum counts what it says", each_sum_counts_what_it_says},
    {"sums do not fall when associations end", sums_do_not_fall_when_associations_end},
    {"sums outlive the plan that they were of", sums_outlive_the_plan_that_they_were_of},
    {"what stays is counted once", what_stays_is_counted_once},
    {"one association tells what it carried", one_association_tells_what_it_carried},
};
TAP_MAIN(cases)
