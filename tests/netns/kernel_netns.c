/*
 * kernel/ against a real kernel, in a network namespace of its own. Needs root; without the right
 * to make a namespace all cases are skipped with the reason.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "enforcer/kernel/kernel.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "tests/unit/kernel_plans.h"
#include "tests/unit/tap.h"

static struct rule rules[] = {{.id = 3, .name = "Mail"}, {.id = 7, .name = "Telnet"}};
static struct policy policy = {.name = "P", .rules = rules, .nrules = N_OF(rules)};
static struct plan empty;

static struct kernel *open_kernel(void)
{
	struct err e = {0};
	struct kernel *k = kernel_netlink_open(&e);

	if (!k) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	return k;
}

/* The output of a command, which must end with that status. */
static void run_as(const char *command, int status, struct buf *out)
{
	char line[512];
	FILE *f = popen(command, "r");

	while (f && fgets(line, sizeof line, f))
		buf_adds(out, line);
	int r = f ? pclose(f) : -1;
	if (!WIFEXITED(r) || WEXITSTATUS(r) != status)
		printf("# '%s' ended with %d\n", command, r);
	ok(WIFEXITED(r) && WEXITSTATUS(r) == status);
}

static void run(const char *command)
{
	struct buf b = {0};

	run_as(command, 0, &b);
	buf_free(&b);
}

static bool has(const struct buf *b, const char *text)
{
	bool found = strstr(buf_text(b), text) != NULL;

	if (!found)
		printf("# not found: %s\n", text);
	return found;
}

/*
 * Scans, makes it so, scans again: the second scan must be the plan. Returns the number of
 * operations.
 */
static size_t make_it_so(struct kernel *k, const struct plan *p)
{
	struct kstate have, want, after;
	struct kernel_report rep;
	struct err e = {0};
	struct ops o;

	kstate_from_plan(p, &want);
	is_int(kernel_scan(k, &have, &e), 0);
	is_int(plan_diff(p, &have, &o, &e), 0);
	size_t n = o.n;
	is_int(kernel_apply(k, &o, &have, &rep, &e), 0);
	is_str(e.text, "");
	ok(!rep.rescan);
	ok(kstate_eq(&have, &want));
	is_int(kernel_scan(k, &after, &e), 0);
	ok(kstate_eq(&after, &want));
	ops_free(&o);
	kstate_free(&have);
	kstate_free(&want);
	kstate_free(&after);
	return n;
}

/* 300 bytes over loopback, of which a record holds the first 100. */
static void send_datagram(uint16_t port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	static const char bytes[300];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	is_int(sendto(fd, bytes, sizeof bytes, 0, (const struct sockaddr *)&to, sizeof to), -1);
	close(fd);
}

/* --- what the tests share ------------------------------------------------------------------------------------------ */

/* The real kernel, a plan that comes into force there, and what the last steps brought. */
struct bed {
	struct kernel *k;
	struct plan p;
	struct kstate have;
	struct ops o;
	struct kernel_report rep;
	struct err e;
};

static struct bed bed_of(const struct plan *p)
{
	return (struct bed){.k = open_kernel(), .p = *p};
}

/* With every kind of rule, not in force yet. */
static struct bed bed_full(void)
{
	struct plan p;

	plan_full(&p, &policy);
	return bed_of(&p);
}

static void forget(struct bed *b)
{
	ops_free(&b->o);
	kstate_free(&b->have);
	b->o = (struct ops){0};
	b->have = (struct kstate){0};
}

/* What the kernel holds. */
static void scan(struct bed *b)
{
	forget(b);
	is_int(kernel_scan(b->k, &b->have, &b->e), 0);
}

/* What is to be done for the plan; returns what plan_diff() does. */
static int compare(struct bed *b)
{
	scan(b);
	return plan_diff(&b->p, &b->have, &b->o, &b->e);
}

static int apply(struct bed *b)
{
	return kernel_apply(b->k, &b->o, &b->have, &b->rep, &b->e);
}

/* Nothing of it stays in the kernel. */
static void bed_close(struct bed *b)
{
	make_it_so(b->k, &empty);
	forget(b);
	plan_free(&b->p);
	kernel_close(b->k);
}

