/* The container of the dynamic objects: the numbers of grammar §8.3, and that a set never changes. */
#include "enforcer/dynamic/dynset.h"

#include "tests/unit/dyn_util.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* Replaces *s; the number of the error, 0 for done. */
static int change(struct dynset **s, struct dyn_change c)
{
	struct err e = {0};
	struct dynset *next = dynset_change(*s, &c, &e);

	if (!next)
		return err_number(&e);
	dynset_free(*s);
	*s = next;
	return 0;
}

static struct dynset *with_policies(void)
{
	struct dynset *s = dynset_new();

	is_int(change(&s, dyn_mm(DYN_ADD, "M")), 0);
	is_int(change(&s, dyn_qm(DYN_ADD, "Q")), 0);
	return s;
}

static struct dyn_change telnet(enum dyn_op op, uint8_t n)
{
	return dyn_telnet(op, n, ACTION_BLOCK, ACTION_BLOCK);
}

static void policies_have_the_numbers_of_windows(void)
{
	struct dynset *s = with_policies();

	is_int(change(&s, dyn_mm(DYN_ADD, "m")), 13003); /* names do not differ by case */
	is_int(change(&s, dyn_qm(DYN_ADD, "Q")), 13000);
	is_int(change(&s, dyn_mm(DYN_SET, "N")), 13004);
	is_int(change(&s, dyn_qm(DYN_SET, "N")), 13001);
	is_int(change(&s, dyn_mm(DYN_DELETE, "N")), 13004);
	is_int(change(&s, dyn_qm(DYN_DELETE, "N")), 13001);
	is_int(change(&s, dyn_mm(DYN_ADD, "")), 7014);
	is_int(change(&s, dyn_mm(DYN_DELETE, "m")), 0);
	is_int(change(&s, dyn_qm(DYN_DELETE_ALL, "")), 0);
	is_int(dynset_count(s, DYN_MMPOLICY) + dynset_count(s, DYN_QMPOLICY), 0);
	dynset_free(s);
}

static void rules_are_known_by_their_traffic(void)
{
	struct dynset *s = with_policies();
	struct dyn_change tunnel = telnet(DYN_ADD, 1), masked = telnet(DYN_DELETE, 1);

	tunnel.u.rule.tunnel = (struct ip){.family = IP_V4, .b = {10, 9, 9, 9}};
	masked.u.rule.filter.src.plen = 24;
	masked.u.rule.filter.src.lo.b[3] = 0;
	is_int(change(&s, telnet(DYN_ADD, 1)), 0);
	is_int(change(&s, telnet(DYN_ADD, 1)), 13008);
	is_int(change(&s, telnet(DYN_ADD, 2)), 0);
	is_int(change(&s, tunnel), 0);
	is_int(change(&s, tunnel), 13016);
	tunnel.op = DYN_DELETE;
	is_int(change(&s, tunnel), 0);
	is_int(change(&s, tunnel), 13017);
	is_int(change(&s, telnet(DYN_DELETE, 3)), 13009);
	is_int(change(&s, masked), 13009);
	is_int(change(&s, telnet(DYN_SET, 3)), 13009);
	is_int(change(&s, telnet(DYN_DELETE, 1)), 0);
	is_int(dynset_count(s, DYN_RULE), 1);
	dynset_free(s);
}

static void what_a_rule_needs_must_be_there_and_stay(void)
{
	struct dynset *s = with_policies();
	struct dyn_change c = dyn_telnet(DYN_ADD, 1, ACTION_BLOCK, ACTION_NEGOTIATE);

	is_int(change(&s, c), 6002);
	c.u.rule.qmpolicy = "missing";
	is_int(change(&s, c), 13001);
	c.u.rule.qmpolicy = "q";
	c.u.rule.mmpolicy = "missing";
	is_int(change(&s, c), 13004);
	c.u.rule.mmpolicy = "m";
	is_int(change(&s, c), 0);
	is_int(change(&s, dyn_mm(DYN_DELETE, "M")), 13005);
	is_int(change(&s, dyn_qm(DYN_DELETE, "Q")), 13002);
	is_int(change(&s, dyn_mm(DYN_DELETE_ALL, "")), 13005);
	is_int(dynset_count(s, DYN_MMPOLICY), 1); /* nothing half done */
	is_int(change(&s, (struct dyn_change){.op = DYN_DELETE_ALL, .kind = DYN_ALL}), 0);
	is_int(dynset_count(s, DYN_MMPOLICY) + dynset_count(s, DYN_QMPOLICY) + dynset_count(s, DYN_RULE), 0);
	dynset_free(s);
}

