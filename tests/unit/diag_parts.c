/* The pure parts of diagnostics: heads of packets, what gets a line, sums and totals. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/daemon/diag_event.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* --- heads of packets ----------------------------------------------------------------------------- */

/* Hexadecimal digits, blanks between them ignored; in memory of exactly that size for the sanitizer. */
static uint8_t *bytes_of(const char *hex, size_t *n)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *out = xcalloc(strlen(hex) / 2 + 1, 1);
	size_t k = 0;

	for (; *hex; hex++)
		if (*hex != ' ') {
			out[k / 2] = (uint8_t)(out[k / 2] << 4 | (strchr(digits, *hex) - digits));
			k++;
		}
	*n = k / 2;
	return xreallocarray(out, *n ? *n : 1, 1);
}

#define V4(length, fragment, protocol) "4500 " length " 0000 " fragment " 40" protocol " 0000 c0000203 c0000201 "
#define V6(length, next) "60000000 " length next "40 " V6_FROM V6_TO
#define V6_FROM "20010db8000000000000000000000003 "
#define V6_TO "20010db8000000000000000000000001 "

static const struct head_row {
	const char *what, *hex, *want;
} heads[] = {
	{"nothing", "", "no packet"},
	{"neither 4 nor 6", "5500 0028 0000 0000 4006 0000 c0000203 c0000201", "no packet"},
	{"TCP", V4("0028", "4000", "06") "1267 0017 00000000", "4 6 192.0.2.3:4711 > 192.0.2.1:23 length 40"},
	{"UDP of which two bytes of ports are there", V4("0024", "0000", "11") "1267", "4 17 192.0.2.3 > 192.0.2.1 length 36"},
	{"an IPv4 header without its last byte", "4500 0028 0000 4000 4006 0000 c0000203 c00002", "no packet"},
	{"a header of less than 20 bytes", "4400 0028 0000 4000 4006 0000 c0000203 c0000201", "no packet"},
	{"options before the ports", "4600 002c 0000 4000 4006 0000 c0000203 c0000201 01010101 1267 0017",
	    "4 6 192.0.2.3:4711 > 192.0.2.1:23 length 44"},
	{"options cut", "4600 002c 0000 4000 4006 0000 c0000203 c0000201 0101", "4 6 192.0.2.3 > 192.0.2.1 length 44"},
	{"the first fragment", V4("05dc", "2000", "11") "1267 0035 0000 0000", "4 17 192.0.2.3:4711 > 192.0.2.1:53 length 1500"},
	{"a later fragment", V4("05dc", "00b9", "11") "1267 0035", "4 17 192.0.2.3 > 192.0.2.1 length 1500 fragment"},
	{"ICMP", V4("0054", "0000", "01") "0800 0000", "4 1 192.0.2.3 > 192.0.2.1 length 84 icmp 8.0"},
	{"SCTP", V4("0020", "0000", "84") "0b590b5a", "4 132 192.0.2.3:2905 > 192.0.2.1:2906 length 32"},
	{"ESP has no ports", V4("0064", "0000", "32") "00000001 00000002", "4 50 192.0.2.3 > 192.0.2.1 length 100"},
	{"ICMPv6 in IPv4 is none", V4("0054", "0000", "3a") "8000 0000", "4 58 192.0.2.3 > 192.0.2.1 length 84"},
	{"IPv6 TCP", V6("0014", "06") "1267 0017", "6 6 2001:db8::3:4711 > 2001:db8::1:23 length 60"},
	{"an IPv6 header without its last byte", "60000000 001406 40 " V6_FROM "20010db80000000000000000000000", "no packet"},
	{"ICMPv6", V6("0008", "3a") "8000", "6 58 2001:db8::3 > 2001:db8::1 length 48 icmp 128.0"},
	{"hop-by-hop and destination options, 8 and 16 bytes",
	    V6("0030", "00") "3c00 010400000000 1101 000000000000 0000000000000000 1267 0035",
	    "6 17 2001:db8::3:4711 > 2001:db8::1:53 length 88"},
	{"routing and AH", V6("0030", "2b") "3300 000000000000 0602 0000 00000001 00000001 00000000 1267 0017",
	    "6 6 2001:db8::3:4711 > 2001:db8::1:23 length 88"},
	{"the first fragment", V6("0500", "2c") "1100 0001 00000001 1267 0035",
	    "6 17 2001:db8::3:4711 > 2001:db8::1:53 length 1320"},
	{"a later fragment", V6("0500", "2c") "1100 05a8 00000001 1267 0035",
	    "6 17 2001:db8::3 > 2001:db8::1 length 1320 fragment"},
	{"an extension header cut", V6("0030", "00") "3c00 0104", "6 0 2001:db8::3 > 2001:db8::1 length 88"},
	{"an extension header beyond the end", V6("0030", "00") "06ff 010400000000", "6 6 2001:db8::3 > 2001:db8::1 length 88"},
	{"no next header", V6("0000", "3b") "1267 0017", "6 59 2001:db8::3 > 2001:db8::1 length 40"},
};