/* --- tests ---------------------------------------------------------------------------------------------------------- */

static void apply_and_scan_agree(void)
{
	struct bed b = bed_full();

	ok(make_it_so(b.k, &b.p) > 0);
	is_int(make_it_so(b.k, &b.p), 0);
	ok(make_it_so(b.k, &empty) > 0);
	is_int(make_it_so(b.k, &empty), 0);
	bed_close(&b);
}

static void listing_is_readable(void)
{
	static const char *const lines[] = {
	    "type filter hook input priority filter - 5; policy accept;",
	    "type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service : verdict",
	    "10.0.0.0 . 192.168.0.0 . tcp . 1024 . 23 counter packets 0 bytes 0 comment \"rule 3 filter 12345\" : accept",
	    "ip saddr & 255.0.0.0 . ip daddr & 255.255.0.0 . meta l4proto . th sport . th dport vmap @v4_all",
	    "iifname != @dialup",
	    "oifname @dialup",
	    "iif \"lo\" accept",
	    "udp dport 500 accept",
	    "udp sport 4500 accept",
	    "ip daddr 224.0.0.0/4 goto mcast_in4",
	    "ip6 daddr ff00::/8 goto mcast_in6",
	    "ip daddr @bcast4 goto mcast_in4",
	    "meta ipsec exists accept",
	    "rt ipsec exists accept",
	    "ip6 hoplimit 255 icmpv6 type 133-137 accept",
	    "counter packets 0 bytes 0 return",
	    "meta nfproto ipv4 jump in4",
	    "limit rate 50/second burst 100 packets log prefix \"ipsecsh\" group 18758 snaplen 128",
	};
	struct bed bed = bed_full();
	struct buf b = {0};

	make_it_so(bed.k, &bed.p);
	run_as("nft list table inet ipsecsh", 0, &b);
	for (size_t i = 0; i < N_OF(lines); i++)
		ok(has(&b, lines[i]));
	if (tap_failed)
		printf("%s\n", buf_text(&b));
	buf_free(&b);
	bed_close(&bed);
}

static void random_deltas_converge(void)
{
	struct bed b = bed_of(&empty);
	struct tp_rng rng = {20051};

	for (int i = 0; i < 40; i++) {
		plan_free(&b.p);
		plan_random(&b.p, &policy, &rng);
		make_it_so(b.k, &b.p);
	}
	bed_close(&b);
}

static void others_are_left_alone(void)
{
	struct bed b = bed_full();
	struct buf before = {0}, after = {0};

	run("nft 'add table inet other; add chain inet other c; add rule inet other c accept'");
	run("ip xfrm policy add src 10.99.0.0/16 dst 10.98.0.0/16 dir out action block priority 5");
	run_as("nft list ruleset; ip xfrm policy", 0, &before);
	make_it_so(b.k, &b.p);
	make_it_so(b.k, &empty);
	run_as("nft list ruleset; ip xfrm policy", 0, &after);
	is_str(buf_text(&after), buf_text(&before));
	run("nft delete table inet other; ip xfrm policy flush");
	buf_free(&before);
	buf_free(&after);
	bed_close(&b);
}

static void a_foreign_selector_is_an_error_that_names_the_rule(void)
{
	struct bed b = bed_full();

	is_int(compare(&b), 0);
	/* The conflict arises after the scan: the kernel refuses, what was added before is taken back. */
	run("ip xfrm policy add src 10.1.0.0/16 dst 192.168.7.1/32 proto udp sport 5353 dport 53 "
	    "dir out "
	    "action allow priority 9");
	is_int(apply(&b), -1);
	ok(strstr(b.e.text, "rule 'Telnet' (filter 11)") != NULL);
	is_int(b.e.errno_, EEXIST);
	is_int(b.rep.failed.rule, 7);
	is_int(b.rep.failed.filter, 11);
	is_int(b.rep.xfrm_ops, 0);
	is_int(b.have.nxfrm, 0);
	/* Seen by the scan, it is left alone, and everything else comes into force. */
	is_int(compare(&b), 1);
	is_int(b.have.nxfrm, 0);
	is_int(b.have.nforeign, 1);
	is_int(b.have.table, KTABLE_NONE);
	is_int(b.e.id, KERNEL_CONFLICT);
	ok(strstr(b.e.text, "rule 'Telnet' (filter 11)") != NULL);
	is_int(apply(&b), 0);
	is_int(b.have.nxfrm, b.p.nxfrm - 1);
	is_int(b.have.table, KTABLE_OURS);
	bed_close(&b);
	run("ip xfrm policy flush");
}

