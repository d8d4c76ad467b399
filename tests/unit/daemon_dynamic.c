/*
 * The dynamic context at the enforcer: changes in force at once beside the policy or not at all, listings, and
 * a control socket that waits for nobody.
 */
#include "enforcer/daemon/control.h"
#include "enforcer/daemon/daemon.h"
#include "enforcer/daemon/stats.h"

#include "tests/unit/daemon_bed.h"
#include "tests/unit/dyn_util.h"

#include "common/base/banned.h"

static int change(struct bed *b, struct dyn_change c)
{
	b->e = (struct err){0};
	return enforcer_change(b->en, &c, &b->r, &b->e);
}

/* The rule about 10.0.0.n and our port. */
static int telnet(struct bed *b, enum dyn_op op, uint8_t n, enum action in, enum action out)
{
	struct dyn_change c = dyn_telnet(op, n, in, out);

	c.given = DYN_G_ACTION_IN | DYN_G_ACTION_OUT;
	return change(b, c);
}

static bool passes(const struct bed *b, uint8_t n, bool out)
{
	const struct ip here = {.family = IP_V4, .b = {10, 0, 0, 1}}, peer = {.family = IP_V4, .b = {10, 0, 0, n}};
	const struct fake_packet p = {.out = out, .family = IP_V4, .src = out ? here : peer,
		.dst = out ? peer : here, .protocol = PROTO_TCP, .sport = out ? DYN_PORT : 40000,
		.dport = out ? 40000 : DYN_PORT, .hop_limit = 64, .iface = "eth0"};

	return fake_verdict(kernel_fake_state(b->kernel), &p) != FAKE_DROPPED;
}

static void a_change_is_in_force_at_once_and_gone_with_the_service(void)
{
	struct bed *b = bed_new();

	is_int(settle(b, 0), 0);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(b->r.us[STEP_APPLY], 0); /* a policy alone is nothing for the kernel */
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_PERMIT), 0);
	ok(!passes(b, 9, false) && passes(b, 9, true) && passes(b, 8, false));
	is_int(telnet(b, DYN_SET, 9, ACTION_PERMIT, ACTION_BLOCK), 0);
	ok(passes(b, 9, false) && !passes(b, 9, true));
	is_int(telnet(b, DYN_DELETE, 9, ACTION_PERMIT, ACTION_PERMIT), 0);
	ok(passes(b, 9, false) && passes(b, 9, true));
	ok(kernel_is_empty(b));
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), 0);
	is_int(enforcer_stop(b->en, &b->r, &b->e), 0);
	ok(kernel_is_empty(b));
	bed_free(b);
}

/* Every filter of the rule counted as many packets as its number; pages of them all sum up to the rule's. */
static void counters_come_in_pages(void)
{
	enum { FILTERS = 2500 };
	struct bed *b = bed_new();
	static struct ipc_traffic_page page;
	uint64_t rule = 0, filters = 0, seen = 0;
	struct ipc_traffic asked = {.of = TRAFFIC_RULES};

	enforcer_traffic(b->en, &asked, &page);
	is_int(page.n, 0); /* nothing is in force */
	put_policy(b, ACTION_BLOCK);
	for (unsigned i = 2; i <= FILTERS; i++)
		add_filter(b, i);
	is_int(settle(b, 0), 0);
	for (uint32_t i = 1; i <= FILTERS; i++)
		kernel_fake_count(b->kernel, &(struct kernel_count){{2, i}, i, 10 * i}); /* rule 1 is the default rule */
	memset(&page, 0, sizeof page);
	enforcer_traffic(b->en, &asked, &page);
	is_int(page.n, 1);
	ok(!page.more && !guid_is_null(&page.policy));
	rule = page.v[0].packets;
	asked.of = TRAFFIC_FILTERS;
	do {
		memset(&page, 0, sizeof page);
		enforcer_traffic(b->en, &asked, &page);
		for (size_t i = 0; i < page.n; i++) {
			ok(page.v[i].id > asked.after && page.v[i].bytes == 10 * page.v[i].packets);
			filters += page.v[i].packets;
			asked.after = page.v[i].id;
			seen++;
		}
	} while (page.more);
	is_int(seen, FILTERS);
	ok(rule > 0);
	is_int(filters, rule);
	bed_free(b);
}