static void print_end(struct buf *b, const struct packet_head *h, const struct ip *ip, uint16_t port)
{
	char text[IP_TEXT];

	buf_printf(b, "%s", ip_print(ip, text));
	if (h->ports)
		buf_printf(b, ":%u", port);
}

static void print_head(const struct packet_head *h, struct buf *b)
{
	buf_printf(b, "%u %u ", h->packet.family, h->packet.protocol);
	print_end(b, h, &h->packet.src, h->packet.sport);
	buf_adds(b, " > ");
	print_end(b, h, &h->packet.dst, h->packet.dport);
	buf_printf(b, " length %u", h->length);
	if (h->icmp)
		buf_printf(b, " icmp %u.%u", h->type, h->code);
	if (h->fragment)
		buf_adds(b, " fragment");
}

static void heads_are_read(void)
{
	for (size_t i = 0; i < N_OF(heads); i++) {
		struct packet_head h;
		struct buf b = {0};
		size_t n;
		uint8_t *bytes = bytes_of(heads[i].hex, &n);
		if (packet_head_parse(bytes, n, &h))
			print_head(&h, &b);
		else
			buf_adds(&b, "no packet");
		if (strcmp(buf_text(&b), heads[i].want) != 0)
			printf("# %s\n", heads[i].what);
		is_str(buf_text(&b), heads[i].want);
		buf_free(&b);
		free(bytes);
	}
}

/* Whatever is cut off, addresses and protocol are those of the whole packet or the ports are missing. */
static void a_cut_packet_says_less_and_nothing_wrong(void)
{
	for (size_t i = 0; i < N_OF(heads); i++) {
		struct packet_head whole, part;
		size_t n;
		uint8_t *bytes = bytes_of(heads[i].hex, &n);
		bool good = packet_head_parse(bytes, n, &whole);
		while (n-- > 0) {
			uint8_t *less = xcalloc(n ? n : 1, 1);
			memcpy(less, bytes, n);
			if (packet_head_parse(less, n, &part)) {
				ok(good && ip_eq(&part.packet.src, &whole.packet.src));
				ok(!part.ports || (part.packet.dport == whole.packet.dport &&
				    part.packet.protocol == whole.packet.protocol));
				ok(part.ports || (part.packet.sport == 0 && part.packet.dport == 0));
			}
			free(less);
		}
		free(bytes);
	}
}

/* --- which packets get a line --------------------------------------------------------------------- */

/* Records of `filters` filters in turn, `per_second` for `seconds`; the lines. */
static size_t flood(struct droplog *d, unsigned per_second, unsigned seconds, uint32_t filters, int64_t from_ms)
{
	size_t lines = 0;

	for (uint32_t i = 0; i < per_second * seconds; i++) {
		const struct origin by = {1, 1 + i % filters};
		if (droplog_look(d, from_ms + (int64_t)i * 1000 / per_second))
			lines += droplog_tell(d, &by, true);
	}
	return lines;
}

static void the_first_packets_of_each_filter_are_told(void)
{
	struct droplog d = {0};
	const struct origin a = {1, 1}, b = {1, 2};

	for (int i = 0; i < DROPLOG_FIRST; i++) {
		ok(droplog_look(&d, 10) && droplog_tell(&d, &a, true));
		ok(droplog_look(&d, 1010) && droplog_tell(&d, &a, false)); /* the other direction counts for itself */
		ok(droplog_look(&d, 2010) && droplog_tell(&d, &b, true));
	}
	ok(droplog_look(&d, 3010) && !droplog_tell(&d, &a, true));
	is_int(d.untold, 1);
	droplog_next(&d);
	ok(droplog_look(&d, 4010) && droplog_tell(&d, &a, true));
	is_int(d.untold, 0);
}

