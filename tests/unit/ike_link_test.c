/* The enforcer's end of the channel to ipsec-iked against a scripted one, on a clock that the test moves. */
#include "enforcer/daemon/ike_link.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/ike_channel_samples.h"
#include "tests/unit/ike_peer.h"

#include "common/base/banned.h"

enum { ANSWERS_MAX = 200 };

static struct bed {
	struct loop loop;
	struct ike_link *link;
	unsigned name; /* of the listener */
	int fd;        /* iked's end */
	struct mono now;
	uint64_t number;
	struct ike_profile *profile;
	bool logging;
	struct {
		uint64_t token;
		uint16_t type; /* 0: none came */
		enum msg_id why;
	} answers[ANSWERS_MAX];
	size_t nanswers;
	uint64_t again; /* asks once more when one is answered, with that token */
} b;
static struct ikc_msg in;

static uint64_t number(void *ctx)
{
	(void)ctx;
	return b.number;
}

static struct ike_profile *profile(void *ctx)
{
	(void)ctx;
	return b.profile;
}

static bool logging(void *ctx)
{
	(void)ctx;
	return b.logging;
}

static struct mono clock_now(void *ctx)
{
	(void)ctx;
	return b.now;
}

static void ask(uint64_t token)
{
	static struct ikc_msg m;
	struct err e = {0};

	m = (struct ikc_msg){.type = IKC_LIST, .u.list = {false, token}};
	is_int(ike_link_ask(b.link, &m, token, &e), 0);
}

static void answer(void *ctx, uint64_t token, const struct ikc_msg *m, const struct err *why)
{
	uint64_t again = b.again;

	(void)ctx;
	ok(b.nanswers < ANSWERS_MAX && token != 0 && !m == (why != NULL));
	b.answers[b.nanswers].token = token;
	b.answers[b.nanswers].type = m ? m->type : 0;
	b.answers[b.nanswers++].why = why ? why->id : MSG_NONE;
	b.again = 0;
	if (again)
		ask(again);
}

static const struct ike_link_ops ops = {number, profile, logging, answer, clock_now};

/* A few rounds of the enforcer's loop, in no time. */
static void turn(void)
{
	struct err e = {0};

	for (int i = 0; i < 4; i++) {
		is_int(loop_wait(&b.loop, 0, &e), 0);
		ike_link_tick(b.link);
	}
}

static void pass_ms(int64_t ms)
{
	b.now = mono_add(b.now, DUR_MS(ms));
	turn();
}

/* A profile of n rules that differ; `mark` is in each. */
static void set_profile(size_t n, uint16_t mark)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .offers = {{CRYPTO_3DES_CBC, CRYPTO_SHA1, 2}}, .nauths = 1,
	    .auths = {{IKE_AUTH_PSK, {{1}}}}};
	*qm = (struct ike_qm_policy){.noffers = 1, .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_3DES, .esp_hash = CRYPTO_SHA1}}};
	p->nrules = n;
	p->rules = arena_array(&p->arena, n, sizeof *p->rules);
	for (size_t i = 0; i < n; i++)
		p->rules[i] = (struct ike_rule){.reqid = 0x49500001, .rule = 1, .filter = (uint32_t)i, .mm = mm, .qm = qm,
		    .sel = {{channel_ip("10.0.0.1"), 32}, {channel_ip("10.1.0.0"), 16}, 6, mark, 23}};
	ike_profile_free(b.profile);
	b.profile = p;
	b.number++;
}

static void bed_up(size_t nrules)
{
	static unsigned names;

	b = (struct bed){.name = ++names, .fd = -1, .now = {5000}};
	set_profile(nrules, 1);
	b.link = ike_link_open(peer_listener(b.name), &b.loop, &ops, NULL);
}

static void bed_down(void)
{
	ike_link_close(b.link);
	ike_profile_free(b.profile);
	if (b.fd >= 0)
		close(b.fd);
}

/* Connected and ready, and told of ikelogging, which comes first. */
static void join(void)
{
	b.fd = peer_connect(b.name);
	turn();
	ok(ike_link_connected(b.link));
	is_int(peer_hears(b.fd, &in), 0); /* nothing is said to one that is not ready */
	peer_says(b.fd, IKC_READY);
	turn();
	is_int(peer_hears(b.fd, &in), 1);
	is_int(in.type, IKC_LOGGING);
	is_int(in.u.logging, b.logging);
}

