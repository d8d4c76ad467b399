/* Every name of semantics §5.11 that the engine can come to: what brings it about, and where it is told. */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void is_failure(struct sim *sim, const char *what, int got, enum ike_failure want)
{
	if (got == (int)want)
		return;
	printf("# %s: %d, not %s\n", what, got, ike_failure_name(want));
	sim_complain(sim, "%s: not as expected", what);
	ok(sim_ok(sim));
}

static void told(struct sim *sim, size_t host, enum ike_event_kind kind, enum ike_failure want)
{
	const struct sim_event *e = sim_event(sim, host, kind);

	is_failure(sim, sim->hosts[host].name, e ? (int)e->why : -1, want);
}

static bool from(const struct sim *sim, size_t host, const struct ike_dgram *d)
{
	return ip_eq(&d->local.ip, &sim->hosts[host].ip);
}

/* What is on the wire may be changed by whoever sits there; an action's bytes are its own. */
static uint8_t *bytes_of(const struct ike_dgram *d)
{
	return (uint8_t *)(uintptr_t)d->bytes.p;
}

enum { RCOOKIE = 8, NEXT = 16, EXCHANGE = 18, FLAGS = 19 };

static struct sim *begun(uint64_t seed, struct sim_fate (*fate)(struct sim *, size_t, const struct ike_dgram *))
{
	struct sim *sim = sim_new(seed, NULL);

	sim->net.fate = fate;
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	return sim;
}

static struct mm *main_mode(struct sim *sim, size_t host)
{
	RING_EACH(&sim->hosts[host].ike->mms, r)
		return OWNER(struct mm, all, r);
	return NULL;
}

static void trace_on(struct sim *sim)
{
	for (size_t i = ANDY; i <= BETTY; i++)
		sim_command(sim, i, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
}

static bool traced(struct sim *sim, size_t host, const char *text)
{
	bool found = strstr(buf_text(&sim->hosts[host].log), text) != NULL;

	if (!found)
		printf("# %s has no '%s'\n", sim->hosts[host].name, text);
	return found;
}

/* --- on the wire ----------------------------------------------------------------------------------------- */

static struct sim_fate only_the_first_answer(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	return (struct sim_fate){.drop = from(sim, BETTY, d) && n > 1};
}
static struct sim_fate no_cookie(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)n;
	if (from(sim, BETTY, d))
		memset(bytes_of(d) + RCOOKIE, 0, IKE_COOKIE_LEN);
	return (struct sim_fate){.drop = false};
}
static struct sim_fate no_public_value(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	enum { BODY = IKE_HEADER_LEN + IKE_GENERIC_LEN };

	(void)n;
	if (from(sim, BETTY, d) && d->bytes.p[NEXT] == IKE_P_KE && d->bytes.p[EXCHANGE] == IKE_X_MAIN &&
	    !(d->bytes.p[FLAGS] & IKE_F_ENCRYPTED))
		memset(bytes_of(d) + BODY, 0, 16);
	return (struct sim_fate){.drop = false};
}
/* In the middle of the hash, which is the first payload; all else can be read. */
static struct sim_fate quick_mode_changed(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)n;
	return (struct sim_fate){
	    .corrupt = from(sim, BETTY, d) && d->bytes.p[EXCHANGE] == IKE_X_QUICK ? IKE_HEADER_LEN + IKE_GENERIC_LEN + 2 : 0};
}

