/* The channel between the two processes: what is said arrives as it was, what may not be said is refused. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "enforcer/remote/check.h"
#include "tests/unit/kernel_plans.h"
#include "tests/unit/remote_bed.h"
#include "tests/unit/remote_pair.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct rule rules[] = {{.id = 7, .name = "Seven"}};
static struct policy policy = {.name = "P", .rules = rules, .nrules = N_OF(rules)};

/* Brings both to the plan; is what they say of it the same? */
static void apply_both(struct kernel *near, struct kernel *far, const struct plan *p)
{
	struct kernel_report rep[2];
	struct kstate now[2], again;
	struct err e[2] = {{0}, {0}};
	struct ops o;

	is_int(kernel_scan(near, &now[0], &e[0]), 0);
	is_int(kernel_scan(far, &now[1], &e[1]), 0);
	ok(kstate_eq(&now[0], &now[1]));
	is_int(plan_diff(p, &now[0], &o, &e[0]), 0);
	is_int(kernel_apply(far, &o, &now[1], &rep[1], &e[1]), kernel_apply(near, &o, &now[0], &rep[0], &e[0]));
	is_str(e[1].text, e[0].text);
	ok(kstate_eq(&now[0], &now[1]));
	is_int(rep[1].xfrm_ops, rep[0].xfrm_ops);
	is_int(rep[1].nft_ops, rep[0].nft_ops);
	is_int(rep[1].failed.rule, rep[0].failed.rule);
	is_int(rep[1].rescan, rep[0].rescan);
	is_int(kernel_scan(far, &again, &e[1]), 0);
	ok(kstate_eq(&again, &now[1]));
	ops_free(&o);
	kstate_free(&again);
	kstate_free(&now[0]);
	kstate_free(&now[1]);
}

