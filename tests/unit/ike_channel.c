/* The channel between IKE and the enforcer: round trips of every message, and everything that must be refused. */
#include "ike/channel/channel.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/unit/golden_bytes.h"
#include "tests/unit/ike_channel_samples.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { ANYBODY = IKC_NET | IKC_ENFORCER };

static struct ikc_msg m, got;
static uint8_t bytes[IKC_MSG_MAX + 1], again[IKC_MSG_MAX];

/* Encodes the sample of that type into `bytes`. */
static size_t encoded(uint16_t type)
{
	channel_sample(type, &m);
	return ikc_encode(&m, bytes);
}

static int decode(size_t n, unsigned from)
{
	struct err e = {0};
	int rc = ikc_decode(bytes, n, from, &got, &e);

	ok(rc == 0 || e.id == IPC_BAD);
	return rc;
}

static void every_message_comes_back_as_it_was(void)
{
	for (size_t i = 0; i < N_OF(channel_types); i++) {
		size_t n = encoded(channel_types[i]);

		is_int(decode(n, ikc_type_from(channel_types[i])), 0);
		is_int(got.type, channel_types[i]);
		is_int(got.seq, 0xA1B2C3D4);
		is_int(ikc_encode(&got, again), n);
		ok(memcmp(again, bytes, n) == 0);
		ok(n > IKC_HEAD_BYTES || !channel_has_body(channel_types[i]));
	}
}

static void every_message_has_the_bytes_of_a_file(void)
{
	for (size_t i = 0; i < N_OF(channel_types); i++) {
		size_t n = encoded(channel_types[i]);
		char name[32];

		snprintf(name, sizeof name, "type-%u", channel_types[i]);
		golden_is("tests/unit/data/ike-channel-bytes.txt", name, bytes, n);
	}
}

/* What put and get both forgot would come back as zero: each field of the two messages that decide is compared. */
static void no_field_of_an_association_is_lost(void)
{
	const struct ike_sa *x = &m.u.sa, *y = &got.u.sa;

	is_int(decode(encoded(IKC_SA_ADD), ANYBODY), 0);
	ok(ip_eq(&y->id.src, &x->id.src) && ip_eq(&y->id.dst, &x->id.dst) && y->id.spi == x->id.spi);
	ok(y->id.protocol == x->id.protocol && y->outbound && y->bundle && y->tunnel && y->udp_encap);
	ok(y->reqid == x->reqid && y->rule == x->rule && y->filter == x->filter && ike_selector_eq(&y->sel, &x->sel));
	ok(y->cipher == x->cipher && y->hash == x->hash && y->enc_key_len == 32 && y->auth_key_len == 64);
	ok(memcmp(y->key, x->key, sizeof y->key) == 0 && y->replay_window == x->replay_window);
	ok(y->soft_s == x->soft_s && y->hard_s == x->hard_s && y->soft_bytes == x->soft_bytes);
	ok(y->hard_bytes == x->hard_bytes && y->encap_sport == x->encap_sport && y->encap_dport == x->encap_dport);
	ok(ip_eq(&y->original, &x->original));
}

static void no_field_of_a_rule_is_lost(void)
{
	is_int(decode(encoded(IKC_RULES), ANYBODY), 0);
	is_int(got.u.rules.n, m.u.rules.n);
	for (size_t i = 0; i < m.u.rules.n; i++) {
		const struct ike_rule *x = &m.u.rules.v[i].rule, *y = &got.u.rules.v[i].rule;

		ok(x->reqid == y->reqid && x->rule == y->rule && x->filter == y->filter && ike_selector_eq(&x->sel, &y->sel));
		ok(x->tunnel == y->tunnel && x->inpass == y->inpass && x->soft == y->soft);
		ok(ip_eq(&x->tunnel_local, &y->tunnel_local) && ip_eq(&x->tunnel_remote, &y->tunnel_remote));
		ok(m.u.rules.v[i].mm == got.u.rules.v[i].mm && m.u.rules.v[i].qm == got.u.rules.v[i].qm);
	}
}