static void wrong_messages_are_named_when_nothing_better_comes(void)
{
	static const struct {
		struct sim_fate (*fate)(struct sim *, size_t, const struct ike_dgram *);
		enum ike_failure why;
	} rows[] = {
	    {only_the_first_answer, IKE_FAIL_TIMED_OUT}, {no_cookie, IKE_FAIL_INVALID_COOKIE},
	    {no_public_value, IKE_FAIL_DH_FAILURE}, {quick_mode_changed, IKE_FAIL_INVALID_HASH},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = begun(i + 1, rows[i].fate);

		sim_run(sim, DUR_S(100));
		told(sim, ANDY, IKE_EV_FAILED, rows[i].why);
		is_failure(sim, "the kernel", (int)sim->hosts[ANDY].acquire_why, rows[i].why);
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

/* --- what the peer says ------------------------------------------------------------------------------------ */

static struct sim_fate lost(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)sim, (void)n, (void)d;
	return (struct sim_fate){.drop = true};
}

/* Betty refuses quick mode in the words of others. */
static void notifies_become_names(void)
{
	static const uint8_t status[] = {0, 0, 0x36, 0x20}, unknown[] = {0xDE, 0xAD, 0xBE, 0xEF};
	static const struct {
		uint16_t type;
		const uint8_t *data;
		enum ike_failure why;
	} rows[] = {
	    {IKE_N_NO_PROPOSAL_CHOSEN, NULL, IKE_FAIL_POLICY_MATCH}, {IKE_N_ATTRIBUTES_NOT_SUPPORTED, NULL, IKE_FAIL_ATTRIB_FAIL},
	    {IKE_N_AUTHENTICATION_FAILED, NULL, IKE_FAIL_AUTH_FAIL}, {IKE_N_INVALID_ID_INFORMATION, NULL, IKE_FAIL_PROCESS_ERR_ID},
	    {IKE_N_INVALID_KEY_INFORMATION, NULL, IKE_FAIL_DH_FAILURE}, {IKE_N_INVALID_HASH_INFORMATION, NULL, IKE_FAIL_INVALID_HASH},
	    {IKE_N_INVALID_COOKIE, NULL, IKE_FAIL_INVALID_COOKIE}, {99, NULL, IKE_FAIL_ERROR},
	    {IKE_N_MS_STATUS, status, IKE_FAIL_ADD_UPDATE_KEY_FAILED - 4}, {IKE_N_MS_STATUS, unknown, IKE_FAIL_ERROR},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = begun(20 + i, NULL);

		sim_run(sim, DUR_S(10));
		sim->net.fate = lost;
		sim_acquire(sim, ANDY, BETTY); /* gets nowhere */
		sim->net.fate = NULL;
		info_notify(sim->hosts[BETTY].ike, main_mode(sim, BETTY), IKE_PROTO_ESP, rows[i].type, (struct span){NULL, 0},
		    rows[i].data ? span_of(rows[i].data, 4) : (struct span){NULL, 0});
		sim_drain(sim, BETTY);
		sim_run(sim, DUR_MS(500));
		told(sim, ANDY, IKE_EV_FAILED, rows[i].why);
		ok(sim_event(sim, ANDY, IKE_EV_FAILED)->at_peer);
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

/* Betty answers for other traffic than she was asked for: the identities that she sends back are those that came. */
static void other_identities_than_were_asked_for(void)
{
	static const uint8_t andy[] = {IKE_ID_IPV4_ADDR, 0, 0, 0, 10, 0, 0, 1};
	struct sim *sim = sim_new(39, NULL);
	uint8_t *at = NULL;

	sim_pair(sim);
	sim->hosts[BETTY].late_op = 2; /* her SPI: meanwhile the request lies there */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	RING_EACH(&sim->hosts[BETTY].ike->qms, r) {
		const struct blob *request = &OWNER(struct qm, all, r)->setup->request;

		at = memmem(request->p, request->n, andy, sizeof andy);
	}
	ok(at != NULL);
	if (at)
		at[7] = 9;
	sim_run(sim, DUR_S(5));
	told(sim, ANDY, IKE_EV_FAILED, IKE_FAIL_PROCESS_ERR_ID);
	ok(strstr(sim_event(sim, ANDY, IKE_EV_FAILED)->detail, "other identities") != NULL);
	is_int(sim_sas(sim, ANDY, true), 0);
	sim_free(sim);
}

/* --- what a peer leaves out under keys ---------------------------------------------------------------------- */

static struct ike_payload *public_value_in(struct ike_msg *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].type == IKE_P_KE)
			return &m->v[i];
	return NULL;
}
static void without_public_value(struct ike_msg *m)
{
	struct ike_payload *ke = public_value_in(m);

	if (!ke)
		return;
	m->n--;
	memmove(ke, ke + 1, (size_t)(m->v + m->n - ke) * sizeof *ke);
}
static void with_half_a_public_value(struct ike_msg *m)
{
	struct ike_payload *ke = public_value_in(m);

	if (ke)
		ke->u.data.n /= 2;
}
static void as_it_was(struct ike_msg *m)
{
	(void)m;
}

static void (*change_of_quick_mode)(struct ike_msg *m);
static struct span first_of_quick_mode(struct sim *sim, size_t from, const struct ike_dgram *d)
{
	bool first = d->bytes.p[EXCHANGE] == IKE_X_QUICK && from == sim->net.a && sim->net.b++ == 0;

	return first ? sim_rewritten(sim, from, 1 - from, d, change_of_quick_mode) : d->bytes;
}

static struct sim *with_pfs(uint64_t seed, size_t who, void (*change)(struct ike_msg *m))
{
	struct sim *sim = sim_new(seed, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, 1 - i);

		sim_qm(p)->pfs = 2;
		sim_profile(sim, i, p);
	}
	trace_on(sim);
	change_of_quick_mode = change;
	sim->net.a = who;
	sim->net.rewrite = first_of_quick_mode;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(5));
	return sim;
}

