/* What IKE asks of *kernel*: a scripted IKE, the fake kernel, and packets that meet what was granted. */
#include "tests/unit/sas_bed.h"

#include "common/base/banned.h"

/* --- associations -------------------------------------------------------------------------------------------------- */

static void a_pair_comes_and_goes(void)
{
	struct ikc_msg unknown;
	struct ikc_result r;
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	is_int(associations(), 2);
	is_int(granted_policies(), 0); /* the plan's own is of that kind */
	r = say(IKC_SA_QUERY, (struct ikc_msg){.u.sa_id = p.out});
	ok(r.ok && r.bytes == 0x5555 && r.packets == 1);
	unknown = (struct ikc_msg){.u.sa_id = p.out};
	unknown.u.sa_id.spi++;
	ok(!say(IKC_SA_QUERY, unknown).ok);
	del(&p);
	is_int(associations(), 0);
	is_int(sas_count(s), 0);
	ok(!is_owed(&p.out)); /* IKE knows */
	stop();
}

static void what_is_not_granted_is_not_done(void)
{
	struct ikc_msg m;
	struct ikc_result r;

	start();
	m = ask_spi(0);
	m.u.get_spi.reqid++;
	ok(!say(IKC_GET_SPI, m).ok);
	m = association(0, true, 0x777);
	m.u.sa.sel.remote = (struct ip_prefix){ip("10.0.0.0"), 8};
	ok(!say(IKC_SA_ADD, m).ok);
	m = association(0, false, 0x777); /* an SPI that nobody reserved */
	ok(!say(IKC_SA_ADD, m).ok);
	is_int(associations(), 0);
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_GET_SPI, ask_spi(0)).ok);
	r = say(IKC_GET_SPI, ask_spi(0));
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_SA_ADD, association(0, false, r.spi)).ok);
	ok(say(IKC_SA_ADD, association(0, false, r.spi)).ok); /* the SPI is still its own */
	is_int(sas_refused(s), 5);
	nheard = 0;
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = {.dst = ip("10.0.0.9"), .spi = 1}});
	is_int(nheard, 0);
	stop();
}

/* The kernel wants exactly a policy's templates: AH needs one of its own, as long as it lives. */
static void another_kind_brings_its_policy(void)
{
	struct fake_packet p = {.out = true, .family = IP_V4, .src = ip("10.0.0.1"), .dst = ip("10.0.0.9"), .protocol = PROTO_TCP,
	    .sport = 40000, .dport = 23, .hop_limit = 64, .iface = "eth0", .have_sa = PROTECT_AH};
	struct two a, b;

	start();
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_DROPPED);
	a = negotiate(1, 0x6666);
	is_int(granted_policies(), 2);
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_PROTECTED);
	p.dst = ip("10.0.0.8"); /* of others the plan's policy holds */
	is_int(fake_verdict(kernel_fake_state(k), &p), FAKE_DROPPED);
	b = negotiate(1, 0x6667);
	is_int(granted_policies(), 2);
	del(&a);
	is_int(granted_policies(), 2);
	is_int(enforce(), 0); /* a scan and a diff do not see them */
	is_int(granted_policies(), 2);
	del(&b);
	is_int(granted_policies(), 0);
	sad_fake_refuse(sad, 0);
	stop();
}

static void a_policy_that_cannot_be_put_up_is_no_association(void)
{
	struct ikc_msg m;

	start();
	m = association(1, true, 0x888);
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_SA_ADD, m).ok);
	is_int(associations(), 0);
	is_int(granted_policies(), 0);
	ok(say(IKC_SA_ADD, m).ok);
	stop();
}