/* Reads until there is a whole profile; *others counts messages between its parts. NULL: nothing more comes. */
static struct ike_profile *take_profile(uint32_t *seq, size_t *others)
{
	struct ikc_assembly a = {0};
	struct ike_profile *p = NULL;
	struct err e = {0};

	*others = 0;
	for (int idle = 0; !p && idle < 3;) {
		if (peer_hears(b.fd, &in) != 1) {
			idle++;
			turn();
			continue;
		}
		idle = 0;
		*seq = in.seq;
		if (in.type > IKC_PROFILE_END)
			++*others;
		else
			ok(ikc_assemble(&a, &in, &p, &e) >= 0);
	}
	ikc_assembly_fini(&a);
	return p;
}

static void done(uint32_t seq)
{
	in = (struct ikc_msg){.type = IKC_PROFILE_DONE, .seq = seq};
	peer_say(b.fd, &in);
	turn();
}

/* The next profile has that many rules, with that mark. */
static uint32_t takes(size_t nrules, uint16_t mark)
{
	uint32_t seq = 0;
	size_t others;
	struct ike_profile *p = take_profile(&seq, &others);

	ok(p != NULL);
	if (p) {
		is_int(p->nrules, (long)nrules);
		is_int(p->rules[nrules - 1].sel.local_port, mark);
	}
	ike_profile_free(p);
	return seq;
}

static const char *state(void)
{
	static struct ipc_state s;

	memset(&s, 0, sizeof s);
	ike_link_state(b.link, &s);
	return s.ike;
}

static bool is_closed(void)
{
	int rc;

	while ((rc = peer_hears(b.fd, &in)) > 0)
		;
	return rc < 0 && !ike_link_connected(b.link);
}

static void the_profile_is_handed_over(void)
{
	bed_up(300);
	is_str(state(), "not running: nothing can be negotiated");
	join();
	is_str(state(), "taking over the policy");
	done(takes(300, 1));
	is_str(state(), "running");
	turn();
	is_int(peer_hears(b.fd, &in), 0); /* and once */
	set_profile(2, 7);
	turn();
	done(takes(2, 7));
	bed_down();
}

static void without_a_plan_there_is_no_profile_yet(void)
{
	struct ike_profile *later;

	bed_up(1);
	later = b.profile;
	b.profile = NULL;
	join();
	is_str(state(), "connected, without a policy");
	is_int(peer_hears(b.fd, &in), 0);
	b.profile = later;
	b.number++;
	turn();
	done(takes(1, 1));
	bed_down();
}

/* More than any socket holds: what does not fit waits in the profile itself, and others are served meanwhile. */
static void the_largest_profile_waits_for_its_reader(void)
{
	enum { RULES = 100000 };
	uint32_t seq = 0;
	size_t others;
	struct ike_profile *p;

	bed_up(RULES);
	join();
	for (int i = 0; i < 100; i++)
		turn();
	is_str(state(), "taking over the policy");
	ask(41); /* in the middle */
	p = take_profile(&seq, &others);
	ok(p && p->nrules == RULES && p->rules[RULES - 1].filter == RULES - 1);
	is_int(others, 1);
	ike_profile_free(p);
	done(seq);
	is_str(state(), "running");
	bed_down();
}

/* The newest wins: what was sent of another is forgotten, and nobody says that it is done. */
static void a_profile_that_changes_on_the_way_begins_anew(void)
{
	bed_up(20000);
	join(); /* some parts lie in the socket, which does not hold them all */
	set_profile(30000, 2); /* and the one before is freed: the link has its own hold */
	turn();
	set_profile(5, 3);
	turn();
	done(takes(5, 3));
	is_str(state(), "running");
	is_int(peer_hears(b.fd, &in), 0);
	bed_down();
}

static void one_that_was_sent_whole_is_finished_first(void)
{
	uint32_t seq;

	bed_up(2);
	join();
	seq = takes(2, 1);
	set_profile(3, 2);
	turn();
	is_int(peer_hears(b.fd, &in), 0); /* one at a time */
	done(seq);
	done(takes(3, 2));
	is_str(state(), "running");
	bed_down();
}

