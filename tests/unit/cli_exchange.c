/*
 * dump, exportpolicy, importpolicy, restorepolicyexamples. The property that matters: whatever a store holds,
 * its text read into an empty store makes the same store, and the same text again.
 */
#include <fcntl.h>

#include "cli/commands.h"
#include "tests/unit/cli_util.h"

#include "common/base/banned.h"

static struct session *s;

static void begin(void)
{
	s = cli_new();
}

static void end(void)
{
	cli_free(s);
}

static struct store *store(void)
{
	struct err e = {0};
	struct store *st = session_store(s, STORE_RW, &e);

	if (!st) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return st;
}

/* A path beside the store, in memory that the next call reuses. */
static const char *beside(const char *file)
{
	static char path[512];

	snprintf(path, sizeof path, "%.*s/%s", (int)(strrchr(s->state_dir, '/') - s->state_dir), s->state_dir, file);
	return path;
}

static void write_file(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	ok(f && fwrite(text, 1, n, f) == n);
	if (f)
		fclose(f);
}

static void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

/* The line may hold one %s: the path. */
static const char *line_with(const char *format, const char *path)
{
	static char line[700];
	const char *at = strstr(format, "%s");

	snprintf(line, sizeof line, "%.*s%s%s", (int)(at - format), format, path, at + 2);
	return line;
}

/* --- a store as text, identities included, without what belongs to one store alone --------------- */

static void forget_row_numbers(struct policyset *ps)
{
	for (size_t i = 0; i < ps->npolicies; i++) {
		ps->policies[i].id = 0;
		for (size_t k = 0; k < ps->policies[i].nrules; k++)
			ps->policies[i].rules[k].id = 0;
	}
	for (size_t i = 0; i < ps->nfilterlists; i++) {
		ps->filterlists[i].id = 0;
		for (size_t k = 0; k < ps->filterlists[i].nfilters; k++)
			ps->filterlists[i].filters[k].id = 0;
	}
}

/* Keys by their text: the id of one belongs to its key file. */
static void show_keys(struct buf *b, struct rule *r)
{
	for (size_t i = 0; i < r->auth.n; i++) {
		struct err e = {0};
		char *key = NULL;
		if (r->auth.v[i].kind != AUTH_PSK)
			continue;
		if (store_psk_get(store(), &r->auth.v[i].secret_id, &key, &e) < 0)
			is_int(e.id, SECRET_NOTFOUND);
		buf_printf(b, "  key '%s'\n", key ? key : "(missing)");
		free(key);
		r->auth.v[i].secret_id = (struct guid){0};
	}
}

static char *portrait(void)
{
	struct err why = {0};
	struct buf b = {0};
	enum dialect dialect = DIALECT_LINUX;
	struct policyset *ps = store_snapshot(store(), &why);
	char g[GUID_TEXT];

	works(store_dialect(store(), &dialect, &e));
	buf_printf(&b, "dialect %d\n", (int)dialect);
	forget_row_numbers(ps);
	for (size_t i = 0; i < ps->npolicies; i++) {
		for (size_t k = 0; k < ps->policies[i].nrules; k++)
			show_keys(&b, &ps->policies[i].rules[k]);
		show_policy(&b, &ps->policies[i], true);
	}
	for (size_t i = 0; i < ps->nfilterlists; i++)
		show_list(&b, &ps->filterlists[i], true);
	for (size_t i = 0; i < ps->nfilteractions; i++) {
		const struct filteraction *fa = &ps->filteractions[i];
		buf_printf(&b, "action '%s' '%s' %u %d%d%d %s", fa->name, fa->description, fa->action, fa->qmpfs,
		    fa->inpass, fa->soft, guid_print(&fa->guid, g));
		show_qm(&b, &fa->offers);
		buf_adds(&b, "\n");
	}
	for (int id = 0; id < SETTINGS; id++) {
		setting_print(&ps->settings, (enum setting_id)id, &b);
		buf_adds(&b, "\n");
	}
	policyset_free(ps);
	return buf_take(&b);
}

/* --- random stores ------------------------------------------------------------------------------ */

static uint64_t seed;

