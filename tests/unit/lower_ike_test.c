/* The profile against the plan it was made from. */
#include "tests/unit/ike_world.h"
#include "ike/codec/numbers.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct world w;
static struct facts fs;
static struct plan pl;
static struct ike_profile *pr;

static void compile(void)
{
	struct err e = {0};

	host_facts(&fs);
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	pr = ike_world_profile(&w, &pl, &fs);
}

static void make(void)
{
	ike_world_equip(&w);
	compile();
}

/* The key of dynamic rules has that name. */
static void make_with_key(const struct guid *name)
{
	ike_world_equip(&w);
	for (size_t i = 0; i < w.dynamic.n; i++)
		w.dyn[i].auth.v[1].secret_id = *name;
	compile();
}

static void drop(void)
{
	ike_profile_free(pr);
	plan_free(&pl);
	facts_free(&fs);
}

static bool rule_is_of(const struct ike_rule *r, const struct xfrm_pol *x)
{
	bool out = x->dir == XFRM_D_OUT;
	struct ike_selector s = {{out ? x->src : x->dst, out ? x->src_plen : x->dst_plen},
	    {out ? x->dst : x->src, out ? x->dst_plen : x->src_plen}, x->protocol, out ? x->sport : x->dport,
	    out ? x->dport : x->sport};

	return x->kind == XFRM_K_PROTECT && r->reqid == x->reqid && r->tunnel == x->tunnel &&
	       ike_selector_eq(&r->sel, &s) && (!x->tunnel || (out && ip_eq(&r->tunnel_remote, &x->tunnel_dst)));
}

static bool profile_has(const struct xfrm_pol *x)
{
	for (size_t i = 0; i < pr->nrules; i++)
		if (rule_is_of(&pr->rules[i], x))
			return true;
	return false;
}

static bool plan_has(const struct ike_rule *r)
{
	for (size_t i = 0; i < pl.nxfrm; i++)
		if (rule_is_of(r, &pl.xfrm[i]))
			return true;
	return false;
}

static bool is_twice(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (pr->rules[k].reqid == pr->rules[i].reqid && ike_selector_eq(&pr->rules[k].sel, &pr->rules[i].sel) &&
		    pr->rules[k].tunnel == pr->rules[i].tunnel &&
		    ip_eq(&pr->rules[k].tunnel_local, &pr->rules[i].tunnel_local) &&
		    ip_eq(&pr->rules[k].tunnel_remote, &pr->rules[i].tunnel_remote))
			return true;
	return false;
}

/* Every template has its rule and every rule its template; none is there twice. */
static void rules_are_those_of_the_templates(void)
{
	size_t rules = 0;

	for (int round = 0; round < 2000; round++) {
		random_world(&w);
		make();
		for (size_t i = 0; i < pl.nxfrm; i++)
			if (pl.xfrm[i].kind == XFRM_K_PROTECT && (!pl.xfrm[i].tunnel || pl.xfrm[i].dir == XFRM_D_OUT))
				ok(profile_has(&pl.xfrm[i]));
		for (size_t i = 0; i < pr->nrules; i++) {
			ok(plan_has(&pr->rules[i]) && !is_twice(i));
			ok(pr->rules[i].mm && pr->rules[i].qm && pr->rules[i].mm->nauths && pr->rules[i].qm->noffers);
		}
		rules += pr->nrules;
		drop();
	}
	ok(rules > 2000);
}

/* Rules in the order of their filters: whichever covers a packet first is of the filter that wins in the plan. */
static void rules_stand_in_the_order_of_priorities(void)
{
	struct endpoint host = net("10.0.0.7", 32), subnet = net("10.0.0.0", 24);
	struct ike_selector s = {{ip("10.0.0.1"), 32}, {ip("10.0.0.7"), 32}, 6, 0, 23}, other = s;

	other.remote.net = ip("10.0.0.8");
	world_init(&w, 2);
	w.actions[0].action = w.actions[1].action = ACTION_NEGOTIATE;
	world_filter(&w, 0, &me, &subnet)->mirrored = true;
	world_filter(&w, 1, &me, &host)->mirrored = true;
	make();
	is_int(pr->nrules, 4); /* two filters, two addresses of this host */
	ok(ike_profile_rule(pr, &s, false, NULL) && ike_profile_rule(pr, &s, false, NULL)->rule == 2);
	ok(ike_profile_rule(pr, &other, false, NULL) && ike_profile_rule(pr, &other, false, NULL)->rule == 1);
	drop();
}

