/*
 * What clients of the control socket hear about IKE: the daemon with its real socket and enforcer, and a scripted
 * ipsec-iked behind it.
 */
#include "enforcer/daemon/ike_desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "enforcer/daemon/control.h"
#include "enforcer/daemon/ike_link.h"
#include "enforcer/daemon/ike_view.h"
#include "tests/unit/daemon_bed.h"
#include "tests/unit/ike_channel_samples.h"
#include "tests/unit/ike_peer.h"

#include "common/base/banned.h"

static struct {
	struct bed *b;
	struct daemon *d;
	char run[512];
	unsigned name;
	int iked;
} w = {.iked = -1};
static struct ikc_msg in;
static struct ipc_msg got;

static void step(int times)
{
	struct err e = {0};

	for (int i = 0; i < times; i++)
		is_int(daemon_step(w.d, 1, &e), 0);
}

static void world_up(void)
{
	w.b = bed_new();
	w.b->ike = peer_listener(++w.name);
	run_dir(w.b, w.run);
	put_policy(w.b, ACTION_BLOCK);
	w.d = open_daemon(w.b, w.run, NULL);
}

static void world_down(void)
{
	if (w.iked >= 0)
		close(w.iked);
	w.iked = -1;
	daemon_close(w.d);
	bed_free(w.b);
}

/* ipsec-iked, with the policy in force there. */
static void iked_joins(void)
{
	uint32_t seq = 0;

	w.iked = peer_connect(w.name);
	peer_says(w.iked, IKC_READY);
	for (int i = 0; i < 50 && in.type != IKC_PROFILE_END; i++) {
		step(1);
		while (in.type != IKC_PROFILE_END && peer_hears(w.iked, &in) == 1)
			seq = in.seq;
	}
	is_int(in.type, IKC_PROFILE_END);
	in = (struct ikc_msg){.type = IKC_PROFILE_DONE, .seq = seq};
	peer_say(w.iked, &in);
	step(2);
}