/* What comes into the set of that name; borrowed. */
static struct nft_elem *elems_to_add(struct ops *o, const char *set)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].kind == OP_ELEMS_ADD && strcmp(o->sets[o->v[i].item].name, set) == 0)
			return o->elems + o->v[i].first;
	abort();
}

/* The same key a second time, with another verdict: an element the kernel must refuse. */
static void a_refused_element_names_its_filter_and_undoes_xfrm(void)
{
	struct bed b = bed_full();
	uint8_t key[20] = {10};
	struct plan *p = &b.p;
	size_t nxfrm;

	make_it_so(b.k, p);
	p->sets[2].first = p->nelems; /* the map's elements move to the end, five more join */
	p->sets[2].n = 0;
	for (uint8_t i = 0; i < 6; i++) {
		struct nft_elem el = {.verdict = NFT_V_ACCEPT, .origin = {3, 100u + i}};
		key[1] = i;
		memcpy(el.key, key, sizeof key);
		GROW(p->elems, p->nelems, p->cap_elems);
		p->elems[p->nelems++] = el;
		p->sets[2].n++;
	}
	tp_xfrm(p, XFRM_D_OUT, XFRM_K_BLOCK, 1, tp_ip("10.77.0.0"), 16, tp_ip("10.78.0.0"), 16);
	is_int(compare(&b), 0);
	struct nft_elem *el = elems_to_add(&b.o, "v4_all");
	memcpy(el[4].key, el[3].key, sizeof el->key);
	el[4].verdict = NFT_V_DROP;
	is_int(apply(&b), -1);
	is_int(b.rep.failed.rule, 3);
	is_int(b.rep.failed.filter, 104);
	ok(strstr(b.e.text, "rule 'Mail' (filter 104)") != NULL);
	nxfrm = b.have.nxfrm;
	scan(&b);
	is_int(b.have.nxfrm, nxfrm);
	bed_close(&b);
}