static void numbers_become_those_of_ike(void)
{
	struct endpoint host = net("10.0.0.7", 32);

	world_init(&w, 1);
	w.actions[0] = (struct filteraction){.action = ACTION_NEGOTIATE, .qmpfs = true, .inpass = true, .soft = true};
	w.policy.qmpermm = 5;
	world_filter(&w, 0, &me, &host)->mirrored = true;
	ike_world_equip(&w);
	make();
	const struct ike_rule *r = &pr->rules[0];
	ok(r->inpass && r->soft && r->rule == 1 && r->reqid == PLAN_REQID_BASE + 1);
	ok(r->mm->offers[0].cipher == CRYPTO_AES256_CBC && r->mm->offers[0].hash == CRYPTO_SHA256 && r->mm->offers[0].group == 19);
	ok(r->mm->offers[1].cipher == CRYPTO_3DES_CBC && r->mm->offers[1].group == 14 && r->mm->offers[2].group == 2);
	ok(r->mm->nauths == 1 && r->mm->auths[0].method == IKE_AUTH_PSK && r->mm->auths[0].secret.b[0] == 1);
	ok(r->mm->life_s == 28800 && r->mm->soft_life_s == 28800 && r->mm->qm_limit == 5);
	ok(r->qm->pfs == IKE_PFS_MM && r->qm->noffers == 1 && r->qm->offers[0].has_esp && !r->qm->offers[0].has_ah);
	ok(r->qm->offers[0].esp_cipher == IKE_ENC_3DES && r->qm->offers[0].esp_hash == CRYPTO_SHA1);
	ok(r->qm->offers[0].life_s == 3600 && r->qm->offers[0].life_kb == 100000);
	drop();
	w.policy.mmpfs = true; /* semantics §4.5 */
	make();
	is_int(pr->rules[0].mm->qm_limit, 1);
	drop();
}

static void equal_policies_are_one_and_ids_stay(void)
{
	struct endpoint a = net("10.0.0.7", 32), b = net("10.0.0.8", 32);
	uint32_t id;

	world_init(&w, 2);
	w.actions[0].action = w.actions[1].action = ACTION_NEGOTIATE;
	world_filter(&w, 0, &me, &a)->mirrored = true;
	world_filter(&w, 1, &me, &b)->mirrored = true;
	make();
	id = ike_profile_mm(pr, &(struct ip){.family = IP_V4, .b = {10, 0, 0, 1}}, &b.lo)->id;
	ok(pr->rules[0].mm != pr->rules[pr->nrules - 1].mm); /* other keys */
	drop();
	w.rules[0].active = false;
	make();
	is_int(pr->rules[0].mm->id, id);
	drop();
	w.rules[0].active = true;
	ike_world_equip(&w);
	w.rules[0].auth = w.rules[1].auth;
	w.actions[0].offers = w.actions[1].offers;
	compile();
	ok(pr->rules[0].qm == pr->rules[3].qm);
	ok(pr->nrules == 4 && pr->rules[0].mm == pr->rules[3].mm && pr->rules[0].mm->id == id);
	drop();
}