/* However many filters with however long names it beats, the answer fits one message. */
static void an_explanation_fits_a_message(void)
{
	struct bed *b = bed_new();
	struct packet p = {.family = IP_V4, .inbound = true, .src = {.family = IP_V4, .b = {10, 0, 0, 9}},
		.dst = {.family = IP_V4, .b = {10, 0, 0, 1}}, .protocol = PROTO_TCP, .sport = 40000, .dport = DYN_PORT};
	struct buf text = {0};

	is_int(enforcer_explain(b->en, &p, false, &text, &b->e), -1); /* nothing is in force yet */
	b->e = (struct err){0};
	put_policy(b, ACTION_BLOCK);
	add_filter(b, 9);
	is_int(settle(b, 0), 0);
	is_int(enforcer_explain(b->en, &p, false, &text, &b->e), 0);
	ok(strstr(buf_text(&text), "Verdict") && text.len < IPC_EXPLANATION_MAX);
	is_int(enforcer_explain(b->en, &p, true, &text, &b->e), 0);
	ok(buf_text(&text)[0] == '{' && text.len < IPC_EXPLANATION_MAX);
	buf_free(&text);
	bed_free(b);
}

static void associations_of_our_rules_are_deleted_and_no_others(void)
{
	const struct ip here = {.family = IP_V4, .b = {10, 0, 0, 1}}, peer = {.family = IP_V4, .b = {10, 0, 0, 7}},
		other = {.family = IP_V4, .b = {10, 0, 0, 8}};
	struct bed *b = bed_new();
	size_t n;

	is_int(settle(b, 0), 0);
	kernel_fake_sa(b->kernel, &(struct kernel_sa){here, peer, 1, 50, PLAN_REQID_BASE + 2});
	kernel_fake_sa(b->kernel, &(struct kernel_sa){peer, here, 2, 50, PLAN_REQID_BASE + 2});
	kernel_fake_sa(b->kernel, &(struct kernel_sa){here, other, 3, 50, PLAN_REQID_BASE + ORIGIN_DYNAMIC + 9});
	kernel_fake_sa(b->kernel, &(struct kernel_sa){here, peer, 4, 50, 7}); /* another program's */
	is_int(enforcer_delete_sas(b->en, &peer, &n, &b->e), 0);
	is_int(n, 2);
	is_int(enforcer_delete_sas(b->en, &peer, &n, &b->e), -1);
	is_int(err_number(&b->e), 6017);
	is_int(enforcer_delete_sas(b->en, NULL, &n, &b->e), 0);
	is_int(n, 1);
	is_int(kernel_fake_sas(b->kernel), 1);
	is_int(enforcer_delete_sas(b->en, NULL, &n, &b->e), 0);
	is_int(n, 0);
	bed_free(b);
}

static void dynamic_rules_stand_beside_the_policy(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), 0);
	ok(!telnet_passes(b, 1) && !passes(b, 9, false));
	add_filter(b, 2); /* a change of the store, the short way and the long one */
	is_int(settle(b, CAUSE_STORE), 0);
	ok(!telnet_passes(b, 2) && !passes(b, 9, false));
	is_int(settle(b, CAUSE_REPLACED), 0);
	ok(!telnet_passes(b, 2) && !passes(b, 9, false));
	kernel_fake_set(b->kernel, &(struct kstate){0}); /* somebody flushed: the next change puts it back first */
	is_int(settle(b, CAUSE_KERNEL), 0);
	ok(!telnet_passes(b, 1) && !passes(b, 9, false));
	is_int(change(b, (struct dyn_change){.op = DYN_DELETE_ALL, .kind = DYN_ALL}), 0);
	ok(!telnet_passes(b, 1) && passes(b, 9, false));
	bed_free(b);
}

