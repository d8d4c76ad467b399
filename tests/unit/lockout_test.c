/*
 * What cuts a connection: SSH_CONNECTION as text, boot mode and exemptions, and policies against connections
 * from both sides. That filters which do not meet the connection may be left out is a property over random
 * policies.
 */
#include "common/model/boot.h"
#include "enforcer/compile/lockout.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"
#include "common/base/banned.h"

static struct connection conn(const char *text)
{
	struct connection c;

	if (!connection_parse(text, &c))
		abort();
	return c;
}

/* --- the text of sshd ----------------------------------------------------------------------------- */

static void what_sshd_says(void)
{
	static const struct {
		const char *text, *peer, *own; /* peer NULL: no connection */
		unsigned peer_port, own_port;
	} rows[] = {
		{"192.0.2.9 50000 198.51.100.1 22", "192.0.2.9", "198.51.100.1", 50000, 22},
		{"2001:db8::9 65535 2001:db8::1 1", "2001:db8::9", "2001:db8::1", 65535, 1},
		{"fe80::9%eth0 50000 fe80::1%eth0 22", "fe80::9", "fe80::1", 50000, 22},
		{"::ffff:192.0.2.9 50000 ::ffff:c633:6401 22", "192.0.2.9", "198.51.100.1", 50000, 22},
		{"::ffff:192.0.2.9 50000 198.51.100.1 22", "192.0.2.9", "198.51.100.1", 50000, 22},
		{"", NULL, NULL, 0, 0},
		{"UNKNOWN 0 UNKNOWN 0", NULL, NULL, 0, 0},
		{"192.0.2.9 50000 198.51.100.1", NULL, NULL, 0, 0},
		{"192.0.2.9 50000 198.51.100.1 22 ", NULL, NULL, 0, 0},
		{"192.0.2.9  50000 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 0 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 65536 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 5000000000 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 -1 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 0x16 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9%eth0 50000 198.51.100.1 22", NULL, NULL, 0, 0},
		{"192.0.2.9 50000 2001:db8::1 22", NULL, NULL, 0, 0},
		{"% 50000 %eth0 22", NULL, NULL, 0, 0},
		{"1111111111111111111111111111111111111111111111111111 50000 198.51.100.1 22", NULL, NULL, 0, 0},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct connection c;
		char text[IP_TEXT];
		bool good = connection_parse(rows[i].text, &c);
		is_int(good, rows[i].peer != NULL);
		if (!good || !rows[i].peer)
			continue;
		is_str(ip_print(&c.peer, text), rows[i].peer);
		is_str(ip_print(&c.own, text), rows[i].own);
		is_int(c.peer_port, rows[i].peer_port);
		is_int(c.own_port, rows[i].own_port);
	}
}

/* --- boot ----------------------------------------------------------------------------------------- */

static void who_gets_in_at_boot(void)
{
	static const struct {
		const char *mode, *exemptions; /* mode NULL: never set */
		bool assigned, in;
	} rows[] = {
		{NULL, "none", false, true},
		{NULL, "none", true, false},
		{NULL, "TCP:0:22:inbound", true, true},
		{"permit", "none", true, true},
		{"block", "none", false, false},
		{"stateful", "none", false, false},
		{"block", "TCP:0:22:inbound", false, true},
		{"stateful", "ICMP:inbound TCP:0:22:inbound", false, true},
		{"stateful", "TCP:0:0:inbound", false, true},
		{"block", "TCP:0:22:outbound", false, false},
		{"block", "UDP:0:22:inbound", false, false},
		{"block", "TCP:0:23:inbound", false, false},
		{"block", "TCP:22:0:inbound", false, false},
		/* The next connection comes from another port than this one. */
		{"block", "TCP:50000:22:inbound", false, false},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct connection c = conn("192.0.2.9 50000 198.51.100.1 22");
		struct packet first = connection_packet(&c, true);
		struct settings s;
		struct err e = {0};
		settings_default(&s);
		first.sport = 0;
		ok(!rows[i].mode || setting_parse(SET_BOOTMODE, rows[i].mode, "value", &s, &e) == 0);
		is_int(setting_parse(SET_BOOTEXEMPTIONS, rows[i].exemptions, "value", &s, &e), 0);
		is_int(boot_lets_in(&s, boot_mode(&s, rows[i].assigned), &first), rows[i].in);
		if (boot_lets_in(&s, boot_mode(&s, rows[i].assigned), &first) != rows[i].in)
			printf("#   row %zu\n", i);
	}
}

