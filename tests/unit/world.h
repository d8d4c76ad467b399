/*
 * Random policies and packets for properties: a host, a policy of up to MAX_RULES rules with one list each and
 * a few dynamic rules, drawn from a small pool of addresses and ports so that filters collide, overlap and meet
 * at the edges of prefixes. All in static storage; one seed gives one world.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/explain.h"

static uint64_t seed = 1;

static inline unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static inline struct ip ip(const char *s)
{
	struct ip a = {0};

	if (!ip_parse(s, &a))
		abort();
	return a;
}

static inline void host_facts(struct facts *f)
{
	*f = (struct facts){0};
	facts_add_if(f, "lo", 1, IF_LOOPBACK);
	facts_add_if(f, "eth0", 2, IF_LAN);
	facts_add_if(f, "ppp0", 3, IF_DIALUP);
	facts_add_addr(f, &(struct fact_addr){.ip = ip("127.0.0.1"), .plen = 8, .iface = 0});
	facts_add_addr(f, &(struct fact_addr){.ip = ip("10.0.0.1"), .plen = 24, .broadcast = ip("10.0.0.255"), .iface = 1});
	facts_add_addr(f, &(struct fact_addr){.ip = ip("10.1.0.1"), .plen = 32, .iface = 2});
	facts_add_addr(f, &(struct fact_addr){.ip = ip("2001:db8::1"), .plen = 64, .iface = 1});
	facts_add_addr(f, &(struct fact_addr){.ip = ip("2001:db8:1::1"), .plen = 128, .iface = 2});
	facts_add_server(f, END_DNS, &(struct ip){.family = IP_V4, .b = {10, 0, 0, 53}});
	facts_sort(f);
}

/* A policy of up to MAX_RULES rules with one list each, all in static storage. */
enum { MAX_RULES = 5, MAX_FILTERS = 6, MAX_DYNAMIC = 4 };
enum { MAX_PERSISTENT = 4 };
struct world {
	struct policyset ps;
	struct policy policy;
	struct rule rules[MAX_RULES];
	struct filterlist lists[MAX_RULES];
	struct filteraction actions[MAX_RULES];
	struct filter filters[MAX_RULES][MAX_FILTERS];
	struct dyn_rule dyn[MAX_DYNAMIC];
	const struct dyn_rule *dynp[MAX_DYNAMIC];
	struct dyn_rules dynamic;
	/* The persistent store: a policy of rules with one filter each; its rows have the numbers of local ones. */
	struct policyset pps;
	struct policy ppolicy;
	struct rule prules[MAX_PERSISTENT];
	struct filterlist plists[MAX_PERSISTENT];
	struct filteraction pactions[MAX_PERSISTENT];
	struct filter pfilters[MAX_PERSISTENT];
};

/* The plan of everything in it. */
static inline int world_compile(const struct world *w, const struct facts *fs, struct plan *out, struct err *e)
{
	const struct plan_sources s = {.local = &w->ps, .persistent = &w->pps, .dynamic = &w->dynamic};

	return plan_compile_sources(&s, fs, out, e);
}


static inline void world_init(struct world *w, size_t nrules)
{
	memset(w, 0, sizeof *w);
	w->policy = (struct policy){.id = 1, .name = "P", .assigned = true, .nrules = nrules, .rules = w->rules};
	w->ps.policies = &w->policy;
	w->ps.npolicies = 1;
	settings_default(&w->ps.settings);
	w->dynamic = (struct dyn_rules){.v = w->dynp};
	for (size_t i = 0; i < nrules; i++) {
		w->lists[i] = (struct filterlist){.id = (int64_t)i + 1, .name = "L", .filters = w->filters[i]};
		w->rules[i] = (struct rule){.id = (int64_t)i + 1, .name = "R", .active = true,
		    .filterlist = &w->lists[i], .filteraction = &w->actions[i]};
	}
}

static inline struct filter *world_filter(struct world *w, size_t rule, const struct endpoint *src, const struct endpoint *dst)
{
	struct filterlist *l = &w->lists[rule];
	struct filter *f = &l->filters[l->nfilters++];

	*f = (struct filter){.id = (int64_t)(rule * 100 + l->nfilters), .src = *src, .dst = *dst};
	return f;
}

