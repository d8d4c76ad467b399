/* Quick mode proposals and lifetimes (RFC 2407 §4.4, §4.5; semantics §4.3, §4.5, §4.7). See proposal.h. */
#include "ike/engine/proposal.h"

#include "common/base/mem.h"
#include "ike/engine/algorithm.h"
#include "ike/engine/offer.h"

#include "common/base/banned.h"

/* SPIs up to here are reserved (RFC 2402 §2.4, RFC 2406 §2.1). */
enum { SPI_RESERVED = 255 };
/* Protocols of one offer as bits, for comparing and printing. */
enum { HAS_AH = 1, HAS_ESP = 2, HAS_OTHER = 4 };
static const struct enum_name part_names[] = {{HAS_AH, "AH"}, {HAS_ESP, "ESP"}, {HAS_AH | HAS_ESP, "AH+ESP"}, {0, NULL}};

/* RFC 2407 §4.5, RFC 3947 §5.1, draft-ietf-ipsec-nat-t-ike-02 §5.1. */
static uint32_t mode_of(const struct ike_qm_terms *t)
{
	if (!t->udp_encap)
		return t->tunnel ? IKE_MODE_TUNNEL : IKE_MODE_TRANSPORT;
	if (t->draft)
		return t->tunnel ? IKE_MODE_UDP_TUNNEL_02 : IKE_MODE_UDP_TRANSPORT_02;
	return t->tunnel ? IKE_MODE_UDP_TUNNEL : IKE_MODE_UDP_TRANSPORT;
}

/* One protocol of an offer as it stands on the wire. */
struct part {
	uint8_t protocol, transform;
	uint32_t key_bits, hash;
};

static unsigned parts_of(const struct ike_qm_offer *o)
{
	return (o->has_ah ? HAS_AH : 0u) | (o->has_esp ? HAS_ESP : 0u);
}

static struct part ah_part(const struct ike_qm_offer *o)
{
	const struct alg_hash *h = alg_hash_get(o->ah_hash);

	return (struct part){IKE_PROTO_AH, h ? h->ah : 0, 0, h ? h->qm : 0};
}

static struct part esp_part(const struct ike_qm_offer *o)
{
	const struct alg_esp *e = alg_esp_get(o->esp_cipher);
	const struct alg_hash *h = alg_hash_get(o->esp_hash);

	return (struct part){IKE_PROTO_ESP, e ? e->transform : 0, e ? e->key_bits : 0, h && !e->aead ? h->qm : 0};
}

/* --- proposing ------------------------------------------------------------------------------------------------ */

static struct span spi_bytes(uint32_t spi, struct arena *a)
{
	struct wr w = wr_of(arena_alloc(a, 4), 4);

	wr_u32(&w, spi);
	return wr_done(&w);
}

static void propose_part(const struct part *part, const struct ike_qm_offer *o, const struct ike_qm_terms *t,
    uint8_t number, struct arena *a, struct ike_sa_payload *out)
{
	struct ike_proposal *prop = &out->proposals[out->nproposals++];
	struct offer_writer w;

	prop->number = number;
	prop->protocol = part->protocol;
	prop->spi = spi_bytes(part->protocol == IKE_PROTO_AH ? t->ah_spi : t->esp_spi, a);
	prop->ntransforms = 1;
	prop->transforms = arena_alloc(a, sizeof *prop->transforms);
	w = offer_begin(a, prop->transforms, part->protocol, 1, part->transform);
	offer_put_life(&w, o->life_s, o->life_kb);
	offer_put(&w, OFFER_MODE, mode_of(t));
	offer_put(&w, OFFER_GROUP, t->group);
	offer_put(&w, OFFER_HASH, part->hash);
	offer_put(&w, OFFER_KEY_BITS, part->key_bits);
}