static void an_event_points_into_its_message(void)
{
	is_int(decode(encoded(IKC_EVENT), ANYBODY), 0);
	ok(got.u.event.event.sel == &got.u.event.sel && got.u.event.event.detail == got.u.event.detail);
	is_str(got.u.event.detail, m.u.event.detail);
}

static void nothing_shorter_or_longer_is_taken(void)
{
	for (size_t i = 0; i < N_OF(channel_types); i++) {
		size_t n = encoded(channel_types[i]);

		for (size_t k = 0; k < n; k++)
			ok(decode(k, ANYBODY) == -1);
		bytes[n] = 0;
		ok(decode(n + 1, ANYBODY) == -1);
		/* ... not even when the header agrees. */
		bytes[10] = (uint8_t)((n + 1 - IKC_HEAD_BYTES) >> 8);
		bytes[11] = (uint8_t)(n + 1 - IKC_HEAD_BYTES);
		ok(decode(n + 1, ANYBODY) == -1);
	}
}

static void nobody_may_say_what_is_anothers(void)
{
	static const unsigned parties[] = {IKC_NET, IKC_POLICY, IKC_KERNEL};

	for (size_t i = 0; i < N_OF(channel_types); i++) {
		size_t n = encoded(channel_types[i]);

		for (size_t k = 0; k < N_OF(parties); k++)
			ok((decode(n, parties[k]) == 0) == (ikc_type_from(channel_types[i]) == parties[k]));
	}
}

static void a_wrong_head_is_refused(void)
{
	static const struct {
		size_t at;
		uint8_t x;
	} rows[] = {{0, 0xFF}, {3, 1}, {5, 3}, {6, 0x80}, {7, 0x80}, {8, 1}, {11, 1}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		size_t n = encoded(IKC_LIST);

		bytes[rows[i].at] ^= rows[i].x;
		ok(decode(n, ANYBODY) == -1);
	}
	ok(!ikc_type_name(0) && !ikc_type_from(11));
	is_str(ikc_type_name(IKC_SA_ADD), "SA_ADD");
}

/* Changes the sample before it is encoded. */
static void spoil_cipher(struct ikc_msg *x) { x->u.sa.cipher = IKE_ENCS; }
static void spoil_hash(struct ikc_msg *x) { x->u.sa.hash = CRYPTO_HASHES; }
static void spoil_protocol(struct ikc_msg *x) { x->u.sa.id.protocol = IKE_PROTO_ISAKMP; }
static void spoil_plen(struct ikc_msg *x) { x->u.sa.sel.local.plen = 129; }
static void spoil_bits(struct ikc_msg *x) { x->u.sa.sel.remote.plen = 8; }
static void spoil_family(struct ikc_msg *x) { x->u.sa.sel.remote = channel_sel().remote; }
static void spoil_ends(struct ikc_msg *x) { x->u.sa.id.src = channel_ip("::1"); }
static void spoil_count(struct ikc_msg *x) { x->u.qmsas.n = 0; x->u.qmsas.more = true; }
static void spoil_order(struct ikc_msg *x) { x->u.mmsas.v[3].id = x->u.mmsas.v[2].id; }
static void spoil_rules(struct ikc_msg *x) { x->u.rules.n = 0; }
static void spoil_tunnel(struct ikc_msg *x) { x->u.rules.v[1].rule.tunnel_local = channel_ip("::1"); }

static void values_out_of_range_are_refused(void)
{
	static const struct {
		uint16_t type;
		void (*spoil)(struct ikc_msg *x);
	} rows[] = {{IKC_SA_ADD, spoil_cipher}, {IKC_SA_ADD, spoil_hash}, {IKC_SA_ADD, spoil_protocol},
	    {IKC_SA_ADD, spoil_plen}, {IKC_SA_ADD, spoil_bits}, {IKC_SA_ADD, spoil_family}, {IKC_SA_ADD, spoil_ends},
	    {IKC_QMSAS, spoil_count}, {IKC_MMSAS, spoil_order}, {IKC_RULES, spoil_rules}, {IKC_RULES, spoil_tunnel}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		channel_sample(rows[i].type, &m);
		rows[i].spoil(&m);
		ok(decode(ikc_encode(&m, bytes), ANYBODY) == -1);
	}
}

