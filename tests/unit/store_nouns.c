/* The nouns of the store: what goes in comes out, and what must be refused is. */
#include "tests/unit/store_util.h"

#include <time.h>

#include "common/base/banned.h"

static char *dir;
static struct store *st;
static struct arena a;

static void set_up(void)
{
	dir = dir_new();
	st = open_or_die(dir, STORE_RW);
}

static void tear_down(void)
{
	store_close(st);
	arena_free(&a);
	dir_free(dir);
}

/* One policy with one rule that blocks; what most tests start from. */
struct site {
	struct policy p;
	struct rule def, r;
	struct filterlist l;
	struct filteraction fa;
};

static void make_site(struct site *s)
{
	*s = (struct site){.p = a_policy("P"), .def = a_default_rule(), .l = a_list("L"),
	    .fa = an_action("A", ACTION_BLOCK)};
	works(store_policy_add(st, &s->p, &s->def, &e));
	works(store_filterlist_add(st, &s->l, &e));
	works(store_filteraction_add(st, &s->fa, &e));
	s->r = a_rule("R", &s->l, &s->fa);
	works(store_rule_add(st, s->p.id, &s->r, NULL, &e));
}

/* --- policies ----------------------------------------------------------------------------------- */

static void policy_comes_back_as_it_went_in(void)
{
	struct policy p = a_policy("P"), q;
	struct rule def = a_default_rule();

	set_up();
	p.description = "d";
	p.mmpfs = p.assigned = true;
	p.qmpermm = UINT32_MAX;
	p.mmlifetime_s = 1;
	p.pollinginterval_s = 2;
	p.offers = (struct mm_offers){.n = 2, .v = {{ENCR_DES, INTEG_MD5, 1}, {ENCR_3DES, INTEG_SHA1, 3}}};
	int64_t before = time(NULL);
	works(store_policy_add(st, &p, &def, &e));
	ok(p.id > 0 && !guid_is_null(&p.guid) && p.modified >= before && p.modified <= time(NULL));
	works(store_policy_find(st, "p", NULL, &a, &q, &e));
	ok(q.id == p.id && guid_eq(&q.guid, &p.guid) && q.modified == p.modified);
	is_str(q.name, "P");
	is_str(q.description, "d");
	ok(q.mmpfs && q.assigned && q.qmpermm == UINT32_MAX && q.mmlifetime_s == 1);
	is_int(q.pollinginterval_s, 2);
	is_int(q.offers.n, 2);
	ok(memcmp(q.offers.v, p.offers.v, 2 * sizeof q.offers.v[0]) == 0);
	is_int(q.nrules, 1);
	ok(q.rules == NULL);
	works(store_policy_find(st, NULL, &p.guid, &a, &q, &e));
	is_str(q.name, "P");
	tear_down();
}

static void missing_objects_are_named(void)
{
	struct guid g = guid_new();
	struct policy p;
	struct filterlist l;
	struct filteraction fa;
	struct err err = {0};

	set_up();
	refused(store_policy_find(st, "nobody", NULL, &a, &p, &e), POLICY_NOTFOUND);
	refused(store_filterlist_find(st, NULL, &g, &a, &l, &e), FILTERLIST_NOTFOUND);
	refused(store_filteraction_find(st, "x", NULL, &a, &fa, &e), FILTERACTION_NOTFOUND);
	store_policy_find(st, "nobody", NULL, &a, &p, &err);
	is_str(err.text, "there is no policy 'nobody'");
	p = a_policy("gone");
	p.id = 77;
	refused(store_policy_put(st, &p, &e), POLICY_NOTFOUND);
	l = a_list("gone");
	l.id = 77;
	refused(store_filterlist_put(st, &l, &e), FILTERLIST_NOTFOUND);
	fa = an_action("gone", ACTION_BLOCK);
	fa.id = 77;
	refused(store_filteraction_put(st, &fa, &e), FILTERACTION_NOTFOUND);
	tear_down();
}