static const struct endpoint any = {.kind = END_ANY}, me = {.kind = END_ME};

static inline struct endpoint net(const char *addr, uint8_t plen)
{
	return (struct endpoint){.kind = END_NET, .lo = ip(addr), .plen = plen};
}

static inline struct ip pool_ip(uint8_t family)
{
	struct ip a = {.family = family};

	if (family == IP_V4) {
		static const uint8_t last[] = {0, 1, 2, 3, 7, 8, 53, 127, 128, 255};
		a.b[0] = 10;
		a.b[1] = (uint8_t)rnd(2);
		a.b[3] = last[rnd(N_OF(last))];
		return a;
	}
	a.b[0] = 0x20, a.b[1] = 0x01, a.b[2] = 0x0d, a.b[3] = 0xb8;
	a.b[14] = (uint8_t)(rnd(2) << 7);
	a.b[15] = (uint8_t)rnd(4);
	return a;
}

static inline struct endpoint random_endpoint(void)
{
	static const uint8_t plens[] = {0, 8, 15, 16, 24, 25, 29, 30, 31, 32};
	uint8_t family = rnd(3) ? IP_V4 : IP_V6;

	switch (rnd(9)) {
	case 0:
	case 1:
		return any;
	case 2:
	case 3:
		return me;
	case 4: {
		struct endpoint r = {.kind = END_RANGE, .lo = pool_ip(family), .hi = pool_ip(family)};
		if (ip_cmp(&r.lo, &r.hi) > 0) {
			struct ip t = r.lo;
			r.lo = r.hi;
			r.hi = t;
		}
		return r;
	}
	case 5:
		return rnd(2) ? (struct endpoint){.kind = END_DNS} : net("224.0.0.251", 32);
	default: {
		struct endpoint n = {.kind = END_NET, .lo = pool_ip(family)};
		n.plen = plens[rnd(N_OF(plens))];
		if (family == IP_V6)
			n.plen = (uint8_t)(n.plen ? n.plen + 96 : 0);
		n.lo = ip_mask(&n.lo, n.plen);
		return n;
	}
	}
}

static inline bool families_agree(const struct endpoint *a, const struct endpoint *b)
{
	return a->lo.family == IP_NONE || b->lo.family == IP_NONE || a->lo.family == b->lo.family;
}

static inline void random_traffic(struct filter *f)
{
	static const uint8_t protocols[] = {0, 0, 1, 6, 6, 17, 46, 47};
	static const uint16_t ports[] = {0, 0, 80, 23, 88, 500};

	f->mirrored = rnd(2);
	f->protocol = protocols[rnd(N_OF(protocols))];
	if (f->protocol == PROTO_TCP || f->protocol == PROTO_UDP) {
		f->srcport = ports[rnd(N_OF(ports))];
		f->dstport = ports[rnd(N_OF(ports))];
	}
}

/* Dynamic rules of which some repeat the traffic of the policy's filters. */
static inline void random_dynamic(struct world *w)
{
	for (size_t n = rnd(MAX_DYNAMIC + 1); n > 0; n--) {
		struct dyn_rule *r = &w->dyn[w->dynamic.n];
		const struct filterlist *l = &w->lists[rnd((unsigned)w->policy.nrules)];
		struct endpoint s = random_endpoint(), d = random_endpoint();
		*r = (struct dyn_rule){.conntype = rnd(4) ? CONN_ALL : (uint8_t)(1 + rnd(2)),
			.action_in = (uint8_t)rnd(3), .action_out = (uint8_t)rnd(3)};
		if (rnd(2) && l->nfilters) {
			r->filter = l->filters[rnd((unsigned)l->nfilters)];
		} else {
			if (!families_agree(&s, &d) || (s.kind == END_ME && d.kind == END_ME))
				continue;
			r->filter = (struct filter){.src = s, .dst = d};
			random_traffic(&r->filter);
		}
		r->filter.id = (int64_t)w->dynamic.n + 1;
		w->dynp[w->dynamic.n++] = r;
	}
}

