/* Diagnostics of an enforcer over the fake kernel, with a clock as a value and a journal in a folder of ours. */
#include "enforcer/daemon/diag.h"

#include "common/base/log.h"
#include "store/store.h"
#include "tests/unit/daemon_bed.h"

#include "common/base/banned.h"

static int journal = -1;

static void play_journal(const struct bed *b)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	char run[512];

	run_dir(b, run);
	snprintf(a.sun_path, sizeof a.sun_path, "%.80s/journal", run);
	unlink(a.sun_path);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	is_int(bind(journal, (struct sockaddr *)&a, sizeof a), 0);
	log_open("test", LOG_L_INFO);
	log_journal(a.sun_path, true);
}

/* The next message that holds `part`, or NULL. Borrowed until the next call. */
static const char *next_event(const char *part)
{
	static char text[8192];
	ssize_t n;

	while ((n = recv(journal, text, sizeof text - 1, 0)) > 0) {
		text[n] = '\0';
		if (strstr(text, part))
			return text;
	}
	return NULL;
}

static void set_config(struct bed *b, enum setting_id id, const char *value)
{
	works(store_setting_put(b->st, enum_to_name(setting_names, (int)id), value, &e));
	is_int(settle(b, CAUSE_STORE), 0);
}

/* A telnet packet to 10.0.0.1, the filter of put_policy(). */
static const struct kernel_drop telnet = {.inbound = true, .ifindex = 2, .n = 24,
	.head = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 200, 10, 0, 0, 1, 0x9C, 0x40, 0, 23}};

static size_t log_rules(const struct bed *b)
{
	const struct kstate *s = kernel_fake_state(b->kernel);
	size_t n = 0;

	for (size_t i = 0; i < s->nrules; i++)
		n += s->rules[i].rule.verdict == NFT_V_LOG;
	return n;
}

struct diagnosed {
	struct bed *b;
	struct diag *d;
};

static void swapping(void *ctx)
{
	struct diagnosed *t = ctx;

	if (t->d)
		diag_swapping(t->d);
}

static struct diagnosed begin(enum action action)
{
	static struct diagnosed t;

	t = (struct diagnosed){.b = bed_new()};
	const struct enforcer_world w = {.state_dir = t.b->dir, .kernel = t.b->kernel, .facts = bed_facts,
		.facts_ctx = t.b, .now_us = ticks, .swapping = swapping, .swapping_ctx = &t};
	enforcer_free(t.b->en);
	t.b->en = enforcer_new(&w);
	play_journal(t.b);
	put_policy(t.b, action);
	is_int(settle(t.b, 0), 0);
	t.d = diag_new(t.b->kernel, t.b->en, -1);
	diag_follow(t.d, 0);
	return t;
}

static void end(struct diagnosed *t)
{
	diag_free(t->d);
	close(journal);
	bed_free(t->b);
}

/* Both elements of put_policy()'s filter, which is mirrored, have counted that much. */
static void count(const struct diagnosed *t, uint64_t packets)
{
	const struct plan *p = enforcer_plan(t->b->en);

	for (size_t i = 0; i < p->nfilters; i++)
		kernel_fake_count(t->b->kernel, &(struct kernel_count){p->filters[i].origin, packets, 40 * packets});
}

static void bits_decide_what_the_table_tells(void)
{
	static const size_t rules[] = {0, 0, 1, 1, 1, 1, 2, 2};
	struct diagnosed t = begin(ACTION_BLOCK);
	char value[] = "0";

	for (unsigned bits = 0; bits < N_OF(rules); bits++) {
		value[0] = (char)('0' + bits);
		set_config(t.b, SET_IPSECDIAGNOSTICS, value);
		is_int(log_rules(t.b), rules[bits]);
		is_int(t.b->r.kernel.elems_added + t.b->r.kernel.elems_deleted, 0);
		ok(!telnet_passes(t.b, 1) && telnet_passes(t.b, 2));
	}
	end(&t);
}

static void a_host_without_nflog_goes_on_and_sums(void)
{
	struct diagnosed t = begin(ACTION_BLOCK);

	kernel_fake_no_drops(t.b->kernel);
	is_int(settle(t.b, CAUSE_FACTS), 0);
	set_config(t.b, SET_IPSECDIAGNOSTICS, "7");
	is_int(log_rules(t.b), 0);
	ok(!telnet_passes(t.b, 1));
	diag_follow(t.d, 0);
	count(&t, 9);
	diag_tick(t.d, 3600 * 1000);
	ok(next_event("IPSECSH_PACKETS=18\n") != NULL);
	end(&t);
}

static void nothing_is_told_with_bits_clear(void)
{
	struct diagnosed t = begin(ACTION_BLOCK);

	kernel_fake_drop(t.b->kernel, &telnet, 5);
	diag_read(t.d, 1);
	count(&t, 9);
	is_int(diag_due_ms(t.d), -1);
	diag_tick(t.d, 1 << 30);
	diag_end(t.d, 1 << 30);
	ok(!next_event(""));
	end(&t);
}