static unsigned under(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Every character that could mean something to somebody on the way: words, tags, cmd, SQL, printf. */
static const char *odd_text(size_t least, size_t most)
{
	static const char *const pieces[] = {"a", "Z", " ", "  ", "\t", "=", "==", "'", "`", "#", "^", "%", "%s", "!", "&", "|", "<",
	    ">", "(", ")", "[", "]", "{", "}", ",", ";", ":", "/", "\\", "\\'", "*", "?", "$", "~", "-", "--", "name=", "all",
	    "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x94\x92", "\xE2\x80\x9C", "0", "{0}", "';DROP TABLE rule;--", "\xC2\xA0"};
	static struct buf b[8]; /* the texts of one object live at once */
	static unsigned turn;
	struct buf *t = &b[turn++ % N_OF(b)];
	size_t n = least + under((unsigned)(most - least + 1));

	buf_clear(t);
	while (n-- > 0)
		buf_adds(t, pieces[under(N_OF(pieces))]);
	return buf_text(t);
}

static bool coin(void)
{
	return under(2);
}

static struct ip random_ip(uint8_t family)
{
	struct ip ip = {.family = family};

	for (unsigned i = 0; i < ip_bits(family) / 8; i++)
		ip.b[i] = (uint8_t)under(256);
	ip.b[0] |= 1; /* not 0.0.0.0, which means me */
	return ip;
}

static struct endpoint random_end(uint8_t family)
{
	static const char *const dns[] = {NULL, NULL, "one.test", "a-b.c_d.example"};
	struct endpoint p = {.kind = under(4) ? END_NET : END_RANGE};

	if (under(6) == 0)
		return (struct endpoint){.kind = END_ANY};
	p.lo = random_ip(family);
	if (p.kind == END_RANGE) {
		p.hi = random_ip(family);
		if (ip_cmp(&p.lo, &p.hi) > 0) {
			struct ip swap = p.lo;
			p.lo = p.hi;
			p.hi = swap;
		}
		if (!ip_eq(&p.lo, &p.hi))
			return p;
		p = (struct endpoint){.kind = END_NET, .lo = p.lo};
	}
	p.plen = (uint8_t)(coin() ? ip_bits(family) : 8 + under(ip_bits(family) - 7));
	if (family == IP_V6 && under(8) == 0)
		p.plen = 0;
	p.lo = ip_mask(&p.lo, p.plen);
	p.dns = p.plen ? dns[under(N_OF(dns))] : NULL;
	return p;
}

static struct filter random_filter(void)
{
	static const uint8_t protocols[] = {PROTO_ANY, PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_RAW, 47};
	uint8_t family = coin() ? IP_V4 : IP_V6;
	struct filter f = {.description = odd_text(0, 6), .mirrored = coin(), .protocol = protocols[under(6)]};

	f.src = under(3) ? random_end(family) : (struct endpoint){.kind = END_ME};
	f.dst = random_end(family);
	if (f.src.kind == END_ME && under(5) == 0)
		f.dst = (struct endpoint){.kind = (uint8_t)(END_DNS + under(4))};
	if (f.protocol == PROTO_TCP || f.protocol == PROTO_UDP) {
		f.srcport = (uint16_t)(coin() ? under(65536) : 0);
		f.dstport = (uint16_t)(coin() ? under(65536) : 0);
	}
	return f;
}

static struct qm_offers random_qm(void)
{
	struct qm_offers o = {.n = 1 + under(4)};

	for (size_t i = 0; i < o.n; i++) {
		struct qm_offer *x = &o.v[i];
		x->ah = (uint8_t)under(3);
		x->esp = !x->ah || coin();
		x->encr = (uint8_t)(x->esp ? under(3) : 0);
		x->integ = (uint8_t)(!x->esp ? 0 : x->encr ? under(3) : 1 + under(2));
		x->life_kb = coin() ? 20480 + under(1000000) : 0;
		x->life_s = coin() ? 300 + under(100000) : 0;
	}
	return o;
}

static struct auth_list random_auth(const char **psk)
{
	static const char *const cas[] = {"C=US,O=MSFT,CN=\"Contoso North, South Root\"", "CN=x", "a certmap:yes",
	    "\"\"", "CN=\\\"q\\\", O= b", "\xC3\xA9 excludecaname:no certmap:no"};
	struct auth_list l = {.n = 0};
	bool has_psk = false, has_kerberos = false;

	do {
		struct auth_method *m = &l.v[l.n];
		psk[l.n] = NULL;
		m->kind = (uint8_t)under(3);
		if ((m->kind == AUTH_PSK && has_psk) || (m->kind == AUTH_KERBEROS && has_kerberos))
			m->kind = AUTH_ROOTCA; /* a line can give the others only once */
		has_psk |= m->kind == AUTH_PSK;
		has_kerberos |= m->kind == AUTH_KERBEROS;
		if (m->kind == AUTH_PSK)
			psk[l.n] = odd_text(1, 8);
		if (m->kind == AUTH_ROOTCA)
			*m = (struct auth_method){.kind = AUTH_ROOTCA, .text = cas[under(N_OF(cas))],
			    .certmap = coin(), .excludecaname = coin()};
		l.n++;
	} while (l.n < 5 && coin());
	return l;
}

static const char *unique_name(const char *kind, unsigned i)
{
	static char names[8][MODEL_NAME_MAX + 1];
	static unsigned turn;
	char *name = names[turn++ % N_OF(names)];

	snprintf(name, MODEL_NAME_MAX, "%s%s%u%s", odd_text(0, 4), kind, i, odd_text(0, 4));
	return name;
}

static void random_rules(struct policy *p, struct filterlist *lists, unsigned nlists, struct filteraction *actions,
    unsigned nactions)
{
	unsigned n = nlists && nactions ? under(4) : 0;

	for (unsigned i = 0; i < n; i++) {
		const char *psk[MODEL_AUTH_MAX];
		struct rule r = {.name = unique_name("R", i), .description = odd_text(0, 5), .active = coin(),
		    .conntype = (uint8_t)under(3), .filterlist = &lists[under(nlists)],
		    .filteraction = &actions[under(nactions)], .auth = random_auth(psk)};
		if (under(4) == 0)
			r.tunnel = random_ip(coin() ? IP_V4 : IP_V6);
		works(store_rule_add(store(), p->id, &r, psk, &e));
	}
}

static void random_policies(struct filterlist *lists, unsigned nlists, struct filteraction *actions, unsigned nactions)
{
	for (unsigned i = 0, n = under(4); i < n; i++) {
		struct policy p = {.name = unique_name("P", i), .description = odd_text(0, 9), .mmpfs = coin(),
		    .assigned = under(3) == 0, .qmpermm = under(3) ? 0 : under(1000), .mmlifetime_s = 60 * (1 + under(5000)),
		    .pollinginterval_s = 60 * (1 + under(5000)), .offers = {.n = 1 + under(3)}};
		const char *psk[MODEL_AUTH_MAX];
		struct rule def = {.is_default = true, .description = "", .active = coin(), .default_qmpfs = coin(),
		    .default_offers = random_qm(), .auth = {.n = 1}};
		for (size_t k = 0; k < p.offers.n; k++)
			p.offers.v[k] = (struct mm_offer){(uint8_t)(1 + under(2)), (uint8_t)(1 + under(2)), (uint8_t)(1 + under(3))};
		works(store_policy_add(store(), &p, &def, &e));
		random_rules(&p, lists, nlists, actions, nactions);
		if (coin()) {
			struct arena a = {0};
			struct rule *rules;
			size_t nrules;
			works(store_rule_list(store(), p.id, &a, &rules, &nrules, &e));
			rules[nrules - 1].auth = random_auth(psk);
			works(store_rule_put(store(), p.id, &rules[nrules - 1], psk, &e));
			arena_free(&a);
		}
	}
}

static void random_store(void)
{
	struct filterlist lists[6];
	struct filteraction actions[4];
	unsigned nlists = under(6), nactions = under(4);

	for (unsigned i = 0; i < nlists; i++) {
		struct filterlist l = {.name = unique_name("L", i), .description = odd_text(0, 9)};
		works(store_filterlist_add(store(), &l, &e));
		for (unsigned k = under(12); k > 0; k--) {
			struct filter f = random_filter();
			bool added;
			if (filter_validate(&f, &(struct err){0}) == 0)
				works(store_filter_add(store(), l.id, &f, &added, &e));
		}
		lists[i] = l;
	}
	for (unsigned i = 0; i < nactions; i++) {
		actions[i] = (struct filteraction){.name = unique_name("A", i), .description = odd_text(0, 9),
		    .action = (uint8_t)under(3), .qmpfs = coin(), .inpass = coin(), .soft = coin(), .offers = random_qm()};
		works(store_filteraction_add(store(), &actions[i], &e));
	}
	random_policies(lists, nlists, actions, nactions);
	if (coin())
		works(store_setting_put(store(), "ipsecexempt", "2", &e));
	if (coin())
		works(store_setting_put(store(), "bootexemptions", "ICMP:inbound TCP:0:22:inbound", &e));
	if (under(4) == 0)
		works(store_dialect_put(store(), DIALECT_WINDOWS, &e));
}

/* --- the property ------------------------------------------------------------------------------- */

/* Into an empty store; its session is the current one then, the old one is gone. */
static void move_to_empty_store(const char *text)
{
	end();
	begin();
	write_text(beside("in.ipsec"), text);
	does(s, line_with("static importpolicy %s", beside("in.ipsec")));
}

/* The whole store with its keys; the tag is one of ours, whatever the store's dialect is (as --dialect). */
static const char *dump_with_keys(void)
{
	s->dialect_from = DIALECT_OF_RUN;
	s->dialect = DIALECT_LINUX;
	return says(s, "ipsec dump secrets=yes");
}

static void any_store_survives(void)
{
	for (unsigned i = 0; i < 40 && !tap_failed; i++) {
		char *before, *after, *text, *without;
		seed = 7919 * (i + 1);
		begin();
		session_group_begin(s);
		random_store();
		before = portrait();
		without = xstrdup(says(s, "ipsec dump"));
		text = xstrdup(dump_with_keys());
		ok(!strstr(buf_text(&cli_err), "left out") == (strstr(without, " pskid=") == NULL));
		ok(!strstr(text, " pskid="));

		move_to_empty_store(text);
		after = portrait();
		is_str(after, before);
		is_str(dump_with_keys(), text);
		free(after);
		/* Again: everything is replaced by itself. */
		does(s, line_with("static importpolicy %s", beside("in.ipsec")));
		after = portrait();
		is_str(after, before);
		free(after);

		move_to_empty_store(without);
		is_str(says(s, "ipsec dump"), without);
		if (tap_failed)
			printf("#   in round %u\n", i);
		end();
		free(before);
		free(text);
		free(without);
	}
}

/* What -f does: no import, the plain commands. */
static void a_dump_is_a_script(void)
{
	for (unsigned i = 0; i < 10 && !tap_failed; i++) {
		char *text;
		seed = 104729 * (i + 1);
		begin();
		random_store();
		text = xstrdup(dump_with_keys());
		end();
		begin();
		for (const char *at = text; *at;) {
			size_t n = strcspn(at, "\n");
			if (!words_is_comment(at, n))
				is_int(session_line(s, at, n), 0);
			at += n + 1;
		}
		s->context = "";
		is_str(dump_with_keys(), text);
		end();
		free(text);
	}
}

/* --- files -------------------------------------------------------------------------------------- */

static void export_writes_a_private_file(void)
{
	struct stat sb;
	char *text;

	begin();
	does(s, "add policy P");
	text = xstrdup(says(s, "static dump"));
	write_text(beside("old.ipsec"), "precious");
	chmod(beside("old.ipsec"), 0644);
	does(s, line_with("exportpolicy file=%s", beside("old")));
	is_int(stat(beside("old.ipsec"), &sb), 0);
	is_int(sb.st_mode & 0777, 0600);
	is_int((int64_t)sb.st_size, (int64_t)strlen(text));
	does(s, line_with("exportpolicy %s", beside("name.with.dots")));
	is_int(access(beside("name.with.dots"), F_OK), 0);
	is_int(fails(s, line_with("exportpolicy %s", beside("none/x"))), 8003);
	is_int(fails(s, "static dump /dev/null"), 8008);
	is_int(symlink("old.ipsec", beside("link.ipsec")), 0);
	is_int(fails(s, line_with("exportpolicy %s", beside("link"))), 8008);
	free(text);
	end();
}

static void import_finds_the_extension(void)
{
	begin();
	does(s, "add policy P");
	does(s, line_with("exportpolicy %s", beside("x")));
	does(s, "delete all");
	does(s, line_with("importpolicy %s", beside("x")));
	is_int(fails(s, "add policy P"), 5005);
	is_int(fails(s, line_with("importpolicy %s", beside("none"))), 8001);
	end();
}

/* The error of reading `text`; nothing may have changed. */
static const char *import_says(const char *text)
{
	uint64_t counter = counter_of(store());
	char *before = portrait(), *after;
	static char said[1024];

	write_text(beside("bad.ipsec"), text);
	snprintf(said, sizeof said, "%s", says(s, line_with("importpolicy %s", beside("bad"))));
	after = portrait();
	is_str(after, before);
	is_int((int64_t)counter_of(store()), (int64_t)counter);
	free(before);
	free(after);
	return said;
}

static void errors_name_the_line_and_change_nothing(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{"ipsec static add filterlist L\nipsec static add policy\n", "bad.ipsec:2: 'add policy' needs 'name'"},
		{"ipsec static\nadd filterlist L\nadd filterlist l\n", "bad.ipsec:3: a filter list named"},
		{"ipsec static add policy P2\nexec other.txt\n", "bad.ipsec:2: 'exec'"},
		{"exit\n", "bad.ipsec:1: 'exit' has no place in a policy file"},
		{"ipsec static delete all\n", "bad.ipsec:1: 'delete all' has no place"},
		{"ipsec static show all\n", "'show all' has no place"},
		{"ipsec static importpolicy bad.ipsec\n", "'importpolicy' has no place"},
		{"ipsec static exportpolicy x\n", "'exportpolicy' has no place"},
		{"ipsec static set batch enable\n", "'set batch' has no place"},
		{"ipsec dynamic add mmpolicy M\n", "'add mmpolicy' has no place"},
		{"ipsec static add policy ?\n", "has no place"},
		{"pushd ipsec static add\n", "bad.ipsec:1: "},
		{"ipsec static add filter L srcaddr=one.test dstaddr=me\n", "srcaddr=one.test is neither"},
		{"ipsec static add filter L srcaddr=me dstaddr=any srcdns=x\n", "'srcdns' needs one address"},
		{"ipsec static add filter L srcaddr=me dstaddr=1.2.3.4-1.2.3.9 dstdns=x\n", "'dstdns' needs one address"},
		{"ipsec static\nadd policy A guid={11111111-2222-3333-4444-555555555555}\n"
		 "add policy B defaultruleguid={11111111-2222-3333-4444-555555555555}\n"
		 "add filterlist L\nadd filteraction F\n"
		 "add rule R A L F guid={11111111-2222-3333-4444-555555555555}\n",
		    "bad.ipsec:6: another object has that guid already"},
		{"ipsec static add filterlist \x01\n", "bad.ipsec:1: the line holds a control character"},
		{"ipsec static\nadd policy A\nadd filterlist L\nadd filteraction F\n"
		 "add rule R A L F psk=x pskid={11111111-2222-3333-4444-555555555555}\n",
		    "bad.ipsec:5: give only one of 'psk' or 'pskid'"},
		{"ipsec static\nadd policy A\nset defaultrule A pskid={00000000-0000-0000-0000-000000000000}\n",
		    "bad.ipsec:3: the value of 'pskid' is no id"},
		{"pushd\npushd\npushd\npushd\npushd\npushd\npushd\npushd\npushd\n", "bad.ipsec:9: 'pushd'"},
	};

	begin();
	does(s, "add policy P");
	for (size_t i = 0; i < N_OF(t); i++) {
		const char *said = import_says(t[i].text);
		ok(strstr(said, t[i].want) != NULL);
		if (!strstr(said, t[i].want))
			printf("#   %s#   want %s\n", said, t[i].want);
	}
	end();
}