static void far_kernel_does_what_the_near_one_does(void)
{
	struct tp_rng rng = {5};
	struct kernel *near = kernel_fake_open(), *fake = kernel_fake_open();
	struct pair far = pair_open(fake);
	struct plan p;

	for (int i = 0; i < 30; i++) {
		plan_random(&p, &policy, &rng);
		apply_both(near, far.k, &p);
		plan_free(&p);
	}
	plan_full(&p, &policy);
	apply_both(near, far.k, &p);
	plan_free(&p);
	kernel_close(near);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void refused_operation_is_named_as_by_the_near_one(void)
{
	struct tp_rng rng = {6};

	for (size_t at = 0; at < 40; at++) {
		struct kernel *near = kernel_fake_open(), *fake = kernel_fake_open();
		struct plan p;
		plan_random(&p, &policy, &rng);
		kernel_fake_fault(near, FAKE_FAULT_REFUSE, at);
		kernel_fake_fault(fake, FAKE_FAULT_REFUSE, at);
		struct pair far = pair_open(fake);
		struct kstate now = {0}, there;
		struct kernel_report rep;
		struct err e = {0};
		struct ops o;
		is_int(plan_diff(&p, &now, &o, &e), 0);
		int rc = kernel_apply(near, &o, &now, &rep, &e);
		is_int(rc, at < o.n ? -1 : 0);
		kstate_free(&now);
		/* The server counts within each question, so only the first phase has the same numbers. */
		if (at < o.nft_first || at >= o.n) {
			struct err far_e = {0};
			is_int(kernel_apply(far.k, &o, &now, &rep, &far_e), rc);
			is_str(far_e.text, e.text);
			is_int(kernel_scan(far.k, &there, &far_e), 0);
			ok(kstate_eq(&there, kernel_fake_state(near)));
			kstate_free(&there);
		}
		ops_free(&o);
		plan_free(&p);
		kstate_free(&now);
		kernel_close(near);
		kernel_close(fake);
		is_int(pair_close(&far), 0);
	}
}

static void counters_and_events_arrive(void)
{
	struct kernel *fake = kernel_fake_open();
	struct kernel_counts counts;
	struct kstate s;
	struct err e = {0};
	struct plan p;
	size_t elems = 0;

	plan_full(&p, &policy);
	kstate_from_plan(&p, &s);
	kernel_fake_set(fake, &s);
	kernel_fake_count(fake, &(struct kernel_count){.origin = {5, 1}, .packets = 1ULL << 40, .bytes = UINT64_MAX});
	struct pair far = pair_open(fake);
	is_int(kernel_counts_read(far.k, &s, &counts, &e), 0);
	for (size_t i = 0; i < counts.n; i++) {
		elems++;
		if (counts.v[i].origin.rule == 5 && counts.v[i].origin.filter == 1)
			ok(counts.v[i].packets == 1ULL << 40 && counts.v[i].bytes == UINT64_MAX);
	}
	ok(elems >= 2);
	ok(kernel_watch_read(far.k)); /* the server sent one at its start */
	ok(!kernel_watch_read(far.k));
	ok(!kernel_lost(far.k));
	kernel_counts_free(&counts);
	kstate_free(&s);
	plan_free(&p);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static struct kernel_drop a_drop(uint32_t ifindex, uint16_t n)
{
	struct kernel_drop d = {.inbound = ifindex & 1, .ifindex = ifindex, .n = n};

	memset(d.head, (int)ifindex, n);
	return d;
}

static void dropped_packets_arrive(void)
{
	static struct kernel_drops got;
	struct kernel *fake = kernel_fake_open();
	struct pair far;
	struct kstate s;
	struct err e = {0};

	for (uint32_t i = 0; i < 3; i++) {
		struct kernel_drop d = a_drop(7 + i, (uint16_t)(i * PLAN_LOG_BYTES / 2));
		kernel_fake_drop(fake, &d, i == 1 ? 1ULL << 40 : 0);
	}
	far = pair_open(fake);
	is_int(kernel_scan(far.k, &s, &e), 0); /* the server sent them before it served */
	ok(kernel_drops_fd(far.k) >= 0);
	ok(kernel_drops_read(far.k, &got));
	is_int(got.n, 3);
	ok(got.lost == 1ULL << 40);
	for (uint32_t i = 0; i < 3; i++) {
		struct kernel_drop d = a_drop(7 + i, (uint16_t)(i * PLAN_LOG_BYTES / 2));
		is_int(got.v[i].inbound, d.inbound);
		is_int(got.v[i].ifindex, d.ifindex);
		is_int(got.v[i].n, d.n);
		ok(memcmp(got.v[i].head, d.head, sizeof d.head) == 0);
	}
	ok(!kernel_drops_read(far.k, &got));
	kstate_free(&s);
	is_int(kernel_scan(far.k, &s, &e), 0); /* answers still come by the other socket */
	ok(!kernel_lost(far.k));
	kstate_free(&s);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

/* A reader that sleeps costs records, never time: all of this happens in one process, which would hang. */
static void records_that_find_no_room_are_counted(void)
{
	enum { ROUNDS = 500 };
	static struct kernel_drops got;
	struct kernel *fake = kernel_fake_open(), *k;
	int q[2], ev[2], dr[2];
	uint64_t arrived = 0, lost = 0;

	is_int(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, q) | socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ev) |
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, dr), 0);
	struct remote_server *s = remote_server_new(fake, q[1], ev[1], dr[1], no_tell, NULL);
	k = kernel_remote_open(q[0], ev[0], dr[0]);
	for (int i = 0; i < ROUNDS; i++) {
		struct kernel_drop d = a_drop(1, PLAN_LOG_BYTES);
		for (int n = 0; n < KERNEL_DROPS_MAX; n++)
			kernel_fake_drop(fake, &d, 0);
		remote_pass_drops(s);
	}
	ok(remote_send_changed(s)); /* has its own way */
	ok(kernel_watch_read(k));
	while (kernel_drops_read(k, &got)) {
		arrived += got.n;
		lost += got.lost;
	}
	ok(arrived > 0 && arrived < ROUNDS * KERNEL_DROPS_MAX);
	is_int(lost, 0); /* nothing came through after the first that did not */
	kernel_fake_drop(fake, &(struct kernel_drop){.n = 0}, 5);
	remote_pass_drops(s);
	ok(kernel_drops_read(k, &got));
	is_int(got.n, 1);
	is_int(got.lost, ROUNDS * KERNEL_DROPS_MAX - arrived + 5);
	remote_server_free(s);
	kernel_close(k);
	close(q[1]);
	close(ev[1]);
	close(dr[1]);
	kernel_close(fake);
}