static void names_are_taken_whatever_their_case(void)
{
	struct policy p = a_policy("Abc"), q = a_policy("aBC");
	struct filterlist l = a_list("List"), m = a_list("LIST");
	struct filteraction fa = an_action("Act", ACTION_PERMIT), fb = an_action("aCT", ACTION_PERMIT);
	struct rule def = a_default_rule();

	set_up();
	works(store_policy_add(st, &p, &def, &e));
	refused(store_policy_add(st, &q, &def, &e), POLICY_EXISTS);
	works(store_filterlist_add(st, &l, &e));
	refused(store_filterlist_add(st, &m, &e), FILTERLIST_EXISTS);
	works(store_filteraction_add(st, &fa, &e));
	refused(store_filteraction_add(st, &fb, &e), FILTERACTION_EXISTS);
	/* A new spelling of one's own name is a change, somebody else's name is not free. */
	p.name = "ABC";
	works(store_policy_put(st, &p, &e));
	works(store_policy_find(st, "abc", NULL, &a, &q, &e));
	is_str(q.name, "ABC");
	m.name = "other";
	works(store_filterlist_add(st, &m, &e));
	m.name = "list";
	refused(store_filterlist_put(st, &m, &e), FILTERLIST_EXISTS);
	tear_down();
}

static void any_text_is_a_name(void)
{
	static const char *const names[] = {"'); DROP TABLE policy; --", "a\"b'c`d", "\xe7\xad\x96\xe7\x95\xa5",
	    "%s%n", " ", "A\xc3\xa9", "-1", "a;b", "\xe2\x80\x9c\xe2\x80\x9d"};
	struct policy q, *all;
	struct rule def = a_default_rule();
	size_t n;

	set_up();
	for (size_t i = 0; i < N_OF(names); i++) {
		struct policy p = a_policy(names[i]);
		p.description = names[i];
		works(store_policy_add(st, &p, &def, &e));
	}
	for (size_t i = 0; i < N_OF(names); i++) {
		works(store_policy_find(st, names[i], NULL, &a, &q, &e));
		is_str(q.name, names[i]);
		is_str(q.description, names[i]);
	}
	works(store_policy_list(st, &a, &all, &n, &e));
	is_int(n, N_OF(names));
	tear_down();
}

static void lists_come_in_order_of_names(void)
{
	static const char *const names[] = {"b", "C", "a"};
	struct rule def = a_default_rule();
	struct policy *p;
	struct filterlist *l;
	struct filteraction *fa;
	size_t n;

	set_up();
	works(store_policy_list(st, &a, &p, &n, &e));
	is_int(n, 0);
	for (int i = 0; i < 3; i++) {
		struct policy np = a_policy(names[i]);
		struct filterlist nl = a_list(names[i]);
		struct filteraction na = an_action(names[i], ACTION_NEGOTIATE);
		works(store_policy_add(st, &np, &def, &e));
		works(store_filterlist_add(st, &nl, &e));
		works(store_filteraction_add(st, &na, &e));
	}
	works(store_policy_list(st, &a, &p, &n, &e));
	ok(n == 3 && !strcmp(p[0].name, "a") && !strcmp(p[1].name, "b") && !strcmp(p[2].name, "C"));
	works(store_filterlist_list(st, &a, &l, &n, &e));
	ok(n == 3 && !strcmp(l[0].name, "a") && !strcmp(l[2].name, "C"));
	works(store_filteraction_list(st, &a, &fa, &n, &e));
	ok(n == 3 && !strcmp(fa[0].name, "a") && !strcmp(fa[2].name, "C"));
	tear_down();
}

static void assigning_one_unassigns_the_others(void)
{
	struct policy p = a_policy("1"), q = a_policy("2"), x;
	struct rule def = a_default_rule();

	set_up();
	p.assigned = q.assigned = true;
	works(store_policy_add(st, &p, &def, &e));
	works(store_policy_add(st, &q, &def, &e));
	works(store_policy_find(st, "1", NULL, &a, &x, &e));
	ok(!x.assigned);
	works(store_policy_put(st, &p, &e));
	works(store_policy_find(st, "1", NULL, &a, &x, &e));
	ok(x.assigned);
	works(store_policy_find(st, "2", NULL, &a, &x, &e));
	ok(!x.assigned);
	p.assigned = false;
	works(store_policy_put(st, &p, &e));
	works(store_policy_find(st, "1", NULL, &a, &x, &e));
	ok(!x.assigned);
	tear_down();
}