static void set_room(struct kernel *k, int bytes)
{
	struct kernel_netlink *n = (struct kernel_netlink *)k;

	setsockopt(mnl_socket_get_fd(n->xfrm.sock), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
}

/* More answers than the socket has room for: the kernel drops them and says ENOBUFS. */
static void a_netlink_overrun_is_told_and_repaired(void)
{
	enum { POLICIES = 1000 };
	struct bed b = bed_of(&(struct plan){.policy = &policy});

	for (uint32_t i = 0; i < POLICIES; i++)
		tp_xfrm(&b.p, XFRM_D_OUT, XFRM_K_PROTECT, 5, tp_ip("10.0.0.1"), 32,
		    (struct ip){.family = IP_V4, .b = {10, 1, (uint8_t)(i >> 8), (uint8_t)i}}, 32);
	is_int(compare(&b), 0);
	set_room(b.k, 1);
	is_int(apply(&b), -1);
	is_int(b.e.errno_, ENOBUFS);
	ok(b.rep.rescan);
	set_room(b.k, 1 << 20);
	scan(&b);
	printf("# %zu policies were left behind\n", b.have.nxfrm);
	make_it_so(b.k, &empty);
	make_it_so(b.k, &b.p);
	scan(&b);
	is_int(b.have.nxfrm, POLICIES);
	bed_close(&b);
}

static void meddling_is_noticed_and_own_changes_are_not(void)
{
	struct bed b = bed_full();

	make_it_so(b.k, &b.p);
	ok(!kernel_watch_read(b.k));
	run("nft add table inet other; nft delete table inet other");
	run("ip xfrm policy add src 10.99.0.0/16 dst 10.98.0.0/16 dir out action block");
	run("ip xfrm policy del src 10.99.0.0/16 dst 10.98.0.0/16 dir out");
	ok(!kernel_watch_read(b.k));
	run("nft delete element inet ipsecsh bcast4 '{ 255.255.255.255 }'");
	ok(kernel_watch_read(b.k));
	ok(!kernel_watch_read(b.k));
	run("ip xfrm policy del src 10.1.0.0/16 dst 192.168.7.1/32 proto tcp dir out");
	ok(kernel_watch_read(b.k));
	ok(make_it_so(b.k, &b.p) > 2);
	is_int(make_it_so(b.k, &b.p), 0);
	run("nft flush ruleset; ip xfrm policy flush");
	ok(kernel_watch_read(b.k));
	ok(make_it_so(b.k, &b.p) > 20);
	bed_close(&b);
}

static void a_table_that_is_not_as_we_write_it_is_rebuilt(void)
{
	static const char *const meddling[] = {
	    "nft add rule inet ipsecsh in4 accept",
	    "nft add chain inet ipsecsh extra",
	    "nft add set inet ipsecsh extra '{ type ipv4_addr; }'",
	    "nft insert rule inet ipsecsh input accept",
	    "nft flush chain inet ipsecsh out4",
	    "nft 'delete table inet ipsecsh; add table inet ipsecsh'",
	};
	struct bed b = bed_full();

	for (size_t i = 0; i < N_OF(meddling); i++) {
		make_it_so(b.k, &b.p);
		run(meddling[i]);
		ok(make_it_so(b.k, &b.p) > 0);
	}
	bed_close(&b);
}

static void a_new_process_finds_what_the_old_one_left(void)
{
	struct bed b = bed_full();

	make_it_so(b.k, &b.p);
	kernel_close(b.k);
	b.k = open_kernel();
	is_int(make_it_so(b.k, &b.p), 0);
	bed_close(&b);
}

/* As if the program ended between the two: the new set and the old one are there, and the next start removes the old. */
static void what_an_end_between_two_transactions_leaves_is_removed(void)
{
	struct bed b = bed_full();

	make_it_so(b.k, &b.p);
	b.p.elems[b.p.sets[2].first].origin.filter++;
	is_int(compare(&b), 0);
	b.o.n = b.o.nft_n = ops_transaction(&b.o, 0);
	is_int(apply(&b), 0);
	scan(&b);
	ok(kstate_set(&b.have, "v4_all", 0) && kstate_set(&b.have, "v4_all", 1));
	is_int(make_it_so(b.k, &b.p), 1);
	is_int(make_it_so(b.k, &b.p), 0);
	bed_close(&b);
}

/* One element more, in place. */
static void add_one(struct bed *b, uint32_t set)
{
	struct patch_item item = {.set = set, .elem = {.key = {10, 1}, .verdict = NFT_V_DROP, .origin = {7, 70001}}};
	const struct plan_patch patch = {.v = &item, .n = 1};

	ops_free(&b->o);
	plan_patch_ops(&b->p, &b->have, &patch, &b->o);
	is_int(apply(b), 0);
	is_int(b->rep.elems_added, 1);
	is_int(b->rep.nft_ops, 1);
	tp_elem(&b->p, item.elem.key, 4, NFT_V_DROP, 7, 70001);
}

static void sixty_thousand_elements_exchanged_and_one_more(void)
{
	struct bed b = bed_of(&(struct plan){.policy = &policy});
	uint32_t set;

	tp_fact_sets(&b.p);
	set = tp_set(&b.p, "big", (struct nft_set){.family = IP_V4, .has_src = true, .src_plen = 32});
	for (uint32_t i = 0; i < 60000; i++) {
		uint8_t key[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		tp_elem(&b.p, key, 4, NFT_V_DROP, 7, i + 1);
	}
	tp_rule(&b.p, NFT_CHAIN_IN4, NFT_M_SET, NFT_V_DROP)->set = set;
	make_it_so(b.k, &b.p);
	b.p.elems[b.p.sets[set].first + 30000].origin.filter = 70000;
	is_int(compare(&b), 0);
	is_int(apply(&b), 0);
	is_int(b.rep.elems_added, 60000);
	is_int(b.rep.elems_deleted, 0);
	ok(kstate_set(&b.have, "big", 1) && !kstate_set(&b.have, "big", 0));
	add_one(&b, set);
	is_int(make_it_so(b.k, &b.p), 0);
	bed_close(&b);
}

/* A plan that drops all datagrams that arrive for port 9 from anywhere but loopback, and tells of them. */
static void drops_are_told_to_one_listener(void)
{
	static const uint8_t want[] = {PROTO_UDP};
	struct bed b = bed_of(&(struct plan){.policy = &policy});
	struct kernel *other = open_kernel(), *k = b.k;
	static struct kernel_drops d;
	struct pollfd pfd = {.fd = kernel_drops_fd(k), .events = POLLIN};

	ok(kernel_drops_fd(k) >= 0);
	is_int(kernel_drops_fd(other), -1); /* the group has one listener */
	ok(!kernel_drops_read(other, &d));
	kernel_close(other);
	ok(!kernel_drops_read(k, &d));
	tp_fact_sets(&b.p);
	tp_rule(&b.p, NFT_CHAIN_OUTPUT, NFT_M_IPV4, NFT_V_ACCEPT)->jump = true;
	b.p.rules[b.p.nrules - 1].target = NFT_CHAIN_OUT4;
	tp_rule(&b.p, NFT_CHAIN_OUTPUT, NFT_M_ALWAYS, NFT_V_LOG);
	tp_rule(&b.p, NFT_CHAIN_OUTPUT, NFT_M_ALWAYS, NFT_V_DROP);
	uint32_t set = tp_set(&b.p, "proto", (struct nft_set){.family = IP_V4, .has_proto = true});
	tp_elem(&b.p, want, 1, NFT_V_DROP, 3, 1);
	tp_rule(&b.p, NFT_CHAIN_OUT4, NFT_M_SET, NFT_V_DROP)->set = set;
	tp_rule(&b.p, NFT_CHAIN_OUT4, NFT_M_ALWAYS, NFT_V_ACCEPT);
	make_it_so(k, &b.p);
	run("ip link set lo up");
	/* The burst, and what comes in above the rate is dropped without a record. */
	for (int i = 0; i < 1000; i++)
		send_datagram(9);
	uint64_t records = 0;
	while (poll(&pfd, 1, 500) > 0) {
		while (kernel_drops_read(k, &d)) {
			is_int(d.lost, 0);
			records += d.n;
			for (size_t i = 0; i < d.n; i++)
				ok(!d.v[i].inbound && d.v[i].n == 20 + 8 + 100 && d.v[i].head[0] == 0x45 &&
				    d.v[i].head[9] == PROTO_UDP && d.v[i].ifindex == 1);
		}
	}
	ok(records >= PLAN_LOG_BURST && records < PLAN_LOG_BURST + 5 * PLAN_LOG_PER_SECOND);
	bed_close(&b);
	k = open_kernel();
	ok(kernel_drops_fd(k) >= 0); /* free again */
	kernel_close(k);
}

static const struct tap_case cases[] = {
    {"apply and scan agree", apply_and_scan_agree},
    {"nft lists the table in readable form", listing_is_readable},
    {"random deltas converge", random_deltas_converge},
    {"tables and policies of others are left alone", others_are_left_alone},
    {"a foreign selector is an error that names the rule",
	a_foreign_selector_is_an_error_that_names_the_rule},
    {"a refused element names its filter", a_refused_element_names_its_filter_and_undoes_xfrm},
    {"a netlink overrun is told and repaired", a_netlink_overrun_is_told_and_repaired},
    {"meddling is noticed, own changes are not", meddling_is_noticed_and_own_changes_are_not},
    {"a table that is not as we write it is rebuilt",
	a_table_that_is_not_as_we_write_it_is_rebuilt},
    {"a new process finds what the old one left", a_new_process_finds_what_the_old_one_left},
    {"what an end between two transactions leaves is removed", what_an_end_between_two_transactions_leaves_is_removed},
    {"60,000 elements exchanged, and one more", sixty_thousand_elements_exchanged_and_one_more},
    {"drops are told to one listener, at a rate", drops_are_told_to_one_listener},
};

int main(void)
{
	if (unshare(CLONE_NEWNET)) {
		printf("1..0 # SKIP no network namespace can be made: %s\n", strerror(errno));
		return 0;
	}
	return tap_run(cases, N_OF(cases));
}