static void without_nflog_there_are_no_records(void)
{
	static struct kernel_drops got;
	struct kernel *fake = kernel_fake_open();

	kernel_fake_no_drops(fake);
	struct pair far = pair_open(fake);
	is_int(kernel_drops_fd(far.k), -1);
	ok(!kernel_drops_read(far.k, &got));
	ok(!kernel_lost(far.k));
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void records_out_of_bounds_lose_the_kernel(void)
{
	static struct kernel_drops got;
	static const uint8_t packets[][40] = {
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_CHANGED, 1},                                    /* not on this socket */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_DROPS, 1, [24] = KERNEL_DROPS_MAX + 1},         /* too many */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_DROPS, 1, [24] = 1, [30] = PLAN_LOG_BYTES + 1}, /* too long */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_DROPS, 1, [24] = 1, [30] = 99},                 /* cut off */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_DROPS, 1, [39] = 1},                            /* bytes behind its end */
	};

	for (size_t i = 0; i < N_OF(packets); i++) {
		int q[2], ev[2], dr[2];
		is_int(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, q) | socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ev) |
		    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, dr), 0);
		struct kernel *k = kernel_remote_open(q[0], ev[0], dr[0]);
		ok(send(dr[1], packets[i], sizeof packets[i], 0) == sizeof packets[i]);
		ok(!kernel_drops_read(k, &got));
		is_int(got.n, 0);
		ok(kernel_lost(k));
		kernel_close(k);
		close(q[1]);
		close(ev[1]);
		close(dr[1]);
	}
}

static struct kernel_sa an_sa(const char *src, const char *dst, uint32_t reqid)
{
	return (struct kernel_sa){.src = tp_ip(src), .dst = tp_ip(dst), .spi = 256, .protocol = 50, .reqid = reqid};
}

/* The fake lives in the other process: how many are left there is the number that a second deletion finds. */
static void associations_of_ours_alone_are_deleted(void)
{
	struct kernel *fake = kernel_fake_open();
	struct ip peer = tp_ip("192.0.2.2"), nobody = tp_ip("2001:db8::9");
	const struct kernel_sa sas[] = {
		an_sa("192.0.2.1", "192.0.2.2", PLAN_REQID_BASE + 7), an_sa("192.0.2.2", "192.0.2.1", PLAN_REQID_BASE + 7),
		an_sa("192.0.2.1", "192.0.2.3", PLAN_REQID_BASE + 8), an_sa("192.0.2.1", "192.0.2.2", 7),
		an_sa("2001:db8::1", "2001:db8::2", PLAN_REQID_BASE + 9)};
	struct err e = {0};
	size_t n;

	for (size_t i = 0; i < N_OF(sas); i++)
		kernel_fake_sa(fake, &sas[i]);
	struct pair far = pair_open(fake);
	is_int(kernel_sas_delete(far.k, &nobody, &n, &e), 0);
	is_int(n, 0);
	is_int(kernel_sas_delete(far.k, &peer, &n, &e), 0);
	is_int(n, 2);
	is_int(kernel_sas_delete(far.k, NULL, &n, &e), 0);
	is_int(n, 2);
	is_int(kernel_sas_delete(far.k, NULL, &n, &e), 0);
	is_int(n, 0);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

/* --- what IKE may be granted --------------------------------------------------------------------------- */

static struct ike_profile *a_profile(size_t nrules, uint32_t reqid)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .nauths = 1, .auths = {{1, {{7}}}},
	    .offers = {{CRYPTO_AES256_CBC, CRYPTO_SHA256, 14}}};
	*qm = (struct ike_qm_policy){.noffers = 1, .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}};
	p->rules = arena_array(&p->arena, nrules, sizeof *p->rules);
	p->nrules = nrules;
	for (size_t i = 0; i < nrules; i++)
		p->rules[i] = (struct ike_rule){.reqid = reqid, .rule = 1, .filter = (uint32_t)i, .mm = mm, .qm = qm,
		    .sel = {{tp_ip("10.0.0.1"), 32}, {tp_ip("192.0.2.1"), 32}, 0, 0, 0}};
	return p;
}

static struct xfrm_pol a_protection(uint32_t reqid)
{
	return (struct xfrm_pol){.dir = XFRM_D_OUT, .kind = XFRM_K_PROTECT, .family = IP_V4, .src = tp_ip("10.0.0.1"),
	    .dst = tp_ip("192.0.2.1"), .src_plen = 32, .dst_plen = 32, .reqid = reqid, .protection = PROTECT_ESP};
}

static struct {
	size_t npols, nlocals, nrules, calls;
} allowed;

static int note_allowed(void *ctx, const struct kernel_ike *a, struct err *e)
{
	(void)ctx;
	allowed.npols = a->npols;
	allowed.nlocals = a->nlocals;
	allowed.nrules = a->profile ? a->profile->nrules : 0;
	return allowed.calls++ == 0 ? 0 : err_set(e, SYS, "not twice");
}