static void deleting_a_policy_takes_its_rules_only(void)
{
	struct site s;
	struct filterlist l;

	set_up();
	make_site(&s);
	works(store_policy_delete(st, s.p.id, &e));
	refused(store_policy_find(st, "P", NULL, &a, &s.p, &e), POLICY_NOTFOUND);
	works(store_filterlist_find(st, "L", NULL, &a, &l, &e));
	works(store_filterlist_delete(st, l.id, &e));
	works(store_filteraction_delete(st, s.fa.id, &e));
	tear_down();
}

static void ids_are_never_reused(void)
{
	struct policy p = a_policy("P");
	struct rule def = a_default_rule();
	struct filterlist l = a_list("L");
	struct filter f = a_filter(1);
	bool added;

	set_up();
	works(store_policy_add(st, &p, &def, &e));
	int64_t id = p.id;
	works(store_policy_delete(st, id, &e));
	works(store_policy_add(st, &p, &def, &e));
	ok(p.id > id);
	works(store_filterlist_add(st, &l, &e));
	works(store_filter_add(st, l.id, &f, &added, &e));
	int64_t fid = f.id;
	works(store_filter_delete(st, l.id, &fid, 1, &e));
	store_close(st);
	st = open_or_die(dir, STORE_RW);
	works(store_filter_add(st, l.id, &f, &added, &e));
	ok(added && f.id > fid);
	tear_down();
}

/* --- rules -------------------------------------------------------------------------------------- */

static void rules_come_in_order_with_the_default_one_last(void)
{
	struct site s;
	struct rule *v, r;
	size_t n;

	set_up();
	make_site(&s);
	r = a_rule("Q", &s.l, &s.fa);
	r.tunnel = (struct ip){.family = IP_V6, .b = {0xfd, [15] = 1}};
	r.conntype = CONN_LAN;
	r.active = false;
	r.auth = (struct auth_list){.n = 2, .v = {{.kind = AUTH_ROOTCA, .certmap = true, .text = "CN=x"}, {0}}};
	works(store_rule_add(st, s.p.id, &r, NULL, &e));
	works(store_rule_list(st, s.p.id, &a, &v, &n, &e));
	is_int(n, 3);
	is_str(v[0].name, "R");
	is_str(v[1].name, "Q");
	ok(v[2].is_default && !v[2].name && !v[2].filterlist && v[2].default_offers.n == 1);
	ok(v[1].tunnel.family == IP_V6 && ip_eq(&v[1].tunnel, &r.tunnel) && v[0].tunnel.family == IP_NONE);
	ok(v[1].conntype == CONN_LAN && !v[1].active && v[0].active);
	ok(v[1].auth.n == 2 && v[1].auth.v[0].certmap && v[1].auth.v[1].kind == AUTH_KERBEROS);
	is_str(v[1].auth.v[0].text, "CN=x");
	is_str(v[1].filterlist->name, "L");
	is_str(v[1].filteraction->name, "A");
	ok(v[1].filterlist->filters == NULL);
	tear_down();
}

static void rule_names_are_unique_within_a_policy(void)
{
	struct site s;
	struct policy q = a_policy("Q");

	set_up();
	make_site(&s);
	struct rule r = a_rule("r", &s.l, &s.fa);
	refused(store_rule_add(st, s.p.id, &r, NULL, &e), RULE_EXISTS);
	works(store_policy_add(st, &q, &s.def, &e));
	works(store_rule_add(st, q.id, &r, NULL, &e));
	r.name = "S";
	works(store_rule_put(st, q.id, &r, NULL, &e));
	refused(store_rule_put(st, s.p.id, &r, NULL, &e), RULE_NOTFOUND);
	refused(store_rule_add(st, 99, &r, NULL, &e), POLICY_NOTFOUND);
	tear_down();
}