static void rules_are_checked_as_on_the_command_line(void)
{
	struct dynset *s = with_policies();
	struct dyn_change c = telnet(DYN_ADD, 1);

	c.u.rule.filter.protocol = PROTO_ANY;
	is_int(change(&s, c), 7026);
	c = telnet(DYN_ADD, 1);
	c.u.rule.filter.src = c.u.rule.filter.dst;
	is_int(change(&s, c), 7027);
	c = telnet(DYN_ADD, 1);
	c.u.rule.auth.n = 0;
	is_int(change(&s, c), 7031);
	c.u.rule.auth = (struct auth_list){.v = {{.kind = AUTH_PSK}}, .n = 1};
	is_int(change(&s, c), 7012);
	is_int(dynset_count(s, DYN_RULE), 0);
	dynset_free(s);
}

static void set_takes_what_was_given(void)
{
	struct dynset *s = with_policies();
	struct dyn_change c = dyn_mm(DYN_SET, "M");

	c.u.mm.qmpermm = 7;
	c.u.mm.mmlifetime_s = 60;
	c.given = DYN_G_QMPERMM;
	is_int(change(&s, c), 0);
	is_int(dynset_mmpolicy(s, 0)->qmpermm, 7);
	is_int(dynset_mmpolicy(s, 0)->mmlifetime_s, 28800);
	c = dyn_qm(DYN_SET, "Q");
	c.u.qm.pfsgroup = PFS_GRP2;
	c.given = DYN_G_PFSGROUP | DYN_G_SOFT;
	is_int(change(&s, c), 0);
	is_int(dynset_qmpolicy(s, 0)->pfsgroup, PFS_GRP2);
	is_int(change(&s, telnet(DYN_ADD, 1)), 0);
	c = dyn_telnet(DYN_SET, 1, ACTION_PERMIT, ACTION_NEGOTIATE);
	c.given = DYN_G_ACTION_IN;
	is_int(change(&s, c), 0);
	is_int(dynset_rules(s).v[0]->action_in, ACTION_PERMIT);
	is_int(dynset_rules(s).v[0]->action_out, ACTION_BLOCK);
	c.given = DYN_G_ACTION_OUT;
	is_int(change(&s, c), 6002);
	is_int(dynset_rules(s).v[0]->action_out, ACTION_BLOCK);
	is_int(dynset_rules(s).v[0]->filter.id, 1);
	dynset_free(s);
}

static void other_offers_change_the_rules_that_negotiate_by_them(void)
{
	struct dynset *s = with_policies(), *next;
	struct dyn_change c = dyn_telnet(DYN_ADD, 1, ACTION_BLOCK, ACTION_NEGOTIATE);
	struct err e = {0};

	c.u.rule.qmpolicy = "q";
	is_int(change(&s, telnet(DYN_ADD, 2)), 0);
	is_int(change(&s, c), 0);
	is_int(change(&s, telnet(DYN_ADD, 3)), 0);
	struct dyn_rules rules = dynset_rules(s);
	ok(!rules.offers[0] && rules.offers[1] == &dynset_qmpolicy(s, 0)->offers && !rules.offers[2]);
	c = dyn_qm(DYN_SET, "Q");
	is_int(qm_offers_parse("AH[MD5]", DIALECT_LINUX, "", &c.u.qm.offers, &e), 0);
	c.given = DYN_G_OFFERS;
	next = dynset_change(s, &c, &e);
	is_int(dynset_compare(s, next).n, 1);
	ok(dynset_compare(s, next).gone == rules.v[1] && dynset_compare(s, next).came == rules.v[1]);
	ok(!dynset_rules(next).offers[1]->v[0].esp && dynset_rules(next).offers[1]->v[0].ah == INTEG_MD5);
	dynset_free(s);
	dynset_free(next);
}