static void a_peer_behind_a_nat_moves(void)
{
	struct ikc_msg m, v;
	struct ike_end here = {ip("10.0.0.1"), 4500}, there = {ip("10.0.0.9"), 1024};
	struct kernel_sa_sums sums;
	struct ikc_result r;
	struct err e = {0};
	size_t n;

	start();
	r = say(IKC_GET_SPI, ask_spi(0));
	m = association(0, false, r.spi);
	m.u.sa.udp_encap = true;
	m.u.sa.encap_sport = 4500;
	m.u.sa.encap_dport = 4500;
	ok(say(IKC_SA_ADD, m).ok);
	v = (struct ikc_msg){.type = IKC_SA_MOVE, .u.move = {m.u.sa.id, here, there}};
	sad_fake_carry(sad, &m.u.sa.id, &(struct sad_usage){.bytes = 100});
	sas_take(s, &v);
	is_int(kernel_sa_sums(k, &sums, &e), 0);
	is_int(sums.v[KERNEL_SUM_RECEIVED], 100); /* before; the kernel counts anew */
	is_int(sad_fake_sas(sad, &n)->encap_sport, 1024);
	is_int(n, 1);
	v.u.move.remote.port = 1025;
	sad_fake_refuse(sad, 1); /* it went, and did not come back */
	sas_take(s, &v);
	is_int(associations(), 0);
	is_int(sas_count(s), 0);
	is_int(why_ended(&m.u.sa.id), IKE_FAIL_ADD_UPDATE_KEY_FAILED);
	stop();
}

/* --- what the kernel tells ------------------------------------------------------------------------------------------- */

static void only_events_of_what_is_ours_are_passed_on(void)
{
	struct ike_sa_id strange = {ip("10.0.0.9"), ip("10.0.0.1"), IKE_PROTO_ESP, 0x1234};
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	event(SAD_ACQUIRE, NULL, false, PLAN_REQID_BASE + 1);
	ok(nheard == 1 && heard[0].type == IKC_ACQUIRE);
	event(SAD_ACQUIRE, NULL, false, 17);
	is_int(nheard, 0);
	event(SAD_EXPIRE, &p.out, false, 0);
	ok(nheard == 1 && heard[0].type == IKC_EXPIRE && heard[0].u.cmd.u.expire.why == IKE_OK);
	event(SAD_MAPPING, &p.in, false, 0);
	ok(nheard == 1 && heard[0].type == IKC_MAPPING);
	event(SAD_EXPIRE, &strange, true, 0);
	event(SAD_MAPPING, &strange, false, 0);
	event(SAD_GONE, &strange, false, 0);
	ok(nheard == 0 && !is_owed(&strange));
	event(SAD_EXPIRE, &p.out, true, 0);
	is_int(why_ended(&p.out), IKE_FAIL_QM_EXPIRED);
	event(SAD_GONE, &p.in, false, 0);
	is_int(why_ended(&p.in), IKE_FAIL_RPC_DELETE);
	is_int(sas_count(s), 0);
	stop();
}

/* The policy by which request N waits is N + 1000. */
static void acquire(uint32_t number)
{
	struct sad_event ev = {.kind = SAD_ACQUIRE, .reqid = PLAN_REQID_BASE + 1, .policy = number + 1000,
	    .cmd = {.kind = IKE_CMD_ACQUIRE}};

	ev.cmd.u.acquire.acquire = number;
	sad_fake_event(sad, &ev);
	sas_events(s);
}

static void acquire_done(uint32_t number, enum ike_failure why)
{
	sas_take(s, &(struct ikc_msg){.type = IKC_ACQUIRE_DONE, .u.acquire_done = {.acquire = number, .why = why}});
}