/* --- policies ------------------------------------------------------------------------------------- */

/* One filter of a row. An end is "any", "me", or an address with its prefix length. */
struct line {
	const char *src, *dst;
	uint8_t plen; /* of the end that is an address */
	uint8_t protocol;
	uint16_t sport, dport;
	bool mirrored;
	uint8_t action;
	bool inpass;
	uint8_t conntype;
};
#define V4 "10.0.0.9 50000 10.0.0.1 22"
#define V6 "2001:db8::9 50000 2001:db8::1 22"
#define MAPPED "::ffff:10.0.0.9 50000 ::ffff:10.0.0.1 22"
#define SSH_IN "any", "me", 0, PROTO_TCP, 0, 22
#define ALL "any", "me", 0, PROTO_ANY, 0, 0

static const struct {
	const char *conn;
	enum lockout_kind kind;
	int inbound; /* -1: nothing decides */
	int winner;  /* the rule that decides, from 1 on */
	size_t n;
	struct line lines[3];
} rows[] = {
	{V4, LOCKOUT_NONE, -1, 0, 0, {{0}}},
	/* The connection's own port, the peer's port, another protocol. */
	{V4, LOCKOUT_BLOCK, true, 1, 1, {{SSH_IN, true, ACTION_BLOCK, false, 0}}},
	{MAPPED, LOCKOUT_BLOCK, true, 1, 1, {{SSH_IN, true, ACTION_BLOCK, false, 0}}},
	{V6, LOCKOUT_BLOCK, true, 1, 1, {{SSH_IN, true, ACTION_BLOCK, false, 0}}},
	{V4, LOCKOUT_NONE, -1, 0, 1, {{"any", "me", 0, PROTO_TCP, 0, 23, true, ACTION_BLOCK, false, 0}}},
	{V4, LOCKOUT_NONE, -1, 0, 1, {{"any", "me", 0, PROTO_UDP, 0, 22, true, ACTION_BLOCK, false, 0}}},
	{V4, LOCKOUT_BLOCK, true, 1, 1, {{"any", "me", 0, PROTO_TCP, 50000, 22, true, ACTION_BLOCK, false, 0}}},
	{V4, LOCKOUT_NONE, -1, 0, 1, {{"any", "me", 0, PROTO_TCP, 50001, 22, true, ACTION_BLOCK, false, 0}}},
	/* Answers only: from us, not mirrored. */
	{V4, LOCKOUT_BLOCK, false, 1, 1, {{"me", "any", 0, PROTO_TCP, 22, 0, false, ACTION_BLOCK, false, 0}}},
	{V6, LOCKOUT_BLOCK, false, 1, 1, {{"me", "2001:db8::", 32, 0, 0, 0, false, ACTION_BLOCK, false, 0}}},
	/* Our side by its address. */
	{V4, LOCKOUT_BLOCK, true, 1, 1, {{"any", "10.0.0.1", 32, 0, 0, 0, true, ACTION_BLOCK, false, 0}}},
	{V4, LOCKOUT_NONE, -1, 0, 1, {{"any", "10.0.0.2", 32, 0, 0, 0, true, ACTION_BLOCK, false, 0}}},
	/* Other peers, other families. */
	{V4, LOCKOUT_NONE, -1, 0, 1, {{"10.0.0.8", "me", 32, 0, 0, 0, true, ACTION_BLOCK, false, 0}}},
	{V6, LOCKOUT_NONE, -1, 0, 1, {{"10.0.0.9", "me", 32, 0, 0, 0, true, ACTION_BLOCK, false, 0}}},
	/* The more specific one wins, either way. */
	{V4, LOCKOUT_NONE, -1, 0, 2,
	    {{ALL, true, ACTION_BLOCK, false, 0}, {"10.0.0.0", "me", 24, 0, 0, 0, true, ACTION_PERMIT, false, 0}}},
	{V4, LOCKOUT_BLOCK, true, 2, 2,
	    {{"10.0.0.0", "me", 24, 0, 0, 0, true, ACTION_PERMIT, false, 0},
	        {"10.0.0.9", "me", 32, 0, 0, 0, true, ACTION_BLOCK, false, 0}}},
	/* A permit of one direction leaves the other one cut. */
	{V4, LOCKOUT_BLOCK, false, 1, 2,
	    {{ALL, true, ACTION_BLOCK, false, 0}, {"10.0.0.9", "me", 32, 0, 0, 0, false, ACTION_PERMIT, false, 0}}},
	/* Negotiation: both directions, or with inpass the answers. */
	{V4, LOCKOUT_NEGOTIATE, true, 1, 1, {{ALL, true, ACTION_NEGOTIATE, false, 0}}},
	{V4, LOCKOUT_NEGOTIATE, false, 1, 1, {{ALL, true, ACTION_NEGOTIATE, true, 0}}},
	/* A block of one direction is worse than negotiation of the other. */
	{V4, LOCKOUT_BLOCK, false, 2, 2,
	    {{ALL, true, ACTION_NEGOTIATE, false, 0}, {"me", "10.0.0.9", 32, 0, 0, 0, false, ACTION_BLOCK, false, 0}}},
	/* The kind of interface: 10.1.0.1 is that of a dial-up one. */
	{V4, LOCKOUT_NONE, -1, 0, 1, {{ALL, true, ACTION_BLOCK, false, CONN_DIALUP}}},
	{"10.0.0.9 50000 10.1.0.1 22", LOCKOUT_BLOCK, true, 1, 1, {{ALL, true, ACTION_BLOCK, false, CONN_DIALUP}}},
	/* The host with itself. */
	{"10.0.0.1 50000 10.0.0.1 22", LOCKOUT_NONE, -1, 0, 1, {{ALL, true, ACTION_BLOCK, false, 0}}},
	{"127.0.0.1 50000 127.0.0.1 22", LOCKOUT_NONE, -1, 0, 1, {{ALL, true, ACTION_BLOCK, false, 0}}},
};