/* Through the codec in memory, and into a hook: the server's side of it, without its process. */
static void what_ike_may_have_arrives_as_it_was(void)
{
	enum { RULES = 300 };
	struct tape sent = {.n = 0};
	struct packets_out *w = tape_out(&sent);
	struct packets_in *r = tape_in(&sent);
	struct xfrm_pol pols[2] = {a_protection(PLAN_REQID_BASE + 1), a_protection(PLAN_REQID_BASE + 2)};
	struct ip locals[] = {tp_ip("10.0.0.1"), tp_ip("2001:db8::1")};
	struct kernel_ike a = {.pols = pols, .npols = 2, .locals = locals, .nlocals = 2, .profile = a_profile(RULES, PLAN_REQID_BASE + 1)};
	struct remote_ike back;
	struct err e = {0};

	packets_begin(w, REMOTE_IKE, 4);
	is_int(remote_put_ike(&w->w, &a, &e), 0);
	is_int(packets_end(w), 0);
	is_int(packets_open(r), 1);
	remote_get_ike(&r->r, &back);
	is_int(packets_close(r), 0);
	is_int(back.a.npols, 2);
	ok(back.pols[1].reqid == pols[1].reqid && ip_eq(&back.pols[0].dst, &pols[0].dst));
	ok(back.a.nlocals == 2 && ip_eq(&back.locals[1], &locals[1]));
	is_int(back.a.profile->nrules, RULES);
	ok(back.a.profile->rules[RULES - 1].filter == RULES - 1 && back.a.profile->rules[7].qm->offers[0].esp_hash == CRYPTO_SHA1);
	ok(!check_ike(&back.a));
	remote_ike_free(&back);
	ike_profile_free(a.profile);
	tape_free(&sent);
	free(w);
	free(r);
}

static void what_ike_may_have_is_asked_of_the_other_process(void)
{
	struct xfrm_pol pol = a_protection(PLAN_REQID_BASE + 1), other = a_protection(17);
	struct kernel_ike a = {.pols = &pol, .npols = 1, .profile = a_profile(3, PLAN_REQID_BASE + 1)};
	struct kernel *fake = kernel_fake_open();
	struct err e = {0};

	kernel_hook(fake, &(struct kernel_hooks){.allow = note_allowed});
	struct pair far = pair_open(fake);
	is_int(kernel_ike(far.k, &a, &e), 0);
	is_int(kernel_ike(far.k, &a, &e), -1);
	ok(strstr(e.text, "not twice"));
	is_int(kernel_ike(far.k, &(struct kernel_ike){.pols = &other, .npols = 1}, &e), -1); /* a reqid of nobody's */
	is_int(pair_close(&far), 3);
	is_int(kernel_ike(fake, &a, &e), 0);
	is_int(allowed.npols, 1);
	is_int(allowed.nrules, 3);
	ok(kernel_fake_ike(fake)->has_profile && kernel_fake_ike(fake)->nrules == 3);
	ike_profile_free(a.profile);
	kernel_close(fake);
}

static void ike_gets_nothing_that_is_not_ours(void)
{
	struct xfrm_pol pol = a_protection(PLAN_REQID_BASE + 1);
	struct kernel_ike a = {.pols = &pol, .npols = 1, .profile = a_profile(2, PLAN_REQID_BASE + 1)};
	const struct ike_qm_policy *qm = a.profile->rules[0].qm;

	ok(!check_ike(&a));
	pol.kind = XFRM_K_ALLOW;
	ok(check_ike(&a));
	pol = a_protection(PLAN_REQID_BASE - 1);
	ok(check_ike(&a));
	pol = a_protection(PLAN_REQID_BASE);
	a.profile->rules[1].reqid = 5;
	ok(check_ike(&a));
	a.profile->rules[1].reqid = PLAN_REQID_BASE;
	a.profile->default_qm = qm;
	a.profile->default_reqid = 5;
	ok(check_ike(&a));
	ike_profile_free(a.profile);
}

