/* The value grammars of grammar §3: what is accepted, what is refused and why, parse(print(x)) == x. */
#include "common/model/values.h"

#include "tests/unit/tap.h"
#include "common/base/banned.h"

static bool refused(int r, const struct err *e, enum msg_id id)
{
	return r == -1 && e->id == id;
}

/* --- offers ------------------------------------------------------------------------------------- */

static enum dialect dialect = DIALECT_WINDOWS;

static const char *mm(const char *text)
{
	static struct buf b;
	struct mm_offers o;
	struct err e = {0};

	buf_clear(&b);
	if (mm_offers_parse(text, dialect, "mmsecmethods", &o, &e) < 0)
		return e.id == OFFER_BAD ? "bad" : e.id == VALUE_EMPTY ? "empty" : "?";
	mm_offers_print(&o, &b);
	return buf_text(&b);
}

static void mm_offers_are_read(void)
{
	is_str(mm("3DES-SHA1-2"), "3DES-SHA1-2");
	is_str(mm("  3des-md5-1   DES-sha1-3 "), "3DES-MD5-1 DES-SHA1-3");
}

static void mm_offers_are_refused(void)
{
	static const char *const bad[] = {"3DES-SHA1", "3DES-SHA1-14", "3DES-SHA1-4", "3DES-SHA1-0",
		"3DES-SHA1-", "AES128-SHA1-2", "3DES-SHA256-2", "None-SHA1-2", "3DES-None-2", "3D-SHA1-2",
		"3DES-SHA1-2x", "3DES", "-", "3DES-SHA1 DHGroup2;AES128-SHA1-2"};
	char many[17 * 12 + 1] = "";

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		is_str(mm(bad[i]), "bad");
	is_str(mm(""), "empty");
	is_str(mm("   "), "empty");
	for (int i = 0; i < 17; i++)
		memcpy(many + 12 * i, "3DES-SHA1-2 ", 13);
	is_str(mm(many), "bad");
	many[16 * 12] = '\0';
	ok(strcmp(mm(many), "bad") != 0);
}

static const char *qm(const char *text)
{
	static struct buf b;
	struct qm_offers o;
	struct err e = {0};

	buf_clear(&b);
	if (qm_offers_parse(text, dialect, "qmsecmethods", &o, &e) < 0)
		return e.id == OFFER_BAD ? "bad" : e.id == VALUE_EMPTY ? "empty" : "?";
	qm_offers_print(&o, &b);
	return buf_text(&b);
}

static void qm_offers_are_read(void)
{
	static const char *const same[] = {"ESP[3DES,SHA1]:3600s", "ESP[3DES,MD5]:100000k/2000s",
		"AH[MD5]:204800k/300s ESP[DES,SHA1]:30000k/480s", "AH[SHA1]+ESP[3DES,MD5]:100000k/3600s",
		"ESP[None,SHA1]", "ESP[3DES,None]", "AH[SHA1] AH[MD5]", "ESP[DES,MD5]:20480k",
		"ESP[3DES,SHA1] ESP[3DES,SHA1]", "ESP[DES,MD5]:2147483647k/172799s"};

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		is_str(qm(same[i]), same[i]);
	is_str(qm("esp[3des,sha1]:100000K/3600S"), "ESP[3DES,SHA1]:100000k/3600s");
}

static void qm_offers_are_refused(void)
{
	static const char *const bad[] = {"ESP[AES128,SHA256]", "ESP[None,None]", "ESP:3DES-SHA1", "3DES-SHA1",
		"AH[None]", "AH[MD5", "AH[MD5]ESP[DES,MD5]", "ESP[DES,MD5]+AH[MD5]", "AH[MD5]+", "AH[SHA1]+AH[MD5]",
		"ESP[DES]", "ESP[DES,MD5]:", "ESP[DES,MD5]:0k", "ESP[DES,MD5]:0s", "ESP[DES,MD5]:299s",
		"ESP[DES,MD5]:172800s", "ESP[DES,MD5]:20479k", "ESP[DES,MD5]:2147483648k",
		"ESP[DES,MD5]:99999999999999999999999k", "ESP[DES,MD5]:300s/20480k", "ESP[DES,MD5]:20480k/20480k",
		"ESP[DES,MD5]:20480k/", "ESP[DES,MD5]:300", "ESP[DES,MD5]:300sx", "ESP[DES, MD5]"};
	char huge[600];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		is_str(qm(bad[i]), "bad");
		if (strcmp(qm(bad[i]), "bad") != 0)
			printf("#   for %s\n", bad[i]);
	}
	memset(huge, 'E', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	is_str(qm(huge), "bad");
}