static void what_is_no_text_is_refused(void)
{
	begin();
	write_file(beside("win.ipsec"), "regf\1\0\0\0\0policy", 16);
	is_int(fails(s, line_with("importpolicy %s", beside("win"))), 8022);
	write_file(beside("u16.ipsec"), "\xFF\xFEi\0p\0s\0e\0c\0", 12);
	is_int(fails(s, line_with("importpolicy %s", beside("u16"))), 8022);
	write_file(beside("mark.ipsec"), "\xEF\xBB\xBFipsec static add policy P\r\n", 30);
	does(s, line_with("importpolicy %s", beside("mark")));
	is_int(fails(s, "add policy P"), 5005);
	write_text(beside("empty.ipsec"), "");
	does(s, line_with("importpolicy %s", beside("empty")));
	end();
}

static void import_replaces_what_has_the_guid(void)
{
	char *text;

	begin();
	does(s, "add filter L 1.2.3.4 me");
	does(s, "add filteraction A action=block");
	does(s, "add policy P assign=yes");
	does(s, "add rule R P L A psk=old");
	text = xstrdup(says(s, "ipsec dump"));
	write_text(beside("p.ipsec"), text);
	does(s, "add filter L 1.2.3.5 me");
	does(s, "set filterlist L newname=M");
	does(s, "set filteraction A action=permit");
	does(s, "delete rule R P");
	does(s, "add rule R2 P M A");
	does(s, "add filterlist Other");
	does(s, "set policy P assign=no");
	does(s, line_with("importpolicy %s", beside("p")));
	ok(strstr(says(s, "ipsec dump"), "Other") != NULL);
	does(s, "delete filterlist Other");
	is_str(says(s, "ipsec dump"), text);
	/* The file does not assign it, but it is assigned: an import must not open the host. */
	does(s, "set policy P assign=no");
	does(s, line_with("exportpolicy %s", beside("q")));
	does(s, "set policy P assign=yes");
	does(s, line_with("importpolicy %s", beside("q")));
	ok(strstr(says(s, "show policy P"), "Assigned               : YES") != NULL);
	free(text);
	end();
}