static void a_set_is_never_changed_and_keys_are_its_own(void)
{
	char key[] = "a key";
	struct dynset *one = with_policies(), *two, *three;
	struct dyn_change c = telnet(DYN_ADD, 1);
	struct err e = {0};

	c.u.rule.auth = (struct auth_list){.v = {{.kind = AUTH_PSK}}, .n = 1};
	c.u.rule.psk[0] = key;
	two = dynset_change(one, &c, &e);
	key[0] = 'X';
	is_int(dynset_count(one, DYN_RULE), 0);
	is_str(dynset_rules(two).v[0]->psk[0], "a key");
	c = dyn_qm(DYN_ADD, "R");
	three = dynset_change(two, &c, &e);
	is_int(dynset_compare(two, three).n, 0);
	is_int(dynset_compare(one, two).n, 1);
	ok(!dynset_compare(one, two).gone && dynset_compare(one, two).came == dynset_rules(two).v[0]);
	ok(dynset_compare(two, one).gone == dynset_rules(two).v[0] && !dynset_compare(two, one).came);
	dynset_free(two);
	is_str(dynset_rules(three).v[0]->psk[0], "a key"); /* shared, so still there */
	c = telnet(DYN_SET, 1);
	c.u.rule.auth = (struct auth_list){.v = {{.kind = AUTH_PSK}}, .n = 1};
	c.u.rule.psk[0] = "another";
	c.given = DYN_G_AUTH;
	is_int(change(&three, c), 0);
	is_str(dynset_rules(three).v[0]->psk[0], "another");
	dynset_free(one);
	dynset_free(three);
}

static void ids_are_unique_and_not_given_again_at_once(void)
{
	struct dynset *s = with_policies();

	for (uint8_t n = 1; n <= 50; n++)
		is_int(change(&s, telnet(DYN_ADD, n)), 0);
	is_int(change(&s, telnet(DYN_DELETE, 50)), 0);
	is_int(change(&s, telnet(DYN_ADD, 60)), 0);
	is_int(dynset_rules(s).v[49]->filter.id, 51);
	for (size_t i = 1; i < dynset_rules(s).n; i++)
		ok(dynset_rules(s).v[i]->filter.id > dynset_rules(s).v[i - 1]->filter.id);
	dynset_free(s);
}

static void the_number_of_objects_is_bounded(void)
{
	struct dynset *s = with_policies();
	char name[16];
	int number = 0, n = 1;

	for (; number == 0 && n <= 2 * DYN_POLICIES_MAX; n++) {
		snprintf(name, sizeof name, "P%d", n);
		number = change(&s, dyn_mm(DYN_ADD, name));
	}
	is_int(number, 6001);
	is_int(dynset_count(s, DYN_MMPOLICY), DYN_POLICIES_MAX);
	dynset_free(s);
}

/* A rule for the n-th address, with the most keys; `len` bytes of them in all. */
static struct dyn_change with_keys(enum dyn_op op, int n, size_t len)
{
	static char longest[MODEL_TEXT_MAX + 1];
	struct dyn_change c = telnet(op, 0);
	struct dyn_rule *r = &c.u.rule;

	memset(longest, 'k', MODEL_TEXT_MAX);
	r->filter.src.lo.b[2] = (uint8_t)(n >> 8);
	r->filter.src.lo.b[3] = (uint8_t)n;
	for (r->auth.n = 0; len > 0; r->auth.n++) {
		size_t part = len < MODEL_TEXT_MAX ? len : MODEL_TEXT_MAX;
		r->auth.v[r->auth.n] = (struct auth_method){.kind = r->auth.n % 2 ? AUTH_ROOTCA : AUTH_PSK};
		*(r->auth.n % 2 ? &r->auth.v[r->auth.n].text : &r->psk[r->auth.n]) = longest + MODEL_TEXT_MAX - part;
		len -= part;
	}
	return c;
}

static void the_keys_of_all_rules_are_bounded(void)
{
	enum { EACH = MODEL_AUTH_MAX * MODEL_TEXT_MAX, FULL = DYN_AUTH_BYTES_MAX / EACH, LEFT = DYN_AUTH_BYTES_MAX % EACH };
	struct dynset *s = with_policies();
	struct dyn_change more = with_keys(DYN_SET, FULL, LEFT + 1), same = with_keys(DYN_SET, FULL, LEFT);

	for (int n = 0; n < FULL; n++)
		is_int(change(&s, with_keys(DYN_ADD, n, EACH)), 0);
	is_int(change(&s, with_keys(DYN_ADD, FULL, LEFT + 1)), 6007);
	is_int(change(&s, with_keys(DYN_ADD, FULL, LEFT)), 0);
	is_int(change(&s, with_keys(DYN_ADD, FULL + 1, 1)), 6007);
	is_int(change(&s, telnet(DYN_ADD, 0)), 13008); /* as the first: a rule of that traffic is there */
	is_int(dynset_count(s, DYN_RULE), FULL + 1);

	/* A change counts by what it adds, whatever goes makes room, and others than keys have it. */
	more.given = same.given = DYN_G_AUTH;
	is_int(change(&s, more), 6007);
	is_int(change(&s, same), 0);
	more.u.rule.filter.src.lo.b[2] = 0;
	more.u.rule.filter.src.lo.b[3] = 3;
	is_int(change(&s, more), 0);
	is_int(change(&s, with_keys(DYN_ADD, FULL + 1, EACH - LEFT)), 6007);
	is_int(change(&s, with_keys(DYN_ADD, FULL + 1, EACH - LEFT - 1)), 0);
	is_int(change(&s, with_keys(DYN_DELETE, 4, 0)), 0);
	is_int(change(&s, with_keys(DYN_ADD, 4, EACH)), 0);
	is_int(change(&s, with_keys(DYN_ADD, FULL + 2, 1)), 6007);
	is_int(change(&s, (struct dyn_change){.op = DYN_DELETE_ALL, .kind = DYN_RULE}), 0);
	for (int n = 0; n < FULL; n++)
		is_int(change(&s, with_keys(DYN_ADD, n, EACH)), 0);
	is_int(change(&s, with_keys(DYN_ADD, FULL, LEFT + 1)), 6007);
	dynset_free(s);
}