/* Every offer that the grammar can express survives printing and parsing. */
static void qm_offers_round_trip(void)
{
	static const uint32_t kbs[] = {0, 20480, 2147483647}, secs[] = {0, 300, 172799};
	int seen = 0;

	for (int i = 0; i < 3 * 2 * 3 * 3 * 9; i++) {
		struct qm_offers in = {.n = 1}, out;
		struct buf b = {0};
		struct err e = {0};
		struct qm_offer *o = &in.v[0];
		o->ah = (uint8_t)(i % 3);
		o->esp = i / 3 % 2;
		o->encr = (uint8_t)(i / 6 % 3);
		o->integ = (uint8_t)(i / 18 % 3);
		o->life_kb = kbs[i / 54 % 3];
		o->life_s = secs[i / 162 % 3];
		if ((!o->ah && !o->esp) || (!o->esp && (o->encr || o->integ)) ||
		    (o->esp && !o->encr && !o->integ))
			continue;
		qm_offers_print(&in, &b);
		ok(qm_offers_parse(buf_text(&b), DIALECT_LINUX, "t", &out, &e) == 0);
		ok(out.n == 1 && memcmp(&in.v[0], &out.v[0], sizeof in.v[0]) == 0);
		buf_free(&b);
		seen++;
	}
	is_int(seen, (2 + 3 * 8) * 9);
}

/* Every cipher with every hash, AH before it or not, is printed as what is read. */
static void modern_offers_survive_print_and_parse(void)
{
	size_t seen = 0;

	for (unsigned ah = 0; ah <= INTEG_SHA512; ah++) {
		for (unsigned encr = 0; encr <= ENCR_AESGCM256; encr++) {
			for (unsigned integ = 0; integ <= INTEG_SHA512; integ++) {
				struct qm_offers in = {.n = 1}, out;
				struct buf b = {0};
				struct err e = {0};
				in.v[0] = (struct qm_offer){.ah = (uint8_t)ah, .esp = true, .encr = (uint8_t)encr, .integ = (uint8_t)integ};
				if (encr_is_aead((uint8_t)encr) ? integ != 0 : !encr && !integ)
					continue;
				qm_offers_print(&in, &b);
				ok(qm_offers_parse(buf_text(&b), DIALECT_LINUX, "t", &out, &e) == 0);
				ok(out.n == 1 && memcmp(&in.v[0], &out.v[0], sizeof in.v[0]) == 0);
				buf_free(&b);
				seen++;
			}
		}
	}
	is_int(seen, 6 * (6 * 6 - 1 + 2));
}

static void dialects_know_different_words(void)
{
	static const char *const ours_mm[] = {"AES256-SHA256-14", "AES128-SHA1-2", "3DES-SHA512-2", "3DES-SHA1-31",
		"AES192-SHA384-19", "DES-MD5-16"};
	static const char *const ours_qm[] = {"ESP[AES256,SHA256]", "ESP[AESGCM256]", "ESP[AESGCM128]:3600s", "AH[SHA256]",
		"AH[SHA512]+ESP[AES128,None]", "ESP[None,SHA384]"};
	static const char *const nobodys[] = {"AESGCM256-SHA256-14", "AES256-SHA256-17", "AES256-SHA256-014", "AES256-SHA256",
		"AES-SHA256-14", "AES256-SHA224-14"};
	static const char *const nobodys_qm[] = {"ESP[AES256]", "ESP[AESGCM256,SHA256]", "ESP[AESGCM192]", "ESP[3DES]",
		"AH[AES256]", "ESP[AESGCM256"};

	for (size_t i = 0; i < sizeof ours_mm / sizeof *ours_mm; i++) {
		dialect = DIALECT_LINUX;
		is_str(mm(ours_mm[i]), ours_mm[i]);
		is_str(qm(ours_qm[i]), ours_qm[i]);
		is_str(mm(nobodys[i]), "bad");
		is_str(qm(nobodys_qm[i]), "bad");
		dialect = DIALECT_WINDOWS;
		is_str(mm(ours_mm[i]), "bad");
		is_str(qm(ours_qm[i]), "bad");
	}
	dialect = DIALECT_LINUX;
	is_str(qm("ESP[aesgcm256,none]"), "ESP[AESGCM256]");
	dialect = DIALECT_WINDOWS;
}