static void a_flood_is_bounded_by_second_and_interval(void)
{
	struct droplog d = {0};

	is_int(flood(&d, 100000, 10, 1, 0), DROPLOG_FIRST);
	is_int(d.untold, 1000000 - DROPLOG_FIRST);
	d = (struct droplog){0};
	is_int(flood(&d, 100000, 3, 1000, 0), 3 * DROPLOG_LINES);
	d = (struct droplog){0};
	is_int(flood(&d, PLAN_LOG_PER_SECOND, 3600, 40, 0), 40 * DROPLOG_FIRST); /* each filter its first ones */
	d = (struct droplog){0};
	is_int(flood(&d, 1000, 3600, 4999, 0), DROPLOG_INTERVAL);
	is_int(d.nseen <= DROPLOG_FILTERS, 1);
	is_int(d.untold, 3600000 - DROPLOG_INTERVAL);
}

static void looking_is_bounded_too(void)
{
	struct droplog d = {0};
	const struct origin by = {1, 1};
	unsigned looks = 0;

	for (int i = 0; i < 100000; i++) {
		if (droplog_look(&d, 5000 + i / 100)) {
			looks++;
			droplog_tell(&d, &by, true);
		}
	}
	is_int(looks, DROPLOG_LOOKS); /* one second */
}

/* --- sums ----------------------------------------------------------------------------------------- */

static struct drop_sums sums(size_t n, const struct kernel_count *v)
{
	struct kernel_counts c = {.v = (struct kernel_count *)v, .n = n};
	struct drop_sums s;

	drop_sums_make(&c, &s);
	return s;
}

static const char *sums_text(const struct drop_sums *s)
{
	static struct buf b;

	buf_clear(&b);
	for (size_t i = 0; i < s->n; i++)
		buf_printf(&b, "%u.%u %llu/%llu%s%s;", s->v[i].origin.rule, s->v[i].origin.filter,
		    (unsigned long long)s->v[i].packets, (unsigned long long)s->v[i].bytes, s->v[i].in ? " in" : "",
		    s->v[i].out ? " out" : "");
	return buf_text(&b);
}

static void counters_are_summed_and_compared(void)
{
	static const struct kernel_count early[] = {{{1, 2}, 5, 500}, {{1, 1}, 1, 10}, {{1, 2}, 1, 1}, {{0, 0}, 9, 9}, {{3, 1}, 8, 8}},
	    late[] = {{{1, 2}, 3, 30}, {{2, 1}, 7, 70}, {{1, 1}, 4, 40}, {{3, 1}, 8, 8}};
	struct drop_sums before = sums(N_OF(early), early), now = sums(N_OF(late), late), since, more;

	is_str(sums_text(&before), "1.1 1/10;1.2 6/501;3.1 8/8;");
	drop_sums_since(&now, &before, &since);
	is_str(sums_text(&since), "1.1 3/30;1.2 3/30;2.1 7/70;"); /* that of 1.2 began anew; 3.1 dropped nothing */
	drop_sums_since(&now, &before, &more);
	drop_sums_add(&since, &more);
	is_str(sums_text(&since), "1.1 6/60;1.2 6/60;2.1 14/140;");
	drop_sums_add(&since, &before);
	is_str(sums_text(&since), "1.1 7/70;1.2 12/561;2.1 14/140;3.1 8/8;");
	drop_sums_rebase(&before, &now);
	is_str(sums_text(&before), "1.1 1/10;1.2 0/0;3.1 8/8;");
	free(before.v), free(now.v), free(since.v), free(more.v);
}