/* A client's question on a connection of its own. */
static int asks(const struct ipc_msg *m)
{
	struct err e = {0};
	int fd = dial(w.run);

	ok(fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	is_int(ipc_send(fd, m, &e), 0);
	step(3);
	return fd;
}

static int asks_for(uint16_t type)
{
	static struct ipc_msg m;

	m = (struct ipc_msg){.type = type, .seq = 7};
	return asks(&m);
}

static int asks_sas(bool quick, uint64_t after)
{
	static struct ipc_msg m;

	m = (struct ipc_msg){.type = IPC_SAS, .seq = 7, .u.sas = {quick, after}};
	return asks(&m);
}

static int asks_deletion(const char *peer)
{
	static struct ipc_msg m;

	m = (struct ipc_msg){.type = IPC_CHANGE, .seq = 7, .u.change = {.kind = DYN_SA, .op = peer ? DYN_DELETE : DYN_DELETE_ALL}};
	if (peer)
		m.u.change.u.peer = channel_ip(peer);
	return asks(&m);
}

/* 1: an answer, in `got`; 0: none yet; -1: the connection has ended. */
static int answered(int fd)
{
	struct err e = {0};
	int rc = ipc_recv(fd, &got, &e);

	if (rc == 1)
		is_int(got.seq, 7);
	return rc == 1 ? 1 : e.errno_ == EAGAIN ? 0 : -1;
}

static void is_answered(int fd, uint16_t type)
{
	is_int(answered(fd), 1);
	is_int(got.type, type);
	close(fd);
}

/* What iked was asked next; it answers with n associations with 10.0.0.1, 10.0.0.2 ... from id `first` on. */
static void iked_hears(uint16_t type)
{
	is_int(peer_hears(w.iked, &in), 1);
	is_int(in.type, type);
}

static void iked_lists(bool quick, uint64_t first, size_t n, bool more)
{
	static struct ikc_msg m;
	char peer[IP_TEXT];

	iked_hears(IKC_LIST);
	is_int(in.u.list.quick, quick);
	is_int(in.u.list.after, (long)first - 1);
	m = (struct ikc_msg){.type = quick ? IKC_QMSAS : IKC_MMSAS, .seq = in.seq};
	for (size_t i = 0; i < n; i++) {
		struct ike_end end = {.port = 500};
		snprintf(peer, sizeof peer, "10.0.0.%u", (unsigned)(first + i));
		end.ip = channel_ip(peer);
		if (quick) {
			m.u.qmsas.v[i] = channel_qmsa(first + i);
			m.u.qmsas.v[i].local = m.u.qmsas.v[i].remote = end;
		} else {
			m.u.mmsas.v[i] = channel_mmsa(first + i);
			m.u.mmsas.v[i].local = m.u.mmsas.v[i].remote = end;
		}
	}
	if (quick) {
		m.u.qmsas.n = n;
		m.u.qmsas.more = more;
	} else {
		m.u.mmsas.n = n;
		m.u.mmsas.more = more;
	}
	peer_say(w.iked, &m);
	step(3);
}

static void without_a_daemon_answers_come_at_once(void)
{
	int fd;

	world_up();
	fd = asks_sas(true, 0);
	is_answered(fd, IPC_SAS_PAGE);
	ok(!got.u.sas_page.ike.running && got.u.sas_page.quick && got.u.sas_page.u.qm.n == 0 && got.u.sas_page.ike.number == 0);
	fd = asks_for(IPC_STATS);
	is_answered(fd, IPC_COUNTS);
	ok(!got.u.counts.ike.running && got.u.counts.stats.ike[0] == 0);
	fd = asks_for(IPC_STATUS);
	is_answered(fd, IPC_STATE);
	ok(!got.u.state.ike_running);
	is_str(got.u.state.ike, "not running: nothing can be negotiated");
	is_answered(asks_deletion(NULL), IPC_DONE);
	is_int(got.u.done.number, 0);
	world_down();
}

static void pages_go_through(void)
{
	int fd;

	world_up();
	iked_joins();
	fd = asks_for(IPC_STATUS);
	is_answered(fd, IPC_STATE);
	ok(got.u.state.ike_running);
	is_str(got.u.state.ike, "running");
	fd = asks_sas(false, 0);
	is_int(answered(fd), 0);
	iked_lists(false, 1, IKC_PAGE_MAX, true);
	is_answered(fd, IPC_SAS_PAGE);
	ok(got.u.sas_page.ike.running && !got.u.sas_page.quick && got.u.sas_page.u.mm.more && got.u.sas_page.now_s > 0);
	is_int(got.u.sas_page.u.mm.n, IKC_PAGE_MAX);
	is_int(got.u.sas_page.u.mm.next, IKC_PAGE_MAX);
	is_int(got.u.sas_page.u.mm.v[0].offer.encr, ENCR_3DES);
	is_int(got.u.sas_page.u.mm.v[0].auth, AUTH_PSK);
	fd = asks_sas(false, IKC_PAGE_MAX);
	iked_lists(false, IKC_PAGE_MAX + 1, 1, false);
	is_answered(fd, IPC_SAS_PAGE);
	ok(!got.u.sas_page.u.mm.more && got.u.sas_page.u.mm.n == 1);
	fd = asks_sas(true, 0);
	iked_lists(true, 1, 2, false);
	is_answered(fd, IPC_SAS_PAGE);
	is_int(got.u.sas_page.u.qm.n, 2);
	world_down();
}

/* The kernel's process: sums 100, 101 ..., and an association carried its SPI, in its protocol's number of packets. */
static int sums_there(void *ctx, struct kernel_sa_sums *out, struct err *e)
{
	(void)ctx, (void)e;
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		out->v[i] = 100 + i;
	return 0;
}

static int uses_there(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	(void)ctx, (void)e;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct kernel_sa_use){.known = v[i].spi != 0xDEAD, .bytes = v[i].spi, .packets = v[i].protocol};
	return 0;
}