static const char *mm_weak(const char *text)
{
	struct mm_offers o;
	struct err e = {0};

	ok(mm_offers_parse(text, DIALECT_LINUX, "t", &o, &e) == 0);
	return mm_offers_weak(&o) ? mm_offers_weak(&o) : "";
}

static const char *qm_weak(const char *text)
{
	struct qm_offers o;
	struct err e = {0};

	ok(qm_offers_parse(text, DIALECT_LINUX, "t", &o, &e) == 0);
	return qm_offers_weak(&o) ? qm_offers_weak(&o) : "";
}

static void weak_offers_are_known(void)
{
	is_str(mm_weak("AES256-SHA256-14 3DES-SHA1-3"), "");
	is_str(mm_weak("AES256-SHA256-14 DES-SHA1-3"), "DES");
	is_str(mm_weak("3DES-MD5-3"), "MD5");
	is_str(mm_weak("3DES-SHA1-2"), "group 2");
	is_str(mm_weak("3DES-SHA1-1"), "group 1");
	is_str(qm_weak("ESP[3DES,SHA1] ESP[None,SHA256] AH[SHA1]"), "");
	is_str(qm_weak("ESP[3DES,SHA1] ESP[DES,SHA1]"), "DES");
	is_str(qm_weak("ESP[AES256,MD5]"), "MD5");
	is_str(qm_weak("AH[MD5]+ESP[AES256,SHA256]"), "MD5");
}

/* What the rows name as defaults reads back, ours without DES. */
static void default_offers_read_back(void)
{
	struct qm_offers q;
	struct buf b = {0};

	dialect = DIALECT_LINUX;
	is_str(mm(MM_DEFAULT), MM_DEFAULT);
	is_str(qm(QM_DEFAULT), QM_DEFAULT);
	dialect = DIALECT_WINDOWS;
	is_str(mm(MM_DEFAULT_WINDOWS), MM_DEFAULT_WINDOWS);
	is_str(qm(QM_DEFAULT_WINDOWS), QM_DEFAULT_WINDOWS);
	qm_offers_default_rule(DIALECT_WINDOWS, &q);
	qm_offers_print(&q, &b);
	is_str(buf_text(&b), QM_DEFAULT_RULE_WINDOWS);
	buf_clear(&b);
	qm_offers_default_rule(DIALECT_LINUX, &q);
	qm_offers_print(&q, &b);
	is_str(buf_text(&b), QM_DEFAULT_RULE);
	ok(!strstr(MM_DEFAULT " " QM_DEFAULT " " QM_DEFAULT_RULE, "[DES") && !strstr(" " MM_DEFAULT, " DES"));
	buf_free(&b);
}

/* --- protocols ---------------------------------------------------------------------------------- */

static void protocols(void)
{
	uint8_t p = 9;
	struct err e = {0};
	struct buf b = {0};

	ok(protocol_parse("tcp", "protocol", &p, &e) == 0 && p == PROTO_TCP);
	ok(protocol_parse("any", "protocol", &p, &e) == 0 && p == PROTO_ANY);
	ok(protocol_parse("U", "protocol", &p, &e) == 0 && p == PROTO_UDP);
	ok(protocol_parse("raw", "protocol", &p, &e) == 0 && p == PROTO_RAW);
	ok(refused(protocol_parse("256", "protocol", &p, &e), &e, VALUE_RANGE));
	ok(refused(protocol_parse("", "protocol", &p, &e), &e, VALUE_EMPTY));
	ok(refused(protocol_parse("tcpx", "protocol", &p, &e), &e, VALUE_BAD));
	ok(refused(protocol_parse("-1", "protocol", &p, &e), &e, VALUE_BAD));
	for (unsigned i = 0; i < 256; i++) {
		buf_clear(&b);
		protocol_print((uint8_t)i, &b);
		ok(protocol_parse(buf_text(&b), "protocol", &p, &e) == 0 && p == i);
	}
	buf_free(&b);
}

/* --- addresses ---------------------------------------------------------------------------------- */

