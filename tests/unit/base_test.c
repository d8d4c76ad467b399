/* common/base: values parse and print, bounds hold, text helpers do not depend on the locale. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/guid.h"
#include "common/base/ip.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/str.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct ip ip(const char *s)
{
	struct ip a = {0};

	if (!ip_parse(s, &a))
		abort();
	return a;
}

static void addresses_parse_strictly(void)
{
	static const char *const good[] = {"0.0.0.0", "255.255.255.255", "10.0.0.1", "::", "::1",
	    "2001:db8::1", "fe80::1", "::ffff:192.0.2.1"};
	static const char *const bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4x",
	    "1.2.3.-4", "::g", "1::2::3", "fe80::1%eth0", "0x7f.1", "10.0.0.1/8", "me"};
	char text[IP_TEXT];
	struct ip a;

	for (size_t i = 0; i < N_OF(good); i++) {
		ok(ip_parse(good[i], &a));
		is_str(ip_print(&a, text), good[i]);
	}
	for (size_t i = 0; i < N_OF(bad); i++)
		ok(!ip_parse(bad[i], &a));
}

static void prefixes_mask_and_contain(void)
{
	struct ip a = ip("10.20.30.40"), net = ip("10.20.16.0"), six = ip("2001:db8:ffff::1"), m, l;
	char text[IP_TEXT];

	m = ip_mask(&a, 20);
	is_str(ip_print(&m, text), "10.20.16.0");
	l = ip_last(&a, 20);
	is_str(ip_print(&l, text), "10.20.31.255");
	ok(ip_in_prefix(&a, &net, 20) && !ip_in_prefix(&a, &net, 21) && ip_in_prefix(&a, &net, 0));
	ok(!ip_in_prefix(&a, &six, 0));
	m = ip_mask(&six, 33);
	is_str(ip_print(&m, text), "2001:db8:8000::");
	m = ip_mask(&six, 128);
	ok(ip_eq(&m, &six));
}

static void masks_must_be_contiguous(void)
{
	struct ip m;
	unsigned plen, back;

	for (plen = 0; plen <= 32; plen++) {
		m = ip_plen_to_mask(plen);
		ok(ip_mask_to_plen(&m, &back));
		is_int(back, plen);
	}
	m = ip("255.0.255.0");
	ok(!ip_mask_to_plen(&m, &back));
	m = ip("0.0.0.255");
	ok(!ip_mask_to_plen(&m, &back));
	m = ip("::");
	ok(!ip_mask_to_plen(&m, &back));
}

/* Every range: the pieces lie in order, touch, and cover exactly lo..hi. */
static void check_split(const struct ip *lo, const struct ip *hi)
{
	struct ip_prefix v[IP_RANGE_PREFIXES];
	size_t n = ip_range_split(lo, hi, v);
	struct ip at = *lo;

	for (size_t i = 0; i < n; i++) {
		struct ip start = ip_mask(&v[i].net, v[i].plen), last = ip_last(&v[i].net, v[i].plen);
		ok(ip_eq(&start, &at));
		ok(ip_cmp(&last, hi) <= 0);
		if (i + 1 == n)
			ok(ip_eq(&last, hi));
		at = last;
		for (int b = (int)ip_bits(at.family) / 8 - 1; b >= 0 && ++at.b[b] == 0; b--)
			;
	}
	ok(n > 0 && n <= (lo->family == IP_V4 ? 62 : 254));
}