static void a_tunnel_finds_its_own_end_in_the_other_rule(void)
{
	struct endpoint here = net("192.168.1.0", 24), there = net("192.168.2.0", 24);

	world_init(&w, 2);
	w.actions[0].action = w.actions[1].action = ACTION_NEGOTIATE;
	w.rules[0].tunnel = ip("198.51.100.1"); /* the peer */
	w.rules[1].tunnel = ip("10.1.0.1");     /* this host, one of its addresses */
	world_filter(&w, 0, &here, &there);
	world_filter(&w, 1, &there, &here);
	make();
	is_int(pr->nrules, 1);
	ok(pr->rules[0].tunnel && ip_eq(&pr->rules[0].tunnel_local, &w.rules[1].tunnel));
	ok(ip_eq(&pr->rules[0].tunnel_remote, &w.rules[0].tunnel) && pr->rules[0].reqid == PLAN_REQID_BASE + 1);
	drop();
	w.rules[1].active = false; /* then from every address */
	make();
	is_int(pr->nrules, 2);
	drop();
	w.rules[0].active = false; /* inbound alone names no peer */
	w.rules[1].active = true;
	make();
	is_int(pr->nrules, 0);
	drop();
}

static void the_default_response_rule_is_that_of_the_persistent_store_first(void)
{
	struct endpoint host = net("10.0.0.7", 32);

	world_init(&w, 2);
	world_filter(&w, 0, &me, &host)->mirrored = true;
	w.rules[1].is_default = true;
	w.rules[1].filterlist = NULL;
	w.rules[1].filteraction = NULL;
	w.rules[1].default_offers = ike_qm_words("AH[SHA1]");
	make();
	ok(pr->default_mm && pr->default_qm->offers[0].has_ah && pr->default_reqid == PLAN_REQID_BASE + 2);
	drop();
	w.prules[0] = (struct rule){.id = 9, .active = true, .is_default = true, .default_offers = ike_qm_words("ESP[DES,MD5]")};
	w.ppolicy = (struct policy){.id = 1, .name = "PP", .assigned = true, .nrules = 1, .rules = w.prules};
	w.pps = (struct policyset){.policies = &w.ppolicy, .npolicies = 1};
	make();
	ok(pr->default_qm->offers[0].has_esp && pr->default_reqid == PLAN_REQID_BASE + (ORIGIN_PERSISTENT | 9));
	drop();
	w.prules[0].active = w.rules[1].active = false;
	make();
	ok(!pr->default_mm && !pr->default_qm);
	drop();
}

static void dynamic_rules_bring_their_policies(void)
{
	struct endpoint host = net("10.0.0.7", 32);
	const struct guid secret = {{7, 7, [15] = 1}};

	world_init(&w, 0);
	w.dyn[0] = (struct dyn_rule){.filter = {.id = 4, .src = me, .dst = host, .mirrored = true},
	    .action_in = ACTION_PERMIT, .action_out = ACTION_NEGOTIATE};
	w.dynp[0] = &w.dyn[0];
	w.dynamic.n = 1;
	make_with_key(&secret);
	ok(pr->nrules == 2 && pr->rules[0].inpass && pr->rules[0].soft);
	is_int(pr->rules[0].reqid, PLAN_REQID_BASE + (ORIGIN_DYNAMIC | 4));
	ok(pr->rules[0].qm->pfs == 14 && pr->rules[0].mm->soft_life_s == 60 && pr->rules[0].mm->qm_limit == 3);
	ok(pr->rules[0].mm->auths[0].method == IKE_AUTH_GSS && guid_is_null(&pr->rules[0].mm->auths[0].secret));
	ok(guid_eq(&pr->rules[0].mm->auths[1].secret, &secret));
	drop();
}

int main(void)
{
	static const struct tap_case cases[] = {
	    {"rules are those of the templates, each once", rules_are_those_of_the_templates},
	    {"rules stand in the order of priorities", rules_stand_in_the_order_of_priorities},
	    {"numbers become those of IKE", numbers_become_those_of_ike},
	    {"equal policies are one, and ids stay", equal_policies_are_one_and_ids_stay},
	    {"a tunnel finds its own end in the other rule", a_tunnel_finds_its_own_end_in_the_other_rule},
	    {"the default response rule is that of the persistent store first",
	        the_default_response_rule_is_that_of_the_persistent_store_first},
	    {"dynamic rules bring their policies", dynamic_rules_bring_their_policies},
	};

	return tap_run(cases, N_OF(cases));
}