void ike_qm_propose(const struct ike_qm_policy *p, const struct ike_qm_terms *t, struct arena *a,
    struct ike_sa_payload *out)
{
	*out = (struct ike_sa_payload){.proposals = arena_array(a, 2 * p->noffers, sizeof *out->proposals)};
	for (size_t i = 0; i < p->noffers; i++) {
		struct part ah = ah_part(&p->offers[i]), esp = esp_part(&p->offers[i]);

		if (p->offers[i].has_ah)
			propose_part(&ah, &p->offers[i], t, (uint8_t)(i + 1), a, out);
		if (p->offers[i].has_esp)
			propose_part(&esp, &p->offers[i], t, (uint8_t)(i + 1), a, out);
	}
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

/* Proposals of one number, which are accepted or refused together (RFC 2408 §4.2). */
struct suite {
	const struct ike_proposal *ah, *esp; /* NULL: not in it */
	size_t ah_at, esp_at;
	unsigned parts;
	uint8_t number;
};

/* The suite that begins at *at, which goes behind it. */
static struct suite suite_next(const struct ike_sa_payload *sa, size_t *at)
{
	struct suite s = {.number = sa->proposals[*at].number};

	for (; *at < sa->nproposals && sa->proposals[*at].number == s.number; ++*at) {
		const struct ike_proposal *p = &sa->proposals[*at];

		if (p->protocol == IKE_PROTO_AH && !s.ah) {
			s.ah = p;
			s.ah_at = *at;
			s.parts |= HAS_AH;
		} else if (p->protocol == IKE_PROTO_ESP && !s.esp) {
			s.esp = p;
			s.esp_at = *at;
			s.parts |= HAS_ESP;
		} else {
			s.parts |= HAS_OTHER; /* IPCOMP, or one protocol twice */
		}
	}
	return s;
}

/* How far a comparison went before its first field: the suite, its AH part, its ESP part, both together. */
enum { DEPTH_SUITE = 0, DEPTH_AH = 10, DEPTH_ESP = 20, DEPTH_BOTH = 30 };

/* The policy side of a choice, the same for all offers of one payload. */
struct choosing {
	const struct ike_qm_policy *p;
	const struct ike_qm_terms *t;
	bool any_group; /* no PFS of ours: a peer may have its own */
	struct offer_watch watch;
};

static uint32_t spi_of(const struct ike_proposal *p)
{
	struct rd r = rd_of(p->spi);

	return rd_u32(&r);
}

/* Without PFS of ours any group that we know may be the peer's wish; none at all too. */
static bool group_known(uint32_t group)
{
	return group == 0 || (group <= UINT16_MAX && enum_to_name(ike_group_names, (int)group));
}

/* One transform of the peer against one part of ours. */
static bool part_fits(struct choosing *c, const struct part *want, const struct ike_proposal *p, size_t at,
    const struct offer_values *o)
{
	const struct ike_transform *t = &p->transforms[at];
	uint8_t pn = p->number, tn = t->number;
	bool ah = want->protocol == IKE_PROTO_AH, free_group = c->any_group && group_known(o->v[OFFER_GROUP]);
	uint32_t mode = o->v[OFFER_MODE] ? o->v[OFFER_MODE] : mode_of(c->t); /* RFC 2407 §4.5: not given is open */
	struct offer_field fields[] = {
	    {ah ? "AH algorithm" : "cipher", t->id, want->transform, ah ? ike_ah_names : ike_esp_names, pn, tn},
	    {"key length", o->v[OFFER_KEY_BITS], want->key_bits, NULL, pn, tn},
	    {"hash", o->v[OFFER_HASH], want->hash, ike_qm_auth_names, pn, tn},
	    {"mode", mode, mode_of(c->t), ike_mode_names, pn, tn},
	    {"PFS group", o->v[OFFER_GROUP], free_group ? o->v[OFFER_GROUP] : c->t->group, ike_group_names, pn, tn},
	    {"unknown attribute", o->unknown, 0, NULL, pn, tn},
	};

	return offer_fields_equal(fields, N_OF(fields), ah ? DEPTH_AH : DEPTH_ESP, &c->watch);
}

static uint32_t shorter(uint32_t a, uint32_t b)
{
	return a && (!b || a < b) ? a : b;
}

/*
 * Semantics §4.3: the peer's when it is shorter; otherwise ours, and the peer is told when it wanted a longer one. Ours is
 * what we would apply: 0 is the default.
 */
static uint32_t agree(uint32_t offered, uint32_t own, bool *tell)
{
	*tell = offered > own;
	return offered && offered < own ? offered : own;
}

static void take(struct choosing *c, const struct suite *s, const struct ike_qm_offer *offer,
    const struct offer_values *ah, const struct offer_values *esp, struct ike_qm_choice *out)
{
	uint32_t own_s = offer->life_s ? offer->life_s : IKE_QM_LIFE_S;
	uint32_t own_kb = offer->life_kb ? offer->life_kb : IKE_QM_LIFE_KB;

	out->offer = *offer;
	out->offer.life_s = agree(shorter(ah->life_s, esp->life_s), own_s, &out->tell_life_s);
	out->offer.life_kb = agree(shorter(ah->life_kb, esp->life_kb), own_kb, &out->tell_life_kb);
	out->group = (uint16_t)(s->esp ? esp : ah)->v[OFFER_GROUP];
	out->tunnel = c->t->tunnel;
	out->ah = s->ah_at;
	out->esp = s->esp_at;
	out->ah_spi = s->ah ? spi_of(s->ah) : 0;
	out->esp_spi = s->esp ? spi_of(s->esp) : 0;
}

/* One pair of transforms of the suite against all our offers. */
static bool pair_fits(struct choosing *c, const struct suite *s, size_t i, size_t j, struct ike_qm_choice *out)
{
	struct offer_values ah = {.unknown = 0}, esp = {.unknown = 0};

	if (s->ah)
		ah = offer_read(&s->ah->transforms[i], IKE_PROTO_AH);
	if (s->esp)
		esp = offer_read(&s->esp->transforms[j], IKE_PROTO_ESP);
	for (size_t k = 0; k < c->p->noffers; k++) {
		const struct ike_qm_offer *offer = &c->p->offers[k];
		struct part want_ah = ah_part(offer), want_esp = esp_part(offer);

		if (parts_of(offer) != s->parts || (s->ah && !part_fits(c, &want_ah, s->ah, i, &ah)) ||
		    (s->esp && !part_fits(c, &want_esp, s->esp, j, &esp)))
			continue;
		/* RFC 2409 §5.5: one group for all of a quick mode */
		if (s->ah && s->esp && !offer_fields_equal(&(struct offer_field){"PFS group", esp.v[OFFER_GROUP],
		        ah.v[OFFER_GROUP], ike_group_names, s->number, 0}, 1, DEPTH_BOTH, &c->watch))
			continue;
		take(c, s, offer, &ah, &esp, out);
		out->ah_transform = i;
		out->esp_transform = j;
		return true;
	}
	return false;
}

static bool suite_fits(struct choosing *c, const struct suite *s, struct ike_qm_choice *out)
{
	size_t nah = s->ah ? s->ah->ntransforms : 1, nesp = s->esp ? s->esp->ntransforms : 1;
	bool comparable = false, reserved = (s->ah && spi_of(s->ah) <= SPI_RESERVED) || (s->esp && spi_of(s->esp) <= SPI_RESERVED);

	for (size_t k = 0; k < c->p->noffers && !comparable; k++) {
		struct offer_field f[] = {
		    {"protocols", s->parts, parts_of(&c->p->offers[k]), part_names, s->number, 0},
		    {"reserved SPI", reserved, 0, NULL, s->number, 0},
		};

		comparable = offer_fields_equal(f, N_OF(f), DEPTH_SUITE, &c->watch);
	}
	for (size_t i = 0; comparable && i < nah; i++) {
		for (size_t j = 0; j < nesp; j++) {
			if (pair_fits(c, s, i, j, out))
				return true;
		}
	}
	return false;
}

static enum ike_failure choose(struct choosing *c, const struct ike_sa_payload *offered, struct ike_qm_choice *out,
    struct ike_refusal *why)
{
	*out = (struct ike_qm_choice){.group = 0};
	*why = (struct ike_refusal){.field = ""};
	c->watch = (struct offer_watch){why, 0};
	for (size_t at = 0; at < offered->nproposals;) {
		struct suite s = suite_next(offered, &at);

		if (!suite_fits(c, &s, out))
			continue;
		*why = (struct ike_refusal){.field = ""};
		return IKE_OK;
	}
	return IKE_FAIL_POLICY_MATCH;
}

enum ike_failure ike_qm_choose(const struct ike_qm_policy *p, const struct ike_qm_terms *t,
    const struct ike_sa_payload *offered, struct ike_qm_choice *out, struct ike_refusal *why)
{
	struct choosing c = {.p = p, .t = t, .any_group = p->pfs == IKE_PFS_NONE};

	return choose(&c, offered, out, why);
}

enum ike_failure ike_qm_accept(const struct ike_qm_policy *p, const struct ike_qm_terms *t,
    const struct ike_sa_payload *answer, struct ike_qm_choice *out, struct ike_refusal *why)
{
	struct choosing c = {.p = p, .t = t};
	enum ike_failure f;

	*out = (struct ike_qm_choice){.group = 0};
	*why = (struct ike_refusal){.field = ""};
	for (size_t i = 0; i < answer->nproposals; i++) {
		if (answer->proposals[i].ntransforms != 1 || answer->proposals[i].number != answer->proposals[0].number)
			return IKE_FAIL_PROCESS_ERR_PROP;
	}
	f = choose(&c, answer, out, why);
	out->tell_life_s = out->tell_life_kb = false; /* that is the responder's to say */
	return f == IKE_FAIL_POLICY_MATCH ? IKE_FAIL_ATTRIB_FAIL : f;
}

static void answer_part(const struct ike_proposal *offered, size_t transform, uint32_t spi, struct arena *a,
    struct ike_sa_payload *out)
{
	struct ike_proposal *prop = &out->proposals[out->nproposals++];