static void what_is_refused_leaves_everything_as_it_was(void)
{
	struct bed *b = bed_new();

	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), -1); /* before there is a plan, and without M */
	is_int(settle(b, 0), 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), -1);
	is_int(err_number(&b->e), 13004);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(telnet(b, DYN_ADD, 8, ACTION_BLOCK, ACTION_BLOCK), 0);
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), -1);
	ok(strstr(b->e.text, "the kernel refused") != NULL);
	is_int(enforcer_dynamic_rules(b->en), 1);
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	ok(!passes(b, 8, false) && passes(b, 9, false));
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), 0);
	ok(!passes(b, 9, false));
	bed_free(b);
}

static void nothing_is_changed_before_there_is_a_plan(void)
{
	struct bed *b = bed_new();

	b->facts = NULL;
	is_int(settle(b, 0), -1);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK), -1);
	is_str(b->e.text, "nothing was changed: no facts today");
	is_int(enforcer_dynamic_rules(b->en), 0);
	bed_free(b);
}

/* --- listings --------------------------------------------------------------------------------------- */

/* Pages of a kind; counts items, and those of the policy. */
static size_t list(struct bed *b, enum dyn_kind kind, size_t *of_policy, size_t *pages)
{
	static struct dyn_page page;
	size_t n = 0;

	*of_policy = *pages = 0;
	page = (struct dyn_page){.next = 0};
	do {
		enforcer_page(b->en, kind, page.next, &page);
		for (size_t i = 0; i < page.n; i++)
			*of_policy += page.v[i].is_static;
		n += page.n;
		++*pages;
	} while (page.more && *pages < 1000);
	return n;
}

static void listings_hold_the_policy_and_the_dynamic_objects(void)
{
	struct bed *b = bed_new();
	size_t of_policy, pages;

	put_policy(b, ACTION_NEGOTIATE);
	for (uint32_t n = 2; n <= 100; n++)
		add_filter(b, n);
	is_int(settle(b, 0), 0);
	add_filter(b, 101); /* the snapshot is now older than the plan */
	is_int(settle(b, CAUSE_STORE), 0);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(change(b, dyn_qm(DYN_ADD, "Q")), 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_PERMIT), 0);
	is_int(list(b, DYN_MMPOLICY, &of_policy, &pages), 2);
	is_int(of_policy, 1);
	is_int(list(b, DYN_QMPOLICY, &of_policy, &pages), 2);
	is_int(of_policy, 1);
	is_int(list(b, DYN_RULE, &of_policy, &pages), 102);
	is_int(of_policy, 101);
	is_int(pages, 4);
	/* Each of the policy's filters and its mirror; of the dynamic rule: in, out, and both mirrored. */
	size_t specific = list(b, DYN_SPECIFIC, &of_policy, &pages);
	is_int(specific - of_policy, 2);
	ok(of_policy >= 202);
	bed_free(b);
}

static void a_specific_filter_names_addresses_and_direction(void)
{
	static struct dyn_page page;
	struct bed *b = bed_new();
	char text[IP_TEXT];

	is_int(settle(b, 0), 0);
	is_int(change(b, dyn_mm(DYN_ADD, "M")), 0);
	is_int(telnet(b, DYN_ADD, 9, ACTION_BLOCK, ACTION_PERMIT), 0);
	enforcer_page(b->en, DYN_SPECIFIC, 0, &page);
	is_int(page.n, 2);
	for (size_t i = 0; i < page.n; i++) {
		const struct dyn_item *it = &page.v[i];
		const struct filter *f = &it->u.rule.filter;
		ok(it->dir == DYN_IN || it->dir == DYN_OUT);
		is_int(it->dir == DYN_IN ? it->u.rule.action_in : it->u.rule.action_out,
		    it->dir == DYN_IN ? ACTION_BLOCK : ACTION_PERMIT);
		is_str(ip_print(it->dir == DYN_IN ? &f->dst.lo : &f->src.lo, text), "10.0.0.1");
		is_str(it->u.rule.mmpolicy, "M");
	}
	bed_free(b);
}