static void ikelogging_is_passed_on(void)
{
	bed_up(1);
	b.logging = true;
	join();
	done(takes(1, 1));
	b.logging = false;
	turn();
	is_int(peer_hears(b.fd, &in), 1);
	ok(in.type == IKC_LOGGING && !in.u.logging);
	turn();
	is_int(peer_hears(b.fd, &in), 0);
	bed_down();
}

static void ready(void)
{
	bed_up(1);
	join();
	done(takes(1, 1));
}

static void questions_are_answered_whatever_their_order(void)
{
	uint32_t seq[3];

	ready();
	for (uint64_t t = 0; t < 3; t++)
		ask(t + 1);
	turn();
	for (int i = 0; i < 3; i++) {
		is_int(peer_hears(b.fd, &in), 1);
		is_int(in.type, IKC_LIST);
		is_int(in.u.list.after, i + 1);
		seq[i] = in.seq;
	}
	b.again = 9; /* whoever is answered may ask the next thing */
	for (int i = 2; i >= 0; i--) {
		channel_sample(IKC_MMSAS, &in);
		in.seq = seq[i];
		peer_say(b.fd, &in);
	}
	turn();
	is_int(b.nanswers, 3);
	ok(b.answers[0].token == 3 && b.answers[1].token == 2 && b.answers[2].token == 1 && b.answers[2].type == IKC_MMSAS);
	is_int(peer_hears(b.fd, &in), 1);
	is_int(in.u.list.after, 9);
	bed_down();
}

static void who_waits_too_long_is_told_and_a_late_answer_is_nobodys(void)
{
	uint32_t seq;

	ready();
	ask(5);
	turn();
	is_int(peer_hears(b.fd, &in), 1);
	seq = in.seq;
	ok(!mono_is_never(ike_link_due(b.link)));
	is_int(ike_link_due(b.link).ms - b.now.ms, IKE_ASK_MS);
	pass_ms(IKE_ASK_MS - 1);
	is_int(b.nanswers, 0);
	pass_ms(1);
	is_int(b.nanswers, 1);
	ok(b.answers[0].token == 5 && b.answers[0].why == IKE_SILENT);
	channel_sample(IKC_MMSAS, &in);
	in.seq = seq;
	peer_say(b.fd, &in);
	turn();
	is_int(b.nanswers, 1);
	ok(ike_link_connected(b.link) && mono_is_never(ike_link_due(b.link)));
	bed_down();
}

static void one_that_has_stopped_answering_is_disconnected(void)
{
	ready();
	pass_ms(10 * IKE_STUCK_MS); /* nothing is owed: all is well */
	ok(ike_link_connected(b.link));
	ask(5);
	turn();
	pass_ms(IKE_STUCK_MS - 1);
	ok(ike_link_connected(b.link));
	channel_sample(IKC_EVENT, &in); /* talk is no answer */
	peer_say(b.fd, &in);
	pass_ms(1);
	ok(is_closed());
	is_int(b.nanswers, 1); /* who asked has heard long ago */
	bed_down();
}

static void one_that_takes_nothing_is_disconnected(void)
{
	bed_up(100000);
	join();
	for (int i = 0; i < 10; i++)
		turn();
	pass_ms(IKE_STUCK_MS);
	ok(is_closed());
	b.fd = (close(b.fd), -1);
	/* Slowly, but it takes: that is enough. */
	join();
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 20; k++)
			is_int(peer_hears(b.fd, &in), 1);
		pass_ms(IKE_STUCK_MS - 1);
		ok(ike_link_connected(b.link));
	}
	bed_down();
}

static void one_that_never_is_ready_is_disconnected(void)
{
	bed_up(1);
	b.fd = peer_connect(b.name);
	turn();
	pass_ms(IKE_STUCK_MS - 1);
	ok(ike_link_connected(b.link));
	pass_ms(1);
	ok(is_closed());
	bed_down();
}

/* What it may not say, in the middle of something; then it comes again and all is as it was. */
static void nonsense_ends_the_connection_and_the_next_one_is_fresh(void)
{
	static const uint16_t wrong[] = {IKC_READY, IKC_PROFILE_DONE, IKC_MMSAS, IKC_COUNTS, IKC_GET_SPI, IKC_ACQUIRE};

	for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
		ready();
		ask(1);
		turn();
		if (i < sizeof wrong / sizeof *wrong) {
			channel_sample(wrong[i], &in);
			peer_say(b.fd, &in);
		} else {
			ok(send(b.fd, "hello", 5, 0) == 5);
		}
		turn();
		ok(is_closed());
		is_int(b.nanswers, 1);
		ok(b.answers[0].token == 1 && b.answers[0].why == IKE_GONE);
		close(b.fd);
		join();
		done(takes(1, 1));
		bed_down();
	}
}