static void only_blocking_filters_of_the_direction_are_summed(void)
{
	struct plan_filter f[] = {
	    {.family = IP_V4, .action = ACTION_BLOCK, .src = {.kind = SIDE_NET}, .dst = {.kind = SIDE_ME}, .origin = {1, 1}},
	    {.family = IP_V4, .action = ACTION_BLOCK, .src = {.kind = SIDE_ME}, .dst = {.kind = SIDE_NET}, .origin = {1, 2}},
	    {.family = IP_V4, .action = ACTION_PERMIT, .src = {.kind = SIDE_NET}, .dst = {.kind = SIDE_ME}, .origin = {1, 3}},
	    {.family = IP_V4, .action = ACTION_NEGOTIATE, .src = {.kind = SIDE_NET}, .dst = {.kind = SIDE_ME}, .origin = {1, 4}},
	    {.family = IP_V4, .action = ACTION_BLOCK, .dir = DYN_IN, .origin = {1, 5}},
	    {.family = IP_V4, .action = ACTION_BLOCK, .origin = {1, 6}},
	};
	static const struct kernel_count v[] = {{{1, 1}, 1, 1}, {{1, 2}, 2, 2}, {{1, 3}, 3, 3}, {{1, 4}, 4, 4},
	    {{1, 5}, 5, 5}, {{1, 6}, 6, 6}, {{1, 7}, 7, 7}};
	static const struct {
		unsigned bits;
		const char *want;
	} rows[] = {
		{DIAG_TOTALS, ""},
		{DIAG_IN, "1.1 1/1 in;1.5 5/5 in;1.6 6/6 in out;"},
		{DIAG_OUT, "1.2 2/2 out;1.6 6/6 in out;"},
		{DIAG_IN | DIAG_OUT, "1.1 1/1 in;1.2 2/2 out;1.5 5/5 in;1.6 6/6 in out;"},
	};
	const struct plan p = {.filters = f, .nfilters = N_OF(f)}, without = {.filters = f, .nfilters = 5};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct drop_sums s = sums(N_OF(v), v);
		drop_sums_of(&s, &p, rows[i].bits);
		is_str(sums_text(&s), rows[i].want);
		free(s.v);
	}
	/* By name, the largest first; what the plan has no more comes last. */
	struct drop_sums s = sums(N_OF(v), v);
	drop_sums_of(&s, &p, DIAG_IN);
	drop_sums_name(&s, &without);
	is_str(sums_text(&s), "1.5 5/5 in;1.1 1/1 in;1.6 6/6 in out;");
	ok(s.v[0].filter == &f[4] && s.v[1].filter == &f[0] && !s.v[2].filter);
	free(s.v);
}

static void totals_are_read_by_kind(void)
{
	static const char text[] = "XfrmInError             \t1\nXfrmInBufferError       \t2\nXfrmInNoStates \t3\n"
				   "XfrmInStateProtoError\t4\nXfrmInStateSeqError\t5\nXfrmInStateModeError 6\n"
				   "XfrmInTmplMismatch 7\nXfrmOutNoStates 8\nXfrmInErrorOfTomorrow 99\nXfrmInNoPols";
	const struct kernel_counts c = {.clear_in = 100, .clear_out = 10};
	struct totals t = totals_make(text, &c), none = totals_make(NULL, &(struct kernel_counts){0}), d;

	is_int(t.v[TOTAL_SYNTAX], 9);
	is_int(t.v[TOTAL_BAD_SPI], 3);
	is_int(t.v[TOTAL_INTEGRITY], 4);
	is_int(t.v[TOTAL_REPLAY], 5);
	is_int(t.v[TOTAL_KEY], 8);
	is_int(t.v[TOTAL_CLEAR], 117);
	ok(totals_any(&t) && !totals_any(&none));
	d = totals_since(&t, &none);
	ok(memcmp(&d, &t, sizeof d) == 0);
	d = totals_since(&t, &t);
	ok(!totals_any(&d));
	d = totals_since(&(struct totals){.v = {[TOTAL_CLEAR] = 2}}, &t);
	is_int(d.v[TOTAL_CLEAR], 2); /* the kernel began anew */
	d = t;
	totals_rebase(&d, &(struct totals){.v = {[TOTAL_CLEAR] = 2, [TOTAL_BAD_SPI] = 3}});
	is_int(d.v[TOTAL_CLEAR] + d.v[TOTAL_SYNTAX], 0);
	is_int(d.v[TOTAL_BAD_SPI], 3);
}

/* --- events --------------------------------------------------------------------------------------- */

static const char *event_text(const struct event *ev)
{
	static struct buf b;

	buf_clear(&b);
	buf_printf(&b, "%s", ev->text);
	for (size_t i = 0; i < ev->n; i++)
		buf_printf(&b, "|%s=%s", ev->f[i].name + sizeof "IPSECSH_" - 1, ev->f[i].value);
	return buf_text(&b);
}