/* --- the socket ------------------------------------------------------------------------------------- */

/* In another process: the number of the check that failed, or 0. */
static int dynamic_client(const char *run)
{
	static struct ipc_msg m;
	struct err e = {0};

	m = (struct ipc_msg){.type = IPC_CHANGE};
	m.u.change = dyn_mm(DYN_ADD, "M");
	if (ipc_ask(run, 10000, IPC_DONE, &m, &e) != 0 || m.u.done.number != 0)
		return 1;
	m = (struct ipc_msg){.type = IPC_CHANGE};
	m.u.change = dyn_telnet(DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK);
	m.u.change.u.rule.auth = (struct auth_list){.v = {{.kind = AUTH_PSK}}, .n = 1};
	m.u.change.u.rule.psk[0] = "secret";
	if (ipc_ask(run, 10000, IPC_DONE, &m, &e) != 0 || m.u.done.number != 0)
		return 2;
	m = (struct ipc_msg){.type = IPC_CHANGE};
	m.u.change = dyn_telnet(DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK);
	if (ipc_ask(run, 10000, IPC_DONE, &m, &e) != 0 || m.u.done.number != 13008)
		return 3;
	m = (struct ipc_msg){.type = IPC_LIST, .u.list = {.kind = DYN_RULE}};
	if (ipc_ask(run, 10000, IPC_PAGE, &m, &e) != 0 || m.u.page.n != 1)
		return 4;
	if (m.u.page.v[0].u.rule.psk[0] || guid_is_null(&m.u.page.v[0].u.rule.filter.guid))
		return 5; /* a key must not come back, a name must */
	m = (struct ipc_msg){.type = IPC_STATS};
	return ipc_ask(run, 10000, IPC_COUNTS, &m, &e) == 0 ? 0 : 6;
}

static void dynamic_objects_over_the_socket(void)
{
	struct bed *b = bed_new();
	char run[512];

	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, NULL);
	fflush(stdout);
	client_pid = fork();
	if (client_pid == 0)
		_exit(dynamic_client(run));
	ok(step_until(d, client_done, b));
	is_int(WEXITSTATUS(client_status), 0);
	ok(!passes(b, 9, false));
	daemon_close(d);
	bed_free(b);
}

/*
 * A client that asks for page after page and reads none: when its queue is full it is dropped, and no step of
 * the daemon takes long meanwhile.
 */
static void a_client_that_does_not_read_stalls_nobody(void)
{
	struct bed *b = bed_new();
	struct ipc_msg *ask = xcalloc(1, sizeof *ask);
	struct err e = {0};
	int64_t longest = 0;
	bool dropped = false;
	char run[512];
	int fd;

	put_policy(b, ACTION_BLOCK);
	for (uint32_t n = 2; n <= 40; n++)
		add_filter(b, n);
	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, NULL);
	fd = dial(run);
	*ask = (struct ipc_msg){.type = IPC_LIST, .u.list = {.kind = DYN_RULE}};
	for (int i = 0; i < 2000 && !dropped; i++) {
		int64_t began = now_ms();
		dropped = ipc_send(fd, ask, &e) != 0;
		is_int(daemon_step(d, 0, &e), 0);
		longest = now_ms() - began > longest ? now_ms() - began : longest;
	}
	ok(dropped);
	ok(longest < 2000);
	add_filter(b, 41);
	ok(!telnet_passes(b, 1));
	close(fd);
	free(ask);
	daemon_close(d);
	bed_free(b);
}