static void kernel_counts(void)
{
	kernel_hook(w.b->kernel, &(struct kernel_hooks){.sums = sums_there, .uses = uses_there});
}

/* IKE has gone, what it made may still carry. */
static void without_a_daemon_the_kernel_counts(void)
{
	const uint64_t *v = got.u.counts.stats.ipsec;
	int fd;

	world_up();
	kernel_counts();
	fd = asks_for(IPC_STATS);
	is_answered(fd, IPC_COUNTS);
	is_int(v[IKE_QSTAT_ACTIVE_SAS], 100 + KERNEL_SUM_PAIRS);
	is_int(v[IKE_QSTAT_ACTIVE_TUNNELS], 100 + KERNEL_SUM_TUNNELS);
	is_int(v[IKE_QSTAT_TUNNEL_RECEIVED], 100 + KERNEL_SUM_TUNNEL_RECEIVED);
	is_int(got.u.counts.stats.replayed, 100 + KERNEL_SUM_REPLAYED);
	world_down();
}

static void associations_say_what_they_carried(void)
{
	static struct ikc_msg m;
	const struct qmsa *v = got.u.sas_page.u.qm.v;
	int fd;

	world_up();
	kernel_counts();
	iked_joins();
	fd = asks_sas(true, 0);
	iked_hears(IKC_LIST);
	m = (struct ikc_msg){.type = IKC_QMSAS, .seq = in.seq, .u.qmsas.n = 4};
	for (size_t i = 0; i < 4; i++) {
		struct ike_qmsa_info *a = &m.u.qmsas.v[i];

		*a = channel_qmsa(i + 1);
		a->up = true;
		a->soft = false;
		a->local = a->remote = (struct ike_end){channel_ip("10.0.0.1"), 500};
		a->esp_in = a->esp_out = a->ah_in = a->ah_out = 0;
	}
	m.u.qmsas.v[0].soft = true;
	m.u.qmsas.v[1].ah_in = 1001;
	m.u.qmsas.v[1].ah_out = 1002;
	m.u.qmsas.v[2] = m.u.qmsas.v[1]; /* AH+ESP: what ESP carried */
	m.u.qmsas.v[2].id = 3;
	m.u.qmsas.v[2].esp_in = 2001;
	m.u.qmsas.v[2].esp_out = 2002;
	m.u.qmsas.v[3].esp_in = 3001;
	m.u.qmsas.v[3].esp_out = 0xDEAD; /* has just gone */
	peer_say(w.iked, &m);
	step(3);
	is_answered(fd, IPC_SAS_PAGE);
	is_int(got.u.sas_page.u.qm.n, 4);
	ok(!v[0].counted && v[0].sent == 0);
	ok(v[1].counted && v[1].received == 1001 && v[1].sent == 1002 && v[1].sent_packets == IKE_PROTO_AH);
	ok(v[2].counted && v[2].received == 2001 && v[2].sent == 2002 && v[2].received_packets == IKE_PROTO_ESP);
	ok(!v[3].counted);
	world_down();
}