/* A message that was rewritten and not changed is as good as before: so what follows is the change's doing. */
static void a_rewritten_message_is_taken(void)
{
	for (size_t who = ANDY; who <= BETTY; who++) {
		struct sim *sim = with_pfs(80 + who, who, as_it_was);

		ok(sim->net.b > 0 && sim_packet(sim, ANDY, BETTY, 10));
		sim_check(sim);
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

/* A group was agreed on: each side names what is missing, or not of that group, and neither is left with an SPI. */
static void quick_modes_without_a_public_value(void)
{
	static const struct {
		size_t who; /* leaves it out; the other one refuses */
		void (*change)(struct ike_msg *m);
		enum ike_failure why;
		const char *detail;
	} rows[] = {
	    {ANDY, without_public_value, IKE_FAIL_PROCESS_ERR_KE, "a group was chosen, but no public value came"},
	    {BETTY, without_public_value, IKE_FAIL_PROCESS_ERR_KE, "a group was chosen, but no public value came"},
	    {ANDY, with_half_a_public_value, IKE_FAIL_DH_FAILURE, "64 bytes for group 2"},
	    {BETTY, with_half_a_public_value, IKE_FAIL_DH_FAILURE, "64 bytes for group 2"},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = with_pfs(82 + i, rows[i].who, rows[i].change);
		size_t other = 1 - rows[i].who;
		const struct sim_event *e = sim_event(sim, other, IKE_EV_FAILED);
		char line[128];

		told(sim, other, IKE_EV_FAILED, rows[i].why);
		ok(e && !e->at_peer && strcmp(e->detail, rows[i].detail) == 0);
		snprintf(line, sizeof line, "%s: %s", ike_failure_name(rows[i].why), rows[i].detail);
		ok(traced(sim, other, line));
		ok(sim->hosts[ANDY].acquired == 0 && sim->hosts[ANDY].acquire_why != IKE_OK);
		for (size_t h = ANDY; h <= BETTY; h++)
			is_int(sim_sas(sim, h, true) + sim_sas(sim, h, false) + sim_larval(sim, h), 0);
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_QM_KEY_ADDS) + sim_qstat(sim, BETTY, IKE_QSTAT_QM_KEY_ADDS), 0);
		sim_check(sim);
		ok(sim_ok(sim));
		/* The next attempt, of a peer that is as it should be, finds nothing in its way. */
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(5));
		ok(sim_packet(sim, ANDY, BETTY, 10));
		sim_free(sim);
	}
}

/* --- what we cannot do ------------------------------------------------------------------------------------- */

static struct crypto_dh *no_dh(void *ctx, uint16_t group, uint8_t *public_value)
{
	(void)ctx, (void)group, (void)public_value;
	return NULL;
}
static int no_hmac(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t n, struct secret *out)
{
	(void)ctx, (void)h, (void)key, (void)parts, (void)n, (void)out;
	return -1;
}

static void without_a_group(void)
{
	struct sim *sim = begun(40, NULL);

	sim->crypto.dh_new = no_dh;
	sim_run(sim, DUR_S(5));
	told(sim, ANDY, IKE_EV_FAILED, IKE_FAIL_DH_FAIL);
	ok(!sim_event(sim, ANDY, IKE_EV_FAILED)->at_peer);
	sim_free(sim);
}