/* The printed form, "name", or the number of the error. */
static const char *addr(const char *text)
{
	static struct buf b;
	struct endpoint p;
	struct err e = {0};
	bool is_name;

	buf_clear(&b);
	if (endpoint_parse(text, "srcaddr", &p, &is_name, &e) < 0)
		buf_printf(&b, "%d", err_number(&e));
	else if (is_name)
		buf_adds(&b, "name");
	else
		endpoint_print(&p, &b);
	return buf_text(&b);
}

static void addresses_are_read(void)
{
	static const char *const t[][2] = {{"ME", "me"}, {"Any", "any"}, {"dns", "DNS"}, {"Gateway", "GATEWAY"},
		{"wins", "WINS"}, {"DHCP", "DHCP"}, {"1.2.3.4", "1.2.3.4"}, {"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3/255.255.0.0", "10.1.0.0/16"}, {"1.2.3.4/32", "1.2.3.4"}, {"0.0.0.0/0", "0.0.0.0/0"},
		{"10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"}, {"10.0.0.1-10.0.0.1", "10.0.0.1"},
		{"2001:db8::1", "2001:db8::1"}, {"2001:db8::ffff/32", "2001:db8::/32"}, {"fe80::1-fe80::9", "fe80::1-fe80::9"},
		{"localhost", "name"}, {"www.example.test", "name"}, {"host-1.example", "name"}, {"d", "name"},
		{"3com.example", "name"}, {"_sip.example", "name"}};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_str(addr(t[i][0]), t[i][1]);
}

static void addresses_are_refused(void)
{
	static const char *const t[][2] = {{"", "7012"}, {"1.2.3", "7020"}, {"1.2.3.256", "7020"}, {"300.1.1.1", "7020"},
		{"two words", "7020"}, {"<placeholder>", "7020"}, {"a..b", "7020"}, {"-a", "7020"}, {"1.2.3.4/33", "7022"},
		{"1.2.3.4/x", "7022"}, {"1.2.3.4/", "7022"}, {"1.2.3.4/255.0.255.0", "7022"}, {"a/8", "7020"},
		{"10.0.0.1-fe80::1", "7021"}, {"10.0.0.9-10.0.0.1", "7021"}, {"10.0.0.0/8-10.0.0.9", "7021"},
		{"10.0.0.1-", "7021"}, {"-10.0.0.1", "7021"}, {"10.0.0.1-host", "7021"}, {"::1/129", "7022"},
		{"10.0.0.1-10.0.0.5-10.0.0.9", "7021"}};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_str(addr(t[i][0]), t[i][1]);
}

static void masks(void)
{
	uint8_t plen = 99;
	struct err e = {0};

	ok(mask_parse("255.255.0.0", "srcmask", IP_V4, &plen, &e) == 0 && plen == 16);
	ok(mask_parse("0.0.0.0", "srcmask", IP_V4, &plen, &e) == 0 && plen == 0);
	ok(mask_parse("24", "srcmask", IP_V4, &plen, &e) == 0 && plen == 24);
	ok(mask_parse("128", "srcmask", IP_V6, &plen, &e) == 0 && plen == 128);
	ok(refused(mask_parse("33", "srcmask", IP_V4, &plen, &e), &e, MASK_BAD));
	ok(refused(mask_parse("0", "srcmask", IP_V4, &plen, &e), &e, MASK_BAD));
	ok(refused(mask_parse("255.0.255.0", "srcmask", IP_V4, &plen, &e), &e, MASK_BAD));
	ok(refused(mask_parse("255.255.0.0", "srcmask", IP_V6, &plen, &e), &e, MASK_BAD));
	ok(refused(mask_parse("", "srcmask", IP_V4, &plen, &e), &e, VALUE_EMPTY));
	ok(refused(mask_parse("129", "srcmask", IP_V6, &plen, &e), &e, MASK_BAD));
}

/* --- certificates ------------------------------------------------------------------------------- */