static void what_waited_for_keys_goes_when_they_are_there(void)
{
	struct ikc_msg m;

	start();
	acquire(7);
	acquire_done(7, IKE_FAIL_TIMED_OUT);
	acquire_done(8, IKE_OK); /* which the kernel never asked */
	is_int(sad_fake_released(sad), 0);
	acquire(8);
	acquire_done(8, IKE_OK);
	is_int(sad_fake_released(sad), 1008);
	acquire(9);
	acquire_done(9, IKE_FAIL_LOAD_SOFT_SA);
	is_int(sad_fake_released(sad), 1009);
	acquire(10);
	acquire(11);
	m = association(0, true, 0x1010);
	m.u.sa.acquire = 10;
	sad_fake_refuse(sad, 1);
	ok(!say(IKC_SA_ADD, m).ok);
	is_int(sad_fake_released(sad), 1009);
	ok(say(IKC_SA_ADD, m).ok); /* by itself: IKE need not be waited for */
	is_int(sad_fake_released(sad), 1010);
	acquire_done(11, IKE_OK);
	acquire_done(10, IKE_OK); /* nothing is let go twice */
	is_int(sad_fake_released(sad), 1011);
	is_int(sas_refused(s), 1);
	stop();
}

static void what_came_to_nothing_is_asked_again_after_a_pause(void)
{
	start();
	is_int(sas_wait_ms(s), -1);
	acquire(7);
	acquire_done(7, IKE_FAIL_POLICY_MATCH);
	is_int(sas_wait_ms(s), 5000);
	sad_fake_pass(sad, DUR_MS(4999));
	sas_tick(s);
	is_int(sad_fake_forgotten(sad), 0);
	is_int(sas_wait_ms(s), 1);
	sad_fake_pass(sad, DUR_MS(3));
	is_int(sas_wait_ms(s), 0);
	sas_tick(s);
	is_int(sad_fake_forgotten(sad), 7);
	is_int(sas_wait_ms(s), -1);
	stop();
}

/* The kernel's requests as IKE hears them when it comes. */
static size_t asked_when_it_comes(uint32_t *first)
{
	struct ikc_msg m;
	size_t n = 0;

	sas_connected(s, false);
	sas_connected(s, true);
	for (; sas_owes(s, &m); sas_told(s))
		if (m.type == IKC_ACQUIRE && n++ == 0)
			*first = m.u.cmd.u.acquire.acquire;
	return n;
}

static void what_nobody_answered_is_asked_of_the_next_ike(void)
{
	uint32_t first = 0;

	start();
	sas_connected(s, false);
	acquire(5);
	ok(asked_when_it_comes(&first) == 1 && first == 5);
	acquire(6);
	acquire_done(5, IKE_OK);
	acquire_done(6, IKE_FAIL_TIMED_OUT); /* another daemon may do better */
	ok(asked_when_it_comes(&first) == 1 && first == 6);
	stop();
}

/* A reserved SPI that gets no keys expires too; IKE gave it up long before. */
static void a_reservation_ends_in_silence(void)
{
	struct ike_sa_id id;
	struct ikc_msg m;
	struct ikc_result r;

	start();
	r = say(IKC_GET_SPI, ask_spi(0));
	m = association(0, false, r.spi);
	id = m.u.sa.id;
	event(SAD_EXPIRE, &id, true, 0);
	ok(nheard == 0 && !is_owed(&id));
	is_int(sas_count(s), 0);
	stop();
}