static void counters_are_added_to_those_of_the_kernel(void)
{
	static const enum ike_qstat its_own[] = {IKE_QSTAT_ACTIVE_SAS, IKE_QSTAT_QM_KEY_ADDS, IKE_QSTAT_QM_KEY_DELETES, IKE_QSTAT_REKEYS,
	    IKE_QSTAT_ACTIVE_TUNNELS};
	int fd;

	world_up();
	kernel_counts();
	iked_joins();
	fd = asks_for(IPC_STATS);
	iked_hears(IKC_COUNT);
	in = (struct ikc_msg){.type = IKC_COUNTS, .seq = in.seq};
	for (uint64_t i = 0; i < IKE_STAT_COUNT; i++)
		in.u.stats.ike[i] = i + 1;
	for (uint64_t i = 0; i < IKE_QSTAT_COUNT; i++)
		in.u.stats.ipsec[i] = 1000 + i;
	peer_say(w.iked, &in);
	step(3);
	is_answered(fd, IPC_COUNTS);
	ok(got.u.counts.ike.running && got.u.counts.ike.number == 0);
	is_int(got.u.counts.stats.ike[0], 1);
	is_int(got.u.counts.stats.ike[DYN_STATS_IKE - 1], DYN_STATS_IKE);
	for (size_t i = 0; i < N_OF(its_own); i++)
		is_int(got.u.counts.stats.ipsec[its_own[i]], 1000 + its_own[i]);
	is_int(got.u.counts.stats.ipsec[IKE_QSTAT_PENDING_KEYS], 1000 + IKE_QSTAT_PENDING_KEYS + 100 + KERNEL_SUM_WAITING);
	is_int(got.u.counts.stats.ipsec[IKE_QSTAT_CONFIDENTIAL_SENT], 100 + KERNEL_SUM_ESP_SENT);
	is_int(got.u.counts.stats.ipsec[IKE_QSTAT_OFFLOADED_SENT], 0);
	ok(got.u.counts.stats.ipsec[IKE_QSTAT_BAD_SPI] < 1000); /* the kernel counts those packets, each once */
	world_down();
}

/* A client that waits for IKE holds up no other, and no change of the policy. */
static void a_silent_daemon_stalls_nobody(void)
{
	int waits, gone, fd;
	int64_t began;

	world_up();
	iked_joins();
	waits = asks_sas(false, 0);
	gone = asks_sas(false, 0);
	close(gone); /* it has lost patience: its answer is nobody's */
	fd = asks_for(IPC_STATUS);
	is_answered(fd, IPC_STATE);
	add_filter(w.b, 2);
	is_answered(asks(&(struct ipc_msg){.type = IPC_NOTIFY, .seq = 7, .u.notify.counter = counter_of(w.b->st)}), IPC_RESULT);
	ok(!got.u.result.failed && !telnet_passes(w.b, 2));
	is_int(answered(waits), 0);
	began = now_ms();
	while (answered(waits) == 0 && now_ms() < began + 2 * IKE_ASK_MS)
		step(1);
	is_int(got.type, IPC_SAS_PAGE);
	is_int(got.u.sas_page.ike.number, 6005);
	is_str(got.u.sas_page.ike.text, "the IKE daemon does not answer");
	close(waits);
	world_down();
}

static void who_waits_when_it_ends_is_told(void)
{
	int page, counts, deletion;

	world_up();
	iked_joins();
	page = asks_sas(true, 0);
	counts = asks_for(IPC_STATS);
	deletion = asks_deletion(NULL);
	close(w.iked);
	w.iked = -1;
	step(3);
	is_answered(page, IPC_SAS_PAGE);
	is_int(got.u.sas_page.ike.number, 6006);
	is_answered(counts, IPC_COUNTS);
	is_int(got.u.counts.ike.number, 6006);
	is_answered(deletion, IPC_DONE);
	is_int(got.u.done.number, 6006);
	world_down();
}