static void boot_gate_is_seen_and_goes(void)
{
	struct kernel *fake = kernel_fake_open();
	struct kstate s = {.gate = true};
	struct kernel_report rep;
	struct err e = {0};
	struct ops o;

	kernel_fake_set(fake, &s);
	struct pair far = pair_open(fake);
	is_int(kernel_scan(far.k, &s, &e), 0);
	ok(s.gate);
	kstate_gate_ops(&s, &o);
	is_int(kernel_apply(far.k, &o, &s, &rep, &e), 0);
	is_int(rep.nft_ops, 1);
	kstate_free(&s);
	is_int(kernel_scan(far.k, &s, &e), 0);
	ok(!s.gate);
	kstate_free(&s);
	ops_free(&o);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void lost_kernel_is_noticed_and_stays_lost(void)
{
	struct kernel *fake = kernel_fake_open();
	struct pair far = pair_open(fake);
	struct kstate s;
	struct err e = {0};
	int status;

	kill(far.server, SIGKILL);
	waitpid(far.server, &status, 0);
	kernel_watch_read(far.k);
	ok(kernel_lost(far.k));
	is_int(kernel_scan(far.k, &s, &e), -1);
	is_int(e.id, REMOTE_BAD);
	kernel_close(fake);
	pair_close(&far);
}

/* Each is one packet; none is a question that may be asked. */
static void nonsense_ends_the_channel(void)
{
	static const uint8_t packets[][24] = {
		{0},
		{'P', 'R', 'K', 'I', 2, 0, REMOTE_SCAN, 1}, /* another version */
		{'P', 'R', 'K', 'I', 1, 0, 99, 1},          /* another type */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_CHANGED, 1},
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_SCAN, 1, 1, 0, 0, 0, 0, 0, 0, 0, 7}, /* bytes behind its end */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_SCAN, 1, 1, 0, 0, 0, 5},             /* begins in the middle */
		{'P', 'R', 'K', 'I', 1, 0, REMOTE_TELL, 1, 1, 0, 0, 0, 0, 0, 0, 0, 6, 0, 'X', '=', '1', '\n', 'Y', '='},
	};

	for (size_t i = 0; i < N_OF(packets); i++) {
		struct kernel *fake = kernel_fake_open();
		struct pair far = pair_open(fake);
		ok(send(far.questions, packets[i], sizeof packets[i], 0) == sizeof packets[i]);
		is_int(pair_close(&far), 3);
		kernel_close(fake);
	}
}

/* --- the codec in memory ------------------------------------------------------------------------------ */

static void long_lists_are_cut_into_packets_and_put_together_again(void)
{
	enum { MANY = 20000 };
	struct tape p = {.n = 0};
	struct packets_out *w = tape_out(&p);
	struct packets_in *r = tape_in(&p);
	struct kernel_counts c = {0}, back;

	for (uint32_t i = 0; i < MANY; i++) {
		GROW(c.v, c.n, c.cap);
		c.v[c.n++] = (struct kernel_count){.origin = {i, i * 3}, .packets = (uint64_t)i << 33, .bytes = ~(uint64_t)i};
	}
	packets_begin(w, REMOTE_COUNTED, 9);
	remote_put_counts(&w->w, &c);
	is_int(packets_end(w), 0);
	ok(p.n > 5);
	is_int(packets_open(r), 1);
	is_int(r->seq, 9);
	remote_get_counts(&r->r, &back);
	is_int(packets_close(r), 0);
	is_int(back.n, MANY);
	ok(memcmp(back.v, c.v, MANY * sizeof *c.v) == 0);
	kernel_counts_free(&back);
	/* Two packets exchanged, and one missing. */
	struct tape_packet first = p.v[1];
	p.v[1] = p.v[2];
	p.v[2] = first;
	p.at = 0;
	is_int(packets_open(r), 1);
	remote_get_counts(&r->r, &back);
	is_int(packets_close(r), -1);
	is_str(r->r.bad, "packets are out of order");
	kernel_counts_free(&back);
	kernel_counts_free(&c);
	tape_free(&p);
	free(w);
	free(r);
}

static struct nft_set a_set(const char *name)
{
	struct nft_set s = {.keytype = NFT_KEY_FILTER, .family = IP_V4, .has_src = true, .src_plen = 32, .key_len = 4};

	snprintf(s.name, sizeof s.name, "%s", name);
	return s;
}