static void an_event_names_everything(void)
{
	static struct filterlist list = {.id = 4, .name = "All\nof them"};
	static struct rule rule = {.id = 7, .name = "Telnet", .filterlist = &list};
	static const struct policy policy = {.name = "P", .rules = &rule, .nrules = 1};
	const struct plan_filter f = {.family = IP_V4, .action = ACTION_BLOCK, .src = {.kind = SIDE_ANY},
	    .dst = {.kind = SIDE_ME}, .protocol = PROTO_TCP, .dport = 23, .origin = {7, 12}},
	    dynamic = {.family = IP_V6, .action = ACTION_NEGOTIATE, .src = {.kind = SIDE_ANY}, .dst = {.kind = SIDE_ANY},
	    .origin = {ORIGIN_DYNAMIC | 3, 3}};
	const struct plan p = {.policy = &policy};
	struct facts facts = {0};
	struct packet_head h;
	struct event ev;
	size_t n;
	uint8_t *bytes = bytes_of(V4("0028", "4000", "06") "1267 0017", &n);

	facts_add_if(&facts, "eth0", 2, IF_LAN);
	ok(packet_head_parse(bytes, n, &h));
	h.packet.inbound = true;
	event_drop(&ev, &p, &facts, &h, 2, &f);
	is_str(event_text(&ev),
	    "dropped inbound TCP 192.0.2.3 port 4711 > 192.0.2.1 port 23: blocked by rule 'Telnet' of policy 'P'"
	    "|POLICY=P|RULE=Telnet|FILTERLIST=All\nof them|FILTER=12|FILTER_TEXT=ipv4 block any > me TCP dport 23"
	    "|DIRECTION=inbound|PROTOCOL=TCP|SOURCE=192.0.2.3|SOURCE_PORT=4711|DESTINATION=192.0.2.1|DESTINATION_PORT=23"
	    "|LENGTH=40|INTERFACE=eth0|REASON=blocked");
	event_free(&ev);
	h.ports = false;
	event_drop(&ev, &p, &facts, &h, 3, &dynamic);
	is_str(event_text(&ev),
	    "dropped inbound TCP 192.0.2.3 > 192.0.2.1: in clear, but dynamic rule 3 protects it"
	    "|RULE=dynamic rule 3|FILTER_TEXT=ipv6 negotiate any > any ANY"
	    "|DIRECTION=inbound|PROTOCOL=TCP|SOURCE=192.0.2.3|DESTINATION=192.0.2.1|LENGTH=40|REASON=not-protected");
	event_free(&ev);
	event_drop(&ev, &p, &facts, &h, 0, NULL);
	ok(strstr(event_text(&ev), "the policy has changed since|DIRECTION") && strstr(event_text(&ev), "|REASON=policy-changed"));
	event_free(&ev);
	event_sum(&ev, &p, &(struct drop_sum){.filter = &f, .in = true, .packets = 3, .bytes = 120}, 60);
	ok(strstr(event_text(&ev), "dropped 3 packets, 120 bytes in 60 s: blocked by rule 'Telnet' of policy 'P'|POLICY=P|"));
	ok(strstr(event_text(&ev), "|DIRECTION=inbound|PACKETS=3|BYTES=120|SECONDS=60"));
	event_free(&ev);
	event_totals(&ev, &(struct totals){.v = {[TOTAL_REPLAY] = 2}}, 60);
	is_str(event_text(&ev),
	    "errors in 60 s: unexpected clear text 0, bad SPI 0, integrity 0, replay 2, syntax 0, no key 0"
	    "|CLEAR_TEXT=0|BAD_SPI=0|INTEGRITY=0|REPLAY=2|SYNTAX=0|KEY=0|SECONDS=60");
	event_free(&ev);
	facts_free(&facts);
	free(bytes);
}

static const struct tap_case cases[] = {
	{"heads of packets are read", heads_are_read},
	{"a cut packet says less, and nothing wrong", a_cut_packet_says_less_and_nothing_wrong},
	{"the first packets of each filter are told", the_first_packets_of_each_filter_are_told},
	{"a flood is bounded by second and by interval", a_flood_is_bounded_by_second_and_interval},
	{"looking at records is bounded too", looking_is_bounded_too},
	{"counters are summed and compared", counters_are_summed_and_compared},
	{"only blocking filters of the direction are summed", only_blocking_filters_of_the_direction_are_summed},
	{"totals are read by kind", totals_are_read_by_kind},
	{"an event names everything", an_event_names_everything},
};

int main(void)
{
	return tap_run(cases, N_OF(cases));
}
