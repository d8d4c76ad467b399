/* Which rule and which main mode policy a profile has for traffic and peers. */
#include "ike/engine/profile.h"

#include "common/base/mem.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct ip ip(const char *text)
{
	struct ip a = {.family = IP_NONE};

	ok(ip_parse(text, &a));
	return a;
}

/* local/plen remote/plen protocol local port, remote port */
static struct ike_selector sel(const char *local, uint8_t lp, const char *remote, uint8_t rp, uint8_t proto, uint16_t rport)
{
	return (struct ike_selector){{ip(local), lp}, {ip(remote), rp}, proto, 0, rport};
}

static void a_selector_covers_what_is_inside(void)
{
	struct ike_selector net = sel("10.0.0.1", 32, "10.1.0.0", 16, 6, 0);
	struct ike_selector same = net, host = sel("10.0.0.1", 32, "10.1.2.3", 32, 6, 23);
	struct ike_selector other = sel("10.0.0.1", 32, "10.2.2.3", 32, 6, 23);
	struct ike_selector udp = sel("10.0.0.1", 32, "10.1.2.3", 32, 17, 23), any = sel("10.0.0.1", 32, "10.1.2.3", 32, 0, 0);
	struct ike_selector v6 = sel("::1", 128, "::", 0, 0, 0), v4 = sel("0.0.0.0", 0, "0.0.0.0", 0, 0, 0);

	ok(ike_selector_covers(&net, &host) && !ike_selector_covers(&host, &net));
	ok(!ike_selector_covers(&net, &other) && !ike_selector_covers(&net, &udp) && !ike_selector_covers(&net, &any));
	ok(ike_selector_eq(&net, &same) && !ike_selector_eq(&net, &host));
	ok(ike_selector_covers(&v4, &net) && !ike_selector_covers(&v6, &net) && !ike_selector_covers(&v4, &v6));
}

static void the_first_rule_that_covers_decides(void)
{
	static const struct ike_mm_policy one = {.id = 1}, two = {.id = 2}, three = {.id = 3}, rest = {.id = 4};
	struct ike_profile *p = ike_profile_new();
	struct ike_selector telnet = sel("10.0.0.1", 32, "10.1.2.3", 32, 6, 23), web = sel("10.0.0.1", 32, "10.1.2.3", 32, 6, 80);
	struct ike_selector far = sel("192.168.1.0", 24, "192.168.2.0", 24, 0, 0);
	struct ip me = ip("10.0.0.1"), gw = ip("198.51.100.1"), andy = ip("10.1.2.3"), stranger = ip("203.0.113.7");

	p->nrules = 3;
	p->rules = arena_array(&p->arena, 3, sizeof *p->rules);
	p->rules[0] = (struct ike_rule){.reqid = 1, .sel = telnet, .mm = &one};
	p->rules[1] = (struct ike_rule){.reqid = 2, .sel = sel("10.0.0.1", 32, "10.0.0.0", 8, 0, 0), .mm = &two};
	p->rules[2] = (struct ike_rule){.reqid = 3, .sel = far, .tunnel = true, .tunnel_local = me, .tunnel_remote = gw, .mm = &three};

	ok(ike_profile_rule(p, &telnet, false, NULL) == &p->rules[0]);
	ok(ike_profile_rule(p, &web, false, NULL) == &p->rules[1]);
	ok(ike_profile_rule(p, &far, false, NULL) == NULL);
	ok(ike_profile_rule(p, &far, true, &gw) == &p->rules[2]);
	ok(ike_profile_rule(p, &far, true, &andy) == NULL);
	ok(ike_profile_mm(p, &me, &andy) == &one);
	ok(ike_profile_mm(p, &me, &gw) == &three);
	ok(ike_profile_mm(p, &andy, &gw) == NULL);
	ok(ike_profile_mm(p, &me, &stranger) == NULL);
	p->default_mm = &rest;
	ok(ike_profile_mm(p, &me, &stranger) == &rest);
	ike_profile_free(p);
	ike_profile_free(NULL);
}

/* Each field of a policy counts when it is compared: only then does a change end what it invalidates. */
static void policies_differ_in_every_field(void)
{
	const struct ike_mm_policy m = {.id = 1, .noffers = 1, .nauths = 1, .offers = {{1, 1, 2}}, .auths = {{.method = 1}}};
	const struct ike_qm_policy q = {.noffers = 1, .offers = {{.has_esp = true, .esp_cipher = 2}}};
	struct ike_mm_policy mv[9];
	struct ike_qm_policy qv[9];

	for (size_t i = 0; i < N_OF(mv); i++) {
		mv[i] = m;
		qv[i] = q;
	}
	mv[0].noffers = mv[1].nauths = 0;
	mv[2].life_s = mv[3].qm_limit = mv[4].soft_life_s = 9;
	mv[5].offers[0].cipher = mv[6].offers[0].hash = 9;
	mv[7].offers[0].group = 14;
	mv[8].auths[0].secret.b[0] = 1;
	qv[0].noffers = 0;
	qv[1].pfs = 2;
	qv[2].offers[0].has_ah = true;
	qv[3].offers[0].has_esp = false;
	qv[4].offers[0].ah_hash = qv[5].offers[0].esp_cipher = qv[6].offers[0].esp_hash = 9;
	qv[7].offers[0].life_s = qv[8].offers[0].life_kb = 9;
	for (size_t i = 0; i < N_OF(mv); i++)
		ok(!ike_mm_policy_eq(&m, &mv[i]) && !ike_qm_policy_eq(&q, &qv[i]));
	mv[0] = m;
	mv[0].id = 7; /* a name, no property */
	ok(ike_mm_policy_eq(&m, &mv[0]));
}

static const struct tap_case cases[] = {
    {"a selector covers what is inside", a_selector_covers_what_is_inside},
    {"the first rule that covers decides", the_first_rule_that_covers_decides},
    {"policies differ in every field", policies_differ_in_every_field},
};
TAP_MAIN(cases)