/* Each name is a dump of a set in the kernel's process: the same one thousands of times would fill its memory. */
static void no_set_is_counted_twice(void)
{
	static const char *const names[][2] = {{"b4_a", "b4_b"}, {"b4_a", "b4_a"}, {"b4_b", "b4_a"}};
	static const uint8_t gens[][2] = {{0, 0}, {0, 1}, {1, 0}};

	for (size_t i = 0; i < N_OF(names); i++)
		for (size_t g = 0; g < N_OF(gens); g++) {
			struct kset v[2] = {{.def = a_set(names[i][0])}, {.def = a_set(names[i][1])}};
			struct kstate s = {.sets = v, .nsets = 2}, back;
			struct tape p = {.n = 0};
			struct packets_out *w = tape_out(&p);
			struct packets_in *r = tape_in(&p);
			v[0].def.gen = gens[g][0];
			v[1].def.gen = gens[g][1];
			packets_begin(w, REMOTE_COUNTS, 1);
			remote_put_names(&w->w, &s);
			is_int(packets_end(w), 0);
			is_int(packets_open(r), 1);
			remote_get_names(&r->r, &back);
			is_int(packets_close(r), i == 0 || (i == 1 && g == 1) ? 0 : -1);
			kstate_free(&back);
			tape_free(&p);
			free(w);
			free(r);
		}
}

static void a_transaction_has_no_more_rules_than_a_scan(void)
{
	for (size_t n = REMOTE_RULES_MAX; n <= REMOTE_RULES_MAX + 1; n++) {
		struct krule rule = {.set = ""};
		struct ops o = {.v = xcalloc(n, sizeof *o.v), .nft_n = n, .rules = &rule, .nrules = 1}, back;
		struct tape p = {.n = 0};
		struct packets_out *w = tape_out(&p);
		struct packets_in *r = tape_in(&p);
		for (size_t i = 0; i < n; i++)
			o.v[i].kind = OP_RULE_ADD;
		packets_begin(w, REMOTE_NFT, 1);
		remote_put_nft(&w->w, &o);
		is_int(packets_end(w), 0);
		is_int(packets_open(r), 1);
		remote_get_nft(&r->r, &back);
		is_int(packets_close(r), n == REMOTE_RULES_MAX ? 0 : -1);
		ops_free(&back);
		free(o.v);
		tape_free(&p);
		free(w);
		free(r);
	}
}

/* --- what may be asked -------------------------------------------------------------------------------- */

static struct kpol a_policy(uint32_t index)
{
	return (struct kpol){.index = index,
		.pol = {.dir = XFRM_D_OUT, .kind = XFRM_K_BLOCK, .family = IP_V4, .src = tp_ip("10.0.0.0"),
			.dst = tp_ip("192.0.2.1"), .src_plen = 8, .dst_plen = 32}};
}

/* check_nft() for a list whose sets changed since. */
static const char *why_not(struct ops *o)
{
	const char *why;

	ops_index_sets(o);
	why = check_nft(o);
	free(o->by_name);
	o->by_name = NULL;
	o->nby_name = 0;
	return why;
}

static void transactions_keep_to_names_and_keys_of_ours(void)
{
	struct nft_set s = a_set("b4_s32_dme_pdIM_r0a1b2c");
	struct krule rule = {.rule = {.match = NFT_M_SET}, .set = "b4_s32_dme_pdIM_r0a1b2c"};
	struct ops o = {.sets = &s, .nsets = 1, .rules = &rule, .nrules = 1};

	ok(why_not(&o) == NULL);
	for (const char *bad = "; \"/.-@"; *bad; bad++) {
		s.name[3] = *bad;
		ok(why_not(&o) != NULL);
	}
	s = a_set("");
	ok(why_not(&o) != NULL);
	s = a_set("other");
	ok(why_not(&o) != NULL); /* the rule's set is not there */
	s = a_set(rule.set);
	s.gen = 1;
	ok(why_not(&o) != NULL); /* nor is it by that name */
	rule.gen = 1;
	ok(why_not(&o) == NULL);
	rule.gen = 0;
	s = a_set(rule.set);
	s.key_len = 8;
	ok(why_not(&o) != NULL);
	s = a_set(rule.set);
	s.src_plen = 33;
	ok(why_not(&o) != NULL);
	s = a_set(rule.set);
	s.family = IP_NONE;
	s.key_len = 0;
	ok(why_not(&o) != NULL);
	s = a_set(rule.set);
	rule.rule.match = NFT_M_ALWAYS;
	ok(why_not(&o) != NULL); /* a name where none belongs */
}