static void a_record_becomes_an_event_and_an_interval_sums(void)
{
	struct diagnosed t = begin(ACTION_BLOCK);
	struct kernel_drop out = telnet;

	set_config(t.b, SET_IPSECLOGINTERVAL, "60");
	set_config(t.b, SET_IPSECDIAGNOSTICS, "3");
	diag_follow(t.d, 1000);
	is_int(diag_due_ms(t.d), 61000);
	out.inbound = false;
	kernel_fake_drop(t.b->kernel, &out, 0); /* that direction was not asked for */
	kernel_fake_drop(t.b->kernel, &telnet, 7);
	diag_read(t.d, 2000);
	const char *ev = next_event("IPSECSH_REASON=blocked\n");
	ok(ev && strstr(ev, "\nIPSECSH_POLICY=P\nIPSECSH_RULE=R\nIPSECSH_FILTERLIST=L\n"));
	ok(ev && strstr(ev, "\nIPSECSH_SOURCE=10.0.0.200\nIPSECSH_SOURCE_PORT=40000\nIPSECSH_DESTINATION=10.0.0.1\n"
			    "IPSECSH_DESTINATION_PORT=23\nIPSECSH_LENGTH=40\nIPSECSH_INTERFACE=eth0\n"));
	ok(!next_event(""));
	count(&t, 9);
	kernel_fake_clear(t.b->kernel, 4, 2);
	diag_tick(t.d, 60999);
	ok(!next_event(""));
	diag_tick(t.d, 61000);
	ok(next_event("IPSECSH_PACKETS=18\nIPSECSH_BYTES=720\nIPSECSH_SECONDS=60\n") != NULL);
	ok(next_event("IPSECSH_LOST=7\n") != NULL);
	ok(next_event("IPSECSH_CLEAR_TEXT=6\n") != NULL);
	is_int(diag_due_ms(t.d), 121000);
	diag_tick(t.d, 121000); /* quiet intervals say nothing */
	ok(!next_event(""));
	count(&t, 10);
	diag_end(t.d, 122000);
	ok(next_event("IPSECSH_PACKETS=2\n") != NULL);
	end(&t);
}

static void a_record_that_the_plan_would_not_drop_says_so(void)
{
	struct diagnosed t = begin(ACTION_PERMIT);

	set_config(t.b, SET_IPSECDIAGNOSTICS, "2");
	diag_follow(t.d, 0);
	kernel_fake_drop(t.b->kernel, &telnet, 0);
	diag_read(t.d, 1);
	const char *ev = next_event("IPSECSH_REASON=policy-changed\n");
	ok(ev && !strstr(ev, "IPSECSH_RULE"));
	end(&t);
}

static void negotiate_says_that_it_was_not_protected(void)
{
	struct diagnosed t = begin(ACTION_NEGOTIATE);

	set_config(t.b, SET_IPSECDIAGNOSTICS, "2");
	diag_follow(t.d, 0);
	kernel_fake_drop(t.b->kernel, &telnet, 0);
	diag_read(t.d, 1);
	const char *ev = next_event("IPSECSH_REASON=not-protected\n");
	ok(ev && strstr(ev, "IPSECSH_RULE=R\n"));
	count(&t, 9);
	diag_end(t.d, 1000);
	ok(!next_event("PACKETS")); /* protected ones are among them */
	end(&t);
}

static void what_an_old_plan_counted_is_not_lost(void)
{
	struct diagnosed t = begin(ACTION_BLOCK);

	set_config(t.b, SET_IPSECDIAGNOSTICS, "2");
	diag_follow(t.d, 0);
	count(&t, 9);
	t.b->facts = HOST_MOVED; /* another plan; say that it began the counters anew */
	is_int(settle(t.b, CAUSE_FACTS), 0);
	ok(t.b->r.changed);
	count(&t, 0);
	diag_follow(t.d, 10);
	count(&t, 20);
	diag_end(t.d, 3000);
	ok(next_event("IPSECSH_PACKETS=58\n") != NULL);
	count(&t, 30);
	sql(t.b, "UPDATE policy SET assigned = 0");
	is_int(settle(t.b, CAUSE_REPLACED), 0);
	diag_follow(t.d, 20);
	diag_end(t.d, 4000);
	const char *ev = next_event("IPSECSH_OTHER_FILTERS=1\n"); /* nobody knows its name any more */
	ok(ev && strstr(ev, "IPSECSH_OTHER_PACKETS=20\n"));
	end(&t);
}

static const struct tap_case cases[] = {
	{"bits decide what the table tells, and open nothing", bits_decide_what_the_table_tells},
	{"a host without NFLOG goes on, and sums", a_host_without_nflog_goes_on_and_sums},
	{"nothing is told with all bits clear", nothing_is_told_with_bits_clear},
	{"a record becomes an event, an interval its sums", a_record_becomes_an_event_and_an_interval_sums},
	{"a record that the plan would not drop says so", a_record_that_the_plan_would_not_drop_says_so},
	{"a negotiate filter's drop says that it was not protected", negotiate_says_that_it_was_not_protected},
	{"what an old plan counted is not lost", what_an_old_plan_counted_is_not_lost},
};

int main(void)
{
	return tap_run(cases, N_OF(cases));
}