static void when_the_keys_cannot_be_derived(void)
{
	struct sim *sim = sim_new(41, NULL);

	sim_pair(sim);
	sim->hosts[ANDY].late_op = 1; /* made, and on its way */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	sim->crypto.hmac = no_hmac;
	sim_run(sim, DUR_S(5));
	told(sim, ANDY, IKE_EV_FAILED, IKE_FAIL_ENCRYPT);
	sim_free(sim);
}

/* --- requests ----------------------------------------------------------------------------------------------- */

static void rules_without_a_method_that_can_be_offered(void)
{
	struct sim *sim = sim_new(50, NULL);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	sim_mm(p)->nauths = 0;
	sim_profile(sim, ANDY, p);
	sim_acquire(sim, ANDY, BETTY);
	told(sim, ANDY, IKE_EV_FAILED, IKE_FAIL_NO_MM_POLICY);
	is_failure(sim, "the kernel", (int)sim->hosts[ANDY].acquire_why, IKE_FAIL_NO_MM_POLICY);
	sim_free(sim);
}

static void more_requests_than_are_worked_on(void)
{
	struct sim *sim = sim_new(51, NULL);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
	sim_profile(sim, ANDY, p);
	c.u.acquire.reqid = 16;
	c.u.acquire.local = sim->hosts[ANDY].ip;
	for (uint32_t i = 0; i <= ACQUIRES_MAX; i++) {
		c.u.acquire.acquire = i + 1;
		c.u.acquire.remote = (struct ip){IP_V4, {10, 9, (uint8_t)(i >> 8), (uint8_t)i}};
		c.u.acquire.sel = (struct ike_selector){.local = {c.u.acquire.local, 32}, .remote = {c.u.acquire.remote, 32}};
		sim->hosts[ANDY].acquired++;
		sim_command(sim, ANDY, &c);
		is_int(sim->hosts[ANDY].acquired, i < ACQUIRES_MAX ? i + 1 : ACQUIRES_MAX);
	}
	is_failure(sim, "the last", (int)sim->hosts[ANDY].acquire_why, IKE_FAIL_MM_ACQUIRE_DROP);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ACTIVE_ACQUIRE), ACQUIRES_MAX);
	sim_free(sim);
}

/* --- ends ----------------------------------------------------------------------------------------------------- */

static void short_main_mode(struct ike_profile *p) { sim_mm(p)->life_s = 400; }
static void short_idle(struct ike_profile *p) { p->idle_s = 60; }

static struct sim *up(uint64_t seed, void (*change)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, i == ANDY ? BETTY : ANDY);

		if (change)
			change(p);
		sim_profile(sim, i, p);
	}
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(5));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	return sim;
}

static void the_hard_end(struct sim *sim, size_t host)
{
	struct ike_cmd c = {.kind = IKE_CMD_EXPIRE, .u.expire.why = IKE_FAIL_QM_EXPIRED};

	for (size_t i = 0; i < SIM_SAS; i++) {
		if (sim->hosts[host].sas[i].used && sim->hosts[host].sas[i].sa.outbound)
			c.u.expire.sa = sim->hosts[host].sas[i].sa.id;
	}
	sim_command(sim, host, &c);
	sim_run(sim, DUR_S(5));
}

/* The hard end comes to either host, and both have an end of it. */
static void ends_have_names(void)
{
	for (size_t host = ANDY; host <= BETTY; host++) {
		struct sim *sim = up(60 + host, NULL);

		the_hard_end(sim, host);
		told(sim, host, IKE_EV_QM_DOWN, IKE_FAIL_QM_EXPIRED);
		told(sim, host == ANDY ? BETTY : ANDY, IKE_EV_QM_DOWN, IKE_FAIL_SA_DELETED);
		sim_check(sim);
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

static void administrators_and_the_end_of_the_service(void)
{
	struct sim *sim = up(62, NULL);

	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	told(sim, ANDY, IKE_EV_QM_DOWN, IKE_FAIL_RPC_DELETE);
	told(sim, ANDY, IKE_EV_MM_DOWN, IKE_FAIL_RPC_DELETE);
	sim_free(sim);
	sim = up(63, NULL);
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_SHUTDOWN});
	told(sim, ANDY, IKE_EV_QM_DOWN, IKE_FAIL_SHUTTING_DOWN);
	told(sim, ANDY, IKE_EV_MM_DOWN, IKE_FAIL_SHUTTING_DOWN);
	sim_acquire(sim, ANDY, BETTY);
	is_failure(sim, "the kernel", (int)sim->hosts[ANDY].acquire_why, IKE_FAIL_SHUTTING_DOWN);
	sim_free(sim);
}