static void who_talks_in_clear_is_not_for_policy_to_say(void)
{
	struct nft_set s = {.name = PLAN_SOFT4, .keytype = NFT_KEY_SOFT, .family = IP_V4, .has_src = true, .has_dst = true,
	    .src_plen = 32, .dst_plen = 32, .key_len = 8};
	struct xfrm_change c = {.after = a_policy(kpol_index(KPOL_GRANTED_FIRST, XFRM_D_OUT))};
	struct op op = {.kind = OP_SET_ADD}, add = {.kind = OP_XFRM_ADD};
	struct ops o = {.sets = &s, .nsets = 1, .v = &op, .n = 1}, x = {.v = &add, .n = 1, .xfrm = &c, .nxfrm = 1};

	ok(check_nft(&o) == NULL);
	op.kind = OP_ELEMS_ADD;
	ok(check_nft(&o) != NULL);
	op.kind = OP_ELEMS_DEL;
	ok(check_nft(&o) != NULL);
	op.kind = OP_SET_ADD;
	s.gen = 1;
	ok(check_nft(&o) != NULL);
	s.gen = 0;
	s.key_len = 4;
	ok(check_nft(&o) != NULL);
	/* Nor are the policies that IKE was granted. */
	ok(check_xfrm(&x, false) != NULL);
	c.before = c.after;
	add.kind = OP_XFRM_DEL;
	ok(check_xfrm(&x, false) != NULL);
	c.before.index = kpol_index(KPOL_GRANTED_FIRST - 1, XFRM_D_OUT);
	ok(check_xfrm(&x, false) == NULL);
}

static void a_transaction_is_one(void)
{
	struct op v[] = {{.kind = OP_NEXT}, {.kind = OP_TABLE_DEL}, {.kind = OP_NEXT}};
	struct ops o = {.v = v, .n = 2};

	ok(check_nft(&o) == NULL);
	o.n = 3;
	ok(check_nft(&o) != NULL);
}

static void boot_gate_goes_by_itself(void)
{
	struct op v[] = {{.kind = OP_GATE_DEL}, {.kind = OP_TABLE_DEL}};
	struct ops o = {.v = v, .n = 1};

	ok(check_nft(&o) == NULL);
	o.n = 2;
	ok(check_nft(&o) != NULL);
}

enum verdict { FINE, NOT_NOW, NEVER };

static enum verdict judge(uint8_t kind, bool undo, struct kpol before, struct kpol after, const struct kstate *have)
{
	struct xfrm_change c = {.before = before, .after = after};
	struct op op = {.kind = kind};
	struct ops o = {.v = &op, .n = 1, .xfrm = &c, .nxfrm = 1};
	bool done = true, not_done = false;

	is_int(check_xfrm_needs_state(&o, undo, &done), kind == OP_XFRM_UPDATE || (kind == OP_XFRM_DEL) != undo);
	if (undo) {
		ok(!check_xfrm_needs_state(&o, undo, &not_done));
		is_int(check_xfrm_foreign(&o, undo, &not_done, have), 1); /* nothing will be done */
	}
	return check_xfrm(&o, undo) ? NEVER : check_xfrm_foreign(&o, undo, &done, have) == 0 ? NOT_NOW : FINE;
}

static void policies_of_others_are_out_of_reach(void)
{
	struct kpol none = {.index = 0}, ours = a_policy(kpol_index(5, XFRM_D_OUT)), theirs = a_policy(0x49);
	struct kpol backwards = a_policy(kpol_index(5, XFRM_D_IN));
	struct kstate foreign = {.foreign = &theirs, .nforeign = 1}, own = {.xfrm = &theirs, .nxfrm = 1}, empty = {0};

	is_int(judge(OP_XFRM_ADD, false, none, ours, &empty), FINE);
	is_int(judge(OP_XFRM_ADD, false, none, theirs, &empty), NEVER);    /* an index like anybody's */
	is_int(judge(OP_XFRM_ADD, false, none, backwards, &empty), NEVER); /* of another direction */
	is_int(judge(OP_XFRM_DEL, false, ours, none, &empty), FINE);
	is_int(judge(OP_XFRM_DEL, false, ours, none, &foreign), NOT_NOW); /* by selector it would hit theirs */
	is_int(judge(OP_XFRM_ADD, true, none, ours, &foreign), NOT_NOW);  /* so would taking back */
	is_int(judge(OP_XFRM_UPDATE, false, ours, ours, &foreign), NOT_NOW);
	is_int(judge(OP_XFRM_UPDATE, true, ours, ours, &foreign), NOT_NOW);
	is_int(judge(OP_XFRM_UPDATE, false, ours, ours, &own), FINE);
	is_int(judge(OP_XFRM_UPDATE, false, theirs, theirs, &own), FINE); /* one that the kernel numbered itself */
	is_int(judge(OP_XFRM_UPDATE, false, theirs, theirs, &empty), NOT_NOW);
	is_int(judge(OP_XFRM_DEL, true, theirs, none, &empty), NEVER); /* taking back a deletion writes */
	ours.pol.kind = XFRM_K_PROTECT;
	ours.pol.reqid = 1;
	is_int(judge(OP_XFRM_ADD, false, none, ours, &empty), NEVER);
	is_int(judge(OP_XFRM_UPDATE, false, none, ours, &empty), NEVER);
	ours.pol.reqid = PLAN_REQID_BASE + 7;
	is_int(judge(OP_XFRM_ADD, false, none, ours, &empty), FINE);
}