static void a_key_that_is_not_here_is_told(void)
{
	char *text;

	begin();
	does(s, "add filter L 1.2.3.4 me");
	does(s, "add filteraction A");
	does(s, "add policy P");
	does(s, "add rule R P L A psk=\"my key\"");
	ok(strstr(says(s, "show rule R P"), "Preshared Key : ********") != NULL);
	text = xstrdup(says(s, "ipsec dump"));
	ok(!strstr(text, "my key") && strstr(text, " pskid={"));
	ok(strstr(buf_text(&cli_err), "1 preshared key is left out") != NULL);
	/* On this host the key is still there. */
	write_text(beside("k.ipsec"), text);
	buf_clear(&cli_err);
	does(s, line_with("importpolicy %s", beside("k")));
	is_str(buf_text(&cli_err), "");
	ok(strstr(says(s, "ipsec dump secrets=yes"), "psk=\"my key\"") != NULL);
	/* On another one it is not. */
	move_to_empty_store(text);
	ok(strstr(buf_text(&cli_err), "policy 'P', rule 'R': its preshared key is not on this host") != NULL);
	ok(strstr(says(s, "show rule R P"), "Preshared Key : (not on this host)") != NULL);
	does(s, "set rule R P psk=new");
	ok(strstr(says(s, "show rule R P"), "Preshared Key : ********") != NULL);
	free(text);
	end();
}