static void rule_needs_its_list_and_action(void)
{
	struct site s;
	struct filterlist no_list = {.id = 99, .name = "gone"};
	struct filteraction no_action = {.id = 99, .name = "gone"};

	set_up();
	make_site(&s);
	struct rule r = a_rule("new", &no_list, &s.fa);
	refused(store_rule_add(st, s.p.id, &r, NULL, &e), FILTERLIST_NOTFOUND);
	r = a_rule("new", &s.l, &no_action);
	refused(store_rule_add(st, s.p.id, &r, NULL, &e), FILTERACTION_NOTFOUND);
	r = a_rule("new", NULL, &s.fa);
	refused(store_rule_add(st, s.p.id, &r, NULL, &e), BUG);
	tear_down();
}

static void default_rule_can_be_set_but_not_deleted(void)
{
	struct site s;
	struct rule *v, def;
	size_t n;

	set_up();
	make_site(&s);
	works(store_rule_list(st, s.p.id, &a, &v, &n, &e));
	def = v[n - 1];
	refused(store_rule_delete(st, def.id, &e), DEFAULTRULE_FIXED);
	refused(store_rule_add(st, s.p.id, &def, NULL, &e), BUG);
	def.active = def.default_qmpfs = true;
	def.default_offers.n = 2;
	def.default_offers.v[1] = (struct qm_offer){.ah = INTEG_MD5, .life_kb = 5, .life_s = 6};
	works(store_rule_put(st, s.p.id, &def, NULL, &e));
	works(store_rule_list(st, s.p.id, &a, &v, &n, &e));
	ok(v[1].active && v[1].default_qmpfs && v[1].default_offers.n == 2);
	is_int(v[1].default_offers.v[1].life_s, 6);
	def.is_default = false;
	def.name = "x";
	def.filterlist = &s.l;
	def.filteraction = &s.fa;
	refused(store_rule_put(st, s.p.id, &def, NULL, &e), BUG);
	works(store_rule_delete(st, s.r.id, &e));
	works(store_rule_list(st, s.p.id, &a, &v, &n, &e));
	ok(n == 1 && v[0].is_default);
	tear_down();
}

/* --- lists, filters, actions -------------------------------------------------------------------- */

static void objects_in_use_stay(void)
{
	struct site s;
	struct err err = {0};

	set_up();
	make_site(&s);
	char *before = show_store(st, true);
	refused(store_filterlist_delete(st, s.l.id, &e), FILTERLIST_INUSE);
	refused(store_filteraction_delete(st, s.fa.id, &e), FILTERACTION_INUSE);
	store_filteraction_delete(st, s.fa.id, &err);
	is_str(err.text, "filter action 'A' is used by rule 'R' of policy 'P'");
	char *after = show_store(st, true);
	is_str(after, before);
	free(before);
	free(after);
	tear_down();
}

static int collect(void *ctx, const struct filter *f, struct err *e)
{
	struct buf *b = ctx;

	(void)e;
	buf_printf(b, "%s/%lld", b->len ? " " : "", (long long)f->id);
	return 0;
}

static int stop(void *ctx, const struct filter *f, struct err *e)
{
	(void)ctx, (void)f;
	return err_set(e, VALUE_EMPTY, "x");
}