static struct endpoint end(const char *word, uint8_t plen)
{
	return strcmp(word, "any") == 0 ? any : strcmp(word, "me") == 0 ? me : net(word, plen);
}

static void make_world(struct world *w, const struct line *lines, size_t n)
{
	world_init(w, n);
	for (size_t i = 0; i < n; i++) {
		struct endpoint src = end(lines[i].src, lines[i].plen), dst = end(lines[i].dst, lines[i].plen);
		struct filter *f = world_filter(w, i, &src, &dst);
		f->protocol = lines[i].protocol;
		f->srcport = lines[i].sport;
		f->dstport = lines[i].dport;
		f->mirrored = lines[i].mirrored;
		w->actions[i] = (struct filteraction){.action = lines[i].action, .inpass = lines[i].inpass};
		w->rules[i].conntype = lines[i].conntype;
	}
}

static void policies_and_connections(void)
{
	static struct world w;
	struct facts facts;

	host_facts(&facts);
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct connection c = conn(rows[i].conn);
		struct lockout l;
		struct err e = {0};
		make_world(&w, rows[i].lines, rows[i].n);
		is_int(lockout_judge(&w.ps, &w.dynamic, &facts, &c, &l, &e), 0);
		is_int(l.kind, rows[i].kind);
		if (rows[i].winner) {
			const struct plan_filter *f = l.inbound ? l.in.winner : l.out.winner;
			is_int(l.inbound, rows[i].inbound);
			is_int(f ? f->origin.rule : 0, rows[i].winner);
		}
		if (tap_failed) {
			printf("#   row %zu\n", i);
			return;
		}
		lockout_free(&l);
	}
	facts_free(&facts);
}

