/* The list of what the kernel asked keys for: who hears of what, and when; what goes when it is full. */
#include <time.h>

#include "enforcer/sas/asked.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct asked list;
static struct mono now;

static void note(uint32_t acquire)
{
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = acquire;
	asked_note(&list, now, &c, acquire + 1000);
}

static void begin(void)
{
	asked_fini(&list);
	now = (struct mono){500000};
}

static void pass(struct dur d)
{
	now = mono_add(now, d);
}

static bool is_open(uint32_t acquire)
{
	uint32_t policy = 0;

	return asked_answered(&list, acquire, &policy) && policy == acquire + 1000;
}

/* What another IKE hears. */
struct told {
	size_t n;
	uint32_t first, last;
};
static struct told owed(void)
{
	struct told t = {.n = 0};
	const struct ike_cmd *c;

	asked_again(&list, now);
	for (; (c = asked_owed(&list)); asked_told(&list)) {
		t.last = c->u.acquire.acquire;
		t.first = t.n++ ? t.first : t.last;
	}
	return t;
}

static void is_owed(size_t n, uint32_t first, uint32_t last)
{
	struct told t = owed();

	is_int(t.n, n);
	is_int(t.first, first);
	is_int(t.last, last);
}

/* The number that is forgotten now; 0: none is. */
static uint32_t forgotten(void)
{
	struct ike_cmd c;

	return asked_forget(&list, now, &c) ? c.u.acquire.acquire : 0;
}

static void what_is_answered_is_open_no_longer(void)
{
	uint32_t policy;

	begin();
	ok(!asked_answered(&list, 7, &policy));
	ok(!asked_answered(&list, 0, &policy));
	note(7);
	note(8);
	ok(!asked_answered(&list, 0, &policy));
	ok(!asked_answered(&list, 7 + ASKED_MAX, &policy));
	ok(is_open(7));
	ok(!is_open(7));
	is_owed(1, 8, 8);
	asked_fini(&list);
	is_owed(0, 0, 0);
}

static void another_ike_hears_the_oldest_first_and_nothing_that_the_kernel_forgot(void)
{
	begin();
	note(UINT32_MAX - 1); /* the kernel's counter goes round */
	note(UINT32_MAX);
	note(1);
	is_owed(3, UINT32_MAX - 1, 1);
	pass(DUR_S(29));
	note(2);
	is_owed(4, UINT32_MAX - 1, 2);
	pass(DUR_S(1));
	is_owed(1, 2, 2);
}

/* It may be answered, or pushed out, before it was told. */
static void what_ike_is_owed_may_end_meanwhile(void)
{
	begin();
	for (uint32_t i = 1; i <= 5; i++)
		note(i);
	asked_again(&list, now);
	is_int(asked_owed(&list)->u.acquire.acquire, 1);
	ok(is_open(1));
	note(2 + ASKED_MAX);
	is_int(asked_owed(&list)->u.acquire.acquire, 3);
	asked_told(&list);
	asked_told(&list);
	ok(is_open(5));
	ok(!asked_owed(&list));
	asked_told(&list);
	ok(!asked_owed(&list));
	ok(is_open(2 + ASKED_MAX));
}

static void when_it_is_full_the_oldest_goes(void)
{
	begin();
	for (uint32_t i = 1; i <= ASKED_MAX + 3; i++)
		note(i);
	ok(!is_open(3));
	is_owed(ASKED_MAX, 4, ASKED_MAX + 3);
	ok(is_open(4));
}

static void the_kernel_forgets_what_failed_after_a_pause_and_once(void)
{
	begin();
	ok(mono_is_never(asked_due(&list)));
	asked_failed(&list, now, 7); /* unknown */
	ok(mono_is_never(asked_due(&list)));
	note(7);
	asked_failed(&list, now, 7);
	asked_failed(&list, now, 7);
	is_int(mono_since(now, asked_due(&list)).ms, ASKED_PAUSE_S * 1000);
	pass(DUR_MS(ASKED_PAUSE_S * 1000 - 1));
	is_int(forgotten(), 0);
	pass(DUR_MS(1));
	is_int(forgotten(), 7);
	is_int(forgotten(), 0);
	ok(!is_open(7));
	ok(mono_is_never(asked_due(&list)));
}

static void what_got_keys_or_is_too_old_is_not_forgotten(void)
{
	begin();
	note(7);
	note(8);
	asked_failed(&list, now, 7);
	ok(is_open(7)); /* another attempt did better */
	pass(DUR_S(26));
	asked_failed(&list, now, 8); /* at its end the kernel has forgotten it by itself */
	pass(DUR_S(ASKED_PAUSE_S));
	is_int(forgotten(), 0);
	ok(!is_open(8));
}

/* All peers say no at once: they share the attempts, and what is not reached in time is the kernel's own business. */
static void ten_thousand_that_fail_share_a_hundred_attempts_a_second(void)
{
	enum { PEERS = 10000 };
	size_t n = 0;

	begin();
	for (uint32_t i = 1; i <= PEERS; i++)
		note(i);
	for (uint32_t i = 1; i <= PEERS; i++)
		asked_failed(&list, now, i);
	for (int ms = 0; ms < 60000; ms++, pass(DUR_MS(1)))
		if (mono_reached(asked_due(&list), now))
			n += forgotten() != 0;
	is_int(n, (30 - ASKED_PAUSE_S) * 1000 / ASKED_FORGET_MS);
	ok(mono_is_never(asked_due(&list)));
}

/* A call takes as long with 10,000 open requests as with one, within what a busy machine does to a measurement. */
static double all_of(uint32_t n)
{
	enum { CALLS = 200000 };
	struct timespec a, b;

	begin();
	for (uint32_t i = 1; i <= n; i++)
		note(i);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (uint32_t i = n + 1; i <= n + CALLS; i++) {
		note(i);
		asked_failed(&list, now, i);
		is_open(i - n);
		forgotten();
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / CALLS;
}

static void its_size_costs_nothing(void)
{
	double one = all_of(1), many = all_of(10000);

	printf("# a request, from its coming to its end: %.0f ns alone, %.0f ns among 10,000\n", one, many);
	ok(many < 20 * one + 1000);
	asked_fini(&list);
}

static const struct tap_case cases[] = {
    {"what is answered is open no longer", what_is_answered_is_open_no_longer},
    {"another IKE hears the oldest first, and nothing that the kernel forgot",
	another_ike_hears_the_oldest_first_and_nothing_that_the_kernel_forgot},
    {"what IKE is owed may end meanwhile", what_ike_is_owed_may_end_meanwhile},
    {"when it is full the oldest goes", when_it_is_full_the_oldest_goes},
    {"the kernel forgets what failed after a pause, and once", the_kernel_forgets_what_failed_after_a_pause_and_once},
    {"what got keys, or is too old, is not forgotten", what_got_keys_or_is_too_old_is_not_forgotten},
    {"ten thousand that fail share a hundred attempts a second", ten_thousand_that_fail_share_a_hundred_attempts_a_second},
    {"its size costs nothing", its_size_costs_nothing},
};
TAP_MAIN(cases)