static void ranges_split_exactly(void)
{
	static const char *const pairs[][2] = {{"10.0.0.1", "10.0.0.1"}, {"10.0.0.0", "10.0.0.255"},
	    {"10.0.0.1", "10.0.0.254"}, {"0.0.0.0", "255.255.255.255"}, {"0.0.0.1", "255.255.255.254"},
	    {"255.255.255.255", "255.255.255.255"}, {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	    {"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"}, {"2001:db8::5", "2001:db8::1:0"}};

	for (size_t i = 0; i < N_OF(pairs); i++) {
		struct ip lo = ip(pairs[i][0]), hi = ip(pairs[i][1]);
		check_split(&lo, &hi);
	}
	srand(7);
	for (int i = 0; i < 2000; i++) {
		struct ip lo = {.family = IP_V4}, hi = {.family = IP_V4};
		for (int k = 0; k < 4; k++) {
			lo.b[k] = (uint8_t)rand();
			hi.b[k] = (uint8_t)rand();
		}
		if (ip_cmp(&lo, &hi) > 0) {
			struct ip t = lo;
			lo = hi;
			hi = t;
		}
		check_split(&lo, &hi);
	}
}

static void range_specificity_is_that_of_its_size(void)
{
	static const struct {
		const char *lo, *hi;
		unsigned plen;
	} rows[] = {{"10.0.0.1", "10.0.0.1", 32}, {"10.0.0.1", "10.0.0.2", 31}, {"10.0.0.0", "10.0.0.255", 24},
	    {"10.0.0.1", "10.0.1.0", 24}, {"10.0.0.0", "10.0.1.0", 23}, {"0.0.0.0", "255.255.255.255", 0},
	    {"0.0.0.0", "128.0.0.0", 0}, {"::1", "::2", 127}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ip lo = ip(rows[i].lo), hi = ip(rows[i].hi);
		is_int(ip_range_plen(&lo, &hi), rows[i].plen);
	}
}

static void guids_print_as_they_parse(void)
{
	char text[GUID_TEXT];
	struct guid g, h;

	ok(guid_parse("{11E6E97E-0031-49f5-AC7D-5F2FE99BABAF}", &g));
	is_str(guid_print(&g, text), "{11E6E97E-0031-49F5-AC7D-5F2FE99BABAF}");
	ok(!guid_parse("11E6E97E-0031-49f5-AC7D-5F2FE99BABAF", &g));
	ok(!guid_parse("{11E6E97E-0031-49f5-AC7D-5F2FE99BABA}", &g));
	ok(!guid_parse("{11E6E97E_0031-49f5-AC7D-5F2FE99BABAF}", &g));
	for (int i = 0; i < 200; i++) {
		struct guid a = guid_new(), b = guid_new();
		ok(!guid_eq(&a, &b) && !guid_is_null(&a));
		ok(guid_parse(guid_print(&a, text), &h) && guid_eq(&a, &h));
	}
}

static void words_compare_without_case_and_locale(void)
{
	static const char *const tags[] = {"srcaddr", "dstaddr", "protocol", "filteraction"};
	static const struct enum_name t[] = {{1, "filter"}, {2, "filterlist"}, {0, NULL}};
	uint64_t v;

	ok(str_caseeq("FilterList", "filterLIST") && !str_caseeq("a", "ab") && str_casecmp("a", "B") < 0);
	ok(str_is_prefix("PROT", "protocol") && !str_is_prefix("", "x") && !str_is_prefix("abc", "ab"));
	is_str(str_nearest("srcaddy", tags, N_OF(tags)), "srcaddr");
	is_str(str_nearest("filteration", tags, N_OF(tags)), "filteraction");
	ok(str_nearest("zzz", tags, N_OF(tags)) == NULL);
	is_int(enum_find(t, "FILTER")->value, 1);
	is_int(enum_find(t, "filterl")->value, 2);
	is_int(enum_find(t, "fil")->value, 1);
	ok(enum_find(t, "x") == NULL);
	ok(str_to_u64("65535", 65535, &v) && v == 65535);
	ok(!str_to_u64("65536", 65535, &v) && !str_to_u64("", 9, &v) && !str_to_u64("-1", 9, &v));
	ok(!str_to_u64("7", 5, &v) && str_to_u64("0", 0, &v) && v == 0);
	ok(str_to_u64("18446744073709551615", UINT64_MAX, &v) && v == UINT64_MAX);
	ok(!str_to_u64("18446744073709551616", UINT64_MAX, &v));
}

static void utf8_is_checked(void)
{
	static const char *const bad[] = {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE4\xBD", "\x80", "a\xFF"};

	is_int(str_utf8_valid("\xE4\xBD\xA0 a\xC3\xA9\xF0\x9F\x98\x80", 11), 11);
	for (size_t i = 0; i < N_OF(bad); i++)
		ok(str_utf8_valid(bad[i], strlen(bad[i])) < strlen(bad[i]));
}

static void buffers_and_arenas_hold_what_was_put(void)
{
	struct buf b = {0};
	struct arena a = {0};
	char *big;

	is_str(buf_text(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i % 10);
	is_int(b.len, 2000);
	buf_truncate(&b, 3);
	is_str(buf_text(&b), "0,1");
	memset(buf_extend(&b, 2), 'x', 2);
	is_str(buf_text(&b), "0,1xx");
	char *t = buf_take(&b);
	is_str(t, "0,1xx");
	free(t);
	for (int i = 0; i < 10000; i++)
		is_str(arena_printf(&a, "%s %d", "n", 7), "n 7");
	big = arena_alloc(&a, 3 << 20);
	ok(big[0] == 0 && big[(3 << 20) - 1] == 0);
	arena_free(&a);
	ok(a.head == NULL);
	arena_start(&a, arena_text_bytes(5) + arena_text_bytes(20)); /* both fit into the one block, and the third gets another */
	const struct arena_block *first = a.head;
	is_str(arena_strdup(&a, "12345"), "12345");
	is_str(arena_strdup(&a, "12345678901234567890"), "12345678901234567890");
	ok(a.head == first);
	is_str(arena_strdup(&a, ""), "");
	ok(a.head != first);
	arena_free(&a);
}

static void errors_carry_number_and_context(void)
{
	struct err e = {0};

	is_int(err_set(&e, FILTERLIST_NOTFOUND, "L"), -1);
	is_int(err_number(&e), 5049);
	is_int(e.kind, ERR_NOTFOUND);
	err_in(&e, "line %d", 3);
	is_str(e.text, "line 3: there is no filter list 'L'");
}

/* Killed as by a fault. */
static void whoever_has_keys_leaves_no_core(void)
{
	struct rlimit r = {1, 1};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		secret_no_core();
#ifndef __SANITIZE_ADDRESS__
		if (prctl(PR_GET_DUMPABLE) != 0)
			_exit(1);
#endif
		if (getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_cur != 0 || r.rlim_max != 0)
			_exit(2);
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		_exit(3);
	}
	ok(waitpid(pid, &status, 0) == pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && !WCOREDUMP(status));
}

static void wiped_is_wiped(void)
{
	char text[] = "a key";

	secret_wipe(text, 3);
	ok(memcmp(text, "\0\0\0ey", 6) == 0);
	secret_wipe(NULL, 3);
	secret_free(NULL);
}

static void control_characters_are_found(void)
{
	static const struct {
		const char *text;
		size_t plain;
	} all[] = {{"", 0}, {"a\tGr\xC3\xB6\xC3\x9F" "e", 9}, {"ab\n", 2}, {"\x1b[", 0}, {"x\x7f", 1}, {"ab\xC2\x9B", 2}, {"\xC2\xA0", 2}, {"\xC2", 1}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		is_int(str_plain(all[i].text, strlen(all[i].text)), all[i].plain);
	is_int(str_plain("a\0b", 3), 1);
}

static const struct tap_case cases[] = {
    {"whoever has keys leaves no core", whoever_has_keys_leaves_no_core},
    {"wiped is wiped", wiped_is_wiped},
    {"control characters are found", control_characters_are_found},
    {"addresses_parse_strictly", addresses_parse_strictly},
    {"prefixes_mask_and_contain", prefixes_mask_and_contain},
    {"masks_must_be_contiguous", masks_must_be_contiguous},
    {"ranges_split_exactly", ranges_split_exactly},
    {"range_specificity_is_that_of_its_size", range_specificity_is_that_of_its_size},
    {"guids_print_as_they_parse", guids_print_as_they_parse},
    {"words_compare_without_case_and_locale", words_compare_without_case_and_locale},
    {"utf8_is_checked", utf8_is_checked},
    {"buffers_and_arenas_hold_what_was_put", buffers_and_arenas_hold_what_was_put},
    {"errors_carry_number_and_context", errors_carry_number_and_context},
};
TAP_MAIN(cases)