static void who_may_talk_to_the_enforcer(void)
{
	const struct peer root = {.uid = 0}, self = {.uid = 77}, member = {.uid = 5, .groups = {5, 900}, .ngroups = 2},
		other = {.uid = 5, .groups = {5, 901}, .ngroups = 2};
	struct peer me;
	int pair[2];

	ok(peer_may(&root, 77, false, 0));
	ok(peer_may(&self, 77, false, 0));
	ok(peer_may(&member, 77, true, 900));
	ok(!peer_may(&member, 77, false, 900)); /* there is no such group */
	ok(!peer_may(&other, 77, true, 900));
	is_int(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ok(peer_of(pair[0], &me));
	ok(me.uid == geteuid() && me.ngroups >= 1 && me.groups[0] == getegid());
	close(pair[0]);
	close(pair[1]);
}

static bool nobody_may(void *ctx, const struct peer *p)
{
	(void)ctx, (void)p;
	return false;
}

static void a_stranger_is_told_so(void)
{
	static const struct control_ops ops = {.may = nobody_may};
	struct bed *b = bed_new();
	struct loop loop = {.n = 0};
	struct err e = {0};
	struct ipc_msg *m = xcalloc(1, sizeof *m);
	char run[512];
	int fd;

	run_dir(b, run);
	struct control *c = control_open(run, -1, &loop, &ops, NULL, &e);
	fd = dial(run);
	*m = (struct ipc_msg){.type = IPC_CHANGE, .seq = 3};
	m->u.change = dyn_mm(DYN_ADD, "M");
	is_int(ipc_send(fd, m, &e), 0);
	is_int(loop_wait(&loop, 1000, &e), 0); /* accept */
	is_int(loop_wait(&loop, 1000, &e), 0); /* read */
	is_int(ipc_recv(fd, m, &e), 1);
	is_int(m->type, IPC_ERROR);
	is_int(m->seq, 3);
	is_str(m->u.error.text, "only root and members of the group 'ipsecsh' may talk to it");
	is_int(ipc_recv(fd, m, &e), 0);
	close(fd);
	control_close(c);
	free(m);
	bed_free(b);
}

static void counters_come_from_the_kernels_table(void)
{
	struct stats_host h;

	stats_parse("XfrmInError             \t5\nXfrmInNoStates          \t12\nXfrmInStateProtoError   \t3\n"
	            "XfrmInStateModeError    \t4\nXfrmInNoStatesElse \t9\n", &h);
	is_int(h.v[STATS_NO_STATE], 12);
	is_int(h.v[STATS_PROTO], 3);
	is_int(h.v[STATS_MODE], 4);
	stats_parse(NULL, &h);
	is_int(h.v[STATS_NO_STATE], 0);
	stats_parse("XfrmInNoStates", &h);
	is_int(h.v[STATS_NO_STATE], 0);
}

/* The place of a label in the block, and the sum that is shown there. */
static void each_sum_has_its_counter(void)
{
	static const struct {
		enum kernel_sa_sum sum;
		size_t at;
	} rows[] = {{KERNEL_SUM_PAIRS, 0}, {KERNEL_SUM_WAITING, 2}, {KERNEL_SUM_TUNNELS, 6}, {KERNEL_SUM_FORGED, 9},
	    {KERNEL_SUM_NUMBERED, 10}, {KERNEL_SUM_ESP_SENT, 11}, {KERNEL_SUM_ESP_RECEIVED, 12}, {KERNEL_SUM_AH_SENT, 13},
	    {KERNEL_SUM_AH_RECEIVED, 14}, {KERNEL_SUM_SENT, 15}, {KERNEL_SUM_RECEIVED, 16}, {KERNEL_SUM_TUNNEL_SENT, 19},
	    {KERNEL_SUM_TUNNEL_RECEIVED, 20}};
	const struct stats_host nothing = {.v = {0}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct kernel_sa_sums sums = {.v = {0}};
		struct dyn_stats st;

		sums.v[rows[i].sum] = 5 + i;
		stats_make(&nothing, &nothing, &sums, &st);
		for (size_t k = 0; k < DYN_STATS_IPSEC; k++)
			is_int(st.ipsec[k], k == rows[i].at ? 5 + i : 0);
	}
}

static void the_hosts_counters_begin_with_the_service(void)
{
	const struct stats_host began = {.v = {[STATS_NO_STATE] = 10, [STATS_PROTO] = 20, [STATS_MODE] = 30}},
	    now = {.v = {[STATS_NO_STATE] = 11, [STATS_PROTO] = 27, [STATS_MODE] = 32}}, anew = {.v = {[STATS_NO_STATE] = 4}};
	struct kernel_sa_sums sums = {.v = {[KERNEL_SUM_FORGED] = 5, [KERNEL_SUM_REPLAYED] = 6}};
	struct dyn_stats st;

	stats_make(&now, &began, &sums, &st);
	is_int(st.ipsec[7], 1);
	is_int(st.ipsec[8], 4); /* 7 not taken, 5 of them forged; 2 of the wrong mode */
	is_int(st.ipsec[9], 5);
	is_int(st.replayed, 6);
	sums.v[KERNEL_SUM_FORGED] = 9;
	stats_make(&now, &began, &sums, &st);
	is_int(st.ipsec[8], 2);
	stats_make(&anew, &began, &sums, &st);
	is_int(st.ipsec[7], 4);
}

/* The profile is that of the plan in force, and another one only when IKE could tell. */
static void the_profile_follows_the_plan_in_force(void)
{
	struct bed *b = bed_new();
	struct dyn_change mm = dyn_mm(DYN_ADD, "M");
	struct dyn_change rule = dyn_telnet(DYN_ADD, 9, ACTION_NEGOTIATE, ACTION_NEGOTIATE);
	uint64_t first;

	ok(!enforcer_profile(b->en));
	put_policy(b, ACTION_NEGOTIATE);
	is_int(settle(b, 0), 0);
	is_int(enforcer_profile(b->en)->nrules, 2); /* the filter: once from any to us, once from us */
	first = enforcer_profile_generation(b->en);
	is_int(change(b, mm), 0);
	is_int(change(b, dyn_qm(DYN_ADD, "Q")), 0);
	is_int(telnet(b, DYN_ADD, 8, ACTION_BLOCK, ACTION_BLOCK), 0);
	is_int(enforcer_profile_generation(b->en), first);
	rule.u.rule.qmpolicy = "Q";
	is_int(change(b, rule), 0);
	is_int(enforcer_profile(b->en)->nrules, 3);
	is_int(enforcer_profile_generation(b->en), first + 1);
	mm.op = DYN_SET; /* which is nothing for the kernel */
	mm.given = DYN_G_MMLIFETIME;
	mm.u.mm.mmlifetime_s = 600;
	is_int(change(b, mm), 0);
	is_int(b->r.us[STEP_APPLY], 0);
	is_int(enforcer_profile_generation(b->en), first + 2);
	is_int(enforcer_stop(b->en, &b->r, &b->e), 0);
	ok(!enforcer_profile(b->en));
	bed_free(b);
}

static const struct tap_case cases[] = {
	{"a change is in force at once and gone with the service", a_change_is_in_force_at_once_and_gone_with_the_service},
	{"counters come in pages", counters_come_in_pages},
	{"the profile follows the plan in force", the_profile_follows_the_plan_in_force},
	{"an explanation fits a message", an_explanation_fits_a_message},
	{"associations of our rules are deleted and no others", associations_of_our_rules_are_deleted_and_no_others},
	{"dynamic rules stand beside the policy", dynamic_rules_stand_beside_the_policy},
	{"what is refused leaves everything as it was", what_is_refused_leaves_everything_as_it_was},
	{"nothing is changed before there is a plan", nothing_is_changed_before_there_is_a_plan},
	{"listings hold the policy and the dynamic objects", listings_hold_the_policy_and_the_dynamic_objects},
	{"a specific filter names addresses and direction", a_specific_filter_names_addresses_and_direction},
	{"dynamic objects over the socket", dynamic_objects_over_the_socket},
	{"a client that does not read stalls nobody", a_client_that_does_not_read_stalls_nobody},
	{"who may talk to the enforcer", who_may_talk_to_the_enforcer},
	{"a stranger is told so", a_stranger_is_told_so},
	{"counters come from the kernel's table", counters_come_from_the_kernels_table},
	{"each sum has its counter", each_sum_has_its_counter},
	{"the host's counters begin with the service", the_hosts_counters_begin_with_the_service},
};
TAP_MAIN(cases)