/* Page by page until one is found; of nobody known the kernel is asked. */
static void deletions_find_their_peer(void)
{
	const struct ip here = channel_ip("10.0.0.1"), peer = channel_ip("10.0.0.99");
	int fd;

	world_up();
	iked_joins();
	fd = asks_deletion("10.0.0.33"); /* a main mode of the second page */
	iked_lists(false, 1, IKC_PAGE_MAX, true);
	is_int(answered(fd), 0);
	iked_lists(false, IKC_PAGE_MAX + 1, 2, false);
	is_answered(fd, IPC_DONE);
	is_int(got.u.done.number, 0);
	iked_hears(IKC_DELETE);
	ok(ip_eq(&in.u.cmd.u.del.peer, &(struct ip){.family = IP_V4, .b = {10, 0, 0, 33}}));
	fd = asks_deletion("10.0.0.2"); /* a quick mode whose main mode is gone */
	iked_lists(false, 1, 0, false);
	iked_lists(true, 1, 2, false);
	is_answered(fd, IPC_DONE);
	iked_hears(IKC_DELETE);
	fd = asks_deletion("10.0.0.99"); /* of a daemon that was before */
	kernel_fake_sa(w.b->kernel, &(struct kernel_sa){here, peer, 1, 50, PLAN_REQID_BASE + 2});
	iked_lists(false, 1, 1, false);
	iked_lists(true, 1, 1, false);
	is_answered(fd, IPC_DONE);
	is_int(got.u.done.number, 0);
	is_int(kernel_fake_sas(w.b->kernel), 0);
	fd = asks_deletion("10.0.0.99");
	iked_lists(false, 1, 1, false);
	iked_lists(true, 1, 1, false);
	is_answered(fd, IPC_DONE);
	is_int(got.u.done.number, 6017);
	is_int(peer_hears(w.iked, &in), 0);
	world_down();
}

static void a_client_asks_one_thing_at_a_time(void)
{
	struct ipc_msg again = {.type = IPC_STATUS, .seq = 7};
	struct err e = {0};
	int fd;

	world_up();
	iked_joins();
	fd = asks_sas(false, 0);
	is_int(ipc_send(fd, &again, &e), 0);
	step(2);
	is_int(answered(fd), 1);
	is_int(got.type, IPC_ERROR);
	is_int(answered(fd), -1);
	close(fd);
	world_down();
}

/* --- keys ------------------------------------------------------------------------------------------- */

static void add_key_rule(const char *psk, enum dyn_op op)
{
	static struct ipc_msg m;
	struct dyn_rule *r = &m.u.change.u.rule;

	m = (struct ipc_msg){.type = IPC_CHANGE, .seq = 7, .u.change = {.op = (uint8_t)op, .kind = DYN_RULE,
		.given = op == DYN_SET ? DYN_G_AUTH : 0}};
	r->filter = (struct filter){.src = {.kind = END_ME}, .dst = {.kind = END_NET, .plen = 32, .lo = channel_ip("10.0.0.7")},
		.description = "", .mirrored = true};
	r->mmpolicy = "M";
	r->qmpolicy = "Q";
	r->action_in = r->action_out = ACTION_NEGOTIATE;
	r->auth = (struct auth_list){.v = {{.kind = AUTH_KERBEROS}, {.kind = AUTH_PSK}}, .n = 2};
	r->psk[1] = psk;
	is_answered(asks(&m), IPC_DONE);
	is_str(got.u.done.text, "");
}

static void add_policies(void)
{
	static struct ipc_msg m;

	m = (struct ipc_msg){.type = IPC_CHANGE, .seq = 7, .u.change = {.op = DYN_ADD, .kind = DYN_MMPOLICY,
		.u.mm = {.name = "M", .offers = {.v = {{ENCR_3DES, INTEG_SHA1, 2}}, .n = 1}}}};
	is_answered(asks(&m), IPC_DONE);
	m = (struct ipc_msg){.type = IPC_CHANGE, .seq = 7, .u.change = {.op = DYN_ADD, .kind = DYN_QMPOLICY,
		.u.qm = {.name = "Q", .offers = {.v = {{.esp = true, .encr = ENCR_3DES, .integ = INTEG_SHA1}}, .n = 1}}}};
	is_answered(asks(&m), IPC_DONE);
	is_str(got.u.done.text, "");
}

/* The name under which the profile knows the key, as IKE hears it. */
static struct guid name_on_the_wire(void)
{
	struct guid name = {{0}};

	do {
		step(1);
		while (peer_hears(w.iked, &in) == 1 && in.type != IKC_PROFILE_END)
			if (in.type == IKC_MM_POLICY)
				name = in.u.mm.auths[1].secret;
	} while (in.type != IKC_PROFILE_END);
	in = (struct ikc_msg){.type = IKC_PROFILE_DONE, .seq = in.seq};
	peer_say(w.iked, &in);
	step(2);
	return name;
}