static void nonsense_is_refused(void)
{
	struct dynset *s = with_policies();
	struct dyn_change c = telnet(DYN_ADD, 1);

	c.kind = DYN_SPECIFIC;
	is_int(change(&s, c), 6003);
	is_int(change(&s, (struct dyn_change){.op = DYN_ADD, .kind = DYN_ALL}), 6003);
	is_int(change(&s, (struct dyn_change){.op = 9, .kind = DYN_RULE}), 6003);
	dynset_free(s);
}

/* The socket is open to others than root, and what protects nothing would end the enforcer (a policy without template). */
static void offers_that_no_line_can_say_are_refused(void)
{
	static const struct qm_offer bad_qm[] = {
		{.ah = INTEG_NONE, .esp = false},
		{.esp = true, .encr = ENCR_NONE, .integ = INTEG_NONE},
		{.esp = true, .encr = ENCR_AESGCM128, .integ = INTEG_SHA1},
		{.ah = INTEG_SHA1, .encr = ENCR_DES},
		{.ah = INTEG_SHA1, .life_s = 1},
		{.ah = INTEG_SHA1, .life_kb = UINT32_MAX},
	};
	static const struct mm_offer bad_mm[] = {
		{ENCR_NONE, INTEG_SHA1, 2}, {ENCR_3DES, INTEG_NONE, 2}, {ENCR_AESGCM256, INTEG_SHA1, 2}, {ENCR_3DES, INTEG_SHA1, 4}};
	struct dynset *s = with_policies();

	for (size_t i = 0; i < sizeof bad_qm / sizeof *bad_qm; i++) {
		struct dyn_change c = dyn_qm(DYN_SET, "Q");
		c.given = DYN_G_OFFERS;
		c.u.qm.offers.v[1] = bad_qm[i];
		is_int(change(&s, c), 6003);
		c.op = DYN_ADD;
		c.u.qm.name = "other";
		is_int(change(&s, c), 6003);
	}
	for (size_t i = 0; i < sizeof bad_mm / sizeof *bad_mm; i++) {
		struct dyn_change c = dyn_mm(DYN_ADD, "other");
		c.u.mm.offers.v[0] = bad_mm[i];
		is_int(change(&s, c), 6003);
	}
	is_int(dynset_count(s, DYN_QMPOLICY) + dynset_count(s, DYN_MMPOLICY), 2);
	dynset_free(s);
}

static const struct tap_case cases[] = {
	{"offers that no line can say are refused", offers_that_no_line_can_say_are_refused},
	{"policies have the numbers of Windows", policies_have_the_numbers_of_windows},
	{"rules are known by their traffic", rules_are_known_by_their_traffic},
	{"what a rule needs must be there and stay", what_a_rule_needs_must_be_there_and_stay},
	{"rules are checked as on the command line", rules_are_checked_as_on_the_command_line},
	{"set takes what was given", set_takes_what_was_given},
	{"other offers change the rules that negotiate by them", other_offers_change_the_rules_that_negotiate_by_them},
	{"a set is never changed and keys are its own", a_set_is_never_changed_and_keys_are_its_own},
	{"ids are unique and not given again at once", ids_are_unique_and_not_given_again_at_once},
	{"the number of objects is bounded", the_number_of_objects_is_bounded},
	{"the keys of all rules are bounded", the_keys_of_all_rules_are_bounded},
	{"nonsense is refused", nonsense_is_refused},
};
TAP_MAIN(cases)