static void what_decides_is_named(void)
{
	static struct world w;
	static const struct line line = {"10.0.0.0", "me", 24, PROTO_TCP, 0, 22, true, ACTION_BLOCK, false, 0};
	struct connection c = conn(V4);
	struct buf b = {0};
	struct facts facts;
	struct lockout l;
	struct err e = {0};

	host_facts(&facts);
	make_world(&w, &line, 1);
	is_int(lockout_judge(&w.ps, &w.dynamic, &facts, &c, &l, &e), 0);
	lockout_print(&l, &b);
	is_str(buf_text(&b), "rule 'R' of policy 'P' (block 10.0.0.0/24 > me TCP dport 22)");
	lockout_free(&l);
	facts_free(&facts);
	buf_free(&b);
}

/* --- leaving out what does not meet the connection ------------------------------------------------- */

static void random_connection(struct connection *c)
{
	struct packet p;

	do
		p = random_packet();
	while (p.protocol != PROTO_TCP || p.dst.b[0] == 0xFF || p.dst.b[0] >= 224);
	c->peer = p.inbound ? p.src : p.dst;
	c->own = p.inbound ? p.dst : p.src;
	c->peer_port = p.inbound ? p.sport : p.dport;
	c->own_port = p.inbound ? p.dport : p.sport;
}

static void leave_out(struct world *w, const struct connection *c)
{
	size_t n = 0;

	for (size_t i = 0; i < w->policy.nrules; i++) {
		struct filterlist *l = &w->lists[i];
		size_t kept = 0;
		for (size_t k = 0; k < l->nfilters; k++)
			if (connection_meets(c, &l->filters[k]))
				l->filters[kept++] = l->filters[k];
		l->nfilters = kept;
	}
	for (size_t i = 0; i < w->dynamic.n; i++)
		if (connection_meets(c, &w->dynp[i]->filter))
			w->dynp[n++] = w->dynp[i];
	w->dynamic.n = n;
}

static bool same_winner(const struct explanation *a, const struct explanation *b)
{
	if (!a->winner || !b->winner)
		return a->winner == b->winner;
	return a->winner->origin.rule == b->winner->origin.rule && a->winner->origin.filter == b->winner->origin.filter;
}

static void filters_elsewhere_have_no_say(void)
{
	static struct world w;
	struct facts facts;
	size_t bad = 0, left_out = 0;

	host_facts(&facts);
	for (uint64_t start = 1; start <= 20000 && !tap_failed; start++) {
		seed = start;
		struct connection c;
		struct lockout all, some;
		struct err e = {0};
		random_world(&w);
		random_connection(&c);
		is_int(lockout_judge(&w.ps, &w.dynamic, &facts, &c, &all, &e), 0);
		leave_out(&w, &c);
		is_int(lockout_judge(&w.ps, &w.dynamic, &facts, &c, &some, &e), 0);
		is_int(some.kind, all.kind);
		ok(all.kind == LOCKOUT_NONE || (some.inbound == all.inbound && same_winner(&some.in, &all.in) &&
		    same_winner(&some.out, &all.out)));
		bad += all.kind != LOCKOUT_NONE;
		left_out += some.plan.nfilters < all.plan.nfilters;
		if (tap_failed)
			printf("#   seed %llu\n", (unsigned long long)start);
		lockout_free(&all);
		lockout_free(&some);
	}
	ok(bad > 1000 && left_out > 1000);
	facts_free(&facts);
}

static const struct tap_case cases[] = {
	{"SSH_CONNECTION is read exactly, IPv4 in IPv6 and zones included", what_sshd_says},
	{"block and stateful want an inbound exemption for the next connection", who_gets_in_at_boot},
	{"policies against connections: what is cut, in which direction, by which rule", policies_and_connections},
	{"the deciding rule and filter are named", what_decides_is_named},
	{"filters that do not meet the connection can be left out", filters_elsewhere_have_no_say},
};
TAP_MAIN(cases)