static void is_key(const struct guid *name, const char *text)
{
	is_answered(asks(&(struct ipc_msg){.type = IPC_KEY, .seq = 7, .u.key_name = *name}), IPC_KEY_TEXT);
	is_int(got.u.key.found, text != NULL);
	is_str(got.u.key.text, text ? text : "");
}

static void keys_of_dynamic_rules_are_handed_over_by_name(void)
{
	const struct guid none = {{0}};
	struct guid first, second;

	world_up();
	iked_joins();
	add_policies();
	add_key_rule("Sesame", DYN_ADD);
	first = name_on_the_wire();
	ok(!guid_is_null(&first));
	is_key(&first, "Sesame");
	is_key(&none, NULL);
	/* A name means one text for ever: whoever keeps the old one under its name is never wrong. */
	add_key_rule("Other", DYN_SET);
	second = name_on_the_wire();
	ok(!guid_eq(&first, &second));
	is_key(&second, "Other");
	is_key(&first, NULL);
	world_down();
}

/* A control socket that lets everybody in, as the group's members are: whoever is not root gets no key. */
static const char *any_key(void *ctx, const struct guid *name)
{
	(void)ctx;
	(void)name;
	return "Sesame";
}

static bool anybody(void *ctx, const struct peer *p)
{
	(void)ctx;
	(void)p;
	return true;
}

/* In a child: 0 the key came, 1 it was refused, 2 anything else. */
static int child_asks(const char *run, uid_t uid)
{
	const struct guid name = {{1}};
	struct err e = {0};
	char *text = NULL;
	int rc;

	if (uid && setresuid(uid, uid, uid) != 0)
		return 2;
	rc = ipc_key(run, 5000, &name, &text, &e);
	if (rc == 0 && text && strcmp(text, "Sesame") == 0)
		return 0;
	return rc < 0 && e.id == IPC_REFUSED && !text ? 1 : 2;
}

static void keys_are_for_root_and_our_own_user_alone(void)
{
	static const struct control_ops ops = {.key = any_key, .may = anybody};
	const uid_t strangers[] = {0, 65534};
	char run[] = "/tmp/ike-keysXXXXXX", path[64];
	struct loop loop = {.n = 0};
	struct control *c;
	struct err e = {0};

	ok(mkdtemp(run) != NULL);
	c = control_open(run, -1, &loop, &ops, NULL, &e);
	snprintf(path, sizeof path, "%s/enforcerd.sock", run);
	ok(chmod(run, 0755) == 0 && chmod(path, 0666) == 0);
	for (size_t i = 0; i < (geteuid() == 0 ? 2 : 1); i++) {
		int status = -1;
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_asks(run, strangers[i]));
		while (waitpid(pid, &status, WNOHANG) == 0)
			is_int(loop_wait(&loop, 20, &e), 0);
		is_int(WEXITSTATUS(status), (long)i);
	}
	control_close(c);
	rmdir(run);
}

static const struct tap_case cases[] = {
	{"without a daemon answers come at once", without_a_daemon_answers_come_at_once},
	{"pages go through", pages_go_through},
	{"counters are added to those of the kernel", counters_are_added_to_those_of_the_kernel},
	{"without a daemon the kernel counts", without_a_daemon_the_kernel_counts},
	{"associations say what they carried", associations_say_what_they_carried},
	{"a silent daemon stalls nobody", a_silent_daemon_stalls_nobody},
	{"who waits when it ends is told", who_waits_when_it_ends_is_told},
	{"deletions find their peer", deletions_find_their_peer},
	{"a client asks one thing at a time", a_client_asks_one_thing_at_a_time},
	{"keys of dynamic rules are handed over by name", keys_of_dynamic_rules_are_handed_over_by_name},
	{"keys are for root and our own user alone", keys_are_for_root_and_our_own_user_alone},
};
TAP_MAIN(cases)