static void filter_kinds_come_back(void)
{
	struct filterlist l = a_list("L");
	struct endpoint ends[] = {{.kind = END_ANY}, {.kind = END_ME}, {.kind = END_GATEWAY},
	    {.kind = END_NET, .plen = 0, .lo = {.family = IP_V4}},
	    {.kind = END_NET, .plen = 128, .lo = {.family = IP_V6, .b = {0xfe, 0x80, [15] = 9}}},
	    {.kind = END_RANGE, .lo = {.family = IP_V4, .b = {1, 2, 3, 4}}, .hi = {.family = IP_V4, .b = {9}}},
	    {.kind = END_NET, .plen = 32, .lo = {.family = IP_V4, .b = {1}}, .dns = "host.example"}};
	size_t n = 0;
	struct err err = {0};

	set_up();
	works(store_filterlist_add(st, &l, &e));
	for (size_t i = 0; i < N_OF(ends); i++)
		for (size_t j = 0; j < N_OF(ends); j++, n++) {
			struct filter f = {.description = i ? "" : "\xe5\xa4\x87", .src = ends[i], .dst = ends[j],
			    .protocol = 255, .srcport = 65535, .mirrored = j & 1};
			bool added;
			works(store_filter_add(st, l.id, &f, &added, &e));
			ok(added && f.id > 0 && !guid_is_null(&f.guid));
		}
	struct policyset *ps = store_snapshot(st, &err);
	is_int(ps->filterlists[0].nfilters, n);
	for (size_t i = 0; i < n; i++) {
		struct filter *f = &ps->filterlists[0].filters[i];
		struct buf got = {0}, want = {0};
		show_endpoint(&got, &f->src);
		show_endpoint(&got, &f->dst);
		show_endpoint(&want, &ends[i / N_OF(ends)]);
		show_endpoint(&want, &ends[i % N_OF(ends)]);
		is_str(got.data, want.data);
		ok(f->protocol == 255 && f->srcport == 65535 && f->dstport == 0);
		is_str(f->description, i < N_OF(ends) ? "\xe5\xa4\x87" : "");
		buf_free(&got);
		buf_free(&want);
	}
	policyset_free(ps);
	tear_down();
}

static void same_filter_twice_is_harmless(void)
{
	struct filterlist l = a_list("L"), m = a_list("M"), got;
	struct filter f = a_filter(1), g = a_filter(1);
	bool added;

	set_up();
	works(store_filterlist_add(st, &l, &e));
	works(store_filterlist_add(st, &m, &e));
	works(store_filter_add(st, l.id, &f, &added, &e));
	ok(added);
	uint64_t before = counter_of(st);
	g.description = "another description is not another filter";
	works(store_filter_add(st, l.id, &g, &added, &e));
	ok(!added && g.id == 0);
	is_int(counter_of(st), before);
	g.mirrored = false;
	works(store_filter_add(st, l.id, &g, &added, &e));
	ok(added);
	works(store_filter_add(st, m.id, &f, &added, &e));
	ok(added);
	works(store_filterlist_find(st, "L", NULL, &a, &got, &e));
	is_int(got.nfilters, 0);
	works(store_filterlist_count(st, &got, &e));
	is_int(got.nfilters, 2);
	refused(store_filter_add(st, 99, &f, &added, &e), STORE_FAILED);
	ok(!added);
	tear_down();
}

static void filters_are_walked_and_deleted_by_id(void)
{
	struct filterlist l = a_list("L"), m = a_list("M");
	int64_t ids[3];
	struct buf b = {0};
	bool added;

	set_up();
	works(store_filterlist_add(st, &l, &e));
	works(store_filterlist_add(st, &m, &e));
	for (uint32_t i = 0; i < 3; i++) {
		struct filter f = a_filter(9 - i), g = a_filter(i);
		works(store_filter_add(st, l.id, &f, &added, &e));
		works(store_filter_add(st, m.id, &g, &added, &e));
		ids[i] = f.id;
	}
	works(store_filter_each(st, l.id, collect, &b, &e));
	is_str(b.data, "/1 /3 /5");
	buf_clear(&b);
	works(store_filter_delete(st, l.id, (int64_t[]){ids[0], ids[2], 4711}, 3, &e));
	works(store_filter_each(st, l.id, collect, &b, &e));
	is_str(b.data, "/3");
	buf_clear(&b);
	/* An id of another list is not touched. */
	works(store_filter_delete(st, l.id, (int64_t[]){2}, 1, &e));
	works(store_filter_each(st, m.id, collect, &b, &e));
	is_str(b.data, "/2 /4 /6");
	refused(store_filter_each(st, m.id, stop, NULL, &e), VALUE_EMPTY);
	works(store_filterlist_delete(st, m.id, &e));
	buf_free(&b);
	tear_down();
}

static int walk_again(void *ctx, const struct filter *f, struct err *e)
{
	struct filterlist l;

	if (store_filterlist_find(st, "L", NULL, &a, &l, e) < 0)
		return -1;
	return f->id == 1 ? store_filter_each(st, l.id, collect, ctx, e) : 0;
}