/* A filter with random ends, or the traffic of one of the local policy. false: there is none such. */
static inline bool random_filter(const struct world *w, struct filter *f)
{
	const struct filterlist *l = &w->lists[rnd((unsigned)w->policy.nrules)];
	struct endpoint s = random_endpoint(), d = random_endpoint();

	if (rnd(2) && l->nfilters) {
		*f = l->filters[rnd((unsigned)l->nfilters)];
		return true;
	}
	if (!families_agree(&s, &d) || (s.kind == END_ME && d.kind == END_ME))
		return false;
	*f = (struct filter){.src = s, .dst = d};
	random_traffic(f);
	return true;
}

/* In every second world a persistent policy, of which some filters repeat the traffic of the local one's. */
static inline void random_persistent(struct world *w)
{
	size_t n = 0;

	w->pps = (struct policyset){.policies = &w->ppolicy, .npolicies = rnd(2)};
	for (size_t tries = rnd(MAX_PERSISTENT + 1); w->pps.npolicies && tries > 0; tries--) {
		if (!random_filter(w, &w->pfilters[n]))
			continue;
		w->pfilters[n].id = (int64_t)n + 1;
		w->plists[n] = (struct filterlist){.id = (int64_t)n + 1, .name = "PL", .nfilters = 1,
			.filters = &w->pfilters[n]};
		w->pactions[n] = (struct filteraction){.name = "PA", .action = (uint8_t)rnd(3), .inpass = rnd(2)};
		w->prules[n] = (struct rule){.id = (int64_t)n + 1, .name = "PR", .active = rnd(8) != 0,
			.conntype = rnd(4) ? CONN_ALL : (uint8_t)(1 + rnd(2)), .filterlist = &w->plists[n],
			.filteraction = &w->pactions[n]};
		n++;
	}
	w->ppolicy = (struct policy){.id = 1, .name = "PP", .assigned = true, .nrules = n, .rules = w->prules};
}

static inline const struct policy *world_persistent(const struct world *w)
{
	return w->pps.npolicies ? &w->ppolicy : NULL;
}

static inline void random_world(struct world *w)
{
	world_init(w, 1 + rnd(MAX_RULES));
	for (size_t i = 0; i < w->policy.nrules; i++) {
		w->actions[i].action = (uint8_t)rnd(3);
		w->actions[i].inpass = rnd(2);
		w->rules[i].conntype = rnd(4) ? CONN_ALL : (uint8_t)(1 + rnd(2));
		w->rules[i].active = rnd(8) != 0;
		for (size_t n = 1 + rnd(MAX_FILTERS); n > 0; n--) {
			struct endpoint s = random_endpoint(), d = random_endpoint();
			if (!families_agree(&s, &d) || (s.kind == END_ME && d.kind == END_ME))
				continue;
			random_traffic(world_filter(w, i, &s, &d));
		}
	}
	random_dynamic(w);
	random_persistent(w);
	w->ps.settings.number[SET_IPSECEXEMPT] = rnd(4);
}

static inline struct packet random_packet(void)
{
	static const uint8_t protocols[] = {1, 6, 6, 17, 46, 47};
	static const uint16_t ports[] = {80, 23, 9, 88, 500};
	struct packet p = {.family = rnd(3) ? IP_V4 : IP_V6, .inbound = rnd(2), .dialup = rnd(2)};
	struct ip mine = ip(p.family == IP_V6 ? p.dialup ? "2001:db8:1::1" : "2001:db8::1" :
	                    p.dialup ? "10.1.0.1" : "10.0.0.1");
	struct ip other = pool_ip(p.family);
	struct ip group = p.family == IP_V6 ? ip("ff02::fb") : rnd(2) ? ip("224.0.0.251") : ip("255.255.255.255");

	p.src = p.inbound ? other : mine;
	p.dst = p.inbound ? mine : other;
	if (rnd(6) == 0)
		p.dst = group;
	if (!p.inbound && ip_eq(&p.dst, &(struct ip){.family = IP_V4, .b = {10, 0, 0, 255}}))
		p.dst = group; /* the subnet's broadcast address */
	p.protocol = protocols[rnd(N_OF(protocols))];
	if (p.family == IP_V6 && p.protocol == 1)
		p.protocol = PROTO_ICMPV6;
	if (p.protocol == PROTO_TCP || p.protocol == PROTO_UDP) {
		p.sport = ports[rnd(N_OF(ports))];
		p.dport = ports[rnd(N_OF(ports))];
	}
	return p;
}

#endif