/* Nobody needs it any more, so it is not renewed. */
static void main_modes_expire_and_idle_quick_modes_are_reaped(void)
{
	struct sim *sim = up(64, short_main_mode);

	sim_run(sim, DUR_S(380));
	ok(sim_event(sim, ANDY, IKE_EV_MM_DOWN) == NULL);
	told(sim, ANDY, IKE_EV_QM_DOWN, IKE_FAIL_SA_REAPED);
	sim_run(sim, DUR_S(30));
	told(sim, BETTY, IKE_EV_MM_DOWN, IKE_FAIL_MM_EXPIRED); /* she did not begin it, so she is the first to end it */
	told(sim, ANDY, IKE_EV_MM_DOWN, IKE_FAIL_SA_DELETED);
	sim_free(sim);
	sim = up(65, short_idle);
	sim_run(sim, DUR_S(100));
	told(sim, ANDY, IKE_EV_QM_DOWN, IKE_FAIL_SA_REAPED);
	told(sim, BETTY, IKE_EV_QM_DOWN, IKE_FAIL_SA_DELETED);
	sim_free(sim);
}

/* --- in the trace ------------------------------------------------------------------------------------------------ */

static void strangers_are_named_in_the_trace(void)
{
	struct sim *sim = sim_new(70, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, CAROL);

	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_profile(sim, BETTY, p); /* which speaks of carol alone */
	trace_on(sim);
	sim_acquire(sim, ANDY, BETTY);
	ike_input(sim->hosts[BETTY].ike, sim->now, &(struct ike_dgram){.local = {sim->hosts[BETTY].ip, 500},
	    .remote = {sim->hosts[ANDY].ip, 500}, .bytes = span_of("rubbish", 7)});
	sim_run(sim, DUR_S(1));
	ok(traced(sim, BETTY, "NO_MM_POLICY: no rule speaks of this peer"));
	ok(traced(sim, BETTY, "from 10.0.0.1 port 500: message at 7: shorter than a header (INVALID_HEADER 13824)"));
	ok(traced(sim, ANDY, "NO-PROPOSAL-CHOSEN"));
	sim_free(sim);
}

static struct sim_fate carol_hears_nothing(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)n;
	return (struct sim_fate){.drop = ip_eq(&d->remote.ip, &sim->hosts[CAROL].ip)};
}

static void cookies_are_named_in_the_trace(void)
{
	struct sim *sim = sim_new(71, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->half_open_on = 0; /* the second one has to prove its address */
	p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_profile(sim, CAROL, sim_make_profile(sim, CAROL, BETTY));
	sim_profile(sim, BETTY, p);
	trace_on(sim);
	sim->net.fate = carol_hears_nothing;
	sim_acquire(sim, CAROL, BETTY);
	sim_run(sim, DUR_S(1));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	ok(traced(sim, ANDY, "DOS_COOKIE_SENT: the peer asks us to prove our address"));
	sim_free(sim);
}

static const struct tap_case cases[] = {
    {"wrong messages are named, when nothing better comes", wrong_messages_are_named_when_nothing_better_comes},
    {"notifies become names", notifies_become_names},
    {"other identities than were asked for", other_identities_than_were_asked_for},
    {"a rewritten message is taken", a_rewritten_message_is_taken},
    {"quick modes without a public value", quick_modes_without_a_public_value},
    {"without a group", without_a_group},
    {"when the keys cannot be derived", when_the_keys_cannot_be_derived},
    {"rules without a method that can be offered", rules_without_a_method_that_can_be_offered},
    {"more requests than are worked on", more_requests_than_are_worked_on},
    {"ends have names: the hard end of either host", ends_have_names},
    {"ends have names: administrators, and the end of the service", administrators_and_the_end_of_the_service},
    {"ends have names: of main modes, and of idle quick modes", main_modes_expire_and_idle_quick_modes_are_reaped},
    {"the trace names strangers, and what is no message", strangers_are_named_in_the_trace},
    {"the trace names cookies", cookies_are_named_in_the_trace},
};
TAP_MAIN(cases)