static void the_dialect_travels(void)
{
	char *text;

	begin();
	does(s, "add policy P");
	does(s, "set dialect windows");
	text = xstrdup(says(s, "static dump"));
	ok(strstr(text, "set dialect dialect=windows\npopd\n") != NULL);
	is_int(fails(s, "add filterlist L guid={11111111-2222-3333-4444-555555555555}"), 7004);
	move_to_empty_store(text);
	is_str(says(s, "static dump"), text);
	/* Reading needs the words of linux, whatever the store's dialect is. */
	does(s, line_with("importpolicy %s", beside("in")));
	free(text);
	end();
}

/* --- text that cannot be said -------------------------------------------------------------------- */

/* Words that no tag takes still make a line fail, as on Windows. */
static void tags_of_dump_take_no_untagged_word(void)
{
	begin();
	is_int(fails(s, "add filterlist L text {11111111-2222-3333-4444-555555555555}"), 7007);
	is_int(fails(s, "add filter L me any text TCP yes 32 32 0 80 one.test"), 7007);
	end();
}

static void a_quote_from_elsewhere_is_an_error(void)
{
	struct filterlist l = {.name = "a\"b", .description = ""};

	begin();
	works(store_filterlist_add(store(), &l, &e));
	is_int(fails(s, "ipsec dump"), 8020);
	is_int(fails(s, line_with("exportpolicy %s", beside("x"))), 8020);
	is_int(access(beside("x.ipsec"), F_OK), -1);
	end();
}