static void a_key_longer_than_its_place_is_refused(void)
{
	size_t n = encoded(IKC_SA_ADD), lengths = n - 96 - 2;

	is_int(bytes[lengths], 32);
	is_int(bytes[lengths + 1], 64);
	bytes[lengths] = 255;
	bytes[lengths + 1] = 255;
	ok(decode(n, ANYBODY) == -1);
	/* Whatever it held is gone: a message that was refused keeps no key. */
	for (size_t i = 0; i < sizeof got; i++)
		ok(((const uint8_t *)&got)[i] == 0);
}

/* --- actions --------------------------------------------------------------------------------------------------- */

static void actions_become_messages(void)
{
	struct ike_selector sel = channel_sel();
	struct ike_action a = {.kind = IKE_DO_EVENT, .op = 0};
	struct ike_sa sa = {.reqid = 5};

	a.u.event = (struct ike_event){.kind = IKE_EV_QM_UP, .sel = &sel, .detail = "x"};
	ok(ikc_from_action(&a, &m) && m.type == IKC_EVENT && m.u.event.event.sel == &m.u.event.sel);
	a = (struct ike_action){.kind = IKE_DO_SA_ADD, .op = 9, .u.sa = &sa};
	ok(ikc_from_action(&a, &m) && m.type == IKC_SA_ADD && m.seq == 9 && m.u.sa.reqid == 5);
	a = (struct ike_action){.kind = IKE_DO_SOFT_ADD, .op = 10, .u.soft = {3, sel, 7, DUR_S(2)}};
	ok(ikc_from_action(&a, &m) && m.type == IKC_SOFT_ADD && m.u.soft.id == 3 && m.u.soft.life.ms == 2000);
	a = (struct ike_action){.kind = IKE_DO_GET_SPI, .op = 11, .u.get_spi = {.reqid = 8, .acquire = 2}};
	ok(ikc_from_action(&a, &m) && m.type == IKC_GET_SPI && m.u.get_spi.reqid == 8 && m.u.get_spi.acquire == 2);
	a.kind = IKE_DO_SEND;
	ok(!ikc_from_action(&a, &m));
	a.kind = IKE_DO_PSK_PRF;
	ok(!ikc_from_action(&a, &m));
}

static void results_become_answers(void)
{
	struct ikc_result r = {true, 77, 5, 6, {7}};

	is_int(ikc_to_result(&r, IKE_DO_GET_SPI).u.spi, 77);
	is_int(ikc_to_result(&r, IKE_DO_SA_QUERY).u.usage.packets, 6);
	is_int(ikc_to_result(&r, IKE_DO_SA_QUERY).u.usage.last_use.ms, 7);
}

/* --- profiles -------------------------------------------------------------------------------------------------- */

enum { POLICIES = 3 };

static struct ike_profile *a_profile(size_t nrules)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_array(&p->arena, POLICIES, sizeof *mm);
	struct ike_qm_policy *qm = arena_array(&p->arena, POLICIES, sizeof *qm);

	for (uint32_t i = 0; i < POLICIES; i++) {
		channel_sample(IKC_MM_POLICY, &m);
		mm[i] = m.u.mm;
		mm[i].id = i;
		channel_sample(IKC_QM_POLICY, &m);
		qm[i] = m.u.qm;
		qm[i].pfs = (uint16_t)i;
	}
	p->generation = 99;
	p->nrules = nrules;
	p->rules = arena_array(&p->arena, nrules, sizeof *p->rules);
	for (uint32_t i = 0; i < nrules; i++)
		p->rules[i] = (struct ike_rule){.reqid = i, .sel = channel_sel(), .soft = i % 2, .mm = &mm[i % 2], .qm = &qm[i / 3 % 2]};
	p->default_mm = &mm[2];
	p->default_qm = &qm[2];
	p->default_reqid = 12345;
	p->idle_s = 17;
	p->dpd = false;
	return p;
}