static void walking_filters_nests(void)
{
	struct filterlist l = a_list("L");
	struct buf b = {0};
	bool added;

	set_up();
	works(store_filterlist_add(st, &l, &e));
	for (uint32_t i = 0; i < 3; i++) {
		struct filter f = a_filter(i);
		works(store_filter_add(st, l.id, &f, &added, &e));
	}
	works(store_filter_each(st, l.id, walk_again, &b, &e));
	is_str(b.data, "/1 /2 /3");
	buf_free(&b);
	tear_down();
}

static void action_comes_back_as_it_went_in(void)
{
	struct filteraction fa = an_action("A", ACTION_NEGOTIATE), got;

	set_up();
	fa.description = "d";
	fa.qmpfs = fa.soft = true;
	fa.offers = (struct qm_offers){.n = 2, .v = {{.ah = INTEG_SHA1, .life_s = UINT32_MAX},
	    {.esp = true, .encr = ENCR_DES, .integ = INTEG_MD5, .life_kb = 7}}};
	works(store_filteraction_add(st, &fa, &e));
	works(store_filteraction_find(st, NULL, &fa.guid, &a, &got, &e));
	ok(got.action == ACTION_NEGOTIATE && got.qmpfs && got.soft && !got.inpass && got.offers.n == 2);
	ok(got.offers.v[0].ah == INTEG_SHA1 && got.offers.v[0].life_s == UINT32_MAX && !got.offers.v[0].esp);
	ok(got.offers.v[1].esp && got.offers.v[1].encr == ENCR_DES && got.offers.v[1].life_kb == 7);
	got.action = ACTION_BLOCK;
	got.inpass = true;
	got.offers.n = 0;
	works(store_filteraction_put(st, &got, &e));
	works(store_filteraction_find(st, "A", NULL, &a, &got, &e));
	ok(got.action == ACTION_BLOCK && got.inpass && got.offers.n == 0);
	tear_down();
}

static void too_long_names_are_refused_by_the_schema(void)
{
	char name[MODEL_NAME_MAX + 2];
	struct filterlist l = a_list(name);

	set_up();
	memset(name, 'x', sizeof name);
	name[MODEL_NAME_MAX] = '\0';
	works(store_filterlist_add(st, &l, &e));
	name[MODEL_NAME_MAX] = 'y';
	name[MODEL_NAME_MAX + 1] = '\0';
	refused(store_filterlist_add(st, &l, &e), STORE_FAILED);
	tear_down();
}

/* --- snapshot ----------------------------------------------------------------------------------- */

static void snapshot_is_the_whole_store(void)
{
	struct site s;
	struct err err = {0};
	bool added;

	set_up();
	make_site(&s);
	struct filterlist m = a_list("Another");
	works(store_filterlist_add(st, &m, &e));
	for (uint32_t i = 0; i < 4; i++) {
		struct filter f = a_filter(i), g = a_filter(i + 100);
		works(store_filter_add(st, m.id, &f, &added, &e));
		works(store_filter_add(st, s.l.id, &g, &added, &e));
	}
	s.p.assigned = true;
	works(store_policy_put(st, &s.p, &e));
	struct policyset *ps = store_snapshot(st, &err);
	is_int(ps->counter, counter_of(st));
	ok(ps->npolicies == 1 && ps->nfilterlists == 2 && ps->nfilteractions == 1);
	ok(policyset_assigned(ps) == &ps->policies[0]);
	const struct rule *r = ps->policies[0].rules;
	ok(ps->policies[0].nrules == 2 && r[1].is_default);
	ok(r[0].filterlist == &ps->filterlists[1] && r[0].filteraction == &ps->filteractions[0]);
	ok(r[0].filterlist->nfilters == 4 && r[0].filterlist->filters[3].dst.lo.b[3] == 103);
	ok(ps->filterlists[0].nfilters == 4 && ps->filterlists[0].filters[0].dst.lo.b[3] == 0);
	/* What happens later does not show in it. */
	works(store_policy_delete(st, s.p.id, &e));
	is_str(ps->policies[0].name, "P");
	policyset_free(ps);
	tear_down();
}