static void a_flush_is_noticed(void)
{
	struct two p, q;

	start();
	p = negotiate(0, 0x5555);
	q = negotiate(1, 0x6666);
	sad_fake_drop(sad, &p.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	is_int(why_ended(&p.out), IKE_FAIL_RPC_DELETE);
	is_int(sas_count(s), 3);
	sad_fake_drop(sad, &q.in);
	sad_fake_drop(sad, &q.out);
	event(SAD_SAS_LOST, NULL, false, 0);
	is_int(granted_policies(), 0);
	is_int(sas_count(s), 1);
	stop();
}

static void flushed_policies_come_back(void)
{
	struct kstate empty = {.table = KTABLE_OURS};

	start();
	negotiate(1, 0x6666);
	kernel_fake_set(k, &empty);
	is_int(granted_policies(), 0);
	event(SAD_POLICIES_LOST, NULL, false, 0);
	is_int(granted_policies(), 2);
	stop();
}

/* --- begin, end, another plan --------------------------------------------------------------------------------------- */

static void what_was_granted_stays_while_ike_is_away(void)
{
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	sas_connected(s, false);
	is_int(associations(), 2);
	event(SAD_ACQUIRE, NULL, false, PLAN_REQID_BASE + 1);
	is_int(nheard, 0); /* nobody is there */
	event(SAD_EXPIRE, &p.out, true, 0);
	sas_connected(s, true);
	ok(is_owed(&p.out));
	is_int(sas_count(s), 1);
	stop();
}

static void what_nobody_granted_goes_when_ike_comes(void)
{
	struct ikc_msg old;
	struct two p;

	start();
	p = negotiate(0, 0x5555);
	old = association(0, true, 0x999);
	sad_fake_put(sad, &old.u.sa);
	sas_connected(s, false);
	is_int(associations(), 3);
	sas_connected(s, true);
	is_int(associations(), 2);
	is_int(why_ended(&old.u.sa.id), IKE_FAIL_BENIGN_REINIT);
	ok(!is_owed(&p.out));
	stop();
}

static void another_plan_ends_what_it_does_not_allow(void)
{
	struct two p, q;

	start();
	p = negotiate(0, 0x5555);
	q = negotiate(1, 0x6666);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1]:100000k/3600s");
	is_int(enforce(), 0);
	ok(is_owed(&q.out) && !is_owed(&p.out));
	is_int(associations(), 2);
	is_int(granted_policies(), 0);
	w.rules[0].active = false;
	is_int(enforce(), 0);
	is_int(associations(), 0);
	is_int(why_ended(&p.out), IKE_FAIL_POLICY_CHANGE);
	stop();
}

/* --- in clear ---------------------------------------------------------------------------------------------------------- */

static enum fake_fate fate(bool out, uint8_t protocol, const char *peer)
{
	struct fake_packet p = {.out = out, .family = IP_V4, .src = out ? ip("10.0.0.1") : ip(peer),
	    .dst = out ? ip(peer) : ip("10.0.0.1"), .protocol = protocol, .sport = 40000, .dport = 40001, .hop_limit = 64,
	    .iface = "eth0"};

	return fake_verdict(kernel_fake_state(k), &p);
}

static struct ikc_msg soft(uint64_t id)
{
	const struct ike_rule *r = rule_to(4, "10.7.0.7");

	return (struct ikc_msg){.u.soft = {.id = id, .sel = r->sel, .reqid = r->reqid, .life = DUR_S(60)}};
}

static void is_open(bool want)
{
	is_int(fate(true, PROTO_UDP, "10.7.0.7") == FAKE_CLEAR, want);
	is_int(fate(false, PROTO_UDP, "10.7.0.7") == FAKE_CLEAR, want);
	/* Never: another rule between the same two, and another host of the same rule's kind. */
	is_int(fate(true, PROTO_TCP, "10.7.0.7"), FAKE_DROPPED);
	is_int(fate(false, PROTO_TCP, "10.7.0.7"), FAKE_DROPPED);
	is_int(fate(true, PROTO_TCP, "10.0.0.9"), FAKE_DROPPED);
}

static void clear_traffic_is_of_that_pair_and_rule_only(void)
{
	struct ikc_result r;

	start();
	is_open(false);
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_open(true);
	is_int(granted_policies(), 2);
	r = say(IKC_SOFT_QUERY, soft(1));
	ok(r.ok && r.packets == 7 && !mono_is_never(r.last_use));
	ok(!say(IKC_SOFT_ADD, soft(1)).ok);
	sas_take(s, &(struct ikc_msg){.type = IKC_SOFT_DEL, .u.soft = soft(1).u.soft});
	is_open(false);
	is_int(granted_policies(), 0);
	ok(!say(IKC_SOFT_QUERY, soft(1)).ok);
	for (size_t refuse = 1; refuse <= 1; refuse++) {
		sad_fake_refuse(sad, refuse);
		ok(!say(IKC_SOFT_ADD, soft(2)).ok);
		is_open(false);
		is_int(granted_policies(), 0);
	}
	stop();
}