/* Through bytes to the other end; -1 when that refuses. `skip`: a part that is left out. */
static int through(const struct ike_profile *p, size_t skip, struct ike_profile **out)
{
	struct ikc_assembly a = {0};
	struct ikc_parts parts;
	struct err e = {0};
	int rc = 0;

	is_int(ikc_parts_init(&parts, p, &e), 0);
	for (size_t i = 0; i < parts.n && rc == 0; i++) {
		if (i == skip)
			continue;
		ikc_parts_get(&parts, i, &m);
		is_int(decode(ikc_encode(&m, bytes), IKC_POLICY), 0);
		rc = ikc_assemble(&a, &got, out, &e);
		ok(rc != 1 || i + 1 == parts.n);
	}
	ikc_parts_fini(&parts);
	ikc_assembly_fini(&a);
	return rc;
}

static void profiles_come_back_as_they_were(void)
{
	static const size_t sizes[] = {0, 1, IKC_RULES_MAX, IKC_RULES_MAX + 1, 1000};

	for (size_t k = 0; k < N_OF(sizes); k++) {
		struct ike_profile *p = a_profile(sizes[k]), *q = NULL;

		is_int(through(p, SIZE_MAX, &q), 1);
		ok(q && q->nrules == p->nrules && q->generation == 99 && q->idle_s == 17 && !q->dpd && q->default_reqid == 12345);
		ok(q->default_mm->id == 2 && q->default_qm->pfs == 2);
		for (size_t i = 0; i < q->nrules; i++) {
			const struct ike_rule *x = &p->rules[i], *y = &q->rules[i];

			ok(x->reqid == y->reqid && x->soft == y->soft && ike_selector_eq(&x->sel, &y->sel));
			ok(ike_mm_policy_eq(x->mm, y->mm) && x->mm->id == y->mm->id && ike_qm_policy_eq(x->qm, y->qm));
		}
		ike_profile_free(p);
		ike_profile_free(q);
	}
}

static void a_profile_with_a_part_missing_is_refused(void)
{
	struct ike_profile *p = a_profile(300), *q = NULL;
	struct ikc_parts parts;
	struct err e = {0};
	size_t n;

	is_int(ikc_parts_init(&parts, p, &e), 0);
	n = parts.n;
	ikc_parts_fini(&parts);
	is_int(n, 2 + 2 * POLICIES + 3);
	for (size_t i = 0; i + 1 < n; i++)
		is_int(through(p, i, &q), -1);
	is_int(through(p, n - 1, &q), 0); /* the end is yet to come */
	ok(!q);
	ike_profile_free(p);
}

static void a_rule_that_names_no_policy_is_refused(void)
{
	struct ikc_assembly a = {0};
	struct ike_profile *q = NULL;
	struct err e = {0};

	channel_sample(IKC_PROFILE_BEGIN, &m);
	is_int(ikc_assemble(&a, &m, &q, &e), 0);
	channel_sample(IKC_RULES, &m);
	m.u.rules.v[1].qm = 3;
	is_int(ikc_assemble(&a, &m, &q, &e), -1);
	is_int(ikc_assemble(&a, &m, &q, &e), -1); /* and nothing is left of the profile */
	ok(!a.profile && !q);
}

int main(void)
{
	static const struct tap_case cases[] = {
	    {"every message comes back as it was", every_message_comes_back_as_it_was},
	    {"every message has the bytes of a file", every_message_has_the_bytes_of_a_file},
	    {"no field of an association is lost", no_field_of_an_association_is_lost},
	    {"no field of a rule is lost", no_field_of_a_rule_is_lost},
	    {"an event points into its message", an_event_points_into_its_message},
	    {"nothing shorter or longer is taken", nothing_shorter_or_longer_is_taken},
	    {"nobody may say what is another's", nobody_may_say_what_is_anothers},
	    {"a wrong head is refused", a_wrong_head_is_refused},
	    {"values out of range are refused", values_out_of_range_are_refused},
	    {"a key longer than its place is refused, and nothing of it stays", a_key_longer_than_its_place_is_refused},
	    {"actions become messages", actions_become_messages},
	    {"results become answers", results_become_answers},
	    {"profiles come back as they were, in parts", profiles_come_back_as_they_were},
	    {"a profile with a part missing is refused", a_profile_with_a_part_missing_is_refused},
	    {"a rule that names no policy is refused", a_rule_that_names_no_policy_is_refused},
	};

	return tap_run(cases, N_OF(cases));
}