/* --- examples ----------------------------------------------------------------------------------- */

static void examples_are_those_of_windows(void)
{
	static const char *const want[] = {
		"Client (Respond Only)\" description=", "guid={72385236-70FA-11D1-864C-14A300000000}",
		"guid={72385230-70FA-11D1-864C-14A300000000}", "guid={7238523C-70FA-11D1-864C-14A300000000}",
		"guid={7238523A-70FA-11D1-864C-14A300000000}", "guid={72385235-70FA-11D1-864C-14A300000000}",
		"guid={7238523B-70FA-11D1-864C-14A300000000}", "guid={72385233-70FA-11D1-864C-14A300000000}",
		"guid={7238523F-70FA-11D1-864C-14A300000000}", "guid={594272E2-071D-11D3-AD22-0060B0ECCA17}",
		"defaultruleguid={59319BE2-5EE3-11D2-ACE8-0060B0ECCA17}",
		"inpass=yes soft=yes action=negotiate qmsecmethods=\"ESP[3DES,SHA1]:100000k/900s ESP[DES,SHA1]:100000k/900s "
		"AH[SHA1]:100000k/300s AH[MD5]:100000k/300s\"",
		"mmsecmethods=\"3DES-SHA1-2 3DES-MD5-2 DES-SHA1-1 DES-MD5-1\"",
		"qmsecmethods=\"ESP[3DES,SHA1] ESP[3DES,MD5] ESP[DES,SHA1] ESP[DES,MD5] AH[SHA1] AH[MD5]\"",
	};
	char *first;

	begin();
	does(s, "restorepolicyexamples release=win2k");
	first = xstrdup(says(s, "static dump"));
	for (size_t i = 0; i < N_OF(want); i++)
		ok(strstr(first, want[i]) != NULL);
	ok(!strstr(first, "assign=yes"));
	/* Restoring undoes what was done to them, and nothing else. */
	does(s, "add policy Mine");
	does(s, "set filteraction Permit action=block");
	does(s, "delete policy \"Server (Request Security)\"");
	does(s, "restorepolicyexamples win2003");
	does(s, "delete policy Mine");
	is_str(says(s, "static dump"), first);
	is_int(fails(s, "restorepolicyexamples"), 7006);
	is_int(fails(s, "restorepolicyexamples vista"), 7010);
	free(first);
	end();
}