static void rootca_values(void)
{
	struct arena a = {0};
	struct auth_method m = {0};
	struct err e = {0};

	ok(rootca_parse("C=US,O=MSFT,CN=\\'Contoso North, South Root\\' certmap:yes excludecaname:no", &a, &m, &e) == 0);
	is_str(m.text, "C=US,O=MSFT,CN=\"Contoso North, South Root\"");
	ok(m.certmap && !m.excludecaname && m.kind == AUTH_ROOTCA);
	ok(rootca_parse("CN=x excludecaname:y certmap:n", &a, &m, &e) == 0);
	is_str(m.text, "CN=x");
	ok(!m.certmap && m.excludecaname);
	ok(rootca_parse("CN=a:b c:d", &a, &m, &e) == 0);
	is_str(m.text, "CN=a:b c:d");
	ok(refused(rootca_parse("CN=x certmap:maybe", &a, &m, &e), &e, VALUE_BAD));
	ok(refused(rootca_parse("certmap:yes", &a, &m, &e), &e, VALUE_EMPTY));
	ok(refused(rootca_parse("", &a, &m, &e), &e, VALUE_EMPTY));
	arena_free(&a);
}

/* --- whole filters ------------------------------------------------------------------------------ */

static struct endpoint end_of(const char *text)
{
	struct endpoint p = {0};
	struct err e = {0};
	bool is_name;

	ok(endpoint_parse(text, "srcaddr", &p, &is_name, &e) == 0 && !is_name);
	return p;
}

/* 0 or the number of the error. */
static int validated(const char *src, const char *dst, uint8_t protocol, uint16_t sport, uint16_t dport)
{
	struct filter f = {.src = end_of(src), .dst = end_of(dst), .protocol = protocol, .srcport = sport, .dstport = dport};
	struct err e = {0};

	return filter_validate(&f, &e) < 0 ? err_number(&e) : 0;
}

static void filters_are_validated(void)
{
	is_int(validated("me", "any", PROTO_TCP, 0, 80), 0);
	is_int(validated("any", "any", PROTO_ANY, 0, 0), 0);
	is_int(validated("10.0.0.0/8", "10.0.0.0/8", PROTO_ANY, 0, 0), 0);
	is_int(validated("DNS", "me", PROTO_UDP, 53, 0), 0);
	is_int(validated("me", "any", PROTO_ANY, 0, 80), 7026);
	is_int(validated("me", "any", PROTO_ICMP, 8, 0), 7026);
	is_int(validated("WINS", "10.0.0.1", PROTO_ANY, 0, 0), 7025);
	is_int(validated("any", "GATEWAY", PROTO_ANY, 0, 0), 7025);
	is_int(validated("me", "me", PROTO_ANY, 0, 0), 7027);
	is_int(validated("1.2.3.4", "1.2.3.4", PROTO_ANY, 0, 0), 7027);
	is_int(validated("1.2.3.4", "::1", PROTO_ANY, 0, 0), 7024);
	is_int(validated("1.2.3.4-1.2.3.9", "fe80::1", PROTO_ANY, 0, 0), 7024);
}

static void same_filters(void)
{
	struct filter a = {.src = end_of("me"), .dst = end_of("10.0.0.0/8"), .description = "a", .mirrored = true};
	struct filter b = a;

	b.description = "b";
	b.id = 7;
	ok(filter_same(&a, &b));
	b.dst = end_of("10.0.0.0/9");
	ok(!filter_same(&a, &b));
	b = a;
	b.mirrored = false;
	ok(!filter_same(&a, &b));
	b = a;
	b.dstport = 1;
	ok(!filter_same(&a, &b));
	b = a;
	b.src = end_of("any");
	ok(!filter_same(&a, &b));
}

static const struct tap_case cases[] = {
	{"main mode offers are read", mm_offers_are_read},
	{"bad main mode offers are refused", mm_offers_are_refused},
	{"quick mode offers are read", qm_offers_are_read},
	{"bad quick mode offers are refused", qm_offers_are_refused},
	{"every quick mode offer survives print and parse", qm_offers_round_trip},
	{"modern offers survive print and parse", modern_offers_survive_print_and_parse},
	{"dialects know different words", dialects_know_different_words},
	{"weak offers are known", weak_offers_are_known},
	{"the default offers read back", default_offers_read_back},
	{"protocols by name and number, all of them both ways", protocols},
	{"addresses, prefixes, ranges, servers and names are told apart", addresses_are_read},
	{"what is no address is refused with its reason", addresses_are_refused},
	{"masks dotted and as prefix length", masks},
	{"certificate authorities with their settings", rootca_values},
	{"filters that make no sense are refused", filters_are_validated},
	{"sameness looks at the traffic only", same_filters},
};
TAP_MAIN(cases)