/* What *policy* knows is old: it is refused, named, and the channel lives on. */
static void policy_that_came_meanwhile_is_no_end(void)
{
	struct kpol theirs = a_policy(0x49), ours = a_policy(kpol_index(5, XFRM_D_OUT));
	struct kernel *fake = kernel_fake_open();
	struct kstate s = {.foreign = &theirs, .nforeign = 1}, old = {0}, now;
	struct xfrm_change c = {.before = ours};
	struct op op = {.kind = OP_XFRM_DEL};
	struct ops o = {.v = &op, .n = 1, .xfrm = &c, .nxfrm = 1};
	struct kernel_report rep;
	struct err e = {0};

	kernel_fake_set(fake, &s);
	struct pair far = pair_open(fake);
	is_int(kernel_apply(far.k, &o, &old, &rep, &e), -1);
	is_int(e.id, KERNEL_REFUSED);
	is_int(e.errno_, EEXIST); /* which means: look again */
	is_int(kernel_scan(far.k, &now, &e), 0);
	is_int(now.nforeign, 1);
	kstate_free(&now);
	kstate_free(&old);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void manager_is_told_few_things_only(void)
{
	ok(remote_state_is_plain("READY=1"));
	ok(remote_state_is_plain("STATUS=42 filters in force"));
	ok(!remote_state_is_plain("MAINPID=1"));
	ok(!remote_state_is_plain("READY=1\nMAINPID=1"));
	ok(!remote_state_is_plain("STATUS=x\nFDSTORE=1"));
	ok(!remote_state_is_plain(""));
}

static const struct tap_case cases[] = {
	{"what IKE may have arrives as it was", what_ike_may_have_arrives_as_it_was},
	{"what IKE may have is asked of the other process", what_ike_may_have_is_asked_of_the_other_process},
	{"IKE gets nothing that is not ours", ike_gets_nothing_that_is_not_ours},
	{"who talks in clear is not for policy to say", who_talks_in_clear_is_not_for_policy_to_say},
	{"a kernel in another process does what one in this does", far_kernel_does_what_the_near_one_does},
	{"what it refuses is named as here", refused_operation_is_named_as_by_the_near_one},
	{"counters and events arrive", counters_and_events_arrive},
	{"dropped packets arrive", dropped_packets_arrive},
	{"records that find no room are counted", records_that_find_no_room_are_counted},
	{"without NFLOG there are no records", without_nflog_there_are_no_records},
	{"records out of bounds lose the kernel", records_out_of_bounds_lose_the_kernel},
	{"associations of ours alone are deleted", associations_of_ours_alone_are_deleted},
	{"the boot gate is seen, and goes", boot_gate_is_seen_and_goes},
	{"a lost kernel is noticed, and stays lost", lost_kernel_is_noticed_and_stays_lost},
	{"nonsense ends the channel", nonsense_ends_the_channel},
	{"long lists are cut into packets and put together again", long_lists_are_cut_into_packets_and_put_together_again},
	{"no set is counted twice", no_set_is_counted_twice},
	{"a transaction has no more rules than a scan", a_transaction_has_no_more_rules_than_a_scan},
	{"transactions keep to names and keys of ours", transactions_keep_to_names_and_keys_of_ours},
	{"a transaction is one", a_transaction_is_one},
	{"the boot gate goes by itself", boot_gate_goes_by_itself},
	{"policies of others are out of reach", policies_of_others_are_out_of_reach},
	{"a policy that came meanwhile is refused, and no end", policy_that_came_meanwhile_is_no_end},
	{"the service manager is told few things only", manager_is_told_few_things_only},
};
TAP_MAIN(cases)