/* --- names -------------------------------------------------------------------------------------- */

/* "a|b|c" */
static const char *names(enum store_kind kind, const char *policy, const char *prefix, size_t max)
{
	const char **v, *text = "";
	size_t n;

	works(store_names(st, kind, policy, prefix, max, &a, &v, &n, &e));
	for (size_t i = 0; i < n; i++)
		text = arena_printf(&a, "%s%s%s", text, i ? "|" : "", v[i]);
	return text;
}

static void names_are_found_by_their_beginning(void)
{
	static const char *const lists[] = {"beta", "Web servers", "web", "we\xC3\xA4", "W", "%", "we_"};
	struct site s;
	struct policy q = a_policy("Q");
	struct rule def = a_default_rule(), r;

	set_up();
	make_site(&s);
	for (size_t i = 0; i < N_OF(lists); i++) {
		struct filterlist l = a_list(lists[i]);
		works(store_filterlist_add(st, &l, &e));
	}
	is_str(names(STORE_FILTERLISTS, NULL, "", 100), "%|beta|L|W|we_|web|Web servers|we\xC3\xA4");
	is_str(names(STORE_FILTERLISTS, NULL, "WE", 100), "we_|web|Web servers|we\xC3\xA4");
	is_str(names(STORE_FILTERLISTS, NULL, "we", 2), "we_|web");
	is_str(names(STORE_FILTERLISTS, NULL, "%", 9), "%");
	is_str(names(STORE_FILTERLISTS, NULL, "x", 9), "");
	is_str(names(STORE_FILTERACTIONS, NULL, "", 9), "A");
	is_str(names(STORE_POLICIES, NULL, "p", 9), "P");

	works(store_policy_add(st, &q, &def, &e));
	r = a_rule("R", &s.l, &s.fa);
	works(store_rule_add(st, q.id, &r, NULL, &e));
	r = a_rule("Z", &s.l, &s.fa);
	works(store_rule_add(st, q.id, &r, NULL, &e));
	is_str(names(STORE_RULES, NULL, "", 9), "R|Z");
	is_str(names(STORE_RULES, "p", "", 9), "R");
	is_str(names(STORE_RULES, "Q", "z", 9), "Z");
	is_str(names(STORE_RULES, "none", "", 9), "");
	tear_down();
}

static const struct tap_case cases[] = {
	{"policy_comes_back_as_it_went_in", policy_comes_back_as_it_went_in},
	{"missing_objects_are_named", missing_objects_are_named},
	{"names_are_taken_whatever_their_case", names_are_taken_whatever_their_case},
	{"any_text_is_a_name", any_text_is_a_name},
	{"lists_come_in_order_of_names", lists_come_in_order_of_names},
	{"assigning_one_unassigns_the_others", assigning_one_unassigns_the_others},
	{"deleting_a_policy_takes_its_rules_only", deleting_a_policy_takes_its_rules_only},
	{"ids_are_never_reused", ids_are_never_reused},
	{"rules_come_in_order_with_the_default_one_last", rules_come_in_order_with_the_default_one_last},
	{"rule_names_are_unique_within_a_policy", rule_names_are_unique_within_a_policy},
	{"rule_needs_its_list_and_action", rule_needs_its_list_and_action},
	{"default_rule_can_be_set_but_not_deleted", default_rule_can_be_set_but_not_deleted},
	{"objects_in_use_stay", objects_in_use_stay},
	{"filter_kinds_come_back", filter_kinds_come_back},
	{"same_filter_twice_is_harmless", same_filter_twice_is_harmless},
	{"filters_are_walked_and_deleted_by_id", filters_are_walked_and_deleted_by_id},
	{"walking_filters_nests", walking_filters_nests},
	{"action_comes_back_as_it_went_in", action_comes_back_as_it_went_in},
	{"too_long_names_are_refused_by_the_schema", too_long_names_are_refused_by_the_schema},
	{"names_are_found_by_their_beginning", names_are_found_by_their_beginning},
	{"snapshot_is_the_whole_store", snapshot_is_the_whole_store},
};

TAP_MAIN(cases)