static void there_is_one_daemon_at_a_time(void)
{
	int second;

	ready();
	second = peer_connect(b.name);
	turn();
	is_int(peer_hears(second, &in), -1);
	close(second);
	ask(1);
	turn();
	is_int(peer_hears(b.fd, &in), 1); /* the first is not disturbed */
	/* It dies, and the next one is there before anybody has looked. */
	close(b.fd);
	join();
	ok(b.answers[0].token == 1 && b.answers[0].why == IKE_GONE);
	done(takes(1, 1));
	bed_down();
}

static void there_is_an_end_to_questions(void)
{
	static struct ikc_msg m;
	struct err e = {0};

	ready();
	for (uint64_t t = 1; t <= IKE_QUESTIONS_MAX; t++)
		ask(t);
	m = (struct ikc_msg){.type = IKC_COUNT};
	is_int(ike_link_ask(b.link, &m, 99, &e), -1);
	is_int(e.id, IKE_SILENT);
	pass_ms(IKE_ASK_MS);
	is_int(b.nanswers, IKE_QUESTIONS_MAX);
	is_int(ike_link_ask(b.link, &m, 99, &e), -1); /* it owes them still */
	b.nanswers = 0;
	close(b.fd);
	join();
	is_int(b.nanswers, 0);
	ask(1);
	bed_down();
}

static void orders_go_out(void)
{
	const struct ip peer = channel_ip("10.0.0.7");

	ready();
	ike_link_delete(b.link, &peer);
	ike_link_delete(b.link, NULL);
	turn();
	is_int(peer_hears(b.fd, &in), 1);
	ok(in.type == IKC_DELETE && ip_eq(&in.u.cmd.u.del.peer, &peer) && in.u.cmd.u.del.mmsa == 0);
	is_int(peer_hears(b.fd, &in), 1);
	ok(in.type == IKC_DELETE && in.u.cmd.u.del.peer.family == IP_NONE);
	bed_down();
}

static void failures_are_counted_and_the_last_is_told(void)
{
	ready();
	channel_sample(IKC_EVENT, &in);
	peer_say(b.fd, &in);
	peer_say(b.fd, &in);
	in.u.event.event.kind = IKE_EV_MM_UP;
	peer_say(b.fd, &in);
	in.u.event.event.kind = IKE_EV_SOFT_UP;
	peer_say(b.fd, &in);
	turn();
	ok(strstr(state(), "running; 2 negotiations failed, the last one with fe80::1: ") == state());
	ok(strstr(state(), "offered cipher 3DES, wanted AES-CBC; 1 times traffic was let through in clear") != NULL);
	bed_down();
}

static const struct tap_case cases[] = {
	{"the profile is handed over, and each that follows", the_profile_is_handed_over},
	{"without a plan there is no profile yet", without_a_plan_there_is_no_profile_yet},
	{"the largest profile waits for its reader; questions go between its parts", the_largest_profile_waits_for_its_reader},
	{"a profile that changes on the way begins anew", a_profile_that_changes_on_the_way_begins_anew},
	{"one that was sent whole is finished first", one_that_was_sent_whole_is_finished_first},
	{"ikelogging is passed on", ikelogging_is_passed_on},
	{"questions are answered, whatever their order", questions_are_answered_whatever_their_order},
	{"who waits too long is told, and a late answer is nobody's", who_waits_too_long_is_told_and_a_late_answer_is_nobodys},
	{"one that has stopped answering is disconnected", one_that_has_stopped_answering_is_disconnected},
	{"one that takes nothing is disconnected, a slow one not", one_that_takes_nothing_is_disconnected},
	{"one that never is ready is disconnected", one_that_never_is_ready_is_disconnected},
	{"nonsense ends the connection, and the next one is fresh", nonsense_ends_the_connection_and_the_next_one_is_fresh},
	{"there is one daemon at a time", there_is_one_daemon_at_a_time},
	{"there is an end to questions", there_is_an_end_to_questions},
	{"orders go out", orders_go_out},
	{"failures are counted and the last is told", failures_are_counted_and_the_last_is_told},
};
TAP_MAIN(cases)