static void clear_traffic_outlives_a_new_table_and_ends_in_time(void)
{
	struct kernel_report rep;
	struct kstate now;
	struct err e = {0};
	struct ops o;
	struct plan nothing = {0};

	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_int(kernel_scan(k, &now, &e), 0);
	is_int(plan_diff(&nothing, &now, &o, &e), 0);
	is_int(kernel_apply(k, &o, &now, &rep, &e), 0); /* somebody removed all of ours, and it is put up again */
	ops_free(&o);
	kstate_free(&now);
	is_int(enforce(), 0);
	is_open(true);
	sad_fake_pass(sad, DUR_S(60));
	event(SAD_POLICIES_LOST, NULL, false, 0); /* the kernel ended its policies */
	is_open(false);
	is_int(granted_policies(), 0);
	ok(!say(IKC_SOFT_QUERY, soft(1)).ok);
	stop();
}

/* Between two plans, and while all policies are gone, nftables alone forbids: no pair is excepted then. */
static void while_policies_change_nothing_is_in_clear(void)
{
	struct sad_event flush = {.kind = SAD_POLICIES_LOST, .flush = true};
	struct err e = {0};

	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	is_int(kernel_hold(k, &e), 0);
	is_open(false);
	ok(say(IKC_SOFT_ADD, soft(2)).ok); /* which waits as well */
	sas_soft_anew(s);
	is_open(false);
	is_int(enforce(), 0);
	is_open(true);
	sad_fake_event(sad, &flush);
	sas_events(s);
	is_open(false);
	is_int(enforce(), 0);
	is_open(true);
	w.rules[0].active = false; /* a change that fails half-way */
	kernel_fake_fault(k, FAKE_FAULT_DIE, 0);
	plan_fails();
	is_int(fate(true, PROTO_UDP, "10.7.0.7"), FAKE_DROPPED);
	stop();
}

static void another_plan_ends_clear_traffic(void)
{
	start();
	ok(say(IKC_SOFT_ADD, soft(1)).ok);
	w.actions[3].soft = false;
	is_int(enforce(), 0);
	is_open(false);
	is_int(granted_policies(), 0);
	stop();
}

static const struct tap_case cases[] = {
    {"a pair comes and goes", a_pair_comes_and_goes},
    {"what waited for keys goes when they are there, or when it may go in clear", what_waited_for_keys_goes_when_they_are_there},
    {"what is not granted is not done", what_is_not_granted_is_not_done},
    {"another kind brings its policy", another_kind_brings_its_policy},
    {"a policy that cannot be put up is no association", a_policy_that_cannot_be_put_up_is_no_association},
    {"a peer behind a NAT moves", a_peer_behind_a_nat_moves},
    {"only events of what is ours are passed on", only_events_of_what_is_ours_are_passed_on},
    {"what came to nothing is asked again after a pause", what_came_to_nothing_is_asked_again_after_a_pause},
    {"what nobody answered is asked of the next IKE", what_nobody_answered_is_asked_of_the_next_ike},
    {"a reservation ends in silence", a_reservation_ends_in_silence},
    {"a flush is noticed", a_flush_is_noticed},
    {"flushed policies come back", flushed_policies_come_back},
    {"what was granted stays while IKE is away", what_was_granted_stays_while_ike_is_away},
    {"what nobody granted goes when IKE comes", what_nobody_granted_goes_when_ike_comes},
    {"another plan ends what it does not allow", another_plan_ends_what_it_does_not_allow},
    {"clear traffic is of that pair and rule only", clear_traffic_is_of_that_pair_and_rule_only},
    {"clear traffic outlives a new table and ends in time", clear_traffic_outlives_a_new_table_and_ends_in_time},
    {"while policies change nothing is in clear", while_policies_change_nothing_is_in_clear},
    {"another plan ends clear traffic", another_plan_ends_clear_traffic},
};
TAP_MAIN(cases)