static void dumps_show_what_is_there(void)
{
	begin();
	is_str(says(s, "dynamic dump"), "# IPsec configuration\n");
	does(s, "dynamic set config ipsecexempt 1");
	is_str(says(s, "dynamic dump"),
	    "# IPsec configuration\npushd ipsec dynamic\nset config property=ipsecexempt value=\"1\"\npopd\n");
	is_str(says(s, "static dump"), "# IPsec configuration\npushd ipsec static\nset dialect dialect=linux\n"
	    "set store location=local\npopd\n");
	/* A name keeps the address that was found for it. */
	does(s, "add filter L srcaddr=one.test dstaddr=me srcmask=24 protocol=tcp dstport=80");
	ok(strstr(says(s, "static dump"), " srcaddr=192.0.2.0 dstaddr=me protocol=TCP mirrored=yes srcmask=255.255.255.0"
	    " srcport=0 dstport=80 guid={") != NULL);
	ok(strstr(says(s, "static dump"), "} srcdns=\"one.test\"\n") != NULL);
	end();
}

static const struct tap_case cases[] = {
	{"any store survives", any_store_survives},
	{"a dump is a script", a_dump_is_a_script},
	{"export writes a private file", export_writes_a_private_file},
	{"import finds the extension", import_finds_the_extension},
	{"errors name the line and change nothing", errors_name_the_line_and_change_nothing},
	{"what is no text is refused", what_is_no_text_is_refused},
	{"import replaces what has the guid", import_replaces_what_has_the_guid},
	{"a key that is not here is told", a_key_that_is_not_here_is_told},
	{"the dialect travels", the_dialect_travels},
	{"tags of dump take no untagged word", tags_of_dump_take_no_untagged_word},
	{"a quote from elsewhere is an error", a_quote_from_elsewhere_is_an_error},
	{"examples are those of Windows", examples_are_those_of_windows},
	{"dumps show what is there", dumps_show_what_is_there},
};
TAP_MAIN(cases)