	*prop = *offered;
	prop->spi = spi_bytes(spi, a);
	prop->transforms = &prop->transforms[transform];
	prop->ntransforms = 1;
}

void ike_qm_answer(const struct ike_sa_payload *offered, const struct ike_qm_choice *chosen,
    const struct ike_qm_terms *t, struct arena *a, struct ike_sa_payload *out)
{
	*out = (struct ike_sa_payload){.proposals = arena_array(a, 2, sizeof *out->proposals)};
	if (chosen->offer.has_ah)
		answer_part(&offered->proposals[chosen->ah], chosen->ah_transform, t->ah_spi, a, out);
	if (chosen->offer.has_esp)
		answer_part(&offered->proposals[chosen->esp], chosen->esp_transform, t->esp_spi, a, out);
}

/* --- lifetimes ---------------------------------------------------------------------------------------------------- */

enum ike_failure ike_lifetime_read(struct span data, struct ike_qm_choice *choice)
{
	struct ike_attr attrs[8];
	struct ike_transform t = {.attrs = attrs};
	struct offer_values o;

	if (!ike_attrs_decode(data, attrs, N_OF(attrs), &t.nattrs))
		return IKE_FAIL_PROCESS_ERR_NOTIFY;
	o = offer_read(&t, IKE_PROTO_ESP);
	if ((o.life_s && o.life_s < IKE_LIFE_S_MIN) || (o.life_kb && o.life_kb < IKE_LIFE_KB_MIN))
		return IKE_FAIL_INVALID_RESPONDER_LIFETIME_NOTIFY;
	choice->offer.life_s = shorter(o.life_s, choice->offer.life_s);
	choice->offer.life_kb = shorter(o.life_kb, choice->offer.life_kb);
	return IKE_OK;
}

static void put_life(struct wr *w, uint16_t type, uint32_t value)
{
	uint8_t store[4];
	struct ike_attr t = ike_attr_of(IKE_QA_LIFE_TYPE, type, store), life = ike_attr_of(IKE_QA_LIFE, value, store);

	ike_attr_encode(&t, w);
	ike_attr_encode(&life, w);
}

void ike_lifetime_write(const struct ike_qm_choice *choice, struct wr *w)
{
	if (choice->tell_life_s)
		put_life(w, IKE_LIFE_SECONDS, choice->offer.life_s);
	if (choice->tell_life_kb)
		put_life(w, IKE_LIFE_KILOBYTES, choice->offer.life_kb);
}

void ike_qm_life(const struct ike_qm_choice *choice, uint32_t *seconds, uint32_t *kilobytes)
{
	*seconds = choice->offer.life_s ? choice->offer.life_s : IKE_QM_LIFE_S;
	*kilobytes = choice->offer.life_kb ? choice->offer.life_kb : IKE_QM_LIFE_KB;
}
